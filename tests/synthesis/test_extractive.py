"""The offline drafter on prose it was not made for, and on the layouts real documents have."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clara.schema import Passage
from clara.synthesis import Draft, ExtractiveDrafter
from clara.synthesis.verify import has_span, split_duplicates, verify_draft, verify_paraphrase


def passage(text: str, title: str = "") -> Passage:
    return Passage(id="p", document="d", page=1, start=0, end=len(text), text=text, title=title)


def facts(text: str, title: str = "") -> dict[str, set[str]]:
    """Every verified question with its answers."""
    source = passage(text, title)
    drafts, _ = split_duplicates(ExtractiveDrafter().draft_now(source))
    found: dict[str, set[str]] = {}
    for draft in drafts:
        if verify_draft(draft, source, extractive=True) is None:
            for question in draft.questions:
                found.setdefault(question, set()).add(draft.answer)
    return found


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("The Palm House is a greenhouse.", "What is the Palm House?", "a greenhouse"),
        ("The abbey was built in 1931 near Holt.", "When was the abbey built near Holt?", "1931"),
        ("Vexel Ltd was founded by Nora Nilsen.", "Who founded Vexel Ltd?", "Nora Nilsen"),
        ("In 1908, Oxley College moved to Leeds.", "When did Oxley College move to Leeds?", "1908"),
        ("The Tamar is 98 km long.", "How long is the Tamar?", "98 km"),
        ("Ropsten weighs 61 kg.", "How much does Ropsten weigh?", "61 kg"),
        ("The Atlas A weighs 9 kg.", "What is the weight of the Atlas A?", "9 kg"),
        ("The Atlas 9 costs 250 euros.", "How much does the Atlas 9 cost?", "250 euros"),
        ("The Atlas 9 is sold for $250.", "What is the price of the Atlas 9?", "$250"),
        ("Dunmore has a population of 3,412.", "What is the population of Dunmore?", "3,412"),
        ("The Atlas 9 is made of oak and brass.", "What is the Atlas 9 made of?", "oak and brass"),
        ("Mount Hale was named after Peter Hale.", "What was Mount Hale named after?", "Peter Hale"),
        ("The Hale Museum is located in Perth.", "Where is the Hale Museum located?", "Perth"),
        ("Perth is the largest city in Western Australia.", "What is the largest city in Western Australia?", "Perth"),
        ("Flight 12 was cancelled because of fog.", "Why was Flight 12 cancelled?", "fog"),
        ("Flooding in Perth leads to higher prices.", "What does flooding in Perth lead to?", "higher prices"),
        ("Team Delta built three bridges.", "How many bridges did Team Delta build?", "three"),
        ("The Hale Trust publishes a yearly report.", "What does the Hale Trust publish?", "a yearly report"),
        ("11% of people in Norway own a boat.", "What percentage of people in Norway own a boat?", "11%"),
        ("Prices in Oslo rose by 4% in May.", "By how much did prices in Oslo rise in May?", "4%"),
        (
            "The International Hockey Union (IHU) sets the rules.",
            "What does IHU stand for?",
            "International Hockey Union",
        ),
        ("Edvard Lunde, a Norwegian painter, lived in Bergen.", "Who was Edvard Lunde?", "a Norwegian painter"),
        ("Oak Hall is a school founded by Ann Lee.", "Who founded Oak Hall?", "Ann Lee"),
        (
            "The Sund Council is responsible for water supply.",
            "What is the Sund Council responsible for?",
            "water supply",
        ),
    ],
)
def test_a_sentence_yields_its_question(sentence: str, question: str, answer: str) -> None:
    found = facts(sentence)
    assert answer in found.get(question, set()), found


@pytest.mark.parametrize(
    "text",
    [
        "It was built in 1931.",  # who knows what
        "This led to higher prices.",
        "Was it built in 1931?",
        "The team did not win in 1931.",  # negations ask for nothing
        "See above.",
    ],
)
def test_what_cannot_be_understood_yields_nothing(text: str) -> None:
    assert facts(text) == {}


@pytest.mark.parametrize(
    "text",
    [
        "High levels of tree mortality in the Lake Sund region may result in-",
        "The Sund Agency is built with the following components.",
        "Energies of the Korva press are shown in Fig. 2.",
        "The Korva press yields a 2x speed *up over the Oru press.",
        "There were 10,000 blankets and 200 laptops delivered on May 23, 2023.",
        "Three soil cores were collected in Perth and composited for the Mehlich analysis.",
        "A similar duty is imposed on the Sund Council by 28 U.S.C. § 586.",
    ],
)
def test_what_layout_and_cut_lines_leave_behind_is_not_asked(text: str) -> None:
    for question, answers in facts(text).items():
        assert not re.search(r"\*|Fig\?|U\.S\.C\?|^How many (?:laptops delivered|soil cores composited)", question)
        assert not any(re.search(r"-$|\*|^the following|U\.S\.C$", answer) for answer in answers), (question, answers)


@pytest.mark.parametrize(
    "title", ["CHAPTER 1 – INTRODUCTION", "Abstract", "One Hundred Eighth Congress of the", "Slide 3"]
)
def test_the_heading_of_a_part_is_no_subject(title: str) -> None:
    text = f"{title}\n\nWeight: 61 kg\n\nThe trustee must file a final report with the District Court of Maine in 2012."
    assert not any(title.lower() in question.lower() for question in facts(text, title))


def test_a_numbered_title_names_its_subject_without_the_number() -> None:
    assert "What is the budget of The Noste programme?" in facts(
        "5.1.3. The Noste programme\n\nBudget: 30 million euros", "5.1.3. The Noste programme"
    )


@pytest.mark.parametrize(
    "table",
    [
        "| Gas | THRESHOLD FOR | RELEASES |\n| --- | --- | --- |\n| Ammonia | 10 000 | 100 |",
        "| Loss |  |  | Accuracy |\n| --- | --- | --- | --- |\n| Triplet | 41.6 | 65.0 | 77.2 |",
        "| Soil test | variable | 0.000666 STP |\n| --- | --- | --- |\n| Soil erosion | 1 | 0.5 |",
    ],
)
def test_a_table_without_titles_for_its_columns_is_left_out(table: str) -> None:
    assert facts(table) == {}


def test_a_name_that_opens_a_sentence_keeps_its_capital() -> None:
    found = facts(
        "Roberts scored 41 goals for Leicester in 1996. In 1997 the club sold Roberts to Wolves for 90,000 pounds."
    )
    assert found
    assert not any("roberts" in question for question in found), found


def test_a_person_in_a_table_has_the_whole_name() -> None:
    found = facts(
        "| Last Name | First Name | City |\n| --- | --- | --- |\n"
        "| Rich | Catherine | St. Paul |\n| Seck | Denise | Eagan |"
    )
    assert found["What is the city of Catherine Rich?"] == {"St. Paul"}
    assert not any("of Rich?" in question or "first" in question.lower() for question in found)


@pytest.mark.parametrize(
    "text",
    [
        "We show that it helps\n\nreusability in other disciplines. The Oru tool is used in Perth.",  # a column's end
        "Oru was built in 1999. See https://example.org/a/b for more. It stands in Perth.",
        "| A |  | B |\n| --- | --- | --- |\n| R1 | False | 3 |\n| R2 | True | 4 |",
        "Edith of Wilton Edmund\n\nWulfthryth of Kent Edward",  # names in a picture, no sentence
    ],
)
def test_pieces_are_not_said_again_in_another_order(text: str) -> None:
    assert asyncio.run(ExtractiveDrafter().paraphrase(passage(text, "Oru"))) is None


def test_pronouns_and_parts_are_named() -> None:
    found = facts(
        "The Korva is a compact press. Its chief designer is Liv Moen. The lid is grey. It is assembled in Turku. "
        "Halden Works makes it. Sales began in 1999. One unit has a mass of 98 kg. The press needs 5 litres of oil.",
        title="Korva",
    )
    assert found["What is the Korva?"] == {"a compact press"}
    assert found["Who is the chief designer of the Korva?"] == {"Liv Moen"}
    assert found["What colour is the lid of the Korva?"] == {"grey"}
    assert found["Where is the Korva assembled?"] == {"Turku"}
    assert found["Who makes the Korva?"] == {"Halden Works"}
    assert found["When did sales of the Korva begin?"] == {"1999"}
    assert found["How much does the Korva weigh?"] == {"98 kg"}


def test_labels_bullets_and_tables_are_facts() -> None:
    found = facts(
        "# Korva\n\nWeight: 61 kg\nChief designer: Liv Moen\n\n- Launched: 1999\n- Assembled in: Turku\n\n"
        "| Property | Value |\n| --- | --- |\n| Battery life | 12 hours |\n| Maker | Halden Works |",
        title="Korva",
    )
    assert found["How much does Korva weigh?"] == {"61 kg"}
    assert found["Who is the chief designer of Korva?"] == {"Liv Moen"}
    assert found["When was Korva launched?"] == {"1999"}
    assert found["Where is Korva assembled?"] == {"Turku"}
    assert found["How long is the battery life of Korva?"] == {"12 hours"}
    assert found["Who makes Korva?"] == {"Halden Works"}


def test_each_row_of_a_wide_table_has_its_own_subject() -> None:
    found = facts(
        "| City | Population | Mayor |\n| --- | --- | --- |\n| Bergen | 9,100 | Ann Lee |\n| Voss | 640 | Jo Dahl |"
    )
    assert found["What is the population of Bergen?"] == {"9,100"}
    assert found["Who is the mayor of Voss?"] == {"Jo Dahl"}


@given(st.text(alphabet="aT .,:|#-()\n\"'’19€é\\[]*", max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    if not text.strip():
        return
    source = passage(text, title=text[:20])
    for draft in ExtractiveDrafter().draft_now(source):
        assert draft.questions
    asyncio.run(ExtractiveDrafter().paraphrase(source))


def squad_paragraphs(shared: Path, count: int) -> list[Passage]:
    texts = []
    for name in ("squadshifts/new_wiki_v1.0.json", "xquad/xquad.en.json"):
        for article in json.loads((shared / "data" / "qa" / name).read_text())["data"]:
            texts += [paragraph["context"].strip() for paragraph in article["paragraphs"]]
    return [passage(text) for text in random.Random(1).sample(texts, count)]


def good_drafts(source: Passage) -> list[Draft]:
    drafts, _ = split_duplicates(ExtractiveDrafter().draft_now(source))
    return [draft for draft in drafts if verify_draft(draft, source, extractive=True) is None]


def test_encyclopedia_prose_yields_pairs_and_every_answer_is_a_span(shared: Path) -> None:
    sources = squad_paragraphs(shared, 200)
    started = time.process_time()
    drafts = [good_drafts(source) for source in sources]
    seconds = time.process_time() - started
    for source, found in zip(sources, drafts, strict=True):
        for draft in found:
            assert has_span(source.text, draft.answer)
            assert all(question.endswith("?") and question[0].isupper() for question in draft.questions)
    enough = sum(len(found) >= 2 for found in drafts) / len(drafts)
    assert enough >= 0.5, f"{enough:.1%} of the paragraphs give two pairs or more"
    assert seconds < 4  # 1,000 passages in 20 s


def test_restatements_keep_every_number_and_name(shared: Path) -> None:
    sources = squad_paragraphs(shared, 120)
    restated = 0
    for source in sources:
        text = asyncio.run(ExtractiveDrafter().paraphrase(source))
        restated += text is not None and verify_paraphrase(text, source.text) is None
    assert restated >= 60
