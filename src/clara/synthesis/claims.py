"""What a text claims that can be checked without understanding it: its numbers, its dates and its names.

Names are capitalised words; in Chinese, which has no capitals, they are what stands in 《》, what a dot joins
(a foreign person's name), Latin words, and words with the ending of a place or an organisation.
"""

from __future__ import annotations

import re
import unicodedata

from clara.synthesis.language import HAN, HANGUL, KANA, is_unspaced
from clara.text import words

_HAN = f"[{HAN}]"
# not the tail of 'A45', 'v1.2' or '1985'; a Chinese character may stand in front
_NUMBER = re.compile(rf"(?<!\d)(?<!\d[.,])(?<![^\W\d_{KANA}{HAN}{HANGUL}])\d+(?:[.,]\d+)*")
_CHINESE_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "兩": 2,
}
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1000}
_CHINESE_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_CHINESE_NUMBER = re.compile(r"[零〇一二三四五六七八九两兩十百千万萬亿億]{2,}")
_NAME = re.compile(r"(?<![.!?:]\s)(?<!^)(?<![\"“(])\b[A-ZÀ-Ý][\w'’-]+", re.MULTILINE)
_POSSESSIVE = re.compile(r"['’]s\b")
_TITLE_MARKS = re.compile(r"[《〈]([^》〉\n]{1,30})[》〉]")
_NOT_IN_FOREIGN = "了的在是和与與及由为為被叫名给給以将將对對于於从從到等之有曾也都就而且并並或出生识識"
_FOREIGN_PART = rf"(?:(?![{_NOT_IN_FOREIGN}]){_HAN}){{1,5}}"
_FOREIGN_NAME = re.compile(rf"{_FOREIGN_PART}(?:[·‧・•]{_FOREIGN_PART})+")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ0-9'’.-]*[A-Za-zÀ-ɏ0-9]")
_NOT_IN_NAMES = "一二两兩三几幾家这這该該本某各个個的了在是和与與及有为為於于多大小等母子分总總此其他所座城都"
_ENDED_NAME = re.compile(
    rf"(?:(?![{_NOT_IN_NAMES}]){_HAN}){{2}}"
    r"(?:省|市|县|縣|大学|大學|学院|學院|公司|集团|集團|银行|銀行|医院|醫院|博物馆|博物館|机场|機場|共和国|共和國|帝国|帝國|王朝|群岛|群島)"
)
MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan\.?|Feb\.?|Mar\.?|Apr\.?|Jun\.?|Jul\.?|Aug\.?|Sept?\.?|Oct\.?|Nov\.?|Dec\.?)"
)
_DATE = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)? {MONTH},? \d{{4}}\b|\b{MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}\b"
    rf"|\b{MONTH} \d{{4}}\b"
    r"|\b\d{4}-\d{2}-\d{2}\b|(?<!\d)\d{1,4} ?年(?: ?\d{1,2} ?月(?: ?\d{1,2} ?[日号號])?)?"
)


def numbers_in(text: str) -> list[str]:
    """Every number as it is written, digits and Chinese numerals.

    >>> numbers_in("It weighs 1,200.5 kg (type A45, v1.2)."), numbers_in("成立于1985年，共三十五人。")
    (['1,200.5'], ['1985', '三十五'])
    """
    found = [match.group() for match in _NUMBER.finditer(text)]
    return found + [match.group() for match in _CHINESE_NUMBER.finditer(text) if chinese_value(match.group())]


def dates_in(text: str) -> list[str]:
    """Dates with at least a month or a year sign, as they are written.

    >>> dates_in("Opened on 12 March 1998; closed in May 2001."), dates_in("建于1998年3月12日。")
    (['12 March 1998', 'May 2001'], ['1998年3月12日'])
    """
    return [match.group() for match in _DATE.finditer(text)]


def names_in(text: str) -> list[str]:
    """Every name that can be told without a dictionary; a name of several words is several names.

    >>> names_in("It was designed by Mara Lind in Oslo."), names_in("他在清华大学读了《红楼梦》，认识了约翰·史密斯。")
    (['Mara', 'Lind', 'Oslo'], ['红楼梦', '约翰·史密斯', '清华大学'])
    """
    if not is_unspaced(text):
        return _NAME.findall(text)
    found = [match.strip() for match in _TITLE_MARKS.findall(text)]
    for pattern in (_FOREIGN_NAME, _ENDED_NAME, _LATIN):
        found += pattern.findall(text)
    return list(dict.fromkeys(found))


def unsupported(text: str, source: str) -> set[str]:
    """Numbers and names of `text` that `source` does not hold.

    >>> unsupported("建于一九八五年，有35人", "1985年建成，有三十五人"), unsupported("建于1986年", "1985年建成")
    (set(), {'1986'})
    """
    known = set(words(source)) | set(words(_POSSESSIVE.sub("", source)))
    known |= {word for number in _NUMBER.findall(source) for word in words(number)}  # the 760 of '760nm'
    dense = squeezed(source)
    values = {chinese_value(match.group()) for match in _CHINESE_NUMBER.finditer(source)}
    missing = set()
    for claim in [*numbers_in(text), *names_in(text)]:
        value = chinese_value(claim)
        if value is not None:
            held = claim in dense or str(value) in known or value in values
        elif is_unspaced(claim):
            held = _core(claim) in dense
        else:
            held = (
                set(words(_POSSESSIVE.sub("", claim))) <= known
                or set(words(claim)) <= known
                or (claim.isdigit() and int(claim) in values)
            )
        if not held:
            missing.add(claim)
    return missing


def _core(claim: str) -> str:
    """The certain part of a name: where it begins and ends cannot be told exactly when a dot joins it."""
    dotted = re.search(rf"{_HAN}[·‧・•]{_HAN}{{1,2}}", claim)
    return squeezed(dotted.group() if dotted else claim)


def squeezed(text: str) -> str:
    """A text for comparing quotations in scripts without spaces: one form of every character, no spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def chinese_value(numeral: str) -> int | None:
    """The value of a Chinese numeral, None when it is not one.

    >>> chinese_value("三十五"), chinese_value("一九八五"), chinese_value("一千二百万"), chinese_value("千万")
    (35, 1985, 12000000, None)
    """
    if not numeral or any(
        character not in _CHINESE_DIGITS and character not in _CHINESE_UNITS and character not in _CHINESE_MYRIADS
        for character in numeral
    ):
        return None
    if not any(character in _CHINESE_UNITS or character in _CHINESE_MYRIADS for character in numeral):
        return int("".join(str(_CHINESE_DIGITS[character]) for character in numeral))
    if numeral[0] in _CHINESE_MYRIADS or (numeral[0] in _CHINESE_UNITS and numeral[0] != "十"):
        return None  # 'thousands of', not a number
    total = part = digit = 0
    for character in numeral:
        if character in _CHINESE_DIGITS:
            digit = _CHINESE_DIGITS[character]
        elif character in _CHINESE_UNITS:
            part += (digit or 1) * _CHINESE_UNITS[character]
            digit = 0
        else:
            total = (total + part + digit) * _CHINESE_MYRIADS[character]
            part = digit = 0
    return total + part + digit
