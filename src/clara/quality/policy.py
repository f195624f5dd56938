"""What happens with a finding: block, warn or ignore, by kind or by category, and what is allowed by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from clara.errors import ConfigError, did_you_mean
from clara.quality.findings import CATEGORIES, KINDS

Action = Literal["block", "warn", "ignore"]
ACTIONS: tuple[Action, ...] = ("block", "warn", "ignore")
_FIELDS = (*ACTIONS, "allow", "names")


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Secrets block and personal data warns, unless said otherwise. A kind ('email') beats its category ('pii').

    `allow` are values that are nobody's business: whole values in any case, or regular expressions after 're:'.
    """

    block: frozenset[str] = frozenset({"secret"})
    warn: frozenset[str] = frozenset({"pii"})
    ignore: frozenset[str] = frozenset()
    allow: tuple[str, ...] = ()
    names: Path | None = None
    _patterns: tuple[re.Pattern[str], ...] = field(init=False, repr=False, compare=False, default=())
    _values: frozenset[str] = field(init=False, repr=False, compare=False, default=frozenset())

    def __post_init__(self) -> None:
        patterns = []
        for entry in self.allow:
            if entry.startswith("re:"):
                try:
                    patterns.append(re.compile(entry[3:]))
                except re.error as error:
                    raise ConfigError(f"allow: {entry}: not a regular expression: {error}") from error
        object.__setattr__(self, "_patterns", tuple(patterns))
        object.__setattr__(self, "_values", frozenset(entry.casefold() for entry in self.allow))

    def action(self, kind: str) -> Action:
        """What to do with a finding of this kind.

        >>> Policy().action("token"), Policy().action("email"), Policy(ignore=frozenset({"ip"})).action("ip")
        ('block', 'warn', 'ignore')
        """
        for name in (kind, KINDS[kind]):
            for action in ACTIONS:
                if name in getattr(self, action):
                    return action
        return "ignore"

    def allows(self, value: str) -> bool:
        """Whether this value is on the allow list."""
        return value.casefold() in self._values or any(pattern.fullmatch(value) for pattern in self._patterns)


def read_policy(path: Path) -> Policy:
    """A policy from a YAML file with block, warn, ignore, allow and names; what it leaves out is the default.

    Raises ConfigError that names the file, the field and the cure.
    """
    import yaml

    try:
        found: Any = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read as YAML: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{path}: expected fields such as 'block: [secret]', got {type(found).__name__}")
    for name in found:
        if name not in _FIELDS:
            raise ConfigError(
                f"{path}: {name}: unknown field (known: {', '.join(_FIELDS)}){did_you_mean(str(name), _FIELDS)}"
            )
    lists: dict[str, list[str]] = {}
    for name in (*ACTIONS, "allow"):
        value = found.get(name, [])
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise ConfigError(f"{path}: {name}: expected a list of words, such as [secret, email]")
        lists[name] = value
    names = found.get("names")
    if names is not None and not isinstance(names, str):
        raise ConfigError(f"{path}: names: expected the path of a file with one name a line")
    return make_policy(
        block=lists["block"] if "block" in found else None,
        warn=lists["warn"] if "warn" in found else None,
        ignore=lists["ignore"],
        allow=lists["allow"],
        names=path.parent / names if names else None,
        where=f"{path}: ",
    )


def make_policy(
    *,
    block: Sequence[str] | None = None,
    warn: Sequence[str] | None = None,
    ignore: Sequence[str] = (),
    allow: Iterable[str] = (),
    names: Path | None = None,
    base: Policy | None = None,
    where: str = "--",
) -> Policy:
    """A policy from words; a word given here leaves the lists it stood in. Raises ConfigError for unknown words."""
    base = base or Policy()
    given: dict[str, Sequence[str]] = {"block": block or (), "warn": warn or (), "ignore": ignore}
    known = [*CATEGORIES, *KINDS]
    seen: dict[str, str] = {}
    for action, words in given.items():
        for word in words:
            if word not in known:
                raise ConfigError(
                    f"{where}{action} {word}: unknown (known: {', '.join(known)}){did_you_mean(word, known)}"
                )
            if seen.setdefault(word, action) != action:
                raise ConfigError(f"{where}{action} {word}: it is in {seen[word]} already (name it once)")
    lists = {
        action: frozenset(word for word in getattr(base, action) if word not in seen) | frozenset(given[action])
        for action in ACTIONS
    }
    return Policy(**lists, allow=(*base.allow, *allow), names=names or base.names)
