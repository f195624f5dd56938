from __future__ import annotations

from pathlib import Path

import pytest
import torch

from clara.errors import CheckpointError, StoreError
from clara.modeling import ClaraModel, score_passages
from clara.rag.engine import Engine, load_engine
from clara.retrieval.store import MemoryStore
from tiny_store import make_checkpoint, passages

QUESTIONS = ["What colour is the Arlo 0 kettle?", "Where was the Juno 9 kettle built?", "Which kettle is amber?"]


@pytest.fixture
def engine(model: ClaraModel, store_path: Path) -> Engine:
    return Engine(model, MemoryStore.open(store_path))


def test_retrieval_is_the_models_own_score_over_all_passages(engine: Engine, model: ClaraModel) -> None:
    memory = model.compress([passage.text for passage in passages()])
    scores = score_passages(model.encode_query(QUESTIONS), memory[None].expand(3, -1, -1, -1))
    for row, hits in zip(scores, engine.retrieve(QUESTIONS, num_documents=5), strict=True):
        best = row.topk(5)
        torch.testing.assert_close(torch.tensor([hit.score for hit in hits]), best.values)
        assert [hit.passage.id for hit in hits] == [passages()[i].id for i in best.indices]


def test_a_passage_asked_for_by_its_own_text_is_found_first(engine: Engine) -> None:
    """The query reasoner starts as a copy of the compressor, so that the text itself is its own nearest question."""
    texts = [passage.text for passage in passages()]
    for passage, hits in zip(passages(), engine.retrieve(texts, num_documents=1), strict=True):
        assert hits[0].passage == passage
        assert hits[0].score == pytest.approx(1, abs=1e-5)


def test_answers_are_generated_from_the_memory_of_their_sources(engine: Engine, model: ClaraModel) -> None:
    answers = engine.answer(QUESTIONS, max_new_tokens=8)
    for question, answer in zip(QUESTIONS, answers, strict=True):
        assert answer.question == question
        assert len(answer.sources) == model.config.num_documents
        memory = model.compress([hit.passage.text for hit in answer.hits])
        assert model.generate([question], [memory], max_new_tokens=8) == [answer.text]
    assert any(answer.text for answer in answers)
    (source, *_), (hit, *_) = answers[0].sources, answers[0].hits
    assert (source.document, source.page, source.score) == (hit.passage.document, hit.passage.page, hit.score)
    assert hit.passage.text.startswith(source.excerpt.removesuffix("…"))
    assert [len(a.sources) for a in engine.answer(QUESTIONS, num_documents=1, max_new_tokens=1)] == [1, 1, 1]
    assert [a.text for a in engine.answer(QUESTIONS[:1], max_new_tokens=8)] == [answers[0].text]


def test_load_engine_finds_the_model_that_made_the_store(
    checkpoint: Path, store_path: Path, tmp_path: Path, engine: Engine
) -> None:
    loaded = load_engine(store_path, device="cpu")
    assert loaded.answer(QUESTIONS) == engine.answer(QUESTIONS)
    moved = make_checkpoint(checkpoint.parent / "moved")
    assert load_engine(store_path, model=str(moved), device="cpu").answer(QUESTIONS) == engine.answer(QUESTIONS)
    other = make_checkpoint(checkpoint.parent / "different", seed=3)
    with pytest.raises(StoreError, match="another compressor"):
        load_engine(store_path, model=str(other), device="cpu")
    with pytest.raises(StoreError, match="clara index build"):
        load_engine(tmp_path / "nowhere")


def test_a_model_that_cannot_retrieve_says_so(checkpoint: Path, store_path: Path) -> None:
    lesser = make_checkpoint(checkpoint.parent / "lesser", query_reasoner=False)
    with pytest.raises(CheckpointError, match="query reasoner"):
        load_engine(store_path, model=str(lesser), device="cpu").answer(QUESTIONS)
