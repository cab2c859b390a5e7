"""What the documents say is true: links lead somewhere, commands and settings exist, versions agree."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

import briefqa

PROJECT = Path(__file__).parent.parent
PAGES = sorted(
    page.relative_to(PROJECT).as_posix()
    for folder in (".", "docs", "docs_in", "index", "samples", "benchmarks", "clients")
    for page in (PROJECT / folder).glob("*.md")
)


def text_of(page: str) -> str:
    return (PROJECT / page).read_text(encoding="utf-8")


def code_of(page: str) -> str:
    """All that a page shows as code, fenced, indented or inline."""
    text = text_of(page)
    fenced = re.findall(r"^```[^\n]*\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return "\n".join([*fenced, *re.findall(r"`([^`\n]+)`", text), *re.findall(r"^    (.+)$", text, flags=re.MULTILINE)])


def anchors_of(page: str) -> set[str]:
    """The anchors that headings get, as GitHub makes them."""
    prose = re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ +(.+?) *$", prose, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.casefold()).replace(" ", "-") for heading in headings}


@cache
def help_of(command: str) -> str:
    arguments = [sys.executable, "-c", "from briefqa.cli import main; main()", *command.split(), "--help"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout if done.returncode == 0 else ""


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = unquote(target).partition("#")
        file = (PROJECT / page).parent / path if path else PROJECT / page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors_of(str(file))):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_exist(page: str) -> None:
    # Briefs go by their path below docs_in.
    roots = (PROJECT, (PROJECT / page).parent, PROJECT / "docs_in")
    named = re.findall(r"(?<![\w/.<-])((?:src|tests|docs|benchmarks|samples|\.ci)/[\w./-]*\w)", code_of(page))
    assert [name for name in named if not any((root / name).exists() for root in roots)] == []


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_options_exist(page: str) -> None:
    for command, rest in re.findall(r"(?:^|[\s/$(])briefqa ([a-z]+)\b([^`\n|;&#]*)", code_of(page)):
        shown = help_of(command)
        assert shown, f"there is no command `briefqa {command}`"
        for option in re.findall(r"(?<!\S)(--?[a-z][\w-]*)", rest):
            assert option in shown, f"`briefqa {command}` has no option {option}"


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_exist(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), flags=re.MULTILINE))
    assert set(re.findall(r"(?:^|\s)make ([a-z]+)\b", code_of(page))) <= targets


@pytest.mark.parametrize("page", PAGES)
def test_settings_exist(page: str) -> None:
    settings = set(tomllib.loads(text_of("briefqa.toml"))) | {"require_shared", "llm_key"}
    assert {name.lower() for name in re.findall(r"\bBRIEFQA_([A-Z_]+[A-Z])", text_of(page))} <= settings


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    newest = re.search(r"^## \[([^\]]+)\]", text_of("CHANGELOG.md"), flags=re.MULTILINE)
    assert newest is not None
    assert newest[1] == briefqa.__version__


def test_make_help_lists_every_target() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    phony = re.search(r"^\.PHONY: (.+)$", text_of("Makefile"), flags=re.MULTILINE)
    assert phony is not None
    assert [line.split()[0] for line in done.stdout.splitlines()] == phony[1].split()


def test_constraints_pin_every_dependency_exactly() -> None:
    lines = [line for line in text_of("constraints.txt").splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.+]+", line)] == []
    pinned = {line.partition("==")[0].lower().replace("_", "-") for line in lines}
    project = tomllib.loads(text_of("pyproject.toml"))
    wanted = (
        project["project"]["dependencies"] + project["dependency-groups"]["dev"] + project["build-system"]["requires"]
    )
    names = {re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-") for requirement in wanted}  # type: ignore[index]
    assert names <= pinned


def test_no_build_of_torch_for_a_gpu_can_be_installed() -> None:
    # A local version such as 2.13.0+cpu would exclude machines whose registry has the same build without the label.
    assert re.search(r"^torch==[\d.]+$", text_of("constraints.txt"), flags=re.MULTILINE)
    assert not re.search(
        r"^(?:nvidia-|cuda-|triton)[\w-]*==(?!0\+this)", text_of("constraints.txt"), flags=re.MULTILINE
    )


def test_the_table_of_capacities_is_what_its_command_prints() -> None:
    command = [sys.executable, str(PROJECT / "benchmarks" / "capacity.py"), "--pages", "8"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    shown = {re.sub(r" +", " ", line) for line in text_of("docs/capacity.md").splitlines()}

    rows = [re.sub(r" +", " ", line) for line in printed.splitlines() if line.startswith("| 1")]
    assert len(rows) == 3
    assert shown >= set(rows)


def test_figures_of_the_suite_are_printed_by_its_benchmarks() -> None:
    sys.path.insert(0, str(PROJECT / "benchmarks"))
    try:
        suite = importlib.import_module("suite")
    finally:
        del sys.path[0]
    for figure in suite.FIGURES:
        code = (PROJECT / "benchmarks" / f"{figure.benchmark}.py").read_text(encoding="utf-8")
        assert figure.column in code.replace("{questions}", "3000")
    log = [{"seed": 4, "versions": ["Python 3"]}, {"head": ["start", "seconds"], "rows": [["search", "1.1"]]}]
    page = suite.page({"bench_start": [*log, {"others": 0.01}]})
    assert re.search(r"\| cold search +\| 1.1 s +\| ≤ 1.5 +\| bench_start +\| 4 +\| 0.01 +\|", page)
