"""Reading a git repository through git itself: staged files, whole history. Nothing is changed here."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from clara.errors import UsageError

# paths that hold private data or keys whatever is in them: (pattern, what it is)
_PRIVATE_PATHS = (
    (r"(?:^|/)data/(?:internal|private|raw)/", "private data folder"),
    (r"(?:^|/)raw_data/", "folder of raw documents"),
    (
        r"(?:^|/)(?:runs|stores|checkpoints)/[^/]+/.*\.(?:safetensors|pt|pth|bin|lance|sqlite|arrow|jsonl)$",
        "trained or stored data",
    ),
    (r"\.lance/", "memory store"),
    (r"(?:^|/)(?:raw_knowledge(?:\.redacted)?|described_knowledge)\.jsonl$", "extracted text of documents"),
    (r"(?:^|/)(?:llm|vision)_journal\.sqlite(?:-\w+)?$", "replies of an endpoint"),
    (r"(?:^|/)extraction_report\.json$", "names of private documents"),
    (r"\.private\.jsonl$", "private rows"),
    (r"(?:^|/)\.env(?:\.(?!example$|sample$|template$|dist$)[^/]*)?$", "environment file with keys"),
    (r"\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk|asc\.key)$", "key file"),
    (r"(?:^|/)id_(?:rsa|dsa|ecdsa|ed25519)$", "SSH key"),
    (
        r"(?:^|/)(?:\.netrc|\.pgpass|\.htpasswd|\.pypirc|\.aws/credentials|\.docker/config\.json|\.kube/config)$",
        "login file",
    ),
    (r"(?:^|/)(?:credentials|service[-_]account)[^/]*\.json$", "key file of a cloud service"),
)
_PRIVATE = [(re.compile(pattern, re.IGNORECASE), label) for pattern, label in _PRIVATE_PATHS]


def private_path(path: str) -> str | None:
    """What makes a path private, or None.

    >>> private_path(".env"), private_path(".env.example"), private_path("data/internal/rows.jsonl")
    ('environment file with keys', None, 'private data folder')
    """
    return next((label for pattern, label in _PRIVATE if pattern.search(path)), None)


class Blob(NamedTuple):
    """One object of the history. `path` is the first path git knows it by; empty for a message."""

    sha: str
    kind: str  # blob, commit or tag
    size: int
    path: str


def git(repository: Path, *arguments: str) -> str:
    """The output of one git command. Raises UsageError with git's own words when it fails."""
    try:
        done = subprocess.run(
            ["git", "-C", str(repository), *arguments],
            capture_output=True,
            check=False,
            env=_environment(),
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise UsageError("git is not installed, or not on PATH") from error
    if done.returncode:
        message = done.stderr.decode("utf-8", errors="replace").strip().splitlines()
        raise UsageError(f"git {arguments[0]} in {repository}: {message[-1] if message else 'failed'}")
    return done.stdout.decode("utf-8", errors="surrogateescape")


def staged_paths(repository: Path) -> list[str]:
    """Paths that the next commit adds or changes, relative to the top folder."""
    shown = git(repository, "diff", "--cached", "--name-only", "-z", "--no-renames", "--diff-filter=ACMT")
    return [path for path in shown.split("\0") if path]


def history_objects(repository: Path) -> Iterator[Blob]:
    """Every blob, commit and annotated tag that any branch, tag, note or stash reaches, each once."""
    listing = subprocess.Popen(
        ["git", "-C", str(repository), "rev-list", "--objects", "--all"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment(),
    )  # fmt: skip
    checking = subprocess.Popen(
        ["git", "-C", str(repository), "cat-file", "--batch-check=%(objecttype) %(objectname) %(objectsize) %(rest)"],
        stdin=listing.stdout, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment(),
    )  # fmt: skip
    assert listing.stdout is not None
    assert checking.stdout is not None
    listing.stdout.close()
    with checking.stdout:
        for raw in checking.stdout:
            kind, sha, size, path = raw.decode("utf-8", errors="surrogateescape").rstrip("\n").split(" ", 3)
            if kind in ("blob", "commit", "tag"):
                yield Blob(sha=sha, kind=kind, size=int(size), path=path if kind == "blob" else "")
    if checking.wait() or listing.wait():
        raise UsageError(f"{repository}: git could not list the history; is the repository damaged? (git fsck)")


@contextmanager
def object_reader(repository: Path) -> Iterator[ObjectReader]:
    """Reads objects one after another through one `git cat-file --batch`."""
    process = subprocess.Popen(
        ["git", "-C", str(repository), "cat-file", "--batch"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield ObjectReader(process.stdin, process.stdout)
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait()


class ObjectReader:
    """One object at a time, in blocks: memory does not grow with its size."""

    def __init__(self, ask: IO[bytes], answers: IO[bytes]) -> None:
        self._ask, self._answers = ask, answers

    def blocks(self, name: str, block_bytes: int = 2**22) -> Iterator[bytes]:
        """The content of an object in blocks that end at line ends where it has any. Read to the end, or close."""
        self._ask.write(name.encode("utf-8", errors="surrogateescape") + b"\n")
        self._ask.flush()
        header = self._answers.readline().split()
        if len(header) < 3 or not header[-1].isdigit():
            raise UsageError(f"git has no object {name!r} (a shallow or partial clone? fetch all of it)")
        left, rest = int(header[-1]), b""
        try:
            while left:
                block = self._answers.read(min(block_bytes, left))
                left -= len(block)
                block = rest + block
                cut = (block.rfind(b"\n") + 1 or len(block)) if left else len(block)
                rest = block[cut:]
                yield block[:cut]
        finally:
            while left:
                left -= len(self._answers.read(min(block_bytes, left)))
            self._answers.read(1)  # the line end after the content


def _environment() -> dict[str, str]:
    """git's messages in English, no prompts, no network of a partial clone."""
    return {
        **os.environ,
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
    }
