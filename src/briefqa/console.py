"""Text for people at a terminal: strings that `cli` prints, and the bars of a reindexing."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from briefqa.shapes import evaluation, page_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tqdm import tqdm

    from briefqa.answer import Answer
    from briefqa.evaluation import Evaluation
    from briefqa.generation import IndexInfo
    from briefqa.reindex import Outlook, Progress, ReindexReport
    from briefqa.search import Hit, Ranking

_LINE_SECONDS = 30.0
_SIZE = os.terminal_size((80, 24))


def printable(text: str) -> str:
    """Replace control characters: a brief or a file's name may hold some that would command the terminal."""
    return "".join(character if character.isprintable() or character in "\n\t" else "�" for character in text)


def ranking_page(ranking: Ranking, *, filtered: bool = False) -> str:
    """Show the hits for a question, each with its notes below it. filtered: whether a filter was asked for."""
    if not ranking.hits:
        return printable(_no_hits(ranking.query, filtered))
    steps = ranking.timings
    closing = (
        f"{_count(len(ranking.hits), 'hit')} in {steps.total:.0f} ms (embed {steps.embed:.0f}, search "
        f"{steps.search:.0f}, fetch {steps.fetch:.0f}), generation {ranking.generation}"
    )
    return printable("\n\n".join([*(_hit(hit) for hit in ranking.hits), closing]))


def answer_page(answer: Answer) -> str:
    """Show an answer, below it what it cites and the notes behind that, and how it came about."""
    lines = [answer.text]
    for citation in answer.citations:
        brief = citation.stored.brief
        about = [
            part for part in (brief.published, page_label(citation.pages), citation.stored.passage.section) if part
        ]
        lines += ["", f"[{citation.ordinal}] {brief.title or brief.path}", f"    {brief.path}"]
        lines[-1] += "".join(f" · {part}" for part in about)
        quoted = with_marks(citation.quote, ((note.offset, note.note.label) for note in citation.notes))
        if all(citation.quote != sentence.text for sentence in answer.sentences) or citation.notes:
            lines.append(f"    “{quoted}”")
        notes = {cited.note.id: cited.note for cited in citation.notes}
        lines += [f"    [{note.label}] {note.text}" for note in notes.values()]
    written = "the briefs' own words" if answer.written_by == "briefs" else f"written by {answer.written_by}"
    closing = f"{written}, {_count(len(answer.ranking.hits), 'hit')}, generation {answer.ranking.generation}"
    return printable("\n".join([*lines, *(f"\nNote: {notice}" for notice in answer.notices), "", closing]))


def _no_hits(query: str, filtered: bool) -> str:  # noqa: FBT001 - as it was asked
    from briefqa.search import quoted_phrases  # noqa: PLC0415 - numpy, which the help of the command line does not need

    phrases = " and ".join(f"“{phrase}”" for phrase in quoted_phrases(query))
    among = "that the filters let through " if filtered else ""
    if phrases:
        return f"No hits: no passage {among}holds {phrases}, itself or in a note that it cites."
    return "No hits: the filters let no passage through." if filtered else "No hits: the index holds no briefs."


def _hit(hit: Hit) -> str:
    brief, passage = hit.stored.brief, hit.stored.passage
    about = [part for part in (brief.published, page_label(passage.pages), passage.section) if part]
    lines = [
        f"{hit.rank}. {brief.title or brief.path}  ({hit.score:.3f})",
        f"   {brief.path}" + "".join(f" · {part}" for part in about),
        "",
        with_marks(passage.text, ((cited.offset, cited.note.label) for cited in hit.notes)),
    ]
    notes = {cited.note.id: cited.note for cited in hit.notes}
    if notes:
        lines += ["", *(f"   [{note.label}] {note.text}" for note in notes.values())]
    return "\n".join(lines)


def status_page(info: IndexInfo, index: str, docs_in: str) -> str:
    """Show what the live generation holds."""
    rows = {
        "generation": info.generation,
        "created": info.created,
        "index": index,
        "docs_in": docs_in,
        "model": f"{info.model} ({info.dimension} dimensions)",
        "briefs": info.briefs,
        "passages": info.passages,
        "notes": info.notes,
        "marks": info.marks,
    }
    return printable("\n".join(f"{name:<11}{value}" for name, value in rows.items()))


def evaluation_page(found: Evaluation) -> str:
    """Show what was measured on one folder."""
    shown = evaluation(found)
    lines = [found.name]
    for name, value in shown.items():
        if name in {"collection", "comparison", "missed"} or value is None:
            continue
        lines.append(f"  {name:<18}{value:.4f}" if isinstance(value, float) else f"  {name:<18}{value}")
    if found.questions:
        missed = found.questions.missed
        lines += [f"  missed ({f'rank {rank}' if rank else 'not found'}): {text}" for text, rank in missed]
    if found.comparison:
        change = found.comparison
        lines.append(f"  {change.measure}: {change.before:.4f} -> {change.after:.4f}, p = {change.p:.4f}; by query:")
        widest = max((len(name) for name, *_ in change.queries), default=0)
        lines += [f"    {name:<{widest}}  {before:.4f} -> {after:.4f}" for name, before, after in change.queries]
    return printable("\n".join(lines))


def generations_page(rows: Iterable[dict[str, Any]]) -> str:
    """Show the generations of an index, a line each."""
    lines = [
        f"{row['generation']}  {row['state']:<9}  "
        + (row["error"] or f"{_count(row['briefs'], 'brief')}, {_count(row['passages'], 'passage')}")
        for row in rows
    ]
    return printable("\n".join(lines) or "There is none yet: run `briefqa reindex`.")


def outlook_page(found: Outlook) -> str:
    """Show what a reindexing would do."""
    changes = found.changes
    parts = [("+", changes.added), ("~", changes.changed), ("-", changes.removed), ("!", found.failing)]
    lines = [f"{sign} {path}" for sign, paths in parts for path in paths]
    lines.append(
        f"{_count(found.read, 'file')} to read, {_count(found.embedded_anew, 'brief')} to cut and embed again, "
        f"{_count(found.kept, 'brief')} to take over, {found.ignored} ignored."
    )
    if found.rebuilt:
        lines.append("Settings or the program have changed since the last build.")
    return printable("\n".join(lines))


def report_page(report: ReindexReport, page: Path | None = None) -> str:
    """Show what a reindexing has done. page: where its report is kept."""
    files = f"{report.added} added, {report.changed} changed, {report.removed} removed, {report.unchanged} unchanged"
    files += f", {report.ignored} ignored" if report.ignored else ""
    holds = f"{_count(report.briefs, 'brief')}, {_count(report.passages, 'passage')}, {_count(report.notes, 'note')}"
    marks = f"{_count(report.marks, 'mark')}, {report.unlinked} of them without a note"
    times = ["Seconds: " + ", ".join(f"{step} {seconds:.1f}" for step, seconds in report.seconds.items())]
    if report.refused:
        live = f"Held back: {report.held}; generation {report.generation or 'none'} stays live."
    elif report.published:
        live = f"Generation {report.generation} is live."
    elif report.generation:
        live = f"Nothing has changed: generation {report.generation} stays live."
    else:
        live = "There is no brief to index: put some into the folder and run it again."
    doubts = [f"{_count(len(report.problems), 'doubt')} about what was read: `briefqa inspect FILE` shows a file's."]
    return printable(
        "\n".join(
            [
                live,
                f"Files: {files}",
                f"{holds}, {marks}",
                *(times if report.seconds else []),
                *(doubts if report.problems else []),
                *([f"Report: {page}"] if page else []),
            ]
        )
    )


def last_run_page(last: dict[str, Any]) -> str:
    """Show how the last reindexing ended."""
    lines = [f"{last['ended']}: {last['outcome']}."]
    if last["error"]:
        lines.append(str(last["error"]))
    if "generation" in last:
        counts = ", ".join(f"{last[name]} {name}" for name in ("added", "changed", "removed", "unchanged"))
        lines += [f"Generation {last['generation'] or 'none'} is live.", f"Files: {counts}"]
    lines += [f"Held back: {reason}" for reason in last.get("refused", ())]
    lines += [str(failure["message"]) for failure in last.get("failed", ())]
    return printable("\n".join(lines))


@contextmanager
def progress(stream: TextIO) -> Iterator[Callable[[Progress], None]]:
    """Show on stream how far a reindexing has come: a bar for each step on a terminal, else a line now and then."""
    if not stream.isatty():
        yield _Lines(stream).advance
        return
    from tqdm import tqdm  # noqa: PLC0415 - only this command draws bars

    bars: dict[str, tqdm[Any]] = {}
    size = _size(stream)

    def advance(now: Progress) -> None:
        if now.step not in bars:
            bars[now.step] = tqdm(
                desc=now.step,
                total=now.total,
                unit=_UNITS.get(now.step, ""),
                file=stream,
                position=len(bars),
                ncols=size.columns,
                nrows=size.lines,
            )
        bar = bars[now.step]
        bar.total = now.total  # of passages, it grows while files are read
        bar.update(now.done - bar.n)

    try:
        yield advance
    finally:
        for bar in bars.values():
            bar.close()


_UNITS = {"compare": "file", "read": "file", "embed": "passage", "write": "part"}


def _size(stream: TextIO) -> os.terminal_size:
    """Columns and lines of the terminal; usual ones where it does not say, on which tqdm draws nothing."""
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return _SIZE
    return size if size.columns and size.lines else _SIZE


class _Lines:
    """Progress for a log: a line when a step begins, when it ends, and every half minute."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._begun: dict[str, float] = {}
        self._told: dict[str, float] = {}

    def advance(self, now: Progress) -> None:
        """Write a line if it is time for one."""
        moment = time.monotonic()
        since = moment - self._begun.setdefault(now.step, moment)
        if now.step in self._told and now.done < now.total and moment - self._told[now.step] < _LINE_SECONDS:
            return
        self._told[now.step] = moment
        left = since / now.done * (now.total - now.done) if 0 < now.done < now.total else 0.0
        more = f", some {left:.0f} s left" if left >= 1 else ""
        unit = f" {_UNITS[now.step]}s" if now.step in _UNITS else ""
        self._stream.write(f"{now.step}: {now.done} of {now.total}{unit}{more}\n")
        self._stream.flush()


def with_marks(text: str, marks: Iterable[tuple[int, str]]) -> str:
    """Put marks back into text as [label]. marks: (offset in text, label), by offset."""
    parts, done = [], 0
    for offset, label in marks:
        parts += [text[done:offset], f"[{label}]"]
        done = offset
    return "".join([*parts, text[done:]])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
