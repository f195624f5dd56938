"""From worlds to token rows for training the tiny base: prompts, formats, the curriculum's mixing. Knows no torch.

A batch is made of *passages* (read by the compressor), *queries* (questions, read by it too) and *rows* (what
the generator reads). A row shares one prefix (the prompt up to where its questions part) between several *branches*
(question, answer); a branch sees the prefix and itself only, so each is exactly the prompt `ClaraModel` would build.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from clara.demo import names
from clara.demo.worlds import (
    Fact,
    Passage,
    World,
    draw_passages,
    draw_question,
    draw_training_world,
)

QA_SYSTEM = "Answer the question from the background, in as few words as you can."
WRITE_SYSTEM = "Write questions that cover the document, each with its answer."
RESTATE_SYSTEM = "Restate the background in other words."
RESTATE_USERS = (
    "Background: {docs} Say this differently.",
    "Background: {docs} means the same as",
    "{docs} In other words:",
    "Background: {docs} Write this again in your own words.",
)
CHAT_TEMPLATE = (
    "{%- set ns = namespace(system='') -%}{{- bos_token -}}"
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'system' -%}{%- set ns.system = message['content'] + '\\n' -%}"
    "{%- elif message['role'] == 'user' -%}{{- '<|user|>' + ns.system + message['content'] -}}"
    "{%- set ns.system = '' -%}"
    "{%- else -%}{{- '<|assistant|>' + message['content'] + eos_token -}}{%- endif -%}"
    "{%- endfor -%}{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}"
)
MAX_MEMORY = 32
SPECIAL_TOKENS = [
    "<unk>", "<s>", "</s>", "<pad>", "<ENC>", "<SEP>", "<AE>", "<|user|>", "<|assistant|>",
    *(f"<MEM{i}>" for i in range(MAX_MEMORY)),
]  # fmt: skip
MAX_PASSAGE_TOKENS = 126  # with <ENC>, bos and eos: doc_max_length 128 is never exceeded


@dataclass(frozen=True, slots=True)
class Mix:
    """What a batch is made of at one point of the curriculum."""

    memory_share: float  # groups whose background is memory; the others read visible text
    memory_sizes: tuple[int, ...]  # one is drawn per batch
    max_passages: int  # passages per background, 1 to this
    write_share: float  # groups that also write questions with their answers
    restate_share: float  # groups that also restate a passage
    question_weight: float  # loss weight of question tokens beside 1.0 for answers
    retrieval_weight: float  # weight of the in-batch contrastive loss
    distinct_share: float = 0.0  # passages that hold no two values of one sort
    two_part_share: float = 0.25  # entities told in two passages that share no fact, like the pages of one file
    with_names: bool = True  # the entity's name is hinted in every memory token
    pointing: bool = True  # attention is hinted where to look
    temperature: float = 0.05  # of the contrastive loss
    hint_share: float = 1.0  # of the slot hints' weight


@dataclass(slots=True)
class Branch:
    """Tokens after the shared prefix; weights[i] is the loss weight of predicting ids[i].

    `points_to` is the place in the prefix of the memory token that holds the answer, -1 where none is hinted;
    `name_at` are the places in ids of the asked-about name's tokens.
    """

    ids: list[int]
    weights: list[float]
    answer: str = ""
    tag: tuple[str, ...] = ()
    points_to: int = -1
    name_at: tuple[int, ...] = ()


@dataclass(slots=True)
class Row:
    """One generator sequence. `slots` are (position in prefix, passage index) of each passage's first memory token."""

    prefix: list[int]
    prefix_weights: list[float]
    branches: list[Branch]
    slots: list[tuple[int, int]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.prefix) + sum(len(branch.ids) for branch in self.branches)


# Slot hints: memory token i shall name, by the output head behind its k-th map, the k-th token of a value of the i-th
# sort. Without such hints the memory stays unread for thousands of steps (LOG.md, experiments 20 and 21).
SLOTS = (
    "NAME",
    "person",
    "named",
    "city",
    "place or stuff",
    "colour",
    "choice",
    "time",
    "mass",
    "money",
    "span",
    "rest",
)
NUM_SLOTS = len(SLOTS)
SLOT_TOKENS = 4  # tokens of a value that are hinted
NAME_TOKENS = 2  # of the entity's name, which in the end every memory token shall hold: whose value is this?
NAMED_SLOTS = 4  # memory tokens a passage or question that are hinted so
FIRST_NAME_MAP = 2 * SLOT_TOKENS  # the second four maps name what is folded into a memory token (places_of)
NUM_MAPS = FIRST_NAME_MAP + NAME_TOKENS
SORTS = {
    "person": "person", "named": "named", "city": "city", "country": "place or stuff", "material": "place or stuff",
    "colour": "colour", "choice": "choice", "year": "time", "date": "time", "monthyear": "time", "month": "time",
    "weekday": "time", "time": "time",
}  # fmt: skip
UNITS = {
    "mass": frozenset(("kg", "g", "grams", "tonnes", "tons")),
    "money": frozenset(("euros", "dollars", "pounds", "crowns")),
    "span": frozenset(("hours", "days", "minutes", "min", "years", "months", "weeks", "seconds", "s")),
}


def places_of(slot: int, memory_size: int) -> list[tuple[int, int]]:
    """(memory token, first map) of every place that shall hold a slot's value.

    A compressor does not know how many memory tokens follow, so fewer tokens hold more only if the early ones always
    do: the second six sorts stand folded in the first six tokens too, and from token 12 on everything is there again.
    """
    places = [(slot, 0), (slot + NUM_SLOTS, 0)]
    places += [(slot - NUM_SLOTS // 2, SLOT_TOKENS)] if slot >= NUM_SLOTS // 2 else []
    return [(token, first_map) for token, first_map in places if token < memory_size]


def slot_of(fact: Fact) -> int:
    """The slot of a value: by its sort, amounts by their unit."""
    sort = fact.attribute.values.partition(":")[0]
    if sort in SORTS:
        return SLOTS.index(SORTS[sort])
    unit = fact.value.split()[-1]
    return SLOTS.index(next((name for name, units in UNITS.items() if unit in units), "rest"))


@dataclass(slots=True)
class Batch:
    """Everything of one step, as token ids. `queries[i]` asks for a fact of passage `query_targets[i]`.

    `hints` are (passage, memory token, map, token id): what that memory token shall name behind that map; passages
    from `len(passages)` on are queries.
    """

    memory_size: int
    passages: list[list[int]]
    queries: list[list[int]]
    query_targets: list[int]
    rows: list[Row]
    hints: list[tuple[int, int, int, int]] = field(default_factory=list)


def invented_word(name: str) -> str:
    """The invented word of a name: 'Velmora' of 'The Velmora House'."""
    return next((word for word in name.split() if names.syllables(word)), name)


def chat(system: str, user: str) -> str:
    """The rendered prompt, exactly as CHAT_TEMPLATE renders it with add_generation_prompt."""
    return f"<s><|user|>{system}\n{user}<|assistant|>"


class RowMaker:
    """Draws batches; the batch of a step is a pure function of (seed, step). No worlds given: the training mixture."""

    def __init__(
        self, tokenizer: Any, worlds: tuple[World, ...], *, seed: int, batch_passages: int, made_up_share: float = 0.35
    ) -> None:
        self.tokenizer = tokenizer  # a tokenizers.Tokenizer
        self.worlds = worlds
        self.seed = seed
        self.made_up_share = made_up_share
        self.batch_passages = batch_passages
        self.ids = {token: tokenizer.token_to_id(token) for token in SPECIAL_TOKENS}

    def encode(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def compressor_ids(self, text: str, memory_size: int) -> list[int]:
        """<ENC> bos text eos <MEM0>…: what the compressor reads."""
        body = self.encode(text)[:MAX_PASSAGE_TOKENS]
        memory = [self.ids[f"<MEM{i}>"] for i in range(memory_size)]
        return [self.ids["<ENC>"], self.ids["<s>"], *body, self.ids["</s>"], *memory]

    def draw_world(self, rng: random.Random) -> World:
        return rng.choice(self.worlds) if self.worlds else draw_training_world(rng, made_up_share=self.made_up_share)

    def draw_group(
        self, rng: random.Random, count: int, distinct_share: float = 0.0, two_part_share: float = 0.25
    ) -> list[Passage]:
        """`count` passages of different entities (or two parts of one), of one world more often than not."""
        one_world = self.draw_world(rng) if count > 1 and rng.random() < 0.6 else None
        distinct = rng.random() < distinct_share
        patience = 20 if one_world else 1000  # a world whose values are all of one sort has no such passage
        group: list[Passage] = []
        while len(group) < count:
            for passage in draw_passages(rng, one_world or self.draw_world(rng), two_part_share=two_part_share):
                slots = [slot_of(fact) for fact in passage.facts]
                if distinct and patience and len(slots) - len(set(slots)) > int(one_world is not None):
                    patience -= 1
                    continue
                if len(group) < count and len(self.encode(passage.text)) <= MAX_PASSAGE_TOKENS:
                    group.append(passage)
        rng.shuffle(group)
        return group

    def batch(self, step: int, mix: Mix) -> Batch:
        rng = random.Random(f"{self.seed}-{step}")
        memory_size = rng.choice(mix.memory_sizes)
        out = Batch(memory_size, [], [], [], [])
        asked_of: list[Passage] = []
        while len(out.passages) < self.batch_passages:
            left = self.batch_passages - len(out.passages)
            visible = rng.random() >= mix.memory_share
            # visible text is long: at most two passages there, to keep rows short
            count = min(left, rng.randint(1, min(mix.max_passages, 2 if visible else 5)))
            group = self.draw_group(rng, count, mix.distinct_share, mix.two_part_share)
            first = len(out.passages)
            for passage in group:
                fact = rng.choice(passage.facts)
                asked_of.append(passage)
                out.query_targets.append(len(out.passages))
                out.queries.append(self.compressor_ids(draw_question(rng, passage.entity, fact), memory_size))
                out.hints += [(len(out.passages), *hint) for hint in self.slot_tokens(passage, memory_size)]
                out.passages.append(self.compressor_ids(passage.text, memory_size))
            size = 0 if visible else memory_size
            out.rows += self.group_rows(rng, group, first, mix, memory_size=size)
        for index, passage in enumerate(asked_of):  # a question holds a name too: that is what retrieval goes by
            name = self.words(passage.entity.name)[:SLOT_TOKENS]
            out.hints += [(len(out.passages) + index, 0, place, token) for place, token in enumerate(name)]
        named = [*asked_of, *asked_of] if mix.with_names else []
        for index, passage in enumerate(named):  # the passages, then the questions
            tokens = self.words(invented_word(passage.entity.name))[:NAME_TOKENS]
            for memory_token in rng.sample(range(memory_size), NAMED_SLOTS):
                out.hints += [(index, memory_token, FIRST_NAME_MAP + k, token) for k, token in enumerate(tokens)]
        return out

    def slot_tokens(self, passage: Passage, memory_size: int) -> list[tuple[int, int, int]]:
        """(memory token, map, token id) for the passage's name and each value that is alone of its sort there."""
        slots = [slot_of(fact) for fact in passage.facts]
        named = [(slot, fact.value) for slot, fact in zip(slots, passage.facts, strict=True) if slots.count(slot) == 1]
        return [
            (memory_token, first_map + place, token)
            for slot, value in [(0, passage.entity.name), *named]
            for memory_token, first_map in places_of(slot, memory_size)
            for place, token in enumerate(self.words(value)[:SLOT_TOKENS])
        ]

    def words(self, text: str) -> list[int]:
        """Token ids without the bare space some words open with."""
        return [token for token in self.encode(text) if self.tokenizer.id_to_token(token) != "Ġ"]

    def group_rows(
        self, rng: random.Random, group: list[Passage], first: int, mix: Mix, *, memory_size: int
    ) -> list[Row]:
        """The rows of one group: questions on it, sometimes writing questions, sometimes restating."""
        asked = [(passage, fact) for passage in group for fact in passage.facts]
        rng.shuffle(asked)
        rows = [self.question_row(rng, group, asked[: 5 + 2 * len(group)], first, mix.question_weight, memory_size)]
        if rng.random() < mix.write_share:
            rows.append(self.write_row(rng, group, first, memory_size))
        if rng.random() < mix.restate_share:
            rows.append(self.restate_row(rng, group, first, memory_size))
        return rows

    def question_row(
        self,
        rng: random.Random,
        group: list[Passage],
        asked: list[tuple[Passage, Fact]],
        first: int,
        question_weight: float,
        memory_size: int,
    ) -> Row:
        docs = self.background(group, memory_size)
        prompts, answers, tags = [], [], []
        for passage, fact in asked:
            question = draw_question(rng, passage.entity, fact)
            prompts.append(chat(QA_SYSTEM, f"Background:\n{docs}\n\nQuestion:{question}"))
            answers.append(fact.value)
            tags.append((passage.style, fact.attribute.values.partition(":")[0], passage.entity.world.kind))
        text_weight = 0.2 if not memory_size else 0.0
        weight = question_weight if memory_size else 0.0
        row = self.row(prompts, answers, tags, first, len(group), memory_size, text_weight, weight)
        if memory_size:
            starts = {id(passage): start for passage, (start, _) in zip(group, row.slots, strict=True)}
            for branch, (passage, fact) in zip(row.branches, asked, strict=True):
                slot = slot_of(fact)
                if slot < memory_size and [slot_of(other) for other in passage.facts].count(slot) == 1:
                    branch.points_to = starts[id(passage)] + slot
                name = self.words(invented_word(passage.entity.name))[:NAME_TOKENS]
                found = [i for i in range(len(branch.ids)) if branch.ids[i : i + len(name)] == name]
                branch.name_at = tuple(range(found[0], found[0] + len(name))) if found else ()
        return row

    def write_row(self, rng: random.Random, group: list[Passage], first: int, memory_size: int) -> Row:
        which = rng.randrange(len(group))
        passage = group[which]
        facts = rng.sample(passage.facts, min(len(passage.facts), 4))
        lines = [f"Question: {draw_question(rng, passage.entity, fact)}\nAnswer: {fact.value}" for fact in facts]
        prompt = chat(WRITE_SYSTEM, f"Background:\n{self.background([passage], memory_size)}")
        return self.row([prompt], ["\n".join(lines)], [("write", "", "")], first + which, 1, memory_size, 0.0, 0.0)

    def restate_row(self, rng: random.Random, group: list[Passage], first: int, memory_size: int) -> Row:
        which = rng.randrange(len(group))
        prompt = chat(
            RESTATE_SYSTEM, rng.choice(RESTATE_USERS).format(docs=self.background([group[which]], memory_size))
        )
        return self.row([prompt], [group[which].text], [("restate", "", "")], first + which, 1, memory_size, 0.0, 0.0)

    def background(self, group: list[Passage], memory_size: int) -> str:
        if not memory_size:
            return "\n\n".join(passage.text for passage in group)
        return ("".join(f"<MEM{i}>" for i in range(memory_size)) + "<SEP>") * len(group)

    def row(
        self,
        prompts: list[str],
        answers: list[str],
        tags: list[tuple[str, ...]],
        first: int,
        passages: int,
        memory_size: int,
        text_weight: float,
        question_weight: float,
    ) -> Row:
        """Share the prompts' common token prefix; a branch keeps at least its prompt's last token."""
        encoded = [self.encode(prompt) for prompt in prompts]
        shared = len(encoded[0]) - 1
        for other in encoded[1:]:
            shared = min(shared, len(other) - 1)
            while encoded[0][:shared] != other[:shared]:
                shared -= 1
        prefix = encoded[0][:shared]
        branches = []
        for ids, answer, tag in zip(encoded, answers, tags, strict=True):
            target = [*self.encode(answer), self.ids["</s>"]]
            weights = [question_weight] * (len(ids) - shared - 1) + [0.0] + [1.0] * len(target)
            branches.append(Branch(ids[shared:] + target, weights, answer, tag))
        slots = []
        if memory_size:
            start = prefix.index(self.ids["<MEM0>"])
            slots = [(start + i * (memory_size + 1), first + i) for i in range(passages)]
        return Row(prefix, [text_weight] * len(prefix), branches, slots)
