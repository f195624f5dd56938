#!/usr/bin/env python
"""Generate training data from raw_knowledge.jsonl: the same as `clara synthesize`, for those who like scripts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from clara.errors import ClaraError


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "raw_knowledge", type=Path, help="raw_knowledge.jsonl, as scripts/extract_raw_data.py writes it"
    )
    parser.add_argument("--output-dir", type=Path, default=Path("data/internal"))
    parser.add_argument("--llm", choices=["extractive"], default="", help="the offline rules; the default")
    parser.add_argument("--base-url", default="", help="OpenAI-compatible endpoint; text is sent there and only there")
    parser.add_argument("--model", default="", help="model name at that endpoint; the key comes from OPENAI_API_KEY")
    parser.add_argument("--base-model", default="tiny", help="model whose tokenizer measures the passages")
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--num-documents", type=int, default=5)
    parser.add_argument("--num-candidates", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--eval-fraction", type=float, default=0.0)
    parser.add_argument("--max-rounds", type=int, default=3)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--prompts", type=Path, default=None)
    parser.add_argument("--privacy", default="block", help="block, warn, redact or off, before text goes to --base-url")
    parser.add_argument("--privacy-policy", type=Path, default=None)
    arguments = vars(parser.parse_args())
    from clara.synthesis.console import synthesize_with_progress

    try:
        synthesize_with_progress(arguments.pop("raw_knowledge"), arguments.pop("output_dir"), **arguments)
    except ClaraError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
