"""Facts of documents that are set by hand, line by line, each as a kind of publication sets its first page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from briefqa.briefs import Brief, Document, Flow, Line, Note, Page, PageSpan, Span
from briefqa.facts import BELIEVED, Facts, facts_of, with_facts
from briefqa.facts.languages import language_of
from briefqa.facts.names import declared_author, is_organisation, is_person, printed_names
from briefqa.notes import understand
from briefqa.reading import read

SAMPLES = Path(__file__).parent.parent / "docs_in" / "samples"
PROSE = (
    "The dykes along the northern coast were built when the river carried half",
    "of the water that it carries today, and nobody has measured what they can",
    "bear since then. This brief says what such a measurement would cost, who",
    "would have to pay for it, and what the country could do with the answer.",
)


def line(text: str, y: float, size: float = 11.0, *, x: float = 72.0, font: str = "Serif", mark: str = "") -> Line:
    """One printed line; mark: a raised figure at its end."""
    end = x + 0.5 * size * len(text)
    spans = [Span(0, len(text), x, end, y, size, font)]
    if mark:
        spans.append(Span(len(text), len(text) + len(mark), end, end + 4, y + 0.4 * size, 0.6 * size, font))
    return Line(text + mark, x, end, y, size, tuple(spans))


def page(*head: Line, index: int = 1, text_from: float = 500.0) -> Page:
    prose = [line(text, text_from - 14 * row) for row, text in enumerate(PROSE * 3)]
    return Page(index, str(index), 595.0, 842.0, (*head, *prose))


def printed(*head: Line, more: tuple[Page, ...] = (), body: str = "", **metadata: object) -> Facts:
    document = Document("coast/levee-costs_2031.pdf", (page(*head), *more), **metadata)  # type: ignore[arg-type]
    return facts_of(document, brief(body or " ".join(PROSE)))


def brief(body: str, *notes: str) -> Brief:
    return Brief(
        "b1",
        "coast/levee-costs_2031.pdf",
        "",
        body,
        (PageSpan(1, "1", 0, len(body)),),
        notes=tuple(Note(str(number), str(number), "footnote", 1, text) for number, text in enumerate(notes, 1)),
    )


BIG = (line("Measuring the Dykes", 760, 20), line("of the North", 736, 20))


def test_the_largest_print_is_the_title_over_its_lines_and_without_its_mark() -> None:
    facts = printed(line("Tidewater Institute", 800, 9), BIG[0], line("of the North", 736, 20, mark="1"))
    assert (facts.title.value, facts.title.origin) == ("Measuring the Dykes of the North", "first page")
    assert facts.title.confidence > 0.8


@pytest.mark.parametrize(
    "junk",
    [
        "Microsoft Word - dykes_v3.doc",
        "A9Rmahfa4_1laaz8q_bg.tmp",
        "bod-18-02",
        "Document",
        "untitled",
        "report.indd",
        "3",
    ],
)
def test_junk_in_metadata_is_no_title(junk: str) -> None:
    assert printed(*BIG, title=junk).title.value == "Measuring the Dykes of the North"
    assert printed(title=junk).title.value == "Levee costs 2031"


def test_metadata_is_believed_when_its_words_stand_on_the_page() -> None:
    facts = printed(line("MEASURING THE DYKES", 760, 16), line("Costs and Uses", 735, 12), title="Measuring the dykes")
    assert (facts.title.value, facts.title.confidence) == ("Measuring the dykes", 0.95)


def test_a_title_that_metadata_cuts_short_is_taken_from_the_page() -> None:
    assert printed(*BIG, title="Measuring the Dykes").title.value == "Measuring the Dykes of the North"


def test_an_identifier_before_the_title_is_left_out() -> None:
    facts = printed(*BIG, title="TI-31-104, Measuring the Dykes of the North")
    assert facts.title.value == "Measuring the Dykes of the North"


def test_several_words_of_metadata_are_better_than_the_file_name() -> None:
    facts = printed(title="Costs of Coastal Surveys")
    assert facts.title.value == "Costs of Coastal Surveys"
    assert BELIEVED < facts.title.confidence < 0.8


def test_banners_logos_and_institutions_are_no_titles() -> None:
    head = (line("POLICY BRIEF", 800, 24), line("Ministry of Public Works", 770, 22))
    assert printed(*head, line("Measuring the Dykes", 730, 16)).title.value == "Measuring the Dykes"


def test_running_heads_are_no_titles() -> None:
    running = line("Dykes | Tidewater Institute", 820, 15)
    more = tuple(page(running, index=number) for number in (2, 3))
    assert printed(running, line("Measuring the Dykes", 700, 14), more=more).title.value == "Measuring the Dykes"


def test_below_a_chapters_number_stands_the_title() -> None:
    head = (line("XII", 700, 14), line("Of the Measuring of Dykes", 670))
    assert printed(*head).title.value == "Of the Measuring of Dykes"


def test_a_document_without_a_title_is_called_by_its_file_name() -> None:
    facts = printed()
    assert (facts.title.value, facts.title.origin) == ("Levee costs 2031", "file name")
    assert facts.title.confidence < BELIEVED


MEMO = (
    line("Coastal", 800, 24, x=400),
    line("Security", 776, 24, x=400),
    line("FROM: Orla M. Fenn", 720),
    line("Director, Office of Dykes", 706, x=140),
    line("TO: All Districts", 680),
    line("DATE: 3 May 2031", 660),
    line("SUBJECT: Measuring What the Dykes", 640),
    line("of the North Can Bear", 626, x=140),
)


def test_a_memorandum_names_its_subject_sender_and_date() -> None:
    facts = printed(*MEMO)
    assert facts.title.value == "Measuring What the Dykes of the North Can Bear"
    assert facts.authors.value == ("Orla M. Fenn",)
    assert facts.published.value == "2031-05-03"


def test_the_sender_of_a_memorandum_outweighs_who_typed_it() -> None:
    assert printed(*MEMO, authors=("Quist, Lena",)).authors.value == ("Orla M. Fenn",)


def test_a_case_is_called_by_its_parties() -> None:
    head = (
        line("Court of Appeals of the Coast", 800, 22),
        line("NORTH DYKE BOARD,", 740),
        line("Plaintiff, Appellant,", 715, x=200),
        line("v.", 690, x=250),
        line("ADA BYRNE, in her official capacity as Minister", 665),
        line("Argued May 2, 2031—Decided June 13, 2031", 640),
    )
    facts = printed(*head)
    assert facts.title.value == "NORTH DYKE BOARD v. ADA BYRNE"
    assert facts.published.value == "2031-06-13"


def test_a_notice_is_called_by_what_stands_above_its_agency() -> None:
    head = (
        line("Proposed Rules", 800, 18, font="Sans-Bold"),
        line("Dyke Directives; The Northern", 760, font="Sans-Bold"),
        line("Coast", 748, font="Sans-Bold"),
        line("AGENCY: Office of Dykes", 725),
    )
    assert printed(*head).title.value == "Dyke Directives; The Northern Coast"


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("Preferred Customer", ()),
        ("cg04209", ()),
        ("Tara", ()),
        ("Microsoft Office User", ()),
        ("PrintServer180", ()),
        ("Orla Fenn", ("Orla Fenn",)),
        ("Fenn, Orla", ("Orla Fenn",)),
        ("Ada Byrne; Lin Wu", ("Ada Byrne", "Lin Wu")),
        ("Tidewater Institute, https://example.org", ("Tidewater Institute",)),
        ("United Dyke Office - jmf", ("United Dyke Office",)),
        ("OECD", ("OECD",)),
    ],
)
def test_authors_of_metadata(author: str, expected: tuple[str, ...]) -> None:
    assert printed(*BIG, authors=(author,)).authors.value == expected


def test_authors_below_the_title_go_on_in_the_next_line() -> None:
    facts = printed(*BIG, line("By Orla M. Fenn, Ada Byrne,", 700, 12), line("Lin Wu, and Per van der Berg", 684, 12))
    assert facts.authors.value == ("Orla M. Fenn", "Ada Byrne", "Lin Wu", "Per van der Berg")


def test_authors_stand_below_each_other() -> None:
    facts = printed(*BIG, line("Orla Fenn", 700, 12), line("Ada Byrne", 684, 12), line("The Hague", 660, 12))
    assert facts.authors.value == ("Orla Fenn", "Ada Byrne")


def test_a_publisher_in_front_of_a_series_is_the_author() -> None:
    facts = printed(*BIG, line("Tidewater Institute, Policy Brief 14, 11 March 2031", 700))
    assert facts.authors.value == ("Tidewater Institute",)
    assert facts.published.value == "2031-03-11"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("June 9, 2016", "2016-06-09"),
        ("9. Juni 2016", "2016-06-09"),
        ("le 3 mai 2019", "2019-05-03"),
        ("June 2023", "2023-06"),
        ("Original Release Date: May 7, 2018", "2018-05-07"),
        ("Docket Nos. 19-13, Filed February 20, 2020.", "2020-02-20"),
        ("Date Filed: 12/22/2020", "2020-12-22"),
        ("Date Filed: 03/04/2020", "2020"),
        ("Calder Law Clinic • 29 May 2023", "2023-05-29"),
        ("Gazette / Vol. 85 / Thursday, August 6, 2020 / Rules", "2020-08-06"),
        ("On May 3, 2019, the board met in the town hall", ""),
        ("A report on the storm of May 3, 2019 and what it cost", ""),
        ("(1) Minutes of the county, 3 May 1971", ""),
        ("1. Minutes of the county, 3 May 1971", ""),
    ],
)
def test_dates_at_the_head(text: str, expected: str) -> None:
    assert printed(*BIG, line(text, 690)).published.value == expected


def test_dates_in_the_text_and_in_notes_are_not_the_documents() -> None:
    first = page(*BIG, line("On April 7, 2021, the minister ended a visit", 690))
    note = line("1 Tidewater Institute, Premiums, published on April 6, 2021.", 60, 8)
    document = Document("a.pdf", (replace(first, lines=(*first.lines, note)),))
    assert facts_of(document, brief(" ".join(PROSE))).published.value == ""


def test_a_title_page_may_give_its_year_at_the_foot() -> None:
    cover = Page(1, "1", 595.0, 842.0, (*BIG, line("Port Merrow", 100, 12), line("1998", 84, 12)))
    document = Document("a.pdf", (cover, page(index=2)))
    assert facts_of(document, brief("The text.")).published.value == "1998"


def test_the_files_own_date_counts_for_its_year_when_the_text_is_no_older() -> None:
    document = Document("a.pdf", (page(*BIG),), created="2021-05-20")
    cited = brief("Seen in April 2021.", "Harbour Herald, April 6, 2021.")
    assert facts_of(document, cited).published.value == "2021"
    again = Document("a.pdf", (page(*BIG),), created="2026-05-20")
    assert facts_of(again, cited).published.value == ""
    planned = brief("The target for 2026 was set in April 2021.")
    assert facts_of(again, planned).published.value == ""


def test_the_files_own_date_bears_out_one_on_the_page() -> None:
    stamp = line("Case: 20-16276, 08/05/2020, DktEntry: 19", 520, 8)
    assert printed(*BIG, stamp, created="2020-08-05").published.value == "2020-08-05"


def test_what_a_format_declares_is_believed() -> None:
    flow = Flow("Reed Beds\n\n" + " ".join(PROSE))
    document = Document("a.md", (), "Reed Beds", ("Orla Fenn",), "2031-04", "en-IE", flow=flow)
    read = with_facts(document, brief(flow.text))
    assert (read.title, read.authors, read.published, read.language) == ("Reed Beds", ("Orla Fenn",), "2031-04", "en")


def test_nothing_is_claimed_of_nothing() -> None:
    for document in (
        Document("x.txt", ()),
        Document("x.txt", (Page(1, "1", 0, 0, (Line(""),)),)),
        Document("x.md", (), flow=Flow("")),
    ):
        read = with_facts(document, brief(""))
        assert (read.title, read.authors, read.published, read.language) == ("X", (), "", "")


def test_the_texts_language_outweighs_that_of_the_program() -> None:
    german = (
        "Die Deiche an der Küste sind nicht für das Wasser gebaut, das der Fluss heute führt, und sie halten es kaum. "
    )
    document = Document("a.pdf", (page(),), language="en-US")
    assert with_facts(document, brief(5 * german)).language == "de"
    assert with_facts(document, brief("Table 4")).language == "en"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The cost of the dykes is not known to those who have to pay for it, and it was never asked."),
        ("fr", "Le coût des digues n’est pas connu de ceux qui doivent le payer, et la question n’a pas été posée."),
        ("es", "El coste de los diques no es conocido por los que tienen que pagarlo, y la pregunta no se hizo."),
        (
            "it",
            "Il costo delle dighe non è noto a chi deve pagarlo, e la domanda non è stata fatta da una commissione.",
        ),
        (
            "pt",
            "O custo dos diques não é conhecido por quem os tem de pagar, e a pergunta não foi feita em uma sessão.",
        ),
        (
            "nl",
            "De kosten van de dijken zijn niet bekend bij wie ze moet betalen, en het is ook nooit aan hen gevraagd.",
        ),
        (
            "pl",
            "Koszt wałów nie jest znany tym, którzy mają za nie płacić, i pytanie o to nie padło ani razu na sesji.",
        ),
        ("sv", "Kostnaden för vallarna är inte känd av dem som ska betala, och det har inte varit en fråga på mötet."),
        ("ru", "Стоимость дамб неизвестна тем, кто должен за них платить."),
        ("uk", "Вартість дамб невідома тим, хто має за них платити, і її ніхто не обчислив."),
        ("el", "Το κόστος των αναχωμάτων δεν είναι γνωστό."),
        ("ar", "تكلفة السدود غير معروفة لمن يدفعها"),
        ("he", "עלות הסכרים אינה ידועה למי שמשלם אותה"),
        ("zh", "堤坝的成本不为付款人所知。"),
        ("ja", "堤防の費用は支払う人に知られていない。"),
        ("", "12.4 31.7 8.9"),
        ("", "North 12 South 14"),
    ],
)
def test_languages(language: str, text: str) -> None:
    assert language_of(text)[0] == language


def test_names() -> None:
    assert all(map(is_person, ["Orla Fenn", "Per van der Berg", "Lucinda K. Murtagh", "Dr. Ada Byrne", "Łucja Żak"]))
    assert not any(map(is_person, ["Office Hours", "Table 4", "orla fenn", "The Hague", "New York"]))
    assert is_organisation("Centre for Regional Infrastructure")
    assert not is_organisation("2016 Agency Reporting Requirements")
    assert declared_author("https://example.org") == ""
    assert printed_names("Ada Byrne and Lin Wu") == ["Ada Byrne", "Lin Wu"]
    assert printed_names("Ada Byrne and the sea") == []


@pytest.mark.parametrize(
    ("name", "title", "authors", "published"),
    [
        (
            "groundwater-metering.txt",
            "Metering the Vesper Basin: A Ledger Before a Price",
            ("Vesper Water Forum",),
            "2022-02",
        ),
        (
            "school-meals.pdf",
            "Free Lunch, Counted: Two Years of Universal School Meals in Kestrel County",
            ("Kestrel Institute for Public Spending",),
            "2024-10-07",
        ),
    ],
)
def test_a_sample(name: str, title: str, authors: tuple[str, ...], published: str) -> None:
    read_brief = understand(read(SAMPLES / name, name, max_bytes=10_000_000, max_pages=100), "sample")
    assert (read_brief.title, read_brief.authors, read_brief.published, read_brief.language) == (
        title,
        authors,
        published,
        "en",
    )
