"""Markdown to a Document: CommonMark with tables, by markdown-it-py. HTML inside is read as HTML; front matter gives
the title and is left out."""

from __future__ import annotations

import re
from hashlib import sha256

from markdown_it import MarkdownIt
from markdown_it.token import Token

from clara.extraction.encoding import decode_text, note_encoding
from clara.extraction.html import element_blocks, parse_html
from clara.extraction.prose import choose_title, clean_characters, one_line, table_block
from clara.schema import Block, Document, Page

MAX_NESTING = 100  # markdown-it drops what is nested deeper than its default of 20
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"""(?m)^title:[ \t]*["']?(.+?)["']?[ \t]*$""")
_LINE_BREAK_TAG = re.compile(r"(?i)<br\s*/?>|</?(?:p|div|li|tr|td)\b[^>]*>")


def read_markdown(data: bytes, *, document_id: str, backend: str = "") -> Document:
    """The document in `data`. Raises ExtractionError 'corrupt' when it is no text."""
    text, encoding = decode_text(data)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    title = ""
    if (front := _FRONT_MATTER.match(text)) and ":" in front[1]:
        text = text[front.end() :]
        named = _FRONT_TITLE.search(front[1])
        title = named[1] if named else ""
    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable(["table", "strikethrough"])
    pages = [Page(number=1, blocks=_blocks(parser.parse(text)))]
    return Document(
        id=document_id,
        sha256=sha256(data).hexdigest(),
        media_type="md",
        title=choose_title(document_id, pages, metadata_title=title),
        pages=pages,
        backend=backend,
        metadata=note_encoding(encoding) or None,
    )


def _blocks(tokens: list[Token]) -> list[Block]:
    blocks: list[Block] = []
    pictures: list[Block] = []
    list_level = heading_level = 0
    item_open = False
    rows: list[list[str]] | None = None
    for token in tokens:
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open"):
            list_level += 1
        elif kind in ("bullet_list_close", "ordered_list_close"):
            list_level -= 1
        elif kind in ("list_item_open", "list_item_close"):
            item_open = kind == "list_item_open"
        elif kind in ("heading_open", "heading_close"):
            heading_level = int(token.tag[1]) if kind == "heading_open" else 0
        elif kind == "table_open":
            rows = []
        elif kind == "tr_open" and rows is not None:
            rows.append([])
        elif kind == "table_close" and rows is not None:
            blocks.extend(table_block(rows))
            rows, item_open = None, False
        elif kind == "inline":
            text = one_line(_inline_text(token, pictures))
            if rows is not None:
                rows[-1].append(text)
            elif text:
                blocks.append(_text_block(text, heading_level=heading_level, list_level=list_level if item_open else 0))
                item_open = False
        elif kind in ("fence", "code_block"):
            lines = [clean_characters(line.expandtabs(4)).rstrip() for line in token.content.rstrip("\n").split("\n")]
            blocks.append(Block(kind="paragraph", text="\n".join(lines)))
            item_open = False
        elif kind == "html_block":
            root = parse_html(token.content)
            blocks.extend(element_blocks(root) if root is not None else [])
        if rows is None and pictures:
            blocks.extend(pictures)
            pictures.clear()
    return [block for block in blocks if block.text.strip()]


def _text_block(text: str, *, heading_level: int, list_level: int) -> Block:
    if heading_level:
        return Block(kind="heading", text=text, level=heading_level)
    if list_level:
        return Block(kind="list_item", text=text, level=min(list_level, 9))
    return Block(kind="paragraph", text=text)


def _inline_text(token: Token, pictures: list[Block]) -> str:
    """The text of a line of Markdown; alt texts of pictures become blocks of their own."""
    parts: list[str] = []
    for each in token.children or []:
        if each.type == "image":
            if text := one_line(each.content):
                pictures.append(Block(kind="image", text=text))
        elif each.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif each.type == "html_inline":
            parts.append(" " if _LINE_BREAK_TAG.match(each.content) else "")
        else:
            parts.append(each.content)
    return "".join(parts)
