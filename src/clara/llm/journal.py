"""Every reply that ever arrived, on disk, keyed by the whole request: the same request is never paid twice.

Holds replies and token counts only. Neither the key of the endpoint nor the text that was sent is stored.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clara.errors import LLMError

SCHEMA = """
CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY,
    model TEXT NOT NULL,
    content TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered to one request."""

    content: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


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

    `path=None` keeps the journal in memory. Raises LLMError when the file is not a journal.
    """

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = sqlite3.connect(path or ":memory:", timeout=30, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute(SCHEMA)
        except sqlite3.DatabaseError as error:
            raise LLMError(f"{path} is not a readable journal of LLM replies ({error}); move it away") from None

    def get(self, key: str) -> Reply | None:
        query = "SELECT content, prompt_tokens, completion_tokens FROM replies WHERE key = ?"
        row = self._db.execute(query, (key,)).fetchone()
        return Reply(*row) if row else None

    def put(self, key: str, reply: Reply, *, model: str) -> None:
        """Keep a reply; the first one for a key wins, so a resumed run repeats the earlier run exactly."""
        row = (key, model, reply.content, reply.prompt_tokens, reply.completion_tokens)
        self._db.execute("INSERT OR IGNORE INTO replies VALUES (?, ?, ?, ?, ?)", row)

    def __len__(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM replies").fetchone()[0])

    def close(self) -> None:
        self._db.close()
