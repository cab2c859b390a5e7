"""Notes and sources as they go over the wire."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from briefqa.service.wire import Answer, BriefReference, PageLabel


class CitingPassage(BaseModel):
    """A passage that cites a note."""

    id: str
    section: str
    pages: list[PageLabel]
    url: str


class NoteWithBrief(BaseModel):
    """A footnote or endnote, what it cites, and where it is cited."""

    id: str
    label: str
    kind: Literal["footnote", "endnote"]
    page: int
    text: str
    refers_to: str | None = Field(description='The id of the note of the same brief that its "ibid." or "supra" means.')
    sources: list[dict[str, Any]] = Field(description="CSL-JSON items; `id` is that of the source at `/v1/sources`.")
    url: str
    brief: BriefReference
    passages: list[CitingPassage]


class _Portion(BaseModel):
    generation: str
    total: int
    limit: int
    offset: int


class NoteList(_Portion, Answer):
    """Notes in the order of their briefs' paths, `limit` of them from the `offset`th on."""

    notes: list[NoteWithBrief]


class Footnotes(BaseModel):
    """A source as it is cited, to paste."""

    chicago: str
    apa: str


class SourceSummary(BaseModel):
    """What notes cite, each once however it is worded, and how many briefs, notes and passages cite it."""

    id: str
    source: dict[str, Any] = Field(description="A CSL-JSON item, put together from all its citations.")
    footnotes: Footnotes
    briefs: int
    notes: int
    passages: int
    url: str


class SourceList(_Portion, Answer):
    """Sources, those that most briefs cite first, `limit` of them from the `offset`th on."""

    sources: list[SourceSummary]


class SourceWithNotes(SourceSummary, _Portion, Answer):
    """One source, and the notes that cite it: `limit` of `total` from the `offset`th on."""

    citing: list[NoteWithBrief]
