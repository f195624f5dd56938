"""Questions over several facts without a model: verified single facts joined by rules, so that every part is proven.

bridge: the name in one question is replaced by what another passage's fact says of it.
joint: two facts of one subject asked at once. comparison: which of two subjects has more of a measured thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from clara.synthesis.drafts import ComplexDraft, Draft
from clara.synthesis.facts import PassageFacts
from clara.synthesis.language import is_unspaced

_ORGANISATION = re.compile(
    r"\b(?:Works|Inc|Ltd|Co|Corp|Company|Group|University|Institute|College|Museum|Bank|Society|Laboratory|Labs?|Studio|Press"
    r"|Agency|Association|Foundation|Council|Ministry|Industries|Systems|Technologies)\b\.?"
)
_WHO = re.compile(r"^Who ((?!is |was |were |are |did |does |do |has |had |will |would |can )[a-z]\w+ .+)\?$")
_WHICH = re.compile(
    r"^(?:Which|What) ([a-z]+) ((?!is |was |does |has )[a-z]\w+s|made|built|designed|founded|wrote|won|developed"
    r"|published|created) (.+)\?$"
)
_WHAT_OF = re.compile(r"^What (?:is|was) (the [a-z][\w' -]* of .+)\?$")
_QUANTITY = re.compile(r"^(?:about |around |approximately )?(\d+(?:,\d{3})*(?:\.\d+)?) ?([^\W\d].*)$")
_MEASURED = ("weight", "length", "height", "width", "depth", "capacity", "range", "speed", "power", "price", "area")
_MOST_JOINT = 2  # of one passage


def joint_drafts(facts: PassageFacts) -> list[ComplexDraft]:
    """Two facts of one passage in one question: both name the title, and neither answer is in the other question."""
    title = facts.passage.title
    if not title or is_unspaced(facts.passage.text):
        return []
    about = [(draft, question) for draft in facts.drafts if (question := _naming(draft, title))]
    made: list[ComplexDraft] = []
    for first, second in zip(about[::2], about[1::2], strict=False):
        (one, asked_one), (other, asked_other) = first, second
        same_evidence = one.evidence == other.evidence
        if one.kind == other.kind or same_evidence or not re.match(r"(?:Who|What|When|Where|Which|How) ", asked_other):
            continue
        if one.answer in asked_other or other.answer in asked_one or "\n" in one.answer + other.answer:
            continue
        question = f"{asked_one[:-1]}, and {asked_other[0].lower()}{asked_other[1:]}"
        if len(question.split()) > 30:
            continue
        made.append(
            ComplexDraft(
                questions=(question,),
                answer=f"{one.answer}; {other.answer}",
                evidence=(one.evidence, other.evidence),
                kind="joint",
            )
        )
    return made[:_MOST_JOINT]


def bridge_drafts(first: PassageFacts, second: PassageFacts) -> Iterator[ComplexDraft]:
    """A question about `second`'s subject that calls it by what `first` says of it."""
    for known in first.drafts:
        described = description(known)
        if described is None or is_unspaced(known.answer):
            continue
        whole_name = re.compile(rf"(?<![\w-]){re.escape(known.answer)}(?![\w-])")
        for asked in second.drafts:
            question = next((question for question in asked.questions if whole_name.search(question)), None)
            if question is None or asked.answer in described or known.answer in asked.answer:
                continue
            if whole_name.search(described) or len(described.split()) > 15:
                continue
            bridged = whole_name.sub(described.replace("\\", r"\\"), question, count=1)
            if whole_name.search(bridged) or asked.answer in bridged:
                continue
            yield ComplexDraft(
                questions=(bridged[0].upper() + bridged[1:],),
                answer=asked.answer,
                evidence=(known.evidence, asked.evidence),
                kind="bridge",
            )


def description(known: Draft) -> str | None:
    """What a fact calls its answer, when the answer is a name.

    >>> description(Draft(questions=("Who designed the Orlin Bridge?",), answer="Mara Lind", evidence="", kind=""))
    'the person who designed the Orlin Bridge'
    """
    if not re.match(r"[A-ZÀ-Ý]", known.answer) or len(known.answer.split()) > 5 or re.search(r"\d", known.answer):
        return None
    for question in known.questions:
        if match := _WHO.match(question):
            if " and " in known.answer:
                return None
            noun = "the organisation that" if _ORGANISATION.search(known.answer) else "the person who"
            return f"{noun} {match[1]}"
        if match := _WHICH.match(question):
            return f"the {match[1]} that {match[2]} {match[3]}"
        if match := _WHAT_OF.match(question):
            return match[1]
    return None


def comparison_drafts(first: PassageFacts, second: PassageFacts) -> Iterator[ComplexDraft]:
    """Which of two titles has the larger weight, length, …: the same kind of fact, in the same unit."""
    one_title, other_title = first.passage.title, second.passage.title
    if not one_title or not other_title or one_title == other_title:
        return
    for one in first.drafts:
        for other in second.drafts:
            if one.kind != other.kind or one.kind not in _MEASURED:
                continue
            a, b = _QUANTITY.match(one.answer), _QUANTITY.match(other.answer)
            if not a or not b or a[2] != b[2] or not _naming(one, one_title) or not _naming(other, other_title):
                continue
            left, right = float(a[1].replace(",", "")), float(b[1].replace(",", ""))
            if left == right:
                continue
            yield ComplexDraft(
                questions=(f"Which has the larger {one.kind}, {one_title} or {other_title}?",),
                answer=one_title if left > right else other_title,
                evidence=(one.evidence, other.evidence),
                kind="comparison",
            )


def group_drafts(members: Sequence[PassageFacts]) -> list[ComplexDraft]:
    """One bridge and one comparison at most of a group of related passages."""
    pairs = [(one, other) for one in members for other in members if one is not other]
    bridges = (draft for one, other in pairs for draft in bridge_drafts(one, other))
    ordered = [(one, other) for index, one in enumerate(members) for other in members[index + 1 :]]
    comparisons = (draft for one, other in ordered for draft in comparison_drafts(one, other))
    return [draft for drafts in (bridges, comparisons) for draft in [next(drafts, None)] if draft is not None]


def _naming(draft: Draft, title: str) -> str | None:
    return next((question for question in draft.questions if title in question and question.endswith("?")), None)
