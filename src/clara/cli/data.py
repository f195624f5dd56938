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

# the seed's recommended number of rows for each stage
RECOMMENDED_ROWS = {"pretrain": (1_000, 10_000), "instruction": (500, 5_000), "end_to_end": (500, 5_000)}


class StageName(StrEnum):
    pretrain = "pretrain"
    instruction = "instruction"
    end_to_end = "end_to_end"


class DialectName(StrEnum):
    own = "own"
    upstream = "upstream"
    gold_answer = "gold_answer"


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
    answer.

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


_DISTRIBUTIONS = {
    "passages per row": "passages_per_row",
    "questions per row": "questions_per_row",
    "words per passage": "words_per_passage",
    "words per question": "words_per_question",
    "words per answer": "words_per_answer",
}


def _stats(examples: Sequence[Example]) -> dict[str, dict[str, Any]]:
    from clara.problems import stage_of
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
