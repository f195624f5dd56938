from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from clara.errors import StoreError
from clara.modeling import ClaraModel
from clara.rag.indexing import build_index
from clara.retrieval.codec import MemoryEncoding
from clara.retrieval.store import MemoryStore
from clara.schema import Passage
from tiny_store import make_checkpoint, passages

BLOCK = 8  # 30 passages are four blocks


def assert_same_store(first: Path, second: Path) -> None:
    with MemoryStore.open(first) as a, MemoryStore.open(second) as b:
        assert a.passages() == b.passages()
        ids = [passage.id for passage in a.passages()]
        assert torch.equal(a.get(ids).view(torch.uint8), b.get(ids).view(torch.uint8))
        ignored = {"created", "updated", "table_version"}
        assert a.info.model_dump(exclude=ignored) == b.info.model_dump(exclude=ignored)


class CountingModel:
    """The real model, noting which texts it compressed."""

    def __init__(self, model: ClaraModel) -> None:
        self._model, self.compressed = model, []

    def __getattr__(self, name: str) -> object:
        return getattr(self._model, name)

    def compress(self, texts: list[str], **options: int) -> torch.Tensor:
        self.compressed += texts
        return self._model.compress(texts, **options)


def interrupt_after(blocks: int) -> Callable[[int, int], None]:
    calls = []

    def progress(done: int, total: int) -> None:
        calls.append(done)
        if len(calls) == blocks:
            raise KeyboardInterrupt

    return progress


def build(path: Path, model: ClaraModel, given: list[Passage] | None = None, **options: object) -> object:
    return build_index(path, given or passages(), model, model_path="m", block_passages=BLOCK, **options)


def test_store_holds_what_the_model_compresses(store_path: Path, model: ClaraModel) -> None:
    with MemoryStore.open(store_path) as store:
        assert store.passages() == passages()
        expected = model.compress([passage.text for passage in passages()])
        torch.testing.assert_close(store.get([passage.id for passage in passages()]), expected)
        assert store.info.fingerprint == model.fingerprint()
        assert (store.info.num_passages, store.info.num_documents) == (30, 10)


@pytest.mark.parametrize("blocks", [1, 2, 3, 4])
def test_interrupted_build_continues_to_the_same_bits(blocks: int, tmp_path: Path, model: ClaraModel) -> None:
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "s", model, progress=interrupt_after(blocks))
    with pytest.raises(StoreError, match="interrupted"):
        MemoryStore.open(tmp_path / "s")
    counting = CountingModel(model)
    report = build(tmp_path / "s", counting)
    assert len(counting.compressed) == report.compressed == 30 - min(30, blocks * BLOCK)
    build(tmp_path / "undisturbed", model)
    assert_same_store(tmp_path / "s", tmp_path / "undisturbed")


def test_killed_build_continues_to_the_same_bits(tmp_path: Path, checkpoint: Path, model: ClaraModel) -> None:
    script = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from tiny_store import passages
from clara.modeling import ClaraModel
from clara.rag.indexing import build_index
model = ClaraModel.from_pretrained({str(checkpoint)!r}, device="cpu")
def kill(done, total):
    if done >= 16:
        os.kill(os.getpid(), signal.SIGKILL)
build_index({str(tmp_path / "s")!r}, passages(), model, model_path="m", block_passages={BLOCK}, progress=kill)
"""
    done = subprocess.run([sys.executable, "-c", script], env=os.environ, capture_output=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert build(tmp_path / "s", model).reused == 16
    build(tmp_path / "undisturbed", model)
    assert_same_store(tmp_path / "s", tmp_path / "undisturbed")


def test_building_again_compresses_only_what_changed(tmp_path: Path, model: ClaraModel) -> None:
    build(tmp_path / "s", model)
    before = passages()
    changed = [p.model_copy(update={"text": "The Arlo is now red."}) if p.id == "k000" else p for p in before]
    changed = [p for p in changed if p.id != "k001"]  # gone from a document that is given again
    counting = CountingModel(model)
    report = build(tmp_path / "s", counting, changed)
    assert counting.compressed == ["The Arlo is now red."]
    assert (report.compressed, report.reused, report.removed) == (1, 28, 1)
    with MemoryStore.open(tmp_path / "s") as store:
        assert store.passages() == changed
        torch.testing.assert_close(store.get(["k000"]), model.compress(["The Arlo is now red."]))


def test_other_documents_stay_unless_pruned(tmp_path: Path, model: ClaraModel) -> None:
    build(tmp_path / "s", model)
    some = [passage for passage in passages() if passage.document.endswith(("000.pdf", "001.pdf"))]
    assert build(tmp_path / "s", model, some).info.num_passages == 30
    assert build(tmp_path / "s", model, some, prune=True).info.num_passages == 6


def test_readers_see_the_last_complete_state_while_a_build_is_unfinished(tmp_path: Path, model: ClaraModel) -> None:
    build(tmp_path / "s", model, passages()[:10])
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "s", model, progress=interrupt_after(1))
    with MemoryStore.open(tmp_path / "s") as store:
        assert store.passages() == passages()[:10]
        with pytest.raises(StoreError, match="interrupted build"):
            store.delete_document("sheets/kettle-000.pdf")
    build(tmp_path / "s", model)
    with MemoryStore.open(tmp_path / "s") as store:
        assert store.passages() == passages()


def test_another_compressor_is_refused_and_nothing_is_lost(tmp_path: Path, model: ClaraModel, checkpoint: Path) -> None:
    build(tmp_path / "s", model)
    other = ClaraModel.from_pretrained(make_checkpoint(checkpoint.parent / "other", seed=7), device="cpu")
    with pytest.raises(StoreError, match="another compressor"):
        build(tmp_path / "s", other)
    with pytest.raises(StoreError, match="another compressor"):
        MemoryStore.open(tmp_path / "s", fingerprint=other.fingerprint())
    assert len(MemoryStore.open(tmp_path / "s", fingerprint=model.fingerprint())) == 30


def test_bad_input_is_refused_before_anything_is_written(tmp_path: Path, model: ClaraModel) -> None:
    with pytest.raises(StoreError, match="no passage"):
        build_index(tmp_path / "s", [], model, model_path="m")
    with pytest.raises(StoreError, match="'k000'"):
        build(tmp_path / "s", model, [*passages(), passages()[0]])
    assert not (tmp_path / "s").exists()
    (tmp_path / "file.txt").write_text("mine")
    with pytest.raises(StoreError, match="not empty"):
        build(tmp_path, model)


def test_passages_longer_than_the_compressor_reads_are_counted(tmp_path: Path, model: ClaraModel) -> None:
    long = passages(3)
    long[0] = long[0].model_copy(update={"text": "kettle " * 100})
    assert build(tmp_path / "s", model, long).truncated == 1


def test_int8_is_smaller_and_close(tmp_path: Path, model: ClaraModel) -> None:
    build(tmp_path / "s", model, encoding=MemoryEncoding.INT8)
    with MemoryStore.open(tmp_path / "s") as store:
        exact = model.compress([passage.text for passage in passages()])
        cosine = torch.cosine_similarity(store.get([p.id for p in passages()]).flatten(1), exact.flatten(1))
        assert cosine.min() > 0.999
    with pytest.raises(StoreError, match="int8"):
        build(tmp_path / "s", model)
