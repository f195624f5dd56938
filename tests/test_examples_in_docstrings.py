"""Every example in a docstring is true."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

import clara

PACKAGE = Path(clara.__file__).parent
MODEL_HALF = (
    "modeling",
    "training",
    "rag",
    "retrieval",
    "evaluation",
    "demo",
)  # loads torch, numpy: one test of its own
WITH_EXAMPLES = [
    path.relative_to(PACKAGE.parent).with_suffix("").as_posix().replace("/", ".")
    for path in sorted(PACKAGE.rglob("*.py"))
    if re.search(r"^ +>>> ", path.read_text(encoding="utf-8"), re.MULTILINE)
]
OF_MODELS = [name for name in WITH_EXAMPLES if name.split(".")[1] in MODEL_HALF]


@pytest.mark.parametrize("name", [name for name in WITH_EXAMPLES if name not in OF_MODELS])
def test_the_examples_of_a_module_are_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert (result.failed, result.attempted > 0) == (0, True)


def test_the_examples_of_the_model_half_are_true() -> None:
    pytest.importorskip("torch")
    assert len(OF_MODELS) > 5
    assert [name for name in OF_MODELS if doctest.testmod(importlib.import_module(name)).failed] == []
