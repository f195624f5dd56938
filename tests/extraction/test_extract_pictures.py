"""Scans and pictures: recognised when tesseract is there, reported when not, saved once, and never a danger."""

from __future__ import annotations

import json
import os
import shutil
import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from tests.extraction.made_files import make_pdf

from clara.chunking import chunk_document, load_token_counter
from clara.errors import UsageError
from clara.extraction import ExtractionReport, extract_folder, ocr
from clara.extraction.images import ImageFolder
from clara.extraction.settings import ReadSettings
from clara.jsonl import read_records
from clara.schema import Block, Document, Page

needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="the program tesseract is not installed")
SENTENCES = [
    "The Aurora pump moves forty litres",
    "of water a minute and needs no oil.",
    "It is made in Malmo, Sweden.",
]


@pytest.fixture(autouse=True)
def _tesseract_is_looked_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    ocr.tesseract_version.cache_clear()
    ocr.installed_languages.cache_clear()


def page_picture(turned: int = 0) -> object:
    """A page of large print, as a camera or a scanner sees it."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("L", (1240, 900), "white")
    font = ImageFont.load_default(size=52)
    for place, line in enumerate(SENTENCES * 2):
        ImageDraw.Draw(image).text((90, 90 + 110 * place), line, fill="black", font=font)
    return image.rotate(turned, expand=True)


def scan(path: Path, *, turned: int = 0) -> Path:
    page_picture(turned).save(path, resolution=150.0)
    return path


def colourful(size: tuple[int, int] = (200, 120), shade: int = 0) -> bytes:
    from PIL import Image

    stream = BytesIO()
    gradient = Image.linear_gradient("L").resize(size)
    Image.merge("RGB", (gradient, gradient.rotate(180), Image.new("L", size, shade))).save(stream, "PNG")
    return stream.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 40,000 x 40,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def by_name(output: Path) -> dict[str, Document]:
    return {document.id: document for document in read_records(output, Document)}


def fates(report: ExtractionReport) -> dict[str, tuple[str, str]]:
    return {file.file: (file.verdict, file.reason) for file in report.files}


@needs_tesseract
def test_scans_and_picture_files_are_read_whichever_way_they_lie(tmp_path: Path) -> None:
    folder, output = tmp_path / "docs", tmp_path / "out" / "raw.jsonl"
    folder.mkdir()
    scan(folder / "side.pdf", turned=90)
    scan(folder / "fax.tif")
    report = extract_folder(folder, output, workers=1)
    documents = by_name(output)
    assert set(documents) == {"side.pdf", "fax.tif"}
    for document in documents.values():
        words = document.pages[0].text.replace("\n", " ")
        assert all(sentence in words for sentence in ("moves forty litres of water a minute", "made in Malmo, Sweden."))
        assert document.metadata is not None
        assert document.metadata["ocr_pages"] == [1]
        assert "tesseract" in document.backend
    assert all(file.ocr_pages == [1] for file in report.files)
    assert all(file.reused for file in extract_folder(folder, output, workers=1).files)


@needs_tesseract
def test_what_could_not_be_recognised_is_reported_and_read_as_soon_as_it_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pypdfium2

    folder, output = tmp_path / "docs", tmp_path / "raw.jsonl"
    folder.mkdir()
    mixed = pypdfium2.PdfDocument.new()
    for part in (make_pdf(tmp_path / "text.pdf"), scan(tmp_path / "scan.pdf")):
        mixed.import_pages(pypdfium2.PdfDocument(part))
    mixed.save(folder / "mixed.pdf")
    shutil.copy(tmp_path / "text.pdf", folder / "text.pdf")
    shutil.copy(tmp_path / "scan.pdf", folder / "scan.pdf")
    with monkeypatch.context() as without:
        without.setenv("PATH", str(tmp_path / "nothing"))
        report = extract_folder(folder, output, workers=1)
    files = {file.file: file for file in report.files}
    assert files["mixed.pdf"].scanned_pages == [3]
    assert "install tesseract" in files["mixed.pdf"].message
    assert (files["scan.pdf"].verdict, files["scan.pdf"].reason) == ("failed", "no_text")
    assert "install tesseract" in files["scan.pdf"].message
    assert by_name(output)["mixed.pdf"].metadata == {"scanned_pages": [3]}
    ocr.tesseract_version.cache_clear()
    ocr.installed_languages.cache_clear()
    report = extract_folder(folder, output, workers=1)
    assert {file.file: file.reused for file in report.files} == {
        "mixed.pdf": False,
        "scan.pdf": False,
        "text.pdf": True,
    }
    assert "needs no oil." in by_name(output)["mixed.pdf"].pages[2].text


@needs_tesseract
def test_a_language_that_is_not_installed_is_one_clear_line(tmp_path: Path) -> None:
    make_pdf(tmp_path / "a.pdf")
    with pytest.raises(UsageError, match="--ocr-languages: tesseract has no klingon"):
        extract_folder(tmp_path, tmp_path / "out" / "raw.jsonl", settings=ReadSettings(ocr_languages="klingon"))


def test_bad_pictures_are_refused_each_with_its_reason(tmp_path: Path) -> None:
    good = colourful()
    bad = {
        "tiny.png": (colourful((63, 300)), "too_small"),
        "cut.png": (good[: len(good) // 2], "corrupt"),
        "bomb.png": (bomb(), "image_bomb"),
        "noise.jpg": (bytes(range(1, 256)) * 9, "corrupt"),
        "cut.jpg": (b"\xff\xd8\xff\xe0 no more", "corrupt"),
        "empty.gif": (b"", "empty"),
        "silent.png": (good, "no_text"),
    }
    (tmp_path / "docs").mkdir()
    for name, (data, _) in bad.items():
        (tmp_path / "docs" / name).write_bytes(data)
    make_pdf(tmp_path / "docs" / "good.pdf")
    report = extract_folder(tmp_path / "docs", tmp_path / "raw.jsonl", workers=1)
    expected = {name: ("failed", reason) for name, (_, reason) in bad.items()}
    assert fates(report) == {**expected, "good.pdf": ("ok", "")}


def test_pictures_of_a_pdf_are_saved_once_named_where_they_stand_and_never_part_of_a_passage(tmp_path: Path) -> None:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Image, Paragraph, SimpleDocTemplate

    body = getSampleStyleSheet()["BodyText"]
    figure, logo = colourful(), colourful(shade=200)
    story = [
        Image(BytesIO(logo), 100, 60),
        Paragraph("First the pump is opened with the small key. " * 3, body),
        Image(BytesIO(figure), 200, 120),
        Paragraph("Then the valve is taken out of its bronze seat. " * 3, body),
        Image(BytesIO(colourful((20, 20))), 20, 20),
        Image(BytesIO(logo), 100, 60),
    ]
    (tmp_path / "docs").mkdir()
    SimpleDocTemplate(str(tmp_path / "docs" / "a.pdf")).build(story)
    output = tmp_path / "raw.jsonl"
    extract_folder(tmp_path / "docs", output, workers=1)
    document = by_name(output)["a.pdf"]
    assert [block.kind for block in document.pages[0].blocks] == ["image", "paragraph", "image", "paragraph"]
    names = [block.image for block in document.pages[0].blocks if block.image]
    assert sorted(path.name for path in (tmp_path / "images").iterdir()) == sorted(name[7:] for name in names)
    assert document.metadata == {"images_skipped": {"too_small": 1}}
    (passage,) = chunk_document(document, tokenizer=load_token_counter("tiny"), max_tokens=256)
    assert "images/" not in passage.text
    assert "\n\n\n" not in passage.text
    assert document.pages[0].text[passage.start : passage.end] in passage.text
    (tmp_path / names[0]).unlink()  # a lost picture is made again
    assert not extract_folder(tmp_path / "docs", output, workers=1).files[0].reused
    assert (tmp_path / names[0]).exists()


def test_a_scan_in_strips_is_a_scan_and_one_under_its_old_ocr_layer_is_no_figure(tmp_path: Path) -> None:
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    from clara.extraction.pdf import read_pdf

    strips, layer = tmp_path / "strips.pdf", tmp_path / "layer.pdf"
    canvas = Canvas(str(strips), pagesize=(600, 800))
    for place in range(8):
        canvas.drawImage(ImageReader(BytesIO(colourful(shade=place))), 0, 100 * place, 600, 100)
    canvas.drawString(-500, -500, "")
    canvas.save()
    canvas = Canvas(str(layer), pagesize=(600, 800))
    canvas.drawImage(ImageReader(BytesIO(colourful())), 0, 0, 600, 800)
    for line in range(10):
        canvas.drawString(72, 700 - 20 * line, f"In line {line} the old recognition wrote down what it saw.")
    canvas.save()
    scan_settings = ReadSettings(ocr="off", keep_textless=True)
    found = read_pdf(strips.read_bytes(), document_id="a", images=ImageFolder(), settings=scan_settings)
    assert found.metadata == {"scanned_pages": [1]}
    found = read_pdf(layer.read_bytes(), document_id="b", images=ImageFolder(), settings=scan_settings)
    assert found.metadata == {"images_skipped": {"page_background": 1}}
    assert "In line 9 the old recognition" in found.pages[0].text


def test_an_output_among_the_sources_does_not_read_its_own_pictures(tmp_path: Path) -> None:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Image, Paragraph, SimpleDocTemplate

    story = [Paragraph("The pump.", getSampleStyleSheet()["BodyText"]), Image(BytesIO(colourful()), 200, 120)]
    SimpleDocTemplate(str(tmp_path / "a.pdf")).build(story)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "mine.png").write_bytes(colourful((63, 63)))
    for _ in range(2):
        report = extract_folder(tmp_path, tmp_path / "raw.jsonl", workers=1)
        assert set(fates(report)) == {"a.pdf", "images/mine.png"}


def test_a_picture_is_saved_by_content_and_what_programs_fill_in_is_no_description(tmp_path: Path) -> None:
    pictures = ImageFolder(tmp_path / "images")
    block = pictures.add(colourful(), alt="Picture 3")
    assert block == Block(kind="image", text="", image=block.image if block else None)
    assert pictures.add(colourful()) is None  # the same again in this document
    assert ImageFolder(tmp_path / "images").add(colourful()) == block  # and in another
    described = pictures.add(colourful(shade=9), alt="The outlet\nfrom above")
    assert described is not None
    assert described.text == "The outlet from above"
    assert len(os.listdir(tmp_path / "images")) == 2
    silent = Page(number=1, blocks=[Block(kind="paragraph", text="a"), block, Block(kind="paragraph", text="b")])  # type: ignore[list-item]
    assert silent.text == "a\n\nb"


def test_the_report_counts_pages_without_text_and_keeps_them_when_reused(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.png").write_bytes(colourful())
    settings = ReadSettings(ocr="off", keep_textless=True)
    for _ in range(2):
        report = extract_folder(tmp_path / "docs", tmp_path / "raw.jsonl", workers=1, settings=settings)
        assert [(file.pages, file.empty_pages) for file in report.files] == [(1, 1)]
    assert json.loads((tmp_path / "extraction_report.json").read_text())["files"][0]["empty_pages"] == 1
