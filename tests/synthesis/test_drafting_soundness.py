"""What the offline drafter must not hand over: cut answers, years taken for counts, questions that break off."""

import pytest

from clara.schema import Passage
from clara.synthesis import ExtractiveDrafter
from clara.synthesis.drafting.soundness import is_sound, is_vague
from clara.synthesis.drafts import Draft


def drafts_of(text: str) -> list[Draft]:
    passage = Passage(id="p", document="d", page=1, start=0, end=len(text), text=text)
    return ExtractiveDrafter().draft_now(passage)


@pytest.mark.parametrize(
    ("question", "answer", "evidence", "kind"),
    [
        ("What do river levels range from?", "2.4", "River levels range from 2.4 °C to 9 °C in May.", "relation"),
        (
            "What is the Hale Review?",
            "a quarterly",
            "The Hale Review is a quarterly peer-reviewed journal.",
            "definition",
        ),
        ("What fills the rooms?", "lamps made", "The rooms are filled by lamps made for the court.", "agent"),
        ("When did Ada Brandt leave Perth?", "May 1623", "Ada Brandt left Perth in May 1623 or 1624.", "date"),
        ("How many gene parts have more changes?", "1918", "The 1918 gene parts have more changes.", "count"),
        ("Who directed the film and produced?", "Ann Lee", "The film was directed and produced by Ann Lee.", "agent"),
        ("What is grown for liquid?", "Yeast", "Yeast is grown for liquid cultures in Perth.", "subject"),
        (
            "What is the Oru?",
            "a quiet lamp and features two arms",
            "The Oru is a quiet lamp and features two arms.",
            "definition",
        ),
    ],
)
def test_what_was_cut_or_joined_by_mistake_is_not_sound(question: str, answer: str, evidence: str, kind: str) -> None:
    assert not is_sound(Draft(questions=(question,), answer=answer, evidence=evidence, kind=kind))


def test_a_life_in_brackets_is_whole_though_a_dash_follows_the_year() -> None:
    sentence = "George Hale, 2nd Earl of Orm (1454 – 25 December 1505) was the son of Edmund Hale, 1st Earl of Orm."
    found = {(draft.questions[0], draft.answer) for draft in drafts_of(sentence)}
    assert ("When was George Hale born?", "1454") in found
    assert ("When did George Hale die?", "25 December 1505") in found


def test_what_a_study_shows_is_asked_and_what_is_denied_is_not() -> None:
    shown = drafts_of(
        "A survey of 2019 showed that the Kessor virus spread through the ports of Norway in the winter months."
    )
    assert any("Kessor virus" in draft.questions[0] or "Kessor virus" in draft.answer for draft in shown)
    denied = drafts_of(
        "The ministry never showed that the Kessor virus spread through the ports of Norway in the winter."
    )
    assert all(not draft.questions[0].startswith("What spread through") for draft in denied)


def test_a_title_in_quotes_may_hold_a_pronoun() -> None:
    found = {
        d.questions[0]
        for d in drafts_of('"I\'ll Wait For You" is a song recorded by Norwegian singer Mia Brandt in 1997.')
    }
    assert any("I'll Wait For You" in question for question in found)


def test_a_question_that_only_the_text_explains_is_vague() -> None:
    vague = Draft(questions=("When was the building sold to a bank?",), answer="1908", evidence="", kind="date")
    named = Draft(questions=("When was the building sold to Kessor?",), answer="1908", evidence="", kind="date")
    assert is_vague(vague)
    assert not is_vague(named)
