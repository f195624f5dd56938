"""The texts around the memory: prompts as data, chat rendering, and where the answer's labels start.

Knows the tokenizer's chat template; knows nothing of models. Prompts are part of a checkpoint's configuration.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import jinja2

from clara.errors import ConfigError, did_you_mean

FALLBACK_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}"
    "{% if m['role'] == 'assistant' %}{{ 'Answer: ' + m['content'] + eos_token }}"
    "{% else %}{{ m['content'] + '\n\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Answer:' }}{% endif %}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """`{docs}` becomes the memory slots (or the passages' text), `{question}` and `{answer}` what they say."""

    answer_system: str = "Answer the question from the background, in as few words as you can."
    answer_user: str = "Background:\n{docs}\n\nQuestion:{question}"
    pretrain_qa_system: str = "Write questions that cover the document, each with its answer."
    pretrain_qa_user: str = "Background:\n{docs}"
    qa_line: str = "Question: {question}\nAnswer: {answer}"
    paraphrase_system: str = "Restate the background in other words."
    paraphrase_instructions: tuple[str, ...] = (
        "Background: {docs} Say this differently.",
        "Background: {docs} Tell the same in your own words.",
        "Put the background into a new wording. Background: {docs}",
        "Background: {docs} Restate it without losing a fact.",
    )

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Prompts:
        """Build from JSON; an unknown key or a value that is no text is a ConfigError.

        `document_slot`, a note in some files, is ignored.
        """
        names = [field.name for field in fields(cls)]
        if not isinstance(values, dict):
            raise ConfigError(f"the prompts must be an object of texts, got {values!r}")
        values = {key: value for key, value in values.items() if key != "document_slot"}
        for key in values:
            if key not in names:
                raise ConfigError(f"unknown prompt '{key}'{did_you_mean(key, names)}")
            if key != "paraphrase_instructions" and not isinstance(values[key], str):
                raise ConfigError(f"prompt '{key}' must be a text, got {values[key]!r}")
        if "paraphrase_instructions" in values:
            instructions = values["paraphrase_instructions"]
            if not isinstance(instructions, list | tuple) or not all(isinstance(text, str) for text in instructions):
                raise ConfigError("prompt 'paraphrase_instructions' must be a list of texts")
            values["paraphrase_instructions"] = tuple(instructions)
        prompts = cls(**values)
        prompts._check()
        return prompts

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "paraphrase_instructions": list(self.paraphrase_instructions)}

    def _check(self) -> None:
        needed = {
            "answer_user": ("{docs}", "{question}"),
            "pretrain_qa_user": ("{docs}",),
            "qa_line": ("{question}", "{answer}"),
        }
        for name, places in needed.items():
            for place in places:
                if place not in getattr(self, name):
                    raise ConfigError(f"prompt '{name}' lacks {place}")
        if not self.paraphrase_instructions or any("{docs}" not in text for text in self.paraphrase_instructions):
            raise ConfigError("prompt 'paraphrase_instructions' needs at least one text, each with {docs}")


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange before tokenization: who says what, and the answer to be learnt (None at inference)."""

    system: str
    user: str
    answer: str | None = None


def answer_turn(prompts: Prompts, docs: str, question: str, answer: str | None = None) -> Turn:
    return Turn(prompts.answer_system, fill(prompts.answer_user, docs=docs, question=question), answer)


def pretrain_qa_turn(prompts: Prompts, docs: str, questions: Sequence[str], answers: Sequence[str]) -> Turn:
    lines = [fill(prompts.qa_line, question=q, answer=a) for q, a in zip(questions, answers, strict=True)]
    return Turn(prompts.pretrain_qa_system, fill(prompts.pretrain_qa_user, docs=docs), "\n".join(lines))


def paraphrase_turn(prompts: Prompts, docs: str, target: str, draw: int) -> Turn:
    """`draw` picks the instruction; the caller derives it from (seed, epoch, row), never from a global generator."""
    instruction = prompts.paraphrase_instructions[draw % len(prompts.paraphrase_instructions)]
    return Turn(prompts.paraphrase_system, fill(instruction, docs=docs), target)


def fill(template: str, **values: str) -> str:
    """Replace `{name}` places in one pass, so that braces inside documents and questions stay as they are."""
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found.group(1), found.group(0)), template)


def seeded_draw(*parts: object) -> int:
    """A number that depends on `parts` only (seed, epoch, row …), the same in every process and after a resume."""
    digest = hashlib.blake2b("|".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


class ChatRenderer:
    """Turn -> text by the tokenizer's own chat template.

    A template that refuses the system role, or drops it without a word, gets the system text and a newline in front of
    the user's text. A tokenizer without a template gets a plain one; of several named templates the 'default' is used.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        template = tokenizer.chat_template
        self._template = (template.get("default") if isinstance(template, dict) else template) or FALLBACK_TEMPLATE
        self._merge_system = not self._system_role_works()

    def prompt(self, turn: Turn) -> str:
        """Everything before the answer, the generation prompt included."""
        return self._render(self._messages(turn), add_generation_prompt=True)

    def full(self, turn: Turn) -> str:
        """The prompt and the answer, with whatever the template puts after an answer. It starts with the prompt."""
        if turn.answer is None:
            raise ValueError("a turn without an answer has no full text")
        text = self._render([*self._messages(turn), {"role": "assistant", "content": turn.answer}])
        prompt = self.prompt(turn)
        if text.startswith(prompt):
            return text
        # some templates open a reasoning block in the prompt only: the labels would start in the middle of the answer
        _, found, after = text.rpartition(turn.answer)
        return prompt + turn.answer + (after if found else self._tokenizer.eos_token)

    def _messages(self, turn: Turn) -> list[dict[str, str]]:
        if self._merge_system or not turn.system:
            user = f"{turn.system}\n{turn.user}" if turn.system else turn.user
            return [{"role": "user", "content": user}]
        return [{"role": "system", "content": turn.system}, {"role": "user", "content": turn.user}]

    def _render(self, messages: list[dict[str, str]], *, add_generation_prompt: bool = False) -> str:
        text = self._tokenizer.apply_chat_template(
            messages,
            chat_template=self._template,
            tokenize=False,
            add_generation_prompt=add_generation_prompt,
            enable_thinking=False,
        )
        return str(text)

    def _system_role_works(self) -> bool:
        probe = [{"role": "system", "content": "sysprobe"}, {"role": "user", "content": "userprobe"}]
        try:
            return "sysprobe" in self._render(probe, add_generation_prompt=True)
        except (jinja2.TemplateError, ValueError):
            return False
