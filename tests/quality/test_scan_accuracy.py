"""How much of what is private is found, and how much of what is found is private, on sets made when the test runs."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest

from clara.quality.scanner import Scanner
from quality import labelled, unseen

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("make_set", [labelled.make_set, unseen.make_set], ids=["tuned", "other_rules"])
def test_recall_and_precision_hold_over_all_and_for_every_kind(
    make_set: object, capsys: pytest.CaptureFixture[str]
) -> None:
    result = labelled.score(make_set(11, 120), Scanner())  # type: ignore[operator]
    with capsys.disabled():
        print(f"\n{result.table()}")
    assert sum(result.positives.values()) >= 600
    assert result.recall >= 0.95, result.missed[:10]
    assert result.precision >= 0.9, result.wrong[:10]
    for kind, count in result.positives.items():
        assert result.found[kind] / count >= 0.9, (kind, result.missed[:10])
        assert result.right[kind] / result.reported[kind] >= 0.9, (kind, result.wrong[:10])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("make_set", [labelled.make_set, unseen.make_set], ids=["tuned", "other_rules"])
def test_the_scores_do_not_hang_on_a_seed(make_set: object, seed: int) -> None:
    result = labelled.score(make_set(1000 + seed, 100), Scanner())  # type: ignore[operator]
    assert result.recall >= 0.95, result.missed[:10]
    assert result.precision >= 0.9, result.wrong[:10]


def test_real_prose_gives_hardly_a_finding() -> None:
    """Untouched paragraphs: at most one finding in 50,000 characters, and those are real contacts."""
    paragraphs = labelled.prose(2000)
    scanner = Scanner()
    found = [paragraph[span.start : span.end] for paragraph in paragraphs for span in scanner.scan(paragraph)]
    assert len(found) <= 1 + sum(map(len, paragraphs)) / 50_000, found


def test_the_scan_reads_megabytes_a_second() -> None:
    text = "\n\n".join(labelled.prose(1500)) * 3
    scanner = Scanner()
    scanner.scan(text[:100_000])
    started = time.process_time()
    scanner.scan(text[:2_000_000])
    rate = min(len(text), 2_000_000) / 1e6 / (time.process_time() - started)
    assert rate > 2, f"{rate:.1f} MB/s"  # about 8 on an idle core


def test_a_place_in_a_long_text_is_exact() -> None:
    filler = "Nothing private is here, only words of an ordinary kind. " * 40
    text = "".join(f"{filler}\nWrite to user{number}@example.org now.\n" for number in range(30))
    spans = Scanner().scan(text)
    assert [text[span.start : span.end] for span in spans] == [f"user{number}@example.org" for number in range(30)]


def test_a_letter_whose_lower_case_is_longer_moves_nothing() -> None:
    text = "İİİİ İstanbul: password = hunter2x and ann@example.org"
    assert [text[span.start : span.end] for span in Scanner().scan(text)] == ["hunter2x", "ann@example.org"]


def test_placeholders_are_not_found_again() -> None:
    assert Scanner().scan("password = [SECRET_1], call [PHONE_2] or [EMAIL_3], card [CARD_1], [NATIONAL_ID_4]") == []


def test_no_live_looking_key_is_in_a_tracked_file() -> None:
    """The tests put keys together at run time, so that no scanner of a host ever sees one here."""
    shown = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    if shown.returncode:
        pytest.skip("needs a git checkout")
    scanner = Scanner()
    known = re.compile(
        r"^(?:AWS|GitHub|GitLab|Slack|Google|OpenAI|Anthropic|Stripe|Hugging|JSON web|SendGrid|npm|PyPI)"
    )
    wrong = []
    for name in filter(None, shown.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in (".py", ".md", ".yaml", ".toml", ".sh", ".example") and path.is_file():
            text = path.read_text(encoding="utf-8")
            keys = ((span.kind, span.label) for span in scanner.scan(text))
            wrong += [
                f"{name}: {label}"
                for kind, label in keys
                if kind == "private_key" or (kind == "token" and known.match(label))
            ]
    assert not wrong
