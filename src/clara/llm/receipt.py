"""privacy_receipt.json: what left the machine while the files beside it were made. Never the key, never the text.

It is derived from the journals, where each request is noted before it leaves: runs that were killed are in it too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from clara.jsonl import write_jsonl, write_lines
from clara.llm.journal import Journal, Sent

JOURNAL, VISION_JOURNAL = "llm_journal.sqlite", "vision_journal.sqlite"  # of texts, of pictures: one receipt for both
RECEIPT, REQUESTS = "privacy_receipt.json", "privacy_receipt_requests.jsonl"
UNDER_WAY = "a run is sending, or was killed before it could complete this receipt: run the same command again"
NOTHING = "nothing left the machine"


def write_receipt(folder: Path, *, under_way: bool = False) -> dict[str, Any]:
    """Write the receipt of `folder` from its journals (those that exist) and return it.

    Written `under_way`, before a run sends, it says that it is not the whole: should the run be killed, what stays is
    no claim that nothing left. The next run of the folder, of any kind, completes it from the journals.

    The SHA-256 of each body, with its size and what came of it, goes to privacy_receipt_requests.jsonl; that file is
    there only when something left.
    """
    journals = [folder / VISION_JOURNAL, folder / JOURNAL]
    sent = [one for path in journals if path.is_file() for one in _read(path)]
    receipt = make_receipt(sent)
    if under_way:
        receipt = {**receipt, "summary": f"{UNDER_WAY}; so far: {receipt['summary']}", "under_way": True}
    if sent:
        receipt["requests_listed_in"] = REQUESTS
        write_jsonl(folder / REQUESTS, (_line(one) for one in sent))
    else:
        (folder / REQUESTS).unlink(missing_ok=True)
    write_lines(folder / RECEIPT, [json.dumps(receipt, ensure_ascii=False, indent=2)])
    return receipt


def make_receipt(sent: Sequence[Sent]) -> dict[str, Any]:
    """The totals, by endpoint and model, and the documents whose text was in a request."""
    endpoints: dict[tuple[str, str], dict[str, Any]] = {}
    for one in sent:
        fresh = {"host": one.host, "model": one.model, "requests": 0, "answered": 0, "bytes_out": 0, "bytes_in": 0,
                 "first": one.at, "last": one.at}  # fmt: skip
        counts = endpoints.setdefault((one.host, one.model), fresh)
        counts["requests"] += 1
        counts["answered"] += one.outcome == "answered"
        counts["bytes_out"] += one.bytes_out
        counts["bytes_in"] += one.bytes_in
        counts["first"], counts["last"] = min(counts["first"], one.at), max(counts["last"], one.at)
    hosts = sorted({one.host for one in sent})
    documents = sorted({document for one in sent for document in one.documents})
    said = f"text of {len(documents)} documents was sent to {', '.join(hosts)}" if sent else NOTHING
    return {
        "summary": said,
        "requests": len(sent),
        "bytes_out": sum(one.bytes_out for one in sent),
        "bytes_in": sum(one.bytes_in for one in sent),
        "endpoints": [endpoints[key] for key in sorted(endpoints)],
        "documents": documents,
    }


def _read(path: Path) -> Iterator[Sent]:
    journal = Journal(path, read_only=True)
    try:
        yield from journal.all_sent()
    finally:
        journal.close()


def _line(one: Sent) -> dict[str, Any]:
    return {
        "at": one.at,
        "host": one.host,
        "model": one.model,
        "purpose": one.purpose,
        "documents": list(one.documents),
        "sha256": one.sha256,
        "bytes_out": one.bytes_out,
        "bytes_in": one.bytes_in,
        "outcome": one.outcome,
    }
