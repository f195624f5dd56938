"""is_sound: whether a drafted question reads as one and its answer is whole, judged by the sentence that it came from.

The families read letters and patterns; what they cut too short or joined by mistake shows in the words around the cut.
"""

from __future__ import annotations

import re

from clara.synthesis.drafting.words import (
    BE,
    BREAKERS,
    HAVE,
    MODALS,
    NOUN_LIKE,
    PARTICIPLE,
    PREPOSITIONS,
    THIRD,
    YEAR,
    word_set,
)
from clara.synthesis.drafts import Draft

_MAY_FOLLOW = (
    PREPOSITIONS
    | BREAKERS
    | BE
    | HAVE
    | MODALS
    | word_set("and or but also both then not only who than due off out up down onto inside outside to per because")
)
_BROKEN = re.compile(
    r"^Who (?:is|was|are|were) (?:written|published|released|recorded|produced|filmed|built|developed)\b|"
    r"\b(?:the|an?) (?:after|in|of|on|at|by|for|with|from|to|and|or|is|was|are|were|be|which|that|the)\b"
    r"|\ban? \w+ed (?:be|do|have|make|become)\b"
    r"|\b(?:provided|respectively|including|such|whether|being|having)\?$"
    r"|\band [\w–-]+(?:ed|en|ing)\?$"  # 'Who directed the film and produced?'
    r"|(?<=[\w,]) (?:The|An|Its|His|Her|Their|This|These) [a-z]"  # a heading ran into the sentence
    r"|(?<!\bas) a whole\b"
    r"|^(?:What|Who) films? |\b(?:did|does|do) (?:first|then|second|next) "
    r"|``|\bno\?$| ['’]|\w\.\w{3,}\?$"
    r"|^How many [^?]* (?:is|was) (?!there\b|it\b)[^?]*\?$(?<!by\?)"
    r"|^What (?:is|was|are|were) (?:to |an? (?:\w+ )?example\?$)"
    r"| through\?$|\b(?:did|does|do|was|is) [a-z]+ing [A-Z]"
    r"|, as (?:long|well|soon|far)\?$"
    r"|\b(?:is|are|was|were|has|had|does|did) [^?]{3,40} (?:is|are|was|were) (?!not\b)\w+ed\b"
    r"|^(?:What|Who) (?:named|called|titled|entitled|dubbed|given|observed|estimates|increased|based|used)"
    r" (?:as|[\"A-Z])"
)
_OTHER_CLAUSE = re.compile(r", and (?:the|an?) [\w -]+\?$")
_HOW_MANY_AND = re.compile(
    r"^(?:\w+ )?[Hh]ow many (?:[\w'’-]+ ){1,6}and (?:\w+s (?:a|an|the|\w+ \w+s)\b|contain|have|\d)"
)
_CUT_NUMBER = re.compile(r"^ ?(?:°|%|per ?cent\b|million\b|billion\b|(?:to|or|and|–|-|±|×) ?[−-]?\d|/|[½¼¾])")
_CUT_DATE = re.compile(r"^ ?(?:and (?:\d{4}|early|late|mid)|(?:or|–|-|/|--) ?(?:\d|[A-Z])|,? \d{4}\b)")
_DATE_OF_EVENT = re.compile(
    r"\b(?:after|before|until|following|since|prior to|for the|of the) (?:[\w'’.-]+ ){1,6}(?:in|on) $"
)
_ONE_ADJECTIVE = re.compile(r"^[A-Z][a-z]+(?:ed|al|ive|ous|ary|ant|ent|ble|ic|ing|ly|en)$")


def is_sound(draft: Draft) -> bool:
    """Whether a draft may be handed over.

    >>> sentence = "Average temperatures range from 16.3 °C to 18.1 °C inland."
    >>> question = "What do average temperatures range from?"
    >>> is_sound(Draft(questions=(question,), answer="16.3", evidence=sentence, kind="relation"))
    False
    """
    question, answer = draft.questions[0], draft.answer
    if ", and " in question and question.count(",") == 1 and _OTHER_CLAUSE.search(question):
        return False
    if answer in ("such", "so", "above", "below") or _is_supposed(question, draft):
        return False
    if _BROKEN.search(question) or question.count('"') % 2:
        return False
    if draft.kind == "count" and (re.fullmatch(YEAR, answer) or _HOW_MANY_AND.match(question)):
        return False  # a year taken for a number of things
    if draft.kind == "object" and re.match(r"[a-z]+s (?:the|an?) ", answer):
        return False  # 'grants territories the right'
    if draft.kind in ("subject", "doer") and re.match(
        r"(?:[a-z]+ing(?= [A-Z])|In|On|At|By|From|During|After) ", answer
    ):
        return False
    if re.match(r"(?:the following|as follows|the [\w-]+$(?<=following))\b", answer):
        return False
    if draft.kind in ("subject", "doer") and (_ONE_ADJECTIVE.match(answer) or answer in ("Given", "Initial", "A")):
        return False
    if draft.kind not in ("definition", "abbreviation", "birth", "death") and _question_is_cut(question, draft):
        return False
    if draft.kind == "place" and _DOES_WHAT.search(question):
        return False  # 'Where did foals identify?'
    places = [match.end() for match in re.finditer(re.escape(answer), draft.evidence)]
    return not places or any(not _is_cut(draft, place) for place in places)


_DOES_WHAT = re.compile(
    r"^(?:Where|In which place) (?:did|does|do) .* (?:identify|locate|build|report|find|make|produce|hold|establish"
    r"|discover|isolate|detect|observe|describe|use|base|collect|recover|record|call|see|install|publish|situate)\?$"
)
_MORE_OF_A_NOUN = re.compile(r" (?!so\b|as\b|if\b)(?:of|[a-z][\w-]*(?:s|tion|ment|ity|ness|ence|ance|er|or))\b(?!['’])")
_NO_NOUN = word_set(
    """is was has does its his this as us thus plus across towards besides always sometimes perhaps her after over under
    rather however whether never ever later earlier together for or nor per other hers ours yours further since whereas
    hence once more less"""
)


_SOME = (
    r"the (?:film|movie|series|show|album|song|book|band|group|company|station|building|city|town|village|school|flag"
    r"|university|team|club|battle|musical|game|casino|hotel|island|river|church|museum|bridge|festival|program(?:me)?"
    r"|project|system|event|award|season|episode|character|novel|plant|species|family|party|state|country|study"
    r"|method|results?|data|authors|patients?|virus|paper|article|site|area|region|song|single|story|property|bill"
    r"|law|act|government|president|king|king|army|population|term|word|name|line|service|website|process|model)"
)
_VAGUE_QUESTION = re.compile(
    rf"^(?:\w+ ){{1,4}}?(?:is|are|was|were|does|do|did|has|have|had|can|could|will|would) {_SOME} [a-z]+"
)
_VAGUE_ANSWER = re.compile(rf"^{_SOME}$", re.IGNORECASE)


def is_vague(draft: Draft) -> bool:
    """Whether only one who has the text at hand knows what is meant: 'When was the building sold?'."""
    question = draft.questions[0]
    named = re.search(r"\b[A-Z]", question[1:]) is not None
    if draft.kind in ("subject", "doer") and re.fullmatch(r"[Tt]he [a-z]+(?: [a-z]+)?", draft.answer):
        return True
    return (_VAGUE_QUESTION.match(question) is not None and not named) or _VAGUE_ANSWER.match(draft.answer) is not None


def _is_supposed(question: str, draft: Draft) -> bool:
    """'if a formula is a consequence of ...' does not say what a formula is."""
    match = re.match(r"What (?:is|was) (an? .+)\?$", question) if draft.kind == "definition" else None
    return (
        match is not None
        and re.search(rf"\b(?:[Ii]f|[Ww]hen|whether|unless|that) {re.escape(match[1])}\b", draft.evidence) is not None
    )


def _question_is_cut(question: str, draft: Draft) -> bool:
    """Whether the question ends within a noun phrase of the sentence: 'for liquid' of 'for liquid cultures'."""
    words = question[:-1].split()
    tail = " ".join(words[-2:])
    place = draft.evidence.find(tail)
    if place < 0 or len(words) < 5:
        return False
    end = place + len(tail)
    after = draft.evidence[end:]
    if draft.evidence.startswith(draft.answer, end + 1):
        return False
    if re.match(r":\d|\.\d|[–-]\w", after):
        return True  # 'report at 8' of 'report at 8:00'
    if re.search(r"\b(?:the|\w+['’]s) (?:\w+ )?(?:\w+est|first|only|last|most)\b", question) and re.match(
        r" (?:not|that|to|other|ever)\b", after
    ):
        return True
    if re.match(r"What (?:shows?|showed|leaves?|left|finds?|found|keeps?|kept|sees?|saw) ", question) and re.match(
        r" [a-z]+ing\b", after
    ):
        return True  # 'shows residents paying taxes'
    match = _MORE_OF_A_NOUN.match(after)
    if match is None:
        return False
    word = match.group().strip()
    return word == "of" or not (word in _NO_NOUN or word in _MAY_FOLLOW)


def _is_cut(draft: Draft, end: int) -> bool:
    """Whether the sentence goes on where the answer could not have ended."""
    answer, after = draft.answer, draft.evidence[end:]
    joined = draft.kind in ("definition", "description", "agent", "subject", "object", "relation") and re.findall(
        r" and (\w+)(?= (?:a|an|the|about|over|\w+ing|\d)\b| [a-z]+ )", answer
    )
    if joined and any(
        (word in THIRD and (word not in NOUN_LIKE or word == "features")) or word in ("receive", "have")
        for word in joined
    ):
        return True  # 'a front wheel drive car and features traction control'
    before = draft.evidence[: end - len(answer)]
    if re.match(r" ?/ ?\w|[–-]\w| ?['’]s\b|, (?:D\.C|Jr|Sr|Inc|Ltd)\b| , D\.C", after):
        return True
    if draft.kind in ("birth", "death"):
        return False
    if re.search(r"\w[-–]$|[$€£]$|\d[.,]$", before):
        return True
    if answer[-1].isdigit() and _CUT_NUMBER.match(after):
        return True
    if (
        draft.kind in ("definition", "role")
        and re.search(r"-\w+$|\b(?:small|large|high|low|daily)$", answer)
        and after.startswith(",")
    ):
        return True  # 'a Chinese-language, collaborative encyclopedia'
    if draft.kind == "claim" and answer.count(",") > 1 and after.startswith(", and "):
        return True  # a list that goes on
    if draft.kind == "date":
        return _CUT_DATE.match(after) is not None
    last = answer.split()[-1]
    if last in ("resulting", "consisting", "arising", "ranging", "leading", "depending", "stemming"):
        return True
    if last in PARTICIPLE and last not in ("bus", "set", "cost", "cut") and re.match(r" [a-z]", after):
        return True  # 'fashionable clothes made | for special occasions'
    if draft.kind in ("definition", "role") and (following := re.match(r" ([a-z][\w-]*)", after)):
        word = following[1]
        return not (
            word in _MAY_FOLLOW
            or (word in PARTICIPLE and word not in ("set", "cost", "cut", "read"))
            or (word.endswith(("ing", "ed", "ly")) and "-" not in word)
        )
    return False
