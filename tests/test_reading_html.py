"""Web pages, as the producers named in the tests write them; the words are our own."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from briefqa.errors import NoTextLayer, ReadingError, TooLarge
from briefqa.notes import understand
from briefqa.reading import read
from mutilation import mutilate

if TYPE_CHECKING:
    from briefqa.briefs import Document, Flow


def document_of(tmp_path: Path, page: str | bytes) -> Document:
    file = tmp_path / "brief.html"
    file.write_bytes(page if isinstance(page, bytes) else page.encode())
    return read(file, file.name, max_bytes=100_000_000, max_pages=100)


def flow_of(tmp_path: Path, page: str) -> Flow:
    flow = document_of(tmp_path, page).flow
    assert flow is not None
    return flow


def shown(flow: Flow) -> str:
    """The text with its marks put back, as [label>note text]."""
    notes = {note.id: note.text for note in flow.notes}
    text = flow.text
    for found in reversed(flow.marks):
        text = f"{text[: found.offset]}[{found.label}>{notes.get(found.note_id or '', '?')}]{text[found.offset :]}"
    return text


BRIEFS = Path(__file__).parent / "briefs" / "html"
# Each page there says the same: two sentences, two notes, and where it can a second paragraph in the second note.
EXPECTED = "Dykes held.[1>Holt, Dykes, 14.] Gates did not,[2>Byrne. See also Wu.] they say."
PRODUCERS = sorted(file.stem for file in BRIEFS.glob("*.html"))
VARIATIONS = {
    "by-hand": "Dykes held.[1>Holt, Dykes, 14.] Gates did not[2>Byrne. See also Wu.], they say.",
    "paged-media": (
        "Dykes held.[1>Holt, Dykes, 14. See also, again, nobody.] "
        "Gates did not,[2>Byrne. See also Wu and others.] they say."
    ),
}


@pytest.mark.parametrize("producer", PRODUCERS)
def test_notes_of_every_producer_are_linked(tmp_path: Path, producer: str) -> None:
    body = (BRIEFS / f"{producer}.html").read_text(encoding="utf-8")
    page = f"<html><head><title>T</title></head><body>{body}</body></html>"
    assert shown(flow_of(tmp_path, page)) == VARIATIONS.get(producer, EXPECTED)


@pytest.mark.parametrize("producer", PRODUCERS)
def test_notes_do_not_depend_on_the_site_around_them(tmp_path: Path, producer: str) -> None:
    text, _, notes = (BRIEFS / f"{producer}.html").read_text(encoding="utf-8").partition("</p>")
    page = (
        "<body><header><nav><a href='#top'>1</a> Home</nav></header><main><article><h1>On dykes</h1>"
        f"{text}</p></article></main><div>{notes}</div><aside>Read more</aside><footer>© Us</footer></body>"
    )
    expected = VARIATIONS.get(producer, EXPECTED)
    assert shown(flow_of(tmp_path, page)) == f"On dykes\n\n{expected}"


def test_endnotes_are_told_from_footnotes(tmp_path: Path) -> None:
    page = (
        '<p>One<a href="#_edn1" name="_ednref1">[i]</a> two<sup><a href="#fn1">*</a></sup></p>'
        '<div id=edn1><p><a href="#_ednref1" name="_edn1">[i]</a> End.</p></div><p id="fn1">* Foot.</p>'
    )
    flow = flow_of(tmp_path, page)
    assert shown(flow) == "One[i>End.] two[*>Foot.]"
    assert [found.kind for found in flow.notes] == ["endnote", "footnote"]


def test_several_marks_lead_to_one_note_and_separators_are_no_text(tmp_path: Path) -> None:
    page = (
        '<p>One<sup><a href="#fn1">1</a>, <a href="#fn2">2</a></sup> m<sup>2</sup> two '
        '<sup>[<a href="#fn1">1</a>]</sup>.</p>'
        '<ol class="footnotes"><li id="fn1">14 U.S.C. 2.</li><li id="fn2">Two.</li><li>Three.</li></ol>'
    )
    flow = flow_of(tmp_path, page)
    assert shown(flow) == "One[1>14 U.S.C. 2.][2>Two.] m2 two[1>14 U.S.C. 2.]."
    assert [found.text for found in flow.notes] == ["14 U.S.C. 2.", "Two.", "Three."]


def test_links_that_are_no_marks_stay_text(tmp_path: Path) -> None:
    page = (
        '<p>See section <a href="#s2">2</a>, table <a href="#t1">1</a>, (<a href="other.html#fn1">3</a>) '
        'and <a href="#s2">below</a>.'
        '</p><section id="s2"><h2>Two</h2></section><table id="t1"><tr><td>a<td>b</table><p id=fn1>Not a note.</p>'
    )
    flow = flow_of(tmp_path, page)
    assert flow.text == "See section 2, table 1, (3) and below.\n\nTwo\n\na | b\n\nNot a note."
    assert not flow.notes


def test_loose_ends_are_problems(tmp_path: Path) -> None:
    page = (
        '<p>One<sup><a href="#fn9">9</a></sup> two<sup><a href="#fn1">1</a></sup></p>'
        '<aside role="doc-footnote" id="spare">Spare.</aside><ol><li id="fn1"> ↩ </li></ol>'
    )
    brief = understand(document_of(tmp_path, page), "b")
    assert brief.body == "One two"
    assert [(found.label, found.note_id) for found in brief.marks] == [("9", None), ("1", None)]
    assert [found.text for found in brief.notes] == ["Spare."]
    assert len(brief.problems) == 3


def test_a_note_names_the_address_behind_its_link(tmp_path: Path) -> None:
    page = (
        '<p>One<sup><a href="#fn1">1</a></sup> <a href="https://example.org/body">two</a>.</p><ol><li id="fn1">'
        '<a href="https://example.org/holt">Dykes</a>, <a href="https://www.example.org/wu/">example.org/wu</a>, '
        '<a href="/local">here</a>, see note <a href="#fn1">1</a>.</li></ol>'
    )
    assert shown(flow_of(tmp_path, page)) == (
        "One[1>Dykes https://example.org/holt, example.org/wu, here, see note 1.] two."
    )


def test_what_surrounds_the_text_is_left_out(tmp_path: Path) -> None:
    page = """<body><header><h1>Site</h1><nav>Menu</nav></header><div class="breadcrumb">Home</div>
    <h1>On <i>dykes</i></h1><p>One<script>x()</script> word<span style="display: none">no</span>,
    <span class="sr-only">no</span>
    <q>quoted</q>.<br>Next<br/><br/>Last</p><p hidden>no</p><div role="navigation">no</div><template>no</template>
    <svg><text>no</text></svg><form>no</form><noscript>no</noscript><pre>a
    b

    c</pre><footer>no</footer></body>"""
    assert flow_of(tmp_path, page).text == "On dykes\n\nOne word, “quoted”. Next\n\nLast\n\na b\n\nc"


def test_sections_lists_and_tables(tmp_path: Path) -> None:
    page = """<h1>A</h1><ul><li>one<ul><li>in</li></ul></li><li><p>two</p></li></ul><h3>B</h3>
    <dl><dt>t</dt><dd>d</dd></dl><h2>C</h2>
    <table><caption>Cap</caption><thead><tr><th>x</th><th>y</th></tr></thead><tbody><tr><td></td><td><p>1</p><p>2</p></td></tr>
    </tbody></table><table role="presentation"><tr><td>left</td><td><p>right</p></td></tr></table>"""
    flow = flow_of(tmp_path, page)
    assert flow.text == "A\n\none\n\nin\n\ntwo\n\nB\n\nt\n\nd\n\nC\n\nCap\n\nx | y\n| 1 2\n\nleft\n\nright"
    spans = {found.title: flow.text[found.start : found.end].strip() for found in flow.sections}
    assert spans["A"] == flow.text
    assert spans["B"] == "B\n\nt\n\nd"
    assert list(spans) == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (b"\xef\xbb\xbf<p>caf\xc3\xa9", "café"),
        ("<p>café".encode("utf-16"), "café"),
        (b"<p>caf\xc3\xa9", "café"),
        (b"<p>caf\xe9 \x93x\x94", "café “x”"),
        (b'<meta charset="iso-8859-1"><p>\x93x\x94', "“x”"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=windows-1251"><p>\xe4\xe0', "да"),
        (b'<?xml version="1.0" encoding="iso-8859-2"?><html><body><p>\xb1</p></body></html>', "ą"),
        (b'<meta charset="punycode"><p>x', "x"),
        (b'<meta charset="utf-8"><p>bad \xff here', "bad � here"),
    ],
)
def test_encodings(tmp_path: Path, page: bytes, text: str) -> None:
    flow = document_of(tmp_path, page).flow
    assert flow is not None
    assert flow.text == text


def test_control_characters_are_no_text(tmp_path: Path) -> None:
    page = '<p>One\x01 [<a href="#fn1">1</a>] \x0ctwo&#2;\ufffe.</p><p id="fn1">1. Note.</p>'
    assert shown(flow_of(tmp_path, page)) == "One[1>Note.] two."


def test_metadata(tmp_path: Path) -> None:
    page = """<html lang="en-IE"><head><title>On Dykes | Coast</title><meta property="og:title" content="On  Dykes">
    <meta name="citation_author" content="Byrne, Ada"><meta name="citation_author" content="Wu, Lin">
    <meta name="citation_publication_date" content="2021/04/07"></head><body><p>x</p></body></html>"""
    document = document_of(tmp_path, page)
    assert (document.title, document.authors, document.published, document.language) == (
        "On Dykes",
        ("Byrne, Ada", "Wu, Lin"),
        "2021-04-07",
        "en-IE",
    )


def test_printed_metadata_will_do(tmp_path: Path) -> None:
    page = """<title>On Dykes | Coast</title><h1>On dykes</h1><a rel="author" href="/b">Ada Byrne</a>
    <time datetime="2021-04-07T10:00">7 April</time>"""
    document = document_of(tmp_path, page)
    assert (document.title, document.authors, document.published) == ("On dykes", ("Ada Byrne",), "2021-04-07")


def test_what_gives_no_text_is_refused(tmp_path: Path) -> None:
    for page in (b"   ", b"<!-- x -->", b"<div id=app></div><script>x()</script>"):
        with pytest.raises(NoTextLayer):
            document_of(tmp_path, page)
    with pytest.raises(ReadingError, match="is a PDF"):
        document_of(tmp_path, b"%PDF-1.7")
    with pytest.raises(ReadingError, match="not a web page"):
        document_of(tmp_path, b"\x00\x01\x02" * 100)
    with pytest.raises(TooLarge, match="split it"):
        document_of(tmp_path, b"<p>word " * 4_000_000)


def test_deep_nesting_is_refused_and_not_cut_off(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="deep"):
        document_of(tmp_path, "<p>a" + "<div>" * 100_000 + "deep" + "</div>" * 100_000 + "<p>z")
    assert flow_of(tmp_path, "<table><tr><td>" * 300 + "deep").text == "deep"


@pytest.mark.parametrize(
    "piece",
    [
        '<sup><a href="#fn1">1</a></sup>',
        '<a href="#fn1" id=fn1>[1]</a>',
        "<p>a<br>",
        "<table><tr><td>x<td>y",
        "<",
        "&",
        "<!--",
        "<h1>x",
    ],
)
def test_nothing_takes_for_ever(tmp_path: Path, piece: str) -> None:
    started = time.monotonic()
    try:
        document_of(tmp_path, "<p>x" + piece * 20_000 + "<p id=fn1>Note.</p>")
    except TooLarge:
        assert piece in {"<table><tr><td>x<td>y", "<h1>x"}  # libxml2 nests those
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("producer", PRODUCERS)
def test_mutilated_pages_give_errors_of_ours_only(tmp_path: Path, producer: str) -> None:
    page = (BRIEFS / f"{producer}.html").read_bytes()
    chance = random.Random(producer)  # noqa: S311 - repeatable, not secret
    for _ in range(20):
        page = mutilate(page, chance) or page
        try:
            brief = understand(document_of(tmp_path, page), "b")
        except ReadingError:
            continue
        assert all(0 <= found.offset <= len(brief.body) for found in brief.marks)


def test_sphinx_leaves_its_brackets_and_permalinks_out(tmp_path: Path) -> None:
    flow = flow_of(
        tmp_path,
        '<main><h1>Dues<a class="headerlink" href="#dues">¶</a></h1><p>The quay was paid for by dues '
        '<a class="footnote-reference brackets" href="#a" id="id1" role="doc-noteref"><span class="fn-bracket">[</span>'
        '1<span class="fn-bracket">]</span></a>.</p><aside class="footnote brackets" id="a" role="doc-footnote">'
        '<span class="label"><span class="fn-bracket">[</span><a role="doc-backlink" href="#id1">1</a>'
        '<span class="fn-bracket">]</span></span><p>See the ledger.</p></aside></main>',
    )
    assert "Dues\n\nThe quay was paid for by dues[1>See the ledger.]." in shown(flow)
    assert "¶" not in flow.text


def test_notes_amid_the_text_by_distill_and_tufte(tmp_path: Path) -> None:
    page = (
        "<article><p>Dues<d-footnote>See the ledger.</d-footnote> rose.<label>&#8853;</label><input/>"
        "<span class='marginnote'>A drawing of it.</span> They fell."
        "<span class='sidenote'>In spring.</span></p></article>"
    )
    assert shown(flow_of(tmp_path, page)) == (
        "Dues[1>See the ledger.] rose.[⊕>A drawing of it.] They fell.[2>In spring.]"
    )


def test_comments_of_google_docs_are_no_notes(tmp_path: Path) -> None:
    flow = flow_of(
        tmp_path,
        '<body><p>Dues rose.<sup><a href="#ftnt1" id="ftnt_ref1">[1]</a></sup> They fell.<sup><a href="#cmnt1" '
        'id="cmnt_ref1">[a]</a></sup></p><hr><div><p><a href="#ftnt_ref1" id="ftnt1">[1]</a> See the ledger.</p></div>'
        '<div><p><a href="#cmnt_ref1" id="cmnt1">[a]</a><span>Is that so?</span></p></div></body>',
    )
    assert shown(flow) == "Dues rose.[1>See the ledger.] They fell."
