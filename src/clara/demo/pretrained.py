"""`clara demo --pretrained`: the trained demo checkpoint of the package answers about documents it never saw."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from clara import assets
from clara.demo.corpus import World, make_world
from clara.demo.heldout import (
    corpus_digest,
    count_questions,
    extract_parts,
    headline,
    index_passages,
    read_passages,
    show_answers,
    surroundings,
)
from clara.demo.measuring import (
    MAX_NEW_TOKENS,
    answer_scores,
    as_evaluation_questions,
    memory_in,
    retrieval_scores,
)
from clara.demo.questions import HeldoutQuestion, heldout_questions
from clara.demo.recipe import DemoSettings
from clara.demo.report import print_answers, scope, score_table
from clara.demo.steps import Steps, Tick
from clara.demo.writers import write_corpus
from clara.errors import CheckpointError
from clara.evaluation.baselines import GoldMemory
from clara.evaluation.evaluate import EvaluationReport, System, evaluate
from clara.jsonl import write_lines
from clara.modeling import ClaraModel
from clara.rag.engine import Engine
from clara.retrieval.store import MemoryStore
from clara.schema import Passage

RECORD_FILE = "demo.json"
NUM_STEPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRecord:
    """Beside the checkpoint: the demo it was trained in, and what that demo measured."""

    seed: int
    documents: int
    corpus_digest: str
    """Of the world of seed and documents: only in that very world is the held-out part known to be held out."""
    training_forms: dict[str, int]
    """How often training asked in each form (see questions.py): tells seen phrasings from unseen ones."""
    scores: dict[str, Any]
    """`after_end_to_end` of the demo's report.json."""

    @classmethod
    def read(cls, checkpoint: Path) -> TrainingRecord:
        """Raises CheckpointError when `checkpoint` has none."""
        path = checkpoint / RECORD_FILE
        if not path.is_file():
            raise CheckpointError(
                f"no trained demo checkpoint in {checkpoint}; make it from a finished demo: "
                "python scripts/make_pretrained_demo.py demo_output"
            )
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def write(self, checkpoint: Path) -> None:
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"
        (checkpoint / RECORD_FILE).write_text(text, encoding="utf-8")

    def settings(self, output: Path) -> DemoSettings:
        return DemoSettings(output=output, seed=self.seed, documents=self.documents)

    def world(self) -> World:
        """The world it was trained in. Raises CheckpointError when the demo's generator makes another one by now."""
        settings = self.settings(Path())
        world = make_world(self.seed, num_train=self.documents, num_heldout=settings.held_out)
        if corpus_digest(world) != self.corpus_digest:
            raise CheckpointError(
                "the trained demo checkpoint saw other product sheets than this version writes, so none is known to be "
                "held out; train it again: clara demo, then python scripts/make_pretrained_demo.py demo_output"
            )
        return world


def run_pretrained(out: Path, *, console: Console) -> dict[str, Any]:
    """Write, extract, index and question the checkpoint's own held-out documents. Returns report.json's content.

    Raises CheckpointError when the package carries no such checkpoint, or one for another base or corpus.
    """
    checkpoint = assets.tiny_demo_path()
    record = TrainingRecord.read(checkpoint)
    world = record.world()
    model = ClaraModel.from_pretrained(checkpoint, device="cpu")
    identity = {"pretrained": {"corpus": record.corpus_digest, "checkpoint": model.fingerprint()}}
    steps = Steps(out, identity, total=NUM_STEPS, console=console)
    documents, raw, store = out / "documents", out / "extracted", out / "store"
    model_path = str(checkpoint.resolve())

    steps.run("corpus", "writing the held-out product sheets", lambda tick: _write(world, documents, tick))
    extracted = steps.run(
        "extract",
        "extracting text, headings and tables",
        lambda tick: extract_parts(documents, raw, ("heldout",), tick),
    )
    passages = read_passages(raw / "heldout.jsonl", model.config.base_model)
    questions = record.settings(out).questions
    asked = heldout_questions(world, seed=record.seed, training_forms=record.training_forms, num=questions)
    index = steps.run(
        "index", "compressing and indexing them", lambda tick: index_passages(model, model_path, store, passages, tick)
    )
    engine = Engine(model, MemoryStore.open(store, fingerprint=model.fingerprint()))
    scores = steps.run(
        "evaluate", f"asking {len(asked)} questions", lambda tick: _measure(engine, passages, asked, out, tick)
    )
    shown = steps.run("answers", "answering three questions with sources", lambda tick: show_answers(engine, asked))

    report = {
        "heldout": headline(scores, len(world.part("heldout")), len(asked)),
        "after_end_to_end": scores,
        "when_trained": record.scores,
        "compression_rate": index["compression_rate"],
        "compression": index,
        "seconds": {"total": steps.seconds()},
        "extraction": extracted,
        "answers": shown,
        "questions": count_questions(asked),
        "seeds": {"corpus": record.seed, "training": record.seed},
        "corpus_digest": record.corpus_digest,
        **surroundings(),
        "model": model_path,
        "store": str(store.resolve()),
    }
    write_lines(out / "report.json", [json.dumps(report, indent=2, ensure_ascii=False)])
    rows = [(["when it was trained"], record.scores), (["now"], scores)]
    console.print(score_table(scope(report), rows, heads=("CLaRa after end_to_end",), strong=1))
    print_answers(shown, console)
    console.print(
        f"\ncompression rate {index['compression_rate']:.1f}; {report['seconds']['total']:.0f} seconds of work",
        highlight=False,
    )
    return report


def _write(world: World, folder: Path, tick: Tick) -> dict[str, int]:
    part = World(world.seed, tuple(world.part("heldout")))
    write_corpus(part, folder, on_progress=lambda done, total: tick(done, total, "files"))
    return {"heldout": len(part.sheets)}


def _measure(
    engine: Engine, passages: Sequence[Passage], asked: Sequence[HeldoutQuestion], out: Path, tick: Tick
) -> dict[str, Any]:
    """End to end and with the right passage given, as measuring.py scores them; the half minute allows no more."""
    questions = as_evaluation_questions(asked, passages)
    gold = GoldMemory(engine.model, questions, compress=memory_in(engine.store, passages))

    def ask(number: int, system: System) -> EvaluationReport:
        def show(done: int, total: int) -> None:
            tick(number * total + done, 2 * total, "answers")

        return evaluate(system, questions, max_new_tokens=MAX_NEW_TOKENS, progress=show)

    retrieved, given = ask(0, engine), ask(1, gold)
    retrieved.save(out / "evaluation", name="retrieved")
    given.save(out / "evaluation", name="gold_document")
    return {
        "exact_match_gold_document": asdict(given.metrics["exact_match"]),
        **retrieval_scores(retrieved),
        **answer_scores(retrieved, asked),
        "num_failed": retrieved.num_failed + given.num_failed,
    }
