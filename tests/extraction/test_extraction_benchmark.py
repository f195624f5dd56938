"""benchmarks/extraction.py: its scores on cases worked out by hand, its made files, a folder, and its hostile files."""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import pytest

from clara.extraction.worker import read_document
from clara.schema import Block, Document, Page

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
try:
    import extraction_attack_files as attack_files
    import extraction_attack_parts as attack_parts
    import extraction_attacks
    import extraction_files
    import extraction_folder
    import extraction_scoring as scoring

    import extraction
finally:
    sys.path.remove(str(ROOT / "benchmarks"))

TABLE = "| part | price |\n| --- | --- |\n| valve\\|new | 30 |\n| seal | 4.0 |"


def document(*pages: list[Block]) -> Document:
    return Document(
        id="a.pdf",
        sha256="0",
        media_type="pdf",
        title="a",
        pages=[Page(number=number, blocks=blocks) for number, blocks in enumerate(pages, start=1)],
    )


def truth() -> list[list[dict[str, Any]]]:
    return [
        [{"kind": "heading", "text": "Pump"}, {"kind": "paragraph", "text": "It moves forty litres."}],
        [
            {"kind": "heading", "text": "Price list"},
            {"kind": "table", "rows": [["part", "price"], ["valve|new", "30"], ["seal", "4"]]},
            {"kind": "chart", "rows": [["", "sold"], ["1999", "7"]]},
            {"kind": "note", "text": "Say that it is cheap."},
        ],
    ]


def perfect() -> list[list[Block]]:
    return [
        [Block(kind="heading", text="Pump", level=1), Block(kind="paragraph", text="It moves forty litres.")],
        [
            Block(kind="heading", text="Price List", level=1),
            Block(kind="table", text=TABLE),
            Block(kind="table", text="|  | sold |\n|---|---|\n| 1999 | 7.0 |"),
            Block(kind="note", text="Say that it is cheap."),
        ],
    ]


def test_a_perfect_reading_scores_one_in_everything_but_the_noise_of_numbers() -> None:
    scores = scoring.score(document(*perfect()), scoring.truth_of_pages(truth()))
    assert (scores.recall, scores.headings_recall, scores.headings_precision) == (1.0, 1.0, 1.0)
    assert (scores.tables, scores.pages, scores.notes, scores.charts) == (1.0, 1.0, 1.0, 1.0)
    assert scores.precision == pytest.approx(22 / 24)  # 4.0 and 7.0 are two words each


def test_each_fault_lowers_its_own_score() -> None:
    known = scoring.truth_of_pages(truth())
    first, second = perfect()

    merged = scoring.score(document([*first, *second]), known)
    assert merged.pages == pytest.approx(1 / 6)  # of five blocks with two words or more one is right; page count is not
    assert (merged.recall, merged.notes, merged.charts) == (1.0, 0.0, 0.0)

    swapped = scoring.score(document(second, first), known)
    assert swapped.recall == 1.0
    assert swapped.order is not None
    assert swapped.order < 0.9

    flat = scoring.score(document(first, [*second[:1], Block(kind="paragraph", text="part price valve new 30")]), known)
    assert flat.tables == 0.0
    assert flat.notes == 0.0
    spoken = [*second[:3], Block(kind="paragraph", text="Say that it is cheap.")]
    assert scoring.score(document(first, spoken), known).notes == 0.0  # said, but not as a note

    bold = [Block(kind="heading", text="It moves forty litres.", level=2), first[1]]
    wrong = scoring.score(document(bold, second), known)
    assert (wrong.headings_recall, wrong.headings_precision) == (0.5, 0.5)


def test_words_are_the_same_however_they_are_written() -> None:
    assert scoring.words("The e\ufb03cient main\u00adtenance_plan") == ["the", "efficient", "maintenance", "plan"]
    assert scoring.words("水泵 ok") == ["水", "泵", "ok"]
    assert [scoring.cell_key(cell) for cell in ("1,200.0", "7.0", "**Left** cell")] == ["1200", "7", "left cell"]


def test_the_common_subsequence_is_the_textbook_one() -> None:
    def by_table(left: list[str], right: list[str]) -> int:
        row = [0] * (len(right) + 1)
        for one in left:
            before = row[:]
            for place, other in enumerate(right):
                row[place + 1] = before[place] + 1 if one == other else max(before[place + 1], row[place])
        return row[-1]

    draw = random.Random(3)
    for _ in range(200):
        left, right = ([draw.choice("abcde") for _ in range(draw.randint(0, 30))] for _ in range(2))
        assert scoring.common_subsequence(left, right) == by_table(left, right)
    assert scoring.order([], []) is None


def test_made_files_are_the_same_for_a_seed_and_are_read_to_the_targets(tmp_path: Path) -> None:
    result = extraction.score_made(
        tmp_path, seed=3, variants=1, office=False, scans=False, workers=1, timeout_seconds=60, memory_mb=2048
    )
    assert {file["file"].partition("/")[0] for file in result["files"]} == {"pdf", "docx", "pptx"}
    by_rate = ("pages a second", "files a second")  # the machine's business
    missed = [row for row in result["targets"] if row["met"] is False and row["name"] not in by_rate]
    assert missed == []
    assert "| pdf | word recall |" in extraction.made_page(result)
    assert extraction.exit_status(result, strict=False) == 0

    again = tmp_path / "again"
    extraction_files.make_set(again, seed=3, variants=1, office=False, scans=False)
    assert (again / "truth.json").read_bytes() == (tmp_path / "made" / "truth.json").read_bytes()
    for path in again.rglob("*.pdf"):
        if path.parent.name == "pdf":
            assert path.read_bytes() == (tmp_path / "made" / path.relative_to(again)).read_bytes()


def test_a_folder_is_scored_against_the_truth_its_manifest_names(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "gt").mkdir(parents=True)
    rows = [{"kind": "heading", "text": "Pump", "level": 1}, {"kind": "paragraph", "text": "It moves forty litres."}]
    table = {"kind": "table", "rows": [["part", "price"], ["valve", "30"]], "ruled": True}
    plan = extraction_files.Plan(name="a", title="Pump", pages=[[*rows, table]])
    extraction_files.write_docx(plan, folder / "a.docx")
    extraction_files.write_docx(plan, folder / "b.docx")
    extraction_files.write_reportlab(plan, folder / "c.pdf")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\n")
    (folder / "gt" / "a.md").write_text(
        "# Pump\n\nIt moves forty litres.\n\n| part | price |\n|--|--|\n| valve | 30 |\n"
    )
    (folder / "gt" / "b.txt").write_text("Pump It moves fifty litres. part price valve 30")
    (folder / "gt" / "c.csv").write_text("part,price\nvalve,30\n")
    (folder / "gt" / "c.strange").write_text("?")
    entries = [
        {"path": "a.docx", "gt": ["gt/a.md"], "gt_kind": "human"},
        {"path": "b.docx", "gt": ["gt/b.txt"], "gt_kind": "tool-snapshot (of something)"},
        {"path": "c.pdf", "gt": ["gt/c.csv", "gt/c.strange"], "gt_kind": "same text"},
        {"path": "broken.pdf", "gt": ["gt/b.txt"], "gt_kind": "human"},
        {"path": "gt/a.md", "role": "groundtruth"},
    ]
    (folder / "manifest.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    result = extraction_folder.score_folder(folder, tmp_path / "work", workers=1)
    files = {file["file"]: file for file in result["files"]}
    assert set(files) == {"a.docx", "b.docx", "c.pdf", "broken.pdf"}
    assert files["a.docx"]["scores"]["headings_recall"] == files["a.docx"]["scores"]["tables"] == 1.0
    assert files["b.docx"]["truth"] == "snapshot"
    assert files["b.docx"]["scores"]["recall"] == pytest.approx(8 / 9, abs=1e-4)
    assert files["c.pdf"]["truth_unknown"] == ["c.strange"]
    assert files["broken.pdf"]["verdict"] == "refused"
    assert files["broken.pdf"]["scores"]["recall"] == 0.0  # what cannot be read is not left out of the mean
    assert result["summary"]["completeness"]["docx"]["letters_min"] == 1.0
    assert result["summary"]["scores"]["exact docx"]["recall"]["mean"] == 1.0
    assert "broken.pdf: refused" in extraction.folder_page(result)

    (folder / "manifest.jsonl").write_text('{"path": "a.docx"}\n{"paht": 1}\n')
    with pytest.raises(extraction_folder.FolderError, match=r"manifest\.jsonl:2: .*path"):
        extraction_folder.read_manifest(folder)
    (folder / "manifest.jsonl").unlink()
    assert extraction_folder.read_manifest(folder) is None


def test_a_verdict_tells_a_refusal_from_an_accident() -> None:
    def verdict(reason: str, *, message: str = "why", seconds: float = 1.0) -> str:
        row = {"verdict": "failed", "reason": reason, "message": message, "seconds": seconds}
        return extraction_folder.verdict(row, limit_seconds=100)

    found = [verdict(reason) for reason in ("password", "no_text", "timeout", "crashed", "reader_error")]
    assert found == ["refused", "empty", "limit", "worker died", "untyped"]
    assert verdict("corrupt", message="") == "untyped"
    assert verdict("timeout", seconds=101) == "hang"


def test_hostile_files_bring_verdicts_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def few(folder: Path, *, canary: Path, url: str, quick: bool) -> list[str]:
        wanted = (
            "control/", "xml/entity_", "xml/dtd_http", "links/", "nested/grid_span", "broken/cut_50", "pdf/page_loop",
            "names/new", "broken/encrypted",
        )  # fmt: skip
        made = []
        for files in (
            attack_files.controls(),
            attack_files.broken_files(),
            attack_files.entity_files(canary, url),
            attack_files.link_files(canary, url),
            attack_files.nested_files(),
            attack_files.strange_pdf(canary, url),
            attack_files.strange_names(),
        ):
            for name, content in files:
                if name.startswith(wanted) and isinstance(content, bytes):
                    (folder / name).parent.mkdir(parents=True, exist_ok=True)
                    (folder / name).write_bytes(content)
                    made.append(name)
        return [*made, *attack_files._places(folder, canary)]

    monkeypatch.setattr(extraction_attacks, "make_attacks", few)
    monkeypatch.setattr(extraction_attacks, "traced", lambda trace: [])
    result = extraction_attacks.attack(tmp_path, workers=1, timeout_seconds=20, memory_mb=1024, quick=True)
    assert [check for check in result["checks"] if not check["held"]] == []
    verdicts = {file["file"]: file for file in result["files"]}
    assert verdicts["broken/encrypted.docx"]["reason"] == "password"
    assert verdicts["places/link_out.docx"]["reason"] == "outside"
    assert verdicts["places/pipe.pdf"]["verdict"] == "skipped"
    assert verdicts["names/new\nline.docx"]["verdict"] == "ok"
    assert extraction.exit_status(result, strict=False) == 0
    assert "new\nline" not in extraction.attacks_page(result)


def test_a_pdf_that_begins_as_something_else_starts_no_other_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = tmp_path / "started"
    for name in ("libreoffice", "soffice"):
        (tmp_path / name).write_text(f"#!/bin/sh\ntouch '{started}'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    path = tmp_path / "a.pdf"
    path.write_bytes(rb"{\rtf1\ansi hidden}" + b"\n" + attack_parts.text_pdf())
    document = read_document(path, document_id="a.pdf")
    assert document.pages[0].text == "The pump is ready today."
    assert not started.exists()


def test_a_leak_a_call_and_a_write_outside_are_seen(tmp_path: Path) -> None:
    trace, canary, output = tmp_path / "trace.txt", tmp_path / "canary.txt", tmp_path / "out"
    trace.write_text(
        f'7 openat(AT_FDCWD, "{output}/raw.jsonl", O_WRONLY|O_CREAT, 0666) = 3\n'
        '7 openat(AT_FDCWD, "/dev/null", O_RDWR) = 3\n'
        f'7 openat(AT_FDCWD, "{canary}", O_RDONLY|O_CLOEXEC) = 3\n'
        '8 openat(AT_FDCWD, "/elsewhere/escaped", O_WRONLY|O_CREAT, 0666) = 4\n'
        "8 connect(3, {sa_family=AF_INET, sin_port=htons(80)}, 16) = -1 ECONNREFUSED\n"
        '8 execve("/usr/bin/soffice", ["soffice"], 0x7ff /* 40 vars */) = 0\n'
        '8 connect(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 16) = 0\n'
    )
    checks = list(extraction_attacks.read_trace(trace, canary=canary, writable=[output]))
    assert [check["held"] for check in checks] == [False, False, False, False]
    assert "escaped" in checks[3]["detail"]
    assert "raw.jsonl" not in checks[3]["detail"]


@pytest.mark.slow
def test_every_hostile_file_brings_a_verdict_and_nothing_else(tmp_path: Path) -> None:
    result = extraction_attacks.attack(tmp_path, workers=2, timeout_seconds=20, memory_mb=1024, quick=False)
    assert [check for check in result["checks"] if not check["held"]] == []
    assert len(result["files"]) > 300
