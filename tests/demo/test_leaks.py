"""No held-out sheet, and no product, maker or full person name of one, is in any training text of base or adapters."""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from clara.assets import tiny_base_path
from clara.chunking import load_token_counter
from clara.demo import names
from clara.demo.corpus import World, make_world
from clara.demo.writers import write_corpus
from clara.extraction import extract_folder
from clara.synthesis import ExtractiveDrafter, synthesize

SCRIPTS = Path(__file__).parents[2] / "scripts"
SEEDS = range(5)


def heldout_names(world: World) -> set[str]:
    """Product, maker and full person names of the held-out sheets."""
    return {
        name
        for sheet in world.part("heldout")
        for name in (sheet.product.name, sheet.product.facts["maker"], sheet.product.facts["engineer"])
    }


def names_in(text: str, wanted: set[str]) -> set[str]:
    """Which of the names stand in the text, as whole words."""
    words = re.findall(r"\w+", text)
    longest = max(len(name.split()) for name in wanted)
    runs = {" ".join(words[i : i + n]) for n in range(1, longest + 1) for i in range(len(words) - n + 1)}
    return wanted & runs


def invented_words(text: str) -> set[str]:
    return {word for word in re.findall(r"[A-Z][a-z]+", text) if names.syllables(word)}


def base_training_texts(steps: range) -> Iterator[str]:
    """Everything the shipped base read in these steps, from the arguments it was trained with."""
    sys.path.insert(0, str(SCRIPTS))
    try:
        import train_tiny_base as script
        from tokenizers import Tokenizer
    finally:
        sys.path.remove(str(SCRIPTS))
    asset = tiny_base_path()
    args = script.arguments_of(json.loads((asset / script.RECORD).read_text(encoding="utf-8")))
    tokenizer = Tokenizer.from_file(str(asset / "tokenizer.json"))
    maker = script.new_maker(tokenizer, args)
    for step in steps:
        _, batch = script.make_batch(maker, step, args)
        for row in batch.rows:
            yield tokenizer.decode([*row.prefix, *(token for branch in row.branches for token in branch.ids)])
        for ids in (*batch.passages, *batch.queries):
            yield tokenizer.decode(ids)


def check_base_texts(texts: Iterator[str]) -> int:
    wanted = set().union(*(heldout_names(make_world(seed)) for seed in SEEDS))
    seen: set[str] = set()
    for text in texts:
        assert not names_in(text, wanted)
        seen |= invented_words(text)
    assert not {word for word in seen if names.split_of(word) != "base"}
    return len(seen)


def test_the_search_finds_a_planted_name() -> None:
    world = make_world(0)
    for name in heldout_names(world):
        assert names_in(f"Once {name}, the best.", {name}) == {name}
        assert invented_words(f"Once {name}, the best.")


def test_the_base_read_no_heldout_name_and_no_name_a_demo_can_draw() -> None:
    pytest.importorskip("torch")
    assert check_base_texts(base_training_texts(range(0, 60, 3))) > 500


@pytest.mark.slow
def test_all_of_the_base_training_text() -> None:
    """The whole run again, every step."""
    pytest.importorskip("torch")
    run = json.loads((tiny_base_path() / "training_run.json").read_text(encoding="utf-8"))
    assert check_base_texts(base_training_texts(range(run["steps"]))) > 5000


def test_every_name_a_demo_can_draw_is_of_the_split_the_base_never_reads() -> None:
    rng = random.Random(1)
    for start, ending in product(names.STARTS, (*names.ENDINGS, *names.LAST_NAME_ENDINGS)):
        assert names.syllables(start + ending) is not None
    drawn = {"base": set(), "demo": set()}  # type: ignore[var-annotated]
    for split, found in drawn.items():
        for draw in (names.invented_name, names.invented_last_name):
            found |= {draw(rng, split=split) for _ in range(20_000)}  # type: ignore[arg-type]
    assert not drawn["base"] & drawn["demo"]


@pytest.mark.parametrize("seed", [0, 11])
def test_the_adapters_read_no_heldout_name_and_no_heldout_page(seed: int, tmp_path: Path) -> None:
    """All rows of all three training files, made as `clara demo` makes them."""
    world = make_world(seed, num_train=120, num_heldout=60)
    write_corpus(world, tmp_path / "documents")
    raw = tmp_path / "train.jsonl"
    extract_folder(tmp_path / "documents" / "train", raw)
    synthesize(
        raw,
        tmp_path / "data",
        drafter=ExtractiveDrafter(seed=seed),
        tokenizer=load_token_counter("tiny"),
        max_tokens=128,
    )
    text = "\n".join(file.read_text(encoding="utf-8") for file in sorted((tmp_path / "data").glob("*_data.jsonl")))
    assert len(text) > 100_000
    assert not names_in(text, heldout_names(world))
    trained = {name for sheet in world.part("train") for name in (sheet.product.name, sheet.product.facts["maker"])}
    assert len(names_in(text, trained)) > 0.95 * len(trained)  # the search does see what is there
    assert not [page for sheet in world.part("heldout") for page in sheet.pages if page.markdown in text]
