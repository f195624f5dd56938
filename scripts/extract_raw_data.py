#!/usr/bin/env python
"""Read a folder of PDF, DOCX and PPTX files into raw_knowledge.jsonl; the same as `clara extract`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from clara.errors import ClaraError
from clara.extraction.console import extract_with_progress


def main() -> int:
    """Exit code: 0 when at least one document was read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input-dir", default=os.environ.get("RAW_DATA_DIR"), help="default: $RAW_DATA_DIR")
    parser.add_argument("--output-file", default="raw_knowledge.jsonl", help="default: %(default)s")
    parser.add_argument("--workers", type=int, default=None, help="child processes; default: one per core")
    arguments = parser.parse_args()
    if not arguments.input_dir:
        parser.error("name the folder with --input-dir, or set RAW_DATA_DIR")
    try:
        extract_with_progress(Path(arguments.input_dir), Path(arguments.output_file), workers=arguments.workers)
    except ClaraError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
