"""Words and answers in any script: text.py."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clara.text import contains_answer, normalize_answer, words


@pytest.mark.parametrize(
    ("passage", "answer", "expected"),
    [
        ("Vitamin C is found in citrus fruit.", "vitamin A", False),
        ("Vitamin A supports vision.", "vitamin A", True),
        ("The value is 3.14.", "3", False),
        ("It costs 1,200 euros.", "1200", True),
        ("It costs 1,200 euros.", "200", False),
        ("Paris—the capital—is large.", "Paris", True),
        ("The university of the arts", "University of Arts", True),
        ("made in the U.S. by hand", "US", True),
        ("concatenate", "cat", False),
        ("서울은 한국의 수도이다", "서울", True),
        ("กรุงเทพเป็นเมืองหลวง", "เมืองหลวง", True),
        ("हिन्दी भाषा", "हिन्द", False),
        ("हिन्दी भाषा", "हिन्दी", True),
        ("１００度", "100", True),
        ("anything", "", False),
        ("anything", " .,! ", False),
        ("", "x", False),
    ],
)
def test_an_answer_is_found_only_as_whole_words(passage: str, answer: str, expected: bool) -> None:
    assert contains_answer(passage, answer) is expected


@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalize_answer(normalize_answer(text)) == normalize_answer(text)


@given(st.text(), st.lists(st.text("abcdeé東12", min_size=1), min_size=1), st.text())
def test_a_passage_contains_each_run_of_its_words(before: str, middle: list[str], after: str) -> None:
    answer = " ".join(middle)
    assert words(answer)
    assert contains_answer(f"{before} ({answer}) {after}", answer)
