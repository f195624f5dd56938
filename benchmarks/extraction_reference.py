"""What words a file holds, read in the plainest way there is, to see what a reader left out.

OOXML: the text elements of the raw XML. PDF: PDFium's text. HTML, Markdown, text, CSV: the decoded bytes, for HTML
without tags. Runs as a child of clara's pool in place of its worker, inside the same limits, since such files bite.
"""

from __future__ import annotations

import json
import os
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path

from extraction_scoring import words

OFFICE_PARTS = {
    ".doc": re.compile(r"word/(document|footnotes|endnotes)\d*\.xml$"),
    ".dot": re.compile(r"word/(document|footnotes|endnotes)\d*\.xml$"),
    ".ppt": re.compile(r"ppt/(slides|notesSlides)/[^/]+\.xml$"),
    ".pps": re.compile(r"ppt/(slides|notesSlides)/[^/]+\.xml$"),
    ".pot": re.compile(r"ppt/(slides|notesSlides)/[^/]+\.xml$"),
    ".xls": re.compile(r"xl/(sharedStrings|worksheets/sheet[^/]*)\.xml$"),
}
PLAIN = (".txt", ".md", ".markdown", ".csv", ".tsv", ".text")
PAGES = (".html", ".htm", ".xhtml")
_FURNITURE = {"sldNum", "dt", "ftr", "hdr"}
_UNSEEN = ("Fallback", "del", "moveFrom", "rPh", "instrText", "delText")


def reference_words(path: Path) -> list[str] | None:
    """The file's words, or None when this kind of file has no plain reading (a picture, an archive)."""
    suffix = path.suffix.lower()
    if suffix == ".pdf":
        return words(_pdf_text(path))
    if suffix[:4] in OFFICE_PARTS and suffix[4:]:
        return words("\n".join(_office_text(path, OFFICE_PARTS[suffix[:4]])))
    if suffix in PLAIN or suffix in PAGES:
        text = _decoded(path.read_bytes())
        return words(_visible(text) if suffix in PAGES else text)
    return None


def _pdf_text(path: Path) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def _office_text(path: Path, parts: re.Pattern[str]) -> Iterator[str]:
    from lxml import etree

    safe = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not parts.match(name.replace("\\", "/").lstrip("/")):
                continue
            root = etree.fromstring(archive.read(name), safe)
            for gone in [element for name in _UNSEEN for element in root.iter(f"{{*}}{name}")]:
                gone.getparent().remove(gone)
            for shape in list(root.iter("{*}sp")):
                if any(holder.get("type") in _FURNITURE for holder in shape.iter("{*}ph")):
                    shape.getparent().remove(shape)
            for element in root.iter("{*}t", "{*}tab", "{*}br", "{*}p", "{*}si", "{*}is"):
                local = etree.QName(element).localname
                yield (element.text or "") + ("" if local == "t" else "\n")


def _decoded(data: bytes) -> str:
    for mark, encoding in (
        (b"\xff\xfe\0\0", "utf-32"),
        (b"\0\0\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
        (b"\xef\xbb\xbf", "utf-8-sig"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _visible(html: str) -> str:
    found: list[str] = []
    hidden = 0

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            nonlocal hidden
            hidden += tag in ("script", "style", "template", "head")
            found.append("" if tag in ("b", "i", "em", "strong", "a", "span", "u", "sub", "sup", "code") else "\n")

        def handle_endtag(self, tag: str) -> None:
            nonlocal hidden
            hidden -= tag in ("script", "style", "template", "head") and hidden > 0
            found.append("" if tag in ("b", "i", "em", "strong", "a", "span", "u", "sub", "sup", "code") else "\n")

        def handle_data(self, data: str) -> None:
            if not hidden:
                found.append(data)

    Reader().feed(html)
    return "".join(found)


def read_references(paths: dict[str, Path], *, workers: int, timeout_seconds: float, memory_mb: int) -> dict[str, str]:
    """The words of each file joined by spaces; files that cannot be read are left out."""
    from clara.extraction import pool

    command = [sys.executable, str(Path(__file__).resolve())]
    original = pool.worker_command
    pool.worker_command = lambda: command  # the pool's limits and restarts, with this file as the child
    try:
        jobs = [pool.Job(path=path, document_id=name) for name, path in paths.items()]
        outcomes = pool.run_jobs(jobs, workers=workers, timeout_seconds=timeout_seconds, memory_mb=memory_mb)
        return {
            outcome.job.document_id: outcome.document["words"]
            for outcome in outcomes
            if outcome.document is not None and outcome.document["words"] is not None
        }
    finally:
        pool.worker_command = original


def recall_of_letters(wanted: Sequence[str], found: Sequence[str]) -> float | None:
    """Share of the letters that were found; unlike words they do not mind where a run of text was cut."""
    letters = Counter("".join(wanted))
    if not letters:
        return None
    return (letters & Counter("".join(found))).total() / letters.total()


def main() -> None:
    from clara.extraction import worker

    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker._limit_memory(int(sys.argv[1]))
    for line in sys.stdin:
        request = json.loads(line)
        try:
            found = reference_words(Path(request["path"]))
            answer = {"document": {"words": None if found is None else " ".join(found)}}
        except MemoryError:
            answer = {"reason": "memory", "message": ""}
        except Exception as error:
            answer = {"reason": "reader_error", "message": str(error)[:200]}
        replies.write(json.dumps(answer) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
