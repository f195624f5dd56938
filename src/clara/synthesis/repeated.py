"""Questions that are asked more than once over the whole corpus: which clash, and which merely say the same again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from clara.synthesis.drafts import Rejected
from clara.synthesis.facts import PassageFacts
from clara.synthesis.verify import answers_differ, question_signature
from clara.text import normalize_answer


def refuse_ambiguous(corpus: Sequence[PassageFacts], *, similar: bool = False) -> None:
    """A question that two passages answer differently cannot be retrieved: it is refused in both. `similar`: so are two
    that differ in nothing but function words and endings."""

    def key(question: str) -> object:
        return question_signature(question) if similar else normalize_answer(question)

    answers: dict[object, set[str]] = {}
    for facts in corpus:
        for draft in facts.drafts:
            for question in draft.questions:
                answers.setdefault(key(question), set()).add(draft.answer)
    clashing = {
        question
        for question, found in answers.items()
        if len(found) > 1 and any(answers_differ(one, other) for one in found for other in found)
    }
    for facts in corpus:
        kept = []
        for draft in facts.drafts:
            questions = tuple(question for question in draft.questions if key(question) not in clashing)
            if not questions:
                facts.rejected.append(Rejected(draft=draft, reason="ambiguous_question"))
                continue
            kept.append(replace(draft, questions=questions))
        facts.drafts = kept


def refuse_asked_in_training(corpus: Sequence[PassageFacts], held_out: Collection[str]) -> None:
    """A question of a held-out document that a training document asks too ('What does TS stand for?') measures
    nothing: it is refused there, and kept in training."""
    trained = {
        normalize_answer(question)
        for facts in corpus
        if facts.passage.document not in held_out
        for draft in facts.drafts
        for question in draft.questions
    }
    for facts in corpus:
        if facts.passage.document not in held_out:
            continue
        kept = []
        for draft in facts.drafts:
            if any(normalize_answer(question) in trained for question in draft.questions):
                facts.rejected.append(Rejected(draft=draft, reason="asked_in_training"))
            else:
                kept.append(draft)
        facts.drafts = kept


def refuse_repeated(corpus: Sequence[PassageFacts]) -> None:
    """A second question of a passage that asks the same as an earlier one is dropped."""
    for facts in corpus:
        seen: set[tuple[str, ...]] = set()
        kept = []
        for draft in facts.drafts:
            signature = question_signature(draft.questions[0])
            if signature in seen:
                facts.rejected.append(Rejected(draft=draft, reason="duplicate"))
                continue
            seen.add(signature)
            kept.append(draft)
        facts.drafts = kept


def asked_before(corpus: Sequence[PassageFacts]) -> set[tuple[int, int]]:
    """(passage, fact) of each question that an earlier passage asks too. They stay in pretrain, where every passage is
    asked for all it holds; as a row for retrieval they would be the same row again."""
    seen: set[tuple[str, ...]] = set()
    repeated = set()
    for facts in corpus:
        for number, draft in enumerate(facts.drafts):
            signatures = {question_signature(question) for question in draft.questions}
            if question_signature(draft.questions[0]) in seen:
                repeated.add((facts.position, number))
            seen |= signatures
    return repeated
