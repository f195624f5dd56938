"""The archive that DOCX, PPTX and XLSX share, opened with caps, its XML parsed with nothing external resolved."""

from __future__ import annotations

import lzma
import posixpath
import zipfile
import zlib
from io import BytesIO
from urllib.parse import unquote

from lxml import etree
from lxml.etree import _Element as Element

from clara.errors import ExtractionError

MAX_MEMBERS = 10_000
MAX_MEMBER_BYTES = 200 * 2**20
MAX_TOTAL_BYTES = 2 * 2**30
MAX_RATIO = 200  # of one member; deflate reaches ~1000, real XML stays below ~60
RATIO_COUNTS_FROM = 2**20  # a small member may compress as well as it likes


def local_name(element: Element) -> str:
    """The tag without its namespace, or '' for comments, processing instructions and entities.

    Names alone are compared everywhere, so that strict and transitional files read the same.
    """
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: Element, name: str) -> str | None:
    """An attribute by its local name, whatever its namespace."""
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return None


def child(element: Element | None, *path: str) -> Element | None:
    """The first descendant along a path of local names."""
    for name in path:
        element = next((each for each in element if local_name(each) == name), None) if element is not None else None
    return element


def content_children(element: Element) -> list[Element]:
    """Children, with an mc:AlternateContent replaced by its first Choice (else its Fallback), never both."""
    children: list[Element] = []
    for each in element:
        if local_name(each) == "AlternateContent":
            branch = child(each, "Choice")
            branch = branch if branch is not None and len(branch) else child(each, "Fallback")
            children.extend(content_children(branch) if branch is not None else [])
        else:
            children.append(each)
    return children


class Package:
    """Parts of an OOXML archive by name, refusing bombs before anything is unpacked.

    Raises ExtractionError: 'archive_bomb' past a cap, 'password', or 'corrupt'.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._archive = zipfile.ZipFile(BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as error:
            raise ExtractionError(f"a damaged ZIP archive: {error}", reason="corrupt") from error
        self.damaged: list[str] = []  # optional parts that could not be read
        members = self._archive.infolist()
        _refuse_bomb(members)
        self._names = {_clean(member.filename).lower(): member for member in members}

    def has(self, part: str) -> bool:
        """Whether the archive has such a part."""
        return _clean(part).lower() in self._names

    def read(self, part: str) -> bytes | None:
        """The bytes of a part, or None when the archive has no such part."""
        member = self._names.get(_clean(part).lower())
        if member is None:
            return None
        if member.flag_bits & 1:
            raise ExtractionError("the archive is encrypted with a password", reason="password")
        try:
            with self._archive.open(member) as stream:
                content = stream.read(MAX_MEMBER_BYTES + 1)
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, OSError, EOFError) as error:
            raise ExtractionError(f"{part} is damaged: {error}", reason="corrupt") from error
        if len(content) > MAX_MEMBER_BYTES:  # the directory lied about the size
            raise ExtractionError(f"{part} unpacks to more than {MAX_MEMBER_BYTES} bytes", reason="archive_bomb")
        return content

    def xml(self, part: str) -> Element | None:
        """The root of a part, or None when the archive has no such part."""
        content = self.read(part)
        return None if content is None else parse_xml(content, part)

    def optional_xml(self, part: str) -> Element | None:
        """The root of a part that the rest can do without: None, and a line in `damaged`, when it is damaged."""
        try:
            return self.xml(part) if part else None
        except ExtractionError as error:
            if error.reason != "corrupt":
                raise
            self.note_damage(part)
            return None

    def note_damage(self, part: str) -> None:
        """Remember, once, that a part was left out."""
        line = f"{_clean(part)} is damaged"
        if line not in self.damaged:
            self.damaged.append(line)

    def relationships(self, part: str) -> dict[str, tuple[str, str]]:
        """Relationship id -> (kind, target part), without external targets (they are never followed)."""
        folder, name = posixpath.split(part)
        root = self.optional_xml(f"{folder}/_rels/{name}.rels")
        found: dict[str, tuple[str, str]] = {}
        for relation in root if root is not None else []:
            if local_name(relation) == "Relationship" and relation.get("TargetMode") != "External":
                target = unquote(relation.get("Target") or "")
                kind = (relation.get("Type") or "").rpartition("/")[2]
                found[relation.get("Id") or ""] = (kind, _clean(posixpath.join("/" + folder, target)))
        return found

    def main_part(self, *, fallback: str) -> str:
        """The document or presentation part that the package names."""
        for kind, target in self.relationships("").values():
            if kind == "officeDocument" and target.lower() in self._names:
                return target
        return fallback

    def core_title(self) -> str:
        """dc:title of the core properties, or ''; a damaged one is no reason to fail."""
        title = child(self.optional_xml("docProps/core.xml"), "title")
        return " ".join((title.text or "").split()) if title is not None else ""


def parse_xml(content: bytes, part: str) -> Element:
    """The root of an XML text. Entities, DTDs and the network stay untouched. Raises ExtractionError 'corrupt'."""
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise ExtractionError(f"{part} is not well-formed XML: {error}", reason="corrupt") from error
    return root


def _refuse_bomb(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_MEMBERS:
        raise ExtractionError(f"{len(members)} members (at most {MAX_MEMBERS})", reason="archive_bomb")
    for member in members:
        ratio = member.file_size / max(member.compress_size, 1)
        if member.file_size > MAX_MEMBER_BYTES or (ratio > MAX_RATIO and member.file_size > RATIO_COUNTS_FROM):
            message = f"{member.filename} unpacks to {member.file_size} bytes, {ratio:.0f} times its size"
            raise ExtractionError(message, reason="archive_bomb")
    if sum(member.file_size for member in members) > MAX_TOTAL_BYTES:
        raise ExtractionError(f"unpacks to more than {MAX_TOTAL_BYTES} bytes", reason="archive_bomb")


def _clean(name: str) -> str:
    """A part name without leading slash, backslashes and dots; it is a key, never a path on this machine."""
    return posixpath.normpath("/" + name.replace("\\", "/")).lstrip("/")
