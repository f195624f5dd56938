"""LLMDrafter: the same promises as the offline drafter, kept by any OpenAI-compatible model. Prompts are files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from string import Template
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from clara.llm import LLMConfig, LLMReplyError, LLMSession
from clara.schema import Passage
from clara.synthesis.drafts import Assignment, ComplexDraft, Draft, Rejected
from clara.synthesis.language import LANGUAGES, Language, language_of
from clara.synthesis.prompt_files import Prompts, read_prompts
from clara.synthesis.verify import REASONS

COMPLEX_PAIRS = 2  # asked for at once, of one passage or group
MOST_MISSING = 30  # facts named in one request
MOST_DRAFTS = 500  # in one reply: more is no answer to what was asked
MOST_REFUSED = 60  # refused drafts shown to the model in one request
Found = TypeVar("Found")
LanguageChoice = Literal["en", "zh", "auto"]
# a model that quotes one piece often forgets the list
Quotes = Annotated[list[str], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)]


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DraftedPair(_Reply):
    """One fact, as the model must write it."""

    question: str
    other_phrasings: list[str]
    answer: str
    evidence: str
    kind: str


class DraftedPairs(_Reply):
    pairs: list[DraftedPair]


class DraftedComplexPair(_Reply):
    question: str
    other_phrasings: list[str]
    answer: str
    evidence: Quotes
    kind: str


class DraftedComplexPairs(_Reply):
    pairs: list[DraftedComplexPair]


class DraftedAssignment(_Reply):
    kind: str
    instruction: str
    input: str
    output: str
    evidence: Quotes


class DraftedAssignments(_Reply):
    rows: list[DraftedAssignment]


class DraftedParaphrase(_Reply):
    text: str


class TranslatedPair(_Reply):
    number: int
    question: str
    answer: str


class TranslatedPairs(_Reply):
    pairs: list[TranslatedPair]


class Verdict(_Reply):
    number: int
    score: float = Field(ge=0, le=1)
    reason: str


class Verdicts(_Reply):
    verdicts: list[Verdict]


class LLMDrafter:
    """Drafts by `config.model` at `config.base_url`; replies are kept in `journal` and never asked for twice.

    A `session`, when given, is asked instead: it has a journal of its own, and may have a budget or only plan.
    `language` chooses the prompts: 'auto' takes the Chinese ones for Chinese passages, the English ones for all others.
    `prompts` is a folder with edited prompt files; what it lacks is shipped. Raises UsageError for a wrong folder.
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
        language: LanguageChoice = "auto",
        session: LLMSession | None = None,
    ) -> None:
        self.max_rounds = max_rounds
        self.session = session or LLMSession(config, journal=journal)
        self.language = language
        self._prompts: dict[Language, Prompts] = {name: read_prompts(name, prompts) for name in LANGUAGES}

    async def draft(self, passage: Passage, *, rejected: Sequence[Rejected] = ()) -> list[Draft]:
        return await self._draft(passage, rejected=rejected, missing=())

    async def draft_missing(
        self, passage: Passage, *, missing: Sequence[str], rejected: Sequence[Rejected] = ()
    ) -> list[Draft]:
        return await self._draft(passage, rejected=rejected, missing=missing)

    async def _draft(self, passage: Passage, *, rejected: Sequence[Rejected], missing: Sequence[str]) -> list[Draft]:
        name = "questions_again" if rejected else "questions_missing" if missing else "questions"
        listed = "\n".join(f"- {fact}" for fact in missing[:MOST_MISSING]) or "-"
        reply = await self._ask(name, [passage], DraftedPairs, rejected=_listed(rejected), missing=listed)
        return [
            Draft(
                questions=_phrasings(pair.question, pair.other_phrasings),
                answer=pair.answer.strip(),
                evidence=pair.evidence.strip(),
                kind=pair.kind.strip() or "fact",
            )
            for pair in _few(reply.pairs)
        ]

    async def paraphrase(self, passage: Passage, *, rejected: Sequence[str] = ()) -> str | None:
        name = "paraphrase_again" if rejected else "paraphrase"
        reply = await self._ask(name, [passage], DraftedParaphrase, rejected="; ".join(rejected))
        return str(reply.text).strip()

    async def combine(self, passages: Sequence[Passage], *, rejected: Sequence[Rejected] = ()) -> list[ComplexDraft]:
        """Questions that need several facts of the passages; of several passages, facts of at least two."""
        name = "complex_again" if rejected else "complex_across" if len(passages) > 1 else "complex"
        reply = await self._ask(
            name, passages, DraftedComplexPairs, rejected=_listed(rejected), count=str(COMPLEX_PAIRS)
        )
        return [
            ComplexDraft(
                questions=_phrasings(pair.question, pair.other_phrasings),
                answer=pair.answer.strip(),
                evidence=tuple(quote.strip() for quote in pair.evidence),
                kind=pair.kind.strip() or "complex",
            )
            for pair in _few(reply.pairs)
        ]

    async def assign(
        self, passages: Sequence[Passage], kinds: Sequence[str], *, rejected: Sequence[Rejected] = ()
    ) -> list[Assignment]:
        """A task with its solution for each kind that the passages give material for."""
        name = "assignments_again" if rejected else "assignments"
        reply = await self._ask(name, passages, DraftedAssignments, rejected=_listed(rejected), kinds=", ".join(kinds))
        return [
            Assignment(
                instruction=row.instruction.strip(),
                input=row.input.strip(),
                output=row.output.strip(),
                evidence=tuple(quote.strip() for quote in row.evidence),
                kind=row.kind.strip().lower() or "task",
            )
            for row in _few(reply.rows)
        ]

    async def translate(
        self, passage: Passage, drafts: Sequence[Draft], language: str, *, rejected: Sequence[Rejected] = ()
    ) -> list[Draft | None]:
        """The drafts' questions and answers in another language, in order; None where the model left one out."""
        pairs = [
            {"number": number, "question": draft.questions[0], "answer": draft.answer}
            for number, draft in enumerate(drafts, start=1)
        ]
        listed = json.dumps(pairs, ensure_ascii=False, indent=1)
        if rejected:
            listed += f"\n\nThese translations were refused:\n{_listed(rejected)}"
        reply = await self._ask("cross_lingual", [passage], TranslatedPairs, pairs=listed, language=language)
        by_number = {pair.number: pair for pair in reply.pairs}
        return [
            Draft(
                questions=(by_number[number].question.strip(),),
                answer=by_number[number].answer.strip(),
                evidence=draft.evidence,
                kind=draft.kind,
            )
            if number in by_number
            else None
            for number, draft in enumerate(drafts, start=1)
        ]

    async def judge(self, passages: Sequence[Passage], items: Sequence[dict[str, str]]) -> list[Verdict | None]:
        """A score between 0 and 1 for each item, with what is wrong; None where the model left one out."""
        listed = json.dumps(
            [{"number": number, **item} for number, item in enumerate(items, start=1)], ensure_ascii=False, indent=1
        )
        reply = await self._ask("judge", passages, Verdicts, items=listed)
        by_number = {verdict.number: verdict for verdict in reply.verdicts}
        return [by_number.get(number) for number in range(1, len(items) + 1)]

    async def close(self) -> None:
        """End the connections and the journal; the next draft opens them again."""
        await self.session.close()

    def usage(self) -> dict[str, Any]:
        """Requests, tokens and bytes so far: what left the machine, and where to."""
        return self.session.usage()

    async def _ask(self, name: str, passages: Sequence[Passage], reply_type: Any, **values: str) -> Any:
        prompts = self._prompts[self._language_for(passages)]
        title, text = _titles_and_text(passages)
        asked: Template = prompts[name]
        messages = [
            {"role": "system", "content": prompts["system"].template.strip()},
            {"role": "user", "content": asked.safe_substitute(title=title, text=text, **values).strip()},
        ]
        return await self.session.ask(
            messages, reply_type, documents=list(dict.fromkeys(passage.document for passage in passages))
        )

    def _language_for(self, passages: Sequence[Passage]) -> Language:
        if self.language == "auto":
            return language_of("\n".join(passage.text for passage in passages))
        return self.language


def _titles_and_text(passages: Sequence[Passage]) -> tuple[str, str]:
    """One passage as it is; several numbered, each under its title."""
    if len(passages) == 1:
        return passages[0].title, passages[0].text
    titles = " / ".join(dict.fromkeys(passage.title for passage in passages if passage.title))
    texts = [f"[{number}] {passage.title}\n{passage.text}" for number, passage in enumerate(passages, start=1)]
    return titles, "\n\n".join(texts)


def _few(found: list[Found]) -> list[Found]:
    if len(found) > MOST_DRAFTS:
        raise LLMReplyError(f"the reply holds {len(found)} drafts; at most {MOST_DRAFTS} are taken from one")
    return found


def _phrasings(question: str, others: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([question.strip(), *(other.strip() for other in others if other.strip())]))


def _listed(rejected: Sequence[Rejected]) -> str:
    """What was refused, with the reason in words, for the model to read."""
    failed = []
    for item in rejected[:MOST_REFUSED]:
        keyword, _, detail = item.reason.partition(": ")
        reason = REASONS.get(keyword, keyword) + (f" ({detail})" if detail else "")
        draft = asdict(item.draft)
        if "questions" in draft:
            draft["question"] = next(iter(draft.pop("questions")), "")
        failed.append({**draft, "reason": reason})
    return json.dumps(failed, ensure_ascii=False, indent=1)
