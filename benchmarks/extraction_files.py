"""Writes the plans of extraction_truth as PDF, DOCX and PPTX files, with real programs and libraries.

LibreOffice turns flat OpenDocument texts into PDF and DOCX, and python-docx's and python-pptx's files into PDF and
into its own DOCX and PPTX; reportlab writes PDF too. Scans are pages of those PDFs as pictures. The truth of each file
is known before it is written; the number of pages of every PDF is checked against it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from extraction_truth import Block, Plan, document_plans, slide_plans

TRUTH = "truth.json"
CONVERT_SECONDS = 420
LONG_CELL = 40  # letters that stand in one line of a cell


class MakingError(Exception):
    """The set cannot be made here; says why."""


def make_set(folder: Path, *, seed: int, variants: int = 2, office: bool = True, scans: bool = True) -> dict[str, Plan]:
    """The files in folder/{pdf,docx,pptx,scan}, by their name in the folder, and folder/truth.json.

    Without `office` only what the Python libraries write; `scans` are pages as pictures, which take OCR its time.
    """
    made: dict[str, Plan] = {}
    for name in ("pdf", "docx", "pptx", "scan"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    documents = document_plans(seed, variants=variants)
    slides = slide_plans(seed, variants=variants)
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        for plan in documents:
            if not _has(plan, "footnote"):
                write_docx(plan, folder / "docx" / f"word_{plan.name}.docx")
                made[f"docx/word_{plan.name}.docx"] = plan
                write_reportlab(plan, folder / "pdf" / f"reportlab_{plan.name}.pdf")
                made[f"pdf/reportlab_{plan.name}.pdf"] = plan
        for plan in slides:
            write_pptx(plan, folder / "pptx" / f"show_{plan.name}.pptx")
            made[f"pptx/show_{plan.name}.pptx"] = plan
        if office:
            _office_files(folder, work, documents, slides, made)
        for name in [f"pdf/reportlab_{plan.name}.pdf" for plan in documents[:4] if scans]:
            scanned = name.replace("pdf/", "scan/")
            write_scan(folder / name, folder / scanned)
            made[scanned] = made[name]
    for name, plan in made.items():
        if name.endswith(".pdf") and (count := _page_count(folder / name)) != len(plan.pages):
            raise MakingError(f"{name} has {count} pages, planned were {len(plan.pages)}; the truth would be wrong")
    truth = {name: plan.as_json() for name, plan in sorted(made.items())}
    (folder / TRUTH).write_text(json.dumps(truth, ensure_ascii=False, indent=1), encoding="utf-8")
    return dict(sorted(made.items()))


def _office_files(
    folder: Path, work: Path, documents: Sequence[Plan], slides: Sequence[Plan], made: dict[str, Plan]
) -> None:
    flat = [write_flat_text(plan, work / f"writer_{plan.name}.fodt") for plan in documents]
    for target in ("pdf", "docx"):
        convert(flat, target, folder / target)
        made.update({f"{target}/writer_{plan.name}.{target}": plan for plan in documents})
    for plan in documents:
        if plan.columns > 1:  # LibreOffice loses the page break behind columns when it writes DOCX
            whole = [block for page in plan.pages for block in page]
            made[f"docx/writer_{plan.name}.docx"] = replace(plan, pages=[whole])
    shows = [plan for plan in slides if not _has(plan, "chart") and not _has(plan, "note")]
    convert([folder / "pptx" / f"show_{plan.name}.pptx" for plan in shows], "pdf", folder / "pdf")
    made.update({f"pdf/show_{plan.name}.pdf": plan for plan in shows})
    convert([folder / "pptx" / f"show_{plan.name}.pptx" for plan in slides], "odp", work)
    again = [(work / f"show_{plan.name}.odp").rename(work / f"impress_{plan.name}.odp") for plan in slides]
    convert(again, "pptx", folder / "pptx")
    made.update({f"pptx/impress_{plan.name}.pptx": plan for plan in slides})


def _has(plan: Plan, kind: str) -> bool:
    return any(block["kind"] == kind for page in plan.pages for block in page)


def convert(files: Sequence[Path], target: str, folder: Path) -> None:
    """Convert with LibreOffice, whose profile is thrown away. Raises MakingError when a file does not come out."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        raise MakingError("LibreOffice (soffice) is not on PATH; install it, or pass --no-office for a smaller set")
    with tempfile.TemporaryDirectory() as profile:
        command = [office, "--headless", f"-env:UserInstallation={Path(profile).as_uri()}", "--convert-to", target]
        done = subprocess.run(
            [*command, "--outdir", str(folder), *map(str, files)],
            capture_output=True,
            text=True,
            timeout=CONVERT_SECONDS,
            check=False,
        )
    missing = [file.name for file in files if not (folder / f"{file.stem}.{target}").is_file()]
    if missing:
        raise MakingError(f"LibreOffice made no {target} of {', '.join(missing)}: {done.stderr.strip()[-300:]}")


def _page_count(path: Path) -> int:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        return len(document)
    finally:
        document.close()


# --- flat OpenDocument text, for LibreOffice ------------------------------------------------------------------------

_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "office": "office",
        "style": "style",
        "text": "text",
        "table": "table",
        "fo": "xsl-fo-compatible",
    }.items()
)
_FONT = 'fo:font-family="Liberation Serif"'
_LANGUAGE = 'fo:language="en" fo:country="US"'


def write_flat_text(plan: Plan, path: Path) -> Path:
    """A .fodt: every page after the first starts with a heading that breaks the page."""
    body = "".join(_flat_page(plan, blocks, number) for number, blocks in enumerate(plan.pages))
    headings = "".join(
        f'<style:style style:name="Heading_20_{level}" style:display-name="Heading {level}" style:family="paragraph" '
        f'style:default-outline-level="{level}"><style:paragraph-properties fo:margin-top="4mm" fo:margin-bottom="2mm" '
        f'fo:keep-with-next="always"/><style:text-properties fo:font-family="Liberation Sans" fo:font-size="{size}pt" '
        f'fo:font-weight="bold"/></style:style>'
        for level, size in ((1, 18), (2, 15), (3, 13))
    )
    breaking = "".join(
        f'<style:style style:name="Break{level}" style:family="paragraph" '
        f'style:parent-style-name="Heading_20_{level}"><style:paragraph-properties fo:break-before="page"/>'
        "</style:style>"
        for level in (1, 2, 3)
    )
    bullets = "".join(
        f'<text:list-level-style-bullet text:level="{level}" text:bullet-char="•"><style:list-level-properties '
        f'text:list-level-position-and-space-mode="label-alignment"><style:list-level-label-alignment '
        f'text:label-followed-by="listtab" fo:text-indent="-6mm" fo:margin-left="{level * 7}mm"/>'
        "</style:list-level-properties></text:list-level-style-bullet>"
        for level in (1, 2)
    )
    edges = "".join(
        f'<style:{name}-style><style:header-footer-properties fo:min-height="8mm"/></style:{name}-style>'
        for name in ("header", "footer")
    )
    running = ""
    if plan.header:
        running = f"<style:header><text:p>{escape(plan.header)}</text:p></style:header>"
        running += f"<style:footer><text:p>{escape(plan.footer)} <text:page-number/></text:p></style:footer>"
    path.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {_NAMESPACES} office:version="1.3" '
        'office:mimetype="application/vnd.oasis.opendocument.text"><office:styles>'
        f'<style:default-style style:family="paragraph"><style:paragraph-properties fo:margin-bottom="2mm"/>'
        f'<style:text-properties {_FONT} fo:font-size="11pt" {_LANGUAGE}/></style:default-style>'
        f'<style:style style:name="Standard" style:family="paragraph"/>{headings}'
        f'<text:list-style style:name="Bullets">{bullets}</text:list-style></office:styles>'
        f"<office:automatic-styles>{breaking}"
        '<style:style style:name="Columns" style:family="section"><style:section-properties '
        'text:dont-balance-text-columns="false"><style:columns fo:column-count="2" fo:column-gap="8mm"/>'
        "</style:section-properties></style:style>"
        '<style:style style:name="Ruled" style:family="table-cell"><style:table-cell-properties '
        'fo:border="0.5pt solid #000000" fo:padding="1mm"/></style:style>'
        '<style:style style:name="Open" style:family="table-cell"><style:table-cell-properties fo:border="none" '
        'fo:padding="1mm"/></style:style>'
        '<style:page-layout style:name="Sheet"><style:page-layout-properties fo:page-width="210mm" '
        f'fo:page-height="297mm" fo:margin="20mm"/>{edges if plan.header else ""}</style:page-layout>'
        '</office:automatic-styles><office:master-styles><style:master-page style:name="Standard" '
        f'style:page-layout-name="Sheet">{running}</style:master-page></office:master-styles>'
        f"<office:body><office:text>{body}</office:text></office:body></office:document>",
        encoding="utf-8",
    )
    return path


def _flat_page(plan: Plan, blocks: list[Block], page: int) -> str:
    out, in_section = [], False
    for place, block in enumerate(blocks):
        if place == 1 and plan.columns == 2:
            out.append(f'<text:section text:style-name="Columns" text:name="Section{page}">')
            in_section = True
        kind = block["kind"]
        text = escape(block.get("text", ""))
        if kind == "heading":
            level = block["level"]
            style = f"Break{level}" if place == 0 and page else f"Heading_20_{level}"
            out.append(f'<text:h text:style-name="{style}" text:outline-level="{level}">{text}</text:h>')
        elif kind == "list_item":
            opening, closing = "<text:list><text:list-item>", "</text:list-item></text:list>"
            depth = block["level"]
            out.append(
                f'<text:list text:style-name="Bullets" text:continue-numbering="true"><text:list-item>'
                f"{opening * (depth - 1)}<text:p>{text}</text:p>{closing * depth}"
            )
        elif kind == "table":
            style = "Ruled" if block["ruled"] else "Open"
            rows = "".join(
                "<table:table-row>"
                + "".join(
                    f'<table:table-cell table:style-name="{style}"><text:p>{escape(cell)}</text:p></table:table-cell>'
                    for cell in row
                )
                + "</table:table-row>"
                for row in block["rows"]
            )
            count = len(block["rows"][0])
            out.append(
                f'<table:table table:name="Table{page}_{place}"><table:table-column '
                f'table:number-columns-repeated="{count}"/>{rows}</table:table>'
            )
        elif kind == "paragraph":
            note = ""
            if "footnote" in block:
                note = (
                    f'<text:note text:note-class="footnote" text:id="n{page}_{place}"><text:note-citation>'
                    f"{place}</text:note-citation><text:note-body><text:p>{escape(block['footnote'])}</text:p>"
                    "</text:note-body></text:note>"
                )
            out.append(f"<text:p>{text}{note}</text:p>")
    return "".join(out) + ("</text:section>" if in_section else "")


# --- python-docx, python-pptx, reportlab ----------------------------------------------------------------------------


def write_docx(plan: Plan, path: Path) -> None:
    import docx
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    document = docx.Document()
    if plan.header:
        document.sections[0].header.paragraphs[0].text = plan.header
        document.sections[0].footer.paragraphs[0].text = plan.footer
    if plan.columns > 1:
        properties = document.sections[0]._sectPr
        columns = properties.find(qn("w:cols"))
        if columns is None:
            columns = OxmlElement("w:cols")
            properties.append(columns)
        columns.set(qn("w:num"), str(plan.columns))
    for number, blocks in enumerate(plan.pages):
        if number:
            document.add_page_break()
        for block in blocks:
            if block["kind"] == "heading":
                document.add_heading(block["text"], block["level"])
            elif block["kind"] == "list_item":
                document.add_paragraph(block["text"], style="List Bullet" + (" 2" if block["level"] == 2 else ""))
            elif block["kind"] == "table":
                table = document.add_table(len(block["rows"]), len(block["rows"][0]))
                table.style = "Table Grid" if block["ruled"] else None
                _fill(table, block["rows"])
            else:
                document.add_paragraph(block["text"])
    document.save(str(path))


def _fill(table: Any, rows: Sequence[Sequence[str]]) -> None:
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text


def write_pptx(plan: Plan, path: Path) -> None:
    import pptx
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches, Pt

    kinds = [XL_CHART_TYPE.COLUMN_CLUSTERED, XL_CHART_TYPE.LINE, XL_CHART_TYPE.BAR_CLUSTERED]
    show = pptx.Presentation()
    for number, blocks in enumerate(plan.pages):
        items = [block for block in blocks if block["kind"] == "list_item"]
        slide = show.slides.add_slide(show.slide_layouts[1 if items else 5])
        slide.shapes.title.text = blocks[0]["text"]
        slide.shapes.title.text_frame.paragraphs[0].font.size = Pt(28)
        if items:
            body = slide.placeholders[1]
            body.left, body.top, body.width, body.height = Inches(0.5), Inches(1.4), Inches(9), Inches(1.3)
            body.text = "\n".join(block["text"] for block in items)
            for paragraph, block in zip(body.text_frame.paragraphs, items, strict=True):
                paragraph.level = block["level"] - 1
                paragraph.font.size = Pt(14)
        top = 2.8
        for block in blocks[1:]:
            where = Inches(0.5), Inches(top), Inches(9), Inches(0.5)
            if block["kind"] == "table":
                shape = slide.shapes.add_table(len(block["rows"]), len(block["rows"][0]), *where)
                _fill(shape.table, block["rows"])
                top += 2
            elif block["kind"] == "chart":
                data = CategoryChartData()
                data.categories = [row[0] for row in block["rows"][1:]]
                for place, name in enumerate(block["rows"][0][1:], start=1):
                    data.add_series(name, [int(row[place]) for row in block["rows"][1:]])
                place_of_chart = Inches(0.5), Inches(top), Inches(6), Inches(1.6)
                slide.shapes.add_chart(kinds[number % 3], *place_of_chart, data)
                top += 1.6
            elif block["kind"] == "paragraph":
                holder = slide.shapes
                for _ in range(block["group"]):
                    holder = holder.add_group_shape().shapes
                box = holder.add_textbox(*where)
                box.text_frame.word_wrap = True
                box.text_frame.text = block["text"]
                box.text_frame.paragraphs[0].font.size = Pt(12)
                top += 0.5
            elif block["kind"] == "note":
                slide.notes_slide.notes_text_frame.text = block["text"]
    show.save(str(path))


def write_reportlab(plan: Plan, path: Path) -> None:
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
    from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageBreak, PageTemplate, Paragraph, Table

    width, height = A4
    margin, gap = 56.0, 20.0
    column = (width - 2 * margin - (plan.columns - 1) * gap) / plan.columns
    frames = [
        Frame(margin + place * (column + gap), margin, column, height - 2 * margin, leftPadding=0, rightPadding=0)
        for place in range(plan.columns)
    ]

    def furniture(canvas: Any, document: Any) -> None:
        if plan.header:
            canvas.setFont("Times-Roman", 9)
            canvas.drawString(margin, height - 40, plan.header)
            canvas.drawString(margin, 34, f"{plan.footer} {document.page}")

    styles = getSampleStyleSheet()
    body = ParagraphStyle("body", parent=styles["BodyText"], fontName="Times-Roman", fontSize=11, leading=14)
    ruled = [("GRID", (0, 0), (-1, -1), 0.7, colors.black)]
    story: list[Flowable] = []
    for number, blocks in enumerate(plan.pages):
        if number:
            story.append(PageBreak())
        for block in blocks:
            text = escape(block.get("text", "")).replace("\u00ad", "")
            if block["kind"] == "heading":
                story.append(Paragraph(text, styles[f"Heading{block['level']}"]))
            elif block["kind"] == "list_item":
                indent = 14 * block["level"]
                style = ParagraphStyle(f"item{indent}", parent=body, leftIndent=indent, bulletIndent=indent - 10)
                story.append(Paragraph(text, style, bulletText="•"))
            elif block["kind"] == "table":
                cells = [
                    [Paragraph(escape(cell), body) if len(cell) > LONG_CELL else cell for cell in row]
                    for row in block["rows"]
                ]
                wide = [column * 0.6 if isinstance(cell, Paragraph) else None for cell in cells[-1]]
                style = ruled if block["ruled"] else None
                story.append(Table(cells, colWidths=wide, style=style, spaceBefore=6, spaceAfter=6))
            else:
                story.append(Paragraph(text, body))
    document = BaseDocTemplate(str(path), pagesize=A4, title=plan.title, invariant=1)
    document.addPageTemplates([PageTemplate(frames=frames, onPage=furniture)])
    document.build(story)


def write_scan(source: Path, path: Path, *, dots_per_inch: int = 200) -> None:
    """The pages of a PDF as pictures, without any text."""
    import pypdfium2

    document = pypdfium2.PdfDocument(source)
    try:
        pictures = [page.render(scale=dots_per_inch / 72).to_pil().convert("L") for page in document]
    finally:
        document.close()
    pictures[0].save(path, "PDF", save_all=True, append_images=pictures[1:], resolution=dots_per_inch)
