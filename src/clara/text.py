"""Text normalisation shared by everybody: words, answer matching. Pure functions, no files, no models."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_ARTICLES = frozenset(("a", "an", "the"))
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")  # 1,200 -> 1200
_DECIMAL = re.compile(r"(?<=\d)[.,](?=\d)")  # 3.14 and 3,14 stay one word
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")  # U.S. -> us
_DECIMAL_POINT = "\ue000"  # a private character that stands for the point while punctuation is removed
# scripts that write no spaces between words, and Hangul, whose particles cling to them: one character is one word
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\U00020000-\U000323af"
)
_IS_UNSPACED = re.compile(f"[{UNSPACED}]")
_SPACE_BETWEEN_UNSPACED = re.compile(f"(?<=[{UNSPACED}]) (?=[{UNSPACED}])")


def normalize_answer(text: str) -> str:
    """Lower case, without punctuation, articles and extra spaces: two answers are the same when these are equal.

    >>> normalize_answer("The  Eiffel Tower!")
    'eiffel tower'
    >>> normalize_answer("U.S.") == normalize_answer("us")
    True
    >>> normalize_answer("東京 都。")
    '東京都'
    """
    kept = _folded(text).translate(_without_punctuation())
    spaced = " ".join(_ARTICLE.sub(" ", kept).split())
    return _SPACE_BETWEEN_UNSPACED.sub("", spaced)


def words(text: str) -> list[str]:
    """The words of a text, lower case and without punctuation; numbers stay whole, and in scripts that write no spaces
    each character is a word.

    >>> words("It weighs 1,200.5 kg (dry), says the U.S. firm.")
    ['it', 'weighs', '1200.5', 'kg', 'dry', 'says', 'the', 'us', 'firm']
    >>> words("東京は首都")
    ['東', '京', 'は', '首', '都']
    """
    folded = _folded(text)
    folded = _DECIMAL.sub(_DECIMAL_POINT, _THOUSANDS.sub("", folded))
    folded = _INITIALS.sub(lambda match: match.group().replace(".", ""), folded)
    return folded.translate(_word_characters()).split()


def contains_answer(passage: str, answer: str) -> bool:
    """Whether the answer's words stand in the passage, in order and whole; articles do not count.

    >>> contains_answer("It was built in Paris, the capital.", "paris")
    True
    >>> contains_answer("It has 12 doors.", "2")
    False
    >>> contains_answer("東京は日本の首都です。", "日本の首都")
    True
    """
    wanted, found = words(answer), words(passage)
    if not wanted:
        return False
    if wanted[-1] not in _ARTICLES:  # the last word of "vitamin A" is not an article
        wanted = [word for word in wanted if word not in _ARTICLES]
        found = [word for word in found if word not in _ARTICLES]
    return f" {' '.join(wanted)} " in f" {' '.join(found)} "


def table_cells(row: str) -> list[str]:
    """The cells of one row of a Markdown table.

    >>> table_cells(r"| Port | A\\|B |")
    ['Port', 'A|B']
    """
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())


class _Table(dict[int, str]):
    """A str.translate table that looks each character up once."""

    def __init__(self, *, separate: bool) -> None:
        super().__init__()
        self.separate = separate

    def __missing__(self, code: int) -> str:
        character = chr(code)
        kept = character
        if character == _DECIMAL_POINT and self.separate:
            kept = "."
        elif unicodedata.category(character)[0] in "PSC":
            kept = " " if self.separate or character.isspace() else ""
        elif self.separate and _IS_UNSPACED.match(character):
            kept = f" {character} "
        self[code] = kept
        return kept


@cache
def _without_punctuation() -> _Table:
    return _Table(separate=False)


@cache
def _word_characters() -> _Table:
    return _Table(separate=True)
