"""Word files, most of them put together here part by part, so that each test shows the XML that it is about."""

from __future__ import annotations

import random
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from briefqa.errors import EncryptedBrief, NoTextLayer, ReadingError, TooLarge
from briefqa.notes import understand
from briefqa.reading import read
from briefqa.reading.numerals import numeral
from mutilation import mutilate

if TYPE_CHECKING:
    from briefqa.briefs import Brief, Document, Flow

BRIEFS = Path(__file__).parent / "briefs" / "docx"
MEGABYTE = 1_000_000
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
NAMESPACES = f'xmlns:w="{W}" xmlns:r="{R}" xmlns:mc="{MC}"'
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
STYLES = """
<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="H2"><w:name w:val="Agency Head"/><w:basedOn w:val="berschrift1"/>
  <w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Round"><w:name w:val="Round"/><w:basedOn w:val="Round"/></w:style>
<w:style w:type="paragraph" w:styleId="Titel"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="TOC1"><w:name w:val="toc 1"/></w:style>
<w:style w:type="character" w:styleId="Ref"><w:name w:val="footnote reference"/>
  <w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>
"""


def p(*runs: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}{''.join(runs)}</w:p>"


def r(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def mark(number: int, kind: str = "footnote") -> str:
    return f'<w:r><w:rPr><w:rStyle w:val="Ref"/></w:rPr><w:{kind}Reference w:id="{number}"/></w:r>'


def note(number: int, *paragraphs: str, kind: str = "footnote") -> str:
    return f'<w:{kind} w:id="{number}">{"".join(paragraphs) or p(r(f"Text of {number}."))}</w:{kind}>'


def cell(*blocks: str) -> str:
    return f"<w:tc>{''.join(blocks)}</w:tc>"


@dataclass
class Parts:
    """What a test may want to put into a file; the rest is filled in."""

    body: str
    footnotes: str = ""
    endnotes: str = ""
    settings: str = ""
    links: str = ""
    core: str = ""
    namespaces: str = NAMESPACES

    def write(self, file: Path) -> Path:
        root = self.namespaces
        parts = {
            "_rels/.rels": f'<Relationships xmlns="{RELATIONS}">'
            f'<Relationship Id="a" Type="{R}/officeDocument" Target="word/document.xml"/>'
            '<Relationship Id="b" Type="x/core-properties" Target="docProps/core.xml"/></Relationships>',
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{RELATIONS}">{self.links}'
            + "".join(
                f'<Relationship Id="{part}" Type="{R}/{part}" Target="{part}.xml"/>'
                for part in ("styles", "settings", "footnotes", "endnotes")
            )
            + "</Relationships>",
            "word/_rels/footnotes.xml.rels": f'<Relationships xmlns="{RELATIONS}">{self.links}</Relationships>',
            "word/document.xml": f"<w:document {root}><w:body>{self.body}</w:body></w:document>",
            "word/styles.xml": f"<w:styles {root}>{STYLES}</w:styles>",
            "word/settings.xml": f"<w:settings {root}>{self.settings}</w:settings>",
            "word/footnotes.xml": f'<w:footnotes {root}><w:footnote w:type="separator" w:id="-1"><w:p/></w:footnote>'
            f"{self.footnotes}</w:footnotes>",
            "word/endnotes.xml": f"<w:endnotes {root}>{self.endnotes}</w:endnotes>",
            "docProps/core.xml": '<cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:dcterms="t">'
            f"{self.core}</cp:coreProperties>",
        }
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in parts.items():
                archive.writestr(name, text)
        return file


def read_file(file: Path, max_bytes: int = 20 * MEGABYTE) -> Document:
    return read(file, file.name, max_bytes=max_bytes, max_pages=100)


def flow_of(tmp_path: Path, parts: Parts) -> Flow:
    flow = read_file(parts.write(tmp_path / "brief.docx")).flow
    assert flow is not None
    return flow


def shown(flow: Flow) -> str:
    """The text with its marks put back, as [label>note text]."""
    notes = {note.id: note.text for note in flow.notes}
    text = flow.text
    for found in reversed(flow.marks):
        text = f"{text[: found.offset]}[{found.label}>{notes.get(found.note_id or '', '?')}]{text[found.offset :]}"
    return text


def test_footnotes_are_numbered_in_the_order_of_their_marks(tmp_path: Path) -> None:
    body = p(r("Dykes held"), mark(7), r(", gates did not."), mark(2), r("  Nobody  asked.")) + p(r("Then the flood."))
    flow = flow_of(tmp_path, Parts(body, note(2) + note(7, p(r("One ")), p(r("and two.")))))
    assert shown(flow) == "Dykes held[1>One and two.], gates did not.[2>Text of 2.] Nobody asked.\n\nThen the flood."
    assert [found.kind for found in flow.notes] == ["footnote", "footnote"]


def test_endnotes_have_roman_numbers_of_their_own(tmp_path: Path) -> None:
    body = p(r("One."), mark(1), mark(4, "endnote"), r(" Two."), mark(5, "endnote"))
    flow = flow_of(tmp_path, Parts(body, note(1), note(4, kind="endnote") + note(5, kind="endnote")))
    assert shown(flow) == "One.[1>Text of 1.][i>Text of 4.] Two.[ii>Text of 5.]"
    assert [found.kind for found in flow.notes] == ["footnote", "endnote", "endnote"]


def test_the_format_of_numbers_is_taken_from_sections_and_settings(tmp_path: Path) -> None:
    parts = Parts(
        p(r("One."), mark(1))
        + p(r("Two."), mark(4, "endnote"))
        + '<w:sectPr><w:footnotePr><w:numFmt w:val="upperLetter"/><w:numStart w:val="3"/></w:footnotePr></w:sectPr>',
        note(1),
        note(4, kind="endnote"),
        '<w:endnotePr><w:numFmt w:val="decimal"/></w:endnotePr>',
    )
    assert shown(flow_of(tmp_path, parts)) == "One.[C>Text of 1.]\n\nTwo.[1>Text of 4.]"


def test_numbers_start_anew_where_each_section_has_its_own(tmp_path: Path) -> None:
    section = '<w:sectPr><w:footnotePr><w:numRestart w:val="eachSect"/></w:footnotePr></w:sectPr>'
    first = p(r("One."), mark(1), r(" Two."), mark(2)).replace("<w:p>", f"<w:p><w:pPr>{section}</w:pPr>")
    flow = flow_of(tmp_path, Parts(first + p(r("Three."), mark(3)) + section, note(1) + note(2) + note(3)))
    assert [found.label for found in flow.marks] == ["1", "2", "1"]
    assert [found.note_id for found in flow.marks] == [found.id for found in flow.notes]


def test_a_mark_typed_by_the_author_is_not_counted_nor_repeated(tmp_path: Path) -> None:
    typed = '<w:r><w:footnoteReference w:customMarkFollows="1" w:id="1"/><w:t>*</w:t></w:r>'
    flow = flow_of(
        tmp_path, Parts(p(r("Ours"), typed, r(" and theirs"), mark(2)), note(1, p(r("* Not yet."))) + note(2))
    )
    assert shown(flow) == "Ours[*>Not yet.] and theirs[1>Text of 2.]"


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ("<w:r>{}<w:t>† and more</w:t></w:r>", "Ours[†>Not yet.] and more"),
        ("<w:r>{}<w:t>†More</w:t></w:r>", "Ours[†>Not yet.]More"),
        ("<w:r>{}</w:r><w:proofErr/><w:r><w:t>†</w:t></w:r>", "Ours[†>Not yet.]"),
        ('<w:r>{}</w:r><w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>†</w:t></w:r>', "Ours[†>Not yet.]"),
        ("<w:r>{}</w:r><w:r><w:t> and more</w:t></w:r>", "Ours[1>† Not yet.] and more"),
    ],
)
def test_where_the_mark_typed_by_the_author_ends(tmp_path: Path, runs: str, text: str) -> None:
    reference = '<w:footnoteReference w:customMarkFollows="1" w:id="1"/>'
    assert shown(flow_of(tmp_path, Parts(p(r("Ours"), runs.format(reference)), note(1, p(r("† Not yet.")))))) == text


def test_a_star_of_the_symbol_font_is_a_mark(tmp_path: Path) -> None:
    star = '<w:sym w:font="Symbol" w:char="F02A"/>'
    typed = f'<w:r><w:footnoteReference w:customMarkFollows="1" w:id="1"/>{star}</w:r>'
    flow = flow_of(tmp_path, Parts(p(r("Ours"), typed), note(1, p(f"<w:r>{star}</w:r>", r(" Not yet.")))))
    assert shown(flow) == "Ours[*>Not yet.]"


def test_marks_in_headings_cells_and_text_boxes_lead_to_their_notes(tmp_path: Path) -> None:
    inner = f"<w:tbl><w:tr>{cell(p(r('3 m'), mark(3)))}{cell(p(r('est.')))}</w:tr></w:tbl>{p()}"
    table = f"<w:tbl><w:tr>{cell(p(r('2021'), mark(2, 'endnote')))}{cell(inner)}</w:tr></w:tbl>"
    box = f"<w:r><w:pict><w:txbxContent>{p(r('Boxed.'), mark(4))}</w:txbxContent></w:pict></w:r>"
    body = p(r("Losses"), mark(1), style="berschrift1") + table + p(r("So."), box)
    flow = flow_of(tmp_path, Parts(body, note(1) + note(3) + note(4), note(2, kind="endnote")))
    assert shown(flow) == (
        "Losses[1>Text of 1.]\n\n2021[i>Text of 2.] | 3 m[2>Text of 3.] est.\n\nSo.\n\nBoxed.[3>Text of 4.]"
    )


def test_a_second_mark_leads_to_the_same_note(tmp_path: Path) -> None:
    def field(instruction: str, result: str) -> str:
        return (
            '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
            f"<w:r><w:instrText>{instruction}</w:instrText></w:r>"
            f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{r(result)}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        )

    marked = f'<w:bookmarkStart w:id="0" w:name="_Ref1"/>{mark(1)}<w:bookmarkEnd w:id="0"/>'
    body = p(
        r("One."),
        marked,
        r(" Two."),
        field(" NOTEREF _Ref1 \\f \\h ", "1"),
        r(" See note "),
        field("NOTEREF _Ref1", "1"),
    )
    assert shown(flow_of(tmp_path, Parts(body, note(1)))) == "One.[1>Text of 1.] Two.[1>Text of 1.] See note 1"


def test_a_superscript_comma_between_marks_is_no_text(tmp_path: Path) -> None:
    comma = r(", ", '<w:vertAlign w:val="superscript"/>')
    square = r("2", '<w:vertAlign w:val="superscript"/>')
    body = p(r("Held"), mark(1), comma, mark(2), r(" on 4 km"), square, r("."))
    assert shown(flow_of(tmp_path, Parts(body, note(1) + note(2)))) == "Held[1>Text of 1.][2>Text of 2.] on 4 km2."


def test_tracked_changes_are_read_as_accepted(tmp_path: Path) -> None:
    deleted = f"<w:del><w:r><w:delText>four</w:delText></w:r>{mark(1)}</w:del><w:ins>{r('five')}{mark(2)}</w:ins>"
    open_end = p(r("It had ")).replace("<w:p>", "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>")
    moved = f"<w:moveFrom>{r('gone')}</w:moveFrom><w:moveTo>{r(' gates')}</w:moveTo>"
    flow = flow_of(tmp_path, Parts(open_end + p(deleted, moved), note(1) + note(2)))
    assert shown(flow) == "It had five[1>Text of 2.] gates"
    assert [found.text for found in flow.notes] == ["Text of 2."]


def test_a_deleted_note_is_gone_though_its_text_is_kept_in_the_file(tmp_path: Path) -> None:
    moved = f"<w:moveFrom>{r('Gates.')}{mark(1)}</w:moveFrom>"
    again = p(f"<w:moveTo>{r('Gates.')}{mark(1)}</w:moveTo>", f"<w:del>{mark(2)}</w:del>", r(" Dykes."), mark(3))
    flow = flow_of(tmp_path, Parts(p(moved, r("Locks.")) + again, note(1) + note(2) + note(3)))
    assert shown(flow) == "Locks.\n\nGates.[1>Text of 1.] Dykes.[2>Text of 3.]"
    assert [found.text for found in flow.notes] == ["Text of 1.", "Text of 3."]


def test_changes_inside_a_note_are_read_as_accepted(tmp_path: Path) -> None:
    changed = p(f"<w:del><w:r><w:delText>Locks, 3.</w:delText></w:r></w:del><w:ins>{r('Piers, 4.')}</w:ins>")
    nested = p(r("Kept"), "<w:ins><w:del><w:r><w:delText> and gone</w:delText></w:r></w:del></w:ins>", mark(1))
    assert shown(flow_of(tmp_path, Parts(nested, note(1, changed)))) == "Kept[1>Piers, 4.]"


def test_deleted_rows_and_cells_are_gone_with_their_notes(tmp_path: Path) -> None:
    row = f"<w:tr><w:trPr><w:del/></w:trPr>{cell(p(r('2019'), mark(1)))}{cell(p(r('1 m')))}</w:tr>"
    gone = f"<w:tc><w:tcPr><w:cellDel/></w:tcPr>{p(r('est.'), mark(2))}</w:tc>"
    kept = f"<w:tr>{gone}{cell(p(r('2021')))}{cell(p(r('3 m'), mark(3)))}</w:tr>"
    flow = flow_of(tmp_path, Parts(f"<w:tbl>{row}{kept}</w:tbl>", note(1) + note(2) + note(3)))
    assert shown(flow) == "2021 | 3 m[1>Text of 3.]"
    assert len(flow.notes) == 1


def test_comments_are_no_text(tmp_path: Path) -> None:
    remark = '<w:commentRangeStart w:id="0"/>{}<w:commentRangeEnd w:id="0"/><w:r><w:commentReference w:id="0"/></w:r>'
    body = p(remark.format(r("Dykes held.")), mark(1))
    assert (
        shown(flow_of(tmp_path, Parts(body, note(1, p(remark.format(r("Piers, 4."))))))) == "Dykes held.[1>Piers, 4.]"
    )


def test_a_mark_without_a_note_and_a_note_without_a_mark_are_problems(tmp_path: Path) -> None:
    document = read_file(Parts(p(r("One."), mark(9)), note(1)).write(tmp_path / "brief.docx"))
    brief: Brief = understand(document, "b")
    assert [(found.label, found.note_id) for found in brief.marks] == [("1", None)]
    assert len(brief.problems) == 2
    assert {found.page for found in brief.marks} | {found.page for found in brief.notes} == {1}


def test_tables_are_rows_of_cells_and_a_frame_is_none(tmp_path: Path) -> None:
    rows = (("Year", "Loss"), ("", "2 m"), ("2021", ""))
    table = "".join(f"<w:tr>{''.join(cell(p(r(text)), p()) for text in row)}</w:tr>" for row in rows)
    noted = f"<w:tr>{cell(p(r('2022'), mark(1)))}{cell(p(r('3 m')), p(r('est.')))}</w:tr>"
    frame = f"<w:tbl><w:tr>{cell(p(r('Key point')), p(r('Build.')))}</w:tr></w:tbl>"
    flow = flow_of(tmp_path, Parts(p(r("Before")) + f"<w:tbl>{table}{noted}</w:tbl>" + frame + p(r("After")), note(1)))
    assert shown(flow) == (
        "Before\n\nYear | Loss\n| 2 m\n2021\n2022[1>Text of 1.] | 3 m est.\n\nKey point\n\nBuild.\n\nAfter"
    )


def test_headings_head_sections(tmp_path: Path) -> None:
    body = (
        p(r("On Dykes"), style="Titel")
        + p(r("Contents 3"), style="TOC1")
        + p(r("Why"), style="berschrift1")
        + p(r("Because."))
        + p(r("Costs"), mark(1), style="H2")
        + p(r("High."), style="Round")
        + p(r("How"), style="berschrift1")
    )
    document = read_file(Parts(body, note(1)).write(tmp_path / "brief.docx"))
    assert document.flow is not None
    text = document.flow.text
    assert text == "On Dykes\n\nWhy\n\nBecause.\n\nCosts\n\nHigh.\n\nHow"
    assert [(found.title, text[found.start : found.end].rstrip()) for found in document.flow.sections] == [
        ("Why", "Why\n\nBecause.\n\nCosts\n\nHigh."),
        ("Costs", "Costs\n\nHigh."),
        ("How", "How"),
    ]
    assert document.title == "On Dykes"


def test_a_note_names_the_address_behind_its_link_only_where_the_text_does_not(tmp_path: Path) -> None:
    links = "".join(
        f'<Relationship Id="{key}" Type="{R}/hyperlink" Target="{target}" TargetMode="External"/>'
        for key, target in (
            ("h1", "https://example.org/a%20b"),
            ("h2", "http://www.example.org/c/"),
            ("h3", "mailto:a@b.c"),
        )
    )
    anchors = [
        f'<w:hyperlink r:id="{key}">{r(text)}</w:hyperlink>'
        for key, text in (("h1", "Dyke Report"), ("h2", "example.org/c"), ("h3", "us"))
    ]
    text = p(anchors[0], r(", 2020; "), anchors[1], r("; ask "), anchors[2])
    flow = flow_of(tmp_path, Parts(p(anchors[0], mark(1)), note(1, text), links=links))
    assert shown(flow) == "Dyke Report[1>Dyke Report https://example.org/a%20b, 2020; example.org/c; ask us]"


def test_a_text_box_is_read_once_and_behind_its_paragraph(tmp_path: Path) -> None:
    def box(text: str) -> str:
        return f"<w:txbxContent>{p(r(text))}</w:txbxContent>"

    drawn = (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>{box("A box.")}</w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict>{box('A box.')}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    assert (
        flow_of(tmp_path, Parts(p(r("One "), drawn, r("sentence.")) + p(r("Two.")))).text
        == "One sentence.\n\nA box.\n\nTwo."
    )


def test_special_characters_of_word(tmp_path: Path) -> None:
    run = (
        "<w:r><w:t>co</w:t><w:softHyphen/><w:t>op</w:t><w:noBreakHyphen/><w:t>era</w:t><w:tab/><w:t>x</w:t><w:br/>"
        '<w:sym w:font="Symbol" w:char="F0B7"/><w:sym w:font="Arial" w:char="00A7"/><w:t>5</w:t></w:r>'
    )
    assert flow_of(tmp_path, Parts(p(run, r("secret", "<w:vanish/>")))).text == "coop-era x §5"


def test_strict_documents_read_the_same(tmp_path: Path) -> None:
    strict = f'xmlns:w="{STRICT}" xmlns:r="{R}" xmlns:mc="{MC}"'
    assert shown(flow_of(tmp_path, Parts(p(r("One."), mark(1)), note(1), namespaces=strict))) == "One.[1>Text of 1.]"


def test_core_properties_become_metadata(tmp_path: Path) -> None:
    core = (
        "<dc:title>  On\n Dykes </dc:title><dc:creator>Ada Byrne; Lin Wu</dc:creator><dc:language>en-IE</dc:language>"
        "<dcterms:created>2021-04-07T08:00:00Z</dcterms:created><dcterms:modified>2022-01-01T08:00:00Z</dcterms:modified>"
    )
    document = read_file(Parts(p(r("One.")), core=core).write(tmp_path / "brief.docx"))
    assert (document.title, document.authors, document.created, document.language) == (
        "On Dykes",
        ("Ada Byrne", "Lin Wu"),
        "2021-04-07",
        "en-IE",
    )


def test_a_placeholder_is_no_title(tmp_path: Path) -> None:
    core = "<dc:title>Microsoft Word - draft.doc</dc:title><dcterms:created>soon</dcterms:created>"
    document = read_file(
        Parts(p(r("Why"), style="berschrift1") + p(r("So.")), core=core).write(tmp_path / "brief.docx")
    )
    assert (document.title, document.created) == ("Why", "")


@pytest.mark.parametrize(
    ("number", "style", "printed"),
    [
        (4, "lowerRoman", "iv"),
        (1994, "upperRoman", "MCMXCIV"),
        (28, "lowerLetter", "bb"),
        (6, "chicago", "††"),
        (0, "chicago", "0"),
        (12, "decimal", "12"),
        (5000, "lowerRoman", "5000"),
    ],
)
def test_numerals(number: int, style: str, printed: str) -> None:
    assert numeral(number, style) == printed


def test_a_file_of_libreoffice_reads_whole() -> None:
    """reed-beds.docx: a footnote, a linked source, an endnote, a table; written for this test, saved by LibreOffice."""
    flow = read_file(BRIEFS / "reed-beds.docx").flow
    assert flow is not None
    assert shown(flow) == (BRIEFS / "reed-beds.txt").read_text(encoding="utf-8").rstrip("\n")


def test_passwords_and_old_formats_are_named(tmp_path: Path) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)
    file = tmp_path / "brief.docx"
    file.write_bytes(ole + "EncryptedPackage".encode("utf-16-le"))
    with pytest.raises(EncryptedBrief, match="without one"):
        read_file(file)
    file.write_bytes(ole + "WordDocument".encode("utf-16-le"))
    with pytest.raises(ReadingError, match=r"save it as \.docx"):
        read_file(file)


@pytest.mark.parametrize("data", [b"plain words", b"PK\x03\x04 cut off", b"%PDF-1.7"])
def test_what_is_no_word_file_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "brief.docx"
    file.write_bytes(data)
    with pytest.raises(ReadingError, match="not a Word file"):
        read_file(file)


def test_another_zip_archive_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "brief.docx"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
    with pytest.raises(ReadingError, match="without a Word document"):
        read_file(file)


def test_no_text_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(NoTextLayer, match="OCR"):
        read_file(Parts(p()).write(tmp_path / "brief.docx"))


@pytest.mark.parametrize("limit", [MEGABYTE, 1000 * MEGABYTE], ids=["size", "ratio"])
def test_a_bomb_does_not_go_off(tmp_path: Path, limit: int) -> None:
    file = Parts(p(r("a" * 9 * MEGABYTE))).write(tmp_path / "brief.docx")
    assert file.stat().st_size < 50_000
    with pytest.raises(TooLarge, match="unpacks to far more"):
        read_file(file, limit)


@pytest.mark.parametrize("reference", ["&l9;", "&out;", "&l0;"], ids=["billion laughs", "external", "harmless"])
def test_entities_are_refused(tmp_path: Path, reference: str) -> None:
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    file = tmp_path / "brief.docx"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "word/document.xml",
            f'<!DOCTYPE d [<!ENTITY l0 "ha"><!ENTITY out SYSTEM "file:///etc/hostname">{laughs}]>'
            f"<w:document {NAMESPACES}><w:body>{p(r(reference))}</w:body></w:document>",
        )
    with pytest.raises(ReadingError, match=r"document type|amplification"):
        read_file(file)


def test_deep_nesting_is_an_error_and_no_crash(tmp_path: Path) -> None:
    deep = "<w:sdt>" * 5000 + p(r("x")) + "</w:sdt>" * 5000
    with pytest.raises(ReadingError, match="damaged"):
        read_file(Parts(deep).write(tmp_path / "brief.docx"))
    nested = "<w:tbl><w:tr><w:tc>" * 80 + p(r("x")) + "</w:tc></w:tr></w:tbl>" * 80
    assert flow_of(tmp_path, Parts(nested)).text == "x"


def test_mutilated_files_give_errors_of_ours_only(tmp_path: Path) -> None:
    """Bytes flipped, cut and spliced; in the packed file, and in the XML inside."""
    whole = (BRIEFS / "reed-beds.docx").read_bytes()
    with zipfile.ZipFile(BRIEFS / "reed-beds.docx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    file = tmp_path / "brief.docx"
    chance = random.Random(20)  # noqa: S311 - repeatable, not secret
    started = time.monotonic()
    for turn in range(60):
        if turn % 2:
            file.write_bytes(mutilate(whole, chance))
        else:
            with zipfile.ZipFile(file, "w") as archive:
                for name, data in parts.items():
                    archive.writestr(name, mutilate(data, chance) if chance.random() < 0.3 else data)
        try:
            brief = understand(read_file(file), "b")
        except ReadingError:
            continue
        assert all(0 <= found.offset <= len(brief.body) for found in brief.marks)
    assert time.monotonic() - started < 60
