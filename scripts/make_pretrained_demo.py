#!/usr/bin/env python
"""Turn a finished demo into the checkpoint `clara demo --pretrained` answers from: adapters in bf16, a record, a card.

clara demo --yes --output demo_output
python scripts/make_pretrained_demo.py demo_output
clara demo --pretrained
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from clara.assets import TINY_BASE, tiny_demo_path
from clara.demo.corpus import make_world
from clara.demo.heldout import corpus_digest
from clara.demo.pretrained import TrainingRecord
from clara.demo.questions import WORDINGS, question_forms
from clara.demo.recipe import DemoSettings
from clara.demo.run import training_forms
from clara.demo.steps import STATE_FILE
from clara.errors import ClaraError, UsageError
from clara.modeling import ClaraModel
from clara.modeling.checkpoint import ADAPTER_WEIGHTS, read_config, replace_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demo", type=Path, metavar="DEMO_OUTPUT", help="the folder of a finished `clara demo`")
    parser.add_argument(
        "--asset", type=Path, default=tiny_demo_path(), help="folder to write (default: in the package)"
    )
    args = parser.parse_args()
    try:
        make(args.demo, args.asset)
    except ClaraError as error:
        sys.exit(f"error: {error}")
    size = sum(path.stat().st_size for path in args.asset.rglob("*") if path.is_file())
    print(f"{args.asset}: {size / 1e6:.2f} MB; now run: clara demo --pretrained")


def make(demo: Path, asset: Path) -> None:
    """Write the asset folder, whole or not at all.

    Raises UsageError when `demo` is not a finished demo on the embedded base, made from the corpus of this version;
    CheckpointError when its checkpoint does not fit the embedded base of today.
    """
    report, settings = _read_finished(demo)
    world = make_world(settings.seed, num_train=settings.documents, num_heldout=settings.held_out)
    if report["corpus_digest"] != corpus_digest(world):
        raise UsageError(f"{demo} was made from other product sheets than this version writes; run the demo again")
    checkpoint = demo / "runs" / "end_to_end" / "model"
    ClaraModel.from_pretrained(checkpoint, device="cpu")  # trained, complete, and on the base that ships
    record = TrainingRecord(
        seed=settings.seed,
        documents=settings.documents,
        corpus_digest=report["corpus_digest"],
        training_forms=known_forms(training_forms(world, demo / "data")),
        scores=report["after_end_to_end"],
    )
    asset.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{asset.name}.", dir=asset.parent) as scratch:
        beside = Path(scratch) / asset.name
        shutil.copytree(checkpoint, beside)
        for name in read_config(beside).adapters or []:
            halve(beside / name / ADAPTER_WEIGHTS)
        record.write(beside)
        (beside / "README.md").write_text(card(report, settings), encoding="utf-8")
        for path in beside.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)  # safetensors are written for the owner only
        replace_folder(beside, asset)


def known_forms(trained: Mapping[str, int]) -> dict[str, int]:
    """Those forms of training questions that a held-out question may have; no other is ever looked up."""
    wordings = (wording.format(name="Thing") for templates in WORDINGS.values() for wording in templates)
    return {form: trained[form] for form in sorted(question_forms(wordings, names=["Thing"])) if form in trained}


def halve(file: Path) -> None:
    """Store a safetensors file's tensors in bf16; loading makes them fp32 again."""
    tensors = {key: value.to(torch.bfloat16) for key, value in load_file(file).items()}
    save_file(tensors, file, metadata={"format": "pt"})


def _read_finished(demo: Path) -> tuple[dict[str, Any], DemoSettings]:
    try:
        report = json.loads((demo / "report.json").read_text(encoding="utf-8"))
        identity = json.loads((demo / STATE_FILE).read_text(encoding="utf-8"))["identity"]
        report["corpus_digest"], report["after_end_to_end"], identity["recipe"]
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(f"{demo} is not the folder of a finished `clara demo`") from None
    if identity["base_model"] != TINY_BASE:
        raise UsageError(f"{demo} was trained on {identity['base_model']}; the package carries '{TINY_BASE}' only")
    return report, DemoSettings(output=demo, seed=identity["seed"], documents=identity["documents"])


def card(report: dict[str, Any], settings: DemoSettings) -> str:
    """The model card, from what the demo measured."""
    names = {
        "exact_match_gold_document": "exact match, the right passage given",
        "exact_match_among_distractors": "exact match, the right passage among its neighbours",
        "recall_at_1": "recall@1",
        "recall_at_5": "recall@5",
        "exact_match": "exact match end to end (retrieve, then answer)",
        "exact_match_seen": "… in phrasings that occur in training, about other products",
        "exact_match_unseen": "… in phrasings that do not",
    }
    scores = report["after_end_to_end"]
    rows = "".join(
        f"| {title} | {scores[name]['mean']:.3f} | {scores[name]['low']:.3f}–{scores[name]['high']:.3f} |\n"
        for name, title in names.items()
        if scores.get(name)
    )
    compression = report["compression"]
    return CARD.format(
        seed=settings.seed,
        documents=settings.documents,
        heldout=report["heldout"]["num_documents"],
        questions=report["heldout"]["num_questions"],
        rows=rows,
        memory_tokens=compression["memory_tokens"],
        passage_tokens=f"{compression['mean_passage_tokens']:.0f}",
        rate=f"{report['compression_rate']:.1f}",
        minutes=f"{report['seconds']['train'] / 60:.1f}",
        stages=", ".join(f"{stage} {result['steps']}" for stage, result in report["training"].items()),
    )


CARD = """---
license: apache-2.0
language: en
base_model: tiny (src/clara/assets/tiny_base)
---
# clara tiny demo

The checkpoint that one `clara demo` ends with: compressor, generator and query reasoner adapters (bf16) for the
[tiny base](../tiny_base/README.md), whose weights are not repeated here. A base with other weights is refused.
`clara demo --pretrained` answers with it; in Python it is
`ClaraModel.from_pretrained(clara.assets.tiny_demo_path())`, on the command line `--model tiny-demo`.

## What it was trained on
The {documents} fictional product sheets that `clara demo` writes for seed {seed}, read as PDF, DOCX and PPTX, with rows
drafted by the offline drafter: {minutes} minutes of training on a CPU (steps: {stages}).

**The base below it has seen compress-and-read and retrieval** before, in other invented worlds. So this shows
adaptation to a new kind of document, not the skill from zero.

## Measured
On the {heldout} held-out sheets of the same seed, whose product, maker and full person names occur in no training
text, with {questions} questions. A passage of {passage_tokens} tokens on average is read as {memory_tokens} memory
tokens (rate {rate}).

| | mean | 95 % interval |
|---|---|---|
{rows}
Other seeds make up names from the same syllables and may repeat some that were trained on: only seed {seed} is a
fair test.

## What it cannot do
Anything outside such product sheets. It is a test bench for clara's mechanics, not an assistant.
"""


if __name__ == "__main__":
    main()
