"""`clara data audit-repo`: what private data any commit ever held, and the steps that take it out again."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clara.errors import UsageError
from clara.quality.findings import KINDS
from clara.quality.git import Blob, git, history_objects, object_reader, private_path
from clara.quality.guard import object_findings
from clara.quality.policy import Policy
from clara.quality.scan import ScanReport, make_scanner
from clara.quality.units import decode, why_not_text

_MOST_LOOKED_UP = 300  # objects whose first commit is looked for; each costs a walk through the history


@dataclass(kw_only=True)
class AuditReport:
    """Private paths and findings of a whole history. A finding's file is `path`, or 'message of COMMIT'."""

    objects: int = 0
    commits: int = 0
    private_files: dict[str, str] = field(default_factory=dict)  # path -> what it is
    scan: ScanReport = field(default_factory=ScanReport)
    commit_of: dict[str, str] = field(default_factory=dict)  # object -> first commit that has it
    found: list[dict[str, Any]] = field(default_factory=list)
    message_findings: int = 0

    @property
    def clean(self) -> bool:
        return not self.private_files and not self.scan.blocked

    def as_json(self) -> dict[str, Any]:
        return {
            "clean": self.clean,
            "objects": self.objects,
            "commits": self.commits,
            "private_files": [{"path": path, "what": what} for path, what in self.private_files.items()],
            "blocked": self.scan.blocked,
            "warned": self.scan.warned,
            "counts": dict(self.scan.counts),
            "findings": self.found,
        }


def audit(repository: Path, policy: Policy, *, progress: Callable[[int], None] | None = None) -> AuditReport:
    """Scan every blob and message that any branch, tag or stash reaches, one at a time.

    Raises UsageError when the folder is no git repository or its history is incomplete.
    """
    if git(repository, "rev-parse", "--is-shallow-repository").strip() == "true":
        raise UsageError(f"{repository} is a shallow clone: its history is not all here (git fetch --unshallow)")
    report = AuditReport()
    scanner = make_scanner(policy)
    with object_reader(repository) as reader:
        for blob in history_objects(repository):
            report.objects += 1
            report.commits += blob.kind == "commit"
            if progress:
                progress(report.objects)
            what = private_path(blob.path) if blob.path else None
            if what:
                report.private_files.setdefault(blob.path, what)
                continue
            shown = blob.path or f"message of {blob.kind} {blob.sha[:12]}"
            for finding in object_findings(reader, blob.sha, shown, scanner, policy, headers=blob.kind != "blob"):
                before = len(report.scan.findings)
                report.scan.add(finding, policy)
                if len(report.scan.findings) > before:
                    report.message_findings += blob.kind != "blob"
                    report.found.append({"commit": _commit_of(repository, blob, report), **finding.as_json()})
    return report


def _commit_of(repository: Path, blob: Blob, report: AuditReport) -> str:
    """The oldest commit that holds an object; empty when too many were asked for."""
    if blob.kind == "commit":
        return blob.sha
    if blob.sha not in report.commit_of:
        if len(report.commit_of) >= _MOST_LOOKED_UP:
            return ""
        commits = git(repository, "log", "--all", "--format=%H", "--reverse", f"--find-object={blob.sha}").split()
        report.commit_of[blob.sha] = commits[0] if commits else ""
    return report.commit_of[blob.sha]


def write_replacements(repository: Path, policy: Policy, target: Path) -> int:
    """Write git filter-repo's list of what to replace: every blocked value of the history, in clear. Returns how many.

    Only you can read the file; inside the repository, where it could be committed, it is refused. Delete it after use.
    """
    try:
        top = Path(git(repository, "rev-parse", "--show-toplevel").rstrip("\n")).resolve()
    except UsageError:  # a bare repository
        top = repository.resolve()
    if target.resolve().is_relative_to(top):
        raise UsageError(
            f"{target} lies inside the repository; the list holds the secrets in clear, write it elsewhere"
        )
    values: dict[str, str] = {}
    scanner = make_scanner(policy)
    with object_reader(repository) as reader:
        for blob in history_objects(repository):
            if blob.path and private_path(blob.path):
                continue
            for text in _texts(reader.blocks(blob.sha)):
                for span in scanner.scan(text):
                    value = text[span.start : span.end]
                    if policy.action(span.kind) == "block" and not policy.allows(value):
                        values.setdefault(value, "SECRET" if KINDS[span.kind] == "secret" else span.kind.upper())
    lines = [line for value, kind in values.items() for line in _replacement(value, kind)]
    target.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in dict.fromkeys(lines))
    return len(values)


def _replacement(value: str, kind: str) -> Iterator[str]:
    """git filter-repo reads one value a line: a key block is replaced line by line."""
    for line in value.splitlines():
        if line.strip() and not line.startswith("-----"):
            yield f"literal:{line.strip()}==>[{kind}_REMOVED]"
    for line in value.splitlines():
        if "PRIVATE KEY" in line:
            yield f"literal:{line.strip()}==>[{kind}_REMOVED]"


def _texts(blocks: Iterator[bytes]) -> Iterator[str]:
    for number, block in enumerate(blocks):
        if number == 0 and why_not_text(block[:8192]):
            return
        yield decode(block)


def clean_up_steps(report: AuditReport, policy_option: str = "") -> list[str]:
    """What to do now, in order; lines that start with '  ' are commands to run in a fresh clone."""
    if report.clean:
        return []
    steps = [
        "1. Rotate first: revoke every key, token and password found, and make new ones. What was pushed once "
        "is known;",
        "   rewriting history does not take it back.",
        "2. Take it out of every commit, in a fresh clone (pip install git-filter-repo), with no work of "
        "others pending:",
        "  url=$(git remote get-url origin)",
    ]
    if report.scan.blocked:
        steps.append(f"  clara data audit-repo . --replacements ../replacements.txt{policy_option} || true")
    command = "  git filter-repo --force"
    if report.private_files:
        command += " --invert-paths " + " ".join(
            f"--path {shlex.quote(path)}" for path in sorted(report.private_files)[:200]
        )
        steps.append(command)
        command = "  git filter-repo --force"
    if report.scan.blocked:
        command += " --replace-text ../replacements.txt"
        if report.message_findings:
            command += " --replace-message ../replacements.txt"
        steps += [command, "  rm ../replacements.txt"]
    steps += [
        "  git reflog expire --expire=now --all && git gc --prune=now --quiet",
        f"  clara data audit-repo .{policy_option}",
        "3. Put the clean history in place of the old one:",
        '  git remote add origin "$url"',
        "  git push --force --all && git push --force --tags",
        "4. Tell everybody with a clone to clone anew (a merge from an old clone brings it all back), and ask "
        "the host to drop",
        "   caches, forks and pull requests that still show the old commits.",
        "5. Keep it out: clara data guard --install, in every clone.",
    ]
    return steps
