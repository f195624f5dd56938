"""The child's side: read one request a line, answer one line each, inside a memory limit. Run by pool.py.

    request  {"path": "/docs/a.pdf", "id": "a.pdf", "alarm_seconds": 70, "settings": {…}, "images": "/out/images"}
    answer   {"document": {…}}   or   {"reason": "corrupt", "message": "…"}
    before   {"more_seconds": 90}: a page is being recognised, which has its own limit; may come many times

Pictures are written to the folder the request names, each under a name made of its content.

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
from clara.extraction.images import ImageFolder
from clara.extraction.readers import load_reader, reader_extras, stamp_for
from clara.extraction.settings import MoreTime, ReadSettings, no_more_time
from clara.extraction.sniff import sniff_media_type
from clara.jsonl import MAX_LINE_BYTES, dump
from clara.schema import Document

ALARM_MARGIN_SECONDS = 10  # the child's own alarm goes off this much after the parent's limit


def read_document(
    path: Path,
    *,
    document_id: str,
    settings: ReadSettings | None = None,
    images: Path | None = None,
    more_time: MoreTime = no_more_time,
) -> Document:
    """The document in the file. Raises ExtractionError with a typed reason, MemoryError past the limit."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ExtractionError(f"cannot be opened: {error.strerror or error}", reason="unreadable") from error
    settings = settings or ReadSettings()
    media_type = sniff_media_type(data, suffix=path.suffix)
    folder = ImageFolder(images, min_side=settings.min_image_side)
    extras = {"images": folder, "settings": settings, "more_time": more_time}
    taken = {name: extras[name] for name in reader_extras(media_type)}
    try:
        document = load_reader(media_type)(
            data, document_id=document_id, backend=stamp_for(media_type, settings), **taken
        )
    except RecursionError as error:
        raise ExtractionError("its parts are nested too deeply", reason="corrupt") from error
    blocks = [block for page in document.pages for block in page.blocks]
    if not any(block.text.strip() for block in blocks) and not (settings.keep_textless and blocks):
        raise ExtractionError("there is no text in it", reason="no_text")
    return document


def answer(request: dict[str, Any], *, more_time: MoreTime = no_more_time) -> tuple[str, str]:
    """The reply to one request as a line of JSON, and its reason, '' when all is well."""
    try:
        document = read_document(
            Path(request["path"]),
            document_id=request["id"],
            settings=ReadSettings(**request.get("settings", {})),
            images=Path(request["images"]) if request.get("images") else None,
            more_time=more_time,
        )
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

    def more_time(seconds: int) -> None:
        _alarm(seconds + ALARM_MARGIN_SECONDS)
        replies.write(json.dumps({"more_seconds": seconds}) + "\n")
        replies.flush()

    for line in sys.stdin:
        request = json.loads(line)
        _alarm(request["alarm_seconds"])
        reply, reason = answer(request, more_time=more_time)
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
