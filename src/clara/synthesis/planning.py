"""A drafter for dry runs: it asks what the model would be asked, and goes on with the offline drafter's facts.

So the requests that follow from replies (what is still missing, judging, translating) are counted from requests that
are really made up, not from a share of the first ones. What a model's replies alone decide, how much is refused and
drafted again, is assumed: see REDRAFTED.
"""

from __future__ import annotations

from collections.abc import Sequence

from clara.llm import NotSentError
from clara.schema import Passage
from clara.synthesis.drafting import ExtractiveDrafter
from clara.synthesis.drafts import AnyDraft, Assignment, ComplexDraft, Draft, Rejected
from clara.synthesis.judging import Judge
from clara.synthesis.llm_drafter import LLMDrafter, Verdict

# further requests after the first of a purpose, assumed for a model that follows the prompts fairly well
REDRAFTED = {
    "DraftedPairs": 0.25,
    "DraftedParaphrase": 0.5,
    "DraftedComplexPairs": 1.0,
    "DraftedAssignments": 1.0,
    "TranslatedPairs": 0.5,
    "Verdicts": 0.5,
}
_STAND_IN = Draft(questions=("Which of the two was built first?",), answer="The first one.", evidence="", kind="fact")


class PlannedDrafter(LLMDrafter):
    """Its session only plans. Replies that are in the journal are used; where there is none, a stand-in is."""

    judge_of_run: Judge | None = None  # asked about the drafts of combine and assign, which have no stand-in

    async def draft(self, passage: Passage, *, rejected: Sequence[Rejected] = ()) -> list[Draft]:
        try:
            return await super().draft(passage, rejected=rejected)
        except NotSentError:
            return [] if rejected else ExtractiveDrafter().draft_now(passage)

    async def draft_missing(
        self, passage: Passage, *, missing: Sequence[str], rejected: Sequence[Rejected] = ()
    ) -> list[Draft]:
        try:
            return await super().draft_missing(passage, missing=missing, rejected=rejected)
        except NotSentError:
            return []

    async def paraphrase(self, passage: Passage, *, rejected: Sequence[str] = ()) -> str | None:
        try:
            return await super().paraphrase(passage, rejected=rejected)
        except NotSentError:
            return None

    async def combine(self, passages: Sequence[Passage], *, rejected: Sequence[Rejected] = ()) -> list[ComplexDraft]:
        try:
            return await super().combine(passages, rejected=rejected)
        except NotSentError:
            await self._judged(passages)
            return []

    async def assign(
        self, passages: Sequence[Passage], kinds: Sequence[str], *, rejected: Sequence[Rejected] = ()
    ) -> list[Assignment]:
        try:
            return await super().assign(passages, kinds, rejected=rejected)
        except NotSentError:
            await self._judged(passages)
            return []

    async def translate(
        self, passage: Passage, drafts: Sequence[Draft], language: str, *, rejected: Sequence[Rejected] = ()
    ) -> list[Draft | None]:
        try:
            return await super().translate(passage, drafts, language, rejected=rejected)
        except NotSentError:
            return [None] * len(drafts)

    async def judge(self, passages: Sequence[Passage], items: Sequence[dict[str, str]]) -> list[Verdict | None]:
        try:
            return await super().judge(passages, items)
        except NotSentError:
            return [Verdict(number=number, score=1.0, reason="") for number in range(1, len(items) + 1)]

    async def _judged(self, passages: Sequence[Passage]) -> None:
        if self.judge_of_run is not None:
            drafts: list[AnyDraft] = [_STAND_IN, _STAND_IN]
            await self.judge_of_run.reasons(passages, drafts)
