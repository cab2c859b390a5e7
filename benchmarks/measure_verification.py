"""Measure what the verification of a written answer catches, and what it drops that is right.

    python benchmarks/measure_verification.py              300 wrong sentences, 300 right ones
    python benchmarks/measure_verification.py --cases 2000 --seed 7

The sentences are made of real ones, from the briefs in ../shared/notes-gold: right ones stand as they are, shortened,
turned or joined; wrong ones have a figure, a name, a quote, the sense or the citation changed, or come from elsewhere.
Each is checked among five passages, as a model is given them: its own, two more of its brief, two of other briefs.
A wrong citation is caught where it is put right, everything else where the sentence does not pass.
The last kinds are harder: a name that stands elsewhere in the passage, the sense turned by one word, a denial put in.
Exits with 1 where less than 98 % of the wrong are caught, less than 85 % of the harder ones, or more than 2 % of the
right are dropped.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from conditions import stated
from retrieval import SHARED

from briefqa.answer.verifying import Given, check, drafted, evidence
from briefqa.ingest import ingest
from briefqa.passages import split
from briefqa.search import sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from briefqa.briefs import Brief

_NUMBER = re.compile(r"(?<![\w.,/§-])\d{1,3}(?:,\d{3})*(?:\.\d+)?(?![\w/-]|[.,]\d)")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}(?: [A-Z][a-z]{3,})?(?=[ ,.])")
_SENSE = {
    "increased": "decreased", "rose": "fell", "grew": "shrank", "higher": "lower", "more": "less",
    "increase": "decrease",
    "decreased": "increased", "fell": "rose", "lower": "higher", "less": "more", "decrease": "increase",
    "before": "after", "after": "before", "best": "worst", "above": "below", "below": "above",
}  # fmt: skip
_SENSE_WORD = re.compile(rf"\b({'|'.join(_SENSE)})\b")
_VERB = re.compile(
    r"\b(is|are|was|were|has|have|had|can|could|will|would|should|may|must)\b(?! (?:not|never|no|have|be|been)\b)"
)
_LOOSER = {
    "shall": "must", "approximately": "about", "in order to": "to", "such as": "like", "however, ": "",
    "regarding": "on",
    "therefore": "so", "although": "though", "prior to": "before", "pursuant to": "under", "numerous": "many",
    "provides": "gives", "obtain": "get", "commenced": "began", "required": "needed", "additional": "further",
}  # fmt: skip
_NEAR = 3  # sentences
_QUOTES = (
    "a scandal without equal in the history of the department",
    "nobody at the top wanted to know",
    "the cheapest repair is the one that is never made",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence as a model might write it. cited: the passages that it names; sources: all that it was given."""

    kind: str
    text: str
    cited: tuple[int, ...]
    sources: tuple[Given, ...]
    right: bool


@dataclass(frozen=True, slots=True)
class Spot:
    """A real sentence, the place of its passage among the sources given, and what else is at hand to change it by."""

    text: str
    own: int
    sources: tuple[Given, ...]
    near: str
    far: str
    alien: str
    following: str
    english: bool


def main() -> int:
    """Measure, print a table, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=900, help="wrong ones, and as many right ones")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", action="store_true", help="show what was judged wrongly")
    arguments = parser.parse_args()
    with stated("Verification", arguments.seed, ["briefqa"]):
        made = cases(random.Random(arguments.seed), arguments.cases)  # noqa: S311 - a sample
        tried: Counter[tuple[bool, str]] = Counter()
        failed: Counter[tuple[bool, str]] = Counter()
        for case in made:
            key = (case.right, case.kind)
            tried[key] += 1
            if not judged_well(case):
                failed[key] += 1
                if arguments.verbose:
                    print(f"  {case.kind}: {case.text} {case.cited}")
        for right, kind in sorted(tried):
            key = (right, kind)
            print(f"{'right' if right else 'wrong'}  {kind:<28} {tried[key]:>5}  misjudged {failed[key]:>4}")
        groups = {
            "wrong": [key for key in tried if not key[0] and key[1] not in HARDER],
            "harder": [key for key in tried if key[1] in HARDER],
            "right": [key for key in tried if key[0]],
        }
        share = {
            name: sum(failed[key] for key in keys) / sum(tried[key] for key in keys) for name, keys in groups.items()
        }
        print(
            f"caught {1 - share['wrong']:.4f} of the wrong, {1 - share['harder']:.4f} of the harder ones; "
            f"dropped {share['right']:.4f} of the right"
        )
    return int(share["wrong"] > 0.02 or share["harder"] > 0.15 or share["right"] > 0.02)


def judged_well(case: Case) -> bool:
    """Whether the verification lets a right sentence pass with its citation, and no wrong one as it stands."""
    numbers = "".join(f" [{number}]" for number in case.cited)
    parted = drafted(re.sub(r"([.!?…]?)$", rf"{numbers}\1", case.text, count=1))
    found = [check(text, cited or case.cited, evidence(case.sources)) for text, cited in parted]
    if case.right:
        return all(not one.problem and set(one.passages) & set(case.cited) for one in found)
    if case.kind.startswith("citation"):
        return all(one.problem or one.moved for one in found)
    return any(one.problem for one in found)


def cases(chance: random.Random, wanted: int) -> Iterator[Case]:
    """Make as many wrong cases as are wanted, and as many right ones, of all kinds alike."""
    everything = list(spots(chance))
    for right, makers in ((True, RIGHT), (False, WRONG)):
        made: Counter[str] = Counter()
        chance.shuffle(everything)
        for spot in everything:
            # The kind that there is least of so far, if it can be made here, else the next.
            for kind in sorted(makers, key=lambda kind: (made[kind], kind)):
                found = makers[kind](spot, chance)
                if found:
                    text, cited = found
                    yield Case(kind, text, cited, spot.sources, right)
                    made[kind] += 1
                    break
            if made.total() == wanted:
                break


def spots(chance: random.Random) -> Iterator[Spot]:
    """Give real sentences, each among five passages."""
    briefs = [
        ingest(file, file.name, file.stem, max_bytes=10**9, max_pages=5000, max_chars=10**9).brief
        for file in sorted((SHARED / "notes-gold").glob("*.pdf"))
    ]
    held = [(brief, sources_of(brief)) for brief in briefs]
    whole = [[found for found in (_plain(source) for source in sources) if found] for _, sources in held]
    for at, (brief, sources) in enumerate(held):
        if len(sources) < 3 or not whole[at]:
            continue
        elsewhere = [n for n in range(len(held)) if n != at and whole[n]]
        for _ in range(60):
            own = chance.randrange(len(sources))
            plain = _plain(sources[own])
            if not plain:
                continue
            place = chance.randrange(len(plain))
            others = chance.sample([n for n in range(len(sources)) if n != own], 2)
            strangers = chance.sample(elsewhere, 2)
            shown = [sources[own], *(sources[n] for n in others)]
            shown += [chance.choice(held[n][1]) for n in strangers]
            order = list(range(5))
            chance.shuffle(order)
            every = _all(sources[own])
            here = every.index(plain[place])
            near = " ".join(every[max(0, here - _NEAR) : here + _NEAR + 1])
            far = " ".join(every[: max(0, here - _NEAR)] + every[here + _NEAR + 1 :])
            alien = chance.choice(chance.choice(whole[chance.choice(elsewhere)]))
            following = next((b for a, b in pairwise(every) if a == plain[place] and b in plain), "")
            yield Spot(
                text=plain[place],
                own=order.index(0) + 1,
                sources=tuple(shown[n] for n in order),
                near=near,
                far=far,
                alien=alien,
                following=following,
                english=brief.language == "en",
            )


def about_tokens(texts: Sequence[str]) -> list[int]:
    """How long texts are for a model, as a rule of thumb."""
    return [len(text.split()) * 4 // 3 for text in texts]


def sources_of(brief: Brief) -> list[Given]:
    """Part a brief into passages with the notes that they cite."""
    notes = {note.id: note for note in brief.notes}
    found = []
    for passage in split(
        brief, lambda texts: [len(text.split()) * 4 // 3 for text in texts], max_tokens=220, window=256
    ):
        marks = [
            (mark.offset - passage.start, notes[mark.note_id].text) for mark in passage.marks if mark.note_id in notes
        ]
        found.append(Given(passage.text, tuple(marks), f"{brief.title} {passage.section}"))
    return found


def _all(source: Given) -> list[str]:
    return [" ".join(source.text[start:end].split()) for start, end in sentences(source.text)]


def _plain(source: Given) -> list[str]:
    """The sentences of a passage that say something of their own."""
    return [
        text
        for text in _all(source)
        if re.fullmatch(r"[A-Z“\"].{50,320}[a-z)”\d]\.", text)
        and "[" not in text
        and " not " not in text
        and text.count("“") == text.count("”")
    ]


Made = tuple[str, tuple[int, ...]] | None


def _changed(pattern: re.Pattern[str], spot: Spot, chance: random.Random, into: Callable[[str], str | None]) -> Made:
    found = list(pattern.finditer(spot.text))
    if not found:
        return None
    one = chance.choice(found)
    new = into(one.group())
    if new is None or new == one.group():
        return None
    return f"{spot.text[: one.start()]}{new}{spot.text[one.end() :]}", (spot.own,)


def _other_number(text: str) -> str:
    digits = text.replace(",", "")
    return f"{float(digits) * 1.5 + 1:.1f}" if "." in digits else f"{int(digits) * 2 + 3}"


def _number_from_afar(spot: Spot, chance: random.Random) -> Made:
    here = set(re.findall(r"\d+", spot.near))
    there = [n for n in _NUMBER.findall(spot.far) if n not in here and len(n) > 1]
    return _changed(_NUMBER, spot, chance, lambda _: chance.choice(there)) if there else None


def _name_from_afar(spot: Spot, chance: random.Random) -> Made:
    there = [name for name in _NAME.findall(spot.far) if name.split()[-1] not in spot.near]
    return _changed(_NAME, spot, chance, lambda _: chance.choice(there)) if there else None


def _with_quote(spot: Spot, chance: random.Random) -> Made:
    return f"{spot.text.rstrip('.')}, which one official called “{chance.choice(_QUOTES)}”.", (spot.own,)


def _swapped(spot: Spot, chance: random.Random) -> Made:
    return spot.text, (chance.choice([n for n in range(1, 6) if n != spot.own]),)


def _turned(spot: Spot, _chance: random.Random) -> Made:
    found = re.fullmatch(r"([A-Z].*[a-z]),? (in (?:\w+ )?\d{4})\.", spot.text)
    return (f"In {found[2][3:]}, {found[1][0].lower()}{found[1][1:]}.", (spot.own,)) if found else None


def _shortened(spot: Spot, _chance: random.Random) -> Made:
    cut = re.search(r"(?:, (?:which|while|whereas|although)|;| \() ?", spot.text)
    if not cut or cut.start() < 50:
        return None
    return f"{spot.text[: cut.start()]}.", (spot.own,)


def _joined(spot: Spot, _chance: random.Random) -> Made:
    if not spot.following or not spot.english:
        return None
    return f"{spot.text.rstrip('.')}, and {spot.following[0].lower()}{spot.following[1:]}", (spot.own,)


def _loosened(spot: Spot, _chance: random.Random) -> Made:
    text = re.sub(r"(?<=[a-z]) [a-z]{4,}ly\b(?= [a-z])", "", spot.text)
    for stiff, loose in _LOOSER.items():
        text = re.sub(rf"\b{stiff}\b", loose, text)
    return (text, (spot.own,)) if text != spot.text else None


RIGHT: dict[str, Callable[[Spot, random.Random], Made]] = {
    "as it stands": lambda spot, _: (spot.text, (spot.own,)),
    "with a lead": lambda spot, _: (
        (f"According to the brief, {spot.text[0].lower()}{spot.text[1:]}", (spot.own,)) if spot.english else None
    ),
    "shortened": _shortened,
    "joined to the next": _joined,
    "loosened": _loosened,
    "turned": _turned,
    "figures written otherwise": lambda spot, chance: _changed(
        re.compile(r"\b\d{1,3}(?:,\d{3})+\b| percent\b| per cent\b|%"), spot, chance,
        lambda text: {"%": " percent", " percent": "%", " per cent": "%"}.get(text, text.replace(",", "")),
    ),
}  # fmt: skip

WRONG: dict[str, Callable[[Spot, random.Random], Made]] = {
    "citation missing": lambda spot, _: (spot.text, ()),
    "citation of nothing": lambda spot, _: (spot.text, (9,)),
    "citation swapped": _swapped,
    "figure invented": lambda spot, chance: _changed(_NUMBER, spot, chance, _other_number),
    "figure from afar": _number_from_afar,
    "name invented": lambda spot, chance: _changed(
        _NAME, spot, chance, lambda _: chance.choice(("Quisling", "Harrowgate", "Zelda Quist", "Port Aldous"))
    ),
    "name from afar": _name_from_afar,
    "quote invented": _with_quote,
    "sense turned": lambda spot, chance: (
        _changed(_SENSE_WORD, spot, chance, _SENSE.get) if len(_SENSE_WORD.findall(spot.text)) == 1 else None
    ),
    "denied": lambda spot, chance: _changed(_VERB, spot, chance, lambda verb: f"{verb} not"),
    "from another brief": lambda spot, _: (spot.alien, (spot.own,)),
}
HARDER = ("name from afar", "sense turned", "denied")


if __name__ == "__main__":
    sys.exit(main())
