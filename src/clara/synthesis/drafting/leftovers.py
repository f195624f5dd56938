"""Drafts that only look like facts: what a page's layout, a cut line or a decoding error left behind."""

from __future__ import annotations

import re

from clara.synthesis.drafts import Draft

_QUESTION = re.compile(
    r"\*|\.[-–—]|[¢•▪†‡]|[a-z][-–]\s"  # marks of a list, of a note, of a word broken at a line's end
    r"|^What (?:do|does|did) [^?]* like\?"  # 'features like these': no verb
    r"|^\w+(?: \w+)? (?:do|does|did|is|are) [Ll]et['’]s\b"
    r"|\b(?:Table|Figure|Fig|Section|Sec|Eq|Chapter|Appendix|Annex|No|U\.S\.C|§)\.?\?$"  # its number was cut off
    r"|\bet al\b.*\bet al\b"
)
_ANSWER = re.compile(
    r"[-–—/&(\[{]$|\*|[¢•▪†‡]|\b\d+ U\.S\.C\.?$|\d\.\d+ \d+\.\d"
    r"|^(?:the )?(?:following|same (?:way|manner|time|thing|place))\b|^as follows\b",
    re.IGNORECASE,
)
_COUNT = re.compile(r"^How many (?P<said>[^?]+)\?$")
_NO_AUXILIARY = re.compile(
    r"^(?:What|Who) (?:fertilized|conducted|certified|obtained|performed|located|based|used|applied|collected|measured"
    r"|published|presented|described|required|funded|designed|produced|treated|constructed|considered|included|defined"
    r"|listed|provided|issued|approved|authorized|equipped|associated|related|compared|combined|composed|covered)"
    r" (?:with|as|on|in|at|by|under|from|for)\b"  # 'plots fertilized with litter': nothing fertilized them here
    r"|^Where did [^?]* locate\?"
)
_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|be|been|do|does|did|has|have|had|can|could|will|would|may|might|must|should)\b"
)


def is_leftover(draft: Draft) -> bool:
    """Whether a question or its answer is no sentence that a person would write.

    >>> cut = Draft(questions=("What are presented in Table?",), answer="Results", evidence="", kind="subject")
    >>> is_leftover(cut)
    True
    """
    if _ANSWER.search(draft.answer) or any(_QUESTION.search(question) for question in draft.questions):
        return True
    return any(_lost_its_verb(question, draft.evidence) for question in draft.questions)


def _lost_its_verb(question: str, evidence: str) -> bool:
    """'How many laptops delivered in May?' of 'There were 200 laptops delivered in May'."""
    if _NO_AUXILIARY.search(question):
        return True
    if re.match(r"(?:When|Where) did\b", question) and re.match(r"There (?:is|are|was|were)\b", evidence):
        return True
    match = _COUNT.match(question)
    if match is None or _AUXILIARY.search(match["said"]):
        return False
    if re.search(r"\bThere (?:is|are|was|were)\b", evidence):
        return True
    verb = re.search(r"\b\w+ed\b", match["said"])
    return verb is not None and re.search(rf"\b(?:and|or) {re.escape(verb.group())}\b", evidence) is not None
