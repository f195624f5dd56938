"""A folder in, raw_knowledge.jsonl out: every file has its fate, nothing is read twice, and no file breaks the run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.extraction.made_files import make_docx, make_pdf, make_pptx, make_scan, par, raw_docx, run

from clara.errors import ExtractionError, UsageError
from clara.extraction import ExtractionReport, extract_folder, pool
from clara.jsonl import read_records
from clara.schema import Document

ROOT = Path(__file__).resolve().parents[2]
MISBEHAVING = [sys.executable, str(Path(__file__).with_name("misbehaving_worker.py"))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One good file of each type, in subfolders."""
    (tmp_path / "docs" / "sub").mkdir(parents=True)
    make_pdf(tmp_path / "docs" / "b.pdf")
    make_docx(tmp_path / "docs" / "sub" / "a.docx")
    make_pptx(tmp_path / "docs" / "c.pptx")
    return tmp_path / "docs"


def fates(report: ExtractionReport) -> dict[str, tuple[str, str]]:
    return {file.file: (file.verdict, file.reason) for file in report.files}


def test_documents_are_in_the_order_of_the_folder_and_the_report_names_every_file(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "out" / "raw_knowledge.jsonl"
    (folder / "notes.log").write_text("not read")
    seen: list[tuple[int, int]] = []
    report = extract_folder(folder, output, workers=2, progress=lambda file, done, total: seen.append((done, total)))
    documents = read_records(output, Document)
    assert [document.id for document in documents] == ["b.pdf", "c.pptx", "sub/a.docx"]
    assert [len(document.pages) for document in documents] == [2, 2, 2]
    assert {document.title for document in documents} == {"Aurora Pump"}
    assert seen == [(1, 3), (2, 3), (3, 3)]
    written = json.loads((output.parent / "extraction_report.json").read_text())
    assert [file["file"] for file in written["files"]] == ["b.pdf", "c.pptx", "notes.log", "sub/a.docx"]
    assert (written["ok"], written["skipped"], written["pages"]) == (3, 1, 6)
    assert fates(report)["notes.log"] == ("skipped", "unsupported")
    assert sorted(path.name for path in output.parent.iterdir()) == ["extraction_report.json", "raw_knowledge.jsonl"]


def test_only_changed_files_are_read_again(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "raw.jsonl"
    extract_folder(folder, output)
    before = output.read_bytes()
    again = extract_folder(folder, output)
    assert all(file.reused for file in again.files)
    assert output.read_bytes() == before
    make_docx(folder / "sub" / "a.docx", text="It moves 60 litres.")
    changed = extract_folder(folder, output)
    assert [file.file for file in changed.files if not file.reused] == ["sub/a.docx"]
    assert "60 litres" in read_records(output, Document)[2].pages[0].text
    (folder / "b.pdf").unlink()
    extract_folder(folder, output)
    assert [document.id for document in read_records(output, Document)] == ["c.pptx", "sub/a.docx"]


def test_an_output_of_an_older_reader_is_read_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clara.extraction import readers

    output = tmp_path / "raw.jsonl"
    extract_folder(folder, output)
    monkeypatch.setitem(readers._REVISIONS, "docx", 99)
    readers.backend_stamp.cache_clear()
    try:
        report = extract_folder(folder, output)
    finally:
        readers.backend_stamp.cache_clear()
    assert [file.file for file in report.files if not file.reused] == ["sub/a.docx"]


def bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * (64 * 2**20))
    return path


def many_members(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")
        for number in range(10_001):
            archive.writestr(str(number), "")
    return path


def billion_laughs(path: Path) -> Path:
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    return raw_docx(path, par(run("x &a11; y")), prolog=f"<!DOCTYPE d [{entities}]>")


def deeply_nested(path: Path) -> Path:
    depth = 5000
    return raw_docx(path, "<w:sdt>" * depth + par(run("deep")) + "</w:sdt>" * depth)


def encrypted_office(path: Path) -> Path:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"))
    return path


def old_office(path: Path) -> Path:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    return path


def truncated(make: Callable[[Path], Path], share: float) -> Callable[[Path], Path]:
    def cut(path: Path) -> Path:
        data = make(path).read_bytes()
        path.write_bytes(data[: int(len(data) * share)])
        return path

    return cut


HOSTILE: list[tuple[str, Callable[[Path], object], str]] = [
    ("password.pdf", lambda path: make_pdf(path, password="secret"), "password"),
    ("scan.pdf", make_scan, "no_text"),
    ("truncated.pdf", truncated(make_pdf, 0.3), "corrupt"),
    ("truncated.docx", truncated(make_docx, 0.5), "corrupt"),
    ("noise.pdf", lambda path: path.write_bytes(bytes(range(256)) * 40), "corrupt"),
    ("noise.docx", lambda path: path.write_bytes(bytes(range(256)) * 40), "corrupt"),
    ("empty.pptx", lambda path: path.write_bytes(b""), "empty"),
    ("zeros.pdf", lambda path: path.write_bytes(bytes(5000)), "empty"),
    ("blank.docx", lambda path: raw_docx(path, par()), "no_text"),
    ("bomb.docx", bomb, "archive_bomb"),
    ("members.docx", many_members, "archive_bomb"),
    ("deep.docx", deeply_nested, "corrupt"),
    ("notxml.docx", lambda path: raw_docx(path, "<w:p>"), "corrupt"),
    ("encrypted.docx", encrypted_office, "password"),
    ("old.pptx", old_office, "unsupported"),
    ("photos.docx", lambda path: zipfile.ZipFile(path, "w").writestr("photo.jpg", "x"), "unsupported"),
]


def test_every_broken_file_fails_with_its_reason_and_the_good_ones_are_read(folder: Path, tmp_path: Path) -> None:
    for name, make, _ in HOSTILE:
        made = make(folder / name)
        if isinstance(made, zipfile.ZipFile):
            made.close()
    report = extract_folder(folder, tmp_path / "raw.jsonl", workers=2, timeout_seconds=30)
    found = fates(report)
    assert {name: found[name] for name, _, _ in HOSTILE} == {name: ("failed", reason) for name, _, reason in HOSTILE}
    assert report.count("ok") == 3
    assert all(file.message for file in report.files if file.verdict == "failed")


def test_entities_are_never_expanded_nor_files_read_through_them(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "secret.txt").write_text("the canary")
    external = f'<!DOCTYPE d [<!ENTITY e SYSTEM "file://{tmp_path}/secret.txt">]>'
    raw_docx(tmp_path / "docs" / "external.docx", par(run("before &e; after")) + par(run("safe")), prolog=external)
    billion_laughs(tmp_path / "docs" / "laughs.docx")
    make_docx(tmp_path / "docs" / "good.docx")
    output = tmp_path / "raw.jsonl"
    report = extract_folder(tmp_path / "docs", output, workers=1, timeout_seconds=20)
    assert fates(report)["good.docx"] == ("ok", "")
    assert "canary" not in output.read_text()
    assert len(output.read_text()) < 20_000


def test_a_file_is_what_it_holds_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    make_docx(tmp_path / "docs" / "really_word.pdf")
    make_pdf(tmp_path / "docs" / "really_pdf.docx")
    output = tmp_path / "raw.jsonl"
    extract_folder(tmp_path / "docs", output)
    assert {document.id: document.media_type for document in read_records(output, Document)} == {
        "really_word.pdf": "docx",
        "really_pdf.docx": "pdf",
    }


def test_links_out_of_the_folder_and_hidden_and_temporary_files_are_left_alone(folder: Path, tmp_path: Path) -> None:
    outside = make_docx(tmp_path / "outside.docx")
    (folder / "link.docx").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    (folder / "dangling.pdf").symlink_to(tmp_path / "nowhere.pdf")
    (folder / ".hidden.docx").write_bytes(outside.read_bytes())
    (folder / "~$open.docx").write_bytes(b"lock")
    os.mkfifo(folder / "pipe.pdf")
    output = folder / "raw.jsonl"  # inside the folder: neither read nor listed
    extract_folder(folder, output)
    report = extract_folder(folder, output)
    skipped = {name: reason for name, (verdict, reason) in fates(report).items() if verdict == "skipped"}
    assert skipped == {
        "link.docx": "outside",
        "loop": "symlink",
        "dangling.pdf": "unreadable",
        ".hidden.docx": "hidden",
        "~$open.docx": "temporary",
        "pipe.pdf": "unsupported",
    }
    assert report.count("ok") == 3


def test_a_worker_that_dies_hangs_or_eats_memory_is_replaced(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "worker_command", lambda: MISBEHAVING)
    for name in ("abort", "abort2", "endless", "hang", "hog", "noise", "bug"):
        shutil.copy(folder / "sub" / "a.docx", folder / f"{name}.docx")
    report = extract_folder(folder, tmp_path / "raw.jsonl", workers=1, timeout_seconds=2, memory_mb=1024)
    failed = {name: reason for name, (verdict, reason) in fates(report).items() if verdict == "failed"}
    assert failed == {
        "abort.docx": "crashed",
        "abort2.docx": "crashed",
        "endless.docx": "memory",
        "hang.docx": "timeout",
        "hog.docx": "memory",
        "bug.docx": "reader_error",
    }
    assert report.count("ok") == 4
    documents = read_records(tmp_path / "raw.jsonl", Document)
    assert len({json.dumps([page.model_dump() for page in d.pages]) for d in documents if d.media_type == "docx"}) == 1


def test_folders_deeper_than_python_calls_and_files_larger_than_memory_are_reported(tmp_path: Path) -> None:
    deep = tmp_path / "in"
    deep.mkdir()
    (deep / "sparse.pdf").write_bytes(b"%PDF-1.7")
    os.truncate(deep / "sparse.pdf", 2**40)
    for _ in range(1100):
        deep = deep / "d"
        deep.mkdir()
    make_docx(deep / "a.docx")
    try:
        report = extract_folder(tmp_path / "in", tmp_path / "raw.jsonl", workers=1)
    finally:  # pytest cannot remove it
        (deep / "a.docx").unlink()
        while deep != tmp_path / "in":
            deep.rmdir()
            deep = deep.parent
    assert report.count("ok") == 1
    assert fates(report)["sparse.pdf"] == ("failed", "too_large")


def test_workers_get_none_of_the_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    monkeypatch.setenv("HF_TOKEN", "canary")
    assert "canary" not in pool._environment(str(tmp_path)).values()


SLOW_RUN = """
import sys
from pathlib import Path
from clara.extraction import extract_folder, pool
pool.worker_command = lambda: {command!r}
extract_folder(Path({root!r}), Path({output!r}), workers=2)
"""


def test_a_run_killed_at_any_moment_goes_on_and_ends_with_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    for number in range(30):
        make_docx(folder / f"slow{number:02}.docx", text=f"Number {number}.")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing else")
    undisturbed = tmp_path / "undisturbed" / "raw.jsonl"
    extract_folder(folder, undisturbed)
    output = tmp_path / "killed" / "raw.jsonl"
    journal = output.with_name("raw.jsonl.journal")
    script = SLOW_RUN.format(command=MISBEHAVING, root=str(folder), output=str(output))
    finished = 0
    for kill_after in (3, 12):
        process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
        deadline = time.monotonic() + 60
        while lines(journal) < kill_after and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not output.exists()
        assert lines(journal) >= max(kill_after, finished)
        finished = lines(journal)
    with journal.open("ab") as file:
        file.write(b'{"report": {"file": "slow29.docx", "verd')  # what a kill in the middle of a write leaves
    report = extract_folder(folder, output)
    assert sum(file.reused for file in report.files) == finished
    assert output.read_bytes() == undisturbed.read_bytes()
    assert not journal.exists()


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_a_failure_is_tried_again_only_when_the_limits_changed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "raw.jsonl"
    monkeypatch.setattr(pool, "worker_command", lambda: MISBEHAVING)
    shutil.copy(folder / "sub" / "a.docx", folder / "hang.docx")
    shutil.rmtree(folder / "sub")
    monkeypatch.setattr("clara.extraction.folder.write_lines", _interrupted)  # stops after the reading, before the end
    with pytest.raises(KeyboardInterrupt):
        extract_folder(folder, output, timeout_seconds=4)
    monkeypatch.undo()
    assert fates(extract_folder(folder, tmp_path / "other.jsonl"))["hang.docx"] == ("ok", "")
    report = extract_folder(folder, output, timeout_seconds=4)
    assert {file.file: (file.verdict, file.reused) for file in report.files}["hang.docx"] == ("failed", True)


def _interrupted(*_: object) -> int:
    raise KeyboardInterrupt


def test_nothing_to_read_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        extract_folder(tmp_path / "missing", tmp_path / "raw.jsonl")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no PDF, DOCX"):
        extract_folder(tmp_path / "empty", tmp_path / "raw.jsonl")
    with pytest.raises(UsageError, match="is a folder"):
        extract_folder(tmp_path / "empty", tmp_path / "empty")
    with pytest.raises(UsageError, match="--memory-mb"):
        extract_folder(tmp_path / "empty", tmp_path / "raw.jsonl", memory_mb=10)


def test_when_no_file_can_be_read_the_earlier_output_stays(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "raw.jsonl"
    extract_folder(folder, output)
    before = output.read_bytes()
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.pdf").write_bytes(b"no")
    with pytest.raises(ExtractionError, match="1 corrupt") as caught:
        extract_folder(tmp_path / "bad", output)
    assert caught.value.reason == "no_document"
    assert output.read_bytes() == before


def test_the_command_and_the_script_say_what_was_read(
    folder: Path, tmp_path: Path, clara: Callable[..., tuple[int, str, str]]
) -> None:
    (folder / "broken.docx").write_bytes(b"PK")
    output = tmp_path / "raw.jsonl"
    code, out, err = clara("extract", folder, "--output", output, "--workers", 1)
    assert (code, err) == (0, "")
    assert "3 documents, 6 pages" in out
    assert "failed: broken.docx: corrupt:" in out
    code, _, err = clara("extract", tmp_path / "missing", "--output", output)
    assert (code, err.count("\n")) == (2, 1)
    script = [sys.executable, str(ROOT / "scripts" / "extract_raw_data.py"), "--output-file", str(output)]
    ran = subprocess.run(script, env={**os.environ, "RAW_DATA_DIR": str(folder)}, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "(3 unchanged)" in ran.stdout
    assert subprocess.run([*script, "--input-dir", str(tmp_path / "no")], capture_output=True).returncode == 2
