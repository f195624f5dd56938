"""The demo as a user runs it: whole, honest, resumable. Few steps and few documents; scores are not the point here."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from safetensors.torch import load_file, save_file
from scripts.make_pretrained_demo import make

from clara import assets
from clara.demo import heldout, long_run, recipe, run
from clara.demo.long_run import run_long
from clara.demo.recipe import DemoSettings
from clara.errors import UsageError
from clara.jsonl import read_records
from clara.modeling import base
from clara.schema import Document, EndToEndExample, PretrainExample
from clara.training import parse_config

HELD_OUT = 8  # documents: the nine systems are asked two questions about each
CLARA = Callable[..., tuple[int, str, str]]


class Killed(BaseException):
    """Stands for kill -9: nothing in clara catches it."""


@pytest.fixture(scope="module", autouse=True)
def few_steps() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipe, "MIN_HELD_OUT", HELD_OUT)
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
    assert heldout["num_documents"] == HELD_OUT
    assert heldout["num_questions"] == report["questions"]["total"] >= 2 * HELD_OUT - 2
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
    finished: tuple[Path, dict[str, Any]], clara: CLARA, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, report = finished
    console = Console(record=True, width=160, quiet=False, file=(out.parent / "again.txt").open("w"))
    again = run.run_demo(DemoSettings(output=out, documents=20), console=console)
    assert again["heldout"] == report["heldout"]
    with pytest.raises(UsageError, match=r"holds a demo with other settings \(corpus, seed\)"):
        run.run_demo(DemoSettings(output=out, documents=20, seed=5), console=console)
    monkeypatch.setattr(run, "weights_digest", lambda base_model: "another base in the package")
    with pytest.raises(UsageError, match=r"other settings \(base_weights\)"):
        run.run_demo(DemoSettings(output=out, documents=20), console=console)


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


# ------------------------------------------------------------------------------------------------------------- --long


def test_long_runs_differ_from_the_default_in_rate_and_steps_only(tmp_path: Path) -> None:
    default = DemoSettings(output=tmp_path, documents=10_000)  # so many that no stage is at its least number of steps
    usual = parse_config(default.training(tmp_path, tmp_path), where="usual")
    assert usual.model.compression_rate == recipe.MODEL["compression_rate"]
    memory_tokens = []
    for target, settings in default.at_each_rate().items():
        config = parse_config(settings.training(tmp_path, tmp_path), where="long")
        memory_tokens.append(config.model.doc_max_length // config.model.compression_rate)
        assert settings.output == tmp_path / f"rate-{target}"
        assert settings.identity() != default.identity()
        for stage in recipe.STAGES:
            long, short = config.stage(stage), usual.stage(stage)  # type: ignore[arg-type]
            assert long.max_steps == round(recipe.LONG_STEPS * short.max_steps)
            assert long.model_copy(update={"max_steps": short.max_steps}) == short
        same_rate = {"compression_rate": usual.model.compression_rate}
        assert config.model.model_copy(update=same_rate) == usual.model
    assert memory_tokens == [21, 10, 4]


def test_long_compares_the_rates_and_keeps_its_folder_to_itself(
    finished: tuple[Path, dict[str, Any]], clara: CLARA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both rates are the default one here, so that the finished run stands for each of them."""
    monkeypatch.setattr(recipe, "LONG_STEPS", 1.0)
    monkeypatch.setattr(recipe, "LONG_RATES", dict.fromkeys((4, 8), recipe.MODEL["compression_rate"]))
    out = tmp_path / "long"
    options = ("demo", "--long", "--yes", "--documents", 20, "--output", out)
    assert "no config.json" in clara(*options, "--base-model", "./none")[2]
    assert not out.exists()
    with monkeypatch.context() as patch:
        patch.setattr(long_run, "run_demo", _raise_killed)
        with pytest.raises(Killed):
            run_long(DemoSettings(output=out, documents=20), console=Console(quiet=True))
    for target in recipe.LONG_RATES:
        shutil.copytree(finished[0], out / f"rate-{target}")

    code, printed, _ = clara(*options)
    assert code == 0
    assert str(out / "rate-8" / "store") in printed.replace("\n", "")
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert list(report["rates"]) == ["4", "8"]
    for rate in report["rates"].values():
        one = json.loads((out / rate["folder"] / "report.json").read_text(encoding="utf-8"))
        assert rate["heldout"] == one["heldout"] == finished[1]["heldout"]
        assert rate["compression_rate"] == one["compression_rate"]
        assert rate["minutes"] > rate["training_minutes"] > 0
    html = (out / "report.html").read_text(encoding="utf-8")
    assert html.count("<svg") == 1
    assert "measured rate" in html
    for other in ([*options, "--seed", 5], [option for option in options if option != "--long"]):
        code, _, error = clara(*other)
        assert code == 2
        assert "holds a demo with other settings" in error


@pytest.mark.slow
def test_long_killed_between_two_rates_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "LONG_RATES", {4: 6, 16: 32})
    settings, asked = DemoSettings(output=tmp_path / "long", documents=20), []

    def dies(one: DemoSettings, **more: Any) -> Any:
        asked.append(one.output.name)
        if asked == ["rate-4", "rate-16"]:
            raise Killed
        return run.run_demo(one, **more)

    monkeypatch.setattr(long_run, "run_demo", dies)
    with pytest.raises(Killed):
        run_long(settings, console=Console(quiet=True))
    trained = (settings.output / "rate-4" / "runs" / "pretrain" / "metrics.jsonl").stat().st_mtime_ns
    report = run_long(settings, console=Console(quiet=True))
    assert (settings.output / "rate-4" / "runs" / "pretrain" / "metrics.jsonl").stat().st_mtime_ns == trained
    assert [rate["memory_tokens"] for rate in report["rates"].values()] == [21, 4]
    least, most = (rate["compression_rate"] for rate in report["rates"].values())
    assert least * 4.3 < most < least * 4.5  # (21 + 1) / (4 + 1) at the same texts


# ------------------------------------------------------------------------------------------------------- --pretrained


@pytest.fixture(scope="module")
def made_asset(finished: tuple[Path, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    asset = tmp_path_factory.mktemp("assets") / "tiny_demo"
    make(finished[0], asset)
    return asset


@pytest.fixture
def asset(made_asset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the checkpoint made of the finished demo, in the place of the package's own."""
    copy = shutil.copytree(made_asset, tmp_path / "tiny_demo")
    monkeypatch.setattr(assets, "tiny_demo_path", lambda: copy)
    return copy


def test_pretrained_answers_as_the_demo_it_was_made_of(
    asset: Path, finished: tuple[Path, dict[str, Any]], clara: CLARA, tmp_path: Path
) -> None:
    out = tmp_path / "answers"
    code, printed, _ = clara("demo", "--pretrained", "--output", out)
    assert code == 0
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["questions"] == finished[1]["questions"]
    assert report["compression_rate"] == finished[1]["compression_rate"]
    for name in ("exact_match_gold_document", "recall_at_1", "recall_at_5", "exact_match"):
        # the adapters lost bits on their way to bf16: an answer or two of the 42 may turn
        assert report["heldout"][name] == pytest.approx(finished[1]["heldout"][name], abs=2 / 42 + 1e-6)
    assert report["when_trained"] == finished[1]["after_end_to_end"]
    assert not (out / "documents" / "train").exists()
    assert len(report["answers"]) == 3
    assert all(answer["sources"] for answer in report["answers"])

    line = next(line for line in printed.splitlines() if line.startswith("ask more: "))
    words = shlex.split(line.removeprefix("ask more: clara "))
    question = report["answers"][0]["question"]
    code, answer, _ = clara(*words[:-1], question, "--max-new-tokens", 16)
    assert (code, answer.splitlines()[0]) == (0, report["answers"][0]["answer"])
    assert report["answers"][0]["sources"][0]["document"] in answer
    assert "done earlier" in clara("demo", "--pretrained", "--output", out)[1]


def test_the_asset_holds_adapters_and_no_path_of_this_machine(
    asset: Path, finished: tuple[Path, dict[str, Any]], clara: CLARA
) -> None:
    weights = {path.relative_to(asset).as_posix() for path in asset.rglob("*.safetensors")}
    names = ("compressor", "generator", "query_reasoner")
    assert weights == {"embeddings.safetensors", *(f"{name}/adapter_model.safetensors" for name in names)}
    for path in asset.rglob("*"):
        if path.is_file() and path.suffix != ".safetensors":
            text = path.read_text(encoding="utf-8")
            assert str(finished[0].parent) not in text
            assert str(assets.tiny_base_path()) not in text
    card = (asset / "README.md").read_text(encoding="utf-8")
    assert f"{finished[1]['heldout']['recall_at_1']:.3f}" in card
    assert "has seen compress-and-read" in card
    code, printed, _ = clara("checkpoint", "info", "tiny-demo", "--json")
    assert code == 0
    assert json.loads(printed)["base_model"] == "tiny"


def test_a_checkpoint_that_does_not_fit_is_refused(
    asset: Path, clara: CLARA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "answers"
    for option in (("--seed", 1), ("--documents", 50), ("--base-model", "tiny"), ("--long",)):
        code, _, error = clara("demo", "--pretrained", "--output", out, *option)
        assert code == 2
        assert f"leave out {option[0]}" in error
        assert len(error.strip().splitlines()) == 1

    other = shutil.copytree(assets.tiny_base_path(), tmp_path / "base")
    halve_one_tensor(other / "model.safetensors")
    with monkeypatch.context() as patch:
        patch.setattr(base, "tiny_base_path", lambda: other)
        code, _, error = clara("demo", "--pretrained", "--output", out)
    assert code == 1
    assert "base model 'tiny' has other weights than the one this checkpoint was trained on" in error

    record = json.loads((asset / "demo.json").read_text(encoding="utf-8"))
    (asset / "demo.json").write_text(json.dumps(record | {"seed": 1}), encoding="utf-8")
    assert "saw other product sheets" in clara("demo", "--pretrained", "--output", out)[2]
    (asset / "demo.json").unlink()
    assert "no trained demo checkpoint" in clara("demo", "--pretrained", "--output", out)[2]
    assert not out.exists()


def test_only_a_finished_demo_on_the_embedded_base_becomes_the_asset(
    finished: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="is not the folder of a finished"):
        make(tmp_path, tmp_path / "asset")
    for name, values, message in (
        ("report.json", {"corpus_digest": "0"}, "was made from other product sheets"),
        ("state.json", {"identity": {"base_model": "other", "recipe": {}}}, "was trained on other"),
    ):
        demo = tmp_path / name
        demo.mkdir()
        for file in ("report.json", "state.json"):
            content = json.loads((finished[0] / file).read_text(encoding="utf-8"))
            (demo / file).write_text(json.dumps(content | (values if file == name else {})), encoding="utf-8")
        with pytest.raises(UsageError, match=message):
            make(demo, tmp_path / "asset")
    assert not (tmp_path / "asset").exists()


def halve_one_tensor(file: Path) -> None:
    tensors = load_file(file)
    name = min(tensors)
    save_file(tensors | {name: tensors[name] / 2}, file, metadata={"format": "pt"})


def _raise_killed(*arguments: Any, **more: Any) -> Any:
    raise Killed
