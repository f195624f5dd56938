"""Find subject, verb and the rest of a plain English main clause. Refuses whatever it is not sure of.

'In 1908, the Oru was built in Perth by Nia Silva, who ...'
  opening='1908' subject='the Oru' verb group 'was built' (passive) rest='in Perth by Nia Silva' tail=', who ...'
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from clara.synthesis.drafting.words import (
    BASES,
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
    r"|Unlike|Like|Within|Upon|Between|Because of|Due to|Through|Along with|Besides|Apart from|When|While|Although|Though"
    r"|Because|Since|If|Once|[A-Z][a-z]+(?:ing|ed)\b) ?[^,;:]{2,90}, (?=\S)"
)
_ADVERBS = re.compile(
    r"^(?:\w+ly|also|still|often|now|then|soon|first|once|later|already|usually|always|never|not|both|all)$"
)
_LOST_ADVERBS = frozenset("also then now later soon still already always both all often usually generally once".split())
_TRAILING_ADVERB = re.compile(
    r"\s+(?:\w+ly|also|still|often|now|then|soon|first|later|already|always|both|all|itself|thereafter|afterwards?)$"
)
MAX_SUBJECT_WORDS = 10
_Token = tuple[str, int, int]  # (word, start, end)


@dataclass(frozen=True, slots=True)
class Clause:
    """`form`: be, passive, perfect, modal, have, past or present. `auxiliary` is the word a question moves to the front
    (do, does or did where the clause has none); `verb` is the base form; `words` the verb as written, without the
    auxiliary."""

    sentence: str
    opening_date: str
    subject: str
    apposition: str  # 'a lamp' of 'Oru, a lamp, was ...'
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

    @property
    def is_passive(self) -> bool:
        return self.form == "passive" or self.words.startswith(("been ", "be "))


def parse_clauses(sentence: str) -> list[Clause]:
    """The main clauses of a sentence that are plain enough to be sure of, in order; [] when none is.

    >>> [(clause.subject, clause.verb) for clause in parse_clauses("Oru is a lamp built in Perth and costs 9 euros.")]
    [('Oru', 'be'), ('Oru', 'build'), ('Oru', 'cost')]
    """
    text = re.sub(r"[.!]+[\"”’)]*$", "", re.sub(r"\[[^\]]{1,30}\]", "", sentence)).strip()
    if not text or sentence.rstrip().endswith("?") or text.count('"') % 2:
        return []
    clauses: list[Clause] = []
    subject = ""
    for piece in re.split(r"; ", text):
        pending: str | None = piece
        for _ in range(3):
            if not pending:
                break
            clause = _parse_one(sentence, pending)
            pending = None
            if clause is None:
                break
            clauses.append(clause)
            if reduced := _reduced_relative(sentence, clause):
                clauses.append(reduced)
            subject = clause.subject
            more = re.match(r"^,? (?:and|but)(?: (?:then|later|also|therefore|thus))? (?P<more>.+)$", clause.tail)
            if more:
                first = more["more"].split()[0]
                pending = f"{subject} {more['more']}" if _starts_verb(first) else more["more"]
    return clauses


def parse_clause(sentence: str) -> Clause | None:
    """The first main clause of a sentence, None when it is not a plain one.

    >>> clause = parse_clause("In 1908, the Oru was built in Perth, near the sea.")
    >>> clause.opening_date, clause.subject, clause.form, clause.verb, clause.rest
    ('1908', 'the Oru', 'passive', 'build', 'in Perth')
    """
    clauses = parse_clauses(sentence)
    return clauses[0] if clauses else None


def _starts_verb(word: str) -> bool:
    return (
        word in BE
        or word in HAVE
        or word in MODALS
        or (word in PAST and word not in NOT_PAST - {"led"})
        or (word in THIRD and word not in NOUN_LIKE - {"costs"})
    )


def _reduced_relative(sentence: str, clause: Clause) -> Clause | None:
    """'Oru is a lamp designed by Nia Silva' also says that Oru was designed by her."""
    match = re.search(r"^(?:an?|the) (?:[\w-]+ ){1,5}?(?P<verb>\w+) (?P<rest>(?:by|in|at) .+)$", clause.rest)
    if (
        clause.form != "be"
        or match is None
        or match["verb"] not in PARTICIPLE
        or match["verb"] in ("used", "set", "found")
    ):
        return None
    verb = PARTICIPLE[match["verb"]]
    auxiliary = "was" if clause.auxiliary in ("is", "was") else "were"
    rest = re.split(r" and (?=\w+ (?:by|in|at|for) )", match["rest"])[0]
    return Clause(sentence, "", clause.subject, "", "passive", auxiliary, verb, match["verb"], rest, "")


def _parse_one(sentence: str, text: str) -> Clause | None:
    text, opening_date = _strip_opening(text)
    tokens = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]
    if not tokens or tokens[0][0].lower() in PREPOSITIONS - {"like"} or re.match(r"[a-zA-Z]+ly\b", text):
        return None
    position, interior = _find_verb(tokens)
    if position is None:
        return None
    subject, apposition = text[: tokens[position][1]].strip(), ""
    if interior is not None:
        apposition = text[tokens[interior][2] : tokens[position][1]].strip(" ,")
        subject = text[: tokens[interior][1]].strip()
    subject = re.sub(r" ?\([^)]*\)", "", subject).strip()
    subject = _TRAILING_ADVERB.sub("", subject)
    if len(subject) < 2 or re.search(r"[,()]", subject):
        return None
    return _read_verb(sentence, text, tokens, position, (subject, apposition, opening_date))


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
            if re.match(r"\w+(?:ing|ed) ", text) and re.match(r"[a-z]+ing\b|and\b", text[match.end() :]):
                break  # the comma is one of a list
            text = text[match.end() :]
            continue
        break
    return text, date


def _find_verb(tokens: list[_Token]) -> tuple[int | None, int | None]:
    """(place of the main verb, place of the comma that opens an apposition before it); (None, None) when unsure."""
    words = 0
    comma: int | None = None
    for position, (word, _, _) in enumerate(tokens):
        lowered = word.lower()
        if comma is not None:  # inside ', a lamp from Perth,': only its end matters
            if word == "," and position + 1 < len(tokens):
                following = position + 1
                while following + 1 < len(tokens) and _ADVERBS.match(tokens[following][0]):
                    following += 1
                if _is_finite(tokens, following):
                    return following, comma
                if re.match(r"(?:and|or)$", tokens[position + 1][0]):
                    return None, None
            if position - comma > 25 or word in ";:":
                return None, None
            continue
        if word == "," and position > 0:
            comma = position
            continue
        if word in ';:–—"“”' or lowered in BREAKERS or lowered == "there":
            return None, None
        if word in "()":
            continue
        words += 1
        if words > MAX_SUBJECT_WORDS:
            return None, None
        if position and _is_finite(tokens, position):
            return position, None
    return None, None


def _is_finite(tokens: list[_Token], position: int) -> bool:
    word = tokens[position][0]
    if word in BE or word in HAVE or word in MODALS:
        return True
    if word in ("do", "does", "did") or not word.islower():
        return False
    following = tokens[position + 1][0] if position + 1 < len(tokens) else ""
    before = tokens[position - 1][0].lower()
    if before in DETERMINERS or before in PREPOSITIONS or before in ("and", "or", "to"):
        return False
    if word in THIRD:
        if word in NOUN_LIKE:
            return (
                before in ("it", "he", "she")
                or re.match(
                    rf"(?:(?:the|a|an|its|his|her|their|up|out|it|about|over|nearly|approximately)$|\d|[$€£¥]|{NUMBER_WORD}$)",
                    following,
                )
                is not None
            )
        return True
    if word in PAST and word not in NOT_PAST - {"led"}:
        if following in ("by", "as", "to", "for", "in", "at", "with", "from", "on", "of") and word in PARTICIPLE:
            return not _finite_later(tokens, position + 1)
        return True
    if word in BASES and word not in PARTICIPLE:  # 'pumps use', 'steam and water give'
        plural = re.search(r"(?:[^su]s|people|men|women|children)$", before) is not None
        return (
            plural and re.match(r"(?:the|a|an|their|its|to|on|in|for|as|from|\d|[a-z]+s$|[A-Z])", following) is not None
        )
    return False


def _finite_later(tokens: list[_Token], start: int) -> bool:
    """Another main verb before the next boundary means the first one was 'the lamps designed by X'."""
    for position in range(start, min(len(tokens), start + 14)):
        word = tokens[position][0]
        if word in ",;:" or word.lower() in BREAKERS or word == "and":
            return False
        if _starts_verb(word):
            return True
    return False


def _read_verb(
    sentence: str, text: str, tokens: list[_Token], position: int, found: tuple[str, str, str]
) -> Clause | None:
    subject, apposition, opening_date = found
    word = tokens[position][0]
    index = position + 1
    while (
        word in BE | HAVE | MODALS and index < len(tokens) and index < position + 3 and _ADVERBS.match(tokens[index][0])
    ):
        index += 1
    helper = [token[0] for token in tokens[position + 1 : index]]
    if "not" in helper or "never" in helper or (tokens[position + 1 :] and tokens[position + 1][0] == "not"):
        return None
    following = tokens[index][0] if index < len(tokens) else ""
    next_one = tokens[index + 1][0] if index + 1 < len(tokens) else ""
    start, end = tokens[position][1], tokens[position][2]
    if (word in BE and following in PARTICIPLE and following != "set") or (word in BE and following == "set"):
        form, auxiliary, verb = "passive", word, PARTICIPLE[following]
        kept = next((i for i in range(position + 1, index) if tokens[i][0] not in _LOST_ADVERBS), index)
        start, end = tokens[kept][1], tokens[index][2]
    elif word in BE:
        if following.endswith("ing") and len(following) > 5 and _gerund_base(following):
            return None
        form, auxiliary, verb = "be", word, "be"
        end = tokens[index - 1][2]
    elif word in HAVE | MODALS and following in ("been", "be") and next_one in PARTICIPLE:
        form, auxiliary, verb = "perfect" if word in HAVE else "modal", word, PARTICIPLE[next_one]
        words_start, end = tokens[index][1], tokens[index + 1][2]
        start = words_start
    elif word in HAVE and following in PARTICIPLE and following != "been":
        form, auxiliary, verb = "perfect", word, PARTICIPLE[following]
        start, end = tokens[index][1], tokens[index][2]
    elif word in MODALS:
        if following not in BASES:
            return None
        form, auxiliary, verb = "modal", word, following
        start, end = tokens[index][1], tokens[index][2]
    elif word in HAVE:
        if following == "been" or following == "to":
            return None
        form, auxiliary, verb = "have", {"had": "did", "have": "do", "has": "does"}[word], "have"
        end = tokens[index - 1][2]
    elif word in PAST:
        form, auxiliary, verb = "past", "did", PAST[word]
    elif word in THIRD:
        form, auxiliary, verb = "present", "does", THIRD[word]
    else:
        form, auxiliary, verb = "present", "do", word
    rest, tail = _cut(text[end:], form)
    return Clause(
        sentence, opening_date, subject, apposition, form, auxiliary, verb, text[start:end], rest.strip(), tail
    )


def _gerund_base(word: str) -> bool:
    stem = word[:-3]
    return stem in BASES or stem + "e" in BASES or (len(stem) > 2 and stem[-1] == stem[-2] and stem[:-1] in BASES)


_CUT = re.compile(
    r",(?! ?\d{3}\b)(?! (?:1[0-9]{3}|20[0-9]{2})\b)|[;:]| [–—-] |—| \((?=[^)]*\))"
    r"| (?:which|who|whom|whose|where|when|while|although|though|because|since(?! (?:the |early |late |mid)?[A-Z0-9])|until|unless|so|but|if|as well as|whereas|due to)\b"
    r"| that (?=\w)| and (?=(?P<next>\w+))"
)


def _cut(after: str, form: str) -> tuple[str, str]:
    """(the clause's own rest, everything from the first boundary on)."""
    for match in _CUT.finditer(after):
        following = match["next"]
        if following is not None:
            joined = _starts_verb(following) and not (form in ("passive", "perfect", "be") and following in PARTICIPLE)
            joined = joined or following in ("it", "he", "she", "they", "later", "therefore", "thus", "then")
            if not joined:
                continue
        return after[: match.start()], after[match.start() :]
    return after, ""
