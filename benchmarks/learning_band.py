"""How well a short training run of the demo's recipe does, over seeds: the band that tests/demo/test_learning.py holds.

    python benchmarks/learning_band.py --seeds 0 1 2 3 4 5 6 7 8 9

One run: 220 fictional sheets as files, extraction, offline drafting, a fifth of the recipe's steps in each stage, then
40 held-out sheets and 84 questions. About a minute on two quiet cores. What breaks the recipe silently (a loss on the
wrong tokens, an adapter that is not trained, memory that is not read) falls far below the band.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from clara.chunking import load_token_counter
from clara.demo.corpus import make_world
from clara.demo.heldout import extract_parts, read_passages
from clara.demo.measuring import measure_checkpoint
from clara.demo.questions import heldout_questions
from clara.demo.recipe import MODEL, DemoSettings
from clara.demo.run import training_forms, untrained_model
from clara.demo.writers import write_corpus
from clara.modeling import ClaraModel
from clara.schema import STAGES
from clara.synthesis import ExtractiveDrafter, synthesize
from clara.training import parse_config, train_stage

DOCUMENTS, HELD_OUT, QUESTIONS = 220, 40, 84
STEPS_FACTOR = 0.2 * 1000 / DOCUMENTS  # a fifth of the recipe's steps, whatever the number of documents
SCORES = ("exact_match_gold_document", "recall_at_1", "exact_match")


def short_run(seed: int, folder: Path) -> dict[str, float]:
    """Train for about a minute and return the three scores on held-out documents, before and after training.

    Keys: each of SCORES, and 'untrained_' + each.
    """
    world = make_world(seed, num_train=DOCUMENTS, num_heldout=HELD_OUT)
    documents, raw, data = folder / "documents", folder / "extracted", folder / "data"
    write_corpus(world, documents)
    extract_parts(documents, raw, ("train", "heldout"), lambda done, total, words: None)
    settings = DemoSettings(output=folder, seed=seed, documents=DOCUMENTS, steps_factor=STEPS_FACTOR)
    synthesize(
        raw / "train.jsonl",
        data,
        drafter=ExtractiveDrafter(seed=seed),
        tokenizer=load_token_counter(settings.base_model),
        max_tokens=MODEL["doc_max_length"],
        num_documents=MODEL["num_documents"],
        seed=seed,
    )
    values = settings.training(data, folder / "runs")
    values["data"]["max_eval_rows"] = 0
    config = parse_config(values, where="learning_band")
    for stage in STAGES:
        checkpoint = train_stage(config, stage).checkpoint
    passages = read_passages(raw / "heldout.jsonl", settings.base_model)
    asked = heldout_questions(world, seed=seed, training_forms=training_forms(world, data), num=QUESTIONS)
    found: dict[str, float] = {}
    models = {
        "untrained_": ("untrained", untrained_model(config)),
        "": (checkpoint, ClaraModel.from_pretrained(checkpoint, device="cpu")),
    }
    for prefix, (path, model) in models.items():
        scores: dict[str, Any] = measure_checkpoint(
            model,
            path,
            folder / f"store_{prefix}",
            passages,
            asked,
            folder / "evaluation",
            f"{prefix}short_run",
            allow_untrained=prefix == "untrained_",
        )
        found |= {prefix + name: scores[name]["mean"] for name in SCORES}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(10)))
    runs = []
    for seed in parser.parse_args().seeds:
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            runs.append(short_run(seed, Path(folder)))
        print(json.dumps({"seed": seed, "seconds": round(time.monotonic() - started), **runs[-1]}), flush=True)
    for name in runs[0]:
        values = [run[name] for run in runs]
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        print(
            f"{name}: mean {statistics.mean(values):.3f}, sd {spread:.3f}, min {min(values):.3f}, max {max(values):.3f}"
        )


if __name__ == "__main__":
    main()
