"""Draft, verify, draft again with the reasons: the loop that turns one passage into verified facts."""

from __future__ import annotations

from clara.llm import LLMReplyError
from clara.schema import Passage
from clara.synthesis.drafts import Draft, Drafter, Rejected
from clara.synthesis.facts import PassageFacts
from clara.synthesis.verify import split_duplicates, verify_draft, verify_paraphrase


async def collect_facts(position: int, passage: Passage, drafter: Drafter) -> PassageFacts:
    """The verified drafts and restatement of a passage, and everything that was refused, with reasons."""
    facts = PassageFacts(position=position, passage=passage)
    try:
        await _collect_drafts(facts, drafter)
        await _collect_paraphrase(facts, drafter)
    except LLMReplyError as error:  # this passage only: the others go on
        nothing = Draft(questions=(), answer="", evidence="", kind="no_reply")
        facts.rejected.append(Rejected(draft=nothing, reason=f"no_reply: {error}"))
    return facts


async def _collect_drafts(facts: PassageFacts, drafter: Drafter) -> None:
    failed: list[Rejected] = []
    for round_number in range(drafter.max_rounds):
        if round_number and not failed:
            break
        drafts = await drafter.draft(facts.passage, rejected=failed)
        failed, passed = [], []
        for draft in drafts:
            reason = verify_draft(draft, facts.passage, extractive=drafter.extractive)
            if reason is None:
                passed.append(draft)
            else:
                failed.append(Rejected(draft=draft, reason=reason))
        facts.drafts, repeated = split_duplicates([*facts.drafts, *passed])
        facts.rejected += [*failed, *repeated]


async def _collect_paraphrase(facts: PassageFacts, drafter: Drafter) -> None:
    reasons: list[str] = []
    for _ in range(drafter.max_rounds):
        text = await drafter.paraphrase(facts.passage, rejected=reasons)
        if text is None:
            return
        reason = verify_paraphrase(text, facts.passage.text)
        if reason is None:
            facts.paraphrase = text
            return
        facts.rejected_paraphrases.append((text, reason))
        reasons.append(reason)
