"""Real public files, many of them made to break readers: the parent lives, and what can be read is read whole."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from clara.extraction import ExtractionReport, extract_folder
from clara.extraction.sniff import SUFFIXES
from clara.jsonl import read_records
from clara.schema import Document

REASONS = {"password", "corrupt", "no_text", "empty", "archive_bomb", "unsupported", "timeout", "memory", "crashed"}
REASONS |= {"too_small", "image_bomb", "ocr"}
SAMPLE = 24
READ = {  # the parts that hold the text, as a person would name them
    "docx": re.compile(r"word/(document|footnotes|endnotes)\d*\.xml$"),
    "pptx": re.compile(r"ppt/(slides|notesSlides)/[^/]+\.xml$"),
}
FURNITURE = {"sldNum", "dt", "ftr", "hdr"}


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


def raw_words(path: Path, media_type: str) -> Counter[str]:
    """Words of the raw XML, paragraph by paragraph, by another route than the readers take."""
    found: list[str] = []
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not READ[media_type].match(name):
                continue
            root = etree.fromstring(archive.read(name), etree.XMLParser(resolve_entities=False, huge_tree=True))
            for gone in list(root.iter("{*}Fallback", "{*}del", "{*}moveFrom")):
                gone.getparent().remove(gone)
            for shape in list(root.iter("{*}sp")):
                if any(holder.get("type") in FURNITURE for holder in shape.iter("{*}ph")):
                    shape.getparent().remove(shape)
            for text in root.iter("{*}t"):
                first = next(text.iterancestors("{*}p"), None)
                found.append((text.text or "") if first is not None else "")
            found.extend("\n" for _ in root.iter("{*}p"))
    return words("\n".join(found))


def check(report: ExtractionReport, output: Path, root: Path) -> dict[str, float]:
    """Lowest recall of raw words by type; asserts that every failure has a typed reason."""
    assert {file.reason for file in report.files if file.verdict == "failed"} <= REASONS
    assert all(file.message for file in report.files if file.verdict == "failed")
    lowest: dict[str, float] = {}
    for document in read_records(output, Document):
        assert [page.number for page in document.pages] == list(range(1, len(document.pages) + 1))
        if document.media_type in READ:
            # letters, not words: runs split words anywhere, and only the readers know where a word goes on
            wanted = Counter("".join(raw_words(root / document.id, document.media_type).elements()))
            found = Counter("".join(words("\n".join(page.text for page in document.pages)).elements()))
            recall = sum((wanted & found).values()) / sum(wanted.values()) if wanted else 1.0
            lowest[document.media_type] = min(lowest.get(document.media_type, 1.0), recall)
    return lowest


def sources(shared: Path) -> list[Path]:
    folder = shared / "data" / "docs"
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def test_a_sample_of_real_files_is_read_whole_or_refused_with_a_reason(shared: Path, tmp_path: Path) -> None:
    files = [path for path in sources(shared) if path.stat().st_size < 500_000]
    for path in files[:: max(1, len(files) // SAMPLE)]:
        shutil.copy(path, tmp_path / f"{path.parent.name}-{path.name}")
    output = tmp_path / "out" / "raw.jsonl"
    report = extract_folder(tmp_path, output, workers=2)
    assert report.count("ok") >= SAMPLE // 2
    assert all(recall >= 0.99 for recall in check(report, output, tmp_path).values())


@pytest.mark.slow
def test_every_real_file_is_read_whole_or_refused_with_a_reason(shared: Path, tmp_path: Path) -> None:
    root = shared / "data" / "docs"
    output = tmp_path / "raw.jsonl"
    report = extract_folder(root, output, workers=2)
    lowest = check(report, output, root)
    print(report.count("ok"), "read;", report.reasons, f"{report.seconds} s; lowest recall of letters {lowest}")
    assert report.count("ok") + report.count("failed") == len(sources(shared))
    assert report.count("ok") >= 220
    assert all(recall >= 0.99 for recall in lowest.values())
