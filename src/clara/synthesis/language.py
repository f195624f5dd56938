"""Which language a text is in, as far as prompts and checks need to know: Chinese, or any other."""

from __future__ import annotations

import re
from typing import Literal

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")

HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af"  # characters, for use inside [ ]
KANA, HANGUL = "\u3040-\u30ff", "\uac00-\ud7a3"
_HAN = re.compile(f"[{HAN}]")
_KANA = re.compile(f"[{KANA}]")
_KANA_OR_HANGUL = re.compile(f"[{KANA}{HANGUL}]")
_LETTER_RUN = re.compile(rf"[^\W\d_{KANA}{HAN}{HANGUL}]+")
CHINESE_SHARE = 0.3  # of all words, a Chinese character counting as one


def language_of(text: str) -> Language:
    """'zh' for Chinese; 'en' for everything else: the English prompts ask for the language of the source text.

    >>> language_of("清华大学成立于1911年。"), language_of("The Oru (奥鲁) is a lamp."), language_of("東京は首都です。")
    ('zh', 'en', 'en')
    """
    han, other = len(_HAN.findall(text)), len(_LETTER_RUN.findall(text))
    if not han or len(_KANA_OR_HANGUL.findall(text)) > 0.1 * han:
        return "en"
    return "zh" if han >= CHINESE_SHARE * (han + other) else "en"


def is_unspaced(text: str) -> bool:
    """Whether a text is mostly written without spaces between words (Chinese, Japanese)."""
    dense = len(_HAN.findall(text)) + len(_KANA.findall(text))
    return dense > len(_LETTER_RUN.findall(text))
