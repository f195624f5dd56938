"""The key of the endpoint: from the environment, or from a file `.env` that is read and never run."""

from __future__ import annotations

import os
import re
from pathlib import Path

from clara.errors import LLMError

KEY = "OPENAI_API_KEY"
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)")


def read_dot_env(path: Path) -> dict[str, str]:
    """The KEY=value lines of a file; quotes and a trailing comment are taken off, nothing else is interpreted.

    A file that is not there holds nothing.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / ".env"
    >>> _ = path.write_text("export MODEL='a b' # c\\nHOME=$(rm -rf x)\\nno line\\nBASE_URL=http://a/v1 # d")
    >>> read_dot_env(path)
    {'MODEL': 'a b', 'HOME': '$(rm -rf x)', 'BASE_URL': 'http://a/v1'}
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise LLMError(f"{path} cannot be read: {reason}") from None
    found: dict[str, str] = {}
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        name, value = match.group(1), match.group(2).strip()
        quoted = re.match(r"""(["'])(.*?)\1\s*(?:#.*)?$""", value)
        found[name] = quoted.group(2) if quoted else re.split(r"(?:^|\s)#", value, maxsplit=1)[0].rstrip()
    return found


def setting(name: str, *, folder: Path | None = None) -> str:
    """A setting from the environment, else from `.env` in the working directory (or `folder`), else empty."""
    if name in os.environ:
        return os.environ[name]
    return read_dot_env((folder or Path()) / ".env").get(name, "")


def api_key(*, folder: Path | None = None) -> str:
    """OPENAI_API_KEY, empty when there is none (local servers need none).

    Raises LLMError, which does not show it, when it holds what no key holds: it could not be sent in a header.
    """
    key = setting(KEY, folder=folder).strip()
    if not key.isascii() or any(character.isspace() or not character.isprintable() for character in key):
        raise LLMError(f"{KEY} holds spaces, line breaks or letters that no key has: set it again")
    return key
