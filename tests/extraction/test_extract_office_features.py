"""One file with one of each thing Office can put text into: every token comes out, once, in reading order."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from tests.extraction.made_files import WORD, par, run

from clara.extraction import extract_folder
from clara.extraction.docx import read_docx
from clara.extraction.images import ImageFolder
from clara.extraction.pptx import read_pptx
from clara.schema import Document

MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT = {
    WORD: "http://purl.oclc.org/ooxml/wordprocessingml/main",
    MATH: "http://purl.oclc.org/ooxml/officeDocument/math",
    DRAWING: "http://purl.oclc.org/ooxml/drawingml/main",
    CHART: "http://purl.oclc.org/ooxml/drawingml/chart",
    DIAGRAM: "http://purl.oclc.org/ooxml/drawingml/diagram",
    RELATIONS: "http://purl.oclc.org/ooxml/officeDocument/relationships",
    "http://schemas.openxmlformats.org/presentationml/2006/main": "http://purl.oclc.org/ooxml/presentationml/main",
}
NAMESPACES = (
    f'xmlns:w="{WORD}" xmlns:m="{MATH}" xmlns:a="{DRAWING}" xmlns:c="{CHART}" xmlns:dgm="{DIAGRAM}" '
    f'xmlns:r="{RELATIONS}" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main"'
)


def styled(style: str, *runs: str, more: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{more}</w:pPr>{"".join(runs)}</w:p>'


def item(text: str, level: int) -> str:
    return f'<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr></w:pPr>{run(text)}</w:p>'


def cell(*paragraphs: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{''.join(paragraphs)}</w:tc>"


def row(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def math(inner: str) -> str:
    return f"<m:oMath>{inner}</m:oMath>"


def sign(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


def text_box(text: str, fallback: str) -> str:
    content = f"<w:txbxContent>{par(run(text))}</w:txbxContent>"
    return (
        f"<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx>{content}</wps:txbx></w:drawing>"
        f"</mc:Choice><mc:Fallback><w:pict><v:textbox>{content.replace(text, fallback)}</v:textbox></w:pict>"
        "</mc:Fallback></mc:AlternateContent></w:r>"
    )


def chart_part() -> str:
    def points(kind: str, values: tuple[str, ...]) -> str:
        cached = "".join(f'<c:pt idx="{index}"><c:v>{value}</c:v></c:pt>' for index, value in enumerate(values))
        return f"<c:{kind}Ref><c:{kind}Cache>{cached}</c:{kind}Cache></c:{kind}Ref>"

    title = "<c:title><c:tx><c:rich><a:p><a:r><a:t>charttitle</a:t></a:r></a:p></c:rich></c:tx></c:title>"
    series = (
        f"<c:ser><c:tx>{points('str', ('chartseries',))}</c:tx><c:cat>{points('str', ('chartcategory', 'chartlast'))}"
        f"</c:cat><c:val>{points('num', ('4711', '4712'))}</c:val></c:ser>"
    )
    return f"<c:chartSpace {NAMESPACES}><c:chart>{title}<c:plotArea>{series}</c:plotArea></c:chart></c:chartSpace>"


def diagram_part() -> str:
    def point(model_id: str, text: str) -> str:
        return f'<dgm:pt modelId="{model_id}"><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>'

    points = '<dgm:pt modelId="0" type="doc"/>' + point("3", "smartsecond") + point("2", "smartchild")
    points += point("1", "smartfirst")
    links = (("0", "1", 0), ("0", "3", 1), ("1", "2", 0))
    connections = "".join(
        f'<dgm:cxn modelId="{source}{to}" srcId="{source}" destId="{to}" srcOrd="{place}"/>'
        for source, to, place in links
    )
    lists = f"<dgm:ptLst>{points}</dgm:ptLst><dgm:cxnLst>{connections}</dgm:cxnLst>"
    return f"<dgm:dataModel {NAMESPACES}>{lists}</dgm:dataModel>"


def picture(size: int = 80) -> bytes:
    from io import BytesIO

    from PIL import Image

    stream = BytesIO()
    Image.new("RGB", (size, size), "teal").save(stream, "PNG")
    return stream.getvalue()


def relations(*entries: tuple[str, str, str]) -> str:
    each = "".join(f'<Relationship Id="{i}" Type="{RELATIONS}/{kind}" Target="{to}"/>' for i, kind, to in entries)
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{each}</Relationships>'


def write(path: Path, parts: dict[str, str | bytes], *, strict: bool) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            if strict and isinstance(content, str):
                for ours, other in STRICT.items():
                    content = content.replace(ours, other)
            archive.writestr(name, content)
    return path


def feature_docx(path: Path, *, strict: bool = False) -> Path:
    def drawn(inner: str, alt: str = "") -> str:
        return (
            f'<w:r><w:drawing><wp:inline><wp:docPr id="1" name="n" descr="{alt}"/>{inner}</wp:inline></w:drawing></w:r>'
        )

    nested = "<w:tbl>" + row(cell(par(run("nestedone"))), cell(par(run("nestedtwo"))))
    nested += row(cell(par(run("nestedthree"))), cell(par(run("nestedfour")))) + "</w:tbl>"
    table = (
        row(cell(par(run("headone")), properties='<w:gridSpan w:val="2"/>'), cell(par(run("head|pipe"))))
        + row(cell(par(run("tall")), properties='<w:vMerge w:val="restart"/>'), cell(par(run("b"), "")), cell(nested))
        + row(cell(par(), properties="<w:vMerge/>"), cell(par(run("below"))), cell(par(run("boxcell"))))
        + row(cell(par(run("gonerow"))), cell(par()), cell(par()), properties="<w:del/>")
    )
    fraction = f"<m:f><m:num>{sign('numer+1')}</m:num><m:den>{sign('denom')}</m:den></m:f>"
    power = f"<m:sSup><m:e>{sign('base')}</m:e><m:sup>{sign('power')}</m:sup></m:sSup>"
    body = [
        styled("Title", run("doctitle")),
        styled("Ours", run("headparent")),
        styled("Heading2", run("headtwo")),
        '<w:p><w:pPr><w:outlineLvl w:val="2"/></w:pPr>' + run("headoutline") + "</w:p>",
        par(run("plain "), "<w:hyperlink r:id='rLink'>" + run("linked") + "</w:hyperlink>"),
        item("itemone", 0),
        item("itemtwo", 1),
        f"<w:sdt><w:sdtPr/><w:sdtContent>{par(run('control'))}</w:sdtContent></w:sdt>",
        par("<w:sdt><w:sdtContent>" + run("inlinecontrol") + "</w:sdtContent></w:sdt>"),
        par(
            "<w:ins>" + run("inserted ") + "</w:ins><w:del><w:r><w:delText>gonedeleted</w:delText></w:r></w:del>",
            "<w:moveFrom>" + run("gonemoved") + "</w:moveFrom><w:moveTo>" + run("movedhere ") + "</w:moveTo>",
            "<w:smartTag>" + run("smarttag ") + "</w:smartTag><w:customXml>" + run("customxml") + "</w:customXml>",
        ),
        par(
            "<w:fldSimple>" + run("simplefield ") + "</w:fldSimple><w:r><w:fldChar w:fldCharType='begin'/></w:r>"
            "<w:r><w:instrText>gonecode</w:instrText></w:r><w:r><w:fldChar w:fldCharType='separate'/></w:r>"
            + run("fieldresult")
        ),
        par(
            "<w:r><w:ruby><w:rt>"
            + run("goneprompt")
            + "</w:rt><w:rubyBase>"
            + run("ruby")
            + "</w:rubyBase></w:ruby></w:r>"
        ),
        par(run("equation "), math(fraction + sign("=") + power)),
        "<m:oMathPara>" + math(f"<m:rad><m:deg/><m:e>{sign('radicand')}</m:e></m:rad>") + "</m:oMathPara>",
        '<w:p><w:pPr><w:framePr w:dropCap="drop"/></w:pPr>' + run("Drop") + "</w:p>" + par(run("cap")),
        par(run("anchor"), text_box("boxed", "gonefallback")),
        "<w:tbl>" + table + "</w:tbl>",
        par(drawn('<c:chart r:id="rChart"/>')),
        par(drawn('<dgm:relIds r:dm="rData"/>')),
        par(drawn('<pic:pic><pic:blipFill><a:blip r:embed="rPic"/></pic:blipFill></pic:pic>', "alternative text")),
        par(
            run("noted"),
            '<w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:endnoteReference w:id="2"/></w:r>',
            '<w:r><w:commentReference w:id="0"/></w:r>',
        ),
        '<w:altChunk r:id="rChunk"/>',
        '<w:p><w:r><w:br w:type="page"/></w:r>' + run("nextpage") + "</w:p>",
    ]
    style = '<w:style w:type="paragraph" w:styleId="{0}"><w:name w:val="{1}"/>{2}</w:style>'
    styles = style.format("Title", "Title", "") + style.format("Heading2", "heading 2", "")
    styles += style.format("Ours", "House", '<w:basedOn w:val="Heading1"/>') + style.format("Heading1", "heading 1", "")

    def notes(kind: str, number: int, *texts: str) -> str:
        inner = f'<w:{kind} w:id="{number}">{"".join(par(run(text)) for text in texts)}</w:{kind}>'
        return f"<w:{kind}s {NAMESPACES}>{inner}</w:{kind}s>"

    return write(
        path,
        {
            "_rels/.rels": relations(("r1", "officeDocument", "word/document.xml")),
            "word/document.xml": f"<w:document {NAMESPACES}><w:body>{''.join(body)}</w:body></w:document>",
            "word/_rels/document.xml.rels": relations(
                ("rS", "styles", "styles.xml"),
                ("rF", "footnotes", "footnotes.xml"),
                ("rE", "endnotes", "endnotes.xml"),
                ("rC", "comments", "comments.xml"),
                ("rH", "header", "header1.xml"),
                ("rChart", "chart", "charts/chart1.xml"),
                ("rData", "diagramData", "diagrams/data1.xml"),
                ("rPic", "image", "media/image1.png"),
                ("rChunk", "aFChunk", "chunk.html"),
            ),
            "word/styles.xml": f"<w:styles {NAMESPACES}>{styles}</w:styles>",
            "word/footnotes.xml": notes("footnote", 2, "footnote", "footsecond"),
            "word/endnotes.xml": notes("endnote", 2, "endnote"),
            "word/comments.xml": notes("comment", 0, "comment"),
            "word/header1.xml": f"<w:hdr {NAMESPACES}>{par(run('running'))}</w:hdr>",
            "word/charts/chart1.xml": chart_part(),
            "word/diagrams/data1.xml": diagram_part(),
            "word/media/image1.png": picture(),
            "word/chunk.html": "<html><body><p>chunked</p></body></html>",
        },
        strict=strict,
    )


def paragraph(text: str, properties: str = "") -> str:
    return f"<a:p>{properties}<a:r><a:t>{text}</a:t></a:r></a:p>"


def shape(content: str, placeholder: str = "") -> str:
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="n"/><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr><p:spPr/>'
        f"<p:txBody>{content}</p:txBody></p:sp>"
    )


def slide(kind: str, inner: str, attributes: str = "") -> str:
    return f"<p:{kind} {NAMESPACES} {attributes}><p:cSld><p:spTree>{inner}</p:spTree></p:cSld></p:{kind}>"


def feature_pptx(path: Path, *, strict: bool = False) -> Path:
    def frame(inner: str) -> str:
        return f"<p:graphicFrame><a:graphic><a:graphicData>{inner}</a:graphicData></a:graphic></p:graphicFrame>"

    def table_row(*cells: str) -> str:
        return f"<a:tr>{''.join(cells)}</a:tr>"

    def table_cell(text: str, attributes: str = "") -> str:
        return f"<a:tc {attributes}><a:txBody>{paragraph(text)}</a:txBody></a:tc>"

    table = table_row(table_cell("wide", 'gridSpan="2"'), table_cell("gonecovered", 'hMerge="1"'), table_cell("th"))
    table += table_row(table_cell("pipe|cell"), table_cell("middle"), table_cell("right"))
    fraction = math(f"<m:f><m:num>{sign('top')}</m:num><m:den>{sign('bottom')}</m:den></m:f>")
    equation = (
        f"<a:p><a:r><a:t>solve </a:t></a:r><mc:AlternateContent><mc:Choice Requires='a14'><a14:m>"
        f"{fraction}</a14:m></mc:Choice>"
        "<mc:Fallback><a:r><a:t>gonefallback</a:t></a:r></mc:Fallback></mc:AlternateContent></a:p>"
    )
    first = (
        shape(paragraph("goneprompt"), '<p:ph type="sldNum"/>')
        + shape(paragraph("slidetitle"), '<p:ph type="title"/>')
        + shape(paragraph("itemone") + paragraph("itemtwo", '<a:pPr lvl="1"/>'), '<p:ph idx="1"/>')
        + shape(paragraph("loose") + '<a:p><a:fld type="datetime1"><a:t>fieldtext</a:t></a:fld></a:p>' + equation)
        + f"<p:grpSp><p:grpSp>{shape(paragraph('grouped'))}</p:grpSp></p:grpSp>"
        + f"<mc:AlternateContent><mc:Choice Requires='x'>{shape(paragraph('chosen'))}</mc:Choice>"
        + f"<mc:Fallback>{shape(paragraph('gonefallback'))}</mc:Fallback></mc:AlternateContent>"
        + frame(f"<a:tbl>{table}</a:tbl>")
        + frame('<c:chart r:id="rChart"/>')
        + frame('<dgm:relIds r:dm="rData"/>')
        + '<p:pic><p:nvPicPr><p:cNvPr id="3" name="n" descr="alternative text"/></p:nvPicPr>'
        '<p:blipFill><a:blip r:embed="rPic"/></p:blipFill></p:pic>'
        + '<p:pic><p:nvPicPr><p:cNvPr id="4" name="n" descr="metafile"/></p:nvPicPr>'
        '<p:blipFill><a:blip r:embed="rEmf"/></p:blipFill></p:pic>'
    )
    comments = f"<p:cmLst {NAMESPACES}><p:cm><p:text>comment</p:text></p:cm></p:cmLst>"
    slides = '<p:sldIdLst><p:sldId id="256" r:id="rS9"/><p:sldId id="257" r:id="rS1"/></p:sldIdLst>'
    return write(
        path,
        {
            "_rels/.rels": relations(("r1", "officeDocument", "ppt/presentation.xml")),
            "ppt/presentation.xml": f"<p:presentation {NAMESPACES}>{slides}</p:presentation>",
            "ppt/_rels/presentation.xml.rels": relations(
                ("rS1", "slide", "slides/slide1.xml"), ("rS9", "slide", "slides/slide9.xml")
            ),
            "ppt/slides/slide9.xml": slide("sld", first),
            "ppt/slides/slide1.xml": slide("sld", shape(paragraph("hiddenslide")), 'show="0"'),
            "ppt/slides/_rels/slide9.xml.rels": relations(
                ("rN", "notesSlide", "../notesSlides/notesSlide1.xml"),
                ("rC", "comments", "../comments/comment1.xml"),
                ("rChart", "chart", "../charts/chart1.xml"),
                ("rData", "diagramData", "../diagrams/data1.xml"),
                ("rPic", "image", "../media/image1.png"),
                ("rEmf", "image", "../media/image2.emf"),
            ),
            "ppt/notesSlides/notesSlide1.xml": slide("notes", shape(paragraph("spoken"), '<p:ph type="body"/>')),
            "ppt/comments/comment1.xml": comments,
            "ppt/charts/chart1.xml": chart_part(),
            "ppt/diagrams/data1.xml": diagram_part(),
            "ppt/media/image1.png": picture(),
            "ppt/media/image2.emf": b"\x01\0\0\0" + bytes(36) + b" EMF" + bytes(40),
        },
        strict=strict,
    )


DOCX_TOKENS = (
    "doctitle headparent headtwo headoutline plain linked itemone itemtwo control inlinecontrol inserted movedhere "
    "smarttag customxml simplefield fieldresult ruby equation numer denom base power radicand Dropcap anchor boxed "
    "headone head pipe tall b below boxcell nestedone nestedtwo nestedthree nestedfour charttitle chartseries "
    "chartcategory 4711 chartlast 4712 smartfirst smartchild smartsecond alternative text noted chunked footnote "
    "footsecond endnote comment nextpage"
)
PPTX_TOKENS = (
    "slidetitle itemone itemtwo loose fieldtext solve top bottom grouped chosen wide th pipe cell middle right "
    "charttitle chartseries chartcategory 4711 chartlast 4712 smartfirst smartchild smartsecond "
    "alternative text metafile spoken comment hiddenslide"
)


def tokens(document: Document) -> list[str]:
    text = "\n".join(page.text for page in document.pages)
    return [word for word in re.findall(r"\w+", text) if not word.isdigit() or len(word) > 1]


@pytest.mark.parametrize("strict", [False, True])
def test_every_feature_of_a_docx_comes_out_once_in_reading_order(tmp_path: Path, strict: bool) -> None:
    images = ImageFolder(tmp_path / "images")
    data = feature_docx(tmp_path / "a.docm", strict=strict).read_bytes()
    document = read_docx(data, document_id="a.docm", images=images)
    assert tokens(document) == DOCX_TOKENS.split()
    assert document.metadata == {"headers": ["running"]}
    blocks = {block.text: block for page in document.pages for block in page.blocks}
    assert [(text, blocks[text].level) for text in blocks if blocks[text].kind == "heading"] == [
        ("doctitle", 1),
        ("headparent", 1),
        ("headtwo", 2),
        ("headoutline", 3),
    ]
    assert [(blocks[text].kind, blocks[text].level) for text in ("itemone", "itemtwo", "smartchild")] == [
        ("list_item", 1),
        ("list_item", 2),
        ("list_item", 2),
    ]
    assert "equation (numer+1)/denom=base^power" in blocks
    assert "√(radicand)" in blocks
    assert "|  | chartseries |\n| --- | --- |\n| chartcategory | 4711 |\n| chartlast | 4712 |" in blocks
    assert any(r"| headone |  | head\|pipe |" in text for text in blocks)
    assert blocks["comment"].kind == "note"
    assert (tmp_path / str(blocks["alternative text"].image)).read_bytes() == picture()


@pytest.mark.parametrize("strict", [False, True])
def test_every_feature_of_a_pptx_comes_out_once_in_reading_order(tmp_path: Path, strict: bool) -> None:
    images = ImageFolder(tmp_path / "images")
    data = feature_pptx(tmp_path / "a.potm", strict=strict).read_bytes()
    document = read_pptx(data, document_id="a.potm", images=images)
    assert tokens(document) == PPTX_TOKENS.split()
    assert [page.number for page in document.pages] == [1, 2]
    assert document.pages[1].text == "hiddenslide"
    blocks = {block.text: block for page in document.pages for block in page.blocks}
    assert blocks["slidetitle"].kind == "heading"
    assert (blocks["itemtwo"].kind, blocks["itemtwo"].level) == ("list_item", 2)
    assert "| wide |  | th |\n| --- | --- | --- |\n| pipe\\|cell | middle | right |" in blocks
    assert blocks["spoken"].kind == blocks["comment"].kind == "note"
    assert (tmp_path / str(blocks["alternative text"].image)).read_bytes() == picture()
    assert blocks["metafile"].image is None  # nothing here can draw it: its description stays, and it is counted
    assert document.metadata == {"images_skipped": {"vector_graphics": 1}}


@pytest.mark.parametrize("make", [feature_docx, feature_pptx])
def test_any_part_may_be_missing_or_damaged_and_the_rest_is_read(tmp_path: Path, make: object) -> None:
    whole = make(tmp_path / "whole.zip")  # type: ignore[operator]
    read = read_docx if make is feature_docx else read_pptx
    with zipfile.ZipFile(whole) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    optional = [
        name for name in parts if not name.endswith(("document.xml", "presentation.xml", "presentation.xml.rels"))
    ]
    assert len(optional) > 8
    for name in optional:
        if "slides/slide" in name:
            continue
        for content in (None, b"<broken", b"\x00\xff not XML"):
            others = {key: value for key, value in parts.items() if key != name}
            path = write(tmp_path / "part.zip", {**others, **({name: content} if content else {})}, strict=False)
            document = read(path.read_bytes(), document_id="part")
            assert len(tokens(document)) > 12, name
            if content and name.endswith(".xml"):
                assert document.metadata is not None, name
                assert f"{name} is damaged" in document.metadata["left_out"]


def test_headings_carry_the_numbers_that_word_counts(tmp_path: Path) -> None:
    level = '<w:lvl w:ilvl="{0}"><w:start w:val="1"/><w:numFmt w:val="{1}"/><w:lvlText w:val="{2}"/></w:lvl>'
    levels = level.format(0, "decimal", "%1.") + level.format(1, "lowerLetter", "%1.%2)")
    numbering = f'<w:abstractNum w:abstractNumId="7">{levels}</w:abstractNum>'
    numbering += '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'

    def heading(text: str, depth: int) -> str:
        number = f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="1"/></w:numPr>'
        return styled(f"heading {depth + 1}", run(text), more=number)

    body = heading("One", 0) + heading("Under", 1) + heading("Next", 1) + heading("Two", 0) + heading("Again", 1)
    parts: dict[str, str | bytes] = {
        "word/document.xml": f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>",
        "word/numbering.xml": f"<w:numbering {NAMESPACES}>{numbering}</w:numbering>",
    }
    path = write(tmp_path / "a.docx", parts, strict=False)
    document = read_docx(path.read_bytes(), document_id="a.docx")
    texts = [block.text for block in document.pages[0].blocks]
    assert texts == ["1 One", "1.a) Under", "1.b) Next", "2 Two", "2.a) Again"]


def test_what_was_left_out_of_a_document_is_in_the_report_of_every_run(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    bodies = "".join(f"<w:body>{par(run(text))}</w:body>" for text in ("first", "second"))
    document = f"<w:document {NAMESPACES}>{bodies}</w:document>"
    damaged: dict[str, str | bytes] = {"word/document.xml": document, "word/styles.xml": "<broken"}
    write(tmp_path / "docs" / "a.docx", damaged, strict=False)
    for _ in range(2):
        report = extract_folder(tmp_path / "docs", tmp_path / "raw.jsonl", workers=1)
        assert [(file.verdict, file.message) for file in report.files] == [("ok", "word/styles.xml is damaged")]
    assert report.files[0].reused
    assert "second" in (tmp_path / "raw.jsonl").read_text()
