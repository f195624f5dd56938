"""The separate program `docling`, where it is on PATH: a PDF laid out by its models, its JSON read back.

clara never imports docling. The program gets one file in an empty folder, no network (its models must have been
downloaded before: `docling-tools models download`), no OCR (clara's own comes before), and limits of its own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from clara.errors import ExtractionError, UsageError
from clara.extraction.pdf_layout import Placed
from clara.extraction.prose import one_line, table_block
from clara.extraction.settings import Box, MoreTime
from clara.schema import Block

MISSING = (
    "--pdf-backend docling needs the program docling on PATH (pipx install docling, then docling-tools models download)"
)
START_SECONDS = 180
PAGE_SECONDS = 15
LONGEST_SECONDS = 3000
MEMORY_MB = 12_288  # of its data; models take a few gigabytes
MAX_OUTPUT_BYTES = 2**28
MAX_CELLS = 200_000
MAX_DEPTH = 50
Layout = dict[int, list[Placed]]


@cache
def docling_version() -> str:
    """'docling 2.143.0'. Raises UsageError when the program is missing or does not start."""
    path = shutil.which("docling")
    if path is None:
        raise UsageError(MISSING)
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=START_SECONDS, env=_environment())
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"docling does not start ({path} --version): {error}") from error
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    match = re.search(r"(?i)docling(?:\s+version)?:?\s+v?(\d\S*)", said)
    if done.returncode or not match:
        raise UsageError(f"docling does not start ({path} --version): {said.strip()[-200:] or 'it says nothing'}")
    return f"docling {match[1]}"


def docling_pages(data: bytes, *, num_pages: int, more_time: MoreTime) -> tuple[Layout, dict[str, list[str]]]:
    """Blocks by page number, and the headers and footers it set apart.

    Raises ExtractionError 'docling' when the program fails, 'timeout' when it takes too long.
    """
    seconds = min(START_SECONDS + PAGE_SECONDS * num_pages, LONGEST_SECONDS)
    more_time(seconds + 10)
    with tempfile.TemporaryDirectory(prefix="clara-docling-") as folder:
        source, output = Path(folder, "document.pdf"), Path(folder, "output")
        source.write_bytes(data)
        output.mkdir()
        command = ["docling", "--from", "pdf", "--to", "json", "--no-ocr", "--image-export-mode", "placeholder"]
        _run([*command, "--output", str(output), str(source)], seconds, folder)
        found = sorted(output.glob("*.json"))
        if not found:
            raise ExtractionError("docling wrote no JSON", reason="docling")
        if found[0].stat().st_size > MAX_OUTPUT_BYTES:
            raise ExtractionError("docling's JSON is larger than 256 MiB", reason="too_large")
        try:
            document = json.loads(found[0].read_bytes())
        except ValueError as error:
            raise ExtractionError(f"docling's JSON cannot be read: {error}", reason="docling") from error
    try:
        return read_docling(document)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        message = f"docling's JSON is not a DoclingDocument: {type(error).__name__}: {error}"
        raise ExtractionError(message, reason="docling") from error


def read_docling(document: dict[str, Any]) -> tuple[Layout, dict[str, list[str]]]:
    """The same from a DoclingDocument as JSON."""
    if document.get("schema_name") != "DoclingDocument":
        raise ValueError(f"schema_name is {document.get('schema_name')!r}")
    heights = {int(number): float(page["size"]["height"]) for number, page in document.get("pages", {}).items()}
    layout: Layout = {}
    furniture: dict[str, list[str]] = {}
    page = min(heights, default=1)
    for item, depth in _walk(document, document["body"], depth=0, seen=set()):
        place = (item.get("prov") or [{}])[0]
        page = int(place.get("page_no", page))
        label = item.get("label", "")
        if label in ("page_header", "page_footer") or item.get("content_layer") == "furniture":
            side = "footers" if label == "page_footer" else "headers"
            furniture.setdefault(side, []).append(one_line(item.get("text", "")))
            continue
        box = _box(place.get("bbox"), heights.get(page, 0.0))
        for block in _blocks(item, depth):
            if block.text.strip():
                layout.setdefault(page, []).append(Placed(block, box))
    return layout, furniture


def _walk(
    document: dict[str, Any], node: dict[str, Any], *, depth: int, seen: set[str]
) -> Iterator[tuple[dict[str, Any], int]]:
    """Every item below the node in reading order, once, with the number of lists around it."""
    if depth > MAX_DEPTH:
        return
    for reference in node.get("children", []):
        pointer = reference.get("$ref", reference.get("cref", ""))
        parts = pointer.split("/")  # '#/texts/3'
        if len(parts) != 3 or pointer in seen:
            continue
        seen.add(pointer)
        child = document[parts[1]][int(parts[2])]
        if parts[1] == "groups":
            is_list = child.get("label") in ("list", "ordered_list", "unordered_list")
            yield from _walk(document, child, depth=depth + is_list, seen=seen)
            continue
        captions = {caption.get("$ref", caption.get("cref")) for caption in child.get("captions", [])}
        before = {"children": [one for one in child.get("children", []) if one.get("$ref") in captions]}
        if parts[1] == "tables":  # a caption tells what the table is: it comes first
            yield from _walk(document, before, depth=depth, seen=seen)
        yield child, depth
        if parts[1] != "pictures":
            yield from _walk(document, child, depth=depth, seen=seen)
        else:  # the words inside a drawing are no text to read
            yield from _walk(document, before, depth=depth, seen=seen)


def _blocks(item: dict[str, Any], depth: int) -> list[Block]:
    text = one_line(item.get("text", ""))
    match item.get("label"):
        case "title":
            return [Block(kind="heading", text=text, level=1)]
        case "section_header":
            return [Block(kind="heading", text=text, level=min(max(int(item.get("level", 1)), 1), 6))]
        case "list_item":
            marker = one_line(item.get("marker") or "") if item.get("enumerated") else ""
            text = text if not marker or text.startswith(marker) else f"{marker} {text}"
            return [Block(kind="list_item", text=text, level=min(max(depth, 1), 9))]
        case "footnote":
            return [Block(kind="note", text=text)]
        case "code":
            return [Block(kind="paragraph", text="\n".join(one_line(line) for line in item["text"].splitlines()))]
        case "picture" | "chart":
            return []
        case "table" | "document_index":
            return table_block(_rows(item["data"]))
    return [Block(kind="paragraph", text=text or one_line(item.get("orig", "")))]


def _rows(data: dict[str, Any]) -> list[list[str]]:
    """Rows of cells; a cell that spans several stands in the first."""
    cells = data.get("table_cells", [])
    height = max((int(cell["end_row_offset_idx"]) for cell in cells), default=0)
    width = max((int(cell["end_col_offset_idx"]) for cell in cells), default=0)
    if height * width > MAX_CELLS:
        raise ValueError(f"a table of {height} x {width} cells")
    rows = [[""] * width for _ in range(height)]
    for cell in cells:
        rows[int(cell["start_row_offset_idx"])][int(cell["start_col_offset_idx"])] = one_line(cell["text"])
    return rows


def _box(place: dict[str, Any] | None, height: float) -> Box | None:
    if not place:
        return None
    top, bottom = float(place["t"]), float(place["b"])
    if place.get("coord_origin", "BOTTOMLEFT") == "BOTTOMLEFT":
        top, bottom = height - top, height - bottom
    return (float(place["l"]), top, float(place["r"]), bottom)


def _run(command: list[str], seconds: int, folder: str) -> None:
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=_environment(),
            preexec_fn=_limits if sys.platform.startswith("linux") else None,
        )
    except FileNotFoundError as error:
        raise ExtractionError(MISSING, reason="docling") from error
    except OSError as error:
        raise ExtractionError(f"docling cannot be run: {error.strerror or error}", reason="docling") from error
    try:
        _, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise ExtractionError(f"docling took more than {seconds} s", reason="timeout") from error
    if process.returncode:
        words = said.decode("utf-8", "replace").strip().splitlines()
        code = process.returncode
        last = words[-1][:200] if words else signal.Signals(-code).name if code < 0 else f"exit code {code}"
        raise ExtractionError(f"docling failed: {last}", reason="docling")


def _environment() -> dict[str, str]:
    """No downloads: its models are either there or the file fails with docling's own words."""
    return {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


def _limits() -> None:
    """In the started program: it ends with the worker, and its data is limited instead of its address space."""
    import ctypes
    import resource

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    limit, most = MEMORY_MB * 2**20, resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (limit if most < 0 else min(limit, most), most))
