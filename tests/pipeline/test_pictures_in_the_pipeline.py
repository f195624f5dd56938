"""Pictures on their way to a vision endpoint: what depends on them, what may not leave, what a kill costs."""

from __future__ import annotations

import json
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import pytest
from PIL import Image, ImageDraw, ImageFont

from clara.extraction.ocr import tesseract_version
from llm.answers import answer_any
from llm.server import ChatServer, chat_server
from pipeline.made_folder import results, run, start

SECRET = "AKIA" + "QYLPMN5HFIQR7XYA"
PASSWORD = "Korva-1931" + "-Sluice"
MAIL = "mara.lind" + "@" + "korva-works.com"
VISION = ("--vision-model", "eyes", "--model", "m", "--workers", "1", "--concurrency", "2", "--tasks", "qa")


def draw_picture(path: Path, words: str, *, shade: int = 0) -> None:
    image = Image.new("RGB", (900, 200), "white")
    draw = ImageDraw.Draw(image)
    draw.text((30, 60), words, fill="black", font=ImageFont.load_default(40))
    draw.rectangle((0, 180, 899, 199), fill=(shade, 90, 200))
    image.save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "korva.md").write_text("# Korva Press\n\nThe Korva Press was built in 1931. It weighs 61 kg.\n")
    for number in range(2):
        draw_picture(tmp_path / "raw" / f"plate{number}.png", f"Plate number {number + 3}", shade=70 * number)
    return tmp_path


def pictures_in(server: ChatServer) -> list[dict[str, Any]]:
    return [body for body in server.requests if isinstance(body["messages"][-1]["content"], list)]


def described(body: dict[str, Any]) -> str:
    if isinstance(body["messages"][-1]["content"], list):
        size = len(body["messages"][-1]["content"][0]["image_url"]["url"])
        return json.dumps({"decorative": False, "description": f"The plate of the Orlin Saw weighs {size} grams."})
    return answer_any(body)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server(described) as server:
        yield server


def pipeline(folder: Path, server: ChatServer, *more: str, output: str = "out", code: int = 0) -> str:
    options = ("--output", output, "--base-url", server.base_url, *VISION, *more)
    return run("pipeline", "run", "raw", *options, cwd=folder, code=code)


@pytest.mark.slow
def test_descriptions_are_trained_on_paid_once_and_on_the_receipt(folder: Path, server: ChatServer) -> None:
    pipeline(folder, server)
    assert len(pictures_in(server)) == 2
    rows = (folder / "out" / "pretrain_data.jsonl").read_text()
    assert "Orlin Saw" in rows
    first, sent = results(folder / "out"), len(server.requests)
    said = pipeline(folder, server)
    assert "describe: unchanged, skipped" in said
    assert len(server.requests) == sent
    draw_picture(folder / "raw" / "plate1.png", "Another plate", shade=10)
    pipeline(folder, server)
    assert len(pictures_in(server)) == 3
    assert results(folder / "out") != first
    receipt = json.loads((folder / "out" / "privacy_receipt.json").read_text())
    assert receipt["requests"] == len(server.requests)
    assert {one["model"] for one in receipt["endpoints"]} == {"eyes", "m"}
    listed = (folder / "out" / "privacy_receipt_requests.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["sha256"] for line in listed) == sorted(server.raw_hashes)


@pytest.mark.slow
def test_a_limit_counts_pictures_and_texts_of_a_run_together(folder: Path, server: ChatServer) -> None:
    pipeline(folder, server, "--max-requests", "2", code=3)
    assert len(server.requests) == 2
    pipeline(folder, server, "--max-requests", "3", code=3)
    assert len(server.requests) == 5
    pipeline(folder, server, "--max-cost", "0", "--price-in", "1", "--price-out", "1", code=3)
    assert len(server.requests) == 5


@pytest.mark.skipif(not tesseract_version(), reason="tesseract is not installed: nobody can read the pictures")
def test_what_a_picture_shows_is_scanned_before_it_leaves(folder: Path, server: ChatServer) -> None:
    (folder / "raw" / "plate1.png").unlink()

    def embed(words: str) -> None:
        draw_picture(folder / "plate.png", words)
        document = docx.Document()
        document.add_picture(str(folder / "plate.png"))
        document.save(str(folder / "raw" / "plate1.docx"))

    embed(f"password: {PASSWORD}")
    said = pipeline(folder, server, "--privacy", "block", code=1)
    assert PASSWORD not in said
    assert "no picture was sent" in said
    assert not server.requests
    embed(f"Write to {MAIL}")
    pipeline(folder, server, "--privacy", "redact")
    assert len(pictures_in(server)) == 1
    assert MAIL not in json.dumps(server.requests)
    report = json.loads((folder / "out" / "extraction_report.json").read_text())
    assert "email" in next(iter(report["pictures"]["failed"].values()))


@pytest.mark.slow
def test_what_the_vision_model_reads_is_scanned_before_it_goes_to_the_text_model(folder: Path) -> None:
    def reads(body: dict[str, Any]) -> str:
        if isinstance(body["messages"][-1]["content"], list):
            said = f"A note on the wall of the Orlin works says: the key of the store is {SECRET}."
            return json.dumps({"decorative": False, "description": said})
        return answer_any(body)

    with chat_server(reads) as server:
        said = pipeline(folder, server, code=1)
        assert "pictures were sent, but no text" in said
        assert len(server.requests) == len(pictures_in(server)) == 2
        pipeline(folder, server, "--privacy", "redact")
        assert len(server.requests) > 2
        assert SECRET not in json.dumps(server.requests)
        rows = "".join(path.read_text() for path in (folder / "out").glob("*_data.jsonl"))
        assert "Orlin works" in rows
        assert SECRET not in rows


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_run_killed_while_pictures_are_described_pays_no_picture_twice(folder: Path) -> None:
    for number in range(3, 9):
        draw_picture(folder / "raw" / f"plate{number}.png", f"Plate number {number + 3}", shade=20 * number)
    with chat_server(described) as whole:
        pipeline(folder, whole)
        port = whole.http.server_address[1]
    expected = results(folder / "out")
    shutil.rmtree(folder / "out")
    server = ChatServer(described, lambda *_: "", hang_seconds=5, retry_after="0.3", port=port, delay_seconds=0.1)
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        for wanted in (2, 5):
            options = ("--output", "out", "--base-url", server.base_url, *VISION)
            process = start("pipeline", "run", "raw", *options, cwd=folder)
            while process.poll() is None and len(server.requests) < wanted:
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            receipt = json.loads((folder / "out" / "privacy_receipt.json").read_text())
            assert receipt["under_way"]
        pipeline(folder, server)
        assert results(folder / "out") == expected
        twice = sum(count - 1 for count in server.answered.values())
        assert twice <= 2 * 2
        receipt = json.loads((folder / "out" / "privacy_receipt.json").read_text())
        # a request is noted before it leaves: one that was killed in between is on the receipt too
        assert 0 <= receipt["requests"] - len(server.requests) <= 2 * 2
        assert "under_way" not in receipt
    finally:
        server.stopping.set()
        server.http.shutdown()
        server.http.server_close()
        thread.join()
