"""What goes over the wire, as pydantic models: they check requests, hold answers to their shape and make the OpenAPI.

The answers' content comes from `briefqa.shapes`, which the command line shares.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from briefqa.errors import QueryError
from briefqa.search import clean_question
from briefqa.shapes import sendable


def asked(text: str) -> str:
    """Return a question as it was sent. Raises ValueError where `clean_question` refuses it."""
    try:
        clean_question(text)
    except QueryError as error:
        raise ValueError(str(error)) from error
    return text


AsOf = Annotated[
    str | None,
    Field(max_length=100, description="Answer from this generation, if it is kept, and not from the live one."),
]


class Answer(BaseModel):
    """Base of what is sent back about briefs."""

    @model_validator(mode="before")
    @classmethod
    def _sendable(cls, answer: Any) -> Any:
        return sendable(answer)


class Request(BaseModel):
    """Base of what clients send: types are not bent to fit, and unknown fields are refused."""

    model_config = ConfigDict(strict=True, extra="forbid")


class SearchRequest(Request):
    """A question, and how many passages are wanted."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"query": "How much did flood premiums rise after 2019?", "k": 3}]}
    )

    query: Annotated[str, AfterValidator(asked)] = Field(description="The question, in plain language.")
    k: int | None = Field(
        None, ge=1, description="How many passages at most. Without it, as many as the server's settings say."
    )
    filters: dict[str, Any] | None = Field(
        None,
        description="Which passages to look at: collection, brief, author, published_from, published_to, language, "
        "has_notes, cites; put together by and, or, not.",
        examples=[{"collection": "housing", "published_from": "2021"}],
    )
    rerank: bool | None = Field(
        None, description="Whether to read the first passages again, which ranks better and takes longer."
    )
    generation: AsOf = None
    expand: int = Field(0, ge=0, le=5, description="How many neighbours of each hit to bring, on either side.")


class BriefReference(BaseModel):
    """Which brief it is."""

    id: str
    title: str
    collection: str = Field(description="The folder that it lies in; empty for the top one.")
    authors: list[str]
    published: str = Field(description='As exact as known: "2021", "2021-04", "2021-04-07", or empty.')
    url: str = Field(description="The brief's web page.")


class BriefSummary(BriefReference):
    """Which brief it is, and how much is in it."""

    path: str
    language: str
    pages: int
    passages: int
    notes: int


class PageLabel(BaseModel):
    """A page: counted from 1, and as printed on it."""

    index: int
    label: str


class Span(BaseModel):
    """A stretch of a text: characters start to end, end not included."""

    start: int
    end: int


class Passage(BaseModel):
    """A passage: `text` is characters start to end of its brief's body."""

    id: str
    text: str
    start: int
    end: int
    section: str
    pages: list[PageLabel]
    highlights: list[Span] = Field(description="One to three sentences that answer best, as spans of `text`.")
    url: str = Field(description="The passage on the brief's web page.")


class CitedNote(BaseModel):
    """A footnote or endnote, and where in the passage it is cited."""

    label: str
    kind: Literal["footnote", "endnote"]
    offset: int = Field(description="Where the mark stood in the passage's `text`.")
    page: int
    text: str
    source: dict[str, Any] | None = Field(description="What it cites: a CSL-JSON item, or null.")
    url: str = Field(description="The note on the brief's web page.")
    matched: bool = Field(description="Whether it is the note that holds what the question asks for.")


class PassageWithNotes(BaseModel):
    """A passage, its brief, and the notes that it cites."""

    brief: BriefReference
    passage: Passage
    notes: list[CitedNote]


class _Ranked(BaseModel):
    rank: int
    score: float


class Neighbour(BaseModel):
    """A passage before or after a hit."""

    id: str
    text: str
    start: int
    end: int


class Hit(PassageWithNotes, _Ranked):
    """A passage that answers to the question."""

    also_in: list[BriefReference] = Field(description="Other briefs that say the same; they are no hits of their own.")
    neighbours: list[Neighbour] = Field(description="The passages around it, as many as `expand` asks for.")


class SearchResponse(Answer):
    """The hits, best first, all from one generation of the index."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "query": "How much did flood premiums rise after 2019?",
                    "generation": "20310402T031500Z-1f3a9c",
                    "took_ms": 21.4,
                    "answerable": True,
                    "confidence": 0.9831,
                    "hits": [
                        {
                            "rank": 1,
                            "score": 0.713402,
                            "brief": {
                                "id": "5f0c3d9a7b21e864",
                                "title": "Insuring the Coast",
                                "collection": "housing",
                                "authors": ["A. Writer"],
                                "published": "2031-03",
                                "url": "http://127.0.0.1:8000/briefs/5f0c3d9a7b21e864",
                            },
                            "passage": {
                                "id": "5f0c3d9a7b21e864-7",
                                "text": "Premiums rose by 31 percent in four years.",
                                "start": 4102,
                                "end": 4144,
                                "section": "What households pay",
                                "pages": [{"index": 3, "label": "3"}],
                                "highlights": [{"start": 0, "end": 42}],
                                "url": "http://127.0.0.1:8000/briefs/5f0c3d9a7b21e864"
                                "?page=3&passage=5f0c3d9a7b21e864-7#passage",
                            },
                            "notes": [
                                {
                                    "label": "12",
                                    "kind": "footnote",
                                    "offset": 42,
                                    "page": 3,
                                    "text": "Tidewater Institute, Premiums and Protection (2030), 14.",
                                    "source": {"type": "report", "title": "Premiums and Protection"},
                                    "url": "http://127.0.0.1:8000/briefs/5f0c3d9a7b21e864#note-12",
                                    "matched": False,
                                }
                            ],
                            "also_in": [],
                            "neighbours": [],
                        }
                    ],
                }
            ]
        }
    )

    query: str
    generation: str
    took_ms: float
    answerable: bool = Field(description="Whether the briefs are held to answer the question at all.")
    confidence: float = Field(description="How probable that is, from 0 to 1.")
    hits: list[Hit]


class PassageResponse(PassageWithNotes, Answer):
    """One passage of the live generation."""

    generation: str


class BriefList(Answer):
    """Briefs by path, `limit` of them from the `offset`th on."""

    generation: str
    total: int
    limit: int
    offset: int
    briefs: list[BriefSummary]


class PageSpan(PageLabel, Span):
    """Where a page's text lies in the body."""


class Section(Span):
    """A heading, and what it heads."""

    title: str


class Mark(BaseModel):
    """A note reference mark: where it stood in the body, and the note that it leads to."""

    label: str
    offset: int
    page: int
    note_id: str | None


class Note(BaseModel):
    """A footnote or endnote, and all that it cites."""

    id: str
    label: str
    kind: Literal["footnote", "endnote"]
    page: int
    text: str
    refers_to: str | None = Field(description='The id of the note that its "ibid." or "supra" means.')
    sources: list[dict[str, Any]] = Field(description="CSL-JSON items.")
    url: str


class ReadingProblem(BaseModel):
    """Something in the brief that could not be understood. page 0: the brief as a whole."""

    page: int
    message: str


class WholeBrief(BriefReference, Answer):
    """All that is known of a brief. Offsets count in `body`."""

    generation: str
    path: str
    language: str
    body: str
    pages: list[PageSpan]
    sections: list[Section]
    marks: list[Mark]
    notes: list[Note]
    problems: list[ReadingProblem]


class Ready(BaseModel):
    """The server answers searches, from this generation."""

    ready: Literal[True]
    generation: str


class Healthy(BaseModel):
    """The server's process is alive."""

    alive: Literal[True]


class InvalidField(BaseModel):
    """A field of the request, and what is wrong with it."""

    field: str
    message: str


class ProblemDetails(BaseModel):
    """An error, after RFC 9457."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:briefqa:no-generation",
                    "title": "No generation",
                    "status": 503,
                    "detail": "Nothing has been indexed yet: run `briefqa reindex` first.",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    errors: list[InvalidField] | None = None
    superseded_by: str | None = Field(None, description="With 410: the id of the brief that has taken its place.")
