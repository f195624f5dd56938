"""Telephone numbers in the ways people write them, told from the other long numbers of a text."""

from __future__ import annotations

import re

from clara.quality.context import before, clings, is_other_number
from clara.quality.findings import Span

_PHONE_WORDS = re.compile(
    r"(?<![^\W\d_])(?:tel|tél|tlf|telf|ph|phone|phones|telephone|telefon\w*|téléphone|teléfono\w*|telefono|telefoon\w*|"
    r"telefone|cell|cellphone|cellular|cellulare|mobile|mobil\w*|móvil|movil|celular|handy\w*|portable|gsm|fax|telefax|"
    r"whatsapp|signal|viber|hotline|helpline|landline|rufnummer|durchwahl|contact number|call|calls|called|"
    r"calling|dial|"
    r"dialled|dialed|ring|rang|text|texted|sms|reach\w*|callback|call back|voicemail|appel\w*|ll[aá]m\w+|chiam\w+|"
    r"ligue|ruf|anruf\w*|"
    r"extension|toll[- ]free|switchboard|number is|numbers? on file|emergency contact|"
    r"телефон\w*|тел|моб\w*|هاتف|جوال)(?![^\W\d_])|电话|手机|電話|携帯|联系方式|聯絡|致电|연락처|전화",
    re.IGNORECASE,
)  # fmt: skip
# words of everyday language count only right before the number: `call Ann at …`, not `the call took …`
_WEAK_WORDS = re.compile(
    r"^(?:cell|text\w*|ring|rang|signal|mobile|extension|reach\w*|call\w*|dial\w*|handy|portable|ph|ruf|fax)$",
    re.IGNORECASE,
)
_JUST_BEFORE = re.compile(
    r"(?:\W*(?:me|us|him|her|them|it|on|at|the|your|our|my|his|number|no|nr|phone|office|desk|back|is|was|to|please|directly|now|"
    r"line|via|over|under|using|in|le|al|au|el|a|para|o|sie|uns|mich|an|unter|me|svp|[A-Z]\w+)(?!\w)){0,4}[^\w]*$"
)
_GROUPS = re.compile(r"[0-9]+")
_EXTENSION = re.compile(r"\s*(?:,\s*)?(?:ext(?:ension)?\.?|x|#|dw|poste)\s*[:.]?\s*[0-9]{1,6}\b", re.IGNORECASE)
_NORTH_AMERICAN = re.compile(
    r"(?:1[ \-.]?)?(?:\(([2-9][0-9]{2})\)[ \-.]{0,2}([0-9]{3})[ \-.]([0-9]{4})|"
    r"([2-9][0-9]{2})(?:([-.\u2010\u2011\u2013])([0-9]{3})\5|([ /])([0-9]{3})[ \-.])([0-9]{4}))"
)
_MOBILE_SHAPES = (
    (re.compile(r"1[3-9][0-9][ -][0-9]{4}[ -][0-9]{4}"), "CN"),
    (re.compile(r"[6-9][0-9]{4}[ -][0-9]{5}"), "IN"),
    (re.compile(r"\([1-9][0-9]\) ?9?[0-9]{4}[- ][0-9]{4}"), "BR"),
    (re.compile(r"8[ -]?\(?[3489][0-9]{2}\)?[ -][0-9]{3}[ -][0-9]{2}[ -][0-9]{2}"), "RU"),
    (re.compile(r"[67][0-9]{2} [0-9]{3} [0-9]{3}"), "ES"),
)
_BETWEEN_GROUPS = set("- /.()\u00a0\u2009\u202f\u2010\u2011\u2013")
# where a number written with a leading 0 may come from
_TRUNK_REGIONS = (  # noqa: SIM905
    "GB DE FR IT NL BE CH AT AU NZ JP KR IN CN TW IE SE FI ZA TR ID TH MY PH VN IL EG NG KE PK BR RO BG HR SI SK UA"
).split()
# `351 732 5219 rows`: a lower-case word that is no joining word right behind a number makes it a quantity
_COUNTED = re.compile(
    r"[ \u00a0](?!(?:or|and|for|to|before|after|at|if|when|is|was|today|tomorrow|on|with|as|but|any|now|please|"
    r"between|until|from|asap|so|in|ext|extension|during|anytime|who|which|that|has|works|rang|answered|did|does)\b)[a-z]"
)
_DATE = re.compile(
    r"(?:(?:19|20)[0-9]{2}[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:0?[1-9]|[12][0-9]|3[01])|"
    r"(?:0?[1-9]|[12][0-9]|3[01])[-./ ](?:0?[1-9]|[12][0-9]|3[01])[-./ ](?:19|20)[0-9]{2})(?![0-9])"
)


def find_phone(text: str, start: int, end: int) -> Span | None:
    """The telephone number in one run of digits, or None. An extension belongs to it."""
    if start and (clings(text[start - 1]) or text[start - 1] in "_$€£¥=&@^~"):
        tel = before(text, start, 12)
        if not re.search(r"(?:tel|phone|ph|mobile|fax|cell)[=:.]?$|phone=$", tel, re.IGNORECASE):
            return None
    if start and text[start - 1] in "/.,#-–" and text[start] != "+":
        if start > 1 and not text[start - 2].isspace() and text[start - 1] != ".":
            return None
        if start > 1 and text[start - 2].isdigit():
            return None
    groups = [(match.start(), match.end()) for match in _GROUPS.finditer(text, start, end)]
    if text[end : end + 1].isalpha() and text[end].isascii() and not _EXTENSION.match(text, end):
        groups.pop()  # the last digits belong to a word
    for last in range(len(groups), 0, -1):
        low = start
        high = groups[last - 1][1]
        if sum(b - a for a, b in groups[:last]) < 7:
            break
        number = text[low:high]
        if "(" in number and number.count("(") > number.count(")"):
            if number.startswith("(+") or number.count("(") > 1:
                continue
            low, number = low + number.index("(") + 1, number.replace("(", "", 1)
        if _is_phone(text, low, high, number, whole=last == len(groups)):
            extension = _EXTENSION.match(text, high)
            return Span(low, extension.end() if extension else high, "phone", "telephone number")
    return None


def _is_phone(text: str, low: int, high: int, number: str, *, whole: bool) -> bool:
    digits = "".join(_GROUPS.findall(number))
    sizes = [len(group) for group in _GROUPS.findall(number)]
    separators = {character for character in number if not character.isdigit() and character not in "+()"}
    if not 7 <= len(digits) <= 15 or len(set(digits)) < 2 or _unlike(number, sizes, digits):
        return False
    said = before(text, low, 44)
    if re.search(r"(?:tel|callto|sms|wa\.me):?/?$", said, re.IGNORECASE):
        return True
    if re.search(
        r"(?<![^\W_])(?!tel|ph|fax|mob|cell|sms|whatsapp)[^\W\d_]{1,12}:$", said, re.IGNORECASE
    ) and not number.startswith("+"):
        return False  # GO:0007155, PMID:12345678
    initial = re.search(r"(?:^|[\s|(;,])[PTMFCHOW][.:]\s{0,2}$", said) is not None  # `T: +31 …`
    strong, weak = initial, False
    for label in _PHONE_WORDS.finditer(said):
        near = _JUST_BEFORE.match(said, label.end()) is not None
        if _WEAK_WORDS.match(label.group()):
            weak = weak or near
        else:
            strong = strong or not re.match(r"\s+aviv", said[label.end() :], re.IGNORECASE)
    labelled = strong or weak
    other = is_other_number(text, low)
    if "://" in said.rpartition(" ")[2] or re.search(r"10\.[0-9]{4,}/\S*$", said):
        return False
    plus = number.lstrip("(").startswith("+")
    if plus:
        if other and not labelled:
            return False
        if "." in separators and len(sizes) < 3 and not labelled:
            return False  # a signed decimal number
        return _valid("+" + digits, None) or (
            (labelled or len(sizes) > 1) and len(digits) >= 8 and _possible("+" + digits) and not digits.startswith("0")
        )
    if other and not strong:
        return False
    if not whole and not labelled and len(sizes) < 3:
        return False
    if digits.startswith("00") and len(digits) >= 10 and _valid("+" + digits[2:], None):
        return bool(separators) or labelled
    american = _NORTH_AMERICAN.fullmatch(number)
    if american and (whole or labelled):
        exchange = american[2] or american[6] or american[8]
        area = american[1] or american[4]
        if labelled or american[1] or (american[5] and (exchange[0] not in "01" or area == "555")):
            return True
        if (exchange == "555" or _valid(digits, "US")) and not _COUNTED.match(text, high):
            return True
    if digits[0] == "0" and 9 <= len(digits) <= 12 and (separators or "(" in number) and (whole or labelled):
        written = separators <= _BETWEEN_GROUPS and max(sizes) <= 9 and len(sizes) <= 6
        if written and (labelled or _is_trunk_number(number, sizes, digits)):
            return True
    if whole and any(shape.fullmatch(number) and _valid(digits, region) for shape, region in _MOBILE_SHAPES):
        return not re.search(r"[0-9][ \t|]+$", said)
    if strong:
        return True
    if labelled:  # `call`, `reach`: also followed by amounts
        return len(digits) >= 9 or (len(sizes) == 2 and sizes == [3, 4])
    return False


def _is_trunk_number(number: str, sizes: list[int], digits: str) -> bool:
    """Whether a number with a leading 0 is a telephone number somewhere, by its digits alone."""
    if sizes == [5, 4] or (sizes[0] < 2 and "(" not in number) or re.search(r"\s[-–]\s|--", number):
        return False
    return any(_valid(digits, region) for region in _TRUNK_REGIONS)


def _unlike(number: str, sizes: list[int], digits: str) -> bool:
    """Dates, ranges of years, decimal numbers and single digits in a row."""
    if _DATE.match(number) or re.match(r"10\.[0-9]{4,9}/", number):  # a date, a DOI
        return True
    groups = _GROUPS.findall(number)
    if len(sizes) > 1 and all(re.fullmatch(r"(?:1[0-9]|20)[0-9]{2}", group) for group in groups):
        return True
    if re.fullmatch(r"[0-9]+\.[0-9]+|[0-9]{1,3}(?:\.[0-9]{1,3}){3}", number):
        return True  # a decimal number, an IP address
    if re.search(r"[0-9] *[-–] *[0-9]", number) and re.search(r"[ ][-–][ ]", number) and len(groups) == 2:
        return True  # a range
    if re.search(r"[0-9]\.[0-9]+ +[0-9]+\.[0-9]", number):
        return True  # decimal numbers in a row
    if "." in number and not re.search(r"[^0-9.]", number.removeprefix("+")) and 1 in sizes[1:]:
        return True  # a version
    return sum(size == 1 for size in sizes) > 3 or bool(re.search(r"[./\-_]{2}|_", number))


def _valid(number: str, region: str | None) -> bool:
    import phonenumbers

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def _possible(number: str) -> bool:
    import phonenumbers

    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return False
