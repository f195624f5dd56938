"""Which files of a folder are read, and why the others are not. Nothing outside the folder is ever touched."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from clara.errors import UsageError
from clara.extraction.report import FileReport
from clara.extraction.sniff import SUFFIXES


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A file to read; `document_id` is its path below the root with '/' as separator."""

    path: Path
    document_id: str


def list_files(root: Path, *, exclude: set[Path]) -> tuple[list[Candidate], list[FileReport]]:
    """Candidates ordered by document id, and a report for every file or folder passed over.

    Raises UsageError when `root` is not a folder that can be opened.
    """
    if not root.is_dir():
        what = "is a file; name the folder it is in" if root.exists() else "does not exist"
        raise UsageError(f"{root} {what}")
    base = root.resolve()
    candidates: list[Candidate] = []
    skipped: list[FileReport] = []

    def skip(document_id: str, reason: str, message: str) -> None:
        name = document_id.encode("utf-8", "replace").decode("utf-8")
        skipped.append(FileReport(file=name, verdict="skipped", reason=reason, message=message))

    waiting = [(base, "")]  # no recursion: folders may be nested deeper than Python calls
    while waiting:
        folder, prefix = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            if not prefix:
                raise UsageError(f"{root} cannot be opened: {error.strerror or error}") from error
            skip(prefix, "unreadable", f"the folder cannot be opened: {error.strerror or error}")
            continue
        for entry in entries:
            path, document_id = Path(entry.path), f"{prefix}{entry.name}"
            if path in exclude or (
                not prefix and entry.name.startswith(".") and entry.name.endswith((".tmp", ".lock"))
            ):
                continue
            if problem := _why_not(entry, base):
                skip(document_id, *problem)
            elif entry.is_dir(follow_symlinks=False):
                waiting.append((path, f"{document_id}/"))
            else:
                candidates.append(Candidate(path=path, document_id=document_id))
    return sorted(candidates, key=lambda candidate: candidate.document_id), skipped


def _why_not(entry: os.DirEntry[str], base: Path) -> tuple[str, str] | None:
    """A reason and a message for not reading the entry, or None."""
    name = entry.name
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "bad_name", "its name is not UTF-8; rename it"
    if name.startswith("~$") or name.lower().endswith((".tmp", ".crdownload", ".part")):
        return "temporary", "an editor's or a download's temporary file"
    if name.startswith(".") or name == "__MACOSX":
        return "hidden", "hidden"
    try:
        if entry.is_symlink():
            target = Path(entry.path).resolve(strict=True)
            if target.is_dir():
                return "symlink", "a link to a folder is not followed"
            if not target.is_relative_to(base):
                return "outside", "links to a file outside the folder"
        elif entry.is_dir():
            return None
        mode = entry.stat().st_mode
    except (OSError, RuntimeError) as error:
        return "unreadable", f"cannot be opened: {error}"
    if not stat.S_ISREG(mode):
        return "unsupported", "not a regular file"
    if Path(name).suffix.lower() not in SUFFIXES:
        return "unsupported", f"no reader for {Path(name).suffix or 'files without a suffix'}"
    return None
