"""The one-way flow of docs/architecture.md, held by walking every import, those inside functions too."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "clara"
CORE = {"errors", "schema", "problems", "jsonl", "dialects", "text", "assets", "reporting"}
EVERYTHING = {path.stem for path in SOURCE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
DATA = {"extraction", "chunking", "quality", "llm"}
# what each part may import from clara, besides itself and the core
MAY_IMPORT: dict[str, set[str]] = {
    **{part: set() for part in CORE | DATA},
    "synthesis": DATA,
    "pipeline": DATA | {"synthesis"},
    "modeling": set(),
    "retrieval": set(),
    "training": {"modeling", "retrieval", "rag"},  # stage 3 trains from a store that rag.indexing builds
    "rag": {"modeling", "retrieval"},
    "evaluation": {"modeling", "retrieval", "rag"},
    "serving": {"modeling", "retrieval", "rag", "extraction", "chunking"},
    "demo": EVERYTHING - {"cli"},
    "cli": EVERYTHING,
    "__main__": {"cli"},
}
DATA_HALF = CORE | DATA | {"synthesis", "pipeline"}
MODEL_HALF = {"modeling", "training", "retrieval", "rag", "evaluation", "serving"}
HEAVY = {"torch", "transformers", "peft", "accelerate"}


def part_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def modules() -> list[Path]:
    return sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


def imports(path: Path) -> Iterator[str]:
    """Absolute dotted names of everything a file imports; `from clara import x` counts as clara.x."""
    package = ("clara", *path.relative_to(SOURCE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def test_every_part_has_its_place_in_the_flow() -> None:
    assert {part_of(path) for path in modules()} <= set(MAY_IMPORT)


@pytest.mark.parametrize("part", sorted(MAY_IMPORT))
def test_knowledge_flows_one_way(part: str) -> None:
    allowed = MAY_IMPORT[part] | CORE | {part, "__version__"}
    wrong = [
        f"{path.relative_to(SOURCE)} imports {name}"
        for path in modules()
        if part_of(path) == part
        for name in imports(path)
        if name.startswith("clara.") and name.split(".")[1] not in allowed
    ]
    assert not wrong


def test_the_data_half_never_imports_torch_or_transformers() -> None:
    wrong = [
        f"{path.relative_to(SOURCE)} imports {name}"
        for path in modules()
        if part_of(path) in DATA_HALF
        for name in imports(path)
        if name.split(".")[0] in HEAVY
    ]
    assert not wrong


def test_the_model_half_never_imports_llm() -> None:
    wrong = [
        f"{path.relative_to(SOURCE)} imports {name}"
        for path in modules()
        if part_of(path) in MODEL_HALF
        for name in imports(path)
        if name.startswith("clara.llm") or name.split(".")[0] == "openai"
    ]
    assert not wrong


def test_there_is_no_utils_file() -> None:
    assert not [path for path in modules() if path.stem in ("utils", "helpers", "common", "misc")]


def loaded_after(statement: str) -> set[str]:
    """The top-level packages a fresh Python has loaded after a statement."""
    code = f"import sys\n{statement}\nprint('\\n' + ' '.join({{name.split('.')[0] for name in sys.modules}}))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(result.stdout.splitlines()[-1].split())


def test_help_loads_nothing_heavy() -> None:
    shown = "sys.argv = ['clara', '--help']\nfrom clara.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass"
    assert not loaded_after(shown) & (
        HEAVY | {"pydantic", "numpy", "yaml", "lancedb", "pyarrow", "openai", "matplotlib"}
    )


def test_the_core_loads_without_any_extra() -> None:
    loaded = loaded_after("import clara.jsonl, clara.dialects, clara.text")
    assert "pydantic" in loaded
    assert not loaded & (HEAVY | {"numpy", "lancedb", "pyarrow", "openai", "matplotlib", "typer"})
