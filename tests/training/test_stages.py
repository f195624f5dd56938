"""The three stages as a user runs them: resumed = undisturbed, what is trained moves and nothing else."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tests.modeling.bases import make_base

from clara.errors import CheckpointError, ConfigError, RecordsError, UsageError
from clara.modeling import ClaraConfig, ClaraModel
from clara.schema import STAGES
from clara.training import TrainConfig, parse_config, train_stage
from clara.training.trainer import checkpoints

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base"), "llama")


def settings(runs: Path, base: Path, **training: Any) -> dict[str, Any]:
    return {
        "runs_dir": str(runs),
        "device": "cpu",
        "model": {
            "base_model": str(base),
            "doc_max_length": 64,
            "compression_rate": 16,
            "num_candidates": 8,
            "lora_rank": 4,
        },
        "data": {stage: str(ROOT / "example" / f"{stage}_data.jsonl") for stage in STAGES} | {"eval_fraction": 0.2},
        "training": {
            "max_steps": 6,
            "batch_size": 4,
            "micro_batch_size": 2,
            "save_steps": 2,
            "logging_steps": 1,
            "learning_rate": 1e-2,
            **training,
        },
    }


def config_of(runs: Path, base: Path, **training: Any) -> TrainConfig:
    return parse_config(settings(runs, base, **training), where="test")


@pytest.fixture(scope="module")
def undisturbed(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """runs_dir in which all three stages were trained without a break."""
    runs = tmp_path_factory.mktemp("undisturbed") / "runs"
    for stage in STAGES:
        train_stage(config_of(runs, base), stage)
    return runs


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return {
        f"{path.relative_to(folder)}:{key}": value
        for path in sorted(folder.rglob("*.safetensors"))
        for key, value in load_file(path).items()
    }


def losses(run: Path) -> list[tuple[int, float]]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [(line["step"], line["loss"]) for line in lines if "loss" in line]


def assert_same_run(one: Path, other: Path) -> None:
    assert losses(one) == losses(other)
    expected, found = weights(one / "model"), weights(other / "model")
    assert expected.keys() == found.keys()
    for key, value in expected.items():
        assert torch.equal(value, found[key]), key


@pytest.mark.parametrize(("stage", "step"), [("pretrain", 3), ("instruction", 5), ("end_to_end", 4)])
def test_resumed_equals_undisturbed(stage: Any, step: int, base: Path, undisturbed: Path, tmp_path: Path) -> None:
    config = config_of(tmp_path / "runs", base)
    start = None if stage == "pretrain" else undisturbed / STAGES[STAGES.index(stage) - 1] / "model"

    class Killed(BaseException):
        pass

    def kill(now: Any) -> None:
        if now.step == step:
            raise Killed

    with pytest.raises(Killed):
        train_stage(config, stage, init_from=start, progress=kill)
    assert checkpoints(tmp_path / "runs" / stage)
    train_stage(config, stage, init_from=start)
    assert_same_run(undisturbed / stage, tmp_path / "runs" / stage)


@pytest.mark.slow
@pytest.mark.parametrize("point", range(6))
def test_resumed_after_kill_minus_nine_equals_undisturbed(
    point: int, base: Path, undisturbed: Path, tmp_path: Path
) -> None:
    stage = STAGES[point % 3]
    start = None if stage == "pretrain" else undisturbed / STAGES[STAGES.index(stage) - 1] / "model"
    told = tmp_path / "config.json"
    told.write_text(json.dumps(settings(tmp_path / "runs", base)))
    code = (
        "import json, sys; from pathlib import Path; from clara.training import parse_config, train_stage;"
        f"train_stage(parse_config(json.load(open({str(told)!r})), where='t'), {stage!r},"
        f" init_from={f'Path({str(start)!r})' if start else None},"
        " progress=lambda now: print(now.step, flush=True))"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    assert child.stdout is not None
    draw = random.Random(point)
    for _ in range(draw.randrange(1, 6)):
        child.stdout.readline()
    time.sleep(draw.random() * 0.2)
    child.send_signal(signal.SIGKILL)
    child.wait()
    subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    assert_same_run(undisturbed / stage, tmp_path / "runs" / stage)


def test_each_stage_trains_its_adapters_and_nothing_else(undisturbed: Path) -> None:
    pretrain, instruction, joint = (weights(undisturbed / stage / "model") for stage in STAGES)
    changed = {key.split("/")[0].split(":")[0] for key in pretrain if not torch.equal(pretrain[key], instruction[key])}
    assert changed == {"compressor", "generator", "embeddings.safetensors"}
    changed = {key.split("/")[0].split(":")[0] for key in instruction if not torch.equal(instruction[key], joint[key])}
    assert changed == {"generator"}
    copied = {key: value for key, value in joint.items() if key.startswith("query_reasoner/")}
    assert any(
        not torch.equal(value, joint[key.replace("query_reasoner/", "compressor/")]) for key, value in copied.items()
    )


@pytest.mark.parametrize("family", ["mistral", "qwen3"])
def test_other_families_go_through_all_three_stages(family: str, tmp_path: Path) -> None:
    other = make_base(tmp_path / "base", family)
    for stage in STAGES:
        result = train_stage(config_of(tmp_path / "runs", other, max_steps=2), stage)
        assert result.metrics["num_questions"] > 0
    model = ClaraModel.from_pretrained(tmp_path / "runs" / "end_to_end" / "model", device="cpu")
    memory = model.compress(["The casing is amber.", "It weighs 61 kg."])
    assert memory.shape == (2, 4, model.hidden_size)
    assert len(model.generate(["What colour is the casing?"], [memory], max_new_tokens=4)) == 1
    assert model.encode_query(["What colour is the casing?"]).shape == (1, 4, model.hidden_size)


def test_a_finished_stage_is_not_trained_again_unless_its_settings_change(base: Path, undisturbed: Path) -> None:
    steps: list[int] = []
    result = train_stage(config_of(undisturbed, base), "pretrain", progress=lambda now: steps.append(now.step))
    assert result.steps == 6
    assert not steps


def test_losses_fall_and_metrics_are_true_numbers(undisturbed: Path) -> None:
    for stage in STAGES:
        found = [loss for _, loss in losses(undisturbed / stage)]
        assert min(found[3:]) < found[0], stage
    line = json.loads((undisturbed / "end_to_end" / "metrics.jsonl").read_text().splitlines()[0])
    assert 0 <= line["recall_at_1"] <= line["recall_at_5"] <= 1
    model = ClaraModel.from_pretrained(undisturbed / "end_to_end" / "model", device="cpu")
    assert model.config.stages == list(STAGES)
    assert model.config.adapters == ["compressor", "generator", "query_reasoner"]


@pytest.mark.parametrize("stage", STAGES)
def test_accumulated_and_recomputed_steps_equal_whole_ones(stage: Any, base: Path, tmp_path: Path) -> None:
    """All eight rows at once, four by four, or recomputed in backward: the same losses over several steps."""
    rows = (ROOT / "example" / f"{stage}_data.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)[:8]
    (tmp_path / "eight.jsonl").write_text("".join(rows), encoding="utf-8")
    start = None
    if stage != "pretrain":
        made = settings(tmp_path, base)["model"] | {"lora_dropout": 0.0}
        model = ClaraModel.from_base(ClaraConfig(**made), seed=3)
        model.save_pretrained(tmp_path / "start")
        start = tmp_path / "start"
    found = {}
    for name, micro, recompute in (("whole", 8, False), ("halves", 4, False), ("recomputed", 8, True)):
        plain = settings(tmp_path / name, base, batch_size=8, micro_batch_size=micro, gradient_checkpointing=recompute)
        plain["model"] |= {"lora_dropout": 0.0, "alignment_weight": 0.0}
        plain["data"] |= {"eval_fraction": 0.0, stage: str(tmp_path / "eight.jsonl")}
        # gradients agree to 1e-7 (tests/modeling), but Adam turns noise of near-zero ones into whole steps: small ones
        plain["training"] |= {"max_steps": 4, "learning_rate": 1e-3}
        train_stage(parse_config(plain, where="test"), stage, init_from=start)
        found[name] = [loss for _, loss in losses(tmp_path / name / stage)]
    assert found["whole"][0] != pytest.approx(found["whole"][3], rel=5e-3)  # something was learnt
    assert found["halves"] == pytest.approx(found["whole"], rel=1e-3)
    assert found["recomputed"] == pytest.approx(found["whole"], rel=1e-5)


def test_bad_input_is_refused_with_one_clear_line(base: Path, undisturbed: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="run `clara train pretrain` first"):
        train_stage(config_of(tmp_path / "empty", base), "instruction")
    bad = settings(tmp_path / "bad", base)
    bad["data"]["pretrain"] = str(tmp_path / "none.jsonl")
    with pytest.raises(ConfigError, match="no such file"):
        train_stage(parse_config(bad, where="test"), "pretrain")
    other = settings(tmp_path / "other", base)
    other["model"]["compression_rate"] = 8
    with pytest.raises(ConfigError, match=r"model.compression_rate is 8, but the checkpoint .* was made with 16"):
        train_stage(parse_config(other, where="test"), "instruction", init_from=undisturbed / "pretrain" / "model")
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"data_type": "qa", "question": ["q"], "answers": ["a"], "docs": ["a", "b", "c"]}\n')
    bad["data"]["pretrain"] = str(rows)
    bad["model"]["num_documents"] = 2
    with pytest.raises(RecordsError, match=r"rows\.jsonl:1: docs: 3 passages, but num_documents is 2"):
        train_stage(parse_config(bad, where="test"), "pretrain")


def test_an_unfinished_run_with_other_settings_is_never_continued(base: Path, tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    def kill(now: Any) -> None:
        if now.step == 3:
            raise Killed

    with pytest.raises(Killed):
        train_stage(config_of(tmp_path / "runs", base), "pretrain", progress=kill)
    with pytest.raises(UsageError, match="unfinished run with other settings"):
        train_stage(config_of(tmp_path / "runs", base, learning_rate=0.5), "pretrain")
    train_stage(config_of(tmp_path / "runs", base, learning_rate=0.5, max_steps=1), "pretrain", restart=True)
