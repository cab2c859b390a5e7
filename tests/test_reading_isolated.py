from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from briefqa.errors import BriefqaError, NoTextLayer, ReaderDied, ReaderFlaw, ReadingError, ReadingTimeout, TooLarge
from briefqa.ingest import Ingested, ingest
from briefqa.reading.isolated import Isolated, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefqa.reading.isolated import Job, Outcome

TESTS = Path(__file__).parent
ROOMY = Limits(seconds=60, memory=2_000_000_000)
QUICK = Limits(seconds=1, memory=600_000_000)


def act(what: str, *arguments: Any) -> Any:  # noqa: C901, PLR0911, PLR0912 - one line a deed
    """Do in the other process what a reader might."""
    match what:
        case "say":
            return arguments[0]
        case "pid":
            return os.getpid()
        case "modules":
            return sorted(sys.modules)
        case "sleep":
            return time.sleep(arguments[0])
        case "make":
            return arguments[0].touch()
        case "wait for":
            while not arguments[0].exists():
                time.sleep(0.01)
            return None
        case "hold the interpreter":
            return re.match("(a+)+$", "a" * 60 + "b")
        case "eat":
            return len(bytearray(arguments[0]))
        case "die":
            return os.kill(os.getpid(), arguments[0])
        case "die once":
            if not arguments[0].exists():
                arguments[0].touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return "alive"
        case "crash":
            return ctypes.string_at(0)
        case "exit":
            return sys.exit(arguments[0])
        case "recurse":
            return act("recurse")
        case "refuse":
            raise NoTextLayer("There is no text in it.")
        case "miss":
            return Path("/nowhere/at all").read_bytes()
        case "start a child and hang":
            child = subprocess.Popen(["sleep", "77"])
            arguments[0].write_text(str(child.pid))
            return time.sleep(60)
    raise ValueError(what)


def acts(*deeds: tuple[Any, ...]) -> Iterator[Job]:
    yield from ((f"{number}.pdf", deed) for number, deed in enumerate(deeds))


def isolated_act(limits: Limits = ROOMY, processes: int = 1) -> Isolated[Any]:
    return Isolated(act, limits, processes)


def run(*deeds: tuple[Any, ...], limits: Limits = ROOMY, processes: int = 1) -> list[Outcome[Any]]:
    with isolated_act(limits, processes) as isolated:
        return list(isolated.map(acts(*deeds)))


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def assert_gone(pid: int) -> None:
    until = time.monotonic() + 5
    while alive(pid):
        assert time.monotonic() < until, f"{pid} is still there"
        time.sleep(0.02)


def test_outcomes_come_in_order_from_processes_that_are_used_again() -> None:
    outcomes = run(("sleep", 0.4), *[("say", number) for number in range(9)], ("pid",), ("pid",), processes=2)
    assert [outcome.value for outcome in outcomes[1:10]] == list(range(9))
    assert [outcome.name for outcome in outcomes] == [f"{number}.pdf" for number in range(12)]
    assert 0.4 <= outcomes[0].seconds < 5
    assert outcomes[0].peak > 1_000_000

    with isolated_act(processes=2) as isolated:
        pids = {outcome.value or 0 for _ in range(3) for outcome in isolated.map(acts(*[("pid",)] * 8))}
    assert 1 <= len(pids) <= 2
    assert os.getpid() not in pids
    for pid in pids:
        assert_gone(pid)


def children() -> bytes:
    return subprocess.run(["pgrep", "-P", str(os.getpid())], check=False, capture_output=True).stdout


def test_nothing_to_read_starts_no_process() -> None:
    before = children()  # a database of other tests, for one
    with Isolated(act, ROOMY, 2) as isolated:
        assert list(isolated.map(acts())) == []
        assert children() == before


def test_only_a_few_files_are_taken_ahead() -> None:
    taken = 0

    def jobs() -> Iterator[Job]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield str(number), ("say", number)

    with Isolated(act, ROOMY, 2) as isolated:
        outcomes = isolated.map(jobs())
        assert [next(outcomes).value for _ in range(3)] == [0, 1, 2]
        assert taken < 30
        assert isinstance(outcomes, Generator)
        outcomes.close()
        assert isolated.one("again", "say", "still here") == "still here"


def test_a_process_imports_nothing_heavy() -> None:
    (outcome,) = run(("modules",))
    assert not {"torch", "numpy", "faiss", "sentence_transformers", "fastapi"} & set(outcome.value or ())


@pytest.mark.parametrize("deed", [("sleep", 60), ("hold the interpreter",)], ids=str)
def test_a_file_that_takes_too_long_costs_itself_only(deed: tuple[Any, ...]) -> None:
    start = time.monotonic()
    before, slow, after = run(("say", 1), deed, ("say", 2), limits=QUICK)
    assert time.monotonic() - start < 5
    assert (before.value, after.value) == (1, 2)
    assert isinstance(slow.error, ReadingTimeout)
    assert str(slow.error).startswith("1.pdf takes longer to read than read_seconds = 1 allows: raise it")


def test_a_slow_file_does_not_hold_up_the_others(tmp_path: Path) -> None:
    file = tmp_path / "made by the last"
    outcomes = run(("wait for", file), *[("say", 1)] * 9, ("make", file), processes=2)
    assert [outcome.error for outcome in outcomes] == [None] * 11


def test_a_file_that_wants_too_much_memory_costs_itself_only() -> None:
    before, large, after = run(("say", 1), ("eat", 700_000_000), ("say", 2), limits=QUICK)
    assert (before.value, after.value) == (1, 2)
    assert isinstance(large.error, TooLarge)
    assert str(large.error).startswith("1.pdf needs more memory to read than read_memory_mb allows")


def test_a_process_that_has_grown_is_replaced() -> None:
    first, _, second, third = run(("pid",), ("eat", 300_000_000), ("pid",), ("pid",), limits=QUICK)
    assert first.value != second.value
    assert second.value == third.value


def test_what_the_program_itself_holds_wears_out_no_process() -> None:
    held = bytearray(b"x") * 300_000_000
    outcomes = run(("pid",), ("pid",), ("pid",), limits=QUICK)
    assert len({outcome.value for outcome in outcomes}) == 1
    assert outcomes[0].peak < len(held) / 2


def test_a_killed_process_costs_no_file(tmp_path: Path) -> None:
    outcomes = run(("say", 1), ("die once", tmp_path / "been here"), ("say", 2), processes=2)
    assert [outcome.value for outcome in outcomes] == [1, "alive", 2]


@pytest.mark.parametrize(
    ("deed", "reason"),
    [(("die", signal.SIGKILL), "SIGKILL"), (("crash",), "SIGSEGV"), (("exit", 3), "exit status 3")],
    ids=str,
)
def test_a_file_that_crashes_its_process_is_tried_twice_and_named(deed: tuple[Any, ...], reason: str) -> None:
    before, crashed, after = run(("say", 1), deed, ("say", 2))
    assert (before.value, after.value) == (1, 2)
    assert isinstance(crashed.error, ReaderDied)
    assert f"1.pdf cannot be read: the process that read it ended twice ({reason})" in str(crashed.error)


def test_what_a_reader_raises_comes_back() -> None:
    refused, missing, flaw, deep, after = run(("refuse",), ("miss",), ("nonsense",), ("recurse",), ("pid",))
    assert isinstance(refused.error, NoTextLayer)
    assert str(refused.error) == "There is no text in it."
    assert isinstance(missing.error, FileNotFoundError)
    assert isinstance(flaw.error, ReaderFlaw)
    assert re.search(r"2\.pdf .* ValueError: nonsense \(test_reading_isolated\.py:\d+\)", str(flaw.error))
    assert isinstance(deep.error, ReaderFlaw)
    assert after.value != os.getpid()

    with Isolated(act, ROOMY) as isolated, pytest.raises(NoTextLayer):
        isolated.one("a.pdf", "refuse")


class Unwanted:
    """Ends the process that takes it up."""

    def __call__(self) -> None: ...

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (3,)


def test_processes_that_cannot_start_are_told() -> None:
    with Isolated(Unwanted(), ROOMY) as isolated, pytest.raises(BriefqaError, match=r"do not start \(exit status 3\)"):
        isolated.one("a.pdf")


def test_what_a_reader_has_started_ends_with_it(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    (outcome,) = run(("start a child and hang", note), limits=QUICK)
    assert isinstance(outcome.error, ReadingTimeout)
    assert_gone(int(note.read_text()))


# Reads a file that hangs; says which process does.
STUCK = """
import sys
sys.path[:0] = sys.argv[1:]
from test_reading_isolated import ROOMY, Isolated, act
with Isolated(act, ROOMY, 2) as isolated:
    outcomes = isolated.map([("a", ("pid",)), ("b", ("sleep", 50)), ("c", ("sleep", 50))])
    print(next(outcomes).value, flush=True)
    next(outcomes)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_one_that_started_it(number: signal.Signals) -> None:
    command = [sys.executable, "-c", STUCK, str(TESTS), *sys.path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as stuck:
        assert stuck.stdout
        pids = {int(stuck.stdout.readline())}
        pids |= set(map(int, subprocess.check_output(["pgrep", "-P", str(stuck.pid)], text=True).split()))
        assert all(map(alive, pids))
        start = time.monotonic()
        stuck.send_signal(number)
        stuck.wait(timeout=5)
        assert time.monotonic() - start < 2
    for pid in pids:
        assert_gone(pid)


def pdf(*objects: bytes) -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalog."""
    data, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(data)
    size = len(objects) + 1
    data += b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, table)
    return data + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)


def one_page(content: bytes, extra: bytes = b"") -> bytes:
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
        b" /Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(content), extra, content),
    )


def deflated(piece: bytes, times: int) -> bytes:
    squeeze = zlib.compressobj(9)
    return b"".join(squeeze.compress(piece) for _ in range(times)) + squeeze.flush()


def docx(file: Path, document: str, unpacked: int = 0) -> None:
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="word/document.xml"/></Relationships>'
    )
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", relations)
        with archive.open("word/document.xml", "w") as part:
            part.write(document.encode())
            for _ in range(unpacked // 1_000_000):
                part.write(b" " * 1_000_000)


HOSTILE = {
    "page-tree-in-a-ring.pdf": ReadingError,
    "page-tree-a-mile-deep.pdf": ReadingError,
    "bomb.pdf": ReadingError,
    "arrays-in-arrays.pdf": ReadingError,
    "bomb.docx": TooLarge,
    "entities.docx": ReadingError,
    "ten-million-lines.txt": TooLarge,
    "one-line.txt": TooLarge,
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    ring = pdf(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>")
    (folder / "page-tree-in-a-ring.pdf").write_bytes(ring)
    levels = [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (number + 1) for number in range(2, 5002)]
    deep = pdf(b"<< /Type /Catalog /Pages 2 0 R >>", *levels, b"<< /Type /Page /MediaBox [0 0 600 800] >>")
    (folder / "page-tree-a-mile-deep.pdf").write_bytes(deep)
    bomb = one_page(deflated(b"BT /F 9 Tf (a) Tj ET " * 50_000, 100), b"/Filter /FlateDecode")
    (folder / "bomb.pdf").write_bytes(bomb)
    (folder / "arrays-in-arrays.pdf").write_bytes(one_page(b"BT /F 9 Tf " + b"[" * 200_000 + b"] TJ ET"))
    docx(folder / "bomb.docx", '<document xmlns="x"><body>', 60_000_000)
    bombs = "".join(f'<!ENTITY a{number + 1} "{f"&a{number};" * 10}">' for number in range(20))
    docx(folder / "entities.docx", f'<!DOCTYPE d [<!ENTITY a0 "ha">{bombs}]><d>&a20;</d>')
    (folder / "ten-million-lines.txt").write_bytes(b"x\n" * 10_000_000)
    (folder / "one-line.txt").write_bytes(b"word " * 3_000_000)
    (folder / "good.txt").write_text("Levees\n\nLevees hold water.[1]\n\n[1] See the annex.\n")
    return folder


def test_hostile_files_cost_themselves_only(hostile: Path) -> None:
    call = partial(ingest, max_bytes=30_000_000, max_pages=100, max_chars=10_000_000)
    jobs = [(name, (hostile / name, name, "id")) for bad in HOSTILE for name in (bad, "good.txt")]
    with Isolated(call, Limits(seconds=10, memory=1_500_000_000), 2) as isolated:
        outcomes = list(isolated.map(jobs))
    for outcome in outcomes:
        if outcome.name == "good.txt":
            assert outcome.value is not None
            assert "Levees hold water." in outcome.value.brief.body
        else:
            assert isinstance(outcome.error, HOSTILE[outcome.name]), outcome
            assert not isinstance(outcome.error, (ReaderFlaw, ReaderDied)), outcome
            assert outcome.name in str(outcome.error)


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"word[{number}] " for number in range(9000)) + "\n\n" + "[1] Note.\n" + "[2] Note.\n" * 9000,
        "word1 " * 20_000 + "\n\n1 A note.\n",
        "".join(f"w[{n}] " for n in range(999)) + "\n\nNotes\n\n[1] Lee.\n" + "ibid., p. 7; id. at 3\n" * 20_000,
        "a\n\n" * 20_000,
        ("a" * 50_000 + "1-\n") * 4,
    ],
    ids=["notes", "marks", "one note", "paragraphs", "letters"],
)
def test_time_grows_with_the_text_alone(tmp_path: Path, text: str) -> None:
    file = tmp_path / "long.txt"
    file.write_text(text)
    call = partial(ingest, max_bytes=10**8, max_pages=10, max_chars=10**8)
    with Isolated(call, Limits(seconds=40, memory=2_000_000_000)) as isolated:
        assert isolated.one("long.txt", file, "long.txt", "id").brief.body


def test_a_text_beyond_the_limit_names_the_setting(tmp_path: Path) -> None:
    file = tmp_path / "long.txt"
    file.write_text("A line of text.\n" * 100)
    call = partial(ingest, file, "long.txt", "id", max_bytes=10_000, max_pages=10)
    assert isinstance(call(max_chars=2000), Ingested)
    with pytest.raises(TooLarge, match="max_chars = 1,000"):
        call(max_chars=1000)
