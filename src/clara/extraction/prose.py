"""Text as people wrote it: wrapped lines joined, hyphens and ligatures undone, tables as Markdown, titles chosen."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from clara.schema import Block, Page

_LIGATURES = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
_TRANSLATE = str.maketrans(
    {**_LIGATURES, "\u00ad": "", "\u200b": "", "\ufeff": "", "\ufffe": "-", "\x02": "-", "\u00a0": " "}
)
# what JSON, XML and tokenizers can do without: controls (but tab and newline), lone surrogates
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_HYPHEN_END = re.compile(r"(\w*[^\W\d_])-$")
_TAIL = 80  # characters
_BULLET = re.compile(r"^[•◦▪‣●○■–·\uf0b7]\s+(?=\S)")
_UNTITLED = re.compile(
    r"(?i)^(untitled.*|\(?anonymous\)?|unspecified|(power\s?point )?presentation\d*|word document|document\d*"
    r"|slide \d+|microsoft (word|powerpoint) -.*|.*\.(docx?|pptx?|pdf|indd|qxd|tex|dvi|xls|exe|txt)|title)$"
)


def clean_characters(text: str) -> str:
    """Without ligatures, soft hyphens, zero-width and control characters; PDFium's line-end hyphen mark is a '-'.

    >>> clean_characters("e\ufb03cient\u00a0flow")
    'efficient flow'
    """
    return _CONTROL.sub(" ", text.translate(_TRANSLATE))


def one_line(text: str) -> str:
    """Clean text on one line with single spaces."""
    return " ".join(clean_characters(text).split())


def join_lines(lines: list[str]) -> str:
    """One paragraph from wrapped lines; a word broken by a hyphen is mended when the next line goes on in lower case.

    >>> join_lines(["The pump is an effi-", "cient device of the Z-", "Series."])
    'The pump is an efficient device of the Z-Series.'
    """
    parts: list[str] = []
    tail = ""  # the end of what is joined so far, enough to hold a word: the whole would make this quadratic
    for line in (one_line(line) for line in lines):
        if not line:
            continue
        broken = _HYPHEN_END.search(tail) if tail and line[0].isalpha() else None
        if broken is None:
            parts.append(f" {line}" if parts else line)
        else:
            if not (line[0].isupper() or len(broken[1]) < 2):
                parts[-1] = parts[-1][:-1]
                tail = tail[:-1]
            parts.append(line)
        tail = (tail + parts[-1])[-_TAIL:]
    return "".join(parts)


def paragraphs_from_lines(text: str) -> list[Block]:
    """Blocks from text that only has its line ends (PDFium's): wrapped lines become paragraphs, bullets list items.

    A paragraph ends at an empty line, before a bullet, or after a line that ends a sentence well before the margin.
    """
    lines = [line.strip() for line in clean_characters(text.replace("\r\n", "\n")).split("\n")]
    width = max((len(line) for line in lines), default=0)
    blocks: list[Block] = []
    current: list[str] = []

    def close() -> None:
        if paragraph := join_lines(current):
            bullet = _BULLET.match(paragraph)
            text = paragraph[bullet.end() :] if bullet else paragraph
            blocks.append(Block(kind="list_item" if bullet else "paragraph", text=text, level=1 if bullet else None))
        current.clear()

    for line in lines:
        starts = not line or _BULLET.match(line) is not None
        if starts or (current and _ends_paragraph(current[-1], line, width=width)):
            close()
        if line:
            current.append(line)
    close()
    return blocks


def _ends_paragraph(line: str, following: str, *, width: int) -> bool:
    room = width - len(line)
    if line.endswith("-") or room <= len(following.split(" ", 1)[0]):
        return False  # the next word would not have fitted: the line was wrapped
    return line[-1] in ".!?:;。！？" or following[0].isupper() or following[0].isdigit()


def markdown_table(rows: list[list[str]]) -> str:
    """A Markdown table; the first row is the header, cells are one line each with pipes escaped.

    >>> print(markdown_table([["Spec", "Value"], ["a|b", "1"]]))
    | Spec | Value |
    | --- | --- |
    | a\\|b | 1 |
    """
    width = max((len(row) for row in rows), default=0)
    lines = []
    for row in rows:
        cells = [one_line(cell).replace("|", "\\|") for cell in row] + [""] * (width - len(row))
        lines.append("| " + " | ".join(cells) + " |")
    lines.insert(1, "|" + " --- |" * width)
    return "\n".join(lines)


def table_block(rows: list[list[str]]) -> list[Block]:
    """A table as blocks: nothing when it is empty, paragraphs when it has one column (a layout box, not a table)."""
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if max((len(row) for row in rows), default=0) <= 1:
        return [Block(kind="paragraph", text=one_line(row[0])) for row in rows]
    return [Block(kind="table", text=markdown_table(rows))]


def choose_title(document_id: str, pages: list[Page], *, metadata_title: str = "") -> str:
    """The metadata's title when the first page shows it, else the first heading, else the metadata's, else the name.

    Metadata often survives from a template or names a tool; the page is what a reader sees.
    """
    metadata_title = one_line(metadata_title)
    if _UNTITLED.match(metadata_title) or not any(character.isalpha() for character in metadata_title):
        metadata_title = ""
    if metadata_title and metadata_title.casefold() in one_line(pages[0].text).casefold():
        return metadata_title
    headings = (block.text for page in pages[:3] for block in page.blocks if block.kind == "heading")
    heading = next((text for text in headings if 2 < len(text) <= 150), "")
    return heading or metadata_title or PurePosixPath(document_id).stem
