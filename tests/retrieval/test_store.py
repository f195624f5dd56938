from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from clara.errors import StoreError
from clara.retrieval.codec import MemoryEncoding, decode_memory, encode_memory
from clara.retrieval.info import StoreInfo
from clara.retrieval.store import MemoryStore
from clara.schema import Passage

N, H = 3, 8


def info(**fields: object) -> StoreInfo:
    values = {"dtype": "bfloat16", "encoding": "bfloat16", "num_memory_tokens": N, "hidden_size": H}
    described = {"model": "m", "fingerprint": "f" * 16, "doc_max_length": 48, "compression_rate": 16}
    return StoreInfo.model_validate(described | values | fields)


def make_passages(count: int) -> list[Passage]:
    return [
        Passage(
            id=f"o'brien {i}", document=f"d{i // 4}", page=1, start=i, end=i + 4, text=f"text number {i}", title="T"
        )
        for i in range(count)
    ]


def random_memory(count: int, *, seed: int = 0, dtype: torch.dtype = torch.bfloat16) -> torch.Tensor:
    return torch.randn(count, N, H, generator=torch.Generator().manual_seed(seed)).to(dtype)


@pytest.fixture
def store(tmp_path: Path) -> MemoryStore:
    with MemoryStore.create(tmp_path / "s", info()) as writer:
        passages, memory = make_passages(40), random_memory(40)
        writer.add(passages[20:], memory[20:])
        writer.add(passages[:20], memory[:20])
    return MemoryStore.open(tmp_path / "s")


def test_memory_comes_back_bit_for_bit_in_the_order_asked(store: MemoryStore) -> None:
    order = [7, 39, 0, 7, 21]
    ids = [make_passages(40)[i].id for i in order]
    found = store.get(ids)
    assert found.dtype == torch.bfloat16
    assert torch.equal(found.view(torch.int16), random_memory(40)[order].view(torch.int16))
    with pytest.raises(StoreError, match="'nobody'"):
        store.get([ids[0], "nobody"])


@pytest.mark.parametrize("encoding", [MemoryEncoding.FLOAT32, MemoryEncoding.FLOAT16, MemoryEncoding.BFLOAT16])
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 5))
@settings(max_examples=15)
def test_exact_encodings_round_trip_any_bits(encoding: MemoryEncoding, seed: int, count: int) -> None:
    width = 4 if encoding is MemoryEncoding.FLOAT32 else 2
    data = np.random.default_rng(seed).bytes(count * N * H * width)
    assert encode_memory(decode_memory(data, shape=(N, H), encoding=encoding), encoding) == data


def test_search_is_the_cosine_over_every_row(store: MemoryStore) -> None:
    queries = torch.randn(5, N, H, generator=torch.Generator().manual_seed(1))
    memory = random_memory(40).float()
    cosine = torch.cosine_similarity(queries.flatten(1)[:, None], memory.flatten(1)[None], dim=-1)  # [5, 40]
    for row, hits in zip(cosine, store.search(queries, num_documents=40), strict=True):
        best = row.sort(descending=True)
        assert [hit.passage for hit in hits] == [make_passages(40)[i] for i in best.indices]
        torch.testing.assert_close(torch.tensor([hit.score for hit in hits]), best.values)
    assert [len(hits) for hits in store.search(queries, num_documents=100)] == [40] * 5


def test_equal_scores_are_ordered_by_id(tmp_path: Path) -> None:
    with MemoryStore.create(tmp_path / "s", info()) as writer:
        same = random_memory(1).expand(6, N, H)
        writer.add(make_passages(6)[::-1], same)
    hits = MemoryStore.open(tmp_path / "s").search(random_memory(1), num_documents=3)[0]
    assert [hit.passage.id for hit in hits] == ["o'brien 0", "o'brien 1", "o'brien 2"]


def test_a_shortlist_changes_which_rows_are_scored_not_their_scores(store: MemoryStore) -> None:
    queries = torch.randn(3, N, H, generator=torch.Generator().manual_seed(2))
    exact = store.search(queries, num_documents=40)
    assert store.search(queries, num_documents=5, candidates=40) == [hits[:5] for hits in exact]
    short = store.search(queries, num_documents=4, candidates=8)
    for hits, every in zip(short, exact, strict=True):
        assert len(hits) == 4
        assert set(map(repr, hits)) <= set(map(repr, every))
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@pytest.mark.parametrize("words", ["椅子", "chair'; --"])
def test_full_text_saves_a_passage_that_the_pooled_vector_misses(tmp_path: Path, words: str) -> None:
    texts = ["这个水壶是蓝色的", "这把椅子很舒服 chair", "a blue kettle"]
    named = [p.model_copy(update={"text": t}) for p, t in zip(make_passages(3), texts, strict=True)]
    v, w = random_memory(2, seed=3)[:, 0].float()
    memory = random_memory(3).float()
    memory[1] = torch.stack([v, -v, 0.1 * w])
    query = torch.stack([v, -v, -0.1 * w])[None]  # nearly the same flattened, opposite when pooled
    with MemoryStore.create(tmp_path / "s", info()) as writer:
        writer.add(named, memory)
    store = MemoryStore.open(tmp_path / "s")
    assert store.search(query, num_documents=1)[0][0].passage.id == named[1].id
    assert store.search(query, num_documents=1, candidates=1)[0][0].passage.id != named[1].id
    found = store.search(query, num_documents=1, candidates=1, query_text=[words])
    assert found[0][0].passage.id == named[1].id


def test_passages_are_read_in_source_order_however_they_arrived(store: MemoryStore) -> None:
    key = [(passage.document, passage.page, passage.start) for passage in store.passages()]
    assert key == sorted(key)
    assert len(key) == len(store) == 40
    assert store.documents() == sorted({passage.document for passage in make_passages(40)})


def test_deleting_a_document_removes_its_passages_for_every_reader(store: MemoryStore) -> None:
    assert store.delete_document("d3") == 4
    assert store.delete_document("d'; --") == 0
    for reader in (store, MemoryStore.open(store.path)):
        assert len(reader) == reader.info.num_passages == 36
        assert "d3" not in reader.documents()
        hits = reader.search(random_memory(1), num_documents=40)[0]
        assert "d3" not in {hit.passage.document for hit in hits}
        with pytest.raises(StoreError, match="no passage"):
            reader.get(["o'brien 12"])


def test_adding_a_known_id_replaces_it(store: MemoryStore) -> None:
    new = make_passages(1)[0].model_copy(update={"text": "other"})
    with MemoryStore.open_for_writing(store.path, info()) as writer:
        assert writer.holds(make_passages(1)[0])
        assert not writer.holds(new)
        writer.add([new, make_passages(41)[40]], random_memory(2, seed=5))
    reader = MemoryStore.open(store.path)
    assert len(reader) == 41
    assert torch.equal(reader.get([new.id]), random_memory(2, seed=5)[:1])


@pytest.mark.parametrize(
    ("memory", "message"),
    [
        (torch.zeros(2, N + 1, H), "shape"),
        (torch.zeros(1, N, H), "shape"),
        (torch.full((2, N, H), float("nan")), "finite"),
    ],
)
def test_wrong_memory_is_refused(tmp_path: Path, memory: torch.Tensor, message: str) -> None:
    with pytest.raises(StoreError, match=message), MemoryStore.create(tmp_path / "s", info()) as writer:
        writer.add(make_passages(2), memory)
    with pytest.raises(StoreError, match="interrupted"):
        MemoryStore.open(tmp_path / "s")


def test_missing_and_torn_stores_say_what_to_do(tmp_path: Path, store: MemoryStore) -> None:
    with pytest.raises(StoreError, match="clara index build"):
        MemoryStore.open(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreError, match="clara index build"):
        MemoryStore.open(tmp_path / "empty")
    description = store.path / "store.json"
    whole = description.read_text()
    description.write_text(whole.replace('"num_passages": 40', '"num_passages": 41'))
    with pytest.raises(StoreError, match="counts 41"):
        MemoryStore.open(store.path)
    description.write_text(whole.replace('"format_version": 1', '"format_version": 9'))
    with pytest.raises(StoreError, match="format 9"):
        MemoryStore.open(store.path)
    description.write_text(whole[:50])
    with pytest.raises(StoreError, match=r"store\.json"):
        MemoryStore.open(store.path)
    description.write_text(whole)
    (store.path / "memory.lance").rename(tmp_path / "gone")
    with pytest.raises(StoreError, match="missing or damaged"):
        MemoryStore.open(store.path)


def test_a_second_writer_is_refused(store: MemoryStore) -> None:
    with (
        MemoryStore.open_for_writing(store.path, info()),
        pytest.raises(StoreError, match="another process"),
    ):
        MemoryStore.open_for_writing(store.path, info())
    with MemoryStore.open_for_writing(store.path, info()) as writer:
        assert len(writer) == 40


def test_a_build_killed_before_its_first_line_can_go_on(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / ".lock").touch()
    with MemoryStore.open_for_writing(tmp_path / "store", info()) as writer:
        assert len(writer) == 0


def test_another_fingerprint_is_refused(store: MemoryStore) -> None:
    with pytest.raises(StoreError, match="another compressor"):
        MemoryStore.open(store.path, fingerprint="0" * 16)
    with pytest.raises(StoreError, match="another compressor"):
        MemoryStore.open_for_writing(store.path, info(fingerprint="0" * 16))
    with pytest.raises(StoreError, match="not empty"):
        MemoryStore.create(store.path, info())
