"""HTML, Markdown, TXT, CSV and XLSX: exact blocks of files as people and programs write them."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path

import pytest

from clara.errors import ExtractionError
from clara.extraction import extract_folder
from clara.extraction.delimited import read_delimited
from clara.extraction.encoding import decode_text
from clara.extraction.html import read_html
from clara.extraction.markdown import read_markdown
from clara.extraction.txt import read_txt
from clara.extraction.worker import read_document
from clara.extraction.xlsx import read_xlsx
from clara.schema import Document

PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>Aurora Pump | Nordlicht</title>
<style>p { color: red }</style><script>var secret = "gone";</script></head><body>
<a href="#x">Skip to gone</a><nav><ul><li><a href="/">gone: home</a></li></ul></nav>
<h1>Aurora&nbsp;Pump</h1>
<p>It moves <b>40</b> litres<br>a <a href="http://192.0.2.1/x">min<wbr>ute</a>. H<sub>2</sub>O only.<!-- gone --></p>
<a href="#"><div>A block inside a link</div></a>
<ol><li>first<ul><li>below <i>first</i></li></ul></li><li><p>second</p><p>more of second</p></li></ol>
<dl><dt>Weight<dd>12 kg<dt>Colour<dd>teal<dd>or grey</dl>
<pre>def pump():
    return 40
</pre>
<table><caption>Prices</caption>
<thead><tr><th rowspan=2>Model<th colspan=2>Price|net</tr><tr><th>2023<th>2024</tr></thead>
<tr><td>A1<td>10<td>11<tr><td rowspan=99999999>B2<td>20<td><ul><li>21<li>or 22</ul></table>
<table role="presentation"><tr><td><p>in a frame</p></td><td>beside it</td></tr></table>
<img src="file:///etc/passwd" alt="The pump from above"><p hidden>gone</p><p style="display: none">gone</p>
<select><option>gone</select><noscript>gone</noscript><p>unclosed
<h2>Service"""


def found(document: Document) -> list[tuple[str, int | None, str]]:
    return [(block.kind, block.level, block.text) for page in document.pages for block in page.blocks]


def test_html_gives_headings_nested_lists_definitions_tables_and_code_and_no_furniture() -> None:
    document = read_html(PAGE.encode(), document_id="a.html")
    assert document.title == "Aurora Pump"
    assert found(document) == [
        ("heading", 1, "Aurora Pump"),
        ("paragraph", None, "It moves 40 litres a minute. H2O only."),
        ("paragraph", None, "A block inside a link"),
        ("list_item", 1, "first"),
        ("list_item", 2, "below first"),
        ("list_item", 1, "second"),
        ("paragraph", None, "more of second"),
        ("list_item", 1, "Weight: 12 kg"),
        ("list_item", 1, "Colour: teal"),
        ("list_item", 2, "or grey"),
        ("paragraph", None, "def pump():\n    return 40"),
        ("paragraph", None, "Prices"),
        (
            "table",
            None,
            "| Model | Price\\|net | Price\\|net |\n| --- | --- | --- |\n| Model | 2023 | 2024 |\n"
            "| A1 | 10 | 11 |\n| B2 | 20 | 21 or 22 |",
        ),
        ("paragraph", None, "in a frame"),
        ("paragraph", None, "beside it"),
        ("image", None, "The pump from above"),
        ("paragraph", None, "unclosed"),
        ("heading", 2, "Service"),
    ]


def write_xlsx(path: Path, sheet: str, *, prolog: str = "") -> None:
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        book = f'<workbook {space} xmlns:r="{kind}"><sheets><sheet name="S" r:id="r1"/></sheets></workbook>'
        archive.writestr("xl/workbook.xml", book)
        link = f'<Relationship Id="r1" Type="{kind}/worksheet" Target="worksheets/s.xml"/>'
        archive.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{link}</Relationships>")
        archive.writestr("xl/worksheets/s.xml", f"{prolog}<worksheet {space}>{sheet}</worksheet>")


def test_hostile_texts_and_workbooks_are_read_or_refused_quickly_and_nothing_outside_is_touched(tmp_path: Path) -> None:
    """A canary beside the files never shows; spans, places and depths that ask for the moon get what is there."""
    folder = tmp_path / "docs"
    folder.mkdir()
    canary = tmp_path / "canary"
    canary.write_text("canarytoken")
    entity = f'<!DOCTYPE d [<!ENTITY e SYSTEM "file://{canary}">]>'
    corner = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    diagonal = "".join(f'<row r="{n}"><c r="{"ABCDEFGHIJ"[n % 10]}{n}"><v>{n}</v></c></row>' for n in range(1, 3000))
    merged = '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    write_xlsx(folder / "far.xlsx", f"<sheetData>{corner}</sheetData>{merged}")
    write_xlsx(folder / "diagonal.xlsx", f"<sheetData>{diagonal}</sheetData>")
    text = '<sheetData><row><c t="inlineStr"><is><t>seen &e;</t></is></c><c t="s"><v>-1</v></c></row></sheetData>'
    write_xlsx(folder / "entity.xlsx", text, prolog=entity)
    (folder / "entity.html").write_text(
        f'{entity}<p>seen &e;<iframe src="file://{canary}"></iframe><img src="{canary}">'
    )
    (folder / "spans.html").write_text("<table>" + "<tr><td colspan=99999999 rowspan=99999999>a<td>b" * 50 + "</table>")
    (folder / "deep.html").write_text("<div>" * 5000 + "deep")
    (folder / "brackets.md").write_text("[" * 2000 + "x")
    (folder / "line.txt").write_text("a-\n" * 20_000)
    (folder / "quote.csv").write_text('a,b\n"' + "x\n" * 600_000)
    (folder / "really-a.txt").write_bytes(make_xlsx(tmp_path / "a.xlsx").read_bytes())
    report = extract_folder(folder, tmp_path / "raw.jsonl", workers=1, timeout_seconds=30)
    assert {file.file: file.reason for file in report.files if file.verdict != "ok"} == {
        "deep.html": "corrupt",
        "quote.csv": "corrupt",
    }
    written = (tmp_path / "raw.jsonl").read_text()
    assert "canarytoken" not in written
    assert written.count("seen") == 2
    assert sum(file.seconds for file in report.files) < 20


def test_html_that_is_all_navigation_is_still_read() -> None:
    assert found(read_html(b"<nav><p>Only this</p></nav>", document_id="a.html")) == [("paragraph", None, "Only this")]


def test_markdown_gives_the_same_blocks_and_its_front_matter_the_title() -> None:
    text = (
        "---\ntitle: 'Aurora Pump'\ntags: [gone]\n---\n\n# Aurora *Pump*\n\nIt moves `40` litres\na [minute](http://x/y).\n\n"
        "1. first\n   - below first\n2. second\n\n   more of second\n\nSetext\n------\n\n"
        "| Spec | Value |\n| :--- | ---: |\n| Weight\\|net | **12** kg |\n\n"
        "```python\ndef pump():\n    return 40\n```\n\n![Seen from above](pump.png)\n\n"
        "<table><tr><th>A<th>B<tr><td>1<td>2</table>\n"
    )
    document = read_markdown(text.encode(), document_id="a.md")
    assert document.title == "Aurora Pump"
    assert found(document) == [
        ("heading", 1, "Aurora Pump"),
        ("paragraph", None, "It moves 40 litres a minute."),
        ("list_item", 1, "first"),
        ("list_item", 2, "below first"),
        ("list_item", 1, "second"),
        ("paragraph", None, "more of second"),
        ("heading", 2, "Setext"),
        ("table", None, "| Spec | Value |\n| --- | --- |\n| Weight\\|net | 12 kg |"),
        ("paragraph", None, "def pump():\n    return 40"),
        ("image", None, "Seen from above"),
        ("table", None, "| A | B |\n| --- | --- |\n| 1 | 2 |"),
    ]


def test_txt_joins_wrapped_lines_and_turns_the_page_at_a_form_feed() -> None:
    text = "The pump moves forty litres of\nwater a minute and needs no\noil.\n\n"
    with_bullet = text + "• bronze housing is standard\n\fSecond page.\n"
    document = read_txt(with_bullet.encode("cp1252"), document_id="notes/a.txt")
    assert [[block.text for block in page.blocks] for page in document.pages] == [
        ["The pump moves forty litres of water a minute and needs no oil.", "bronze housing is standard"],
        ["Second page."],
    ]
    assert document.metadata == {"encoding": "cp1252"}
    assert document.title == "a"
    unwrapped = "One paragraph. " * 20 + "\n" + "another line, in lower case " * 10
    assert len(read_txt(unwrapped.encode(), document_id="a.txt").pages[0].blocks) == 2


ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "cp1252", "shift_jis")
ENCODINGS += ("gb18030", "koi8-r", "big5", "euc-kr")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_text_is_read_in_whatever_encoding_it_is(encoding: str) -> None:
    text = {
        "shift_jis": "ポンプは毎分四十リットルの水を運び、油を必要としません。冬でも動きます。" * 3,
        "gb18030": "这台水泵每分钟输送四十升水，冬天也不需要机油。它由马尔默的工厂制造。" * 3,
        "big5": "這台水泵每分鐘輸送四十升水，冬天也不需要機油。它由馬爾默的工廠製造。" * 3,
        "koi8-r": "Насос перекачивает сорок литров воды в минуту и не требует масла даже зимой. " * 3,
        "euc-kr": "이 펌프는 분당 사십 리터의 물을 나르며 겨울에도 기름이 필요하지 않습니다. " * 3,
    }.get(encoding, "Das Gerät fördert 40 Liter für 30 €. ‘So’, sagte André, “geht’s”. " * 3)
    assert decode_text(text.encode(encoding))[0] == text


@pytest.mark.parametrize("data", [bytes(range(256)) * 20, b"\x7fELF\x02\x01\x01" + bytes(500) + b"\xff\xfe\xfd" * 100])
def test_bytes_that_are_no_text_are_refused_and_not_read_as_letters(tmp_path: Path, data: bytes) -> None:
    for name in ("a.txt", "a.md", "a.html", "a.csv"):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ExtractionError) as failure:
            read_document(tmp_path / name, document_id=name)
        assert failure.value.reason == "corrupt"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", 'Spec,Value\r\n"Weight|net","12 kg, dry"\r\n\r\nNote,"two\nlines"\r\n'),
        ("a.csv", 'Spec;Value\nWeight|net;12 kg, dry\nNote;"two\nlines"\n'),
        ("a.tsv", "Spec\tValue\nWeight|net\t12 kg, dry\nNote\ttwo lines\n"),
        ("a.csv", "sep=#\nSpec#Value\nWeight|net#12 kg, dry\nNote#two lines\n"),
    ],
)
def test_csv_finds_its_delimiter(name: str, text: str) -> None:
    (block,) = found(read_delimited(text.encode(), document_id=name))
    assert block[2] == "| Spec | Value |\n| --- | --- |\n| Weight\\|net | 12 kg, dry |\n| Note | two lines |"


def test_a_table_too_big_for_a_page_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from clara.extraction import delimited

    monkeypatch.setattr(delimited, "MAX_CELLS", 10)
    document = read_delimited(b"a,b\n" * 9, document_id="a.csv")
    assert document.metadata == {"left_out": ["4 rows after row 5"]}
    assert document.pages[0].text.count("\n") == 5


def make_xlsx(path: Path) -> Path:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path))
    day, share = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "0.0%"})
    sheet = book.add_worksheet("Prices")
    sheet.write("B2", "Price list")
    for row, cells in enumerate([("Model", "Since", "Share", "Price|net"), ("A1", None, 0.125, 0.1 + 0.2)], start=3):
        for column, value in enumerate(cells, start=1):
            sheet.write(row, column, value, share if value == 0.125 else None)
    sheet.write_datetime("C5", datetime.datetime(2023, 12, 31), day)
    sheet.merge_range("B6:B7", "B2")
    sheet.write("E6", 20)
    sheet.write_formula("E7", "=E6+1", value=21)
    sheet.write("B10", "Part")
    sheet.write("C10", "In stock")
    sheet.write("B11", "Valve")
    sheet.write_boolean("C11", True)
    sheet.write_comment("C11", "counted in May")
    hidden = book.add_worksheet("Sheet2")
    hidden.hide()
    hidden.write("A1", "hidden text")
    chart = book.add_chart({"type": "column"})
    chart.set_title({"name": "Sales by year"})
    chart.add_series({"name": "Sold", "categories": "=Prices!$B$4:$B$5", "values": "=Prices!$E$6:$E$7"})
    sheet.insert_chart("H2", chart)
    book.add_worksheet("Empty")
    book.close()
    return path


def test_xlsx_gives_a_page_per_sheet_and_each_table_by_itself(tmp_path: Path) -> None:
    document = read_xlsx(make_xlsx(tmp_path / "a.xlsx").read_bytes(), document_id="a.xlsx")
    pages = [[(block.kind, block.text) for block in page.blocks] for page in document.pages]
    assert pages == [
        [
            ("heading", "Prices"),
            ("paragraph", "Price list"),
            (
                "table",
                "| Model | Since | Share | Price\\|net |\n| --- | --- | --- | --- |\n"
                "| A1 | 2023-12-31 | 12.5% | 0.3 |\n| B2 |  |  | 20 |\n| B2 |  |  | 21 |",
            ),
            ("table", "| Part | In stock |\n| --- | --- |\n| Valve | TRUE |"),
            ("paragraph", "Sales by year"),
            ("note", "C11: counted in May"),
        ],
        [("paragraph", "hidden text")],
        [],
    ]
    assert document.metadata is None


def test_a_workbook_too_big_is_cut_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from clara.extraction import xlsx

    monkeypatch.setattr(xlsx, "MAX_CELLS", 3)
    document = read_xlsx(make_xlsx(tmp_path / "a.xlsx").read_bytes(), document_id="a.xlsx")
    assert document.metadata is not None
    assert "13 cells of sheet 'Prices'" in document.metadata["left_out"][0]
