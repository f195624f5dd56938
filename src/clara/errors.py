"""Every error clara raises on purpose. One line each for the user; the command line prints it and exits non-zero.

ClaraError
├── UsageError            a command was asked for something impossible (exit code 2)
│   └── ConfigError       an unknown, missing or wrong configuration field
├── MissingExtraError     an optional dependency is not installed; carries the pip line
├── RecordsError          one or more bad lines in a data file, all of them listed
├── LossyConversionError  a dialect cannot hold some fields and --allow-loss was not given
├── ExtractionError       one document could not be read; `reason` is a stable keyword
├── PrivacyError          text that must not leave the machine, or files that must not be committed
├── LLMError              an endpoint refused, or kept failing after the retries
├── BaseModelError        the base model cannot be found or is of an unsupported kind
├── CheckpointError       missing or unexpected keys, an untrained adapter, a wrong format
└── StoreError            a memory store is missing, torn, or made by another model
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


class ClaraError(Exception):
    """Root of every deliberate clara error."""

    exit_code = 1


class UsageError(ClaraError):
    exit_code = 2


class ConfigError(UsageError):
    """A configuration field is unknown, missing or of the wrong type."""


class MissingExtraError(ClaraError):
    """An optional dependency is absent.

    >>> str(MissingExtraError("lancedb", extra="serve"))
    "lancedb is not installed; run: pip install 'clara-rag[serve]'"
    """

    def __init__(self, module: str, *, extra: str) -> None:
        super().__init__(f"{module} is not installed; run: pip install 'clara-rag[{extra}]'")


@dataclass(frozen=True, slots=True)
class RecordProblem:
    """One thing wrong with one line of one file.

    `field` is a dotted path, empty when it is the line itself; `line` counts from 1 and is 0 for the file as a whole.
    """

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


class RecordsError(ClaraError):
    """Bad lines in a data file; `problems` lists all of them, not only the first."""

    def __init__(self, problems: list[RecordProblem]) -> None:
        self.problems = problems
        shown = [str(problem) for problem in problems[:20]]
        if len(problems) > 20:
            shown.append(f"… and {len(problems) - 20} more")
        super().__init__("\n".join(shown))


class LossyConversionError(ClaraError):
    """Writing to a poorer dialect would drop fields."""


class ExtractionError(ClaraError):
    """One document could not be read. `reason` is one keyword, e.g. 'corrupt', 'password', 'timeout', 'memory'."""

    def __init__(self, message: str, *, reason: str) -> None:
        self.reason = reason
        super().__init__(message)


class PrivacyError(ClaraError):
    """Something private was found where the policy blocks; the message says what kind and where, never what it is."""


class LLMError(ClaraError):
    """The LLM endpoint refused the request, or kept failing after bounded retries."""


class BaseModelError(ClaraError):
    """The base model cannot be found, or is of a kind clara cannot use."""


class CheckpointError(ClaraError):
    """A checkpoint is incomplete, has unexpected keys, or is untrained where a trained one is needed."""


class StoreError(ClaraError):
    """A memory store is missing, torn, or was made by a different model."""


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """A hint to append to an error, or an empty string.

    >>> did_you_mean("compress_rate", ["compression_rate", "doc_max_length"])
    "; did you mean 'compression_rate'?"
    """
    close = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""
