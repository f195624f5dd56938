"""Which word of a tokenised sentence is its main verb, and what verb group it opens: by lists and neighbours."""

from __future__ import annotations

import re
from dataclasses import dataclass

from clara.synthesis.drafting.words import (
    BASES,
    BE,
    BREAKERS,
    DETERMINERS,
    HAVE,
    MODALS,
    NOT_PAST,
    NOUN_BASES,
    NOUN_LIKE,
    NUMBER_WORD,
    PARTICIPLE,
    PAST,
    PREPOSITIONS,
    THIRD,
    THIRD_OF,
    word_set,
)

Token = tuple[str, int, int]  # (word, start, end)
ADVERB = re.compile(r"^(?:[a-z]+ly|also|still|often|now|then|soon|first|once|later|already|always|never|not|both|all)$")
_LOST_ADVERBS = word_set("also then now later soon still already always both all often usually generally once")
_OPENS_OBJECT = re.compile(
    rf"(?:(?:the|a|an|its|his|her|their|up|out|it|about|over|nearly|approximately|one|several|many|most|more|all|both)$|\d|[$€£¥]|{NUMBER_WORD}$)"
)
_PLURAL = re.compile(r"(?:[^su]s|people|men|women|children)$")


@dataclass(frozen=True, slots=True)
class VerbGroup:
    """See Clause. `start` and `end` are the characters of the verb without its auxiliary; what follows is the rest."""

    form: str
    auxiliary: str
    verb: str
    start: int
    end: int


def starts_verb(word: str) -> bool:
    """Whether a word that follows 'and' can only be a finite verb."""
    if word in BE or word in HAVE or word in MODALS:
        return True
    if word in PAST:
        return word not in NOT_PAST or word == "led"
    return word in THIRD and (word not in NOUN_LIKE or word == "costs")


def is_finite(tokens: list[Token], position: int) -> bool:
    """Whether the word at `position`, after a subject, is a main verb."""
    word = tokens[position][0]
    if word in BE or word in HAVE or word in MODALS:
        return True
    if word in ("do", "does", "did") or not word.islower():
        return False
    following = tokens[position + 1][0] if position + 1 < len(tokens) else ""
    before = tokens[position - 1][0]
    if position == 1:  # further on, a capital is a name's: 'the Atlas A weighs'
        before = before.lower()
    if before in DETERMINERS or before in PREPOSITIONS or before in ("and", "or", "to"):
        return False
    if (
        following in BE
        or following in HAVE
        or following in MODALS
        or (word in THIRD and following in BASES - NOUN_BASES)
    ):
        return False  # 'music labels have', 'the causes cited were', 'surveys show'
    if word in THIRD:
        return word not in NOUN_LIKE or before in ("it", "he", "she") or _OPENS_OBJECT.match(following) is not None
    if word in PAST and (word not in NOT_PAST or word == "led" or (word == "used" and _OPENS_OBJECT.match(following))):
        if following == "by":  # 'dropped by 17 %', but 'the lamps designed by X'
            return position + 2 < len(tokens) and tokens[position + 2][0][0].isdigit()
        return word not in PARTICIPLE or not _auxiliary_later(tokens, position + 1)
    if re.search(r"[a-z]{3}ed$", word) and word not in PARTICIPLE and _OPENS_OBJECT.match(following):
        return not _auxiliary_later(tokens, position + 1)  # an -ed form that no list has
    if word in BASES and (word not in PARTICIPLE or word == "become"):  # 'pumps use', 'steam and water give'
        joined = any(token[0] in ("and", "%", "percent") for token in tokens[:position])
        fits = re.match(r"(?:the|a|an|their|its|to|on|in|for|as|from|\d|[a-z]+s$|[A-Z])", following)
        if THIRD_OF[word] not in NOUN_LIKE and re.match(r"[\w\"]", following) and following not in ("of", "and", "or"):
            return joined or _PLURAL.search(before) is not None
        return (joined or _PLURAL.search(before) is not None) and (fits is not None or word == "become")
    return False


def _auxiliary_later(tokens: list[Token], start: int) -> bool:
    """A helping verb before the next boundary means the participle was 'the lamps designed in Perth (are)'."""
    for word, _, _ in tokens[start : start + 14]:
        if word in ",;:" or word.lower() in BREAKERS or word == "and":
            return False
        if word in BE or word in HAVE or word in MODALS:
            return True
    return False


def read_verb(tokens: list[Token], position: int) -> VerbGroup | None:
    """The verb group that starts at `position`; None for negations and for forms no question is made of."""
    word, start, end = tokens[position]
    index = position + 1
    if word in BE or word in HAVE or word in MODALS:
        while (
            index < min(len(tokens), position + 3) and ADVERB.match(tokens[index][0]) and tokens[index][0] not in BASES
        ):
            index += 1
    if any(token[0] in ("not", "never", "no") for token in tokens[position + 1 : index + 1]):
        return None
    following = tokens[index][0] if index < len(tokens) else ""
    after = tokens[index + 1][0] if index + 1 < len(tokens) else ""
    if word in BE:
        return _read_be(tokens, position, index)
    if word in HAVE or word in MODALS:
        form = "perfect" if word in HAVE else "modal"
        if following in ("been", "be"):
            if after not in PARTICIPLE and not re.fullmatch(r"[a-z]{4,}ed", after):
                if following == "been" and after in ("the", "a", "an"):  # 'has been the host of the tournament'
                    return VerbGroup(form, word, "be", tokens[index][1], tokens[index][2])
                return None
            return VerbGroup(
                form, word, PARTICIPLE.get(after) or guess_base(after), tokens[index][1], tokens[index + 1][2]
            )
        if word in HAVE and (following in PARTICIPLE or re.fullmatch(r"[a-z]{4,}ed", following)):
            return VerbGroup(
                form, word, PARTICIPLE.get(following) or guess_base(following), tokens[index][1], tokens[index][2]
            )
        if word in MODALS:
            return VerbGroup(form, word, following, *tokens[index][1:]) if following in BASES else None
        if following == "to":
            return None
        auxiliary = {"had": "did", "have": "do", "has": "does"}[word]
        return VerbGroup("have", auxiliary, "have", start, tokens[index - 1][2])
    if word in PAST or word.endswith("ed"):
        return VerbGroup("past", "did", PAST.get(word) or guess_base(word), start, end)
    if word in THIRD:
        return VerbGroup("present", "does", THIRD[word], start, end)
    return VerbGroup("present", "do", word, start, end)


def _read_be(tokens: list[Token], position: int, index: int) -> VerbGroup | None:
    word, start, _ = tokens[position]
    following = tokens[index][0] if index < len(tokens) else ""
    if following in PARTICIPLE or re.fullmatch(r"[a-z]{4,}ed", following):
        kept = next((i for i in range(position + 1, index) if tokens[i][0] not in _LOST_ADVERBS), index)
        verb = PARTICIPLE.get(following) or guess_base(following)
        return VerbGroup("passive", word, verb, tokens[kept][1], tokens[index][2])
    gerund = _gerund_base(following)
    if gerund:
        return VerbGroup("perfect", word, gerund, tokens[index][1], tokens[index][2])
    return VerbGroup("be", word, "be", start, tokens[index - 1][2])


def guess_base(past: str) -> str:
    """The base of a regular past form that no list has.

    >>> guess_base("postulated"), guess_base("scooped"), guess_base("clipped"), guess_base("tallied")
    ('postulate', 'scoop', 'clip', 'tally')
    >>> guess_base("captained"), guess_base("leveraged"), guess_base("combined")
    ('captain', 'leverage', 'combine')
    """
    stem = past[:-2]
    if stem.endswith("i"):
        return stem[:-1] + "y"
    if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "sfl":
        return stem[:-1]
    return (
        stem + "e"
        if re.search(
            r"(?:at|iz|[aeio]s|v|c|[^aeiou]s|u|[rndae]g|[aiou]k|[^aeiou][aiou]t|id|ur|(?<!a)in|bl|tl|pl|gl|dl)$", stem
        )
        else stem
    )


def _gerund_base(word: str) -> str:
    """'use' of 'using'; '' when the word is no -ing form of a known verb."""
    if not word.endswith("ing") or len(word) < 6:
        return ""
    stem = word[:-3]
    undoubled = stem[:-1] if len(stem) > 2 and stem[-1] == stem[-2] else stem
    return next((base for base in (stem, stem + "e", undoubled) if base in BASES), "")
