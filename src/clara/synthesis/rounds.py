"""Draft, verify, draft again with the reasons: the loop that turns passages into verified facts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from clara.llm import LLMReplyError
from clara.schema import Passage
from clara.synthesis.coverage import measure, source_facts
from clara.synthesis.drafts import AnyDraft, Assignment, ComplexDraft, Draft, Drafter, ModelDrafter, Rejected
from clara.synthesis.facts import PassageFacts, UnitFacts
from clara.synthesis.judging import Judge
from clara.synthesis.options import TaskOptions
from clara.synthesis.verify import (
    entities_among,
    split_duplicates,
    verify_assignment,
    verify_complex,
    verify_draft,
    verify_paraphrase,
    verify_translation,
)

Kind = TypeVar("Kind", bound=AnyDraft)
NOTHING = Draft(questions=(), answer="", evidence="", kind="no_reply")


async def collect_facts(
    position: int, passage: Passage, drafter: Drafter, *, options: TaskOptions | None = None, judge: Judge | None = None
) -> PassageFacts:
    """The verified drafts and restatement of a passage, and everything that was refused, with reasons."""
    options = options or TaskOptions()
    facts = PassageFacts(position=position, passage=passage)
    steps: list[tuple[str, Callable[[], Awaitable[None]]]] = []
    if options.needs_facts or not isinstance(drafter, ModelDrafter):
        steps.append(("qa", lambda: _collect_drafts(facts, drafter, judge)))
    if options.makes("paraphrase"):
        steps.append(("paraphrase", lambda: _collect_paraphrase(facts, drafter)))
    for task, step in steps:
        try:
            await step()
        except LLMReplyError as error:  # this task of this passage only: the others go on
            facts.rejected.append(Rejected(draft=NOTHING, reason=f"no_reply: {error}", task=task))
    return facts


async def _collect_drafts(facts: PassageFacts, drafter: Drafter, judge: Judge | None) -> None:
    passage = facts.passage
    known = source_facts(passage)
    failed: list[Rejected] = []
    missing: list[str] = []
    for number in range(1, drafter.max_rounds + 1):
        if number > 1 and not failed and not missing:
            break
        if missing and isinstance(drafter, ModelDrafter):
            drafts = await drafter.draft_missing(passage, missing=missing, rejected=failed)
        else:
            drafts = await drafter.draft(passage, rejected=failed)
        passed, failed = await _checked(
            drafts,
            lambda draft: verify_draft(draft, passage, extractive=drafter.extractive),
            [passage],
            judge,
            number,
            "qa",
        )
        before = len(facts.drafts)
        facts.drafts, repeated = split_duplicates([*facts.drafts, *passed])
        facts.rejected += [*failed, *(replace(item, round=number) for item in repeated)]
        facts.covered, uncovered = measure(known, facts.drafts)
        facts.covered_first = facts.covered_first or facts.covered
        if number > 1 and len(facts.drafts) == before:
            uncovered = []  # asked by name and nothing came of it
        missing = [fact.text for fact in uncovered] if isinstance(drafter, ModelDrafter) else []


async def _collect_paraphrase(facts: PassageFacts, drafter: Drafter) -> None:
    reasons: list[str] = []
    keep = [] if drafter.extractive else entities_among(facts.drafts, facts.passage.text)
    for number in range(1, drafter.max_rounds + 1):
        text = await drafter.paraphrase(facts.passage, rejected=reasons)
        if text is None:
            return
        reason = verify_paraphrase(text, facts.passage.text, keep=keep)
        if reason is None:
            facts.paraphrase = text
            return
        facts.rejected_paraphrases.append((text, reason, number))
        reasons.append(reason)


async def collect_complex(unit: UnitFacts, drafter: ModelDrafter, judge: Judge | None) -> None:
    """Questions over several facts of the unit's passages, added to it."""

    async def draft(failed: Sequence[Rejected]) -> list[ComplexDraft]:
        return await drafter.combine(unit.passages, rejected=failed)

    def verify(item: ComplexDraft) -> str | None:
        return verify_complex(item, unit.passages)

    unit.drafts += await _redrafted(unit, "complex", drafter.max_rounds, draft, verify, judge)


async def collect_assignments(
    unit: UnitFacts, drafter: ModelDrafter, kinds: Sequence[str], judge: Judge | None
) -> None:
    """Tasks other than answering, with their solutions, added to the unit."""

    async def draft(failed: Sequence[Rejected]) -> list[Assignment]:
        return await drafter.assign(unit.passages, kinds, rejected=failed)

    def verify(item: Assignment) -> str | None:
        return verify_assignment(item, unit.passages)

    unit.assignments += await _redrafted(unit, "assignment", drafter.max_rounds, draft, verify, judge)


async def collect_translations(facts: PassageFacts, drafter: ModelDrafter, language: str, judge: Judge | None) -> None:
    """Every kept fact asked in another language too; what fails is translated again with the reason."""
    waiting = list(facts.drafts)
    failed: list[Rejected] = []
    try:
        for number in range(1, drafter.max_rounds + 1):
            if not waiting:
                return
            made = await drafter.translate(facts.passage, waiting, language, rejected=failed)
            pairs = [(draft, item) for draft, item in zip(waiting, made, strict=True) if item is not None]
            originals = {id(item): draft for draft, item in pairs}
            passed, failed = await _checked(
                [item for _, item in pairs],
                lambda item: verify_translation(item, originals[id(item)], facts.passage, language=language),  # noqa: B023
                [facts.passage],
                judge,
                number,
                "cross_lingual",
            )
            facts.translated += [(originals[id(item)], item) for item in passed]
            facts.rejected += failed
            waiting = [draft for draft in waiting if draft not in [original for original, _ in facts.translated]]
    except LLMReplyError as error:
        facts.rejected.append(Rejected(draft=NOTHING, reason=f"no_reply: {error}", task="cross_lingual"))


async def _redrafted(
    unit: UnitFacts,
    task: str,
    max_rounds: int,
    draft: Callable[[Sequence[Rejected]], Awaitable[list[Kind]]],
    verify: Callable[[Kind], str | None],
    judge: Judge | None,
) -> list[Kind]:
    kept: list[Kind] = []
    failed: list[Rejected] = []
    try:
        for number in range(1, max_rounds + 1):
            if number > 1 and not failed:
                break
            passed, failed = await _checked(await draft(failed), verify, unit.passages, judge, number, task)
            unit.rejected += failed
            for item in passed:
                if item in kept:
                    unit.rejected.append(Rejected(draft=item, reason="duplicate", round=number, task=task))
                else:
                    kept.append(item)
    except LLMReplyError as error:
        unit.rejected.append(Rejected(draft=NOTHING, reason=f"no_reply: {error}", task=task))
    return kept


async def _checked(
    drafts: Sequence[Kind],
    verify: Callable[[Kind], str | None],
    passages: Sequence[Passage],
    judge: Judge | None,
    number: int,
    task: str,
) -> tuple[list[Kind], list[Rejected]]:
    """The drafts that hold, and the others with reasons: first the checks that cost nothing, then the judge."""
    reasons = [verify(draft) for draft in drafts]
    if judge is not None:
        good = [place for place, reason in enumerate(reasons) if reason is None]
        for place, reason in zip(good, await judge.reasons(passages, [drafts[place] for place in good]), strict=True):
            reasons[place] = reason
    passed = [draft for draft, reason in zip(drafts, reasons, strict=True) if reason is None]
    failed = [
        Rejected(draft=draft, reason=reason, round=number, task=task)
        for draft, reason in zip(drafts, reasons, strict=True)
        if reason is not None
    ]
    return passed, failed
