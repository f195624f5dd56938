"""PPTX bytes to a Document, by walking the raw XML of each slide: one page per slide, in the order of the show.

Titles become headings, body placeholders list items, then tables, charts, SmartArt, grouped shapes and speaker notes
(kind 'note'). Hidden slides count and are read. Left out: slide numbers, dates, footers, comments, layout text.
"""

from __future__ import annotations

from hashlib import sha256

from clara.errors import ExtractionError
from clara.extraction.drawing import chart_blocks, diagram_blocks
from clara.extraction.ooxml import Element, Package, attribute, child, content_children, local_name
from clara.extraction.prose import choose_title, one_line, table_block
from clara.schema import Block, Document, Page

_TITLES = ("title", "ctrTitle")
_FURNITURE = ("dt", "ftr", "sldNum", "hdr", "sldImg")
_LISTED = ("body", "obj", "")  # a placeholder without a type is an object: bulleted unless it says otherwise


def read_pptx(data: bytes, *, document_id: str, backend: str = "") -> Document:
    """The document in `data`. Raises ExtractionError: archive_bomb, corrupt or password."""
    package = Package(data)
    main = package.main_part(fallback="ppt/presentation.xml")
    root = package.xml(main)
    if root is None:
        raise ExtractionError("the archive has no presentation", reason="corrupt")
    relations = package.relationships(main)
    slide_ids = child(root, "sldIdLst")
    entries = slide_ids if slide_ids is not None else []
    targets = [relations.get(_relation_id(entry), ("", ""))[1] for entry in entries if local_name(entry) == "sldId"]
    pages = [
        Page(number=number, blocks=_slide_blocks(package, target) if target else [])
        for number, target in enumerate(targets, start=1)
    ]
    if not pages:
        raise ExtractionError("the presentation has no slides", reason="no_text")
    title = choose_title(document_id, pages, metadata_title=package.core_title())
    digest = sha256(data).hexdigest()
    return Document(id=document_id, sha256=digest, media_type="pptx", title=title, pages=pages, backend=backend)


def _relation_id(entry: Element) -> str:
    """r:id of a slide entry, which also has a plain `id`."""
    return next((str(value) for key, value in entry.attrib.items() if str(key).endswith("}id")), "")


def _slide_blocks(package: Package, part: str) -> list[Block]:
    tree = child(package.xml(part), "cSld", "spTree")
    relations = package.relationships(part)
    titles: list[Block] = []
    blocks: list[Block] = []
    if tree is not None:
        _collect(package, relations, tree, titles, blocks)
    for kind, target in relations.values():
        if kind == "notesSlide":
            blocks.extend(_note_blocks(package, target))
    return [block for block in titles + blocks if block.text.strip()]


def _collect(
    package: Package,
    relations: dict[str, tuple[str, str]],
    container: Element,
    titles: list[Block],
    blocks: list[Block],
) -> None:
    for shape in content_children(container):
        name = local_name(shape)
        if name == "sp":
            kind = _placeholder(shape)
            if kind in _TITLES:
                titles.append(Block(kind="heading", text=one_line(" ".join(_lines(child(shape, "txBody")))), level=1))
            elif kind not in _FURNITURE:
                blocks.extend(_text_blocks(child(shape, "txBody"), listed=kind in _LISTED))
        elif name == "graphicFrame":
            blocks.extend(_frame_blocks(package, relations, shape))
        elif name in ("grpSp", "lockedCanvas"):
            _collect(package, relations, shape, titles, blocks)
        elif name not in ("pic", "nvGrpSpPr", "grpSpPr", "extLst"):
            blocks.extend(Block(kind="paragraph", text=line) for line in _lines(shape))


def _placeholder(shape: Element) -> str | None:
    """The placeholder's type ('' when it names none), or None for an ordinary shape."""
    properties = next((each for each in shape if local_name(each) == "nvSpPr"), None)
    placeholder = child(properties, "nvPr", "ph")
    return None if placeholder is None else placeholder.get("type") or ""


def _text_blocks(body: Element | None, *, listed: bool) -> list[Block]:
    blocks = []
    for paragraph in body if body is not None else []:
        if local_name(paragraph) != "p":
            continue
        properties = child(paragraph, "pPr")
        bulleted = listed if properties is None else _is_bulleted(properties, default=listed)
        level = _level(properties)
        text = _paragraph_text(paragraph)
        blocks.append(
            Block(kind="list_item" if bulleted else "paragraph", text=text, level=level if bulleted else None)
        )
    return blocks


def _is_bulleted(properties: Element, *, default: bool) -> bool:
    names = {local_name(each) for each in properties}
    if "buNone" in names:
        return False
    return default or bool(names & {"buChar", "buAutoNum", "buBlip"})


def _level(properties: Element | None) -> int:
    text = (properties.get("lvl") if properties is not None else None) or "0"
    return min(int(text), 8) + 1 if text.isascii() and text.isdigit() else 1


def _paragraph_text(paragraph: Element) -> str:
    pieces = []
    for each in paragraph.iter("{*}t", "{*}br", "{*}tab"):
        if local_name(each) == "t":
            pieces.append(each.text or "")
        else:
            pieces.append(" ")
    return one_line("".join(pieces))


def _lines(element: Element | None) -> list[str]:
    paragraphs = element.iter("{*}p") if element is not None else []
    return [text for text in map(_paragraph_text, paragraphs) if text]


def _frame_blocks(package: Package, relations: dict[str, tuple[str, str]], frame: Element) -> list[Block]:
    data = child(frame, "graphic", "graphicData")
    blocks: list[Block] = []
    for each in content_children(data) if data is not None else []:
        name = local_name(each)
        if name == "tbl":
            rows = [
                [" ".join(_lines(cell)) for cell in row if local_name(cell) == "tc"]
                for row in each
                if local_name(row) == "tr"
            ]
            blocks.extend(table_block(rows))
        elif name in ("chart", "relIds"):
            _, target = relations.get(attribute(each, "dm" if name == "relIds" else "id") or "", ("", ""))
            root = package.xml(target) if target else None
            blocks.extend(chart_blocks(root) if name == "chart" else diagram_blocks(root))
        else:
            blocks.extend(Block(kind="paragraph", text=line) for line in _lines(each))
    return blocks


def _note_blocks(package: Package, part: str) -> list[Block]:
    tree = child(package.xml(part), "cSld", "spTree")
    lines: list[str] = []
    for shape in tree.iter("{*}sp") if tree is not None else []:
        if _placeholder(shape) not in _FURNITURE:
            lines.extend(_lines(child(shape, "txBody")))
    return [Block(kind="note", text=line) for line in lines]
