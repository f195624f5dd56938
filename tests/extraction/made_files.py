"""Real PDF, DOCX and PPTX files for these tests, made with the libraries people make them with, or from raw XML."""

from __future__ import annotations

import zipfile
from pathlib import Path

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PROSE = "The Aurora pump moves forty litres of water a minute and needs no oil at all, even in winter. " * 4


def make_docx(path: Path, *, text: str = "It moves 40 litres.") -> Path:
    import docx

    document = docx.Document()
    document.add_heading("Aurora Pump", 0)
    document.add_heading("Overview", 1)
    document.add_paragraph(text)
    document.add_paragraph("bronze housing", style="List Bullet")
    document.add_paragraph("two valves", style="List Bullet 2")
    table = document.add_table(2, 2)
    for row, cells in zip(table.rows, [("Spec", "Value"), ("Weight|net", "12 kg")], strict=True):
        for cell, content in zip(row.cells, cells, strict=True):
            cell.text = content
    document.add_page_break()
    document.add_heading("Service", 2)
    document.add_paragraph("Every 1,200 hours.")
    document.save(str(path))
    return path


def make_pptx(path: Path) -> Path:
    import pptx
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    show = pptx.Presentation()
    first = show.slides.add_slide(show.slide_layouts[1])
    first.shapes.title.text = "Aurora Pump"
    first.placeholders[1].text = "bronze housing\ntwo valves"
    first.placeholders[1].text_frame.paragraphs[1].level = 1
    first.notes_slide.notes_text_frame.text = "Say that it needs no oil."
    second = show.slides.add_slide(show.slide_layouts[5])
    second.shapes.title.text = "Numbers"
    where = Inches(1), Inches(2), Inches(4), Inches(2)
    table = second.shapes.add_table(2, 2, *where).table
    for row, cells in zip(table.rows, [("Spec", "Value"), ("Weight", "12 kg")], strict=True):
        for cell, content in zip(row.cells, cells, strict=True):
            cell.text = content
    chart = CategoryChartData()
    chart.categories = ["1998", "1999"]
    chart.add_series("Sold", (7, 11))
    second.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *where, chart)
    group = second.shapes.add_group_shape()
    group.shapes.add_textbox(*where).text_frame.text = "made in Malmo"
    show.save(str(path))
    return path


def make_pdf(path: Path, *, password: str | None = None) -> Path:
    from reportlab.lib import colors
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import ListFlowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

    styles = getSampleStyleSheet()
    ruled = [("GRID", (0, 0), (-1, -1), 1, colors.black)]
    story = [
        Paragraph("Aurora Pump", styles["Title"]),
        Paragraph("Overview", styles["Heading1"]),
        Paragraph(PROSE, styles["BodyText"]),
        ListFlowable(
            [Paragraph("bronze housing", styles["BodyText"]), Paragraph("two valves", styles["BodyText"])],
            bulletType="bullet",
        ),
        Table([["Spec", "Value"], ["Weight", "12 kg"]], style=ruled),
        PageBreak(),
        Paragraph("Service", styles["Heading2"]),
        Paragraph("It is due every 1,200 hours.", styles["BodyText"]),
        Spacer(1, 12),
        Table([["Part", "Price"], ["Valve", "30 euros"], ["Seal", "4 euros"]]),
    ]
    encrypt = StandardEncryption(password, ownerPassword="owner") if password else None
    SimpleDocTemplate(str(path), title="Aurora Pump", encrypt=encrypt).build(story)
    return path


def make_scan(path: Path) -> Path:
    """A PDF whose only page is a picture."""
    from PIL import Image

    Image.new("RGB", (200, 200), "gray").save(path, "PDF")
    return path


def raw_docx(path: Path, body: str, *, prolog: str = "", parts: dict[str, str] | None = None) -> Path:
    """A DOCX whose body is this XML; `w:` is bound, and so are the namespaces Word writes around shapes."""
    namespaces = (
        f'xmlns:w="{WORD}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:wps="urn:wps" xmlns:v="urn:v" xmlns:m="urn:m" xmlns:x="urn:x"'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"{prolog}<w:document {namespaces}><w:body>{body}</w:body></w:document>")
        for name, content in (parts or {}).items():
            archive.writestr(name, content)
    return path


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def par(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"
