"""docling as a separate program: its JSON becomes the document, inside limits; a fake of it stands on PATH here."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.extraction.made_files import make_pdf

from clara.errors import ExtractionError
from clara.extraction import docling, extract_folder
from clara.extraction.settings import ReadSettings
from clara.jsonl import read_records
from clara.schema import Document

SETTINGS = ReadSettings(pdf_backend="docling", ocr="off")
FAKE = """#!{python}
import json, os, pathlib, sys, time
if sys.argv[1:] == ["--version"]:
    print("Docling version: 9.8.7\\nDocling Core version: 9.9.9")
    sys.exit(0)
options = dict(zip(sys.argv[1:-1], sys.argv[2:]))
assert options["--to"] == "json" and "--no-ocr" in sys.argv and os.environ["HF_HUB_OFFLINE"] == "1"
source, output = pathlib.Path(sys.argv[-1]), pathlib.Path(options["--output"])
assert source.read_bytes().startswith(b"%PDF-")
{body}
"""
WRITE = "(output / (source.stem + '.json')).write_text({document!r})"


def prov(page: int, top: float) -> list[dict[str, Any]]:
    """docling counts from the lower left corner."""
    box = {"l": 72.0, "t": top, "r": 400.0, "b": top - 12, "coord_origin": "BOTTOMLEFT"}
    return [{"page_no": page, "bbox": box, "charspan": [0, 9]}]


def text(
    number: int, label: str, words: str, *, page: int = 1, top: float = 700, parent: str = "#/body", **more: Any
) -> Any:
    layer = "furniture" if label.startswith("page_") else "body"
    item = {"self_ref": f"#/texts/{number}", "parent": {"$ref": parent}, "children": [], "content_layer": layer}
    return {**item, "label": label, "prov": prov(page, top), "orig": words, "text": words, **more}


def cell(row: int, column: int, words: str, *, height: int = 1, width: int = 1) -> dict[str, Any]:
    places = {"start_row_offset_idx": row, "end_row_offset_idx": row + height}
    places |= {"start_col_offset_idx": column, "end_col_offset_idx": column + width}
    header = {"column_header": row == 0, "row_header": False, "row_section": False}
    return {"row_span": height, "col_span": width, **places, "text": words, **header}


def docling_document() -> dict[str, Any]:
    """What docling makes of made_files.make_pdf, in the format of its version 1.8.0."""
    from tests.extraction.made_files import PROSE

    texts = [
        text(0, "page_header", "Aurora Pump Company", top=770),
        text(1, "section_header", "Aurora Pump", level=1),
        text(2, "section_header", "Overview", level=2),
        text(3, "text", PROSE),
        text(4, "list_item", "bronze housing", parent="#/groups/0", enumerated=False, marker="•"),
        text(5, "list_item", "two valves", parent="#/groups/0", enumerated=True, marker="2."),
        text(6, "caption", "Table 1: What it weighs", parent="#/tables/0"),
        text(7, "section_header", "Service", page=2, level=2),
        text(8, "text", "It is due every 1,200 hours.", page=2),
    ]
    tables = [
        ([cell(0, 0, "Spec"), cell(0, 1, "Value"), cell(1, 0, "Weight"), cell(1, 1, "12 kg")], 1, ["#/texts/6"]),
        ([cell(0, 0, "Part"), cell(0, 1, "Price"), cell(1, 0, "Valve"), cell(1, 1, "30 euros"), cell(2, 0, "Seal"),
          cell(2, 1, "4 euros")], 2, []),
    ]  # fmt: skip
    body = ["texts/0", "texts/1", "texts/2", "texts/3", "groups/0", "tables/0", "texts/7", "texts/8", "tables/1"]
    return {
        "schema_name": "DoclingDocument",
        "version": "1.8.0",
        "name": "document",
        "furniture": {"self_ref": "#/furniture", "children": [], "content_layer": "furniture"},
        "body": {"self_ref": "#/body", "children": [{"$ref": f"#/{name}"} for name in body], "label": "unspecified"},
        "groups": [
            {"self_ref": "#/groups/0", "parent": {"$ref": "#/body"}, "label": "list", "name": "list",
             "children": [{"$ref": "#/texts/4"}, {"$ref": "#/texts/5"}]},
        ],
        "texts": texts,
        "pictures": [],
        "tables": [
            {"self_ref": f"#/tables/{number}", "parent": {"$ref": "#/body"}, "label": "table", "prov": prov(page, 500),
             "children": [{"$ref": name} for name in captions], "captions": [{"$ref": name} for name in captions],
             "content_layer": "body", "data": {"table_cells": cells, "num_rows": 2, "num_cols": 2, "grid": []}}
            for number, (cells, page, captions) in enumerate(tables)
        ],
        "key_value_items": [],
        "pages": {str(page): {"size": {"width": 595.0, "height": 842.0}, "page_no": page} for page in (1, 2)},
    }  # fmt: skip


Install = Callable[[str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Put a docling on PATH that does what the lines say."""

    def put(body: str) -> None:
        program = tmp_path / "bin" / "docling"
        program.parent.mkdir(exist_ok=True)
        program.write_text(FAKE.format(python=sys.executable, body=body))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(program.parent))

    docling.docling_version.cache_clear()
    (tmp_path / "docs").mkdir()
    make_pdf(tmp_path / "docs" / "a.pdf")
    yield put
    docling.docling_version.cache_clear()


def test_docling_lays_out_the_pages_and_its_version_is_in_the_stamp(install: Install, tmp_path: Path) -> None:
    install(WRITE.format(document=json.dumps(docling_document())))
    output = tmp_path / "raw.jsonl"
    extract_folder(tmp_path / "docs", output, workers=1, settings=SETTINGS)
    (document,) = read_records(output, Document)
    found = [[(block.kind, block.level) for block in page.blocks] for page in document.pages]
    assert found == [
        [("heading", 1), ("heading", 2), ("paragraph", None), ("list_item", 1), ("list_item", 1), ("paragraph", None),
         ("table", None)],
        [("heading", 2), ("paragraph", None), ("table", None)],
    ]  # fmt: skip
    assert document.pages[0].blocks[4].text == "2. two valves"
    assert document.pages[0].blocks[5].text == "Table 1: What it weighs"
    assert document.pages[1].blocks[2].text.endswith("| Valve | 30 euros |\n| Seal | 4 euros |")
    assert document.metadata == {"headers": ["Aurora Pump Company"]}
    assert "docling 9.8.7" in document.backend
    assert extract_folder(tmp_path / "docs", output, workers=1, settings=SETTINGS).files[0].reused
    assert not extract_folder(tmp_path / "docs", output, workers=1, settings=ReadSettings(ocr="off")).files[0].reused


def test_a_page_that_docling_did_not_keep_whole_is_the_reference_text(install: Install, tmp_path: Path) -> None:
    incomplete = docling_document()
    incomplete["texts"][3]["text"] = "Only this."
    install(WRITE.format(document=json.dumps(incomplete)))
    extract_folder(tmp_path / "docs", tmp_path / "raw.jsonl", workers=1, settings=SETTINGS)
    (document,) = read_records(tmp_path / "raw.jsonl", Document)
    assert document.metadata is not None
    assert document.metadata["plain_pages"] == [1]
    assert "forty litres of water" in document.pages[0].text


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("sys.exit('no model files')", "docling failed: no model files"),
        ("pass", "docling wrote no JSON"),
        (WRITE.format(document="{"), "docling's JSON cannot be read"),
        (WRITE.format(document='{"schema_name": "Other"}'), "not a DoclingDocument"),
        (WRITE.format(document='{"schema_name": "DoclingDocument", "body": {"children": [{"$ref": "#/texts/7"}]}}'),
         "not a DoclingDocument"),
    ],
)  # fmt: skip
def test_a_docling_that_fails_is_the_files_failure(install: Install, tmp_path: Path, body: str, message: str) -> None:
    install(body)
    asked: list[int] = []
    with pytest.raises(ExtractionError) as caught:
        docling.docling_pages((tmp_path / "docs" / "a.pdf").read_bytes(), num_pages=2, more_time=asked.append)
    assert caught.value.reason == "docling"
    assert message in str(caught.value)
    assert len(asked) == 1  # it has a limit of its own


def test_a_missing_docling_is_one_clear_line(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clara: Callable[..., tuple[int, str, str]]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, _, err = clara("extract", tmp_path / "docs", "-o", tmp_path / "raw.jsonl", "--pdf-backend", "docling")
    assert (code, err.count("\n")) == (2, 1)
    assert "needs the program docling on PATH" in err
