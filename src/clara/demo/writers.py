"""Product sheets as real PDF, DOCX and PPTX files, and the facts beside them. Knows layout, not what the facts mean."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from clara.demo.corpus import FileFormat, Sheet, World
from clara.demo.sheets import Bullets, Paragraph, Table
from clara.errors import UsageError

FACTS_FILE = "facts.jsonl"


def write_corpus(
    world: World, directory: Path, *, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> None:
    """Writes `directory`/SPLIT for each split of the world, one file per sheet, and facts.jsonl; files there are kept.

    The same world gives the same bytes. Every file is written beside and renamed, so one that exists is whole.
    Raises UsageError when the directory holds another world's facts.
    """
    facts = "".join(
        json.dumps(dataclasses.asdict(fact), ensure_ascii=False) + "\n"
        for sheet in world.sheets
        for fact in sheet.facts
    ).encode()
    facts_path = directory / FACTS_FILE
    if facts_path.exists() and facts_path.read_bytes() != facts:
        raise UsageError(f"{directory} holds another demo corpus (other seed or size); choose another folder")
    for split in {sheet.split for sheet in world.sheets}:
        (directory / split).mkdir(parents=True, exist_ok=True)
    _write_whole(facts_path, facts)
    for index, sheet in enumerate(world.sheets):
        path = directory / sheet.split / sheet.document
        if not path.exists():
            _write_whole(path, render_sheet(sheet))
        on_progress(index + 1, len(world.sheets))


def render_sheet(sheet: Sheet) -> bytes:
    """The bytes of one sheet's file, the same every time."""
    return _RENDERERS[sheet.format](sheet)


def _write_whole(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    beside.write_bytes(content)
    beside.replace(path)


def _render_pdf(sheet: Sheet) -> bytes:
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A5
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import PageBreak, SimpleDocTemplate, Spacer
    from reportlab.platypus import Paragraph as Text
    from reportlab.platypus import Table as Grid

    styles = getSampleStyleSheet()
    styles["BodyText"].spaceBefore = 24  # an airy sheet: layout analysis joins lines that stand closer
    flow: list[Any] = []
    for page in sheet.pages:
        flow += [PageBreak()] if flow else []
        flow.append(Text(escape(page.title), styles["Heading1"]))
        flow += [Text(escape(page.subtitle), styles["Heading2"])] if page.subtitle else []
        for part in page.parts:
            match part:
                case Paragraph(text):
                    flow.append(Text(escape(text), styles["BodyText"]))
                case Bullets(items):
                    flow += [Text(escape(item), styles["Bullet"], bulletText="•") for item in items]
                case Table(rows):
                    grid = Grid([list(row) for row in rows], style=[("GRID", (0, 0), (-1, -1), 0.5, colors.black)])
                    flow += [Spacer(0, 8), grid]
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer, pagesize=A5, title=sheet.product.name, author="", invariant=1).build(flow)
    return buffer.getvalue()


def _render_docx(sheet: Sheet) -> bytes:
    import docx

    document = docx.Document()
    document.core_properties.title = sheet.product.name
    for number, page in enumerate(sheet.pages):
        if number:
            document.add_page_break()
        document.add_heading(page.title, level=1)
        if page.subtitle:
            document.add_heading(page.subtitle, level=2)
        for part in page.parts:
            match part:
                case Paragraph(text):
                    document.add_paragraph(text)
                case Bullets(items):
                    for item in items:
                        document.add_paragraph(item, style="List Bullet")
                case Table(rows):
                    table = document.add_table(len(rows), 2, style="Table Grid")
                    for cell, text in zip(table._cells, (text for row in rows for text in row), strict=True):
                        cell.text = text
    return _stable_archive(document)


def _render_pptx(sheet: Sheet) -> bytes:
    import pptx
    from pptx.oxml.ns import qn
    from pptx.util import Emu, Pt

    presentation = pptx.Presentation()
    presentation.core_properties.title = sheet.product.name
    left, width = Emu(457_200), Emu(8_229_600)
    for page in sheet.pages:
        slide: Any = presentation.slides.add_slide(presentation.slide_layouts[1])  # title and content
        slide.shapes.title.text = page.title
        body = slide.placeholders[1]
        table = next((part for part in page.parts if isinstance(part, Table)), None)
        if table:
            body.left, body.top, body.width, body.height = left, Emu(1_500_000), width, Emu(2_300_000)
            rows = table.rows
            frame = slide.shapes.add_table(len(rows), 2, left, Emu(3_900_000), width, Emu(370_000 * len(rows)))
            for y, row in enumerate(rows):
                for x, text in enumerate(row):
                    frame.table.cell(y, x).text = text
        lines = [(page.subtitle, False)] if page.subtitle else []
        for part in page.parts:
            match part:
                case Paragraph(text):
                    lines.append((text, False))
                case Bullets(items):
                    lines += [(item, True) for item in items]
        body.text_frame.text = "\n".join(text for text, _ in lines)
        for paragraph, (_, has_bullet) in zip(body.text_frame.paragraphs, lines, strict=True):
            paragraph.font.size = Pt(18)
            if not has_bullet:
                properties = paragraph._p.get_or_add_pPr()
                properties.insert(0, properties.makeelement(qn("a:buNone")))
    return _stable_archive(presentation)


def _stable_archive(package: Any) -> bytes:
    """An Office package's bytes without the time of writing, so that the same sheet is the same file."""
    written, stable = io.BytesIO(), io.BytesIO()
    package.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(stable, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as to:
        for name in source.namelist():
            to.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED)
    return stable.getvalue()


_RENDERERS: dict[FileFormat, Callable[[Sheet], bytes]] = {
    "pdf": _render_pdf,
    "docx": _render_docx,
    "pptx": _render_pptx,
}
