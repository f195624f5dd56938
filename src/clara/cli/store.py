"""`clara index`, `clara ask`, `clara evaluate`: documents into a memory store, questions answered from it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clara.cli import app

if TYPE_CHECKING:
    from clara.evaluation.evaluate import EvaluationReport, System
    from clara.evaluation.questions import EvaluationQuestion
    from clara.rag.engine import Engine
    from clara.schema import Passage

index = typer.Typer(help="Make and inspect memory stores.", no_args_is_help=True)
app.add_typer(index, name="index")

Store = Annotated[Path, typer.Argument(metavar="STORE", help="The folder of the memory store.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Device = Annotated[str | None, typer.Option(help="cpu, cuda, mps …; the fastest there is when not given.")]
NumDocuments = Annotated[
    int | None, typer.Option(min=1, help="Passages to answer from; the model's own number when not given.")
]
OtherModel = Annotated[
    Path | None,
    typer.Option(
        help="Checkpoint to answer with (a folder, or tiny-demo); the one that made the store when not given."
    ),
]
MaxNewTokens = Annotated[int, typer.Option(min=1, help="The longest answer, in tokens.")]


@index.command()
def build(
    store: Store,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="DOCS_OR_JSONL", help="A folder of documents, raw_knowledge.jsonl, or a JSONL file of passages."
        ),
    ],
    model: Annotated[Path, typer.Option(help="The checkpoint that compresses: a folder, or tiny-demo.")],
    encoding: Annotated[
        str | None,
        typer.Option(help="float32, bfloat16, float16, or int8 (a quarter to half the size, not exact)."),
    ] = None,
    prune: Annotated[bool, typer.Option("--prune", help="Remove documents that DOCS_OR_JSONL does not hold.")] = False,
    device: Device = None,
) -> None:
    """Compress documents into a memory store.

    Passages the store has already are not compressed again; a build that was killed goes on where it was.
    """
    from clara.assets import checkpoint_path
    from clara.rag.indexing import build_index
    from clara.retrieval.codec import MemoryEncoding
    from clara.retrieval.store import DOCUMENTS

    if encoding is not None and encoding not in list(MemoryEncoding):
        raise typer.BadParameter(f"{encoding!r} is none of {', '.join(MemoryEncoding)}", param_hint="--encoding")
    model = checkpoint_path(model)
    clara = _load_model(model, device)
    passages = _read_passages(source, model, clara.config.doc_max_length, extracted=store / DOCUMENTS)
    with _progress("Compressing") as progress:
        report = build_index(
            store,
            passages,
            clara,
            model_path=str(model.resolve()),
            encoding=MemoryEncoding(encoding) if encoding else None,
            prune=prune,
            progress=progress,
        )
    info = report.info
    typer.echo(
        f"{store}: {info.num_passages} passages of {info.num_documents} documents"
        f" ({report.compressed} compressed, {report.reused} unchanged, {report.removed} removed)"
    )
    if report.truncated:
        typer.echo(
            f"{report.truncated} passages are longer than {info.doc_max_length} tokens: only their beginning was read"
        )


@index.command()
def info(store: Store, as_json: AsJson = False) -> None:
    """Say what a store holds and which model made it."""
    from clara.retrieval.codec import bytes_per_passage
    from clara.retrieval.store import MemoryStore

    with MemoryStore.open(store) as opened:
        facts = opened.info
    if as_json:
        typer.echo(facts.model_dump_json(indent=2))
        return
    width = bytes_per_passage(facts.num_memory_tokens, facts.hidden_size, facts.encoding)
    rows = {
        "passages": f"{facts.num_passages:,} of {facts.num_documents:,} documents",
        "memory": f"{facts.num_memory_tokens} tokens x {facts.hidden_size} numbers, {facts.encoding.value}"
        f" ({width / 1024:,.1f} KiB a passage, {width * facts.num_passages / 2**20:,.1f} MiB in all)",
        "compression": f"rate {facts.compression_rate}, up to {facts.doc_max_length} tokens a passage",
        "model": facts.model,
        "base model": facts.base_model,
        "fingerprint": facts.fingerprint,
        "created": facts.created,
        "updated": facts.updated,
    }
    for name, value in rows.items():
        typer.echo(f"{name + ':':<14}{value}")


@app.command()
def ask(
    store: Store,
    question: Annotated[str, typer.Argument(metavar="QUESTION")],
    model: OtherModel = None,
    num_documents: NumDocuments = None,
    max_new_tokens: MaxNewTokens = 32,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question from a store, with the sources it was answered from."""
    from dataclasses import asdict

    from clara.errors import UsageError

    if not question.strip():
        raise UsageError("the question is empty")
    question = question.encode("utf-8", "replace").decode("utf-8")  # bytes of the terminal that are no UTF-8
    engine = _load_engine(store, model, device, num_documents)
    (answer,) = engine.answer([question], max_new_tokens=max_new_tokens)
    if as_json:
        sources = [asdict(source) for source in answer.sources]
        found = {"question": answer.question, "answer": answer.text, "sources": sources}
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    typer.echo(answer.text)
    typer.echo("\nSources")
    for number, source in enumerate(answer.sources, start=1):
        typer.echo(f"{number}. {source.document}, page {source.page}, score {source.score:.3f}")
        typer.echo(f"   {source.excerpt}")


@app.command()
def evaluate(
    store: Store,
    questions: Annotated[Path, typer.Argument(metavar="QUESTIONS.jsonl", help="end_to_end rows.")],
    model: OtherModel = None,
    num_documents: NumDocuments = None,
    max_new_tokens: MaxNewTokens = 32,
    baselines: Annotated[
        bool, typer.Option("--baselines", help="Also score closed book, BM25 with full text, and gold passages.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option(help="Folder for one line for each question, the summary, and report.html.")
    ] = None,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Score answers and retrieval on questions whose answers are known, with 95 % intervals.

    Every phrasing of a row is asked. A question that fails is reported as failed, never as wrong; the exit code is
    then 1.
    """
    from clara.evaluation.evaluate import evaluate as run
    from clara.evaluation.questions import read_questions

    asked = read_questions(questions)
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)  # refused now, not when everything has been asked
    engine = _load_engine(store, model, device, num_documents)
    reports: dict[str, EvaluationReport] = {}
    for name, system, its_questions in _systems(engine, asked, baselines=baselines):
        with _progress(f"Asking {name}") as progress:
            reports[name] = run(system, its_questions, max_new_tokens=max_new_tokens, progress=progress)
    if output is not None:
        from clara.evaluation.summary import save_reports

        save_reports(output, reports, store=engine.store.info)
    if as_json:
        summaries = {name: report.summary() for name, report in reports.items()}
        typer.echo(json.dumps(summaries, ensure_ascii=False, indent=2))
    else:
        for name, report in reports.items():
            _print_report(name, report)
        if output is not None:
            typer.echo(f"report: {output / 'report.html'}")
    if any(report.num_failed for report in reports.values()):
        raise typer.Exit(1)


def _systems(
    engine: Engine, asked: list[EvaluationQuestion], *, baselines: bool
) -> Iterator[tuple[str, System, list[EvaluationQuestion]]]:
    yield "clara", engine, asked
    if not baselines:
        return
    from clara.evaluation.baselines import ClosedBook, GoldMemory, GoldText, TextRag
    from clara.retrieval.bm25 import LexicalIndex

    yield "closed_book", ClosedBook(engine.model), asked
    lexical = LexicalIndex(engine.store.passages())
    yield "bm25_text", TextRag(engine.model, lexical, num_documents=engine.num_documents), asked
    with_gold = [question for question in asked if question.gold]
    if with_gold:
        yield "gold_text", GoldText(engine.model, with_gold), with_gold
        yield "gold_memory", GoldMemory(engine.model, with_gold), with_gold


def _print_report(name: str, report: EvaluationReport) -> None:
    summary = report.summary()
    typer.echo(f"{name}: {summary['num_questions']} questions of {summary['num_rows']} rows")
    for metric, interval in report.metrics.items():
        typer.echo(f"  {metric:<22}{interval}  n={interval.count}")
    if report.num_failed:
        first = next(result for result in report.results if result.error)
        typer.echo(f"  {report.num_failed} questions FAILED and are in no mean; the first: {first.error}")
    unknown = summary["num_questions"] - summary["num_with_retrieval_truth"]
    if unknown and report.num_documents:
        typer.echo(f"  {unknown} questions name no document and no passage with the answer: not in recall")


def _load_model(folder: Path, device: str | None) -> Any:
    from clara.modeling import ClaraModel

    return ClaraModel.from_pretrained(folder, device=device)


def _load_engine(store: Path, model: Path | None, device: str | None, num_documents: int | None) -> Engine:
    from clara.assets import checkpoint_path
    from clara.rag.engine import load_engine

    other = str(checkpoint_path(model)) if model else None
    return load_engine(store, model=other, device=device, num_documents=num_documents)


def _read_passages(source: Path, model: Path, max_tokens: int, *, extracted: Path) -> list[Passage]:
    """Passages of a folder, of raw_knowledge.jsonl, or as they stand in a JSONL file; told apart by their fields."""
    from clara.errors import UsageError
    from clara.jsonl import iter_lines, read_records
    from clara.schema import Document, Passage

    if source.is_dir():
        from clara.extraction.console import extract_with_progress

        raw_knowledge = extracted / "raw_knowledge.jsonl"
        extract_with_progress(source, raw_knowledge)
        source = raw_knowledge
    first = next(iter_lines(source), None)
    if first is None:
        raise UsageError(f"{source}: empty (it wants documents or passages, one in each line)")
    if first.value is not None and "data_type" in first.value:
        raise UsageError(f"{source}: holds training rows; index a folder, raw_knowledge.jsonl or a file of passages")
    if first.value is not None and "pages" not in first.value:
        return read_records(source, Passage)
    from clara.chunking import chunk_document, load_token_counter

    tokenizer = load_token_counter(str(model))
    return [
        passage
        for document in read_records(source, Document)
        for passage in chunk_document(document, tokenizer=tokenizer, max_tokens=max_tokens)
    ]


@contextlib.contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on the terminal's error stream; nothing where there is no terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
