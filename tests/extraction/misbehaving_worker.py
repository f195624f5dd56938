"""The real worker, except that a file's name says how reading it goes wrong. Run as a script in place of the worker."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from clara.extraction import worker
from clara.schema import Document

read_document = worker.read_document


def out_of_memory(document: Document) -> str:
    raise MemoryError  # read within the limit, but too large to be written down


def misbehave(path: Path, *, document_id: str, **rest: Any) -> Document:
    if "slow" in document_id:
        time.sleep(0.05)
    if "abort" in document_id:
        os.abort()
    if "hang" in document_id:
        time.sleep(1000)
    if "hog" in document_id:
        bytearray(8 * 2**30)
    if "noise" in document_id:
        print("a library prints to standard output")
        os.write(1, b'{"document": "and its C part too"}\n')
    if "endless" in document_id:
        worker.dump = out_of_memory
    if "bug" in document_id:
        raise KeyError("a reader's bug")
    return read_document(path, document_id=document_id, **rest)


if __name__ == "__main__":
    worker.read_document = misbehave
    sys.argv = sys.argv[-2:]
    worker.main()
