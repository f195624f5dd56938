"""Special tokens and token ids: what the compressor and the generator read, as lists of ids.

n = memory tokens per passage. A passage for the compressor is `<ENC>` bos text eos, cut to doc_max_length + 3, then the
n memory tokens; a slot for the generator is the n memory tokens, then `<SEP>`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from clara.errors import BaseModelError, CheckpointError
from clara.modeling.config import ClaraConfig
from clara.modeling.prompts import ChatRenderer, Turn, answer_turn, paraphrase_turn, pretrain_qa_turn

IGNORED = -100  # label of a position that carries no loss
EXTRA_TOKENS = 3  # <ENC>, bos and eos around a passage


def special_token_names(config: ClaraConfig) -> list[str]:
    """Every token clara adds, in the order their ids are given.

    >>> special_token_names(ClaraConfig(doc_max_length=64, compression_rate=32))
    ['<MEM0>', '<MEM1>', '<AE>', '<ENC>', '<SEP>']
    """
    if config.shared_memory_token:
        memory = ["<MEM>"]
    else:
        memory = [f"<MEM{index}>" for index in range(config.num_memory_tokens)]
    return [*memory, "<AE>", "<ENC>", "<SEP>"]


@dataclass(slots=True)
class Encoded:
    """One generator input. `labels` has IGNORED up to where the answer starts; empty at inference."""

    input_ids: list[int]
    labels: list[int] = field(default_factory=list)


class ClaraTokenizer:
    """The base's tokenizer with clara's tokens added; turns passages, questions and turns into ids."""

    def __init__(self, tokenizer: Any, config: ClaraConfig) -> None:
        self.hf = tokenizer
        self.config = config
        names = special_token_names(config)
        known = tokenizer.get_vocab()
        self.in_base = [name for name in names if name in known]
        tokenizer.add_tokens([name for name in names if name not in known], special_tokens=True)
        self.special_ids = {name: int(tokenizer.convert_tokens_to_ids(name)) for name in names}
        if len(set(self.special_ids.values())) != len(names):
            raise BaseModelError(f"the tokenizer of '{config.base_model}' cannot hold clara's special tokens")
        if config.special_tokens is not None and config.special_tokens != self.special_ids:
            raise CheckpointError(
                "the tokenizer gives clara's special tokens other ids than the checkpoint recorded; "
                "use the tokenizer saved with the checkpoint"
            )
        self.bos = config.bos or _bos_token(tokenizer)
        self.eos = tokenizer.eos_token
        if self.bos is None or self.eos is None:
            raise BaseModelError(f"the tokenizer of '{config.base_model}' has no end-of-text token")
        pad = tokenizer.pad_token_id
        self.bos_id = int(tokenizer.convert_tokens_to_ids(self.bos))
        self.pad_id = self.bos_id if pad is None else int(pad)
        count = config.num_memory_tokens
        memory_names = ["<MEM>"] * count if config.shared_memory_token else [f"<MEM{index}>" for index in range(count)]
        self.memory_ids = [self.special_ids[name] for name in memory_names]
        self.slot = "".join(memory_names) + "<SEP>"
        # every token with the special flag, listed by the tokenizer or not: chat markers are often only flagged
        flagged = {str(token) for token in tokenizer.added_tokens_decoder.values() if token.special}
        reserved = {*names, *flagged, *tokenizer.all_special_tokens, self.bos, self.eos}
        self._reserved = re.compile("|".join(re.escape(token) for token in sorted(reserved, key=len, reverse=True)))
        self._prompts = config.prompt_texts
        self._chat = ChatRenderer(tokenizer)

    def slots(self, count: int) -> str:
        """Placeholder text for `count` passages."""
        return self.slot * count

    def passage_ids(self, text: str) -> list[int]:
        """Compressor (or query reasoner) input for one passage (or question), memory tokens included."""
        ids = self._ids(f"<ENC>{self.bos}{self.plain(text)}{self.eos}")
        return ids[: self.config.doc_max_length + EXTRA_TOKENS] + self.memory_ids

    def question(self, question: str, *, docs: str) -> Encoded:
        """Generator input at inference; `docs` is slots(count), or passages' text passed through plain()."""
        return Encoded(self._ids(self._chat.prompt(answer_turn(self._prompts, docs, self.plain(question)))))

    def answer(self, question: str, answer: str, *, docs: str, max_length: int | None = None) -> Encoded:
        """Question and answer, for instruction and end_to_end."""
        turn = answer_turn(self._prompts, docs, self.plain(question), self.plain(answer))
        return self._training_ids(turn, max_length)

    def pretrain_qa(
        self, questions: Sequence[str], answers: Sequence[str], *, docs: str, max_length: int | None = None
    ) -> Encoded:
        """The generator learns to write the document's questions, each with its answer."""
        questions, answers = [self.plain(text) for text in questions], [self.plain(text) for text in answers]
        return self._training_ids(pretrain_qa_turn(self._prompts, docs, questions, answers), max_length)

    def paraphrase(self, target: str, *, docs: str, draw: int, max_length: int | None = None) -> Encoded:
        """The generator learns to restate the document; `draw` picks the instruction."""
        return self._training_ids(paraphrase_turn(self._prompts, docs, self.plain(target), draw), max_length)

    def _training_ids(self, turn: Turn, max_length: int | None) -> Encoded:
        """Ids and labels; labels start where the prompt, tokenized alone, ends.

        An answer that passes `max_length` in all is cut at its end; a prompt that alone is longer is a ValueError.
        """
        ids = self._ids(self._chat.full(turn))
        start = min(len(self._ids(self._chat.prompt(turn))), len(ids))
        if max_length is not None and len(ids) > max_length:
            if start >= max_length:
                raise ValueError(f"the prompt alone has {start} tokens, the limit is {max_length}")
            ids = ids[:max_length]
        return Encoded(ids, [IGNORED] * start + ids[start:])

    def plain(self, text: str) -> str:
        """`text` with any special token in it broken up: a document can never pose as memory or as a chat turn."""
        return self._reserved.sub(lambda found: f"{found.group()[0]} {found.group()[1:]}", text)

    def count(self, text: str) -> int:
        """Tokens of a text alone."""
        return len(self._ids(self.plain(text)))

    def decode(self, ids: list[int]) -> str:
        return str(self.hf.decode(ids, skip_special_tokens=True)).strip()

    def _ids(self, text: str) -> list[int]:
        # verbose=False: no warning for long texts, which are cut (passages), counted, or refused (prompts) by us
        return list(self.hf(text, add_special_tokens=False, verbose=False)["input_ids"])


def _bos_token(tokenizer: Any) -> str | None:
    if tokenizer.bos_token is not None:
        return str(tokenizer.bos_token)
    if "<|im_start|>" in tokenizer.get_vocab():
        return "<|im_start|>"
    return tokenizer.eos_token if tokenizer.eos_token is None else str(tokenizer.eos_token)
