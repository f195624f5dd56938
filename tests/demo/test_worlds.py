"""The training worlds: reproducible, answerable, and sharing no invented name with the demo corpus."""

from __future__ import annotations

import re
from random import Random

import pytest

from clara.demo import names
from clara.demo.worlds import (
    HELD_OUT_KINDS,
    Passage,
    all_worlds,
    draw_passages,
    draw_question,
    held_out_worlds,
    restyled,
    training_worlds,
)


def _passages(seed: int, per_world: int) -> list[Passage]:
    rng = Random(seed)
    return [p for world in all_worlds() for _ in range(per_world) for p in draw_passages(rng, world)]


def test_there_are_many_worlds_with_six_to_ten_attributes_each() -> None:
    worlds = all_worlds()
    assert len(worlds) >= 15
    assert len({world.kind for world in worlds}) == len(worlds)
    assert all(6 <= len(world.attributes) <= 10 for world in worlds)
    assert all(len(a.statements) >= 2 and len(a.questions) >= 2 for world in worlds for a in world.attributes)
    assert {world.kind for world in held_out_worlds()} == set(HELD_OUT_KINDS)
    assert not {world.kind for world in training_worlds()} & set(HELD_OUT_KINDS)


def test_no_world_is_a_product_sheet() -> None:
    assert not {world.kind for world in all_worlds()} & {"product", "device", "appliance", *names.PRODUCT_KINDS}


def test_every_answer_is_a_span_of_its_passage_and_the_subject_is_named() -> None:
    for passage in _passages(1, 30):
        assert passage.entity.name in passage.text
        for fact in passage.facts:
            assert fact.value in passage.text
            question = draw_question(Random(2), passage.entity, fact)
            assert passage.entity.name in question
            assert "{" not in question
        assert "{" not in passage.text


def test_restyling_keeps_the_facts() -> None:
    rng = Random(3)
    for passage in _passages(4, 5):
        again = restyled(rng, passage)
        assert set(again.facts) == set(passage.facts)
        assert all(fact.value in again.text for fact in again.facts)


def test_same_seed_gives_the_same_text_and_another_seed_another() -> None:
    texts = [[p.text for p in _passages(seed, 3)] for seed in (5, 5, 6)]
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]


@pytest.mark.parametrize("make", [names.invented_name, names.invented_last_name])
def test_the_two_splits_share_no_name(make) -> None:  # type: ignore[no-untyped-def]
    rng = Random(7)
    drawn = {split: {make(rng, split=split) for _ in range(4000)} for split in ("base", "demo")}
    assert not {n.casefold() for n in drawn["base"]} & {n.casefold() for n in drawn["demo"]}
    assert all(names.split_of(name.upper()) == split for split, some in drawn.items() for name in some)
    assert all(len(some) > 1500 for some in drawn.values())


def test_a_person_belongs_to_the_split_of_the_last_name() -> None:
    rng = Random(8)
    for split in ("base", "demo"):
        person = names.person_name(rng, split=split)  # type: ignore[arg-type]
        assert names.split_of(person.split()[-1]) == split


def test_no_world_text_contains_a_name_the_demo_can_use() -> None:
    rng = Random(9)
    demo = {names.invented_name(rng, split="demo") for _ in range(20_000)}
    demo |= {names.invented_last_name(rng, split="demo") for _ in range(20_000)}
    ordinary = _ordinary_words()  # an invented name may happen to be an English word, such as 'Rush'
    found = {
        word
        for passage in _passages(10, 60)
        for word in re.findall(r"\w+", passage.text)
        if word in demo and word.casefold() not in ordinary
    }
    assert not found


def _ordinary_words() -> set[str]:
    """Every word the worlds' own templates contain."""
    text = " ".join(
        " ".join((w.kind, *w.name_patterns, *w.fillers, a.label, a.values, *a.statements))
        for w in all_worlds()
        for a in w.attributes
    )
    return {word.casefold() for word in re.findall(r"\w+", text)}
