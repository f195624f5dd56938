"""The offline drafter on prose it was not made for, and on the layouts real documents have."""

from __future__ import annotations

import asyncio
import json
import random
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
