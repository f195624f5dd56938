from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from tests.modeling.bases import make_base, make_model

from clara.modeling import ClaraModel


@pytest.fixture(scope="session")
def base_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The base folder of a family, written once."""
    return cache(lambda family: make_base(tmp_path_factory.mktemp(family) / "base", family))


@pytest.fixture(scope="session")
def model_of(base_of: Callable[[str], Path]) -> Callable[[str], ClaraModel]:
    """A model with filled adapters, shared by all tests: do not change it."""
    return cache(lambda family: make_model(base_of(family)))
