"""`clara data guard`: what must not be committed is found while it is only staged; a pre-commit hook asks each time."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from clara.errors import UsageError
from clara.quality.findings import Finding
from clara.quality.git import ObjectReader, git, object_reader, private_path, staged_paths
from clara.quality.policy import Policy
from clara.quality.scan import ScanReport, make_scanner, unit_findings
from clara.quality.scanner import Scanner
from clara.quality.units import Unit, decode, line_units, why_not_text

MARK = "# installed by: clara data guard --install"
PRAGMA = "pragma: allowlist secret"  # the word of detect-secrets: this line's secret is none


@dataclass(kw_only=True)
class GuardReport:
    """Staged files that are private by their place, and what the others hold."""

    files: int = 0
    private_files: list[tuple[str, str]] = field(default_factory=list)  # (path, what it is)
    scan: ScanReport = field(default_factory=ScanReport)

    @property
    def refused(self) -> bool:
        return bool(self.private_files or self.scan.blocked)


def check_staged(repository: Path, policy: Policy) -> GuardReport:
    """Look at what the next commit would add: paths, and the staged content, not the files on disk.

    A finding on a line that says `pragma: allowlist secret` is accepted. Raises UsageError outside a git repository.
    """
    top = Path(git(repository, "rev-parse", "--show-toplevel").rstrip("\n"))
    scanner = make_scanner(policy)
    report = GuardReport()
    with object_reader(top) as reader:
        for path in staged_paths(top):
            report.files += 1
            reason = private_path(path)
            if reason:
                report.private_files.append((path, reason))
                continue
            for finding in object_findings(reader, f":{path}", path, scanner, policy):
                report.scan.add(finding, policy)
    report.scan.files = report.files
    return report


def object_findings(
    reader: ObjectReader, name: str, path: str, scanner: Scanner, policy: Policy, *, headers: bool = False
) -> Iterator[Finding]:
    """The findings in one object of the repository. Of a commit or tag (`headers`) only the message is looked at."""
    line = 1
    blocks = reader.blocks(name)
    for number, block in enumerate(blocks):
        if number == 0 and why_not_text(block[:8192]):
            blocks.close()  # type: ignore[attr-defined]
            return
        if headers and number == 0:
            block = block.partition(b"\n\n")[2]
        for unit in _units(block, line, path):
            for finding in unit_findings(path, unit, scanner, policy):
                if PRAGMA not in _line_of(block, finding.line - line):
                    yield finding
        line += block.count(b"\n")


def _units(block: bytes, line: int, path: str) -> Iterator[Unit]:
    if path.endswith(".jsonl"):
        for number, raw in enumerate(block.splitlines(keepends=True), start=line):
            yield from line_units(raw, number)
    else:
        yield Unit(line=line, field="", name="", record="", text=decode(block))


def _line_of(block: bytes, number: int) -> str:
    lines = block.split(b"\n", number + 1)
    return lines[number].decode("utf-8", errors="replace") if number < len(lines) else ""


def install_hook(repository: Path, *, force: bool = False) -> Path:
    """Write the pre-commit hook and return its path; one that is not ours is only replaced with `force`.

    Raises UsageError outside a git repository, or when there is a foreign hook.
    """
    folder = Path(git(repository, "rev-parse", "--git-path", "hooks").rstrip("\n"))
    folder = folder if folder.is_absolute() else repository / folder
    hook = folder / "pre-commit"
    if hook.exists() and not force:
        content = hook.read_text(encoding="utf-8", errors="replace")
        if MARK not in content:
            raise UsageError(
                f"{hook} is another program's hook; add the line `clara data guard` to it, or replace it with "
                "--install --force"
            )
    folder.mkdir(parents=True, exist_ok=True)
    python = shlex.quote(sys.executable)
    hook.write_text(
        f"#!/bin/sh\n{MARK}\n# Private data and keys stay out of commits. At your own risk: git commit --no-verify\n"
        f"if [ -x {python} ]; then exec {python} -m clara data guard; fi\nexec clara data guard\n",
        encoding="utf-8",
    )
    hook.chmod(0o755)
    return hook
