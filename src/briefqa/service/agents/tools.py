"""The tools: what each takes, does and gives.

`search` and `fetch` are as ChatGPT's connectors want them (https://platform.openai.com/docs/mcp).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from briefqa import cited, shapes
from briefqa.errors import NotFound, QueryError
from briefqa.generation import NotesWanted, SourcesWanted
from briefqa.search import cited_notes
from briefqa.service.answering import Answers
from briefqa.service.wire import AsOf, BriefReference, PassageWithNotes, Request, asked
from briefqa.service.wire_answers import AskResponse
from briefqa.service.wire_cited import NoteWithBrief, SourceSummary

if TYPE_CHECKING:
    from collections.abc import Callable

    from briefqa.generation import Index, StoredPassage
    from briefqa.service.access import Reader
    from briefqa.service.limits import Limits

_MOST_NOTES = 200
_MOST_SOURCES = 5

Question = Annotated[str, AfterValidator(asked)]


class Given(BaseModel):
    """What every tool gives beside its own."""

    generation: str


class Taken(Request):
    """What every tool takes beside its own."""

    generation: AsOf = None


class SearchInput(Taken):
    """What `search` takes."""

    query: Question = Field(description="The question or words, in plain language.")
    k: int | None = Field(None, ge=1, description="How many passages at most.")


class FoundPassage(BaseModel):
    """One passage that was found; `id` is what `fetch` takes."""

    id: str
    title: str
    url: str
    text: str


class SearchOutput(Given):
    """What `search` gives, best first."""

    results: list[FoundPassage]


class FetchInput(Taken):
    """What `fetch` takes."""

    id: str = Field(description="The id of a passage, as `search` gives it, or of a brief.")


class FetchOutput(Given):
    """What `fetch` gives. text: the passage or the brief's whole text, then the notes."""

    id: str
    title: str
    text: str
    url: str
    metadata: dict[str, Any]


class AskInput(Taken):
    """What `ask` takes."""

    question: Question = Field(description="The question, in plain language.")


class NotesInput(Taken):
    """What `notes_of` takes."""

    id: str = Field(description="The id of a brief or of a passage.")


class NotesOutput(Given):
    """What `notes_of` gives. total: how many there are, of which `notes` has the first."""

    total: int
    notes: list[NoteWithBrief]


class CitingInput(Taken):
    """What `briefs_citing` takes."""

    source: str = Field(
        min_length=1, max_length=500, description="A source's id, address or DOI, or words of its title and author."
    )


class CitingNote(BaseModel):
    """A note that cites the source."""

    label: str
    text: str
    url: str


class CitingBrief(BriefReference):
    """A brief that cites the source, and the notes in which it does."""

    citing: list[CitingNote]


class CitedSource(SourceSummary):
    """A source with the briefs that cite it."""

    cited_by: list[CitingBrief]


class CitingOutput(Given):
    """What `briefs_citing` gives. total: how many sources match, of which `sources` has the most cited."""

    total: int
    sources: list[CitedSource]


@dataclass(frozen=True, slots=True)
class Context:
    """For whom a tool works: what may be seen, how addresses begin, what may be asked for, how it answers."""

    reader: Reader
    links: shapes.Links
    limits: Limits
    answers: Answers = field(default_factory=Answers)

    def as_of(self, generation: str | None) -> Context:
        """Work as of another generation; None: as before."""
        if not generation:
            return self
        links = replace(self.links, generation=generation)
        return replace(self, reader=self.reader.as_of(generation), links=links)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool, described for whoever chooses among tools."""

    title: str
    description: str
    takes: type[Taken]
    gives: type[BaseModel]
    run: Callable[[Any, Context], dict[str, Any]]


def call(name: str, arguments: dict[str, Any], context: Context) -> dict[str, Any]:
    """Run a tool. Raises BriefqaError, QueryError for arguments that it does not take."""
    tool = TOOLS[name]
    try:
        given = tool.takes.model_validate(arguments)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise QueryError(f"{name} does not take this: {said}.") from None
    shown = shapes.sendable(tool.run(given, context.as_of(given.generation)))
    return tool.gives.model_validate(shown).model_dump(mode="json")


def _search(given: SearchInput, context: Context) -> dict[str, Any]:
    limits = context.limits
    _check_length(given.query, limits)
    with context.reader.searcher() as searcher:
        found = searcher.search(given.query, min(given.k or limits.hits, limits.max_hits))
    return {"generation": found.generation, "results": [_found(hit.stored, context) for hit in found.hits]}


def _found(stored: StoredPassage, context: Context) -> dict[str, Any]:
    passage = stored.passage
    return {
        "id": passage.id,
        "title": _title(stored),
        "url": context.links.passage(passage),
        "text": passage.text,
    }


def _title(stored: StoredPassage) -> str:
    pages = shapes.page_label(stored.passage.pages)
    return ", ".join(text for text in (stored.brief.title or stored.brief.path, pages) if text)


def _fetch(given: FetchInput, context: Context) -> dict[str, Any]:
    with context.reader.index() as index:
        generation = index.info().generation
        stored = _passage(index, given.id)
        if stored is not None:
            shown = PassageWithNotes.model_validate(shapes.passage(stored, cited_notes(stored), context.links))
            metadata = shown.model_dump(mode="json")
            text = _with_notes(stored.passage.text, [(note.label, note.text) for note in stored.notes])
            return {**_found(stored, context), "text": text, "metadata": metadata, "generation": generation}
        record, brief = index.brief(given.id)
    return {
        "generation": generation,
        "id": brief.id,
        "title": record.title or record.path,
        "text": _with_notes(brief.body, [(note.label, note.text) for note in brief.notes]),
        "url": context.links.brief(brief.id),
        "metadata": shapes.brief_summary(record, context.links),
    }


def _passage(index: Index, passage_id: str) -> StoredPassage | None:
    """Return a passage; None where the id is not even built like that of one."""
    if "-" not in passage_id:
        return None
    return index.fetch([passage_id])[0]


def _with_notes(text: str, notes: list[tuple[str, str]]) -> str:
    said = "\n".join(f"[{label}] {note}" for label, note in notes)
    return f"{text}\n\nNotes:\n{said}" if said else text


def _ask(given: AskInput, context: Context) -> dict[str, Any]:
    _check_length(given.question, context.limits)
    found = context.answers.answer(context.reader, given.question, context.limits.hits)
    return shapes.answer(found, context.links)


def _notes_of(given: NotesInput, context: Context) -> dict[str, Any]:
    with context.reader.index() as index:
        generation = index.info().generation
        stored = _passage(index, given.id)
        brief_id = stored.passage.brief_id if stored else given.id
        index.brief(brief_id)  # raises where there is no such brief, or no more
        found = index.notes(NotesWanted(brief=brief_id), limit=_MOST_NOTES)
    notes, total = list(found.items), found.total
    if stored is not None:
        wanted = {note.id for note in stored.notes}
        notes = [item for item in notes if item.note.id in wanted]
        total = len(wanted)
    return {"generation": generation, "total": total, "notes": [cited.note(item, context.links) for item in notes]}


def _briefs_citing(given: CitingInput, context: Context) -> dict[str, Any]:
    with context.reader.index() as index:
        try:
            sources, total = [index.source(given.source)], 1
        except NotFound:
            found = index.sources(SourcesWanted(text=given.source), limit=_MOST_SOURCES)
            sources, total = list(found.items), found.total
        shown = []
        for source in sources:
            briefs: dict[str, dict[str, Any]] = {}
            notes: dict[str, list[dict[str, Any]]] = defaultdict(list)
            for item in index.citing(source.id, limit=_MOST_NOTES).items:
                briefs[item.brief.id] = shapes.brief_reference(item.brief, context.links)
                url = context.links.note(item.brief.id, item.note.id)
                notes[item.brief.id].append({"label": item.note.label, "text": item.note.text, "url": url})
            cited_by = [{**brief, "citing": notes[brief_id]} for brief_id, brief in briefs.items()]
            shown.append({**cited.source(source, context.links), "cited_by": cited_by})
        generation = index.info().generation
    return {"generation": generation, "total": total, "sources": shown}


def _check_length(question: str, limits: Limits) -> None:
    if len(question) > limits.max_query_chars:
        raise QueryError(f"The question is too long: ask it in at most {limits.max_query_chars} characters.")


TOOLS = {
    "search": Tool(
        "Search the briefs",
        "Find the passages of policy briefs, memos and legal briefs that answer a question, best first. Each has a url "
        "to cite it by; `fetch` gives it with its footnotes.",
        SearchInput,
        SearchOutput,
        _search,
    ),
    "fetch": Tool(
        "Read a passage or a brief",
        "Give the whole text of a passage or of a brief, with the footnotes that it cites and their sources.",
        FetchInput,
        FetchOutput,
        _fetch,
    ),
    "ask": Tool(
        "Ask the briefs",
        "Answer a question from the briefs, each sentence with its citation, page and footnotes, and verbatim unless "
        "`written_by` names a model; or say that the briefs do not answer it.",
        AskInput,
        AskResponse,
        _ask,
    ),
    "notes_of": Tool(
        "List footnotes",
        "List the footnotes and endnotes of a brief or of a passage, with the sources that they cite.",
        NotesInput,
        NotesOutput,
        _notes_of,
    ),
    "briefs_citing": Tool(
        "Who cites a source",
        "Find which briefs cite a source, given by its id, address, DOI or words of its title, and in which footnotes.",
        CitingInput,
        CitingOutput,
        _briefs_citing,
    ),
}
