"""How well does clara read documents? Words, order, headings, tables, pages, speed, and what breaks it.

    python benchmarks/extraction.py                  renders files whose text is known, reads them, scores them
    python benchmarks/extraction.py DIR              scores a folder of yours; a manifest.jsonl may name the truth
    python benchmarks/extraction.py --attacks        makes hostile files, reads them, and checks that nothing happened

Prints Markdown and writes JSON to --output. The exit status is 0 unless something crashed, hung, was read outside the
folder or was reached over the network; with --strict it is 1 when a target is missed, too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from extraction_attacks import attack
from extraction_files import MakingError, make_set
from extraction_folder import FolderError, read_output, read_report, score_folder
from extraction_run import measured_run
from extraction_scoring import score, truth_of_pages

LIBRARIES = ("clara-rag", "pypdfium2", "liteparse", "lxml", "python-docx", "python-pptx", "reportlab")
DOCS = Path(__file__).resolve().parent.parent / "docs" / "extraction.md"
OPEN, CLOSE = "<!-- extraction-table -->", "<!-- /extraction-table -->"
Value = float | None


@dataclass(frozen=True, slots=True)
class Target:
    """One promise: what is measured, and what it must reach."""

    name: str
    measure: str
    least: float | None = None
    most: float | None = None
    statistic: str = "mean"  # or min, or share: of the files that reach `floor`
    floor: float = 0.0
    only: str = ""  # files whose features hold this word


TARGETS: dict[str, list[Target]] = {
    "pdf": [
        Target("word recall", "recall", least=0.975),
        Target("files with word recall ≥ .90", "recall", least=0.98, statistic="share", floor=0.90),
        Target("lowest word recall", "recall", least=0.80, statistic="min"),
        Target("word precision", "precision", least=0.94),
        Target("order", "order", least=0.95),
        Target("page numbers", "pages", least=1.0),
        Target("headings found", "headings_recall", least=0.70),
        Target("headings right", "headings_precision"),
        Target("cell pairs, ruled tables", "tables", least=0.95, only="ruled_tables"),
        Target("cell pairs, tables without rules", "tables", only="unruled_tables"),
        Target("cell pairs, cells of several lines", "tables", only="wrapped_cells"),
        Target("cell pairs, tables in columns", "tables", only="tables_in_columns"),
        Target("cell pairs, all tables", "tables", least=0.50),
        Target("pages a second", "pages_per_second", least=50),
        Target("peak memory of a worker, MB", "worker_mb", most=300),
    ],
    "docx": [
        Target("word recall", "recall", least=0.99),
        Target("word precision", "precision", least=0.95),
        Target("order", "order", least=0.97),
        Target("page numbers", "pages"),
        Target("headings found", "headings_recall", least=0.95),
        Target("headings right", "headings_precision"),
        Target("cell pairs", "tables", least=0.98),
        Target("files a second", "files_per_second", least=20),
        Target("peak memory of a worker, MB", "worker_mb"),
    ],
    "pptx": [
        Target("word recall", "recall", least=0.99),
        Target("word precision", "precision"),
        Target("order", "order"),
        Target("slide numbers", "pages", least=1.0),
        Target("headings found", "headings_recall"),
        Target("headings right", "headings_precision"),
        Target("cell pairs", "tables", least=0.99),
        Target("speaker notes", "notes", least=1.0),
        Target("chart values", "charts", least=1.0),
        Target("files a second", "files_per_second"),
        Target("peak memory of a worker, MB", "worker_mb"),
    ],
    "scan": [
        Target("word recall", "recall", least=0.97),
        Target("word precision", "precision"),
        Target("order", "order", least=0.95),
        Target("page numbers", "pages"),
        Target("pages a second", "pages_per_second"),
    ],
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="score this folder instead of a made one")
    parser.add_argument("--manifest", type=Path, help="default: manifest.jsonl in DIR or above it")
    parser.add_argument("--attacks", action="store_true", help="read hostile files instead")
    parser.add_argument("--quick", action="store_true", help="with --attacks: without those that take minutes")
    parser.add_argument("--seed", type=int, default=0, help="of the made files; default 0")
    parser.add_argument("--variants", type=int, default=2, help="made files of each kind; default 2")
    parser.add_argument("--no-office", action="store_true", help="made files without LibreOffice")
    parser.add_argument("--no-scans", action="store_true", help="made files without scanned pages")
    parser.add_argument("--workers", type=int, default=None, help="default: 1 for made files, else one per core")
    parser.add_argument("--timeout-seconds", type=float, default=None, help="default 60; for attacks 20")
    parser.add_argument("--memory-mb", type=int, default=None, help="default 2048; for attacks 1024")
    parser.add_argument("--output", type=Path, default=Path("runs/extraction"), help="default: runs/extraction")
    parser.add_argument("--write-docs", action="store_true", help="put the table of made files into docs/extraction.md")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is missed")
    chosen = parser.parse_args()
    if chosen.variants < 1 or (chosen.workers is not None and chosen.workers < 1):
        parser.error("--variants and --workers must be at least 1")
    if chosen.folder is not None and chosen.attacks:
        parser.error("DIR and --attacks exclude each other")
    workers = chosen.workers or os.cpu_count() or 1
    chosen.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="clara-extraction-") as temporary:
        work = Path(temporary)
        try:
            if chosen.attacks:
                result = attack(
                    work,
                    workers=workers,
                    timeout_seconds=chosen.timeout_seconds or 20.0,
                    memory_mb=chosen.memory_mb or 1024,
                    quick=chosen.quick,
                )
                page, name = attacks_page(result), "attacks"
            elif chosen.folder is not None:
                result = score_folder(
                    chosen.folder,
                    work,
                    manifest=chosen.manifest,
                    workers=workers,
                    timeout_seconds=chosen.timeout_seconds or 60.0,
                    memory_mb=chosen.memory_mb or 2048,
                )
                page, name = folder_page(result), "folder"
            else:
                result = score_made(
                    work,
                    seed=chosen.seed,
                    variants=chosen.variants,
                    office=not chosen.no_office,
                    scans=not chosen.no_scans,
                    workers=chosen.workers or 1,
                    timeout_seconds=chosen.timeout_seconds or 60.0,
                    memory_mb=chosen.memory_mb or 2048,
                )
                page, name = made_page(result), "made"
        except (FolderError, MakingError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
    result["machine"] = machine()
    page = f"{page}\n\n{result['machine']}\n"
    (chosen.output / f"{name}.json").write_text(json.dumps(result, ensure_ascii=False, indent=1), encoding="utf-8")
    (chosen.output / f"{name}.md").write_text(page, encoding="utf-8")
    print(page)
    if chosen.write_docs and name == "made":
        write_docs(page)
    return exit_status(result, strict=chosen.strict)


def write_docs(page: str, path: Path = DOCS) -> None:
    """Replace what stands between the marks. Raises ValueError when there are none."""
    text = path.read_text(encoding="utf-8")
    if OPEN not in text or CLOSE not in text:
        raise ValueError(f"{path} has no {OPEN} and {CLOSE}")
    before, after = text.partition(OPEN)[0], text.partition(CLOSE)[2]
    path.write_text(f"{before}{OPEN}\n\n{page.strip()}\n\n{CLOSE}{after}", encoding="utf-8")


def exit_status(result: dict[str, Any], *, strict: bool) -> int:
    """1 when something crashed, hung or got out; with `strict` also when a target is missed."""
    runs = result["runs"].values() if "runs" in result else [result["run"]]
    broken = any(run.get("crashed") for run in runs) or any(file["verdict"] == "hang" for file in result["files"])
    broken = broken or not all(check["held"] for check in result.get("checks", []))
    missed = any(row["met"] is False for row in result.get("targets", []))
    return int(broken or (strict and missed))


def machine() -> str:
    """One line: processor, cores, system, versions."""
    processor = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        processor = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    found = []
    for library in LIBRARIES:
        try:
            found.append(f"{library} {version(library)}")
        except PackageNotFoundError:
            continue
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    where = f"{processor}, {cores} cores, {platform.system()}, Python {platform.python_version()}"
    return f"{where}; {', '.join(found)}"


def score_made(
    work: Path,
    *,
    seed: int,
    variants: int,
    office: bool,
    scans: bool,
    workers: int,
    timeout_seconds: float,
    memory_mb: int,
) -> dict[str, Any]:
    """Make the set, read each format on its own, score it."""
    folder = work / "made"
    plans = make_set(folder, seed=seed, variants=variants, office=office, scans=scans)
    files: list[dict[str, Any]] = []
    runs: dict[str, dict[str, Any]] = {}
    for media_type in TARGETS:
        names = [name for name in plans if name.startswith(f"{media_type}/")]
        if not names:
            continue
        output = work / "out" / media_type / "raw_knowledge.jsonl"
        output.parent.mkdir(parents=True)
        run = measured_run(
            folder / media_type, output, workers=workers, timeout_seconds=timeout_seconds, memory_mb=memory_mb
        )
        documents, report = read_output(output), {row["file"]: row for row in read_report(output)}
        pages = sum(len(plans[name].pages) for name in names)
        if run.get("seconds"):
            run["pages_per_second"] = pages / run["seconds"]
            run["files_per_second"] = len(names) / run["seconds"]
        runs[media_type] = run
        for name in names:
            short = name.partition("/")[2]
            row = report.get(short, {"verdict": "failed", "reason": "not read", "message": "", "seconds": 0.0})
            entry = {"file": name, "features": plans[name].features, "verdict": row["verdict"], "reason": row["reason"]}
            if short in documents:
                entry["scores"] = score(documents[short], truth_of_pages(plans[name].pages)).as_json()
            else:
                entry["scores"] = {"recall": 0.0, "precision": 0.0, "order": 0.0, "pages": 0.0}
            files.append(entry)
    return {"seed": seed, "runs": runs, "files": files, "targets": list(judge(files, runs))}


def judge(files: Sequence[dict[str, Any]], runs: dict[str, dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """A row for every target: value, lowest, and whether it is met (None where nothing is promised)."""
    for media_type, targets in TARGETS.items():
        if media_type not in runs:
            continue
        for target in targets:
            values = [
                value
                for file in files
                if file["file"].startswith(f"{media_type}/")
                and (not target.only or target.only in file["features"])
                and (value := file["scores"].get(target.measure)) is not None
            ]
            measured: Value = runs[media_type].get(target.measure)
            if measured is not None:
                values = [measured]
            value = _statistic(target, values)
            met: bool | None = None
            if value is None:
                met = None if target.least is None and target.most is None else False
            elif target.least is not None:
                met = value >= target.least - 1e-9
            elif target.most is not None:
                met = value <= target.most
            yield {
                "format": media_type,
                "name": target.name,
                "files": len(values) if measured is None else None,
                "value": value,
                "lowest": min(values) if values and measured is None else None,
                "least": target.least,
                "most": target.most,
                "met": met,
            }


def _statistic(target: Target, values: Sequence[float]) -> Value:
    if not values:
        return None
    take: dict[str, Callable[[Sequence[float]], float]] = {
        "mean": statistics.fmean,
        "min": min,
        "share": lambda found: sum(value >= target.floor for value in found) / len(found),
    }
    return take[target.statistic](values)


def made_page(result: dict[str, Any]) -> str:
    """The table of targets, and the files that could not be read."""
    lines = ["| format | measure | files | mean | lowest | target | |", "|---|---|---|---|---|---|---|"]
    for row in result["targets"]:
        promise = f"≥ {row['least']:g}" if row["least"] is not None else ""
        promise = f"≤ {row['most']:g}" if row["most"] is not None else promise
        met = {True: "met", False: "**not met**", None: ""}[row["met"]]
        count = "" if row["files"] is None else row["files"]
        numbers = f"{_number(row['value'])} | {_number(row['lowest'])}"
        lines.append(f"| {row['format']} | {row['name']} | {count} | {numbers} | {promise} | {met} |")
    for file in result["files"]:
        if file["verdict"] != "ok":
            lines += ["", f"{file['file']}: {file['verdict']}, {file['reason']}"]
    return "\n".join(lines)


def _number(value: Value) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.0f}"


def folder_page(result: dict[str, Any]) -> str:
    """Verdicts, scores and completeness of a folder; every file that was not read, with its reason."""
    summary = result["summary"]
    kinds = sorted({kind for counted in summary["verdicts"].values() for kind in counted})
    lines = [f"| suffix | {' | '.join(kinds)} |", "|---" * (len(kinds) + 1) + "|"]
    for suffix, counted in summary["verdicts"].items():
        lines.append(f"| {suffix} | {' | '.join(str(counted.get(kind, 0)) for kind in kinds)} |")
    run = result["run"]
    peaks = f"parent {run.get('parent_mb')} MB, largest worker {run.get('worker_mb')} MB"
    lines += ["", f"{len(result['files'])} files in {run.get('seconds')} s; {peaks}. {run.get('error') or ''}".strip()]
    if summary["scores"]:
        lines += ["", "| truth, suffix | measure | files | mean | lowest |", "|---|---|---|---|---|"]
        for group, by_name in summary["scores"].items():
            for name, found in by_name.items():
                numbers = f"{found['files']} | {found['mean']:.3f} | {found['min']:.3f}"
                lines.append(f"| {group} | {name} | {numbers} |")
    if summary["unknown_truth"]:
        lines += ["", f"Truth in a format nobody here reads: {summary['unknown_truth']} files (see the JSON)."]
    if summary["completeness"]:
        lines += ["", "Share of what the raw XML, PDFium or the decoded text holds:", ""]
        lines += ["| suffix | files | words, mean | letters, mean | letters, lowest |", "|---|---|---|---|---|"]
        for suffix, found in summary["completeness"].items():
            numbers = f"{found['words_mean']:.3f} | {found['letters_mean']:.3f} | {found['letters_min']:.3f}"
            lines.append(f"| {suffix} | {found['files']} | {numbers} |")
    lines += [""]
    for file in result["files"]:
        if file["verdict"] not in ("ok", "skipped"):
            lines.append(f"- {_shown(file['file'])}: {file['verdict']} ({file['reason']}: {file['message']})")
    return "\n".join(lines).rstrip()


def attacks_page(result: dict[str, Any]) -> str:
    lines = ["| check | held | |", "|---|---|---|"]
    lines += [
        f"| {check['name']} | {'yes' if check['held'] else '**no**'} | {check['detail']} |"
        for check in result["checks"]
    ]
    lines += ["", "| file | verdict | reason | s |", "|---|---|---|---|"]
    lines += [
        f"| {_shown(file['file'])} | {file['verdict']} | {file['reason']} | {file['seconds']:.1f} |"
        for file in result["files"]
    ]
    return "\n".join(lines)


def _shown(name: str) -> str:
    """A file name that breaks no line and no table."""
    printable = "".join(letter if letter.isprintable() and letter != "|" else "�" for letter in name)
    return printable if len(printable) <= 60 else f"{printable[:40]}…{printable[-15:]}"


if __name__ == "__main__":
    sys.exit(main())
