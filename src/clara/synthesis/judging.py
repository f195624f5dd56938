"""A second reader: an LLM scores what passed every check, and what it finds wanting is refused with its words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clara.errors import UsageError
from clara.llm import LLMReplyError
from clara.schema import Passage
from clara.synthesis.drafts import AnyDraft, Assignment
from clara.synthesis.llm_drafter import LLMDrafter


class Judge:
    """Refuses drafts that `model` scores below `threshold` (0 to 1)."""

    def __init__(self, model: LLMDrafter, *, threshold: float) -> None:
        if not 0 < threshold <= 1:
            raise UsageError(f"--judge-threshold must be above 0 and at most 1, not {threshold}")
        self.threshold = threshold
        self._model = model

    async def reasons(self, passages: Sequence[Passage], drafts: Sequence[AnyDraft]) -> list[str | None]:
        """For each draft why it is refused, None when it is good. A draft the judge did not score is refused."""
        if not drafts:
            return []
        try:
            verdicts = await self._model.judge(passages, [_shown(draft) for draft in drafts])
        except LLMReplyError as error:
            return [f"judged_low: no verdict, {error}"] * len(drafts)
        return [
            "judged_low: no verdict"
            if verdict is None
            else f"judged_low: {verdict.score:g}, {verdict.reason}"
            if verdict.score < self.threshold
            else None
            for verdict in verdicts
        ]

    async def close(self) -> None:
        await self._model.close()

    def usage(self) -> dict[str, Any]:
        return self._model.usage()


def _shown(draft: AnyDraft) -> dict[str, str]:
    if isinstance(draft, Assignment):
        asked = f"{draft.instruction}\n{draft.input}" if draft.input else draft.instruction
        return {"question": asked, "answer": draft.output}
    return {"question": " / ".join(draft.questions), "answer": draft.answer}
