"""`clara data`: check, convert, describe and count training rows."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clara.cli import app

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clara.schema import Example

data = typer.Typer(help="Check, convert, describe and count training rows; find private data.", no_args_is_help=True)
app.add_typer(data, name="data")


class StageName(StrEnum):
    pretrain = "pretrain"
    instruction = "instruction"
    end_to_end = "end_to_end"


class DialectName(StrEnum):
    own = "own"
    upstream = "upstream"
    gold_answer = "gold_answer"
    alpaca = "alpaca"
    chat = "chat"
    squad = "squad"


class RecordName(StrEnum):
    pretrain = "pretrain"
    instruction = "instruction"
    end_to_end = "end_to_end"
    document = "document"
    passage = "passage"


Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSONL files of training rows.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


@data.command()
def validate(
    files: Files,
    stage: Annotated[StageName | None, typer.Option(help="Accept rows of this stage only.")] = None,
    as_json: AsJson = False,
) -> None:
    """Report every error of every file as file:line: field: what is wrong (what to do).

    Exits with 0 when all files are good, 1 when any row is bad or a file is empty, 2 when a file cannot be read.
    """
    import json

    from clara.dialects import STAGE_TYPES
    from clara.jsonl import ALL_EXAMPLES, check_file

    types = (STAGE_TYPES[stage.value],) if stage else ALL_EXAMPLES
    reports: list[dict[str, Any]] = []
    for path in files:
        examples, problems = check_file(path, types)
        bad = len({problem.line for problem in problems if problem.line})
        report = {"file": str(path), "good": len(examples), "bad": bad, "by_data_type": _count_types(examples)}
        if not as_json:
            for problem in problems:
                typer.echo(str(problem))
            typer.echo(_summary(report, len(problems)))
        fields = ("file", "line", "field", "message")
        report["problems"] = [{name: getattr(problem, name) for name in fields} for problem in problems]
        reports.append(report)
    failed = sum(bool(report["problems"]) for report in reports)
    if as_json:
        typer.echo(json.dumps({"ok": not failed, "files": reports}, ensure_ascii=False, indent=2))
    elif len(files) > 1:
        typer.echo(f"{failed} of {len(files)} files have problems" if failed else f"all {len(files)} files are good")
    if failed:
        raise typer.Exit(1)


@data.command()
def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="The file to read.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write.")],
    source_dialect: Annotated[
        DialectName | None, typer.Option("--from", help="The dialect of IN; found out when not given.")
    ] = None,
    target_dialect: Annotated[DialectName, typer.Option("--to", help="The dialect of OUT.")] = DialectName.own,
    stage: Annotated[
        StageName | None,
        typer.Option(
            help="The stage of rows that do not say it. Without it, upstream rows with pos_index or more than "
            "5 passages are read as end_to_end and the others as instruction."
        ),
    ] = None,
    allow_loss: Annotated[bool, typer.Option("--allow-loss", help="Drop fields that OUT has no place for.")] = False,
) -> None:
    """Rewrite training rows in another dialect.

    own: this project's rows. upstream: question, docs, answer, pos_index. gold_answer: question, docs, gold_answer,
    answer. alpaca: instruction, input (the passage), output. chat: messages or conversations (ShareGPT), with docs
    beside them. squad: a passage with its questions, nested or one row a question.

    The suffix names the kind of file: .jsonl, .json, .parquet; IN may be a folder that Hugging Face datasets saved.

    A row that cannot be read goes to OUT.rejects.jsonl with its reasons, and the exit code is then 1. When OUT has no
    place for some fields they are listed and nothing is written, unless --allow-loss is given. Several phrasings of a
    question become several rows with one id; reading them back does not merge them.
    """
    from clara.dialects import detect_dialect, read_dialect, write_dialect
    from clara.errors import RecordsError, UsageError
    from clara.jsonl import no_records, write_jsonl

    if target.exists() and source.exists() and target.samefile(source):
        raise UsageError(f"IN and OUT are the same file ({source}); name another OUT")
    read_as = source_dialect.value if source_dialect else detect_dialect(source)
    rows = read_dialect(source, read_as, stage=stage.value if stage else None)
    if not rows.examples:
        raise RecordsError(rows.problems or [no_records(source)])
    written = write_dialect(target, rows.examples, target_dialect.value, allow_loss=allow_loss)
    typer.echo(f"{target}: {_rows(written)} written as {target_dialect.value}, read as {read_as} from {source}")
    rejects = target.with_name(f"{target.name}.rejects.jsonl")
    rejects.unlink(missing_ok=True)  # an earlier conversion's rejects are no longer this one's
    if rows.rejects:
        write_jsonl(rejects, [reject.as_json() for reject in rows.rejects])
        for problem in rows.problems:
            typer.echo(str(problem), err=True)
        typer.echo(f"{_rows(len(rows.rejects))} rejected, kept with the reasons in {rejects}", err=True)
        raise typer.Exit(1)


@data.command()
def schema(name: Annotated[RecordName, typer.Argument(metavar="NAME", help="Which record.")]) -> None:
    """Print the JSON Schema of pretrain, instruction, end_to_end, document or passage."""
    import json

    from clara import schema as records
    from clara.dialects import STAGE_TYPES

    by_name: dict[str, type[records.Record]] = {"document": records.Document, "passage": records.Passage}
    by_name |= {str(stage): record_type for stage, record_type in STAGE_TYPES.items()}
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema", **by_name[name.value].model_json_schema()}
    typer.echo(json.dumps(described, ensure_ascii=False, indent=2))


@data.command()
def stats(files: Files, as_json: AsJson = False) -> None:
    """Count rows, passages, questions and words per stage, over all files, beside the recommended number of rows."""
    import json

    from clara.errors import RecordsError
    from clara.jsonl import ALL_EXAMPLES, no_records, read_records

    examples = [example for path in files for example in read_records(path, ALL_EXAMPLES)]
    if not examples:
        raise RecordsError([no_records(path) for path in files])
    by_stage = _stats(examples)
    if as_json:
        typer.echo(json.dumps({"files": [str(path) for path in files], "stages": by_stage}, indent=2))
        return
    for stage, counts in by_stage.items():
        low, high = counts["recommended_rows"]
        distance = "below" if counts["rows"] < low else "above" if counts["rows"] > high else "within"
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in counts["by_data_type"].items())
        typer.echo(f"{stage}: {_rows(counts['rows'])} ({kinds}), {distance} the recommended {low:,} to {high:,}")
        typer.echo(f"  distinct passages    {counts['distinct_passages']:,}")
        for label, key in _DISTRIBUTIONS.items():
            spread = counts[key]
            shown = f"{spread['mean']:,.1f} on average ({spread['min']:,} to {spread['max']:,})"
            typer.echo(f"  {label:20} {shown}")


@data.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with pretrain_data.jsonl and its like.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for data_card.html and data_card.json; default: DIR.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when anything has to be mended.")] = False,
    seed: Annotated[int, typer.Option(help="Decides which rows are shown as samples.")] = 0,
) -> None:
    """Write a data card: sizes, lengths, diversity, repetition, leakage, answer support, private data, samples.

    Files whose name ends in _eval.jsonl count as evaluation rows: nothing of theirs may be in a training row. Errors
    and warnings make `--strict` exit with 1; notes, such as a size outside the recommendation, do not.
    """
    import json

    from clara.jsonl import write_lines
    from clara.quality.card import make_card
    from clara.quality.card_page import render_card

    card = make_card(folder, seed=seed)
    target = output or folder
    target.mkdir(parents=True, exist_ok=True)
    write_lines(target / "data_card.json", [json.dumps(card, ensure_ascii=False, indent=1)])
    write_lines(target / "data_card.html", [render_card(card, title=f"Data card of {folder.name or folder}")])
    for finding in card["findings"]:
        typer.echo(f"{finding['level']}: {finding['check']}: {finding['message']}")
    mend = sum(finding["level"] != "note" for finding in card["findings"])
    typer.echo(f"{target / 'data_card.html'}: {mend or 'nothing'} to mend")
    if strict and mend:
        raise typer.Exit(1)


@data.command()
def review(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Training rows to look through.")],
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
    only_approved: Annotated[
        bool, typer.Option("--only-approved", help="Leave undecided rows out of the result.")
    ] = False,
) -> None:
    """Approve, edit or reject rows on a local page, each beside its passages with the evidence marked.

    Decisions are kept in FILE.review.jsonl as they are made: stop with Ctrl+C, and the same command goes on there.
    "Write result" on the page makes FILE.reviewed.jsonl and FILE.rejected.jsonl; FILE itself is never changed.
    """
    from clara.quality.review_server import serve_review

    serve_review(file, port=port, browser=browser, only_approved=only_approved, say=typer.echo)


_DISTRIBUTIONS = {
    "passages per row": "passages_per_row",
    "questions per row": "questions_per_row",
    "words per passage": "words_per_passage",
    "words per question": "words_per_question",
    "words per answer": "words_per_answer",
}


def _stats(examples: Sequence[Example]) -> dict[str, dict[str, Any]]:
    from clara.problems import stage_of
    from clara.quality.card import RECOMMENDED_ROWS
    from clara.text import words

    result: dict[str, dict[str, Any]] = {}
    for stage, recommended in RECOMMENDED_ROWS.items():
        rows = [example for example in examples if stage_of(type(example)) == stage]
        if not rows:
            continue
        parts = [_parts(example) for example in rows]
        passages = [passage for held, _, _ in parts for passage in held]
        result[stage] = {
            "rows": len(rows),
            "recommended_rows": list(recommended),
            "by_data_type": _count_types(rows),
            "distinct_passages": len(set(passages)),
            "passages_per_row": _spread([len(held) for held, _, _ in parts]),
            "questions_per_row": _spread([len(asked) for _, asked, _ in parts]),
            "words_per_passage": _spread([len(words(passage)) for passage in passages]),
            "words_per_question": _spread([len(words(question)) for _, asked, _ in parts for question in asked]),
            "words_per_answer": _spread([len(words(answer)) for _, _, answers in parts for answer in answers]),
        }
    return result


def _parts(example: Example) -> tuple[list[str], list[str], list[str]]:
    """(passages, questions, answers) of a row of any stage."""
    from clara.schema import EndToEndExample, InstructionExample, PretrainExample

    match example:
        case PretrainExample():
            return example.docs, [question for question in example.question if question.strip()], example.answers
        case InstructionExample():
            return example.docs, [example.prompt], [example.output]
        case EndToEndExample():
            return example.context, example.question, [example.answer]
    raise TypeError(type(example))


def _spread(numbers: list[int]) -> dict[str, float]:
    if not numbers:
        return {"min": 0, "mean": 0.0, "max": 0}
    return {"min": min(numbers), "mean": round(sum(numbers) / len(numbers), 2), "max": max(numbers)}


def _count_types(examples: Sequence[Example]) -> dict[str, int]:
    from collections import Counter

    return dict(Counter(str(getattr(example, "data_type")) for example in examples).most_common())  # noqa: B009


def _summary(report: dict[str, Any], problems: int) -> str:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in report["by_data_type"].items())
    line = f"{report['file']}: {report['good']:,} good row{'s' * (report['good'] != 1)}" + (
        f" ({kinds})" if kinds else ""
    )
    if problems:
        line += f", {report['bad']:,} bad, {problems:,} problem{'s' * (problems != 1)}"
    return line


def _rows(count: int) -> str:
    return f"{count:,} row{'s' * (count != 1)}"
