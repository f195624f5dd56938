"""`clara data scan`: places, masking, policy, redaction, and the gate in front of an endpoint."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clara.chunking import chunk_document, load_token_counter
from clara.errors import ConfigError, PrivacyError
from clara.jsonl import read_records
from clara.quality.gate import check_before_sending, pass_gate, redact_documents
from clara.quality.policy import Policy, read_policy
from clara.schema import Block, Document, EndToEndExample, Page, Passage, PretrainExample
from llm.server import chat_server
from quality import made_numbers as made

Run = Callable[..., tuple[int, str, str]]
RNG = random.Random(4)
TOKEN, PASSWORD = made.provider_tokens(RNG)["github"], "Tiger-92-moon"
MAIL, PHONE, CARD = "ann.lee@example.org", "415-555-0132", made.grouped_card(RNG, " ")
ALL = (TOKEN, PASSWORD, MAIL, PHONE, CARD)


def a_document() -> Document:
    blocks = [
        Block(kind="heading", text=f"Contact of {MAIL}", level=1),
        Block(kind="paragraph", text=f"Call {PHONE} or write to {MAIL}. The card {CARD} was charged."),
        Block(kind="list_item", text=f"The password is {PASSWORD}.", level=2),
        Block(kind="table", text=f"| key | owner |\n|---|---|\n| {TOKEN} | Ann |"),
        Block(kind="paragraph", text="The Aurora pump weighs 12 kg. It was built in Lyon in 1998."),
    ]
    return Document(
        id="a.docx", sha256="0" * 64, media_type="docx", title="Pumps", pages=[Page(number=1, blocks=blocks)]
    )


def write(path: Path, *records: Any) -> Path:
    path.write_text("".join(f"{record.model_dump_json(exclude_none=True)}\n" for record in records), encoding="utf-8")
    return path


def test_findings_name_place_and_kind_and_never_show_what_was_found(tmp_path: Path, clara: Run) -> None:
    path = write(tmp_path / "raw_knowledge.jsonl", a_document())
    code, shown, _ = clara("data", "scan", path, "--json")
    report = json.loads(shown)
    assert code == 1
    assert report["counts"] == {"email": 2, "phone": 1, "card": 1, "password": 1, "token": 1}
    assert not [value for value in ALL if value in shown]
    for finding in report["findings"]:
        assert finding["line"] == 1
        assert finding["record"] == "a.docx"
        number = int(finding["field"].partition("blocks[")[2].partition("]")[0])
        text = a_document().pages[0].blocks[number].text
        assert text[finding["start"] : finding["end"]] in ALL
    code, shown, _ = clara("data", "scan", path)
    assert code == 1
    assert shown.startswith("block: ")
    assert not [value for value in ALL if value in shown]


def test_plain_text_is_placed_by_line_and_column_and_other_files_are_named(tmp_path: Path, clara: Run) -> None:
    (tmp_path / "notes.txt").write_text(f"one\ntwo\n  mail {MAIL}\n", encoding="utf-8")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.7 x")
    code, shown, _ = clara("data", "scan", tmp_path, "--json")
    report = json.loads(shown)
    (finding,) = report["findings"]
    assert (code, finding["line"], finding["start"], finding["end"]) == (0, 3, 7, 7 + len(MAIL))
    reasons = {Path(skipped["file"]).name: skipped["reason"] for skipped in report["skipped"]}
    assert reasons["picture.png"] == "not text"
    assert "clara extract" in reasons["paper.pdf"]


def test_options_and_a_policy_file_decide_what_blocks(tmp_path: Path, clara: Run) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(f"mail {MAIL}\nask Maria  Lopez\npassword = {PASSWORD}\n", encoding="utf-8")
    names = tmp_path / "names.txt"
    names.write_text("# staff\nMaria Lopez\n", encoding="utf-8")
    assert clara("data", "scan", path, "--ignore", "password")[0] == 0
    assert clara("data", "scan", path, "--warn", "secret")[0] == 0
    assert clara("data", "scan", path, "--ignore", "password", "--block", "email")[0] == 1
    assert clara("data", "scan", path, "--ignore", "password", "--block", "pii", "--allow", MAIL.upper())[0] == 0
    assert clara("data", "scan", path, "--ignore", "password", "--block", "name", "--names", names)[0] == 1
    policy = tmp_path / "policy.yaml"
    policy.write_text(f"block: [name]\nignore: [secret]\nallow: ['re:ann.*']\nnames: {names.name}\n", encoding="utf-8")
    code, shown, _ = clara("data", "scan", path, "--policy", policy, "--json")
    assert (code, json.loads(shown)["counts"]) == (1, {"name": 1})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("blok: [secret]", "did you mean 'block'"),
        ("block: [emial]", "did you mean 'email'"),
        ("block: 3", "expected a list of words"),
        ("allow: ['re:(']", "not a regular expression"),
        ("block: [ip]\nwarn: [ip]", "name it once"),
        ("[", "cannot be read as YAML"),
    ],
)
def test_a_wrong_policy_says_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        read_policy(path)


def test_redaction_is_stable_over_files_and_moves_offsets_along(tmp_path: Path, clara: Run) -> None:
    """An answer without context is redacted too, and each source still points at its passage's text."""
    document = a_document()
    text = document.pages[0].text
    start, end = text.index("Call"), text.index(" It was built")
    source: dict[str, Any] = {"document": "a.docx", "page": 1, "start": start, "end": end}
    row = PretrainExample.model_validate(
        {
            "data_type": "qa",
            "question": ["Which number?"],
            "answers": [PHONE],
            "docs": [text[start:end]],
            "sources": [source],
        }
    )
    other = EndToEndExample(data_type="end_to_end", question=["Who?"], context=[f"Ann has {MAIL}"], answer=MAIL.title())
    passage = Passage(id="p", document="a.docx", page=1, start=start, end=end, text=text[start:end])
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder / "a_rows.jsonl", row, other)
    write(folder / "passages.jsonl", passage)
    write(folder / "raw_knowledge.jsonl", document)
    code, _, error = clara("data", "scan", folder, "--redact", tmp_path / "out")
    assert code == 0, error
    together = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir())
    assert not [value for value in ALL if value.casefold() in together.casefold()]
    (redacted,) = read_records(tmp_path / "out" / "raw_knowledge.jsonl", Document)
    first, second = read_records(tmp_path / "out" / "a_rows.jsonl", (PretrainExample, EndToEndExample))
    assert isinstance(first, PretrainExample)
    assert isinstance(second, EndToEndExample)
    assert first.sources
    place = first.sources[0]
    assert redacted.pages[0].text[place.start : place.end] == first.docs[0]
    assert first.answers[0] in first.docs[0]
    assert first.answers[0] == "[PHONE_1]"
    assert second.answer == "[EMAIL_1]" == second.context[0].removeprefix("Ann has ")
    (cut,) = read_records(tmp_path / "out" / "passages.jsonl", Passage)
    assert redacted.pages[0].text[cut.start : cut.end] == cut.text
    assert clara("data", "scan", tmp_path / "out", "--json")[0] == 0
    assert json.loads(clara("data", "scan", tmp_path / "out", "--json")[1])["findings"] == []


def test_passages_of_a_redacted_document_point_into_it() -> None:
    (document,) = redact_documents([a_document()])
    tokenizer = load_token_counter("tiny")
    for passage in chunk_document(document, tokenizer=tokenizer, max_tokens=64):
        assert passage.text.endswith(document.pages[0].text[passage.start : passage.end])
        assert not [value for value in ALL if value in passage.text]


def test_redaction_never_writes_over_what_it_reads(tmp_path: Path, clara: Run) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(f"mail {MAIL}", encoding="utf-8")
    for output in (path, tmp_path / "inside"):
        source = tmp_path if output.name == "inside" else path
        code, _, error = clara("data", "scan", source, "--redact", output)
        assert (code, "name another place" in error) == (2, True)
    assert path.read_text(encoding="utf-8") == f"mail {MAIL}"


def test_the_gate_counts_images_nobody_read() -> None:
    report = check_before_sending([], Policy(), images=[("a.png", None), ("b.png", f"key {TOKEN}")])
    assert (report.images_unread, report.blocked) == (1, 1)


def test_a_secret_keeps_every_request_back(tmp_path: Path) -> None:
    raw = write(tmp_path / "raw_knowledge.jsonl", a_document())
    with pytest.raises(PrivacyError, match="nothing was sent") as caught:
        pass_gate(raw, tmp_path, tell=lambda _: None)
    assert not [value for value in ALL if value in str(caught.value)]
    report = (tmp_path / "privacy_report.json").read_text(encoding="utf-8")
    assert not [value for value in ALL if value in report]
    assert pass_gate(raw, tmp_path, mode="warn", tell=lambda _: None) == raw


def test_synthesize_sends_nothing_private(tmp_path: Path, clara: Run) -> None:
    """Against a real local endpoint: block sends no request; redact sends placeholders only; a policy lets it pass."""
    raw = write(tmp_path / "raw_knowledge.jsonl", a_document())
    received: list[str] = []

    def answer(request: dict[str, Any]) -> str:
        received.append(json.dumps(request, ensure_ascii=False))
        return json.dumps({"facts": [], "pairs": [], "paraphrase": ""})

    with chat_server(answer) as server:
        common = (
            "synthesize",
            raw,
            "-o",
            tmp_path / "out",
            "--base-url",
            server.base_url,
            "--model",
            "m",
            "--max-rounds",
            "1",
        )
        code, _, error = clara(*common)
        assert (code, received) == (1, [])
        assert "nothing was sent" in error
        clara(*common, "--privacy", "redact")
        assert received
        assert not [value for value in ALL if any(value in request for request in received)]
        assert any("[SECRET_1]" in request for request in received)
        policy = tmp_path / "policy.yaml"
        policy.write_text(f"allow: ['{TOKEN}', '{PASSWORD}']", encoding="utf-8")
        received.clear()
        clara(*common, "--privacy-policy", policy)
        assert any(TOKEN in request for request in received)
