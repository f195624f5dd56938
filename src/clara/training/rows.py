"""Training examples as what one step needs: passages, a generator input with labels, and for end_to_end a question.

Every draw (phrasing, instruction, filler passages) is a function of (seed, epoch, row), never of a global generator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from clara.errors import RecordProblem, RecordsError, UsageError
from clara.modeling.prompts import seeded_draw
from clara.modeling.tokens import ClaraTokenizer, Encoded
from clara.schema import EndToEndExample, Example, InstructionExample, PretrainExample, Stage
from clara.text import contains_answer
from clara.training.config import StageSection


@dataclass(slots=True)
class Row:
    """One row, ready to be batched. `passages` fill the slots in order; end_to_end has `candidates` to choose from."""

    encoded: Encoded
    passages: list[str] = field(default_factory=list)
    question_ids: list[int] = field(default_factory=list)
    candidates: list[str] = field(default_factory=list)
    positives: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Probe:
    """A held-out question, asked by real generation to measure training."""

    question: str
    answer: str
    passages: list[str]
    positives: list[int]


class StageRows:
    """The examples of one stage as rows; `rows(index, epoch)` and `of_epoch(epoch)` are pure functions."""

    def __init__(
        self,
        stage: Stage,
        examples: Sequence[Example],
        tokenizer: ClaraTokenizer,
        settings: StageSection,
        *,
        pool: Sequence[str] = (),
    ) -> None:
        """`pool`: passages end_to_end rows are topped up from."""
        self.stage, self.examples, self.tokenizer, self.settings, self.pool = (
            stage,
            examples,
            tokenizer,
            settings,
            list(pool),
        )
        self._passage_ids = lru_cache(maxsize=200_000)(tokenizer.passage_ids)

    def __len__(self) -> int:
        return len(self.examples)

    def of_epoch(self, epoch: int) -> list[int]:
        """The examples of one epoch, the same number in each: all, or fewer paraphrases (`paraphrase_share`)."""
        share = self.settings.paraphrase_share
        if self.stage != "pretrain" or share is None:
            return list(range(len(self)))
        paraphrases = [i for i, e in enumerate(self.examples) if getattr(e, "data_type", "") == "paraphrase"]
        others = sorted(set(range(len(self))) - set(paraphrases))
        count = min(len(paraphrases), round(len(others) * share / (1 - share))) if others else len(paraphrases)
        paraphrases.sort(key=lambda index: seeded_draw(self.settings.seed, "paraphrases", epoch, index))
        return sorted([*others, *paraphrases[:count]])

    def rows(self, index: int, epoch: int) -> list[Row]:
        """One example's rows: one, or one for each question that is answered (`answers_per_row`).

        Raises UsageError for a row whose prompt alone is longer than max_length.
        """
        example = self.examples[index]
        try:
            return self._rows(example, seeded_draw(self.settings.seed, epoch, index))
        except ValueError as error:
            shown = example.id or self._shown(example)
            raise UsageError(f"row '{shown}': {error} (shorten it, or raise {self.stage}.max_length)") from None

    def check_lengths(self) -> None:
        """Raise that error before training meets the row; short rows are not looked at."""
        for index in range(len(self)):
            if index == 0 or len(self.examples[index].model_dump_json()) > self.settings.max_length // 4:
                self.rows(index, epoch=0)

    def _rows(self, example: Example, draw: int) -> list[Row]:
        if isinstance(example, PretrainExample):
            return [Row(encoded, passages=example.docs) for encoded in self._pretrain(example, draw)]
        if isinstance(example, InstructionExample):
            encoded = self.tokenizer.answer(
                example.prompt, example.output, docs=self._slots(len(example.docs)), max_length=self.settings.max_length
            )
            return [Row(encoded, passages=example.docs)]
        assert isinstance(example, EndToEndExample)
        return [self._end_to_end(example, draw)]

    def length(self, index: int) -> int:
        """Characters of what the row reads and writes, about: what batches are grouped by."""
        example = self.examples[index]
        if isinstance(example, PretrainExample):
            answering = example.question and self.settings.answer_share > 0.5
            said = [example.question[0], example.answers[0]] if answering else [*example.question, *example.answers]
            text = " ".join([*said, *example.docs])
        elif isinstance(example, InstructionExample):
            text = " ".join([example.prompt, example.output, *example.docs])
        else:
            assert isinstance(example, EndToEndExample)
            text = example.question[0] + example.answer
        return len(text)

    def passage_ids(self, text: str) -> list[int]:
        return self._passage_ids(text)

    @staticmethod
    def _shown(example: Example) -> str:
        texts = [value for value in example.model_dump().values() if isinstance(value, list) and value]
        return str(texts[0][0])[:60] if texts else ""

    def _pretrain(self, example: PretrainExample, draw: int) -> list[Encoded]:
        slots, limit = self._slots(len(example.docs)), self.settings.max_length
        if example.data_type == "paraphrase":
            return [self.tokenizer.paraphrase(example.answers[0], docs=slots, draw=draw, max_length=limit)]
        if (draw % 1000) / 1000 >= self.settings.answer_share:
            return [self.tokenizer.pretrain_qa(example.question, example.answers, docs=slots, max_length=limit)]
        count = len(example.question)
        first = (draw // 1000) % count
        pairs = [(first + place) % count for place in range(min(count, self.settings.answers_per_row))]
        return [
            self.tokenizer.answer(example.question[pair], example.answers[pair], docs=slots, max_length=limit)
            for pair in pairs
        ]

    def _end_to_end(self, example: EndToEndExample, draw: int) -> Row:
        question = example.question[draw % len(example.question)]
        candidates = self.top_up(example, draw)
        config = self.tokenizer.config
        encoded = self.tokenizer.answer(
            question, example.answer, docs=self._slots(config.num_documents), max_length=self.settings.max_length
        )
        return Row(
            encoded,
            question_ids=self._passage_ids(question),
            candidates=candidates,
            positives=positives_of(example),
        )

    def top_up(self, example: EndToEndExample, draw: int) -> list[str]:
        """The row's own passages, then others from the pool that hold no accepted answer, up to num_candidates."""
        candidates = list(dict.fromkeys(example.context))
        wanted = self.tokenizer.config.num_candidates
        tries = 0
        while len(candidates) < wanted and tries < 20 * wanted and self.pool:
            passage = self.pool[seeded_draw(draw, tries) % len(self.pool)]
            tries += 1
            if passage not in candidates and not contains_answer(passage, example.answer):
                candidates.append(passage)
        return candidates

    def _slots(self, count: int) -> str:
        return self.tokenizer.slots(count)

    def probe(self, index: int) -> Probe | None:
        """A question to ask by generation, or None for rows without one (paraphrases)."""
        example = self.examples[index]
        if isinstance(example, PretrainExample):
            if example.data_type == "paraphrase":
                return None
            pair = seeded_draw("probe", index) % len(example.question)
            return Probe(example.question[pair], example.answers[pair], example.docs, [])
        if isinstance(example, InstructionExample):
            return Probe(example.prompt, example.output, example.docs, [])
        assert isinstance(example, EndToEndExample)
        return Probe(
            example.question[0],
            example.answer,
            self.top_up(example, seeded_draw("probe", index)),
            positives_of(example),
        )


def positives_of(example: EndToEndExample) -> list[int]:
    """Positions of the passages that hold the answer: pos_index, else those whose text contains it.

    An empty list leaves the row out of recall. Positions refer to the row's distinct passages in order.
    """
    distinct = list(dict.fromkeys(example.context))
    if example.pos_index is not None:
        return sorted({distinct.index(example.context[position]) for position in example.pos_index})
    return [index for index, passage in enumerate(distinct) if contains_answer(passage, example.answer)]


def split_rows(examples: Sequence[Example], *, eval_fraction: float, seed: int) -> tuple[list[Example], list[Example]]:
    """(train, held out), split by passage: rows about the same first passage always fall on the same side.

    Raises UsageError when no row is left to train on; of few rows none may be held out.
    """
    train: list[Example] = []
    held_out: list[Example] = []
    for example in examples:
        share = (seeded_draw("split", seed, _subject(example)) % 10_000) / 10_000
        (held_out if share < eval_fraction else train).append(example)
    if not train:
        raise UsageError("no rows left to train on; lower data.eval_fraction or give more rows")
    return train, held_out


def _subject(example: Example) -> str:
    """What a row is about: the passage that holds its answer."""
    if isinstance(example, EndToEndExample):
        distinct = list(dict.fromkeys(example.context))
        positives = positives_of(example)
        return distinct[positives[0] if positives else 0]
    if isinstance(example, InstructionExample):
        return next((passage for passage in example.docs if contains_answer(passage, example.output)), example.docs[0])
    assert isinstance(example, PretrainExample)
    return example.docs[0]


def check_rows(examples: Sequence[Example], *, num_documents: int, file: str) -> None:
    """Refuse rows that training could only use by cutting or guessing.

    `examples` are a file's rows in order. Raises RecordsError naming every row (blank lines are not counted).
    """
    problems = []
    for number, example in enumerate(examples, start=1):
        if isinstance(example, PretrainExample | InstructionExample) and len(example.docs) > num_documents:
            found = len(example.docs)
            message = f"{found} passages, but num_documents is {num_documents} (raise it, or split the row)"
            problems.append(RecordProblem(file, number, "docs", message))
    joint = [example for example in examples if isinstance(example, EndToEndExample)]
    distinct = len({passage for example in joint for passage in example.context})
    if joint and distinct <= num_documents:
        message = (
            f"only {distinct} distinct passages to choose from, but num_documents is {num_documents} "
            "(lower it, or give more passages)"
        )
        problems.append(RecordProblem(file, 0, "context", message))
    if problems:
        raise RecordsError(problems)
