"""PPTX bytes to a Document, by walking the raw XML of each slide: one page per slide, in the order of the show.

Titles become headings, body placeholders list items, then tables, charts, SmartArt, grouped shapes, pictures, speaker
notes and comments (kind 'note'). Hidden slides count and are read. Left out: slide numbers, dates, footers, layouts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from clara.errors import ExtractionError
from clara.extraction.drawing import Relations, figure_blocks, paragraph_text, picture_blocks, shape_lines
from clara.extraction.images import ImageFolder
from clara.extraction.ooxml import Element, Package, attribute, child, content_children, local_name
from clara.extraction.prose import choose_title, one_line, table_block
from clara.schema import Block, Document, Page

_TITLES = ("title", "ctrTitle")
_FURNITURE = ("dt", "ftr", "sldNum", "hdr", "sldImg")
_LISTED = ("body", "obj", "")  # a placeholder without a type is an object: bulleted unless it says otherwise
_NO_TEXT = ("nvGrpSpPr", "grpSpPr", "nvSpPr", "spPr", "extLst")


def read_pptx(data: bytes, *, document_id: str, backend: str = "", images: ImageFolder | None = None) -> Document:
    """The document in `data`; its pictures go to `images`.

    Raises ExtractionError: archive_bomb, corrupt, password or no_text.
    """
    package = Package(data)
    main = package.main_part(fallback="ppt/presentation.xml")
    root = package.xml(main)
    if root is None:
        raise ExtractionError("the archive has no presentation", reason="corrupt")
    relations = package.relationships(main)
    slide_ids = child(root, "sldIdLst")
    entries = slide_ids if slide_ids is not None else []
    targets = [relations.get(_relation_id(entry), ("", ""))[1] for entry in entries if local_name(entry) == "sldId"]
    images = images or ImageFolder()
    pages = [
        Page(number=number, blocks=_slide_blocks(package, target, images) if target else [])
        for number, target in enumerate(targets, start=1)
    ]
    if not pages:
        raise ExtractionError("the presentation has no slides", reason="no_text")
    metadata: dict[str, Any] = images.as_metadata()
    missing = [number for number, target in enumerate(targets, start=1) if not package.has(target)]
    if left_out := [*package.damaged, *(f"slide {number} is not in the file" for number in missing)]:
        metadata["left_out"] = left_out
    return Document(
        id=document_id,
        sha256=sha256(data).hexdigest(),
        media_type="pptx",
        title=choose_title(document_id, pages, metadata_title=package.core_title()),
        pages=pages,
        backend=backend,
        metadata=metadata or None,
    )


def _relation_id(entry: Element) -> str:
    """r:id of a slide entry, which also has a plain `id`."""
    return next((str(value) for key, value in entry.attrib.items() if str(key).endswith("}id")), "")


def _slide_blocks(package: Package, part: str, images: ImageFolder) -> list[Block]:
    relations = package.relationships(part)
    slide = _Slide(package, relations, images)
    slide.collect(child(package.xml(part), "cSld", "spTree"))
    blocks = slide.titles + slide.blocks
    for kind, target in relations.values():
        if kind == "notesSlide":
            notes = _Slide(package, package.relationships(target), images)
            notes.collect(child(package.optional_xml(target), "cSld", "spTree"))
            blocks.extend(
                block if block.kind in ("table", "image") else Block(kind="note", text=block.text)
                for block in notes.titles + notes.blocks
            )
        elif kind == "comments":
            blocks.extend(Block(kind="note", text=text) for text in _comments(package.optional_xml(target)))
    return [block for block in blocks if block.text.strip() or block.image]


@dataclass
class _Slide:
    """Collects the blocks of a slide, or of its notes."""

    package: Package
    relations: Relations
    images: ImageFolder
    titles: list[Block] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def collect(self, container: Element | None) -> None:
        for shape in content_children(container) if container is not None else []:
            name = local_name(shape)
            if name == "sp":
                self._shape(shape)
            elif name == "graphicFrame":
                self._frame(shape)
            elif name in ("grpSp", "lockedCanvas"):
                self.collect(shape)
            elif name == "pic":
                self._picture(shape)
            elif name not in _NO_TEXT:
                self.blocks.extend(Block(kind="paragraph", text=line) for line in shape_lines(shape))

    def _shape(self, shape: Element) -> None:
        kind = _placeholder(shape)
        body = child(shape, "txBody")
        if kind in _TITLES:
            self.titles.append(Block(kind="heading", text=one_line(" ".join(shape_lines(body))), level=1))
        elif kind not in _FURNITURE:
            self.blocks.extend(_text_blocks(body, listed=kind in _LISTED))
        fill = child(shape, "spPr", "blipFill")
        if fill is not None:  # a shape filled with a picture
            self._picture(shape)

    def _picture(self, picture: Element) -> None:
        properties = next((child(each, "cNvPr") for each in picture if local_name(each) in ("nvPicPr", "nvSpPr")), None)
        alt = "" if properties is None else properties.get("descr") or properties.get("title") or ""
        blip = next(picture.iter("{*}blip"), None)
        relation = attribute(blip, "embed") if blip is not None else None
        self.blocks.extend(picture_blocks(self.package, self.relations, self.images, relation=relation, alt=alt))

    def _frame(self, frame: Element) -> None:
        data = child(frame, "graphic", "graphicData")
        for each in content_children(data) if data is not None else []:
            name = local_name(each)
            if name == "tbl":
                rows = [[_cell(cell) for cell in row if local_name(cell) == "tc"] for row in each if _is_row(row)]
                self.blocks.extend(table_block(rows))
            elif name in ("chart", "relIds"):
                self.blocks.extend(figure_blocks(self.package, self.relations, each))
            elif name == "oleObj":
                self.collect(each)  # the picture that stands for it
            else:
                self.blocks.extend(Block(kind="paragraph", text=line) for line in shape_lines(each))


def _is_row(element: Element) -> bool:
    return local_name(element) == "tr"


def _cell(cell: Element) -> str:
    """A cell's text; a cell that another one covers shows none."""
    if any(cell.get(name) in ("1", "true") for name in ("hMerge", "vMerge")):
        return ""
    return " ".join(shape_lines(child(cell, "txBody")))


def _placeholder(shape: Element) -> str | None:
    """The placeholder's type ('' when it names none), or None for an ordinary shape."""
    properties = next((each for each in shape if local_name(each) == "nvSpPr"), None)
    placeholder = child(properties, "nvPr", "ph")
    return None if placeholder is None else placeholder.get("type") or ""


def _text_blocks(body: Element | None, *, listed: bool) -> list[Block]:
    blocks = []
    for paragraph in content_children(body) if body is not None else []:
        if local_name(paragraph) != "p":
            continue
        properties = child(paragraph, "pPr")
        bulleted = listed if properties is None else _is_bulleted(properties, default=listed)
        blocks.append(
            Block(
                kind="list_item" if bulleted else "paragraph",
                text=paragraph_text(paragraph),
                level=_level(properties) if bulleted else None,
            )
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


def _comments(root: Element | None) -> list[str]:
    """Texts of the reviewers' comments, of both kinds, replies after what they reply to."""
    texts = []
    for element in root.iter("{*}cm", "{*}reply") if root is not None else []:
        plain, rich = child(element, "text"), child(element, "txBody")
        texts.append(one_line(plain.text or "") if plain is not None else " ".join(shape_lines(rich)))
    return [text for text in texts if text]
