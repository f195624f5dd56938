"""Payment cards and bank accounts: numbers whose check digits tell them from any other number."""

from __future__ import annotations

import re
from functools import cache

from clara.quality.context import before, clings, is_other_number
from clara.quality.findings import Span

DIGIT_RUN = re.compile(r"[0-9](?:(?:\.(?! )|[ \-/()\u00a0\u2009\u202f\u2010-\u2013_]){0,3}[0-9])*")
_BETWEEN_FOURS = " -.\u00a0\u2009\u202f\u2010\u2011\u2013/"
_GROUPS = re.compile(r"[0-9]+")
_CARD_WORDS = re.compile(
    r"card|visa|master|amex|american express|discover|diners|jcb|union ?pay|maestro|credit|debit|carte|tarjeta|"
    r"karte|carta|"
    r"cart[ãa]o|pan\b|payment|pay\b|paid|charge|billing|cvv|cvc|expir|卡|карт",
    re.IGNORECASE,
)
_NOT_CARD_WORDS = re.compile(
    r"\b(?:imei|tracking|order|isbn|ean|gtin|upc|barcode|iccid|meid|serial|account id)\b", re.IGNORECASE
)
# first digits and lengths of the issuers' ranges
_ISSUERS: tuple[tuple[str, re.Pattern[str], tuple[int, ...]], ...] = (
    ("Visa", re.compile("4"), (13, 16, 19)),
    ("Mastercard", re.compile("5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),
    ("American Express", re.compile("3[47]"), (15,)),
    ("Discover", re.compile("6011|64[4-9]|65"), (16, 19)),
    ("Diners Club", re.compile("30[0-5]|3[689]"), (14, 16)),
    ("JCB", re.compile("35(?:2[89]|[3-8])"), (16, 17, 18, 19)),
    ("UnionPay", re.compile("62|81"), (16, 17, 18, 19)),
    ("Mir", re.compile("220[0-4]"), (16, 17, 18, 19)),
    ("RuPay", re.compile("60|82|508"), (16,)),
    ("Maestro", re.compile("50|5[6-9]|6[0-9]"), (13, 15, 16, 18, 19)),
)
_CARD_GROUPINGS = {
    13: ((13,), (4, 3, 3, 3)),
    14: ((14,), (4, 6, 4)),
    15: ((15,), (4, 6, 5)),
    16: ((16,), (4, 4, 4, 4), (8, 8), (6, 10), (4, 6, 6)),
    17: ((17,),),
    18: ((18,), (6, 12), (4, 4, 4, 4, 2)),
    19: ((19,), (6, 13), (4, 4, 4, 4, 3)),
}


def luhn_holds(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of the others.

    >>> luhn_holds("79927398713"), luhn_holds("79927398710")
    (True, False)
    """
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def find_card(text: str, start: int, end: int) -> Span | None:
    """The payment card number in one run of digits: an issuer's prefix and length, usual groups, the Luhn digit."""
    groups = [(match.start(), match.end()) for match in _GROUPS.finditer(text, start, end)]
    for first in range(min(3, len(groups))):
        for last in range(len(groups), first, -1):
            low, high = groups[first][0], groups[last - 1][1]
            lengths = tuple(one[1] - one[0] for one in groups[first:last])
            total = sum(lengths)
            if not 13 <= total <= 19:
                continue
            said = before(text, low, 60)
            if (first or last < len(groups)) and lengths[0] != 4:
                continue
            if _is_card(text, low, high, lengths, total, said):
                digits = "".join(text[a:b] for a, b in groups[first:last])
                issuer = next(name for name, prefix, sizes in _ISSUERS if total in sizes and prefix.match(digits))
                return Span(low, high, "card", f"payment card ({issuer})")
    return None


def _is_card(text: str, low: int, high: int, lengths: tuple[int, ...], total: int, said: str) -> bool:
    digits = "".join(_GROUPS.findall(text, low, high))
    if (low and (clings(text[low - 1]) or text[low - 1] in ".,_$")) or text[high : high + 1].isalpha():
        return False
    separators = {character for character in text[low:high] if not character.isdigit()}
    if len(separators) > 1 or separators - set(" -.\u00a0\u2009\u202f\u2010\u2011\u2012\u2013/_"):
        return False
    if lengths not in _CARD_GROUPINGS[total] or len(set(digits)) < 2 or not luhn_holds(digits):
        return False
    if not any(total in sizes and prefix.match(digits) for _, prefix, sizes in _ISSUERS):
        return False
    if _NOT_CARD_WORDS.search(said[-28:]) or is_other_number(text, low):
        return _CARD_WORDS.search(said[-28:]) is not None
    if lengths == (total,) and total != 16 and not digits.startswith(("34", "37", "36", "38", "30", "4")):
        return _CARD_WORDS.search(said) is not None  # long and ungrouped: many other numbers look like it
    return True


def find_iban(text: str, start: int) -> Span | None:
    """The IBAN that begins here, in any grouping and case: its country's length and the check digits decide."""
    from stdnum import iban

    head = text[start : start + 5]
    country = head[:2].upper()
    length = _iban_lengths().get(country)
    if length is None:
        return None
    position, count = start, 0
    while position < len(text) and count < length:
        character = text[position]
        if character.isascii() and character.isalnum():
            count += 1
        elif character not in _BETWEEN_FOURS or text[position - 1] == character == "-":
            return None
        position += 1
    if count < length or (text[position : position + 1].isalnum() and text[position : position + 1].isascii()):
        return None
    compact = "".join(character for character in text[start:position] if character.isalnum())
    if not iban.is_valid(compact, check_country=False):
        return None
    return Span(start, position, "iban", f"IBAN ({country})")


@cache
def _iban_lengths() -> dict[str, int]:
    """Country -> number of characters, as the registry in python-stdnum has it."""
    from importlib.resources import files

    lengths: dict[str, int] = {}
    for line in files("stdnum").joinpath("iban.dat").read_text(encoding="utf-8").splitlines():
        found = re.match(r'([A-Z]{2}) .*bban="([^"]+)"', line)
        if found:
            lengths[found[1]] = 4 + sum(int(size) for size in re.findall(r"(\d+)!?[nace]", found[2]))
    return lengths


def letters_before(text: str, start: int, end: int) -> int | None:
    """Where an IBAN or a number with letters may begin whose first digits are text[start:end]; None when nowhere.

    >>> letters_before("to GB82 WEST", 5, 7), letters_before("in 1990", 3, 7)
    (3, None)
    """
    if end - start < 2 or (not text[start + 1].isdigit() and text[start + 1] not in " -"):
        return None
    at = start
    if at and text[at - 1] in " -.\u00a0\u202f":
        at -= 1
    first = at
    while at and start - at < 8 and text[at - 1].isascii() and text[at - 1].isalpha():
        at -= 1
    if at == first or (at and (clings(text[at - 1]) or text[at - 1] == "_")) or start - at > 8:
        return None
    if end - start < 8 and not text[end : end + 3].strip(" -.(\u00a0\u2009\u202f\u2010\u2011\u2013")[:1].isalpha():
        return None
    return at
