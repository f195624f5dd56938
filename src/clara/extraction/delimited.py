"""CSV and TSV to a Document: one table, its delimiter found by trying which one makes even rows."""

from __future__ import annotations

import csv
from collections import Counter
from hashlib import sha256
from itertools import islice
from pathlib import PurePosixPath

from clara.errors import ExtractionError
from clara.extraction.encoding import decode_text, note_encoding
from clara.extraction.prose import table_block
from clara.schema import Document, Page

MAX_CELLS = 500_000  # a page of more is no document; what is left out is counted in the metadata
MAX_CELL_CHARACTERS = 2**20
_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 50


def read_delimited(data: bytes, *, document_id: str, backend: str = "") -> Document:
    """The document in `data`. Raises ExtractionError 'corrupt' when it is no text or no table."""
    text, encoding = decode_text(data)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    announced = lines[0].strip().lower() if lines else ""
    delimiter = ""
    if announced.startswith("sep=") and len(announced) == 5:  # Excel's own hint
        delimiter = announced[4]
        lines = lines[1:]
    delimiter = delimiter or _delimiter(lines, likeliest="\t" if document_id.lower().endswith(".tsv") else ",")
    rows, left_out = _rows(lines, delimiter)
    metadata: dict[str, object] = {**note_encoding(encoding)}
    if left_out:
        metadata["left_out"] = [f"{left_out} rows after row {len(rows)}"]
    pages = [Page(number=1, blocks=table_block(rows))]
    return Document(
        id=document_id,
        sha256=sha256(data).hexdigest(),
        media_type="csv",
        title=PurePosixPath(document_id).stem,
        pages=pages,
        backend=backend,
        metadata=metadata or None,
    )


def _delimiter(lines: list[str], *, likeliest: str) -> str:
    """The delimiter under which most of the first rows have one same number of columns, more than one."""
    sample = [line for line in islice(lines, _SAMPLE_ROWS * 4) if line.strip()]

    def evenness(delimiter: str) -> tuple[float, int]:
        try:
            rows = [row for row in islice(csv.reader(_with_ends(sample), delimiter=delimiter), _SAMPLE_ROWS) if row]
        except csv.Error:
            return 0.0, 0
        widths = Counter(len(row) for row in rows)
        width, count = widths.most_common(1)[0] if widths else (1, 0)
        return (count / len(rows), width) if width > 1 else (0.0, 0)

    ordered = sorted(_DELIMITERS, key=lambda delimiter: delimiter != likeliest)
    return max(ordered, key=evenness)


def _rows(lines: list[str], delimiter: str) -> tuple[list[list[str]], int]:
    """Rows within MAX_CELLS, and how many there are beyond."""
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    reader = csv.reader(_with_ends(lines), delimiter=delimiter, skipinitialspace=True)
    rows: list[list[str]] = []
    cells = left_out = 0
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            cells += len(row)
            if cells > MAX_CELLS:
                left_out += 1
            else:
                rows.append(row)
    except csv.Error as error:
        raise ExtractionError(f"line {reader.line_num}: {error}", reason="corrupt") from error
    return rows, left_out


def _with_ends(lines: list[str]) -> list[str]:
    """csv.reader wants the line ends, to keep those inside quotes."""
    return [f"{line}\n" for line in lines]
