"""Find subject, verb and the rest of a plain English main clause. Refuses whatever it is not sure of.

'In 1908, the Oru was built in Perth by Nia Silva, who ...'
  opening='1908' subject='the Oru' verb group 'was built' (passive) rest='in Perth by Nia Silva' tail=', who ...'
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from clara.synthesis.drafting.words import (
    BE,
    BREAKERS,
    DATE,
    DETERMINERS,
    HAVE,
    MODALS,
    NOT_PAST,
    NOUN_LIKE,
    NUMBER_WORD,
    OPENERS,
    PARTICIPLE,
    PAST,
    PREPOSITIONS,
    THIRD,
)

_WORD = re.compile(r"[^\W_](?:[\w'’.,&/-]*[^\W_½¼¾])?[½¼¾]?|[^\w\s]")
_OPENING_DATE = re.compile(rf"^(?:In|On|By|During|Since|From|Around|After|Before|Until) (?P<date>{DATE}),? (?=\S)")
_OPENING_PHRASE = re.compile(
    r"^(?:In|On|At|By|During|Since|From|After|Before|Despite|With|Under|For|As|Among|Throughout|Following|According to"
    r"|Unlike|Like|Within|Upon|Between|Because of|Due to|Through|Along with|Besides|Apart from) [^,;:]{2,80}, (?=\S)"
)
_ADVERBS = re.compile(r"^(?:\w+ly|also|still|often|now|then|soon|first|once|later|already|usually|always|never|not|both|all)$")
MAX_SUBJECT_WORDS = 10


@dataclass(frozen=True, slots=True)
class Clause:
    """`form`: be, passive, have, past, present. `auxiliary` is the word a question moves to the front (empty when it
    must be made with do/does/did); `verb` is the base form; `words` the verb as written."""

    sentence: str
    opening_date: str
    subject: str
    form: str
    auxiliary: str
    verb: str
    words: str
    rest: str  # up to the first comma or subordinate clause
    tail: str  # what follows, up to the end

    @property
    def complement(self) -> str:
        """Everything after the verb."""
        return (self.rest + self.tail).strip()


def parse_clause(sentence: str) -> Clause | None:
    """The main clause of a sentence, None when it is not a plain one.

    >>> clause = parse_clause("In 1908, the Oru was built in Perth, near the sea.")
    >>> clause.opening_date, clause.subject, clause.form, clause.verb, clause.rest
    ('1908', 'the Oru', 'passive', 'build', 'in Perth')
    """
    text = re.sub(r"[.!]+[\"”’)]*$", "", re.sub(r"\[[^\]]{1,30}\]", "", sentence)).strip()
    if not text or sentence.rstrip().endswith("?") or text.count('"') % 2:
        return None
    text, opening_date = _strip_opening(text)
    tokens = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]
    position = _find_verb(tokens)
    if position is None or position == 0:
        return None
    subject = text[: tokens[position][1]].strip()
    subject = _without_apposition(subject)
    if subject is None:
        return None
    return _read_verb(sentence, text, tokens, position, subject, opening_date)


def _strip_opening(text: str) -> tuple[str, str]:
    date = ""
    for _ in range(3):
        if match := _OPENING_DATE.match(text):
            date, text = date or match["date"], text[match.end() :]
            continue
        head, comma, rest = text.partition(", ")
        if comma and head.lower() in OPENERS:
            text = rest
            continue
        if match := _OPENING_PHRASE.match(text):
            if re.search(r"\b(?:and|or)$|^\S+ \S+$", match.group().rstrip(", ")) and not text[match.end()].islower():
                break  # the comma may be one of a list
            text = text[match.end() :]
            continue
        break
    return text, date


def _find_verb(tokens: list[tuple[str, int, int]]) -> int | None:
    after_comma = False
    words = 0
    for position, (word, _, _) in enumerate(tokens):
        lowered = word.lower()
        if word == ",":
            after_comma = True
            continue
        if word in "();:–—\"“”":
            if word in "()":
                continue
            return None
        if lowered in BREAKERS and position > 0:
            if after_comma and lowered in ("which", "who"):
                return None
            return None
        if lowered in BREAKERS or lowered == "there":
            return None
        words += 1
        if words > MAX_SUBJECT_WORDS:
            return None
        if position == 0:
            continue
        if _is_finite(tokens, position):
            return position
    return None


def _is_finite(tokens: list[tuple[str, int, int]], position: int) -> bool:
    word = tokens[position][0]
    if word in BE or word in HAVE or word in MODALS:
        return True
    if word in ("do", "does", "did") or not word.islower():
        return False
    following = tokens[position + 1][0] if position + 1 < len(tokens) else ""
    before = tokens[position - 1][0].lower()
    if word in THIRD:
        if before in DETERMINERS or before in PREPOSITIONS or before == "and":
            return False
        if word in NOUN_LIKE:
            return before in ("it", "he", "she") or bool(
                re.match(r"(?:the|a|an|its|his|her|their|\d|[$€£¥]|up|out|it)", following)
            ) or re.fullmatch(NUMBER_WORD, following) is not None
        return True
    if word in PAST and (word not in NOT_PAST or word == "led"):
        if before in DETERMINERS or before in PREPOSITIONS or before == "and" or before.endswith("ly") and following in ("by",):
            return False
        if following in ("by", "as", "to", "for", "in", "at", "with", "from", "on") and word in PARTICIPLE:
            return not _finite_later(tokens, position + 1)
        if following in ("in",):
            return not _finite_later(tokens, position + 1)
        return True
    return False


def _finite_later(tokens: list[tuple[str, int, int]], start: int) -> bool:
    """Another main verb before the next boundary means the first one was 'the lamps designed by X'."""
    for position in range(start, min(len(tokens), start + 14)):
        word = tokens[position][0]
        if word in ",;:" or word.lower() in BREAKERS or word == "and":
            return False
        if word in BE or word in HAVE or word in MODALS or (word in PAST and word not in NOT_PAST) or (word in THIRD and word not in NOUN_LIKE):
            return True
    return False


def _without_apposition(subject: str) -> str | None:
    """'Oru, a lamp,' -> 'Oru'; None for a list or anything else with a comma."""
    match = re.fullmatch(r"([^,]+), (?:an?|the) [^,]+,", subject)
    if match:
        subject = match[1].strip()
    subject = re.sub(r" ?\([^)]*\)", "", subject).strip()
    subject = re.sub(r"\s+(?:\w+ly|also|still|often|now|then|soon|first|later|already|always|never|both|all|itself)$", "", subject)
    if not subject or any(char in subject for char in ",()") or len(subject) < 2:
        return None
    return subject


def _read_verb(
    sentence: str, text: str, tokens: list[tuple[str, int, int]], position: int, subject: str, opening_date: str
) -> Clause | None:
    word = tokens[position][0]
    index = position + 1
    adverbs = 0
    while index < len(tokens) and _ADVERBS.match(tokens[index][0]) and adverbs < 2:
        if tokens[index][0] in ("not", "never"):
            return None
        if word not in BE and word not in HAVE:
            break
        index += 1
        adverbs += 1
    following = tokens[index][0] if index < len(tokens) else ""
    start, end = tokens[position][1], tokens[position][2]
    if word in BE and following in PARTICIPLE and following not in ("set",):
        form, auxiliary, verb, end = "passive", word, PARTICIPLE[following], tokens[index][2]
        start_of_words = tokens[index][1]
    elif word in BE:
        if following.endswith("ing") and following[:-3] in THIRD.values():
            return None
        form, auxiliary, verb, start_of_words = "be", word, "be", start
    elif word in HAVE:
        if following == "been" or following in PARTICIPLE:
            return None
        form, auxiliary, verb, start_of_words = "have", "did" if word == "had" else "do" if word == "have" else "does", "have", start
    elif word in MODALS:
        return None
    elif word in PAST:
        form, auxiliary, verb, start_of_words = "past", "did", PAST[word], start
    else:
        form, auxiliary, verb, start_of_words = "present", "does", THIRD[word], start
    after = text[end:]
    if form in ("be", "have") and adverbs:
        after = text[tokens[index - 1][2] :]
    rest, tail = _cut(after)
    return Clause(sentence, opening_date, subject, form, auxiliary, verb, text[start_of_words:end], rest.strip(), tail)


_CUT = re.compile(
    r",(?! ?\d{3}\b)(?! (?:1[0-9]{3}|20[0-9]{2})\b)|[;:]| [–—-] |—| \((?=[^)]*\))"
    r"| (?:which|who|whom|whose|where|when|while|although|though|because|since|until|unless|so|but|if|as well as|whereas|due to)\b"
    r"| and (?=(?:was|is|were|are|had|has|have|it|he|she|they|the|then|later|also|therefore|thus|became|began|led)\b)"
    r"| that (?=\w)"
)


def _cut(after: str) -> tuple[str, str]:
    match = _CUT.search(after)
    return (after[: match.start()], after[match.start() :]) if match else (after, "")
