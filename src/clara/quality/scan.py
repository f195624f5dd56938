"""`clara data scan`: files in, findings out. The report says where and what kind, never the private thing itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clara.quality.findings import KINDS, Finding, Span, excerpt
from clara.quality.names import Names
from clara.quality.policy import Policy
from clara.quality.scanner import Scanner
from clara.quality.units import Unit, list_files, read_units, why_not_text

MAX_KEPT = 10_000  # findings kept with their place; beyond, they are only counted
SHOWN = 50


@dataclass(kw_only=True)
class ScanReport:
    """What a scan found. `blocked` is the number of findings that the policy blocks."""

    findings: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)  # by kind; ignored ones not counted
    blocked: int = 0
    warned: int = 0
    files: int = 0
    texts: int = 0
    characters: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)  # (file, reason)
    images_unread: int = 0  # images whose text nobody could read, so that they were not scanned

    def add(self, finding: Finding, policy: Policy) -> None:
        action = policy.action(finding.kind)
        if action == "ignore":
            return
        self.counts[finding.kind] += 1
        self.blocked += action == "block"
        self.warned += action == "warn"
        if len(self.findings) < MAX_KEPT:
            self.findings.append(finding)

    def take(self, other: ScanReport) -> None:
        """Add what another scan found."""
        self.findings += other.findings[: max(0, MAX_KEPT - len(self.findings))]
        self.counts += other.counts
        self.blocked, self.warned = self.blocked + other.blocked, self.warned + other.warned
        self.files, self.texts = self.files + other.files, self.texts + other.texts
        self.characters += other.characters
        self.skipped += other.skipped
        self.images_unread += other.images_unread

    @property
    def summary(self) -> str:
        """One line: how many of what."""
        if not self.counts:
            return "nothing private found"
        kinds = ", ".join(
            f"{count} {kind}"
            for kind, count in sorted(self.counts.items(), key=lambda item: list(KINDS).index(item[0]))
        )
        return f"{self.blocked} blocking and {self.warned} other findings ({kinds})"

    def as_json(self) -> dict[str, Any]:
        return {
            "blocked": self.blocked,
            "warned": self.warned,
            "counts": dict(self.counts),
            "files": self.files,
            "texts": self.texts,
            "characters": self.characters,
            "images_unread": self.images_unread,
            "skipped": [{"file": file, "reason": reason} for file, reason in self.skipped],
            "findings": [finding.as_json() for finding in self.findings],
        }


def make_scanner(policy: Policy) -> Scanner:
    """A scanner that knows the policy's names."""
    return Scanner(Names.read(policy.names) if policy.names else None)


def scan_paths(
    paths: Sequence[Path],
    policy: Policy,
    *,
    progress: Callable[[str], None] | None = None,
    scanner: Scanner | None = None,
) -> ScanReport:
    """Scan files and folders of text and JSONL. Raises UsageError when a path is not there or cannot be read."""
    scanner = scanner or make_scanner(policy)
    report = ScanReport()
    for path, shown in list_files(paths):
        with path.open("rb") as file:
            reason = why_not_text(file.read(8192))
        if reason:
            report.skipped.append((shown, reason))
            continue
        report.files += 1
        if progress:
            progress(shown)
        scan_units(report, shown, read_units(path), scanner, policy)
    return report


def scan_units(report: ScanReport, file: str, units: Iterable[Unit], scanner: Scanner, policy: Policy) -> None:
    """Add the findings of a file's texts to a report."""
    for unit in units:
        report.texts += 1
        report.characters += len(unit.text)
        for finding in unit_findings(file, unit, scanner, policy):
            report.add(finding, policy)


def spans_of(unit: Unit, scanner: Scanner, policy: Policy) -> list[Span]:
    """What stands in a text and is neither allowed nor ignored by the policy."""
    return [
        span
        for span in scanner.scan(unit.text, unit.name)
        if policy.action(span.kind) != "ignore" and not policy.allows(unit.text[span.start : span.end])
    ]


def unit_findings(file: str, unit: Unit, scanner: Scanner, policy: Policy) -> Iterator[Finding]:
    """The findings of one text, with the place a person can go to."""
    spans = spans_of(unit, scanner, policy)
    if not spans:
        return
    record = unit.record if not unit.record or not scanner.scan(unit.record) else ""
    for span in spans:
        before = unit.text.rfind("\n", 0, span.start) + 1 if not unit.field else 0
        yield Finding(
            file=file,
            line=unit.line + (unit.text.count("\n", 0, span.start) if not unit.field else 0),
            field=unit.field,
            record=record,
            kind=span.kind,
            category=KINDS[span.kind],
            label=span.label,
            start=span.start - before,
            end=span.end - before,
            excerpt=excerpt(unit.text, spans, span),
        )


def finding_lines(report: ScanReport, policy: Policy, *, shown: int = SHOWN) -> Iterator[str]:
    """The findings as lines for a person, blocking ones first."""
    order = sorted(report.findings, key=lambda finding: policy.action(finding.kind) != "block")
    for finding in order[:shown]:
        yield f"{policy.action(finding.kind)}: {finding.place}: {finding.label}: {finding.excerpt}"
    hidden = report.blocked + report.warned - min(shown, len(order))
    if hidden > 0:
        yield f"… and {hidden} more (--json lists them)"
