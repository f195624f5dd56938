"""The prompts: a text file for each task and language, shipped in prompts/, any of them replaced by the user."""

from __future__ import annotations

import difflib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from clara.errors import UsageError
from clara.synthesis.language import LANGUAGES, Language

# name -> placeholders it cannot do without
PROMPTS: dict[str, tuple[str, ...]] = {
    "system": (),
    "questions": ("text",),
    "questions_again": ("text", "rejected"),
    "questions_missing": ("text", "missing"),
    "complex": ("text",),
    "complex_across": ("text",),
    "complex_again": ("text", "rejected"),
    "assignments": ("text", "kinds"),
    "assignments_again": ("text", "rejected"),
    "paraphrase": ("text",),
    "paraphrase_again": ("text", "rejected"),
    "cross_lingual": ("pairs", "language"),
    "judge": ("text", "items"),
}
Prompts = dict[str, Template]


def read_prompts(language: Language, folder: Path | None = None) -> Prompts:
    """Every prompt of a language. `folder/en/questions.txt`, else `folder/questions.txt`, replaces the shipped file;
    what the folder does not hold is shipped.

    Raises UsageError for a folder that is missing, holds no prompt, an unknown name, or a file without what it needs.
    """
    if folder is not None:
        _check_folder(folder)
    return {name: _read(name, language, folder) for name in PROMPTS}


def copy_prompts(folder: Path) -> list[Path]:
    """The shipped files written to folder/en and folder/zh for editing; a file that exists already is left alone."""
    written = []
    for language in LANGUAGES:
        (folder / language).mkdir(parents=True, exist_ok=True)
        for name in PROMPTS:
            path = folder / language / f"{name}.txt"
            if not path.exists():
                path.write_text(_shipped(name, language).read_text(encoding="utf-8"), encoding="utf-8")
                written.append(path)
    return written


def _shipped(name: str, language: Language) -> Traversable:
    return resources.files("clara.synthesis") / "prompts" / language / f"{name}.txt"


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise UsageError(
            f"--prompts {folder} is not a folder; `clara prompts {folder}` fills one with the shipped files"
        )
    found = [path for part in (folder, *(folder / language for language in LANGUAGES)) for path in part.glob("*.txt")]
    for path in found:
        if path.stem not in PROMPTS:
            close = difflib.get_close_matches(path.stem, PROMPTS, n=1)
            hint = f"did you mean {close[0]}.txt?" if close else f"the names are {', '.join(PROMPTS)}"
            raise UsageError(f"{path}: no prompt has this name ({hint})")
    if not found:
        raise UsageError(f"--prompts {folder} holds no prompt file such as questions.txt or system.txt")


def _read(name: str, language: Language, folder: Path | None) -> Template:
    own = [] if folder is None else [folder / language / f"{name}.txt", folder / f"{name}.txt"]
    path = next((path for path in own if path.is_file()), None)
    try:
        text = (path or _shipped(name, language)).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the prompt {path or name}: {error}") from None
    if not text.strip():
        raise UsageError(f"{path}: the prompt is empty")
    template = Template(text)
    for placeholder in PROMPTS[name]:
        if f"${placeholder}" not in text and f"${{{placeholder}}}" not in text:
            raise UsageError(f"{path}: the prompt does not hold ${placeholder}, which stands for what the model needs")
    return template
