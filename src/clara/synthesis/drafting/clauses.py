"""Find subject, verb and the rest of a plain English main clause. Refuses whatever it is not sure of.

'In 1908, the Oru was built in Perth by Nia Silva, who ...'
  opening='1908' subject='the Oru' verb group 'was built' (passive) rest='in Perth by Nia Silva' tail=', who ...'
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from clara.synthesis.drafting.verbs import ADVERB, Token, is_finite, read_verb, starts_verb
from clara.synthesis.drafting.words import (
    BREAKERS,
    DATE,
    DETERMINERS,
    OPENERS,
    PARTICIPLE,
    PREPOSITIONS,
    word_set,
)

_WORD = re.compile(r"[^\W_](?:[\w'’.,&/–-]*[^\W_½¼¾])?[½¼¾]?|[^\w\s]")
_OPENING_DATE = re.compile(rf"^(?:In|On|By|During|Since|From|Around|After|Before|Until) (?P<date>{DATE}),? (?=\S)")
_OPENING_PHRASE = re.compile(
    r"^(?:In|On|At|By|During|Since|From|After|Before|Despite|With|Under|For|As|Among|Throughout|Following|According to"
    r"|Unlike|Like|Within|Upon|Between|Because of|Due to|Through|Along with|Besides|Apart from|When|While|Although"
    r"|Though|Because|Since|If|Once|[A-Z][a-z]+(?:ing|ed))\b [^,;:]{2,90}, (?=\S)"
)
_NAME = r"(?:[Tt]he )?[A-ZÀ-Ý][\w.'’-]*(?: (?:of |de |the )?[A-ZÀ-Ý][\w.'’-]*)*"
_NAME_LIST = re.compile(rf"^{_NAME}(?:, {_NAME})+,? (?:and|or) {_NAME}(?=,? )")
_OPENING_ADVERB = re.compile(r"^([A-Z][a-z]+ly),? (?=(?:the|a|an|[A-Z]\w*) )")
_NO_ADVERBS = word_set("Italy July Family Assembly Supply Sicily Emily Molly Kelly Billy Reply Anomaly Monopoly")
_OPENING_WITHOUT_COMMA = re.compile(
    r"^(?:In|At|During|On|For|By|After) (?:[\w'’-]+ ){1,7}?(?=(?:the|a|an|its|it|he|she|they) )"
)
_TRAILING_ADVERB = re.compile(
    r"\s+(?:[a-z]+ly|also|still|often|now|then|soon|first|later|already|always|both|all|itself|thereafter|afterwards?)$"
)
MAX_SUBJECT_WORDS = 10


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
            if clause is None:
                clause = _parse_inner(sentence, pending)
            pending = None
            if clause is None:
                break
            clauses.append(clause)
            clauses.extend(part for part in (_reduced_relative(clause), _trailing_participle(clause)) if part)
            subject = clause.subject
            more = re.match(r"^,? (?:and|but)(?: (?:then|later|also|therefore|thus))? (?P<more>.+)$", clause.tail)
            if more:
                first = more["more"].split()[0]
                if clause.form == "passive" and first in PARTICIPLE:
                    pending = f"{subject} {clause.auxiliary} {more['more']}"
                else:
                    pending = f"{subject} {more['more']}" if starts_verb(first) else more["more"]
            elif relative := _RELATIVE.match(clause.tail):
                named = _LAST_NAME.search(clause.rest)
                pending = f"{named['name']} {relative['more']}" if named else None
    return clauses


def parse_clause(sentence: str) -> Clause | None:
    """The first main clause of a sentence, None when it is not a plain one.

    >>> clause = parse_clause("In 1908, the Oru was built in Perth, near the sea.")
    >>> clause.opening_date, clause.subject, clause.form, clause.verb, clause.rest
    ('1908', 'the Oru', 'passive', 'build', 'in Perth')
    """
    clauses = parse_clauses(sentence)
    return clauses[0] if clauses else None


def _reduced_relative(clause: Clause) -> Clause | None:
    """'Oru is a lamp designed by Nia Silva' also says that Oru was designed by her."""
    match = re.search(r"^(?:an?|the) (?:[\w-]+ ){1,5}?(?P<verb>\w+) (?P<rest>(?:by|in|at) .+)$", clause.rest)
    if (
        clause.form != "be"
        or match is None
        or match["verb"] not in PARTICIPLE
        or match["verb"] in ("used", "set", "found")
    ):
        return None
    rest = re.split(r" and (?=\w+ (?:by|in|at|for) )", match["rest"])[0]
    return _as_passive(clause, match["verb"], rest)


def _trailing_participle(clause: Clause) -> Clause | None:
    """'Oru is a lamp, designed by Nia Silva' says so too."""
    match = re.match(r"^, (?P<verb>\w+) (?P<rest>(?:by|in|at|from|as) [^,;]+)", clause.tail)
    if clause.form != "be" or match is None or match["verb"] not in PARTICIPLE or match["verb"] in ("made", "set"):
        return None
    return _as_passive(clause, match["verb"], match["rest"])


def _as_passive(clause: Clause, participle: str, rest: str) -> Clause:
    auxiliary = "was" if clause.auxiliary in ("is", "was") else "were"
    return Clause(
        sentence=clause.sentence,
        opening_date="",
        subject=clause.subject,
        apposition="",
        form="passive",
        auxiliary=auxiliary,
        verb=PARTICIPLE[participle],
        words=participle,
        rest=rest,
        tail="",
    )


def _parse_one(sentence: str, text: str) -> Clause | None:
    text, opening_date = _strip_opening(text)
    tokens = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]
    if not tokens or tokens[0][0].lower() in PREPOSITIONS - {"like"} or _looks_adverbial(text):
        return None
    names = _NAME_LIST.match(text)
    position, interior = _find_verb(tokens, listed=names.end() if names else 0)
    if position is None:
        return None
    subject, apposition = text[: tokens[position][1]].strip(), ""
    if interior is not None:
        apposition = text[tokens[interior][2] : tokens[position][1]].strip(" ,")
        subject = text[: tokens[interior][1]].strip()
    subject = re.sub(r" ?\([^)]*\)", "", subject).strip()
    subject = _TRAILING_ADVERB.sub("", subject).removesuffix(" and")
    if len(subject) < 2 or re.search(r"[()]" if names else r"[,()]", subject):
        return None
    group = read_verb(tokens, position)
    if group is None or subject.lower() in DETERMINERS or ADVERB.match(subject):
        return None
    rest, tail = _cut(text[group.end :], group.form)
    return Clause(
        sentence=sentence,
        opening_date=opening_date,
        subject=subject,
        apposition=apposition,
        form=group.form,
        auxiliary=group.auxiliary,
        verb=group.verb,
        words=text[group.start : group.end],
        rest=rest.strip(),
        tail=tail,
    )


def _parse_inner(sentence: str, text: str) -> Clause | None:
    """The clause after the first comma or two, when what stands before has a verb of its own or opens as an aside."""
    for match in list(re.finditer(r", (?:and |but )?(?=(?:the|a|an|[A-Z][\w'’-]+) )", text))[:2]:
        before = text[: match.start()]
        aside = re.match(
            r"(?:[A-Z][a-z]+(?:ing|ed)|Just|Even|Of|To|Long|Once|Until|Where|Whereas|Throughout)\b", before
        )
        if aside or any(starts_verb(word) for word in before.split()[1:]):
            return _parse_one(sentence, text[match.end() :])
    return None


def _looks_adverbial(text: str) -> bool:
    first = text.split()[0] if text.split() else ""
    return first.endswith("ly") and first not in _NO_ADVERBS


def _strip_opening(text: str) -> tuple[str, str]:
    date = ""
    text = re.sub(
        r"^(?:Thus|Hence|Then|Therefore|However|Also|Instead|Consequently|Today|Eventually) (?=[a-zA-Z])", "", text
    )
    if (match := _OPENING_ADVERB.match(text)) and match[1] not in _NO_ADVERBS:
        text = text[match.end() :]
    for _ in range(4):
        if match := _OPENING_DATE.match(text):
            date, text = date or match["date"], text[match.end() :]
            continue
        head, comma, rest = text.partition(", ")
        if comma and head.lower() in OPENERS:
            text = rest
            continue
        if match := _OPENING_PHRASE.match(text[:1].upper() + text[1:]):
            if re.match(r"\w+(?:ing|ed) ", text) and re.match(r"[a-z]+ing\b|and\b", text[match.end() :]):
                break  # the comma is one of a list
            text = text[match.end() :]
            continue
        if match := _OPENING_WITHOUT_COMMA.match(text):
            text = text[match.end() :]
            continue
        break
    return text, date


def _find_verb(tokens: list[Token], *, listed: int = 0) -> tuple[int | None, int | None]:
    """(place of the main verb, place of the comma that opens an apposition before it); (None, None) when unsure.

    Up to character `listed` the tokens are a list of names: part of the subject whatever they are.
    """
    words = depth = 0
    comma: int | None = None
    for position, (word, _, end) in enumerate(tokens):
        lowered = word.lower()
        depth += (word == "(") - (word == ")")
        if depth or word == ")" or end <= listed:
            continue
        if comma is not None:  # inside ', a lamp from Perth,': only its end matters
            if word == "," and position + 1 < len(tokens):
                following = position + 1
                while following + 1 < len(tokens) and tokens[following][0] in '"”':
                    following += 1
                while following + 1 < len(tokens) and ADVERB.match(tokens[following][0]):
                    following += 1
                if is_finite(tokens, following):
                    return following, comma
                if re.match(r"(?:and|or)$", tokens[position + 1][0]):
                    return None, None
            if position - comma > 25 or word in ";:":
                return None, None
            continue
        if word == "," and position > 0:
            comma = position
            continue
        if word in '"“”':
            continue
        if word in ";:–—" or lowered in BREAKERS or lowered == "there":
            return None, None
        words += 1
        if words > MAX_SUBJECT_WORDS:
            return None, None
        if position and is_finite(tokens, position):
            return position, None
    return None, None


_RELATIVE = re.compile(r"^, (?:who|which) (?P<more>[^,;]+)")
_LAST_NAME = re.compile(r"(?:^|\s)(?P<name>(?:the )?[A-ZÀ-Ý][\w.'’-]*(?: (?:of |de |the )?[A-ZÀ-Ý][\w.'’-]*)*)$")
_CUT = re.compile(
    r",(?! ?\d{3}\b)(?! (?:1[0-9]{3}|20[0-9]{2})\b)|[;:]| [–—-] |—| \((?=[^)]*\))"
    r"| (?:which|who|whom|whose|where|when|while|although|though|because|since(?! (?:the |early |late |mid)?[A-Z0-9])"
    r"|until|unless|so|but|if|as well as|whereas|due to)\b"
    r"| that (?=\w)| and (?=(?P<next>\w+))"
)


def _cut(after: str, form: str) -> tuple[str, str]:
    """(the clause's own rest, everything from the first boundary on)."""
    for match in _CUT.finditer(after):
        following = match["next"]
        if following is not None:
            joined = starts_verb(following) or (form == "passive" and following in PARTICIPLE)
            if form in ("passive", "perfect", "be") and following in PARTICIPLE:
                joined = form == "passive" and bool(after[: match.start()].strip())  # not 'designed and built'

            joined = joined or following in ("it", "he", "she", "they", "later", "therefore", "thus", "then")
            if not joined:
                continue
        return after[: match.start()], after[match.start() :]
    return after, ""
