"""A secret in every place a document can have: none of them reaches the endpoint, blocked or redacted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import docx
import pptx
import pytest

from clara.errors import PrivacyError
from clara.pipeline.run import run_pipeline
from clara.pipeline.settings import PipelineSettings
from llm.server import chat_server

KEY = "AKIA" + "QYLPMN5HFIQR7XYA"
PASSWORD = "Tr0ub4dor" + "&3x"
WIDE = "".join(chr(ord(letter) + 0xFEE0) for letter in KEY)
PRIVATE = (KEY, PASSWORD, WIDE, KEY[4:])
TEXT = "The Korva Press is a compact press. It was built in 1931. It weighs 61 kg."


def page(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "a.md").write_text(f"# Korva Press\n\n{TEXT}\n\n{text}\n") and None


def notes(folder: Path) -> None:
    slides = pptx.Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "Korva Press", TEXT
    slide.notes_slide.notes_text_frame.text = f"The key is {KEY}."
    slides.save(str(folder / "a.pptx"))


def word_table(folder: Path) -> None:
    word = docx.Document()
    word.add_paragraph(TEXT)
    table = word.add_table(2, 2)
    for place, said in enumerate(("User", "Password", "admin", PASSWORD)):
        table.cell(*divmod(place, 2)).text = said
    word.save(str(folder / "a.docx"))


PLACES: dict[str, Callable[[Path], None]] = {
    "file name": lambda folder: (folder / f"{KEY}.txt").write_text(TEXT) and None,
    "title": lambda folder: (folder / "a.md").write_text(f"# Press {KEY}\n\n{TEXT}\n") and None,
    "heading": page(f"## The key {KEY}\n\n{TEXT}"),
    "heading over a value": page(f"## Password\n\n{PASSWORD}"),
    "table column": page(f"| User | Password |\n|---|---|\n| admin | {PASSWORD} |"),
    "table row": page(f"| Field | Value |\n|---|---|\n| password | {PASSWORD} |"),
    "code": page(f"```\nexport KEY={KEY}\n```"),
    "invisible characters": page(f"key {KEY[:4]}\u200b{KEY[4:12]}\u00ad{KEY[12:]}"),
    "full-width letters": page(f"key {WIDE}"),
    "markup": page(f"key **{KEY[:4]}**{KEY[4:]}"),
    "alternative text": page(f"![the key {KEY}](plate.png)"),
    "speaker notes": notes,
    "table in Word": word_table,
}


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_stays_here_wherever_it_stands(place: str, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    PLACES[place](tmp_path / "raw")
    with chat_server() as server:
        settings = {"workers": 1, "base_url": server.base_url, "model": "m", "tasks": "qa", "report": False}
        said = ""
        try:
            run_pipeline(tmp_path / "raw", tmp_path / "out", PipelineSettings(**settings), tell=lambda _: None)
        except PrivacyError as error:
            said = str(error)
        assert not any(private in json.dumps([said, server.requests], ensure_ascii=False) for private in PRIVATE)
        assert not (said and server.requests)
        settings["privacy"] = "redact"
        run_pipeline(tmp_path / "raw", tmp_path / "out", PipelineSettings(**settings), tell=lambda _: None)
        assert server.requests
        sent = json.dumps(server.requests, ensure_ascii=False)
        assert not any(private in sent for private in PRIVATE)
