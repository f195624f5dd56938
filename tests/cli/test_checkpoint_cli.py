"""`clara checkpoint import` and `info`, through the real command."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tests.modeling.upstream_reference import PROMPTS, write_fixture

from clara.modeling import ClaraModel
from clara.modeling.upstream import import_upstream

Clara = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_fixture(tmp_path_factory.mktemp("fixture"), "mistral")
    (folder / "prompts.json").write_text(json.dumps(PROMPTS))
    return folder


def importing(fixture: Path, output: Path, **changed: object) -> list[object]:
    options = {"--base": fixture / "base", "--prompts": fixture / "prompts.json", "--output": output, **changed}
    return [
        "checkpoint",
        "import",
        fixture / "upstream_checkpoint",
        *(part for pair in options.items() for part in pair),
    ]


def test_import_then_info(fixture: Path, tmp_path: Path) -> None:
    """In a real process, with relative paths."""
    program = [str(Path(sys.executable).with_name("clara"))]
    (fixture / "out").mkdir(exist_ok=True)
    arguments = ["upstream_checkpoint", "--base", "base", "--prompts", "prompts.json", "--output", "out/checkpoint"]
    done = subprocess.run([*program, "checkpoint", "import", *arguments], cwd=fixture, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "compressor, generator, query_reasoner imported" in done.stdout
    model = ClaraModel.from_pretrained(fixture / "out" / "checkpoint", device="cpu")
    assert model.config.prompts == PROMPTS
    assert model.config.stages == ["pretrain", "instruction", "end_to_end"]
    shown = subprocess.run(
        [*program, "checkpoint", "info", "out/checkpoint"], cwd=fixture, capture_output=True, text=True
    )
    assert shown.returncode == 0, shown.stderr
    assert str(fixture / "base") in shown.stdout
    for text in ("compression rate      16", "memory tokens         3", "<MEM0>=380", "Answer briefly.", "trained"):
        assert text in shown.stdout
    assert "untrained" not in shown.stdout


def test_info_as_json_counts_parameters(fixture: Path, tmp_path: Path, clara: Clara) -> None:
    code, out, err = clara(*importing(fixture, tmp_path / "checkpoint"))
    assert code == 0, err
    code, out, _ = clara("checkpoint", "info", tmp_path / "checkpoint", "--json")
    assert code == 0
    facts = json.loads(out)
    stored = torch.load(fixture / "upstream_checkpoint" / "adapters.pth", weights_only=True)["encoder_adapter"]
    size = sum(value.numel() for key, value in stored.items() if "lora" in key)
    assert facts["adapters"][0] == {"name": "compressor", "parameters": size, "trained": True}
    assert facts["memory_tokens"] == 3


def test_every_mistake_is_one_line_and_writes_nothing(fixture: Path, tmp_path: Path, clara: Clara) -> None:
    output = tmp_path / "out"
    (tmp_path / "bad.json").write_text('{"answer_sytem": "x"}')
    (tmp_path / "thesis.txt").write_text("mine")
    broken = tmp_path / "broken"
    shutil.copytree(fixture / "upstream_checkpoint", broken / "upstream_checkpoint")
    shutil.copytree(fixture / "base", broken / "base")
    shutil.copy(fixture / "prompts.json", broken)
    path = broken / "upstream_checkpoint" / "adapters.pth"
    good = torch.load(path, weights_only=True)
    key = next(key for key in good["decoder_adapter"] if "lora" in key)

    def refused(arguments: list[object], *shown: str) -> None:
        code, _, err = clara(*arguments)
        assert code != 0
        assert err.count("\n") == 1, err
        assert all(text in err for text in shown), err
        assert not output.exists()

    refused(importing(fixture, output, **{"--base": tmp_path / "no" / "base"}), "no config.json")
    refused(importing(fixture, output, **{"--prompts": tmp_path / "bad.json"}), "did you mean 'answer_system'")
    refused(importing(fixture, output, **{"--prompts": tmp_path / "none.json"}), "none.json", "cannot be read")
    refused(importing(fixture, tmp_path), "holds other things")
    refused(["checkpoint", "info", tmp_path], "not a clara checkpoint")
    refused(["checkpoint", "info", fixture / "upstream_checkpoint"], "clara checkpoint import")
    states = {name: dict(state) for name, state in good.items()}
    del states["decoder_adapter"][key]
    torch.save(states, path)
    refused(importing(broken, output), "adapters.pth", "decoder_adapter", "missing key", key)
    torch.save({**good, "fourth_adapter": {}}, path)
    refused(importing(broken, output), "unexpected adapter 'fourth_adapter'")
    torch.save({"encoder_adapter": good["encoder_adapter"]}, path)
    refused(importing(broken, output), "no 'decoder_adapter'")
    path.write_bytes(b"\x80\x02cos\nsystem\n(S'exit'\ntR.")  # a pickle that would run something
    refused(importing(broken, output), "adapters.pth", "cannot be read safely")
    path.unlink()
    refused(importing(broken, output), "adapters.pth is missing")
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_the_command_imports_exactly_what_fp32_would(tmp_path: Path, clara: Clara) -> None:
    """The command reads the base in bf16 to save memory; a scaled embedding (Gemma's) must not feel it."""
    fixture = write_fixture(tmp_path, "gemma3")
    (fixture / "prompts.json").write_text(json.dumps(PROMPTS))
    assert clara(*importing(fixture, tmp_path / "out"))[0] == 0
    exact = import_upstream(
        fixture / "upstream_checkpoint", base_model=str(fixture / "base"), device="cpu", dtype="float32"
    )
    loaded = ClaraModel.from_pretrained(tmp_path / "out", device="cpu", dtype="float32")
    assert torch.equal(loaded.embeddings.weight, exact.embeddings.weight)
    assert loaded.fingerprint() == exact.fingerprint()
