"""What `clara pipeline run` does again and what it does not, what the manifest holds, and documents that stay apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clara.errors import ConfigError, PrivacyError, UsageError
from clara.pipeline.run import run_pipeline, show_plan
from clara.pipeline.settings import PipelineSettings, read_settings
from llm.server import chat_server
from pipeline.made_folder import make_raw_data, results, run

STEPS = ["extract", "synthesize", "validate", "report"]


@pytest.fixture
def raw_data(tmp_path: Path) -> Path:
    make_raw_data(tmp_path / "raw", count=4)
    return tmp_path / "raw"


def done(raw_data: Path, folder: Path, **settings: Any) -> list[str]:
    """The steps that were not skipped."""
    said: list[str] = []
    run_pipeline(raw_data, folder, PipelineSettings(workers=1, **settings), tell=said.append)
    return [line.split(" ")[1] for line in said if "skipped" not in line]


def test_only_what_depends_on_a_change_is_done_again(raw_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert done(raw_data, out) == STEPS
    first = results(out)
    assert done(raw_data, out) == []
    assert done(raw_data, out, concurrency=3) == []
    assert results(out) == first
    for name in ("data_card.json", "data_card.html"):
        (out / name).unlink()
        assert done(raw_data, out) == ["report"]
        assert (out / name).is_file()
    assert done(raw_data, out, seed=1) == ["synthesize", "validate", "report"]
    assert done(raw_data, out) == ["synthesize", "validate", "report"]
    assert results(out) == first
    (raw_data / "bridge00.md").write_text("# Vesper Bridge\n\nThe Vesper Bridge was built in 1899.\n")
    assert done(raw_data, out) == STEPS
    read = {file["file"] for file in json.loads((out / "extraction_report.json").read_text())["files"]}
    assert len(read) == 8
    fresh = tmp_path / "fresh"
    done(raw_data, fresh)
    assert results(out) == results(fresh)


def test_the_manifest_names_inputs_outputs_counts_and_versions_but_no_time_and_no_path(
    raw_data: Path, tmp_path: Path
) -> None:
    done(raw_data, tmp_path / "out")
    text = (tmp_path / "out" / "manifest.json").read_text()
    manifest = json.loads(text)
    steps = {step["step"]: step for step in manifest["steps"]}
    assert list(steps) == STEPS
    assert len(steps["extract"]["inputs"]) == 8
    assert steps["extract"]["counts"]["ok"] == 7
    assert steps["extract"]["counts"]["failed"] == 1
    assert set(steps["synthesize"]["outputs"]) >= {"pretrain_data.jsonl", "rejects.jsonl"}
    assert {"clara", "python", "tokenizers"} <= set(steps["synthesize"]["versions"])
    assert str(tmp_path) not in text
    assert "seconds" not in text.replace("timeout_seconds", "")


def test_no_document_is_on_both_sides_of_any_produced_file(raw_data: Path, tmp_path: Path) -> None:
    for seed in range(4):
        out = tmp_path / f"out{seed}"
        done(raw_data, out, eval_fraction=0.4, seed=seed, report=False)
        sides: dict[bool, set[str]] = {True: set(), False: set()}
        texts: dict[bool, set[str]] = {True: set(), False: set()}
        for path in out.glob("*_data*.jsonl"):
            held_out = path.stem.endswith("_eval")
            for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
                sides[held_out] |= {source["document"] for source in row["sources"]}
                texts[held_out] |= set(row.get("docs") or row["context"])
        assert sides[True] | sides[False]
        assert not sides[True] & sides[False]
        assert not texts[True] & texts[False]


def test_a_dry_run_writes_and_sends_nothing(raw_data: Path, tmp_path: Path) -> None:
    said: list[str] = []
    with chat_server() as server:
        settings = PipelineSettings(base_url=server.base_url, model="m")
        show_plan(raw_data, tmp_path / "out", settings, tell=said.append)
        assert server.requests == []
    assert not (tmp_path / "out").exists()
    assert "extract: would run" in said[0]


def test_a_secret_in_a_document_stops_the_run_before_anything_is_sent(raw_data: Path, tmp_path: Path) -> None:
    secret = "AKIA" + "QYLPMN5HFIQR7XYA"
    (raw_data / "notes.txt").write_text(f"The access key of the store is {secret} and nobody may know it.\n")
    with chat_server() as server:
        options = ("--output", "out", "--base-url", server.base_url, "--model", "m")
        said = run("pipeline", "run", "raw", *options, cwd=tmp_path, code=1)
        assert "nothing was sent" in said
        assert server.requests == []
        run("pipeline", "run", "raw", *options, "--privacy", "redact", cwd=tmp_path)
        assert server.requests
        assert secret not in json.dumps(server.requests)
        before = len(server.requests)
        run("pipeline", "run", "raw", *options, "--privacy", "redact", cwd=tmp_path)
        assert len(server.requests) == before


def test_settings_come_from_a_file_and_options_win(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.yaml"
    file.write_text("max_tokens: 64\nseed: 3\n")
    settings = read_settings(file, {"seed": 4, "model": None})
    assert (settings.max_tokens, settings.seed) == (64, 4)
    file.write_text("max_token: 64\n")
    with pytest.raises(ConfigError, match=r"max_token: no such setting; did you mean 'max_tokens'"):
        read_settings(file, {})
    (tmp_path / "raw").mkdir()
    with pytest.raises(UsageError, match="needs --model"):
        run_pipeline(tmp_path / "raw", tmp_path / "out", PipelineSettings(base_url="http://127.0.0.1:9/v1"))


@pytest.mark.parametrize(
    ("output", "settings", "said"),
    [
        ("raw/out", {}, "is inside"),
        ("out", {"base_url": "http://ann:pw@host/v1", "model": "m"}, "no user, password"),
        ("out", {"vision_model": "v"}, "needs --base-url"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_written(
    raw_data: Path, tmp_path: Path, output: str, settings: dict[str, Any], said: str
) -> None:
    before = sorted(tmp_path.rglob("*"))
    for act in (run_pipeline, show_plan):
        with pytest.raises(UsageError, match=said):
            act(raw_data, tmp_path / output, PipelineSettings(**settings))
    assert sorted(tmp_path.rglob("*")) == before


def test_a_secret_in_the_prompts_stays_here_too(raw_data: Path, tmp_path: Path) -> None:
    secret = "AKIA" + "QYLPMN5HFIQR7XYA"
    (tmp_path / "prompts" / "en").mkdir(parents=True)
    (tmp_path / "prompts" / "en" / "system.txt").write_text(f"You write training data. Our store's key is {secret}.\n")
    with chat_server() as server:
        endpoint = {"base_url": server.base_url, "model": "m", "prompts": tmp_path / "prompts"}
        for privacy in ("block", "redact"):
            with pytest.raises(PrivacyError, match="prompts"):
                done(raw_data, tmp_path / "out", privacy=privacy, **endpoint)
        assert not server.requests
        (tmp_path / "prompts" / "en" / "system.txt").write_text("You write training data.\n")
        done(raw_data, tmp_path / "out", **endpoint)
        assert server.requests


def test_a_name_added_to_the_list_is_looked_for_again(raw_data: Path, tmp_path: Path) -> None:
    policy, names = tmp_path / "policy.yaml", tmp_path / "names.txt"
    policy.write_text("names: names.txt\n")
    names.write_text("Someone Else\n")
    with chat_server() as server:
        settings: dict[str, Any] = {"base_url": server.base_url, "model": "m", "tasks": "qa", "report": False}
        settings |= {"privacy": "redact", "privacy_policy": policy}
        done(raw_data, tmp_path / "out", **settings)
        assert "Mara Lind2" in json.dumps(server.requests)
        before = len(server.requests)
        names.write_text("Someone Else\nMara Lind2\n")
        assert done(raw_data, tmp_path / "out", **settings) == ["scan", "synthesize", "validate"]
        assert len(server.requests) > before
        assert "Mara Lind2" not in json.dumps(server.requests[before:])


def test_an_output_among_the_documents_is_refused_before_anything_is_written(raw_data: Path, tmp_path: Path) -> None:
    before = sorted(raw_data.iterdir())
    said = run("pipeline", "run", "raw", "--output", "raw/out", cwd=tmp_path, code=2)
    assert "is inside" in said
    assert sorted(raw_data.iterdir()) == before


@pytest.mark.slow
def test_ray_with_an_endpoint_sends_and_writes_the_same(raw_data: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    with chat_server() as server:
        options = ("--base-url", server.base_url, "--model", "m", "--eval-fraction", "0.3", "--workers", "2")
        run("pipeline", "run", "raw", "--output", "local", *options, cwd=tmp_path)
        asked = sorted(server.raw_hashes)
        run("pipeline", "run", "raw", "--output", "ray", *options, "--engine", "ray", cwd=tmp_path)
        assert sorted(server.raw_hashes[len(asked) :]) == asked
    local, on_ray = results(tmp_path / "local"), results(tmp_path / "ray")
    assert list(on_ray) == list(local)
    for name in local:
        assert on_ray[name] == local[name], name


@pytest.mark.slow
def test_ray_writes_the_same_bytes_as_this_machine_alone(raw_data: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    run("pipeline", "run", "raw", "--output", "local", "--eval-fraction", "0.3", cwd=tmp_path)
    run("pipeline", "run", "raw", "--output", "ray", "--eval-fraction", "0.3", "--engine", "ray", "--workers", "2",
        cwd=tmp_path)  # fmt: skip
    assert results(tmp_path / "ray") == results(tmp_path / "local")
