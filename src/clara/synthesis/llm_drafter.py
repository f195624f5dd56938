"""LLMDrafter: the same promises as the offline drafter, kept by any OpenAI-compatible model. Prompts are files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from pydantic import BaseModel, ConfigDict

from clara.errors import UsageError
from clara.llm import LLMConfig, LLMSession
from clara.schema import Passage
from clara.synthesis.drafts import Draft, Rejected
from clara.synthesis.verify import REASONS

PROMPTS = ("system", "questions", "questions_again", "paraphrase", "paraphrase_again")


class DraftedPair(BaseModel):
    """One fact, as the model must write it."""

    model_config = ConfigDict(extra="forbid")
    question: str
    other_phrasings: list[str]
    answer: str
    evidence: str
    kind: str


class DraftedPairs(BaseModel):
    model_config = ConfigDict(extra="forbid")
    pairs: list[DraftedPair]


class DraftedParaphrase(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str


class LLMDrafter:
    """Drafts by `config.model` at `config.base_url`; replies are kept in `journal` and never asked for twice.

    A `session`, when given, is asked instead: it has a journal of its own, and may have a budget or only plan.
    `prompts` is a folder that holds the files of clara/synthesis/prompts/en, edited; None uses those.
    Raises UsageError when a prompt file is missing.
    """

    name = "llm"
    extractive = False

    def __init__(
        self,
        config: LLMConfig,
        *,
        journal: Path | None = None,
        max_rounds: int = 3,
        prompts: Path | None = None,
        session: LLMSession | None = None,
    ) -> None:
        self.max_rounds = max_rounds
        self.session = session or LLMSession(config, journal=journal)
        self._prompts = {name: _read_prompt(name, prompts) for name in PROMPTS}

    async def draft(self, passage: Passage, *, rejected: Sequence[Rejected] = ()) -> list[Draft]:
        name = "questions_again" if rejected else "questions"
        failed = [
            {"question": item.draft.questions[0] if item.draft.questions else "", "answer": item.draft.answer,
             "evidence": item.draft.evidence, "reason": REASONS.get(item.reason, item.reason)}
            for item in rejected
        ]  # fmt: skip
        reply = await self._ask(name, passage, DraftedPairs, rejected=json.dumps(failed, ensure_ascii=False, indent=1))
        return [
            Draft(
                questions=tuple(
                    dict.fromkeys([pair.question.strip(), *(other.strip() for other in pair.other_phrasings)])
                ),
                answer=pair.answer.strip(),
                evidence=pair.evidence.strip(),
                kind=pair.kind.strip() or "fact",
            )
            for pair in reply.pairs
        ]

    async def paraphrase(self, passage: Passage, *, rejected: Sequence[str] = ()) -> str | None:
        name = "paraphrase_again" if rejected else "paraphrase"
        reply = await self._ask(name, passage, DraftedParaphrase, rejected="; ".join(rejected))
        return reply.text.strip()

    async def close(self) -> None:
        """End the connections and the journal; the next draft opens them again."""
        await self.session.close()

    def usage(self) -> dict[str, Any]:
        """Requests, tokens and bytes so far: what left the machine, and where to."""
        return self.session.usage()

    async def _ask(self, name: str, passage: Passage, reply_type: Any, **values: str) -> Any:
        text = self._prompts[name].safe_substitute(title=passage.title, text=passage.text, **values)
        messages = [
            {"role": "system", "content": self._prompts["system"].template.strip()},
            {"role": "user", "content": text.strip()},
        ]
        return await self.session.ask(messages, reply_type, documents=[passage.document])


def _read_prompt(name: str, folder: Path | None) -> Template:
    try:
        if folder is not None:
            return Template((folder / f"{name}.txt").read_text(encoding="utf-8"))
        return Template(
            (resources.files("clara.synthesis") / "prompts" / "en" / f"{name}.txt").read_text(encoding="utf-8")
        )
    except OSError as error:
        raise UsageError(f"cannot read the prompt {name}.txt in {folder}: {error.strerror}") from None
