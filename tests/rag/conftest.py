from pathlib import Path

import pytest

from clara.modeling import ClaraModel
from clara.rag.indexing import build_index
from tiny_store import make_checkpoint, passages


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("model") / "checkpoint")


@pytest.fixture(scope="session")
def model(checkpoint: Path) -> ClaraModel:
    return ClaraModel.from_pretrained(checkpoint, device="cpu")


@pytest.fixture(scope="session")
def store_path(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, model: ClaraModel) -> Path:
    """A finished store, for reading."""
    path = tmp_path_factory.mktemp("store") / "store"
    build_index(path, passages(), model, model_path=str(checkpoint), block_passages=8)
    return path
