"""Every reply that ever arrived and every request that ever left, on disk: nothing is paid twice or leaves unseen.

`replies` is keyed by the hash of the whole request. `sent` has a line for each request, written before it leaves.
Neither the key of the endpoint nor the text that was sent is stored: only its hash, its size and whose text it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clara.errors import LLMError

SCHEMA = (
    """
    CREATE TABLE IF NOT EXISTS replies (
        key TEXT PRIMARY KEY,
        model TEXT NOT NULL,
        content TEXT NOT NULL,
        prompt_tokens INTEGER NOT NULL,
        completion_tokens INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS sent (
        number INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        host TEXT NOT NULL,
        model TEXT NOT NULL,
        purpose TEXT NOT NULL,
        documents TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        bytes_out INTEGER NOT NULL,
        bytes_in INTEGER NOT NULL DEFAULT 0,
        outcome TEXT NOT NULL DEFAULT 'sent, no reply seen'
    )
    """,
)
ADDED = {"finish": "TEXT NOT NULL DEFAULT 'stop'", "purpose": "TEXT NOT NULL DEFAULT ''"}  # since the first journals
COLUMNS = {"key", "model", "content", "prompt_tokens", "completion_tokens"}
OPENING_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered to one request.

    `finish` is 'stop', or why there is no whole answer: 'length', 'content_filter', 'refusal', 'empty'.
    """

    content: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    finish: str = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request that left the machine: where to, whose text, how much, and what came of it."""

    at: str
    host: str
    model: str
    purpose: str
    documents: tuple[str, ...]
    sha256: str
    bytes_out: int
    bytes_in: int
    outcome: str


def _begun(path: Path) -> bool:
    """Whether there is a table in the file: a kill or a full disk may have come before the first."""
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=OPENING_SECONDS)
    try:
        return bool(database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone())
    finally:
        database.close()


def request_key(base_url: str, request: dict[str, Any]) -> str:
    """The hash of everything that decides the reply: address, model, messages, format and sampling settings.

    >>> request_key("http://a/v1", {"model": "m", "n": 1}) == request_key("http://a/v1/", {"n": 1, "model": "m"})
    True
    """
    whole = {"base_url": base_url.rstrip("/"), "request": request}
    canonical = json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


class Journal:
    """A SQLite file in WAL mode: a reply is durable once `put` returns, even if the process is killed right after.

    Other processes may read and write it meanwhile. `path=None` keeps the journal in memory; with `read_only` nothing
    is created or changed. Raises LLMError when the file is not a journal or cannot be written.
    """

    def __init__(self, path: Path | None, *, read_only: bool = False) -> None:
        self.path = path
        try:
            if path is not None and read_only and _begun(path):
                self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=OPENING_SECONDS)
                self._db.execute("SELECT key FROM replies LIMIT 1").fetchone()
            else:
                if path is not None:
                    path.parent.mkdir(parents=True, exist_ok=True)
                where = ":memory:" if path is None or read_only else path  # nothing is kept yet
                self._db = sqlite3.connect(where, timeout=OPENING_SECONDS, isolation_level=None)
                self._prepare()
            columns = {row[1] for row in self._db.execute("PRAGMA table_info(replies)")}
            if missing := COLUMNS - columns:
                raise sqlite3.DatabaseError(f"made by another program or version: no {', '.join(sorted(missing))}")
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise LLMError(f"{path} is held by another program ({error}); end it and run again") from None
            if isinstance(error, sqlite3.OperationalError) and re.search(
                "I/O|full|readonly|unable to open", str(error)
            ):
                raise LLMError(
                    f"{path} cannot be written ({error}): is the disk full, or the folder read-only?"
                ) from None
            raise LLMError(f"{path} is not a readable journal of LLM replies ({error}); move it away") from None
        except OSError as error:
            raise LLMError(f"{path} cannot be read: {error.strerror or error}") from None
        self._finish = "finish" if "finish" in columns else "'stop'"
        self._has_sent = bool(self._db.execute("PRAGMA table_info(sent)").fetchall())

    def _prepare(self) -> None:
        until = time.monotonic() + OPENING_SECONDS
        while True:
            try:
                self._db.execute("PRAGMA journal_mode=WAL")  # does not wait for another process: so we do
                self._db.execute("PRAGMA synchronous=NORMAL")
                with self._transaction():
                    for statement in SCHEMA:
                        self._db.execute(statement)
                    there = {row[1] for row in self._db.execute("PRAGMA table_info(replies)")}
                    for name, kind in ADDED.items():
                        if name not in there:
                            self._db.execute(f"ALTER TABLE replies ADD COLUMN {name} {kind}")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
                time.sleep(0.05)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with self._transaction():
                yield
        except sqlite3.Error as error:  # a full disk, a folder that became read-only
            raise LLMError(f"cannot write to the journal {self.path} ({error}); no more requests are sent") from None

    def get(self, key: str) -> Reply | None:
        query = f"SELECT content, prompt_tokens, completion_tokens, {self._finish} FROM replies WHERE key = ?"
        try:
            row = self._db.execute(query, (key,)).fetchone()
        except sqlite3.Error as error:  # a damaged page
            raise LLMError(f"{self.path} cannot be read ({error}); move it away, or restore it from a copy") from None
        return Reply(*row) if row else None

    def put(
        self, key: str, reply: Reply, *, model: str, purpose: str = "", number: int | None = None, bytes_in: int = 0
    ) -> None:
        """Keep a reply; the first one for a key wins, so a resumed run repeats the earlier run exactly.

        `number` is the request it answers, as `send` returned it.
        """
        row = (key, model, reply.content, reply.prompt_tokens, reply.completion_tokens, reply.finish, purpose)
        columns = "key, model, content, prompt_tokens, completion_tokens, finish, purpose"
        with self._writing():
            self._db.execute(f"INSERT OR IGNORE INTO replies ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            if number is not None:
                self._db.execute(_OUTCOME, (bytes_in, "answered", number))

    def send(
        self, *, host: str, model: str, purpose: str, documents: Sequence[str], sha256: str, bytes_out: int
    ) -> int:
        """Note a request that is about to leave; its number."""
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        row = (at, host, model, purpose, json.dumps(sorted(set(documents)), ensure_ascii=False), sha256, bytes_out)
        columns = "at, host, model, purpose, documents, sha256, bytes_out"
        with self._writing():
            cursor = self._db.execute(f"INSERT INTO sent ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return int(cursor.lastrowid or 0)

    def failed(self, number: int, *, bytes_in: int, reason: str) -> None:
        """Note that a request that left got no usable reply."""
        with self._writing():
            self._db.execute(_OUTCOME, (bytes_in, reason, number))

    def all_sent(self) -> Iterator[Sent]:
        """Every request that ever left, in order; also those of runs that were killed."""
        if not self._has_sent:
            return
        columns = "at, host, model, purpose, documents, sha256, bytes_out, bytes_in, outcome"
        for row in self._rows(f"SELECT {columns} FROM sent ORDER BY number"):
            at, host, model, purpose, documents, sha256, bytes_out, bytes_in, outcome = row
            yield Sent(
                at=at,
                host=host,
                model=model,
                purpose=purpose,
                documents=tuple(json.loads(documents)),
                sha256=sha256,
                bytes_out=bytes_out,
                bytes_in=bytes_in,
                outcome=outcome,
            )

    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._db.execute(query)
        except sqlite3.Error as error:
            raise LLMError(f"{self.path} cannot be read ({error}); move it away, or restore it from a copy") from None

    def mean_reply_tokens(self, model: str) -> dict[str, tuple[int, float]]:
        """How many whole replies of each purpose the model has given, and their mean length in tokens."""
        if self._finish != "finish":
            return {}
        query = (
            "SELECT purpose, count(*), avg(completion_tokens) FROM replies "
            "WHERE model = ? AND finish = 'stop' AND purpose != '' GROUP BY purpose"
        )
        return {purpose: (count, float(mean)) for purpose, count, mean in self._db.execute(query, (model,))}

    def __len__(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM replies").fetchone()[0])

    def close(self) -> None:
        self._db.close()


_OUTCOME = "UPDATE sent SET bytes_in = ?, outcome = ? WHERE number = ?"
