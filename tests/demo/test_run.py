"""The demo as a user runs it: whole, honest, resumable. Few steps and few documents; scores are not the point here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from clara.demo import heldout, recipe, run
from clara.demo.recipe import DemoSettings
from clara.errors import UsageError
from clara.jsonl import read_records
from clara.schema import Document, EndToEndExample, PretrainExample

CLARA = Callable[..., tuple[int, str, str]]


class Killed(BaseException):
    """Stands for kill -9: nothing in clara catches it."""


@pytest.fixture(scope="module", autouse=True)
def few_steps() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        for stage in recipe.STAGES:
            patch.setitem(recipe.STAGES, stage, {**recipe.STAGES[stage], "max_steps": 3})
        patch.setitem(recipe.TRAINING, "save_steps", 1)
        yield


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("demo") / "out"
    with (out.parent / "console.txt").open("w") as file:
        run.run_demo(DemoSettings(output=out, documents=20), console=Console(file=file, width=160))
    return out, json.loads((out / "report.json").read_text(encoding="utf-8"))


def test_the_report_holds_what_it_promises(finished: tuple[Path, dict[str, Any]]) -> None:
    out, report = finished
    heldout = report["heldout"]
    for name in ("exact_match_gold_document", "recall_at_1", "recall_at_5", "exact_match"):
        low, high = heldout["intervals"][name]
        assert 0 <= low <= heldout[name] <= high <= 1
    assert heldout["num_documents"] == 20
    assert heldout["num_questions"] == report["questions"]["total"] >= 40
    assert report["questions"]["unseen_phrasing"] * 3 == report["questions"]["total"]
    expected = {"closed_book", "bm25_full_text", "gold_text", "untrained", "after_pretrain", "after_instruction"}
    assert set(report["baselines"]) == expected
    assert report["compression_rate"] > 5
    assert {"total", "extract", "synthesize", "train", "index", "evaluate"} <= set(report["seconds"])
    assert report["seconds"]["total"] > report["seconds"]["train"] > 0
    assert len(report["answers"]) == 3
    assert all(answer["sources"] for answer in report["answers"])
    assert not any(scores["num_failed"] for scores in report["baselines"].values())
    assert set(report["stages"]) == {"pretrain", "instruction", "end_to_end"}
    for stage in report["stages"].values():
        assert stage["difference"]["mean"] == pytest.approx(stage["after"] - stage["before"])
        assert stage["difference"]["count"] == report["questions"]["total"]
    html = (out / "report.html").read_text(encoding="utf-8")
    assert "Does each stage earn its place?" in html
    assert html.count("<svg") >= 7
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "recall@1" in (out.parent / "console.txt").read_text()


def test_files_of_all_three_kinds_were_read_and_nothing_held_out_was_trained_on(
    finished: tuple[Path, dict[str, Any]],
) -> None:
    out, report = finished
    train = read_records(out / "extracted" / "train.jsonl", Document)
    heldout = read_records(out / "extracted" / "heldout.jsonl", Document)
    assert {document.media_type for document in train} == {"pdf", "docx", "pptx"}
    assert len(train) == 20
    rows = (out / "data" / "pretrain_data.jsonl").read_text() + (out / "data" / "end_to_end_data.jsonl").read_text()
    assert not [document.title for document in heldout if document.title in rows]
    assert read_records(out / "data" / "pretrain_data.jsonl", PretrainExample)
    joint = read_records(out / "data" / "end_to_end_data.jsonl", EndToEndExample)
    assert all(row.pos_index for row in joint)
    assert report["data"]["rows"]["end_to_end"] == len(joint)


@pytest.mark.parametrize("breaks_at", ["train_stage", pytest.param("build_index", marks=pytest.mark.slow)])
def test_killed_and_started_again_it_ends_as_undisturbed(
    breaks_at: str, finished: tuple[Path, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = run if breaks_at == "train_stage" else heldout
    real = getattr(module, breaks_at)

    def dies(*arguments: Any, progress: Callable[..., None], **more: Any) -> Any:
        def until_two(*now: Any) -> None:
            progress(*now)
            if breaks_at == "build_index" or (arguments[1] == "instruction" and now[0].step == 2):
                raise Killed

        return real(*arguments, progress=until_two, **more)

    settings, console = DemoSettings(output=tmp_path / "out", documents=20), Console(quiet=True)
    with monkeypatch.context() as patch:
        patch.setattr(module, breaks_at, dies)
        with pytest.raises(Killed):
            run.run_demo(settings, console=console)
    run.run_demo(settings, console=console)
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    for name in ("heldout", "baselines", "stages", "compression_rate", "answers"):
        assert report[name] == finished[1][name], name


def test_a_finished_demo_is_shown_again_and_another_one_is_not_mixed_in(
    finished: tuple[Path, dict[str, Any]], clara: CLARA
) -> None:
    out, report = finished
    console = Console(record=True, width=160, quiet=False, file=(out.parent / "again.txt").open("w"))
    again = run.run_demo(DemoSettings(output=out, documents=20), console=console)
    assert again["heldout"] == report["heldout"]
    with pytest.raises(UsageError, match=r"holds a demo with other settings \(seed\)"):
        run.run_demo(DemoSettings(output=out, documents=20, seed=5), console=console)


def test_bad_options_are_one_clear_line(clara: CLARA, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    for options, message in (
        (["--output", tmp_path / "full"], "is not empty and holds no demo"),
        (["--documents", 3, "--output", tmp_path / "few"], "needs at least 20 documents"),
        (["--base-model", tmp_path / "none", "--output", tmp_path / "base"], "base model"),
    ):
        code, _, error = clara("demo", "--yes", *options)
        assert code != 0
        assert message in error
        assert error.startswith("error: ")
        assert len(error.strip().splitlines()) == 1
    assert (tmp_path / "full" / "thesis.txt").read_text() == "mine"
