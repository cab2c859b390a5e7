"""The JSON of the command line and of HTTP, in one place, so that both say the same. Plain dicts, nothing slow."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from briefqa.answer import Answer, Citation
    from briefqa.briefs import Brief, Mark, Note, PageSpan, Passage, Problem
    from briefqa.evaluation import Evaluation
    from briefqa.generation import BriefRecord, CitingPassage, StoredPassage
    from briefqa.search import CitedNote, Hit, Ranking

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


_ENDS = 3  # words of a quote at either end, between which marks may stand


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of what briefqa serves. base: scheme and host without a closing slash, or "" for relative ones.

    generation: the one that all of them lead to; "" for whichever is live.
    """

    base: str
    generation: str = ""

    def brief(self, brief_id: str) -> str:
        """Give the web page of a brief."""
        return self._address(f"/briefs/{quote(brief_id, safe='')}")

    def passage(self, passage: Passage | CitingPassage) -> str:
        """Give the place of a passage, highlighted, on the page of its brief."""
        page = {"page": passage.pages[0].index} if passage.pages else {}
        return self._address(f"/briefs/{quote(passage.brief_id, safe='')}", "passage", **page, passage=passage.id)

    def quoted(self, passage: Passage | CitingPassage, words: str) -> str:
        """Give the place of words in a passage: browsers that know text fragments scroll to them and mark them.

        So each citation has an address of its own, by which front-ends tell them apart.
        """
        said = words.split()
        ends = (said[:_ENDS], said[-_ENDS:]) if len(said) > 2 * _ENDS else (said,)
        # A hyphen means something in a fragment of text.
        text = ",".join(quote(" ".join(end), safe="").replace("-", "%2D") for end in ends)
        return f"{self.passage(passage)}:~:text={text}"

    def source(self, source_id: str) -> str:
        """Give a source, with all that cites it."""
        return self._address(f"/v1/sources/{quote(source_id, safe='')}")

    def note(self, brief_id: str, note_id: str) -> str:
        """Give the place of a note on the page of its brief."""
        return self._address(f"/briefs/{quote(brief_id, safe='')}", f"note-{note_id}")

    def _address(self, path: str, anchor: str = "", **query: str | int) -> str:
        if self.generation:
            query |= {"generation": self.generation}
        asked = f"?{urlencode(query, quote_via=quote, safe='')}" if query else ""
        return f"{self.base}{path}{asked}{'#' if anchor else ''}{quote(anchor, safe='')}"


def ranking(found: Ranking, links: Links) -> dict[str, Any]:
    """Show the hits for one question, as `POST /v1/search` and `briefqa search --json` do."""
    return {
        "query": found.query,
        "generation": found.generation,
        "took_ms": round(found.timings.total, 1),
        "answerable": found.answerable,
        "confidence": round(found.confidence, 4),
        "hits": [hit(item, links) for item in found.hits],
    }


def hit(found: Hit, links: Links) -> dict[str, Any]:
    """Show one passage with its rank, its score and the notes that it cites."""
    shown = passage(found.stored, found.notes, links)
    shown["passage"]["highlights"] = [{"start": start, "end": end} for start, end in found.highlights]
    more = {
        "also_in": [brief_reference(record, links) for record in found.also_in],
        "neighbours": [
            {"id": item.passage.id, "text": item.passage.text, "start": item.passage.start, "end": item.passage.end}
            for item in found.neighbours
        ],
    }
    return {"rank": found.rank, "score": round(found.score, 6), **shown, **more}


def passage(stored: StoredPassage, notes: Iterable[CitedNote], links: Links) -> dict[str, Any]:
    """Show a passage, the brief that it is from and the notes that it cites. A note's offset counts in "text"."""
    found = stored.passage
    return {
        "brief": brief_reference(stored.brief, links),
        "passage": {
            "id": found.id,
            "text": found.text,
            "start": found.start,
            "end": found.end,
            "section": found.section,
            "pages": [{"index": page.index, "label": page.label} for page in found.pages],
            "highlights": [],
            "url": links.passage(found),
        },
        "notes": [cited_note(cited, found.brief_id, links) for cited in notes],
    }


def cited_note(cited: CitedNote, brief_id: str, links: Links) -> dict[str, Any]:
    """Show a note and where it is cited."""
    return {
        "label": cited.note.label,
        "kind": cited.note.kind,
        "offset": cited.offset,
        "page": cited.note.page,
        "text": cited.note.text,
        "source": source_of(cited.note),
        "url": links.note(brief_id, cited.note.id),
        "matched": cited.matched,
    }


def answer(found: Answer, links: Links) -> dict[str, Any]:
    """Show an answer, as `POST /v1/ask` and `briefqa ask --json` do. The hits are those of `ranking`."""
    return {
        "question": found.question,
        "answer": found.text,
        "sentences": [
            {
                "text": sentence.text,
                "citations": list(sentence.citations),
                "level": sentence.level,
                "note": sentence.note or None,
                "supported": sentence.supported,
            }
            for sentence in found.sentences
        ],
        "abstained": found.abstained,
        "reason": found.reason,
        "written_by": found.written_by,
        "notices": list(found.notices),
        "citations": [citation(item, links) for item in found.citations],
        **{name: value for name, value in ranking(found.ranking, links).items() if name != "query"},
    }


def citation(item: Citation, links: Links) -> dict[str, Any]:
    """Show what bears a claim out. start and end count in the brief's body, a note's offset in "quote"."""
    brief = item.stored.brief
    return {
        "ordinal": item.ordinal,
        "quote": item.quote,
        "start": item.start,
        "end": item.end,
        "brief": brief_reference(brief, links),
        "passage_id": item.stored.passage.id,
        "pages": [{"index": page.index, "label": page.label} for page in item.pages],
        "url": links.quoted(item.stored.passage, item.quote),
        "notes": [cited_note(cited, brief.id, links) for cited in item.notes],
    }


def brief_reference(record: BriefRecord, links: Links) -> dict[str, Any]:
    """Show which brief it is."""
    return {
        "id": record.id,
        "title": record.title,
        "collection": record.collection,
        "authors": list(record.authors),
        "published": record.published,
        "url": links.brief(record.id),
    }


def brief_summary(record: BriefRecord, links: Links) -> dict[str, Any]:
    """Show which brief it is and how much is in it."""
    return {
        **brief_reference(record, links),
        "path": record.path,
        "language": record.language,
        "pages": record.pages,
        "passages": record.passages,
        "notes": record.notes,
    }


def whole_brief(record: BriefRecord, brief: Brief, links: Links) -> dict[str, Any]:
    """Show all that is known of a brief. Offsets count in "body"."""
    return {
        **brief_reference(record, links),
        "path": record.path,
        "language": record.language,
        "body": brief.body,
        "pages": [asdict(page) for page in brief.pages],
        "sections": [asdict(section) for section in brief.sections],
        "marks": [mark(item) for item in brief.marks],
        "notes": [
            {
                "id": note.id,
                "label": note.label,
                "kind": note.kind,
                "page": note.page,
                "text": note.text,
                "refers_to": note.refers_to,
                "sources": [source.csl for source in note.sources],
                "url": links.note(brief.id, note.id),
            }
            for note in brief.notes
        ],
        "problems": [problem(item) for item in brief.problems],
    }


def inspection(brief: Brief) -> dict[str, Any]:
    """Show how one brief was read, as `briefqa inspect --json` prints it. Offsets count in "text"."""
    return {
        "title": brief.title,
        "pages": len(brief.pages),
        "text": brief.body,
        "markers": [mark(item) for item in brief.marks],
        "notes": [
            {
                "note_id": note.id,
                "label": note.label,
                "kind": note.kind,
                "page": note.page,
                "text": note.text,
                "source": source_of(note),
            }
            for note in brief.notes
        ],
        "problems": [problem(item) for item in brief.problems],
    }


def mark(item: Mark) -> dict[str, Any]:
    """Show a mark. Its offset counts in the body."""
    return {"label": item.label, "offset": item.offset, "page": item.page, "note_id": item.note_id}


def source_of(note: Note) -> dict[str, Any] | None:
    """Give the CSL-JSON item of the first source that the note cites, or None."""
    return note.sources[0].csl if note.sources else None


def problem(item: Problem) -> dict[str, Any]:
    """Show something in a brief that could not be understood. page 0: the brief as a whole."""
    return {"page": item.page, "message": item.message}


def evaluation(found: Evaluation) -> dict[str, Any]:
    """Show what was measured on one folder, as `briefqa eval --json` prints it."""
    shown: dict[str, Any] = {"collection": found.name}
    if found.report:
        report = found.report
        shown |= {"queries": report.queries, "passages": report.passages}
        shown |= {name: round(value, 4) for name, value in report.measures.items()}
        shown["ms_per_query"] = round(report.ms_per_query, 2)
        shown["seconds_indexing"] = None if report.seconds_indexing is None else round(report.seconds_indexing, 2)
    if found.questions:
        shown |= asdict(found.questions)
    if found.comparison:
        comparison = found.comparison
        shown["comparison"] = {**asdict(comparison), "change": comparison.change}
    return shown


def sendable(value: Any) -> Any:
    """Copy JSON with halves of surrogate pairs (from ill-encoded files and file names) replaced: UTF-8 has none.

    Each becomes one character, so that offsets stay true.
    """
    if isinstance(value, str):
        return value if value.isascii() else _LONE_SURROGATE.sub("�", value)
    if isinstance(value, dict):
        return {sendable(key): sendable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [sendable(item) for item in value]
    return value


def page_label(pages: Sequence[PageSpan]) -> str:
    """Name the pages of a passage as a reader would: "p. 3" or "pp. iv–v"; "" if it has none."""
    labels = [page.label or str(page.index) for page in pages]
    if not labels:
        return ""
    return f"p. {labels[0]}" if len(labels) == 1 else f"pp. {labels[0]}–{labels[-1]}"
