"""The demo's seven steps: documents -> extraction -> data -> validation -> three stages -> index -> answers."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from clara.chunking import chunk_document, load_token_counter
from clara.demo.corpus import World, make_world
from clara.demo.measuring import MAX_NEW_TOKENS, measure_baselines, measure_checkpoint
from clara.demo.questions import HeldoutQuestion, heldout_questions, question_forms
from clara.demo.recipe import MODEL, DemoSettings
from clara.demo.report import print_table, write_reports
from clara.demo.steps import Steps, Tick
from clara.demo.writers import write_corpus
from clara.dialects import STAGE_TYPES
from clara.errors import ExtractionError, RecordsError
from clara.extraction import extract_folder
from clara.jsonl import check_file, read_records
from clara.modeling import ClaraConfig, ClaraModel
from clara.modeling.base import resolve_base
from clara.rag.engine import load_engine
from clara.rag.indexing import build_index
from clara.schema import STAGES, Document, EndToEndExample, InstructionExample, Passage, PretrainExample, Stage
from clara.synthesis import ExtractiveDrafter, synthesize
from clara.training import TrainConfig, parse_config, train_stage

NUM_STEPS = 14
SHOWN_ANSWERS = 3


def run_demo(settings: DemoSettings, *, console: Console) -> dict[str, Any]:
    """Run everything into `settings.output`; run again after a kill, it goes on. Returns report.json's content."""
    out = settings.output
    resolve_base(settings.base_model)  # a base that cannot be used is found out before anything is written
    load_token_counter(settings.base_model)
    steps = Steps(out, settings.identity(), total=NUM_STEPS, console=console)
    documents, raw, data, runs = out / "documents", out / "extracted", out / "data", out / "runs"
    world = make_world(settings.seed, num_train=settings.documents, num_heldout=settings.held_out)

    steps.run(
        "corpus", "writing fictional product sheets (PDF, DOCX, PPTX)", lambda tick: _write(world, documents, tick)
    )
    extracted = steps.run(
        "extract", "extracting text, headings and tables", lambda tick: _extract(documents, raw, tick)
    )
    made = steps.run(
        "synthesize", "drafting training data offline", lambda tick: _synthesize(settings, raw, data, tick)
    )
    steps.run("validate", "validating the three data files", lambda tick: _validate(data))

    config = parse_config(settings.training(data, runs), where="demo")
    trained: dict[Stage, Any] = {}
    for number, stage in enumerate(STAGES, start=1):

        def train(tick: Tick, stage: Stage = stage) -> dict[str, Any]:
            def show(now: Any) -> None:
                tick(now.step, now.steps, "" if now.loss is None else f"loss {now.loss:.2f}")

            return asdict(train_stage(config, stage, progress=show))

        trained[stage] = steps.run(f"train_{stage}", f"training stage {number} of 3: {stage}", train)

    passages = _passages(settings, raw / "heldout.jsonl")
    asked = _questions(settings, world, data)
    model_path = Path(trained["end_to_end"]["checkpoint"]).resolve()
    store = out / "store"
    index = steps.run(
        "index",
        "compressing and indexing the held-out documents",
        lambda tick: _index(model_path, store, passages, tick),
    )
    baselines = steps.run(
        "baselines",
        "asking the bare base: closed book, BM25 + text, gold text",
        lambda tick: _baselines(config, passages, asked, out, tick),
    )
    measured: dict[str, Any] = {}
    checkpoints: dict[str, str | None] = {"untrained": None}
    checkpoints |= {f"after_{stage}": trained[stage]["checkpoint"] for stage in STAGES}
    for name, checkpoint in checkpoints.items():

        def measure(tick: Tick, name: str = name, checkpoint: str | None = checkpoint) -> Any:
            return _measure(config, name, checkpoint, out, passages, asked, tick)

        measured[name] = steps.run(f"evaluate_{name}", f"held-out questions: {name.replace('_', ' ')}", measure)
    shown = steps.run("answers", "answering three questions with sources", lambda tick: _show(store, asked))

    report = {
        "heldout": headline(measured["after_end_to_end"], settings.held_out, len(asked)),
        "baselines": baselines | {name: scores for name, scores in measured.items() if name != "after_end_to_end"},
        "after_end_to_end": measured["after_end_to_end"],
        "compression_rate": index["compression_rate"],
        "compression": index,
        "seconds": {
            "total": steps.seconds(),
            "corpus": steps.seconds("corpus"),
            "extract": steps.seconds("extract"),
            "synthesize": steps.seconds("synthesize", "validate"),
            "train": steps.seconds(*(f"train_{stage}" for stage in STAGES)),
            "train_by_stage": {stage: steps.seconds(f"train_{stage}") for stage in STAGES},
            "index": steps.seconds("index"),
            "evaluate": steps.seconds("baselines", *(f"evaluate_{name}" for name in measured), "answers"),
        },
        "extraction": extracted,
        "data": made,
        "training": trained,
        "answers": shown,
        "questions": {
            "total": len(asked),
            "seen_phrasing": sum(question.phrasing == "seen" for question in asked),
            "unseen_phrasing": sum(question.phrasing == "unseen" for question in asked),
        },
        "seeds": {"corpus": settings.seed, "training": settings.seed},
        "configuration": config.model_dump(),
        "versions": {name: version(name) for name in ("clara-rag", "torch", "transformers", "peft", "lancedb")}
        | {"python": platform.python_version()},
        "machine": {"platform": platform.platform(), "cores": _cores()},
        "model": str(model_path),
        "store": str(store.resolve()),
    }
    write_reports(report, out, runs)
    print_table(report, console)
    return report


def headline(scores: dict[str, Any], documents: int, questions: int) -> dict[str, Any]:
    """The four numbers everybody asks for, with their 95 % intervals beside them."""
    names = (
        "exact_match_gold_document",
        "recall_at_1",
        "recall_at_5",
        "exact_match",
        "exact_match_seen",
        "exact_match_unseen",
    )
    return {
        **{name: scores[name]["mean"] if scores.get(name) else None for name in names},
        "intervals": {name: [scores[name]["low"], scores[name]["high"]] for name in names if scores.get(name)},
        "num_documents": documents,
        "num_questions": questions,
    }


def _write(world: World, folder: Path, tick: Tick) -> dict[str, int]:
    write_corpus(world, folder, on_progress=lambda done, total: tick(done, total, "files"))
    return {"train": len(world.part("train")), "heldout": len(world.part("heldout"))}


def _extract(documents: Path, raw: Path, tick: Tick) -> dict[str, Any]:
    """Both parts, apart; every fictional sheet must come through, or the scores would blame the model."""
    counts = {}
    for split in ("train", "heldout"):
        report = extract_folder(
            documents / split,
            raw / f"{split}.jsonl",
            progress=lambda file, done, total, split=split: tick(done, total, f"{split} files"),  # type: ignore[misc]
        )
        if failed := report.count("failed"):
            reasons = ", ".join(f"{count} {reason}" for reason, count in report.reasons.items())
            raise ExtractionError(f"{failed} of the demo's own {split} files were not read ({reasons})", reason="demo")
        counts[split] = {"files": report.count("ok"), "pages": sum(file.pages for file in report.files)}
    return counts


def _synthesize(settings: DemoSettings, raw: Path, data: Path, tick: Tick) -> dict[str, Any]:
    report = synthesize(
        raw / "train.jsonl",
        data,
        drafter=ExtractiveDrafter(seed=settings.seed),
        tokenizer=load_token_counter(settings.base_model),
        max_tokens=MODEL["doc_max_length"],
        num_documents=MODEL["num_documents"],
        seed=settings.seed,
        progress=lambda done, total: tick(done, total, "passages"),
    )
    return report.as_json()


def _validate(data: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    for stage in STAGES:
        good, problems = check_file(data / f"{stage}_data.jsonl", STAGE_TYPES[stage])
        if problems:
            raise RecordsError(problems)
        counts[stage] = len(good)
    return counts


def _passages(settings: DemoSettings, raw: Path) -> list[Passage]:
    tokenizer = load_token_counter(settings.base_model)
    return [
        passage
        for document in read_records(raw, Document)
        for passage in chunk_document(document, tokenizer=tokenizer, max_tokens=MODEL["doc_max_length"])
    ]


def _questions(settings: DemoSettings, world: World, data: Path) -> list[HeldoutQuestion]:
    """Held-out questions; which of their phrasings training saw is looked up in the training rows themselves."""
    forms = question_forms(_trained_questions(data), names=[sheet.product.name for sheet in world.part("train")])
    return heldout_questions(world, seed=settings.seed, training_forms=forms, num=settings.questions)


def _trained_questions(data: Path) -> Iterable[str]:
    for pretrain in read_records(data / "pretrain_data.jsonl", PretrainExample):
        yield from pretrain.question
    for instruction in read_records(data / "instruction_data.jsonl", InstructionExample):
        yield instruction.input or instruction.instruction
    for joint in read_records(data / "end_to_end_data.jsonl", EndToEndExample):
        yield from joint.question


def _index(model_path: Path, store: Path, passages: list[Passage], tick: Tick) -> dict[str, Any]:
    """Build the store and measure the rate: text tokens / (memory tokens + <SEP>), over real passages."""
    model = ClaraModel.from_pretrained(model_path, device="cpu")
    build_index(
        store, passages, model, model_path=str(model_path), progress=lambda done, total: tick(done, total, "passages")
    )
    tokens = model.count_tokens([passage.text for passage in passages])
    slot = model.config.num_memory_tokens + 1
    return {
        "compression_rate": sum(tokens) / (slot * len(passages)),
        "num_passages": len(passages),
        "mean_passage_tokens": sum(tokens) / len(passages),
        "memory_tokens": model.config.num_memory_tokens,
        "characters_per_token": sum(len(passage.text) for passage in passages) / sum(tokens),
    }


def _baselines(
    config: TrainConfig, passages: list[Passage], asked: list[HeldoutQuestion], out: Path, tick: Tick
) -> dict[str, Any]:
    return measure_baselines(
        _untrained(config),
        passages,
        asked,
        out / "evaluation",
        progress=lambda done, total: tick(done, total, "answers"),
    )


def _measure(
    config: TrainConfig,
    name: str,
    checkpoint: str | None,
    out: Path,
    passages: list[Passage],
    asked: list[HeldoutQuestion],
    tick: Tick,
) -> dict[str, Any]:
    if checkpoint is None:
        model = _untrained(config)
    else:
        model = ClaraModel.from_pretrained(checkpoint, device="cpu")
    store = out / "store" if name == "after_end_to_end" else out / "evaluation" / f"store_{name}"
    return measure_checkpoint(
        model,
        str(Path(checkpoint).resolve()) if checkpoint else "untrained",
        store,
        passages,
        asked,
        out / "evaluation",
        name,
        allow_untrained=checkpoint is None,
        progress=lambda done, total: tick(done, total, "answers"),
    )


def _untrained(config: TrainConfig) -> ClaraModel:
    """What pretrain starts from, to the last weight."""
    settings = ClaraConfig(**config.model.model_dump())
    return ClaraModel.from_base(settings, device="cpu", dtype="float32", seed=config.pretrain.seed)


def _show(store: Path, asked: list[HeldoutQuestion]) -> list[dict[str, Any]]:
    """Three questions about different documents, answered as `clara ask` answers."""
    apart = list({question.document: question for question in asked}.values())
    chosen = apart[:: max(1, len(apart) // SHOWN_ANSWERS)][:SHOWN_ANSWERS]
    answers = load_engine(store).answer([question.question for question in chosen], max_new_tokens=MAX_NEW_TOKENS)
    return [
        {
            "question": question.question,
            "answer": answer.text,
            "expected": question.answers[0],
            "document": question.document,
            "page": question.page,
            "sources": [asdict(source) for source in answer.sources],
        }
        for question, answer in zip(chosen, answers, strict=True)
    ]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
