"""One file in, its blocks out: exact kinds, levels, texts and page numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.extraction.made_files import PROSE, WORD, make_docx, make_pdf, make_pptx, par, raw_docx, run

from clara.extraction.docx import read_docx
from clara.extraction.pdf import read_pdf
from clara.extraction.pptx import read_pptx
from clara.extraction.prose import choose_title, paragraphs_from_lines
from clara.schema import Block, Document, Page

Found = list[tuple[str, int | None, str]]
SPECS = "| Spec | Value |\n| --- | --- |\n"


def blocks(document: Document) -> list[Found]:
    assert [page.number for page in document.pages] == list(range(1, len(document.pages) + 1))
    return [[(block.kind, block.level, block.text) for block in page.blocks] for page in document.pages]


def read_raw(path: Path) -> list[Found]:
    return blocks(read_docx(path.read_bytes(), document_id=path.name))


def test_docx_gives_headings_lists_tables_and_pages(tmp_path: Path) -> None:
    document = read_docx(make_docx(tmp_path / "a.docx").read_bytes(), document_id="a.docx")
    assert document.title == "Aurora Pump"
    assert blocks(document) == [
        [
            ("heading", 1, "Aurora Pump"),
            ("heading", 1, "Overview"),
            ("paragraph", None, "It moves 40 litres."),
            ("list_item", 1, "bronze housing"),
            ("list_item", 2, "two valves"),
            ("table", None, SPECS + "| Weight\\|net | 12 kg |"),
        ],
        [("heading", 2, "Service"), ("paragraph", None, "Every 1,200 hours.")],
    ]


def test_pptx_gives_titles_lists_tables_charts_groups_and_notes(tmp_path: Path) -> None:
    document = read_pptx(make_pptx(tmp_path / "a.pptx").read_bytes(), document_id="a.pptx")
    assert document.title == "Aurora Pump"
    assert blocks(document) == [
        [
            ("heading", 1, "Aurora Pump"),
            ("list_item", 1, "bronze housing"),
            ("list_item", 2, "two valves"),
            ("note", None, "Say that it needs no oil."),
        ],
        [
            ("heading", 1, "Numbers"),
            ("table", None, SPECS + "| Weight | 12 kg |"),
            ("table", None, "|  | Sold |\n| --- | --- |\n| 1998 | 7 |\n| 1999 | 11 |"),
            ("paragraph", None, "made in Malmo"),
        ],
    ]


def test_pdf_gives_headings_whole_paragraphs_lists_tables_and_pages(tmp_path: Path) -> None:
    document = read_pdf(make_pdf(tmp_path / "a.pdf").read_bytes(), document_id="a.pdf")
    assert document.title == "Aurora Pump"
    assert document.metadata is None  # no page fell back to plain text
    assert blocks(document) == [
        [
            ("heading", 1, "Aurora Pump"),  # liteparse alone makes one heading of these two
            ("heading", 1, "Overview"),
            ("paragraph", None, PROSE.strip()),
            ("list_item", 1, "bronze housing"),
            ("list_item", 1, "two valves"),
            ("table", None, SPECS + "| Weight | 12 kg |"),
        ],
        [
            ("heading", 2, "Service"),
            ("paragraph", None, "It is due every 1,200 hours."),
            ("table", None, "| Part | Price |\n| --- | --- |\n| Valve | 30 euros |\n| Seal | 4 euros |"),  # no rules
        ],
    ]


def test_a_page_that_layout_reading_spoils_is_the_reference_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clara.extraction import pdf

    complete = pdf.layout_blocks
    monkeypatch.setattr(pdf, "layout_blocks", lambda page: complete(page)[1:] if page.page_num == 2 else complete(page))
    document = read_pdf(make_pdf(tmp_path / "a.pdf").read_bytes(), document_id="a.pdf")
    assert document.metadata == {"plain_pages": [2]}
    assert document.pages[0].blocks[0].kind == "heading"
    assert "Service" in document.pages[1].text
    assert "It is due every 1,200 hours." in document.pages[1].text


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        (f"<w:sdt><w:sdtPr/><w:sdtContent>{par(run('control'))}</w:sdtContent></w:sdt>", ["control"]),
        (par("<w:ins>" + run("in") + "</w:ins><w:del><w:r><w:delText>out</w:delText></w:r></w:del>"), ["in"]),
        (par("<w:moveFrom>" + run("old") + "</w:moveFrom>", "<w:moveTo>" + run("new") + "</w:moveTo>"), ["new"]),
        (
            par("<w:smartTag>" + run("Malmo") + "</w:smartTag><w:hyperlink>" + run(" link") + "</w:hyperlink>"),
            ["Malmo link"],
        ),
        (par("<w:fldSimple>" + run("field") + "</w:fldSimple><w:r><w:instrText>PAGE</w:instrText></w:r>"), ["field"]),
        (
            par("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t></w:r>"),
            ["a b c-d"],
        ),
        (par("<m:oMath><m:r><m:t>x=1</m:t></m:r></m:oMath>"), ["x=1"]),
        (par("<x:unheard><x:of>" + run("kept") + "</x:of></x:unheard>"), ["kept"]),
        (
            par(
                run("anchor"),
                "<w:r><mc:AlternateContent><mc:Choice><wps:txbx><w:txbxContent>" + par(run("box")) + "</w:txbxContent>"
                "</wps:txbx></mc:Choice><mc:Fallback><v:textbox><w:txbxContent>"
                + par(run("box"))
                + "</w:txbxContent></v:textbox></mc:Fallback></mc:AlternateContent></w:r>",
            ),
            ["anchor", "box"],
        ),
        (f"<w:tbl><w:tr><w:tc>{par(run('frame'))}{par(run('of text'))}</w:tc></w:tr></w:tbl>", ["frame", "of text"]),
    ],
)
def test_docx_text_is_found_wherever_word_puts_it(tmp_path: Path, body: str, texts: list[str]) -> None:
    (found,) = read_raw(raw_docx(tmp_path / "a.docx", body))
    assert [text for _, _, text in found] == texts


def test_docx_merged_and_nested_cells_keep_their_columns_and_hostile_spans_are_clamped(tmp_path: Path) -> None:
    def cell(text: str, properties: str = "") -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{text}</w:tc>"

    nested = f"<w:tbl><w:tr>{cell(par(run('in')))}{cell(par(run('side')))}</w:tr></w:tbl>"
    rows = [
        cell(par(run("wide")), '<w:gridSpan w:val="2"/>') + cell(par(run("c"))),
        cell(par(run("tall")), '<w:vMerge w:val="restart"/>') + cell(par(run("b"))) + cell(nested),
        cell(par(run("tall")), "<w:vMerge/>") + cell(par(run("b2"))) + cell(par(run("c2"))),
    ]
    path = raw_docx(tmp_path / "a.docx", "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>")
    [[(kind, _, text)]] = read_raw(path)
    assert kind == "table"
    assert text == "| wide |  | c |\n| --- | --- | --- |\n| tall | b | in side |\n|  | b2 | c2 |"
    hostile = cell(par(run("a")), '<w:gridSpan w:val="100000000"/>') + cell(par(run("b")))
    [[(_, _, text)]] = read_raw(raw_docx(tmp_path / "b.docx", f"<w:tbl><w:tr>{hostile}</w:tr></w:tbl>"))
    assert "a" in text
    assert "b" in text
    assert len(text) < 1000


def test_docx_pages_follow_the_breaks_word_remembers_without_counting_one_twice(tmp_path: Path) -> None:
    remembered = "<w:r><w:lastRenderedPageBreak/></w:r>"
    explicit = '<w:r><w:br w:type="page"/></w:r>'
    body = (
        par(remembered, run("one")),  # at the very start: no page before it
        par(explicit),
        par(remembered, run("two")),  # the same break, remembered
        par(run("still two, "), remembered, run("to its end")),
        par(run("three")),
        par(explicit, explicit, run("five")),  # an empty page in between is a page
    )
    found = read_raw(raw_docx(tmp_path / "a.docx", "".join(body)))
    texts = [[text for _, _, text in page] for page in found]
    assert texts == [["one"], ["two", "still two, to its end"], ["three"], [], ["five"]]


def test_docx_footnotes_stand_at_the_end_of_their_page(tmp_path: Path) -> None:
    notes = f'<w:footnotes xmlns:w="{WORD}"><w:footnote w:id="2">{par(run("Since 1998."))}</w:footnote></w:footnotes>'
    body = par(run("sold"), '<w:r><w:footnoteReference w:id="2"/></w:r>') + par(run("more"))
    (found,) = read_raw(raw_docx(tmp_path / "a.docx", body, parts={"word/footnotes.xml": notes}))
    assert [text for _, _, text in found] == ["sold", "more", "Since 1998."]


def test_plain_pdf_text_becomes_paragraphs_again() -> None:
    text = (
        "The new machine is a very effi\ufffe\r\ncient device of the well-known and well-liked Z-\r\n"
        "Series, \ufb01rst sold in 1998.\r\n"
        "It is made in Malmo.\r\n• one \ufb02ask\r\n• two\r\n\r\nEnd"
    )
    assert [(block.kind, block.text) for block in paragraphs_from_lines(text)] == [
        (
            "paragraph",
            "The new machine is a very efficient device of the well-known and well-liked Z-Series, first sold in 1998.",
        ),
        ("paragraph", "It is made in Malmo."),
        ("list_item", "one flask"),
        ("list_item", "two"),
        ("paragraph", "End"),
    ]


@pytest.mark.parametrize(
    ("metadata", "heading", "title"),
    [
        ("Aurora Pump", "Aurora Pump 3000", "Aurora Pump"),  # the page shows it
        ("Company Template", "Aurora Pump", "Aurora Pump"),  # left over from a template
        ("Microsoft Word - x.doc", "", "aurora"),
        ("Data Sheet", "", "Data Sheet"),
        ("untitled", "", "aurora"),
    ],
)
def test_the_title_is_what_a_reader_would_say(metadata: str, heading: str, title: str) -> None:
    first = Block(kind="heading", text=heading, level=1) if heading else Block(kind="paragraph", text="text")
    assert choose_title("sheets/aurora.pdf", [Page(number=1, blocks=[first])], metadata_title=metadata) == title
