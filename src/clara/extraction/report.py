"""The fate of every file of a run, and of the run."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """The fate of one file. `reason` is a stable keyword, empty when ok; `message` then says what was left out."""

    file: str
    verdict: Literal["ok", "skipped", "failed"]
    reason: str = ""
    message: str = ""
    backend: str = ""
    pages: int = 0
    empty_pages: int = 0  # pages without any text: blank, or a scan
    scanned_pages: list[int] = field(default_factory=list)  # scans that nothing recognised
    ocr_pages: list[int] = field(default_factory=list)  # recognised by OCR
    seconds: float = 0.0
    reused: bool = False  # taken from an earlier run, not read again


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionReport:
    """What extract_folder did; written as extraction_report.json beside the output."""

    output: str
    seconds: float
    files: list[FileReport] = field(default_factory=list)

    def count(self, verdict: str) -> int:
        return sum(file.verdict == verdict for file in self.files)

    @property
    def reasons(self) -> dict[str, int]:
        """How many files were skipped or failed for each reason, most frequent first."""
        return dict(Counter(file.reason for file in self.files if file.verdict != "ok").most_common())

    def as_json(self) -> dict[str, Any]:
        return {
            "output": self.output,
            "seconds": self.seconds,
            "ok": self.count("ok"),
            "failed": self.count("failed"),
            "skipped": self.count("skipped"),
            "pages": sum(file.pages for file in self.files),
            "reasons": self.reasons,
            "files": [asdict(file) for file in self.files],
        }
