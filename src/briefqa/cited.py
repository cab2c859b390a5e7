"""Notes and sources as data: their JSON, and the formats of reference managers, word processors and people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from briefqa.shapes import Links, brief_reference
from briefqa.sources import footnote, merge, summary, to_bibtex, to_csl_json, to_ris

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from briefqa.answer import Answer
    from briefqa.briefs import Note
    from briefqa.generation import CitedSource, StoredNote
    from briefqa.search import Ranking

Csl = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write CSL-JSON items. also: other media types that it is asked for by."""

    media_type: str
    write: Callable[[Sequence[Csl]], str]
    also: tuple[str, ...] = ()


def _in_style(style: Any) -> Callable[[Sequence[Csl]], str]:
    return lambda items: "".join(f"{footnote(item, style)}\n" for item in items)


_STYLED = "text/x-bibliography"
# The names and media types are those of DOI content negotiation (https://citation.doi.org/docs.html).
FORMATS = {
    "csl-json": Format("application/vnd.citationstyles.csl+json", to_csl_json),
    "bibtex": Format("application/x-bibtex", to_bibtex, ("text/x-bibtex",)),
    "ris": Format("application/x-research-info-systems", to_ris),
    "chicago": Format("text/plain", _in_style("chicago"), (f"{_STYLED}; style=chicago", _STYLED)),
    "apa": Format("text/plain", _in_style("apa"), (f"{_STYLED}; style=apa",)),
}


def wanted_format(accept: str) -> str | None:
    """Name the format that an Accept header wants most, of those that there are; None where JSON is as welcome."""
    known = {kind: name for name, form in FORMATS.items() for kind in (form.media_type, *form.also)}
    del known["text/plain"]  # which every browser takes
    best: tuple[float, str | None] = (0.0, None)
    for part in accept.split(",")[:50]:
        kind, *parameters = (text.strip().lower() for text in part.split(";"))
        style = next((text for text in parameters if text.startswith("style=")), "")
        weight = next((_weight(text[2:]) for text in parameters if text.startswith("q=")), 1.0)
        name = None if kind in {"application/json", "*/*"} else known.get(f"{kind}; {style}" if style else kind, "")
        if name != "" and weight > best[0]:
            best = (weight, name)
    return best[1]


def note(stored: StoredNote, links: Links) -> dict[str, Any]:
    """Show a note with what it cites, and the passages that cite it. refers_to: the note that its ibid. means."""
    found = stored.note
    return {
        "id": found.id,
        "label": found.label,
        "kind": found.kind,
        "page": found.page,
        "text": found.text,
        "refers_to": found.refers_to,
        "sources": items_of(stored),
        "url": links.note(stored.brief.id, found.id),
        "brief": brief_reference(stored.brief, links),
        "passages": [
            {
                "id": passage.id,
                "section": passage.section,
                "pages": [{"index": page.index, "label": page.label} for page in passage.pages],
                "url": links.passage(passage),
            }
            for passage in stored.passages
        ],
    }


def items_of(stored: StoredNote) -> list[Csl]:
    """Give what a note cites as CSL-JSON items, each under the id of its source."""
    return [{"id": work, **source.csl} for work, source in zip(stored.works, stored.note.sources, strict=True)]


def source(found: CitedSource, links: Links) -> dict[str, Any]:
    """Show a source, how often it is cited, and how it is cited in a note."""
    return {
        "id": found.id,
        "source": found.csl,
        "footnotes": {"chicago": footnote(found.csl, "chicago"), "apa": footnote(found.csl, "apa")},
        "briefs": found.briefs,
        "notes": found.notes,
        "passages": found.passages,
        "url": links.source(found.id),
    }


def exported(notes: Iterable[StoredNote]) -> list[Csl]:
    """Give what notes cite, in their order, with the pages that each names."""
    return [item for stored in notes for item in items_of(stored)]


def works_of(notes: Iterable[tuple[str, Note]]) -> list[Csl]:
    """Give what notes cite, each work once however they word it, in their order. notes: each with its brief's id.

    Ids are those of `/v1/sources`, or such as lead there.
    """
    items = [
        (f"{brief_id}:{found.id}:{number}", one.csl)
        for brief_id, found in notes
        for number, one in enumerate(found.sources)
    ]
    works: dict[int, list[Csl]] = {}
    ids: dict[int, tuple[int, str]] = {}
    for (_, csl), one in zip(items, merge(items), strict=True):
        works.setdefault(one.work, []).append(csl)
        ids[one.work] = min(one.ids[0], ids.get(one.work, one.ids[0]))
    return [{**summary(wordings), "id": ids[work][1]} for work, wordings in works.items()]


def works_of_ranking(found: Ranking) -> list[Csl]:
    """Give what the notes of the hits cite, in the order of the hits."""
    return works_of((hit.stored.brief.id, cited.note) for hit in found.hits for cited in hit.notes)


def works_of_answer(found: Answer) -> list[Csl]:
    """Give what the notes behind an answer's claims cite, in the order of its citations."""
    return works_of((one.stored.brief.id, cited.note) for one in found.citations for cited in one.notes)


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
