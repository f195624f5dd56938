"""What users really have: damaged files, wrong types, missing things, signals. One clear line, nothing lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from safetensors.torch import load_file, save_file

from clara.cli.locking import only_writer
from clara.jsonl import write_jsonl
from clara.schema import STAGES
from tiny_store import make_checkpoint, passages

Clara = Callable[..., tuple[int, str, str]]
EXAMPLE = Path(__file__).parents[2] / "example"
PROGRAM = str(Path(sys.executable).with_name("clara"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder, its name with a space and an umlaut, that holds a base and a checkpoint on it."""
    folder = tmp_path_factory.mktemp("mit Ümlaut")
    make_checkpoint(folder / "checkpoint")
    return folder


@pytest.fixture
def store(made: Path, tmp_path: Path, clara: Clara) -> Path:
    write_jsonl(tmp_path / "passages.jsonl", passages(6))
    arguments = ("index", "build", tmp_path / "store", tmp_path / "passages.jsonl", "--model", made / "checkpoint")
    assert clara(*arguments)[0] == 0
    return tmp_path / "store"


def refused(result: tuple[int, str, str], *words: str) -> None:
    """One line on stderr that says these words, a non-zero exit, no traceback."""
    code, _, err = result
    assert code in (1, 2), result
    assert err.startswith("error: "), err
    assert err.count("\n") == 1, err
    for word in words:
        assert word in err, err


GOOD = (EXAMPLE / "end_to_end_data.jsonl").read_bytes().splitlines()[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", ": no records"),
        (GOOD + b"\nhello\n", ":2: not valid JSON"),
        (GOOD + b"\n" + GOOD[:60], ":2: the last line is torn"),
        (b"\xef\xbb\xbf" + GOOD, ":1: starts with a byte-order mark"),
        (GOOD.decode().encode("utf-16"), ": the file is UTF-16"),
        (GOOD[:-1] + b', "metadata": {"a": NaN}}', ":1: metadata.a: NaN is not JSON"),
        (GOOD.replace(b'"answer": "', b'"answer": 5, "metadata": "'), ":1: answer: expected a string, got a number"),
        (b'{"data_type": "instruction", "instruction": "a", "output": "b", "docs": []}', ":1: docs: empty list"),
        (b'{"a": "\x01"}', "invalid control character at column 8"),
        (b'{"a": ' + b"[" * 100_000, ":1: nested more than 64 levels deep"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "stats", "convert"])
def test_a_damaged_data_file_is_named_with_its_line(
    clara: Clara, tmp_path: Path, content: bytes, said: str, command: str
) -> None:
    file, target = tmp_path / "rows ü.jsonl", tmp_path / "converted.jsonl"
    file.write_bytes(content)
    code, out, err = clara("data", command, file, *([target] if command == "convert" else []))
    assert code == 1
    if command == "convert" and not target.exists() and "answer: expected" in said:
        said = ":1: answer: "
    assert f"{file}{said}" in out + err or said in out + err
    assert "Traceback" not in err


def test_json_is_alone_on_stdout(clara: Clara, store: Path, made: Path, tmp_path: Path) -> None:
    row = {"data_type": "end_to_end", "question": ["Which casing?"], "context": [passages()[0].text], "answer": "amber"}
    write_jsonl(tmp_path / "asked.jsonl", [row])
    (tmp_path / "bad.jsonl").write_text("hello\n")
    for arguments in (
        ("data", "validate", tmp_path / "bad.jsonl", "--json"),
        ("ask", store, "<MEM0></s> \u202e 😀 مرحبا \x01", "--json"),
        ("evaluate", store, tmp_path / "asked.jsonl", "--baselines", "--json", "--output", tmp_path / "report"),
        ("index", "info", store, "--json"),
        ("checkpoint", "info", made / "checkpoint", "--json"),
    ):
        assert isinstance(json.loads(clara(*arguments)[1]), dict)


def test_questions_that_cannot_be_asked(clara: Clara, store: Path, tmp_path: Path) -> None:
    refused(clara("ask", store, "  "), "the question is empty")
    refused(clara("ask", store, "why " * 25_000), "tokens", "shorten the question")
    refused(clara("ask", store, "q", "--device", "banana"), "device 'banana' cannot be used here")
    assert clara("ask", store, "bytes that are no UTF-8: \udcff")[0] == 0
    assert clara("ask", store, "more than there are", "--num-documents", 100)[0] == 0
    (tmp_path / "none.jsonl").write_text("")
    refused(clara("evaluate", store, tmp_path / "none.jsonl"), "none.jsonl: no question")
    asked = EXAMPLE / "end_to_end_data.jsonl"
    refused(clara("evaluate", store, asked, "--output", tmp_path / "none.jsonl"), "none.jsonl: File exists")


def test_one_question_too_long_does_not_end_an_evaluation(clara: Clara, store: Path, tmp_path: Path) -> None:
    text = passages()[0].text
    rows = [
        {"data_type": "end_to_end", "question": [question], "context": [text], "answer": "amber"}
        for question in ("Which casing?", "why " * 2000)
    ]
    write_jsonl(tmp_path / "asked.jsonl", rows)
    code, out, _ = clara("evaluate", store, tmp_path / "asked.jsonl", "--json")
    assert code == 1
    assert (json.loads(out)["clara"]["num_questions"], json.loads(out)["clara"]["num_failed"]) == (2, 1)


@pytest.mark.parametrize("damaged", ["data/*.lance", "_versions/*.manifest"])
def test_a_torn_store_is_one_line_and_can_be_built_again(
    clara: Clara, store: Path, made: Path, tmp_path: Path, damaged: str
) -> None:
    build = ("index", "build", store, tmp_path / "passages.jsonl", "--model", made / "checkpoint")
    for file in (store / "memory.lance").glob(damaged):
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    refused(clara("ask", store, "Which casing?"), str(store), "remove this folder")
    refused(clara(*build), str(store), "remove this folder")
    shutil.rmtree(store)
    assert clara(*build)[0] == 0
    assert clara("ask", store, "Which casing?")[0] == 0


def test_what_cannot_be_indexed(clara: Clara, store: Path, made: Path, tmp_path: Path) -> None:
    def build(place: Path, source: Path) -> tuple[int, str, str]:
        return clara("index", "build", place, source, "--model", made / "checkpoint")

    (tmp_path / "empty.jsonl").write_text("\n\n")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.log").write_text("no document")
    refused(build(tmp_path / "new", tmp_path / "empty.jsonl"), "empty.jsonl: empty")
    refused(build(tmp_path / "new", EXAMPLE / "pretrain_data.jsonl"), "pretrain_data.jsonl: holds training rows")
    refused(build(tmp_path / "new", tmp_path / "texts"), "holds no PDF, DOCX")
    refused(build(tmp_path / "empty.jsonl" / "store", tmp_path / "passages.jsonl"), "cannot be written")
    refused(build(EXAMPLE, tmp_path / "passages.jsonl"), "not a memory store")


def damage(folder: Path, how: str) -> None:
    config, weights = folder / "config.json", folder / "compressor" / "adapter_model.safetensors"
    values = json.loads(config.read_text(encoding="utf-8"))
    if how == "json":
        config.write_text("{nope")
    elif how == "truncated":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif how == "key":
        tensors = load_file(weights)
        save_file({name: tensors[name] for name in sorted(tensors)[1:]}, weights)
    elif how == "adapter":
        shutil.rmtree(folder / "generator")
    else:
        changed = {
            "base": {"base_model": "nobody/no-such-base"},
            "field": {"lora_rnk": 4},
            "type": {"lora_rank": "four"},
            "prompts": {"prompts": {"answer": "x"}},
        }
        config.write_text(json.dumps(values | changed[how]))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("json", "config.json: not valid JSON"),
        ("truncated", "adapter_model.safetensors: not a readable safetensors file"),
        ("key", "adapter_model.safetensors: 1 missing key(s)"),
        ("adapter", "is missing: the checkpoint is incomplete"),
        ("base", "base model 'nobody/no-such-base' could not be loaded"),
        ("field", "config.json: unknown field 'lora_rnk'; did you mean 'lora_rank'?"),
        ("type", "config.json: lora_rank: input should be a valid integer"),
        ("prompts", "config.json: unknown prompt 'answer'"),
    ],
)
def test_a_damaged_checkpoint_is_one_line(
    clara: Clara, store: Path, made: Path, tmp_path: Path, how: str, said: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(made / "checkpoint", copy)
    damage(copy, how)
    refused(clara("ask", store, "Which casing?", "--model", copy), said)


@pytest.fixture
def training(made: Path, tmp_path: Path) -> Callable[..., Path]:
    """A configuration file for two steps, changed as asked; the run's folder is tmp_path/runs."""

    def write(section: str = "", **changed: object) -> Path:
        values: dict[str, dict[str, object]] = {
            "model": {"base_model": str(made / "base"), "doc_max_length": 48, "compression_rate": 16, "lora_rank": 4},
            "data": {stage: str(EXAMPLE / f"{stage}_data.jsonl") for stage in STAGES} | {"eval_fraction": 0.2},
            "training": {"max_steps": 2, "batch_size": 2, "micro_batch_size": 2},
        }
        values[section or "training"] |= changed
        file = tmp_path / "run ü.yaml"
        file.write_text(yaml.safe_dump({"runs_dir": str(tmp_path / "runs"), "device": "cpu", **values}))
        return file

    return write


@pytest.mark.parametrize(
    ("section", "changed", "said"),
    [
        ("model", {"compress_rate": 3}, "unknown field 'model.compress_rate'; did you mean 'compression_rate'?"),
        ("model", {"lora_rank": "many"}, "model.lora_rank: "),
        ("model", {"lora_rank": 10**8}, "model.lora_rank: "),
        ("model", {"base_model": "nobody/no-such-base"}, "'nobody/no-such-base' could not be loaded"),
        ("model", {"prompts": {"answer": "x"}}, "model.prompts: unknown prompt 'answer'"),
        ("data", {"pretrain": str(EXAMPLE)}, "data.pretrain: no such file"),
        ("data", {"pretrain": str(EXAMPLE / "README.md")}, "README.md:1: not valid JSON"),
        ("pretrain", {"learning_rate": float("inf")}, "pretrain.learning_rate: "),
        ("pretrain", {"seed": -1}, "pretrain.seed: "),
        ("pretrain", {"report_to": ["banana"]}, "report_to: 'banana': "),
        ("pretrain", {"attention": "flash_attention_2"}, "flash-attn"),
        ("pretrain", {"max_length": 16}, "the prompt alone has "),
    ],
)
def test_a_training_run_that_is_refused_deletes_nothing(
    clara: Clara,
    training: Callable[..., Path],
    tmp_path: Path,
    section: str,
    changed: dict[str, object],
    said: str,
) -> None:
    run = tmp_path / "runs" / "pretrain"
    run.mkdir(parents=True)
    for name in ("result.json", "metrics.jsonl", "model"):
        (run / name).write_text("of an earlier run")
    values = yaml.safe_load(training().read_text())
    values.setdefault(section, {}).update(changed)
    (tmp_path / "changed.yaml").write_text(yaml.safe_dump(values))
    code, _, err = clara("train", "pretrain", "--config", tmp_path / "changed.yaml", "--restart")
    assert code in (1, 2)
    assert said in err
    assert err.splitlines()[0].startswith("error: ")
    assert "Traceback" not in err
    assert sorted(path.name for path in run.iterdir()) == ["metrics.jsonl", "model", "result.json"]


def test_a_refused_training_goes_on_once_its_cause_is_gone(
    clara: Clara, training: Callable[..., Path], made: Path, tmp_path: Path
) -> None:
    config = training()
    refused(clara("train", "instruction", "--config", config), "run `clara train pretrain` first")
    refused(clara("train", "pretrain", "--config", config, "--set", "training.max_steps"), "expected key=value")
    (tmp_path / "place").write_text("a file in the way")
    command = ("train", "pretrain", "--config", config, "--set", f"runs_dir={tmp_path / 'place'}")
    refused(clara(*command), "cannot write", "File exists")
    (tmp_path / "place").unlink()
    code, out, err = clara(*command)
    assert (code, err) == (0, "")
    assert out.startswith("pretrain: 2 steps on ")


def test_two_commands_never_write_to_one_place(
    clara: Clara, training: Callable[..., Path], store: Path, made: Path, tmp_path: Path
) -> None:
    (tmp_path / "raw.jsonl").write_text("{}")
    said = "another clara command is writing here"
    with only_writer(tmp_path / "out.jsonl"):
        refused(clara("extract", EXAMPLE, "--output", tmp_path / "out.jsonl"), "out.jsonl", said)
    with only_writer(tmp_path / "data"):
        refused(clara("synthesize", tmp_path / "raw.jsonl", "--output-dir", tmp_path / "data"), "data", said)
    with only_writer(tmp_path / "runs" / "pretrain"):
        refused(clara("train", "pretrain", "--config", training()), "pretrain", said)
    with only_writer(tmp_path / "demo"):
        refused(clara("demo", "--yes", "--output", tmp_path / "demo"), "demo", said)


def test_options_that_make_no_sense(clara: Clara, made: Path, tmp_path: Path) -> None:
    (tmp_path / "raw.jsonl").write_text("{}")
    (tmp_path / "null.json").write_text('{"prompts": null}')
    refused(clara("extract", EXAMPLE, "--timeout-seconds", "nan"), "--timeout-seconds must be more than 0")
    refused(clara("synthesize", tmp_path / "raw.jsonl", "--prompts", tmp_path), "--prompts", "needs --base-url")
    importing = ("checkpoint", "import", made, "--base", made / "base", "--output", tmp_path / "new")
    refused(clara(*importing, "--prompts", tmp_path / "null.json"), "null.json: the prompts must be an object")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_command_with_one_line(tmp_path: Path, number: signal.Signals, code: int) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")  # reading it waits until somebody writes
    with subprocess.Popen([PROGRAM, "data", "validate", "pipe.jsonl"], cwd=tmp_path, stderr=subprocess.PIPE) as process:
        writer = os.open(tmp_path / "pipe.jsonl", os.O_WRONLY)  # returns when the command reads
        time.sleep(0.2)
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
        os.close(writer)
    assert process.returncode == code
    assert err == b"interrupted; finished work is kept, run the same command again to go on\n"


def test_output_that_cannot_be_written_is_no_success(tmp_path: Path) -> None:
    command = [PROGRAM, "data", "schema", "passage"]
    closed = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert closed.stdout is not None
    closed.stdout.close()  # as `| head` does
    assert (closed.stderr.read() if closed.stderr else b"") == b""
    assert closed.wait(timeout=30) == 1
    if Path("/dev/full").exists():
        with open("/dev/full", "wb") as full:
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=30)
        assert (done.returncode, done.stderr) == (1, b"error: No space left on device\n")


def test_the_version_is_printed_alone(clara: Clara) -> None:
    from clara import __version__

    assert clara("--version") == (0, f"clara {__version__}\n", "")
