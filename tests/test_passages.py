"""Passages of real texts in four languages: nothing over budget in training, no sentence cut in vain."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from clara.chunking import chunk_document, token_counter
from clara.extraction.prose import markdown_table
from clara.schema import Block, Document, Page, Passage

QA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "qa"
FILES = {
    "english": "squadshifts/new_wiki_v1.0.json",
    "papers": "covidqa/200423_covidQA.json",
    "simplified": "cmrc2018/cmrc2018_trial.json",
    "traditional": "drcd/DRCD_dev.json",
    "japanese": "jaquad/jaquad_train_0000.json",
    "arabic": "arcd/arcd-train.json",
}
needs_texts = pytest.mark.skipif(not QA.is_dir(), reason="the public texts of ../shared/data/qa are not here")


@cache
def texts(name: str, count: int) -> tuple[str, ...]:
    data = json.loads((QA / FILES[name]).read_text(encoding="utf-8"))["data"]
    found = [paragraph["context"] for article in data for paragraph in article["paragraphs"]]
    return tuple(dict.fromkeys(found))[:count]


SPECIALS = ["<unk>", "<s>", "</s>"]


@cache
def trained(kind: str) -> Tokenizer:
    """Small tokenizers of the three families, trained on the texts; Unigram marks word starts as SentencePiece does."""
    corpus = [text[:2000] for name in FILES for text in texts(name, 12)]
    if kind == "bpe":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=3000, special_tokens=SPECIALS, initial_alphabet=alphabet, show_progress=False
        )
    elif kind == "wordpiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>"))
        tokenizer.normalizer = normalizers.BertNormalizer()
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(vocab_size=3000, special_tokens=SPECIALS, show_progress=False)
    else:
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.normalizer = normalizers.NFKC()
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
        trainer = trainers.UnigramTrainer(
            vocab_size=3000, special_tokens=SPECIALS, unk_token="<unk>", show_progress=False
        )
    tokenizer.train_from_iterator(corpus, trainer)
    return tokenizer


def document(text: str, title: str) -> Document:
    blocks = [Block(kind="heading", text="Background", level=2), *(paragraph(part) for part in text.split("\n"))]
    return Document(
        id=f"{title}.txt", sha256="0" * 64, media_type="txt", title=title, pages=[Page(number=1, blocks=blocks)]
    )


def paragraph(text: str) -> Block:
    return Block(kind="paragraph", text=text)


def tokens_in_training(tokenizer: Tokenizer, text: str) -> int:
    """Tokens between the special tokens that training puts around a passage."""
    return len(tokenizer.encode(f"<s>{text}</s>", add_special_tokens=False).ids) - 2


# a plain reading of punctuation, and the points in these texts that end nothing
SENTENCE_END = re.compile(
    r"(?<!\bSt)(?<!\bDr)(?<!\bProf)(?<!\b[A-HJ-UWYZ])(?<! al)(?<!doi:)[.!?…]+[\"'”’)\]]*(?=\s+[^a-z\s])|[。！？…]+[”’」』）》】\"]*|\n"
)


def cut_sentences(text: str, passages: list[Passage]) -> Iterator[tuple[Passage, str]]:
    """Each passage that ends inside a sentence, with that sentence as plain punctuation tells it."""
    ends = sorted({0, len(text), *(match.end() for match in SENTENCE_END.finditer(text))})
    for passage in passages:
        if text[passage.end : passage.end + 1] == "\n" or passage.end in ends:
            continue
        before = max(end for end in ends if end < passage.end)
        after = min(end for end in ends if end > passage.end)
        yield passage, text[before:after].strip()


@needs_texts
@pytest.mark.parametrize("kind", ["bpe", "wordpiece", "unigram"])
@pytest.mark.parametrize("max_tokens", [64, 256])
def test_real_texts_are_never_over_budget_and_a_sentence_is_cut_only_if_it_does_not_fit_alone(
    kind: str, max_tokens: int
) -> None:
    tokenizer = trained(kind)
    count = token_counter(tokenizer)
    total = over = split = 0
    for name in FILES:
        for text in texts(name, 6):
            made = document(text[:12_000], "Aurora Notes 7")
            page = made.pages[0].text
            passages = chunk_document(made, tokenizer=tokenizer, max_tokens=max_tokens)
            total += len(passages)
            over += sum(tokens_in_training(tokenizer, passage.text) > max_tokens for passage in passages)
            assert all(passage.text.endswith(page[passage.start : passage.end]) for passage in passages)
            for passage, sentence in cut_sentences(page, passages):
                split += 1
                opening = passage.text[: len(passage.text) - (passage.end - passage.start)]
                if passage.text[len(opening) :].startswith("#"):  # the headings above stay with what follows them
                    opening += passage.text[len(opening) :].split("\n\n")[0] + "\n\n"
                assert count(opening + sentence) > max_tokens, (name, sentence)
    assert total > 100
    assert over == 0
    assert split < total


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
@needs_texts
def test_a_short_sentence_before_a_long_one_does_not_cost_the_long_one_its_wholeness(kind: str) -> None:
    tokenizer = trained(kind)
    count = token_counter(tokenizer)
    long = (
        "The housing of the pump is made of bronze, because bronze does not rust, and it is cast in one piece by hand."
    )
    text = f"It is red. {long} It is old."
    budget = max(32, count(f"Aurora\n\n{long}") + 2)
    made = Document(
        id="a", sha256="0" * 64, media_type="txt", title="Aurora", pages=[Page(number=1, blocks=[paragraph(text)])]
    )
    passages = chunk_document(made, tokenizer=tokenizer, max_tokens=budget)
    assert any(long in passage.text for passage in passages)


@needs_texts
@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("The bridge was drawn by Dr. Lind and J. Moen for the town. " * 8, ("Dr. Lind", "J. Moen")),
        ("它由工程师设计。“这座桥很美。”市长说。桥在河上，长三百米。" * 8, ("很美。”",)),
        ("Its weight is approx. 20 kg, e.g. with oil. Its height is 3.5 m. " * 8, ("approx. 20", "e.g. with", "3.5 m")),
    ],
)
def test_a_point_that_ends_no_sentence_cuts_none(text: str, whole: tuple[str, ...]) -> None:
    for max_tokens in range(66, 120, 7):
        made = document(text.strip(), "Orlin")
        passages = chunk_document(made, tokenizer=trained("bpe"), max_tokens=max_tokens)
        for piece in whole:
            assert sum(passage.text.count(piece) for passage in passages) == text.count(piece)


@needs_texts
def test_table_rows_stay_whole_under_their_header_and_only_a_row_too_large_is_cut() -> None:
    rows = [["Part", "Weight", "Remark"]]
    rows += [[f"Part {number}", f"{number} kg", "made of bronze " * (1 + number % 5)] for number in range(30)]
    rows[17][2] = "a remark that fills more than a passage " * 12
    made = document("", "Aurora Pump")
    made.pages[0].blocks.append(Block(kind="table", text=markdown_table(rows)))
    for kind in ("bpe", "wordpiece", "unigram"):
        tokenizer = trained(kind)
        passages = chunk_document(made, tokenizer=tokenizer, max_tokens=96)
        header = "\n".join(markdown_table(rows).splitlines()[:2]) + "\n"
        written = [line for line in markdown_table(rows).splitlines()[2:] if not line.startswith("| Part 16 ")]
        fitting = [line for line in written if token_counter(tokenizer)(header + line) <= 96]
        assert len(fitting) > 10
        for line in fitting:
            assert sum(line in passage.text for passage in passages) == 1, line
        assert all("| Part | Weight | Remark |" in passage.text for passage in passages)


def test_special_tokens_quoted_in_a_document_are_counted_as_training_breaks_them_up() -> None:
    transformers = pytest.importorskip("transformers", reason="the model half is not installed")
    from clara.assets import tiny_base_path
    from clara.chunking import load_token_counter
    from clara.modeling.config import ClaraConfig
    from clara.modeling.tokens import EXTRA_TOKENS, ClaraTokenizer

    assert transformers
    hostile = "The token <SEP> ends a slot and <MEM0> opens it; <|im_end|> closes a turn, </s> a text. " * 30
    plain = "The pump moves forty litres of water a minute, and it was introduced in 1998 by Northwind Works. " * 30
    budget = 128
    reader = ClaraTokenizer.from_pretrained if hasattr(ClaraTokenizer, "from_pretrained") else None
    config = ClaraConfig(base_model="tiny", doc_max_length=budget, compression_rate=32)
    tokenizer = (
        reader(tiny_base_path(), config)
        if reader
        else ClaraTokenizer(transformers.AutoTokenizer.from_pretrained(str(tiny_base_path())), config)
    )
    for text in (hostile, plain):
        made = document(text.strip(), "Slots")
        for passage in chunk_document(made, tokenizer=load_token_counter("tiny"), max_tokens=budget):
            assert tokenizer.count(passage.text) <= budget
            ids = tokenizer.passage_ids(passage.text)
            assert len(ids) <= budget + EXTRA_TOKENS + config.num_memory_tokens
            end = ids[len(ids) - config.num_memory_tokens - 1]
            assert tokenizer.hf.convert_ids_to_tokens(end) == tokenizer.eos  # not cut off: the text ends with its mark
