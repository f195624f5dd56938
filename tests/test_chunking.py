"""Passages: exact spans, nothing lost, never over budget, whatever the text."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from clara.chunking import chunk_document, load_token_counter
from clara.errors import BaseModelError, UsageError
from clara.extraction.prose import markdown_table
from clara.schema import Block, Document, Page, Passage, render_block

PROSE = (
    "The Aurora pump moves forty litres of water a minute. It was introduced in 1998 by Northwind Works. "
    "Its housing is made of bronze, because bronze does not rust. Service is due every 1,200 hours."
)


def train_tokenizer(*, normalize: bool = False) -> Tokenizer:
    """Byte-level BPE, as the tiny base and most real ones have; every character has tokens."""
    tokenizer = Tokenizer(models.BPE())
    if normalize:
        tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator([PROSE], trainer)
    return tokenizer


TOKENIZERS = {"plain": train_tokenizer(), "normalizing": train_tokenizer(normalize=True)}


def count(text: str, tokenizer: Tokenizer = TOKENIZERS["plain"]) -> int:
    return len(tokenizer.encode(text, add_special_tokens=False).ids)


def make_document(*pages: list[Block], title: str = "Aurora Pump") -> Document:
    return Document(
        id="sheets/aurora.pdf",
        sha256="0" * 64,
        media_type="pdf",
        title=title,
        pages=[Page(number=number, blocks=blocks) for number, blocks in enumerate(pages, start=1)],
    )


def paragraph(text: str) -> Block:
    return Block(kind="paragraph", text=text)


def heading(text: str, level: int = 2) -> Block:
    return Block(kind="heading", text=text, level=level)


def chunk(document: Document, max_tokens: int = 64) -> list[Passage]:
    return chunk_document(document, tokenizer=TOKENIZERS["plain"], max_tokens=max_tokens)


def test_a_page_that_fits_is_one_passage_under_its_title() -> None:
    document = make_document([heading("Range"), paragraph("It moves 40 litres.")], [paragraph("Made of bronze.")])
    first, second = chunk(document)
    assert first.text == "Aurora Pump\n\n## Range\n\nIt moves 40 litres."
    assert second.text == "Aurora Pump\nRange\n\nMade of bronze."  # the heading above goes on over the page
    assert (second.page, second.start, second.end, second.id) == (2, 0, 15, "sheets/aurora.pdf#p2-0")


def test_the_title_is_not_said_twice() -> None:
    document = make_document([heading("Aurora Pump", 1), paragraph("It moves 40 litres.")])
    (passage,) = chunk(document)
    assert passage.text == "# Aurora Pump\n\nIt moves 40 litres."


def test_sentences_stay_whole_when_a_paragraph_is_too_long() -> None:
    document = make_document([heading("History"), paragraph(" ".join([PROSE] * 5))])
    passages = chunk(document, max_tokens=90)
    assert len(passages) > 2
    assert all(passage.text.rstrip().endswith(".") for passage in passages)
    assert all(passage.text.startswith("Aurora Pump\nHistory\n\n") for passage in passages[1:])


def test_a_heading_is_never_left_at_the_end_of_a_passage() -> None:
    blocks = [block for number in range(8) for block in (heading(f"Part {number}"), paragraph(PROSE[:100]))]
    passages = chunk(make_document(blocks), max_tokens=100)
    assert len(passages) > 2
    assert not any(passage.text.splitlines()[-1].startswith("#") for passage in passages)


def test_a_large_table_is_cut_between_rows_with_its_header_repeated() -> None:
    rows = [["Part", "Weight"], *([f"Part {number}", f"{number} kg"] for number in range(40))]
    document = make_document([heading("Weights"), Block(kind="table", text=markdown_table(rows))])
    passages = chunk(document, max_tokens=100)
    found = []
    for passage in passages:
        lines = passage.text.splitlines()
        top = lines.index("| Part | Weight |")
        assert lines[top + 1] == "| --- | --- |"
        found += lines[top + 2 :]
    assert found == [f"| Part {number} | {number} kg |" for number in range(40)]


def check_passages(document: Document, passages: list[Passage], tokenizer: Tokenizer, max_tokens: int) -> None:
    """The promise: within budget, exact spans, in order, on one page, every visible character covered."""
    covered: dict[int, set[int]] = {page.number: set() for page in document.pages}
    for passage in passages:
        page_text = document.pages[passage.page - 1].text
        assert count(passage.text, tokenizer) <= max_tokens
        assert passage.text.endswith(page_text[passage.start : passage.end])
        span = set(range(passage.start, passage.end))
        assert span
        assert not span & covered[passage.page]
        covered[passage.page] |= span
    for page in document.pages:
        visible, position = set(), 0
        for block in page.blocks:  # the bare marker of an empty heading or list item is no text
            end = position + len(render_block(block))
            if block.text.strip():
                visible |= {i for i in range(position, end) if not page.text[i].isspace()}
            position = end + 2
        assert not visible - covered[page.number]
    assert len({passage.id for passage in passages}) == len(passages)
    assert [(p.page, p.start) for p in passages] == sorted((p.page, p.start) for p in passages)


texts = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="ab c.\n#|é漢👩‍👩‍👧‍👦\u0301\u200d", max_size=400),
    st.integers(1, 30).map(lambda times: PROSE[: times * 7] * times),
    st.integers(1, 3000).map(lambda length: "x" * length),
).map(lambda text: text.encode("utf-8", "ignore").decode())
cells = st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc")), max_size=60)
tables = st.lists(st.lists(cells, min_size=2, max_size=3), min_size=1, max_size=20).map(markdown_table)
blocks = st.one_of(
    texts.map(paragraph),
    texts.map(lambda text: Block(kind="list_item", text=text, level=2)),
    texts.map(lambda text: heading(" ".join(text.split()))),
    tables.map(lambda text: Block(kind="table", text=text)),
)


@pytest.mark.parametrize("kind", ["plain", "normalizing"])
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    pages=st.lists(st.lists(blocks, max_size=5), min_size=1, max_size=3), title=texts, max_tokens=st.integers(48, 200)
)
def test_any_document_is_covered_within_the_budget(
    kind: str, pages: list[list[Block]], title: str, max_tokens: int
) -> None:
    document = make_document(*pages, title=title)
    tokenizer = TOKENIZERS[kind]
    passages = chunk_document(document, tokenizer=tokenizer, max_tokens=max_tokens)
    check_passages(document, passages, tokenizer, max_tokens)


def test_a_very_long_word_is_cut_in_little_time() -> None:
    document = make_document([paragraph("x" * 100_000), paragraph(" ".join([PROSE] * 100))])
    started = time.monotonic()
    check_passages(document, chunk(document, max_tokens=256), TOKENIZERS["plain"], 256)
    assert time.monotonic() - started < 20  # a splitter that counts the whole rest at every step takes minutes


def test_a_budget_too_small_for_any_text_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 32"):
        chunk(make_document([paragraph("text")]), max_tokens=8)


def test_the_tokenizer_of_a_folder_is_read_without_its_truncation(tmp_path: Path) -> None:
    tokenizer = train_tokenizer()
    tokenizer.enable_truncation(4)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    assert count(PROSE, load_token_counter(str(tmp_path))) == count(PROSE) > 4


def test_a_base_model_that_is_nowhere_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(BaseModelError, match=r"no tokenizer\.json"):
        load_token_counter(str(tmp_path))
    with pytest.raises(BaseModelError, match="no base model at"):
        load_token_counter(str(tmp_path / "missing"))
    (tmp_path / "tokenizer.json").write_text("{not json")
    with pytest.raises(BaseModelError, match="cannot be read"):
        load_token_counter(str(tmp_path))
