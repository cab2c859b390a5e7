"""Notes that refer to earlier notes, in the manners of several languages. All works here are invented."""

from __future__ import annotations

import time

import pytest

from briefqa.briefs import Note
from briefqa.sources import resolve

LUND = "Ivo Lund, Sluices of the North (Oslo: Fjord Press, 1999), 12."
QUAYS = "Ivo Lund, Quays (Oslo: Fjord Press, 2002), 3."
BERG = "Ola Berg, Piers (Oslo: Fjord Press, 2001), 3."
BOTH = f"{LUND[:-1]}; {BERG}"
CASE = "Harbour Trust v. Lund, 512 U.S. 40, 44 (1994)."
VOSS = "Karl Voss: Gezeiten, 2. Aufl., Bremen 1998, S. 44."
WEBER = "Anna Weber: Deiche, Bremen 2001, S. 4."
LEDUC = "Marie Leduc, Les quais du Nord, Paris, Éditions du Port, 2004, p. 12."


def notes(*texts: str) -> tuple[Note, ...]:
    return resolve([Note(f"n{n}", str(n), "footnote", 1, text) for n, text in enumerate(texts, 1)])


def page(note: Note) -> str | None:
    value: str | None = note.sources[0].csl.get("page")
    return value


@pytest.mark.parametrize(
    ("first", "text", "at"),
    [
        (LUND, "ibid 5", "5"),
        (LUND, "See ibid., pp. 4–5.", "4–5"),
        (LUND, "Id.", "12"),
        (LUND, "Id. The quays are old.", "12"),
        (LUND, "Idem, 5.", "5"),
        (LUND, "Ibid. (emphasis added).", "12"),
        (LUND, "Loc. cit.", "12"),
        (LUND, "Op. cit., p. 5.", "5"),
        (LUND, "Ivi, p. 5.", "5"),
        (LUND, "Ibídem, p. 5.", "5"),
        (LUND, "Véase ibíd., pág. 5.", "5"),
        (LEDUC, "V. ibid., p. 4.", "4"),
        (VOSS, "Ebd.", "44"),
        (VOSS, "Vgl. ebd., S. 50 f.", "50"),
        (VOSS, "S. ebenda, S. 50.", "50"),
        (VOSS, "A.a.O., S. 45.", "45"),
        (VOSS, "Ders., a.a.O., S. 46.", "46"),
        (WEBER, "Dies., a. a. O., S. 46.", "46"),
        (LUND, "Id., op. cit., p. 4.", "4"),
    ],
)
def test_the_note_before_is_meant(first: str, text: str, at: str) -> None:
    _, note = notes(first, text)
    assert (note.refers_to, page(note)) == ("n1", at)
    assert note.sources[0].csl["title"] == notes(first)[0].sources[0].csl["title"]


@pytest.mark.parametrize(
    ("first", "text", "at"),
    [
        (LUND, "Lund, supra note 1, at 5.", "5"),
        (LUND, "Lund, supra, n. 1, at 5.", "5"),
        (LUND, "Lund, supra n 1, p 5.", "5"),
        (LUND, "Ivo Lund (supra note 1), p. 5.", "5"),
        (LUND, "See also Lund, supra note 1, at 5.", "5"),
        (LUND, "Sluices of the North, supra note 1, at 5.", "5"),
        (LUND, "See supra note 1.", None),
        (LUND, "Supra note 1, 5.", "5"),
        (LUND, "Note 1 above.", None),
        (LUND, "See n 1 above, at 5.", "5"),
        (LUND, "Lund, note 1 above, at 5.", "5"),
        (LUND, "Lund, above n 1, 5.", "5"),
        (LUND, "Lund (n 1) 5.", "5"),
        (LUND, "Cf. Lund (n. 1), at 5; Berg (n 2) 6.", "5"),
        (BOTH, "Lund (n 1) 5.", "5"),
        (LUND, "Lund, op. cit., note 1, p. 5.", "5"),
        (LUND, "Lund, cit. (nota 1), p. 5.", "5"),
        (LUND, "Véase nota 1 supra.", None),
        (LUND, "Véase supra, nota 1, pág. 5.", "5"),
        (VOSS, "Voss (Fn. 1), S. 45.", "45"),
        (VOSS, "Voss (Anm. 1), S. 45 f.", "45"),
        (VOSS, "Voss, a.a.O. (Fn. 1), S. 45.", "45"),
        (VOSS, "A.a.O. (Fußn. 1), S. 45.", "45"),
        (VOSS, "Siehe Fn. 1.", None),
        (VOSS, "Siehe oben, Anm. 1.", None),
        (LEDUC, "M. Leduc, préc. note 1, p. 4.", "4"),
        (LEDUC, "Leduc, précité, note 1.", None),
        (LEDUC, "Préc., note 1, p. 4.", "4"),
        (LEDUC, "V. supra note 1.", None),
    ],
)
def test_a_note_is_meant_by_its_number(first: str, text: str, at: str | None) -> None:
    _, _, note = notes(first, BERG, text)
    assert (note.refers_to, page(note)) == ("n1", at)
    assert note.sources[0].csl["title"] == notes(first)[0].sources[0].csl["title"]


@pytest.mark.parametrize(
    ("first", "text", "at"),
    [
        (LUND, "I. Lund, op.cit., 5.", "5"),
        (LUND, "LUND I., op. cit., p. 5.", "5"),
        (LUND, "Lund, loc. cit.", None),
        (LUND, "Lund, Sluices of the North, cit., p. 5.", "5"),
        (LUND, "I. Lund, cit., p. 5.", "5"),
        (LUND, "Lund, ob. cit., pág. 5.", "5"),
        (LEDUC, "Leduc, art. cit., p. 5.", "5"),
        (LEDUC, "Leduc, préc., p. 5.", "5"),
        (VOSS, "Voss, a. a. O., S. 45.", "45"),
    ],
)
def test_the_only_work_by_an_author_is_meant(first: str, text: str, at: str | None) -> None:
    _, _, note = notes(first, BERG, text)
    assert (note.refers_to, page(note)) == ("n1", at)


def test_the_same_author_stands_before_a_number() -> None:
    assert notes(WEBER, VOSS, "Ders., a.a.O. (Fn. 2), S. 46.")[-1].refers_to == "n2"
    assert notes(WEBER, VOSS, "Dies., a.a.O. (Fn. 1), S. 46.")[-1].refers_to is None


def test_a_title_or_a_given_name_tells_works_apart() -> None:
    assert notes(LUND, QUAYS, "Lund, “Quays,” op. cit., p. 4.")[-1].refers_to == "n2"
    assert notes(LUND, QUAYS, "Lund, Sluices, op. cit., p. 4.")[-1].refers_to == "n1"
    ida = BERG.replace("Ola", "Ida").replace("Piers", "Moles")
    assert notes(BERG, ida, "I. Berg, op. cit., p. 4.")[-1].refers_to == "n2"
    assert notes(BERG, ida, "Berg, op. cit., p. 4.")[-1].refers_to is None


def test_a_case_is_meant_by_the_volume_that_reports_it() -> None:
    _, note = notes(CASE, "Harbour Trust, 512 U.S. at 42–43.")
    assert (note.refers_to, page(note), note.sources[0].csl["locator"]) == ("n1", "40", "42–43")
    other = "Berg v. Quay, 512 U.S. 99 (1994)."
    assert notes(CASE, other, "See Quay, 512 U.S., at 103.")[-1].refers_to == "n2"
    assert notes(CASE, other, "512 U.S. at 103.")[-1].refers_to is None
    assert notes(CASE, "Quay, 512 U.S. at 43.")[-1].refers_to is None


@pytest.mark.parametrize("text", ["Ibid., vol. 2, p. 4.", "Id. ¶ 12."])
def test_another_place_in_the_work_is_not_the_page_of_the_note_before(text: str) -> None:
    _, note = notes(LUND, text)
    assert (note.refers_to, page(note)) == ("n1", None)


@pytest.mark.parametrize(
    "texts",
    [
        (BOTH, "Loc. cit."),
        (BOTH, "A.a.O., S. 4."),
        (BOTH, "See supra note 1."),
        (LUND, "Id cards are needed."),
        (LUND, "Idem est in toto."),
        (LUND, "Id., Piers (Oslo: Fjord Press, 2001), 3."),
        (LUND, "The quays are old.", "Ders., a.a.O., S. 46."),
        (LUND, QUAYS, "Lund, op. cit., p. 4."),
        (LUND, QUAYS, "Ders., a.a.O., S. 4."),
        (LUND, "Lund, “Dams,” op. cit., p. 4."),
        (LUND, "O. Lund, op. cit., p. 4."),
        (LUND, "Lund and Berg, op. cit., p. 4."),
        (LUND, "Berg (n 1) 5."),
        (LUND, "Voss (Fn. 1), S. 45."),
        (LUND, "Lund (n 7) 5."),
        (LUND, "Lund, infra note 1."),
        (LUND, "See supra note 1 and accompanying text."),
        (LUND, BERG, "See supra notes 1–2."),
        (LUND, BERG, "See supra note 1–2."),
        (LUND, "See note 1 of the treaty."),
        (LUND, "Note 1 above the table counts ferries."),
        (LUND, "The survey (n 1) was small."),
        (LUND, f"See {BERG[:-1]}, and Lund, supra note 1.", "Ibid."),
        (LUND, BERG, "Lund (n 1) 5; Berg (n 2) 6.", "Ibid."),
    ],
)
def test_where_it_is_in_doubt_no_note_is_meant(texts: tuple[str, ...]) -> None:
    assert notes(*texts)[-1].refers_to is None


def test_a_label_that_comes_twice_is_in_doubt() -> None:
    listed = [Note(f"n{n}", label, "footnote", 1, text) for n, (label, text) in enumerate([("1", LUND), ("1", BERG)])]
    assert resolve([*listed, Note("n3", "2", "footnote", 1, "Lund (n 1) 5.")])[-1].refers_to is None


@pytest.mark.parametrize("text", ["Voss (Fn. 9), S. 45.", "A.a.O., S. 45."])
def test_a_reference_that_leads_nowhere_is_no_source(text: str) -> None:
    assert notes(text)[0].sources == ()


def test_what_follows_a_reference_is_a_source_of_its_own() -> None:
    *_, note = notes(LUND, "The quays are old.", f"Lund (n 1) 5; {BERG}")
    assert note.refers_to == "n1"
    assert [source.csl["title"] for source in note.sources] == ["Sluices of the North", "Piers"]


HOSTILE = [
    "Lund, supra ",
    "Lund (n 1) ",
    "Lund (n ",
    "See Lund, ",
    "op. cit. ",
    "I. ",
    "Id. ",
    "a. a. O. ",
    "12 U.S., ",
    "é ",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_references_take_time_in_proportion(unit: str) -> None:
    text = (unit * 50_000)[:50_000]
    start = time.process_time()
    notes(LUND, f"Lund, {text}", f"See {text}")
    assert time.process_time() - start < 3
