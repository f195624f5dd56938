"""The child's side: read one request a line, answer one line each, inside a memory limit. Run by pool.py.

    request  {"path": "/docs/a.pdf", "id": "a.pdf", "alarm_seconds": 70}
    answer   {"document": {…}}   or   {"reason": "corrupt", "message": "…"}

The answer goes out on a private copy of standard output, so that nothing a library prints can tear it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from clara.errors import ExtractionError
from clara.extraction.readers import backend_stamp, load_reader
from clara.extraction.sniff import sniff_media_type
from clara.jsonl import MAX_LINE_BYTES, dump
from clara.schema import Document


def read_document(path: Path, *, document_id: str) -> Document:
    """The document in the file. Raises ExtractionError with a typed reason, MemoryError past the limit."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ExtractionError(f"cannot be opened: {error.strerror or error}", reason="unreadable") from error
    media_type = sniff_media_type(data, suffix=path.suffix)
    try:
        document = load_reader(media_type)(data, document_id=document_id, backend=backend_stamp(media_type))
    except RecursionError as error:
        raise ExtractionError("its parts are nested too deeply", reason="corrupt") from error
    if not any(page.blocks for page in document.pages):
        raise ExtractionError("there is no text in it", reason="no_text")
    return document


def answer(request: dict[str, Any]) -> tuple[str, str]:
    """The reply to one request as a line of JSON, and its reason, '' when all is well."""
    try:
        document = read_document(Path(request["path"]), document_id=request["id"])
        line = f'{{"document": {dump(document)}}}'
        if len(line.encode("utf-8")) > MAX_LINE_BYTES:
            raise ExtractionError(f"holds more than {MAX_LINE_BYTES // 2**20} MiB of text", reason="too_large")
        return line, ""
    except ExtractionError as error:
        reason, message = error.reason, str(error)
    except MemoryError:
        reason, message = "memory", "needs more memory than a worker may use (--memory-mb)"
    except Exception as error:  # a reader's bug on a strange file must not end the folder; it is reported as such
        reason, message = "reader_error", f"{type(error).__name__}: {error}"[:500]
    return json.dumps({"reason": reason, "message": message}), reason


def main() -> None:
    """Serve requests until standard input ends, which it does when the parent is gone."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _limit_memory(int(sys.argv[1]))
    if hasattr(signal, "SIGINT"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    for line in sys.stdin:
        request = json.loads(line)
        _alarm(request["alarm_seconds"])
        reply, reason = answer(request)
        _alarm(0)
        replies.write(reply + "\n")
        replies.flush()
        if reason == "memory":
            return  # what is left of the heap is in pieces; the parent starts a fresh worker


def _limit_memory(memory_mb: int) -> None:
    """An address-space limit where the system has one; elsewhere the parent watches."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        limit = memory_mb * 2**20
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (limit if hard < 0 else min(limit, hard), hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _alarm(seconds: int) -> None:
    """Die, even inside native code, when the parent was killed and cannot enforce the limit any more."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


if __name__ == "__main__":
    main()
