"""The demo's seven steps: documents -> extraction -> data -> validation -> three stages -> index -> answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from clara.chunking import load_token_counter
from clara.demo.comparing import compare_stages
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
    weights_digest,
)
from clara.demo.measuring import measure_baselines, measure_checkpoint
from clara.demo.questions import HeldoutQuestion, heldout_questions, question_forms
from clara.demo.recipe import MODEL, DemoSettings
from clara.demo.report import print_table, write_reports
from clara.demo.steps import Steps, Tick
from clara.demo.writers import write_corpus
from clara.dialects import STAGE_TYPES
from clara.errors import RecordsError
from clara.jsonl import check_file, read_records
from clara.modeling import ClaraConfig, ClaraModel
from clara.modeling.base import resolve_base
from clara.rag.engine import load_engine
from clara.schema import STAGES, EndToEndExample, InstructionExample, Passage, PretrainExample, Stage
from clara.synthesis import ExtractiveDrafter, synthesize
from clara.training import TrainConfig, parse_config, train_stage

NUM_STEPS = 14


def run_demo(settings: DemoSettings, *, console: Console) -> dict[str, Any]:
    """Run everything into `settings.output`; run again after a kill, it goes on. Returns report.json's content."""
    out = settings.output
    resolve_base(settings.base_model)  # a base that cannot be used is found out before anything is written
    load_token_counter(settings.base_model)
    world = make_world(settings.seed, num_train=settings.documents, num_heldout=settings.held_out)
    made_of = {"corpus": corpus_digest(world), "base_weights": weights_digest(settings.base_model)}
    steps = Steps(out, settings.identity() | made_of, total=NUM_STEPS, console=console)
    documents, raw, data, runs = out / "documents", out / "extracted", out / "data", out / "runs"

    steps.run(
        "corpus", "writing fictional product sheets (PDF, DOCX, PPTX)", lambda tick: _write(world, documents, tick)
    )
    extracted = steps.run(
        "extract",
        "extracting text, headings and tables",
        lambda tick: extract_parts(documents, raw, ("train", "heldout"), tick),
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

    passages = read_passages(raw / "heldout.jsonl", settings.base_model)
    forms = training_forms(world, data)  # which phrasings training saw is looked up in the training rows themselves
    asked = heldout_questions(world, seed=settings.seed, training_forms=forms, num=settings.questions)
    model_path = Path(trained["end_to_end"]["checkpoint"]).resolve()
    store = out / "store"
    index = steps.run(
        "index",
        "compressing and indexing the held-out documents",
        lambda tick: index_passages(_load(model_path), str(model_path), store, passages, tick),
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
    shown = steps.run(
        "answers", "answering three questions with sources", lambda tick: show_answers(load_engine(store), asked)
    )

    report = {
        "heldout": headline(measured["after_end_to_end"], settings.held_out, len(asked)),
        "baselines": baselines | {name: scores for name, scores in measured.items() if name != "after_end_to_end"},
        "after_end_to_end": measured["after_end_to_end"],
        "stages": compare_stages([out / "evaluation"]),
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
        "questions": count_questions(asked),
        "seeds": {"corpus": settings.seed, "training": settings.seed},
        "corpus_digest": corpus_digest(world),
        "configuration": config.model_dump(),
        **surroundings(),
        "model": str(model_path),
        "store": str(store.resolve()),
    }
    write_reports(report, out, runs)
    print_table(report, console)
    return report


def _write(world: World, folder: Path, tick: Tick) -> dict[str, int]:
    write_corpus(world, folder, on_progress=lambda done, total: tick(done, total, "files"))
    return {"train": len(world.part("train")), "heldout": len(world.part("heldout"))}


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


def training_forms(world: World, data: Path) -> Counter[str]:
    """How often each form of a question occurs in the training rows in the folder `data`."""
    return question_forms(_trained_questions(data), names=[sheet.product.name for sheet in world.part("train")])


def _trained_questions(data: Path) -> Iterable[str]:
    for pretrain in read_records(data / "pretrain_data.jsonl", PretrainExample):
        yield from pretrain.question
    for instruction in read_records(data / "instruction_data.jsonl", InstructionExample):
        yield instruction.input or instruction.instruction
    for joint in read_records(data / "end_to_end_data.jsonl", EndToEndExample):
        yield from joint.question


def _baselines(
    config: TrainConfig, passages: list[Passage], asked: list[HeldoutQuestion], out: Path, tick: Tick
) -> dict[str, Any]:
    return measure_baselines(
        untrained_model(config),
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
    model = untrained_model(config) if checkpoint is None else _load(checkpoint)
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


def _load(checkpoint: Path | str) -> ClaraModel:
    return ClaraModel.from_pretrained(checkpoint, device="cpu")


def untrained_model(config: TrainConfig) -> ClaraModel:
    """What pretrain starts from, to the last weight."""
    settings = ClaraConfig(**config.model.model_dump())
    return ClaraModel.from_base(settings, device="cpu", dtype="float32", seed=config.pretrain.seed)
