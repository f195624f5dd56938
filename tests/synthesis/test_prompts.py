"""Prompts are files: complete in both languages, written out for editing, replaced one by one, and checked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clara.errors import UsageError
from clara.synthesis.language import LANGUAGES
from clara.synthesis.prompt_files import PROMPTS, copy_prompts, read_prompts

FILLED = {"title", "text", "rejected", "missing", "kinds", "count", "pairs", "language", "items"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_prompt_asks_for_nothing_that_is_not_filled_in(language: str) -> None:
    for name, template in read_prompts(language).items():  # type: ignore[arg-type]
        assert template.is_valid()
        assert set(template.get_identifiers()) <= FILLED, name
        if name != "system":
            assert re.search(r'Reply as \{"(pairs|rows|text|verdicts)":', template.template), name


def test_written_prompts_are_edited_one_by_one_and_the_others_stay_shipped(tmp_path: Path) -> None:
    written = copy_prompts(tmp_path)
    assert len(written) == len(PROMPTS) * len(LANGUAGES)
    edited = tmp_path / "zh" / "questions.txt"
    edited.write_text("改写：$text")
    assert not copy_prompts(tmp_path)  # nothing is overwritten
    assert edited.read_text() == "改写：$text"
    for path in written:
        if path != edited:
            path.unlink()
    assert read_prompts("zh", tmp_path)["questions"].template == "改写：$text"
    assert read_prompts("zh", tmp_path)["judge"].template == read_prompts("zh")["judge"].template
    assert read_prompts("en", tmp_path)["questions"].template == read_prompts("en")["questions"].template


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("question.txt", "$text", "did you mean questions.txt"),
        ("questions.txt", "Write questions.", r"does not hold \$text"),
        ("questions_again.txt", "$text", r"does not hold \$rejected"),
        ("system.txt", " \n", "is empty"),
    ],
)
def test_a_prompt_that_cannot_work_is_named(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=words):
        read_prompts("en", tmp_path)


def test_a_folder_without_prompts_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no prompt file"):
        read_prompts("en", tmp_path)
    with pytest.raises(UsageError, match="clara prompts"):
        read_prompts("en", tmp_path / "missing")
