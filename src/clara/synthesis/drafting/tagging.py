"""One letter per word of a sentence, by closed lists, endings and capitals: what phrases.py and reading.py match on.

d determiner   h its, his   R pronoun   n noun   j adjective   K name   y Kessor's   # number   $ % signs
p preposition  o of   t to   c and, or   b but   w who, which   T that   S because, when   a adverb   Z not
B is, was   e been, be   H has   M will, can   X did   v finite verb   f past form taken as finite   q participle
g -ing form   i infinitive   others stand for themselves: , ; : ( ) " - .
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from clara.synthesis.drafting.verbs import Token, is_finite
from clara.synthesis.drafting.words import BASES, COMMON_STARTS, PARTICIPLE, PAST, THIRD, word_set

_WORD = re.compile(
    r"[\"“](?=[A-Z])[^\"“”.;:?!]{2,50}[\"”](?!\w)|(?:St|Dr|Mr|Mrs|Ms|Prof|Gen|Col|Lt|Jr|Sr|Mt|Ft|Rev|Sen|Gov|(?<![A-Za-z])[A-Z](?:\.[A-Z])*)\.(?=\s[A-Z])|(?<![A-Za-z])(?:[A-Z]\.){2,}(?=\s[a-z])"
    r"|[^\W_](?:[\w'’.,&/–-]*[^\W_½¼¾])?[½¼¾]?(?:['’](?=\s))?|[^\w\s]"
)
_CLOSED = {
    "d": """the a an this these those all each every some many most several both no any another either neither few
        such half enough more less fewer""",
    "h": "its his her their our my your whose",
    "R": """it he she they him them we us i you me himself herself itself themselves who's something anything everything
        nothing someone everyone anyone others mine hers theirs oneself there here""",
    "o": "of",
    "t": "to",
    "c": "and or",
    "b": "but nor yet so",
    "w": "who which whom what how why",
    "T": "that",
    "S": """because when while although though since until if unless whereas whether where as after before once than
        whenever wherever""",
    "p": """in on at by for from with about into through during between among against under over near within without
        across along around behind beyond upon toward towards via per throughout despite like including outside inside
        following onto above below beside besides amid amongst except off out up down alongside opposite regarding
        concerning versus starring featuring containing involving using""",
    "B": "is are was were",
    "e": "been be being",
    "H": "has have had",
    "M": "can could will would may might must should shall cannot",
    "X": "do does did",
    "Z": "not never",
    "a": """also still often now then soon already always just only even very quite rather almost nearly about
        approximately roughly however therefore thus later together twice first eventually again once too well instead
        perhaps today abroad ago later thereafter afterwards sometimes furthermore moreover nevertheless otherwise
        further further long early somewhat long far away back ever seldom""",
    "#": """one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
        eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion
        trillion dozen""",
    "j": """new old other own same first second third last next early late late modern high low large small great good
        major minor main local national international several various different important best common single long short
        young human former current total final only due able likely entire whole certain open free strong public
        private white black red blue green dark rich poor heavy light early
        simple wide broad severe acute rapid rare deep""",
}
_LETTER = {word: letter for letter, words in _CLOSED.items() for word in words.split()}
_NO_ADVERB = word_set(
    """weekly daily monthly yearly quarterly elderly friendly deadly lonely costly hourly holy lovely family only early
    supply assembly anomaly monopoly reply belly jelly ally bully folly july italy"""
)
_NO_GERUND = word_set(
    """thing king ring spring wing string building meeting painting morning evening ceiling nothing something anything
    everything being wedding clothing housing funding training engineering manufacturing setting beginning ending
    offspring hearing warning feeling opening farming banking shipping mining"""
)
_PLURAL = re.compile(r"[^su]s$|people$|men$")
_NOUNS_HERE = word_set("broadcasts broadcast programs programmes matches teams lines rings parties surfaces")
_ADJECTIVE = re.compile(
    r"^(?:lower|higher|larger|smaller|greater|older|younger|longer|shorter|faster|better|worse|wider|bigger|easier|closer|similar)$|(?:ous|ful|ive|able|ible|ical|ial|ian|less|ish|ese|ary|ern|ular|ual|ent|ant|ic|al)$"
)
_NOUN_ANYWAY = re.compile(
    r"(?:ment|iment|ement|dent|ient|agent|parent|plant|ance|capital|hospital|animal|metal|music)$"
)
# words that end a predicate before what they open: 'such as', 'due to', 'in order to', 'as well as', 'rather than'
_BREAKS = {
    "such": "as\\b",
    "due": "to\\b",
    "in": "order to\\b",
    "as": "(?:well as|a result)\\b",
    "rather": "than\\b",
    "owing": "to\\b",
    "according": "to\\b",
    "prior": "to\\b",
}
SIGNS = {"$": "$", "€": "$", "£": "$", "¥": "$", "%": "%", "“": '"', "”": '"', "–": "-", "—": "-", "&": "c", "[": "("}
SIGNS["]"] = ")"


@dataclass(frozen=True, slots=True)
class Tagged:
    """A sentence as words with places, and `tags`: one letter per word."""

    text: str
    words: tuple[Token, ...]
    tags: str

    def piece(self, start: int, end: int) -> str:
        """The text of words `start` up to, not including, `end`; '' when there are none."""
        return self.text[self.words[start][1] : self.words[end - 1][2]] if end > start else ""


def tag_sentence(sentence: str, *, small: frozenset[str] = frozenset(), names: frozenset[str] = frozenset()) -> Tagged:
    """`small`, `names`: words that the passage writes without and with a capital inside its sentences.

    >>> tag_sentence("The lamp was built in Perth by the Kessor Works.").tags
    'dnBqpKpdKK.'
    >>> tag_sentence("Ada Lovelace wrote two letters, which have been lost.").tags
    'KKf#n,wHeq.'
    """
    words = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(sentence)]
    tags: list[str] = []
    for position in range(len(words)):
        tags.append(_letter(words, position, tags, small, names))
    return Tagged(sentence, tuple(words), _with_main_verb(words, _settled("".join(tags))))


def _letter(words: list[Token], position: int, tags: list[str], small: frozenset[str], names: frozenset[str]) -> str:
    word = words[position][0]
    low = word.lower()
    before = tags[position - 1] if tags else ""
    if len(word) > 1 and word[0] in '"“':
        return "K"  # a title in quotes
    if not word[0].isalnum():
        return SIGNS.get(word, word if word in ',;:()"-' else ".")
    if word[0].isdigit():
        return "j" if re.search(r"\d(?:st|nd|rd|th)$", word) else "#"
    capital = word[0].isupper()
    opens = position == 0 or all(tag in '"(' for tag in tags) or before == ":"
    if re.search(r"['’]s?$", word) and low not in ("it's", "he's", "she's", "that's", "there's", "let's"):
        return "y"
    if word == "I" and before == "K":
        return "K"
    if capital and not opens and word != "I" and not (before == '"' and low in _LETTER):
        return "K"
    if capital and opens and not _opens_small(words, position, small, names):
        return "K"
    if low in ("that", "this", "these", "those") and low == "that":
        return "d" if before in ("p", "o", "t") else "T"
    if low == "her" and before in ("v", "f", "p", "o") and _ends_phrase(words, position):
        return "R"
    if low in ("since", "until", "after", "before", "as", "than", "once") and not _has_subject_ahead(words, position):
        return "p"
    if low == "following" and before in ("d", "j"):
        return "j"
    if low in ("early", "late", "long", "first", "only", "more", "less", "most") and before in (
        "d",
        "h",
        "j",
        "#",
        "y",
    ):
        return "j"
    if low in _BREAKS and re.match(_BREAKS[low], " ".join(word[0] for word in words[position + 1 : position + 3])):
        return "-"
    if low == "no" and position + 1 < len(words) and words[position + 1][0] == "longer":
        return "Z"
    if low in _LETTER:
        return _LETTER[low]
    if before in ("t", "M", "X") and low in BASES:
        return "i"
    if before == "a" and len(tags) > 1 and tags[-2] in "tMX" and low in BASES:
        return "i"
    plural = position > 1 and before == "a" and tags[-2] == "n" and _PLURAL.search(words[position - 2][0])
    if plural and low in BASES - PARTICIPLE.keys() and _LETTER.get(_word_at(words, position + 1), "n") in "dhn#pt":
        return "v"  # 'the soils generally contain loam'
    if low in ("composed", "made", "comprised", "formed") and _word_at(words, position + 1) in ("of", "up"):
        return "q"
    if before in ("B", "H", "e") and (low in PARTICIPLE or re.search(r"[a-z]{3}ed$", low)):
        return "q"
    year = before == "#" and tags[-2:-1] in (["o"], ["p"]) and re.fullmatch(r"\d{4}", words[position - 1][0])
    if position and (before not in "djhyo$#p" or year) and low not in _NOUNS_HERE and is_finite(words, position):
        return "f" if low in PARTICIPLE or low in PAST or low.endswith("ed") else "v"
    if position and before in ("c", "w", "T", ",", "a") and (low in THIRD or low in PAST) and low not in PARTICIPLE:
        return "v" if low in PAST or before in ("w", "T") else _plural_or_verb(words, position)
    if low in PARTICIPLE or re.search(r"[a-z]{3}ed$", low):
        return "f" if before in ("w", "T") and low in PAST else "q"
    if low.endswith("ing") and len(low) > 4 and low not in _NO_GERUND:
        return "g"
    if low.endswith("ly") and low not in _NO_ADVERB:
        return "a"
    if _ADJECTIVE.search(low) and not _NOUN_ANYWAY.search(low):
        return "j"
    return "n"


# a clause has one finite verb: a second one before any boundary is a noun or a participle
_OF_ONE_CLAUSE = re.compile(r"((?<![,;:.wSTcb(R-])[BHMvf][^,;:.wSTcb()RBHMvfX-]*[dhnjKp#y])([vf])")


def _settled(tags: str) -> str:
    """'of material', 'the negative', 'the drawing of lots': what ends a phrase is its noun."""
    tags = _OF_ONE_CLAUSE.sub(lambda match: match[1] + ("n" if match[2] == "v" else "q"), tags)
    tags = re.sub(r"(?<=[dhyop])([jq#nKyg]*)j(?![jnKgqyaf#\"]|,a?j|,?ca?j+n)", lambda match: match[1] + "n", tags)
    tags = re.sub(r"(Ba?d[jnK#yg]*)f", r"\1q", tags)
    tags = re.sub(r"(?<=[dh#jp])(a?)f(?=[jnK])", r"\1q", tags)  # 'in chronically infected patients'
    tags = re.sub(r"(?<=[Kn])g(?=a?[BHMvf])", "n", tags)  # 'immunofluorescence staining showed'
    tags = re.sub(r"(?<=[BHe]a)f", "q", tags)
    tags = re.sub(r"(?<=o)g(?=[.,;)])", "n", tags)  # 'the physiology of aging'
    return re.sub(r"(?<=[dhyj])g(?=[opBHMvfc.,;)])", "n", tags)


_ASIDE = re.compile(r"[wSTg][^,;:]*|\([^)]*\)")


def _with_main_verb(words: list[Token], tags: str) -> str:
    """A sentence has a verb: where none was sure, the first word after a noun that can be one is."""
    open_part = _ASIDE.sub(lambda match: "_" * len(match.group()), tags)
    if re.search(r"[BHMXvf]", open_part) or not re.search(r"[.]$", tags):
        return tags
    for position in range(1, len(tags) - 1):
        if (
            open_part[position] not in "nq"
            or open_part[position - 1] not in "nKa)"
            or tags[position + 1] not in "dhpto#aKRj-"
        ):
            continue
        word = words[position][0]
        if (
            (word in PAST or re.search(r"[a-z]{3}ed$", word))
            and words[position + 1][0] != "by"
            and re.search(r"[nK)]", tags[:position])
        ):
            return f"{tags[:position]}f{tags[position + 1 :]}"
        if word in THIRD or (word in BASES and re.search(r"[^su]s$", words[position - 1][0])):
            return f"{tags[:position]}v{tags[position + 1 :]}"
    return tags


def _word_at(words: list[Token], position: int) -> str:
    return words[position][0].lower() if position < len(words) else "."


def _plural_or_verb(words: list[Token], position: int) -> str:
    following = words[position + 1][0].lower() if position + 1 < len(words) else ""
    return "v" if _LETTER.get(following, "n") in "dh#R" else "n"


def _ends_phrase(words: list[Token], position: int) -> bool:
    following = words[position + 1][0].lower() if position + 1 < len(words) else "."
    return not following[0].isalnum() or _LETTER.get(following, "n") in "potcSTw"


def _has_subject_ahead(words: list[Token], position: int) -> bool:
    """Whether a finite verb comes before the next comma: 'since it was built' against 'since 1908'."""
    for index in range(position + 1, min(len(words), position + 12)):
        word = words[index][0]
        low = word.lower()
        if word in ",;:.()" or low in ("when", "which", "that", "who", "where"):
            return False
        if index > position + 1 and (_LETTER.get(low, "n") in "BHMX" or is_finite(words, index)):
            return True
    return False


def _opens_small(words: list[Token], position: int, small: frozenset[str], names: frozenset[str]) -> bool:
    """Whether the capital of a sentence's first word is only that of a beginning."""
    word = words[position][0]
    low = word.lower()
    if not word[1:].islower() and len(word) > 1:
        return False
    following = words[position + 1][0] if position + 1 < len(words) else ""
    if (_LETTER.get(low) in ("j", "#") and following[:1].isupper()) or following in (
        "de",
        "von",
        "van",
        "der",
        "di",
        "al",
    ):
        return False
    if low in _LETTER or low in COMMON_STARTS:
        return True
    if low in small and not following[:1].isupper():
        return True
    if low in PARTICIPLE and _LETTER.get(following) in ("p", "t"):
        return True  # 'Founded in 2000, ...'
    if following[:1].isupper() or word in names:
        return False
    return bool(re.search(r"(?:s|ing|ed|ly|ion|ity|ness|ment|ism|ous|ive|ful|cal|nal|ory|ists)$", low))
