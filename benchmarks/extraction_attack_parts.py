"""The pieces of hostile files: OOXML packages and their parts, PDF objects, PNG chunks, squeezed megabytes."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
MAIN_TYPES = {
    "docx": ("word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"),
    "pptx": (
        "ppt/presentation.xml",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
    ),
    "xlsx": ("xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"),
}


def archive(members: dict[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return buffer.getvalue()


def relations(*rows: tuple[str, str, str, bool]) -> str:
    """Rows are (id, type, target, external)."""
    mode = {True: "External", False: "Internal"}
    inner = "".join(
        f'<Relationship Id="{name}" Type="{R}/{kind}" Target="{target}" TargetMode="{mode[external]}"/>'
        for name, kind, target, external in rows
    )
    return f'<Relationships xmlns="{RELS}">{inner}</Relationships>'


def office(kind: str, members: dict[str, bytes | str]) -> bytes:
    """An OOXML package with the parts every reader looks for."""
    part, media_type = MAIN_TYPES[kind]
    types = (
        f'<Types xmlns="{TYPES}"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
        f'<Override PartName="/{part}" ContentType="{media_type}"/></Types>'
    )
    base: dict[str, bytes | str] = {
        "[Content_Types].xml": types,
        "_rels/.rels": relations(("rId1", "officeDocument", part, False)),
    }
    return archive({**base, **members})


def docx(body: str, *, prolog: str = "", **parts: bytes | str) -> bytes:
    xml = f'{prolog}<w:document xmlns:w="{W}" xmlns:r="{R}" xmlns:a="{A}"><w:body>{body}</w:body></w:document>'
    return office("docx", {"word/document.xml": xml, **_named(parts)})


def pptx(tree: str, *, prolog: str = "", **parts: bytes | str) -> bytes:
    slide = (
        f'{prolog}<p:sld xmlns:p="{P}" xmlns:a="{A}" xmlns:r="{R}"><p:cSld><p:spTree>{tree}</p:spTree></p:cSld></p:sld>'
    )
    show = (
        f'<p:presentation xmlns:p="{P}" xmlns:r="{R}"><p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst>'
        "</p:presentation>"
    )
    base: dict[str, bytes | str] = {
        "ppt/presentation.xml": show,
        "ppt/_rels/presentation.xml.rels": relations(("rId1", "slide", "slides/slide1.xml", False)),
        "ppt/slides/slide1.xml": slide,
    }
    return office("pptx", {**base, **_named(parts)})


def xlsx(rows: str, *, prolog: str = "", after: str = "", **parts: bytes | str) -> bytes:
    base: dict[str, bytes | str] = {
        "xl/workbook.xml": f'<workbook xmlns="{S}" xmlns:r="{R}"><sheets><sheet name="One" sheetId="1" r:id="rId1"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": relations(("rId1", "worksheet", "worksheets/sheet1.xml", False)),
        "xl/worksheets/sheet1.xml": f'{prolog}<worksheet xmlns="{S}"><sheetData>{rows}</sheetData>{after}</worksheet>',
    }
    return office("xlsx", {**base, **_named(parts)})


def _named(parts: dict[str, bytes | str]) -> dict[str, bytes | str]:
    """Keyword names to part names: word__x_xml is word/x.xml."""
    return {name.replace("__", "/").replace("_dot_", "."): content for name, content in parts.items()}


def par(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def shape(text: str) -> str:
    return f"<p:sp><p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"


def inline(text: str, place: str = "A1") -> str:
    return f'<row r="1"><c r="{place}" t="inlineStr"><is><t>{text}</t></is></c></row>'


def pdf(*objects: bytes, root: int = 1, trailer: bytes = b"", header: bytes = b"%PDF-1.7\n") -> bytes:
    """A PDF whose objects are numbered from 1, with a right cross-reference table."""
    out = bytearray(header)
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root %d 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, root, trailer, start)
    return bytes(out)


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<</Length %d%b>>\nstream\n%b\nendstream" % (len(data), extra, data)


def text_pdf(
    content: bytes | None = None, *, page: bytes = b"", catalog: bytes = b"", more: tuple[bytes, ...] = ()
) -> bytes:
    """One page; object 6 and on are `more`."""
    content = content if content is not None else stream(b"BT /F1 12 Tf 50 700 Td (The pump is ready today.) Tj ET")
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R%b>>" % catalog,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>"
        b"/XObject<</X 6 0 R/Y 7 0 R>>>>%b>>" % page,
        content,
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *more,
    )


def png(width: int, height: int, *, rows: bytes | None = None, chunks: bytes = b"") -> bytes:
    """A one-bit grey picture; without `rows` its data is left out."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = b"" if rows is None else chunk(b"IDAT", rows)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunks + data + chunk(b"IEND", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def deflated(pattern: bytes, megabytes: int) -> bytes:
    """Many megabytes, squeezed; made piece by piece."""
    squeeze = zlib.compressobj(9)
    piece = (pattern * (2**20 // len(pattern) + 1))[: 2**20]
    return b"".join([*(squeeze.compress(piece) for _ in range(megabytes)), squeeze.flush()])
