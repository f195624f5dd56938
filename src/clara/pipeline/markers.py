"""A marker per finished step: what it depended on and what it wrote. A step whose marker still fits is skipped."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import clara
from clara.extraction.folder import file_sha256
from clara.jsonl import write_lines

FOLDER = ".pipeline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A finished step. `key` stands for its inputs, settings and library versions; outputs are files in the folder."""

    step: str
    key: str
    inputs: dict[str, str]
    outputs: dict[str, str]
    counts: dict[str, Any]
    versions: dict[str, str]


def step_key(step: str, inputs: Mapping[str, str], settings: Mapping[str, Any], versions: Mapping[str, str]) -> str:
    """The hash of everything a step's result depends on.

    >>> step_key("a", {"f": "1"}, {"x": 1}, {}) == step_key("a", {"f": "1"}, {"x": 2}, {})
    False
    """
    whole = {"step": step, "inputs": inputs, "settings": settings, "versions": versions}
    return hashlib.sha256(json.dumps(whole, sort_keys=True, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()


def read_marker(folder: Path, step: str, key: str) -> Marker | None:
    """The step's marker when it was made for this key and every output is still what it was, else None."""
    try:
        row = json.loads(_path(folder, step).read_text(encoding="utf-8"))
        marker = Marker(**row)
        fits = marker.key == key and all(
            file_sha256(folder / name) == wanted for name, wanted in marker.outputs.items()
        )
    except (OSError, ValueError, TypeError):
        return None
    return marker if fits else None


def write_marker(folder: Path, marker: Marker) -> None:
    row = {name: getattr(marker, name) for name in ("step", "key", "inputs", "outputs", "counts", "versions")}
    write_lines(_path(folder, marker.step), [json.dumps(row, ensure_ascii=False, sort_keys=True)])


def hashes(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """SHA-256 of those of the files that are there and can be read."""
    return {name: digest for name in names if (digest := file_sha256(folder / name))}


def versions_of(*packages: str) -> dict[str, str]:
    """clara's, Python's, and those of the packages that are installed."""
    found = {"clara": clara.__version__, "python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _path(folder: Path, step: str) -> Path:
    return folder / FOLDER / f"{step}.json"
