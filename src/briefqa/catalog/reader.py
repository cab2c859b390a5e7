"""Reading a catalog that will never change again."""

# ruff: noqa: S608 - every query is put together from constants of this package

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Literal

from briefqa.briefs import Brief, Mark, PageGeometry, Passage, Problem, Section
from briefqa.catalog.records import Counts, FileRecord, SearchableText, StoredPassage, pages_from_json
from briefqa.catalog.rows import PAIRS, RECORD, THESE, THESE_NUMBERS, Rows
from briefqa.catalog.selecting import condition
from briefqa.errors import Gone, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from briefqa.briefs import Note
    from briefqa.catalog.records import BriefRecord
    from briefqa.filters import Filter

_PASSAGE = "p.id, p.brief, p.ordinal, p.begins, p.ends, p.text, p.context, p.section, p.pages, p.position"


class Catalog(Rows):
    """An open catalog. Safe for many threads: they take turns, each for about a millisecond.

    The file is held open, so that a catalog that a later reindex has pruned can be read until it is closed.
    """

    def counts(self) -> Counts:
        """How much there is, counted row by row."""
        tables = ("briefs", "passages", "notes", "marks", "marks WHERE note IS NULL")
        (row,) = self._select("SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables))
        return Counts(*row)

    def files(self) -> list[FileRecord]:
        """Every file of docs_in, in the order of the paths."""
        rows = self._select("SELECT path, size, mtime_ns, sha256, brief, failure FROM files")
        return sorted((FileRecord(*row) for row in rows), key=lambda file: file.path)

    def brief_ids(self) -> list[str]:
        """Name all briefs."""
        return [row[0] for row in self._select("SELECT id FROM briefs ORDER BY id")]

    def mentions(self, phrases: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Find phrases anywhere in the catalog. phrases: in lower case, single spaces; so is what they are sought in.

        Returns for each one that is found the paths of the briefs that it stands in, as far as rows tell.
        """
        found: dict[str, set[str]] = defaultdict(set)
        paths = dict(self._select("SELECT id, path FROM briefs"))
        for table, columns in self._database.tables().items():
            key = columns.index("brief") if "brief" in columns else columns.index("id") if table == "briefs" else None
            for row in self._database.stream(f"SELECT * FROM {table}"):
                texts = "\n".join(" ".join(_text(value).casefold().split()) for value in row)
                for phrase in phrases:
                    if phrase in texts:
                        found[phrase].add(paths.get(row[key], "") if key is not None else "")
        return {phrase: tuple(sorted(filter(None, briefs))) for phrase, briefs in found.items()}

    def embedded(self, digests: Sequence[bytes], table: Literal["passages", "noted"] = "passages") -> dict[bytes, int]:
        """Find the vector row of each text that was embedded, by its digest; those that were not are left out.

        table: of whose vectors, those of passages or of notes.
        """
        found: dict[bytes, int] = {}
        for digest in digests:
            if rows := self._database.raw(f"SELECT position FROM {table} WHERE digest = ? LIMIT 1", digest):
                found[digest] = rows[0][0]
        return found

    def noted(self) -> list[int]:
        """Give for each vector of a note, in their order, the vector row of the passage that cites it."""
        rows = self._select(
            "SELECT p.position FROM noted n JOIN passages p ON p.brief = n.brief AND p.ordinal = n.passage "
            "ORDER BY n.position"
        )
        return [row[0] for row in rows]

    def positions(self, passage_ids: Iterable[str]) -> dict[str, int]:
        """Find the vector rows of passages, by id; ids that there are not are passed over."""
        rows = self._select(f"SELECT id, position FROM passages WHERE id IN {THESE}", json.dumps(list(passage_ids)))
        return {row[0]: row[1] for row in rows}

    def select(self, where: Filter) -> list[int]:
        """Find the vector rows of the passages that a filter lets through, in their order."""
        text, values = condition(where)
        rows = self._database.raw(
            f"SELECT p.position FROM passages p JOIN briefs b ON b.id = p.brief WHERE {text} ORDER BY p.position",
            *values,
        )
        return [row[0] for row in rows]

    def texts(self, positions: Sequence[int]) -> list[str]:
        """Return text and cited notes of the passages at these vector rows, in the same order."""
        ids = self.passage_ids(positions)
        return ["\n".join([one.passage.text, *(note.text for note in one.notes)]) for one in self.fetch(ids)]

    def passage_ids(self, positions: Sequence[int]) -> list[str]:
        """Name the passages at these vector rows, in the same order."""
        rows = self._select(f"SELECT position, id FROM passages WHERE position IN {THESE_NUMBERS}", _json(positions))
        ids = dict(rows)
        with self._guarded():
            return [ids[position] for position in positions]

    def ids_by_row(self) -> list[str]:
        """Name all passages, in the order of the vector rows."""
        return [row[0] for row in self._select("SELECT id FROM passages ORDER BY position")]

    def passages_by_brief(self) -> list[int]:
        """How many passages each brief has, the briefs in the order of the vector rows."""
        return [
            count for (count,) in self._select("SELECT count(*) FROM passages GROUP BY brief ORDER BY min(position)")
        ]

    def searchable(self, start: int = 0) -> Iterator[SearchableText]:
        """Give what the words of each passage are counted in, in the order of the vector rows, from one of them on."""
        notes = self._searchable_notes(start)
        rows = self._select(
            "SELECT p.brief, p.ordinal, b.language, b.title, p.section, p.text FROM passages p "
            "JOIN briefs b ON b.id = p.brief WHERE p.position >= ? ORDER BY p.position",
            start,
        )
        for brief_id, ordinal, language, title, section, text in rows:
            parts = [] if section and text.startswith(section) else [section]
            parts += [text, *notes.get((brief_id, ordinal), ())]
            yield SearchableText(brief_id, language, title, "\n".join(filter(None, parts)))

    def _searchable_notes(self, start: int) -> dict[tuple[str, int], list[str]]:
        """Return the notes that each passage cites, by brief and ordinal, with what "ibid." in them means."""
        sources: dict[tuple[str, str], list[str]] = defaultdict(list)
        briefs = "SELECT brief FROM passages WHERE position >= ?"
        with self._guarded():
            for brief_id, note_id, csl in self._select(
                f"SELECT brief, note, csl FROM sources WHERE brief IN ({briefs}) ORDER BY ordinal", start
            ):
                sources[brief_id, note_id] += _words_of_source(json.loads(csl))
        notes: dict[tuple[str, int], list[str]] = defaultdict(list)
        rows = self._select(
            "SELECT DISTINCT m.brief, m.passage, n.id, n.text FROM marks m "
            "JOIN notes n ON n.brief = m.brief AND n.id = m.note "
            f"WHERE m.passage IS NOT NULL AND m.brief IN ({briefs}) ORDER BY m.ordinal",
            start,
        )
        for brief_id, ordinal, note_id, text in rows:
            # What the note itself says is not counted twice.
            more = [said for said in dict.fromkeys(sources[brief_id, note_id]) if said not in text]
            notes[brief_id, ordinal] += [text, *more]
        return notes

    def briefs(self, *, limit: int, offset: int = 0) -> list[BriefRecord]:
        """List records of briefs in the order of their paths."""
        rows = self._select(f"SELECT {RECORD} FROM briefs b ORDER BY b.path, b.id LIMIT ? OFFSET ?", limit, offset)
        return list(self._records(rows).values())

    def brief(self, brief_id: str) -> tuple[BriefRecord, Brief]:
        """Return a brief whole, and its record. Raises NotFound."""
        rows = self._select(
            f"SELECT {RECORD}, b.body, b.pages, b.sections, b.problems FROM briefs b WHERE b.id = ?", brief_id
        )
        if not rows:
            raise self._missing(brief_id)
        record = self._records([row[:9] for row in rows])[brief_id]
        body, pages, sections, problems = rows[0][9:]
        marks = self._select("SELECT label, at, page, note FROM marks WHERE brief = ? ORDER BY ordinal", brief_id)
        notes = self._notes("brief = ?", brief_id)
        with self._guarded():
            return record, Brief(
                id=record.id,
                path=record.path,
                title=record.title,
                body=body,
                pages=pages_from_json(pages),
                marks=tuple(Mark(*mark) for mark in marks),
                notes=tuple(notes.values()),
                sections=tuple(Section(*section) for section in json.loads(sections)),
                authors=record.authors,
                published=record.published,
                language=record.language,
                problems=tuple(Problem(*problem) for problem in json.loads(problems)),
            )

    def problems(self, *, limit: int) -> list[tuple[str, str, Problem]]:
        """List what could not be understood, by path of the brief: its id, its title, the problem."""
        rows = self._select(
            "SELECT b.id, CASE b.title WHEN '' THEN b.path ELSE b.title END, p.value FROM briefs b, "
            "json_each(b.problems) p ORDER BY b.path, p.key LIMIT ?",
            limit,
        )
        with self._guarded():
            return [(brief_id, title, Problem(*json.loads(problem))) for brief_id, title, problem in rows]

    def geometry(self, brief_id: str, pages: Iterable[int] | None = None) -> tuple[PageGeometry, ...]:
        """Return where things stand on the pages of a brief, or on those of these indexes, as far as known."""
        where, values = "brief = ?", [brief_id]
        if pages is not None:
            where, values = f"{where} AND page IN {THESE_NUMBERS}", [*values, json.dumps(list(pages))]
        rows = self._database.raw(
            f"SELECT page, width, height, packed FROM geometry WHERE {where} ORDER BY page", *values
        )
        return tuple(PageGeometry(*row) for row in rows)

    def _missing(self, brief_id: str) -> NotFound:
        """Tell what has become of a brief that there is not."""
        found = self._select("SELECT brief FROM revisions WHERE old = ?", brief_id)
        if not found:
            return NotFound(f"There is no brief {brief_id!r}: `GET /v1/briefs` lists all of them.")
        new = found[0][0]
        if new:
            return Gone(f"Brief {brief_id} was revised: {new} has taken its place.", new)
        return Gone(f"Brief {brief_id} was removed from the folder of briefs.")

    def _standing(self, passage_ids: Sequence[str]) -> dict[str, str]:
        """Name passages as they are named today: where a brief was revised, its passages that still say the same.

        Raises NotFound for one that stands no more, Gone where it is known what has become of it.
        """
        known = {row[0] for row in self._select(f"SELECT id FROM passages WHERE id IN {THESE}", _json(passage_ids))}
        names = {}
        for name in passage_ids:
            if name in known:
                names[name] = name
                continue
            brief_id, _, words = name.rpartition("-")
            missing = self._missing(brief_id)
            if not isinstance(missing, Gone):
                raise NotFound(f"There is no passage {name!r} in this generation: search again.")
            names[name] = f"{missing.superseded_by}-{words}"
            if not self.positions([names[name]]):
                raise Gone(f"Passage {name} stands no more. {missing}", missing.superseded_by)
        return names

    def around(self, passage_id: str, reach: int) -> list[StoredPassage]:
        """Return up to `reach` passages before and after one, in their order. Raises NotFound."""
        [name] = self._standing([passage_id]).values()
        rows = self._select(
            "SELECT o.id FROM passages p JOIN passages o ON o.brief = p.brief AND o.ordinal <> p.ordinal "
            "AND o.ordinal BETWEEN p.ordinal - ? AND p.ordinal + ? WHERE p.id = ? ORDER BY o.ordinal",
            reach, reach, name,
        )  # fmt: skip
        return self.fetch([row[0] for row in rows])

    def fetch(self, passage_ids: Sequence[str]) -> list[StoredPassage]:
        """Return passages whole, in the same order, in a handful of queries however many.

        An id of a brief that was revised since leads to the passage that says the same today. Raises NotFound.
        """
        ids = _json(passage_ids)
        rows = self._whole(ids)
        by_id = {row[0]: row for row in rows}
        if not by_id.keys() >= set(passage_ids):
            names = self._standing(passage_ids)
            passage_ids = [names[name] for name in passage_ids]
            ids = _json(passage_ids)
            rows = self._whole(ids)
            by_id = {row[0]: row for row in rows}
        records = self._records([row[10:] for row in rows])
        marks = self._marks_of_passages(ids)
        keys = json.dumps(
            [[row[1], mark.note_id] for row in rows for mark in marks[row[0]] if mark.note_id is not None]
        )
        notes = self._notes(PAIRS, keys) if keys != "[]" else {}
        with self._guarded():
            return [self._stored(by_id[passage_id], records, marks[passage_id], notes) for passage_id in passage_ids]

    def _whole(self, ids: str) -> list[tuple[Any, ...]]:
        return self._select(
            f"SELECT {_PASSAGE}, {RECORD} FROM passages p JOIN briefs b ON b.id = p.brief WHERE p.id IN {THESE}", ids
        )

    def _stored(
        self,
        row: tuple[Any, ...],
        records: dict[str, BriefRecord],
        marks: list[Mark],
        notes: dict[tuple[str, str], Note],
    ) -> StoredPassage:
        passage_id, brief_id, ordinal, begins, ends, text, context, section, pages, position = row[:10]
        cited = dict.fromkeys((brief_id, mark.note_id) for mark in marks if mark.note_id is not None)
        passage = Passage(
            id=passage_id,
            brief_id=brief_id,
            ordinal=ordinal,
            start=begins,
            end=ends,
            text=text,
            context=context,
            section=section,
            pages=pages_from_json(pages),
            marks=tuple(marks),
        )
        return StoredPassage(passage, records[brief_id], tuple(notes[key] for key in cited if key in notes), position)

    def _marks_of_passages(self, ids: str) -> dict[str, list[Mark]]:
        marks: dict[str, list[Mark]] = defaultdict(list)
        rows = self._select(
            "SELECT p.id, m.label, m.at, m.page, m.note FROM passages p "
            f"JOIN marks m ON m.brief = p.brief AND m.passage = p.ordinal WHERE p.id IN {THESE} ORDER BY m.ordinal",
            ids,
        )
        for passage_id, *mark in rows:
            marks[passage_id].append(Mark(*mark))
        return marks


def _json(values: Iterable[Any]) -> str:
    return json.dumps(list(values))


def _text(value: Any) -> str:
    """Whatever text a value may hold; an ill-encoded one is kept as bytes, see `storable`."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value if isinstance(value, str) else ""


def _words_of_source(csl: dict[str, Any]) -> list[str]:
    """Return what a reader may name a source by: title, container, publisher, authors."""
    names = [
        " ".join(str(name[part]) for part in ("given", "family", "literal") if name.get(part))
        for role in ("author", "editor")
        for name in csl.get(role, ())
    ]
    return [str(csl[key]) for key in ("title", "container-title", "publisher") if csl.get(key)] + names
