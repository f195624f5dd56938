"""`clara synthesize`, its script, and the whole pipeline script: real processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from llm.server import chat_server
from synthesis.made_documents import write_knowledge
from synthesis.test_synthesize import llm_answer

ROOT = Path(__file__).resolve().parents[2]
CLARA = Path(sys.executable).with_name("clara")
FILES = ("pretrain_data.jsonl", "instruction_data.jsonl", "end_to_end_data.jsonl")


def call(*command: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("OPENAI_API_KEY", "BASE_URL", "MODEL")}
    kept["PATH"] = f"{CLARA.parent}{os.pathsep}{kept['PATH']}"
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_command_and_the_script_write_the_same_files(tmp_path: Path) -> None:
    knowledge = write_knowledge(tmp_path)
    command = call(CLARA, "synthesize", knowledge, "--output-dir", "one", "--seed", 3, cwd=tmp_path)
    assert command.returncode == 0, command.stderr
    assert "nothing leaves this machine" in command.stdout
    assert "12 documents" in command.stdout
    script = ROOT / "scripts" / "synthesize_data.py"
    other = call(sys.executable, script, knowledge, "--output-dir", "two", "--seed", 3, cwd=tmp_path)
    assert other.returncode == 0, other.stderr
    for name in (*FILES, "rejects.jsonl", "synthesis_report.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--llm", "gpt"], "only 'extractive' is known"),
        (["--model", "m"], "needs --base-url"),
        (["--base-url", "http://127.0.0.1:9/v1"], "needs --model"),
        (["--base-url", "127.0.0.1:9", "--model", "m"], "must start with http"),
        (["--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--llm", "extractive"], "contradict"),
        (["--base-url", "http://127.0.0.1:9/v1", "--model", "m"], "cannot connect to http://127.0.0.1:9/v1"),
        (["--num-documents", "9"], "num_documents must be 1 to 5"),
    ],
)
def test_wrong_options_give_one_clear_line(tmp_path: Path, options: list[str], words: str) -> None:
    done = call(CLARA, "synthesize", write_knowledge(tmp_path, count=1), *options, cwd=tmp_path)
    assert done.returncode != 0
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_missing_file_says_which_command_writes_it(tmp_path: Path) -> None:
    done = call(CLARA, "synthesize", "raw_knowledge.jsonl", cwd=tmp_path)
    assert done.returncode == 2
    assert "clara extract" in done.stderr


def make_documents(folder: Path) -> None:
    """Three tiny files of three formats."""
    import docx
    import pptx
    from reportlab.pdfgen import canvas

    folder.mkdir()
    word = docx.Document()
    word.add_heading("Korva Press", level=1)
    word.add_paragraph("The Korva Press is a compact press. It was built in 1931. It weighs 61 kg.")
    word.save(folder / "korva.docx")
    slides = pptx.Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[1])
    slide.shapes.title.text = "Halden Saw"
    slide.placeholders[1].text = "The Halden Saw is a band saw. Its weight is 70 kg."
    slides.save(str(folder / "halden.pptx"))
    page = canvas.Canvas(str(folder / "vessa.pdf"))
    page.setFont("Helvetica-Bold", 20)
    page.drawString(72, 760, "Vessa Drill")
    page.setFont("Helvetica", 11)
    page.drawString(72, 720, "The Vessa Drill is a bench drill. It was designed by Liv Moen.")
    page.save()


def run_pipeline(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    scripts = folder / "scripts"
    scripts.mkdir(exist_ok=True)
    shutil.copy(ROOT / "scripts" / "run_data_pipeline.sh", scripts)
    return call("bash", scripts / "run_data_pipeline.sh", cwd=folder, **environment)


def answers(folder: Path) -> set[str]:
    return {json.loads(line)["answer"] for line in (folder / FILES[2]).read_text().splitlines()}


def test_the_pipeline_script_goes_from_documents_to_valid_data_offline(tmp_path: Path) -> None:
    make_documents(tmp_path / "raw_data")
    done = run_pipeline(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {"1931", "61 kg", "70 kg", "Liv Moen"} <= answers(tmp_path / "data" / "internal")


def test_the_pipeline_script_reads_dot_env_and_never_shows_the_key(tmp_path: Path) -> None:
    make_documents(tmp_path / "docs in")

    with chat_server(llm_answer) as server:
        (tmp_path / ".env").write_text(
            f'# settings\nRAW_DATA_DIR="docs in"\nexport OUTPUT_DIR=out # where\nBASE_URL={server.base_url}\nMODEL=m\n'
            "OPENAI_API_KEY='sk-hidden-42'\nHOME=$(touch executed)\n"
        )
        done = run_pipeline(tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert set(server.keys) == {"Bearer sk-hidden-42"}
        assert server.base_url in done.stdout
    assert answers(tmp_path / "out") == {"1931"}
    assert "sk-hidden" not in done.stdout + done.stderr
    assert not (tmp_path / "executed").exists()
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file() and b"sk-hidden" in path.read_bytes()]


def test_the_pipeline_script_names_what_is_missing(tmp_path: Path) -> None:
    assert "raw_data is not a folder" in run_pipeline(tmp_path).stderr
    (tmp_path / "raw_data").mkdir()
    assert "MODEL is not" in run_pipeline(tmp_path, BASE_URL="http://127.0.0.1:9/v1").stderr
