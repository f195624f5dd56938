"""Pictures are put into words by a vision model, each paid once, and the words are part of what is trained on."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tests.llm.server import chat_server

from clara.chunking import chunk_document, load_token_counter
from clara.jsonl import read_records
from clara.schema import Document

Clara = Callable[..., tuple[int, str, str]]
MODEL = "eyes-1"


def picture(shade: int, size: tuple[int, int] = (200, 120)) -> bytes:
    from PIL import Image

    stream = BytesIO()
    gradient = Image.linear_gradient("L").resize(size)
    Image.merge("RGB", (gradient, gradient.rotate(180), Image.new("L", size, shade))).save(stream, "PNG")
    return stream.getvalue()


FIGURE, LOGO, PHOTO = picture(0), picture(200), picture(90)


def make_pdf(path: Path) -> None:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Image, Paragraph, SimpleDocTemplate

    body = getSampleStyleSheet()["BodyText"]
    story = [
        Image(BytesIO(LOGO), 100, 60),
        Paragraph("First the pump is opened with the small key. " * 3, body),
        Image(BytesIO(FIGURE), 200, 120),
        Paragraph("Then the valve is taken out of its bronze seat. " * 3, body),
        Image(BytesIO(picture(1, (30, 30))), 30, 30),
    ]
    SimpleDocTemplate(str(path)).build(story)


def pixels(data: bytes) -> str:
    from PIL import Image

    return sha256(Image.open(BytesIO(data)).convert("RGB").tobytes()).hexdigest()


SEEN = {
    pixels(FIGURE): "A curve rises from 2 to 11 litres.",
    pixels(PHOTO): "A pump stands in the snow.",
    pixels(LOGO): "",
}


def answer(body: dict[str, Any]) -> str:
    """A reply that depends on the picture alone, as a real model's would."""
    (part,) = body["messages"][-1]["content"]
    assert part["type"] == "image_url"
    head, _, data = part["image_url"]["url"].partition(",")
    assert head == "data:image/png;base64"
    words = SEEN[pixels(base64.b64decode(data))]
    return json.dumps({"decorative": not words, "description": words})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    make_pdf(tmp_path / "docs" / "a.pdf")
    make_pdf(tmp_path / "docs" / "b.pdf")
    (tmp_path / "docs" / "photo.png").write_bytes(PHOTO)
    (tmp_path / "docs" / "icon.png").write_bytes(picture(3, (40, 40)))
    return tmp_path / "docs"


def described(clara: Clara, folder: Path, output: Path, base_url: str, *more: Any) -> tuple[int, str, str]:
    options = ("--ocr", "off", "--workers", 1, "--vision-model", MODEL, "--vision-base-url", base_url)
    return clara("extract", folder, "-o", output, *options, *more)


def test_every_picture_is_described_once_and_trained_on(
    folder: Path, tmp_path: Path, clara: Clara, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    output = tmp_path / "out" / "raw.jsonl"
    with chat_server(answer, {1: "500"}) as server:
        code, out, err = described(clara, folder, output, server.base_url)
        assert (code, err) == (0, "")
        assert "2 pictures described by eyes-1, 1 decorative" in out
        assert "failed: icon.png: too_small" in out
        assert len(server.served) == 3  # figure, logo and photo, though two documents show the first two
        assert set(server.keys) == {"Bearer sk-canary"}
        before, requests = output.read_bytes(), len(server.requests)
        assert described(clara, folder, output, server.base_url)[0] == 0
        assert len(server.requests) == requests
        assert output.read_bytes() == before
    documents = {document.id: document for document in read_records(output, Document)}
    assert set(documents) == {"a.pdf", "b.pdf", "photo.png"}
    tokenizer = load_token_counter("tiny")
    for name, words in [("a.pdf", "A curve rises from 2 to 11 litres."), ("photo.png", "A pump stands in the snow.")]:
        passages = chunk_document(documents[name], tokenizer=tokenizer, max_tokens=256)
        assert any(words in passage.text for passage in passages)
    texts = [block.text for block in documents["a.pdf"].pages[0].blocks]
    assert texts.index("A curve rises from 2 to 11 litres.") == 2  # between the paragraphs it stood between
    made = documents["a.pdf"].metadata
    assert made is not None
    assert sorted(map(str, made["pictures"].values())) == [
        "{'model': 'eyes-1', 'decorative': True}",
        "{'model': 'eyes-1'}",
    ]
    report = json.loads((output.parent / "extraction_report.json").read_text())
    assert report["pictures"]["already"] == 5
    receipt = json.loads((output.parent / "privacy_receipt.json").read_text())
    assert receipt["documents"] == ["a.pdf", "b.pdf", "photo.png"]
    assert receipt["bytes_out"] >= sum(len(json.dumps(body, separators=(",", ":"))) for body in server.requests)
    assert b"canary" not in b"".join(path.read_bytes() for path in output.parent.iterdir() if path.is_file())


def test_a_lost_output_costs_no_second_payment(folder: Path, tmp_path: Path, clara: Clara) -> None:
    output = tmp_path / "raw.jsonl"
    with chat_server(answer) as server:
        described(clara, folder, output, server.base_url)
        before, requests = output.read_bytes(), len(server.requests)
        output.unlink()  # as after a kill between reading and describing
        code, _, _ = described(clara, folder, output, server.base_url)
        assert code == 0
        assert (len(server.requests), output.read_bytes()) == (requests, before)


def test_a_run_killed_while_describing_pays_no_reply_that_arrived_twice(tmp_path: Path, clara: Clara) -> None:
    (tmp_path / "docs").mkdir()
    for shade in range(12):
        (tmp_path / "docs" / f"{shade:02}.png").write_bytes(picture(shade))

    def slow(body: dict[str, Any]) -> str:
        time.sleep(0.1)
        data = base64.b64decode(body["messages"][-1]["content"][0]["image_url"]["url"].partition(",")[2])
        return json.dumps({"decorative": False, "description": f"It shows {pixels(data)[:6]}."})

    output = tmp_path / "killed" / "raw.jsonl"
    with chat_server(slow) as server:
        options = ["--ocr", "off", "--vision-model", MODEL, "--vision-base-url", server.base_url]
        options += [
            "--vision-concurrency",
            "2",
            "--workers",
            "1",
            "--privacy",
            "off",
        ]  # the scan by OCR takes time and is not what this is about
        command = [sys.executable, "-m", "clara", "extract", str(tmp_path / "docs"), "-o", str(output), *options]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while len(server.served) < 5 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
        process.wait()
        served = len(server.served)
        assert 5 <= served < 12
        assert clara("extract", tmp_path / "docs", "-o", output, *options)[0] == 0
        assert len(server.requests) <= 12 + 2  # at most those in flight go out again
        undisturbed = tmp_path / "whole" / "raw.jsonl"
        assert clara("extract", tmp_path / "docs", "-o", undisturbed, *options)[0] == 0
    assert output.read_bytes() == undisturbed.read_bytes()


def test_an_endpoint_that_refuses_leaves_what_was_read_and_says_why(folder: Path, tmp_path: Path, clara: Clara) -> None:
    output = tmp_path / "raw.jsonl"
    with chat_server(answer, {0: "401", 1: "401", 2: "401"}) as server:
        code, _, err = described(clara, folder, output, server.base_url)
    assert (code, err.count("\n")) == (1, 1)
    assert "refuses the key" in err
    assert len(read_records(output, Document)) == 3


def test_a_reply_that_stays_unusable_is_named_and_the_others_go_on(folder: Path, tmp_path: Path, clara: Clara) -> None:
    def unhelpful(body: dict[str, Any]) -> str:
        (part,) = body["messages"][2 if body["messages"][0]["content"].startswith("Reply") else 1]["content"]
        data = base64.b64decode(part["image_url"]["url"].partition(",")[2])
        words = SEEN[pixels(data)]
        return "I see a pump" if "snow" in words else json.dumps({"decorative": not words, "description": words})

    output = tmp_path / "raw.jsonl"
    with chat_server(unhelpful) as server:
        code, out, _ = described(clara, folder, output, server.base_url)
    assert code == 0
    assert "1 pictures described" in out
    assert "not described: images/" in out


def test_half_an_endpoint_is_refused_before_anything_is_read(folder: Path, tmp_path: Path, clara: Clara) -> None:
    output = tmp_path / "raw.jsonl"
    for options in (("--vision-model", MODEL), ("--vision-base-url", "http://127.0.0.1:1/v1")):
        code, _, err = clara("extract", folder, "-o", output, *options)
        assert (code, err.count("\n")) == (2, 1)
    assert not output.exists()
