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
    parser.add_argument("--tasks", default="", help="qa,complex,paraphrase,instruction,assignment,end_to_end")
    parser.add_argument("--language", default="auto", help="of the prompts: en, zh or auto")
    parser.add_argument("--cross-lingual", default="", help="ask every fact in this language too")
    parser.add_argument("--unanswerable-share", type=float, default=0.0)
    parser.add_argument("--negatives", default="", help="bm25, embedding or both")
    parser.add_argument("--embedding-model", default="")
    parser.add_argument("--judge-threshold", type=float, default=None)
    parser.add_argument("--judge-model", default="")
    parser.add_argument("--max-requests", type=int, default=None, help="stop after so many requests (exit code 3)")
    parser.add_argument("--max-cost", type=float, default=None, help="stop before it costs more; needs the prices")
    parser.add_argument("--price-in", type=float, default=None, help="of a million prompt tokens")
    parser.add_argument("--price-out", type=float, default=None, help="of a million reply tokens")
    parser.add_argument("--requests-per-minute", type=float, default=None)
    parser.add_argument("--tokens-per-minute", type=float, default=None)
    parser.add_argument("--timeout-seconds", type=float, default=120.0)
    parser.add_argument("--dry-run", action="store_true", help="estimate requests, tokens and cost; send nothing")
    parser.add_argument("--preview", type=int, default=0, help="show so many rows before the rest is made")
    parser.add_argument("--yes", action="store_true", help="after a preview, make the rest without asking")
    parser.add_argument("--privacy", default="block", help="block, warn, redact or off, before text goes to --base-url")
    parser.add_argument("--privacy-policy", type=Path, default=None)
    arguments = vars(parser.parse_args())
    from dataclasses import fields

    from clara.synthesis.console import synthesize_with_progress
    from clara.synthesis.spending import RunLimits

    arguments["limits"] = RunLimits(
        **{field.name: arguments.pop(field.name) for field in fields(RunLimits) if field.name in arguments}
    )
    try:
        synthesize_with_progress(arguments.pop("raw_knowledge"), arguments.pop("output_dir"), **arguments)
    except ClaraError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
