"""benchmarks/parity.py on upstream's numbers, and on an independent recomputation for other families and forms."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file
from tests.modeling.upstream_reference import write_fixture

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = ROOT.parent / "shared" / "fixtures" / "upstream_parity"

Parity = Callable[[Path | str], tuple[int, str]]
FORMS: dict[str, dict[str, Any]] = {
    "llama": {"shared_token": True, "hidden": 48},
    "qwen3": {"rate": 8},
    "phi3": {"head_is_padded": True},
    "gemma3": {},
}


@pytest.fixture(scope="session")
def mistral_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fixture(tmp_path_factory.mktemp("mistral-fixture"), "mistral")


@pytest.fixture
def parity(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Parity:
    """Run the benchmark in this process: parity(fixture) -> (exit status, what it printed)."""
    spec = importlib.util.spec_from_file_location("parity", ROOT / "benchmarks" / "parity.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(fixture: Path | str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["parity.py", str(fixture)])
        capsys.readouterr()
        return module.main(), capsys.readouterr().out

    return run


def test_the_model_computes_upstreams_numbers() -> None:
    if not PUBLIC.is_dir():
        pytest.skip("needs ../shared/fixtures/upstream_parity, which this checkout does not have beside it")
    command = [sys.executable, "benchmarks/parity.py", os.path.relpath(PUBLIC, ROOT)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.endswith("parity: all cases agree\n")


@pytest.mark.parametrize("family", FORMS)
def test_an_independent_recomputation_agrees(family: str, tmp_path: Path, parity: Parity) -> None:
    status, printed = parity(write_fixture(tmp_path, family, **FORMS[family]))
    assert status == 0, printed
    assert printed.count("ok ") == 32


def test_paths_may_be_relative(mistral_fixture: Path, parity: Parity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(mistral_fixture.parent)
    status, printed = parity(mistral_fixture.name)
    assert status == 0, printed


def test_every_altered_number_is_noticed(mistral_fixture: Path, tmp_path: Path, parity: Parity) -> None:
    """One run over a copy in which one thing of each kind is slightly wrong; each must fail, nothing else may."""
    altered = tmp_path / "altered"
    altered.mkdir()
    for part in ("base", "upstream_checkpoint"):
        (altered / part).symlink_to(mistral_fixture / part)
    expected = json.loads((mistral_fixture / "expected.json").read_text())
    expected["cases"]["instruction"]["loss"] += 2e-4
    expected["cases"]["pretrain_qa"]["mse"] -= 2e-4
    expected["cases"]["pretrain_qa"]["grad_norm"]["encoder_adapter"] *= 1.002
    expected["cases"]["end_to_end"]["selected"][0].reverse()
    expected["generate"]["answers"][1] += "x"
    (altered / "expected.json").write_text(json.dumps(expected))
    tensors = load_file(mistral_fixture / "expected.safetensors")
    tensors["compress.memory"][3, 1, 5] += 2e-4
    save_file(tensors, altered / "expected.safetensors")
    status, printed = parity(altered)
    assert status == 1, printed
    failed = [line.split()[1] for line in printed.splitlines() if line.startswith("FAIL")]
    assert failed == [
        "compress.memory",
        "pretrain_qa.mse",
        "pretrain_qa.grad_norm.encoder_adapter",
        "instruction.loss",
        "end_to_end.selected",
        "generate.answers",
    ]
