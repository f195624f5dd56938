"""Held-out questions from the generator's facts, and whether training ever saw a question of the same form.

The form of a question is its wording with the product's name masked: 'what is the weight of <name>'. A question counts
as `seen` only if some training question has its form, as `unseen` only if none has; both are checked, never assumed.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from clara.demo.corpus import Fact, World
from clara.errors import UsageError

Phrasing = Literal["seen", "unseen"]
MIN_PER_DOCUMENT = 2
MASK = "<name>"

# How people ask. Which of these are seen is not decided here: it depends on what the drafter asked in training.
WORDINGS: dict[str, tuple[str, ...]] = {
    "kind": (
        "What is {name}?", "What kind of product is {name}?", "What kind of thing is {name}?",
        "What sort of device is {name}?", "What type of product is {name}?", "Tell me what {name} is.",
        "{name} is what kind of product?",
    ),
    "maker": (
        "Who makes {name}?", "Which company makes {name}?", "Who is the maker of {name}?", "Who manufactures {name}?",
        "Who made {name}?", "Which firm makes {name}?", "Name the maker of {name}.", "{name} is made by which company?",
        "By which company is {name} made?", "Who is {name} made by?", "Tell me who makes {name}.",
    ),
    "engineer": (
        "Who is the lead engineer of {name}?", "Which person is the lead engineer of {name}?",
        "Who is {name}'s lead engineer?", "Name the lead engineer of {name}.", "{name} has which lead engineer?",
        "Tell me who the lead engineer of {name} is.", "What is the name of the lead engineer of {name}?",
    ),
    "city": (
        "Where is {name} assembled?", "What is the assembly city of {name}?", "In which city is {name} assembled?",
        "Where is {name} put together?", "Which city assembles {name}?", "{name} is assembled in which city?",
        "In which place is {name} assembled?", "What assembly city does {name} have?",
        "Tell me where {name} is assembled.", "Name the city where {name} is assembled.",
    ),
    "year": (
        "When was {name} first sold?", "In which year was {name} first sold?", "When did {name} go on sale?",
        "What is the year of first sale of {name}?", "Since when has {name} been sold?",
        "In which year did {name} go on sale?", "{name} was first sold in which year?",
        "Tell me when {name} was first sold.", "Which year saw the first sale of {name}?",
    ),
    "weight": (
        "How much does {name} weigh?", "What is the weight of {name}?", "What does {name} weigh?",
        "How many kilograms does {name} weigh?", "How heavy is {name}?", "Tell me the weight of {name}.",
        "{name} has what weight?",
    ),
    "colour": (
        "What is the casing colour of {name}?", "What colour is the casing of {name}?",
        "What casing colour does {name} have?", "What is the colour of the casing of {name}?",
        "Which colour does the casing of {name} have?", "Tell me the casing colour of {name}.",
        "The casing of {name} has which colour?", "In what colour is the casing of {name} painted?",
    ),
    "price": (
        "How much does {name} cost?", "What is the price of {name}?", "What does {name} cost?",
        "How many euros does {name} cost?", "Tell me the price of {name}.", "At what price is {name} sold?",
    ),
    "warranty": (
        "How long is the warranty of {name}?", "What is the warranty of {name}?",
        "How long does the warranty of {name} last?", "Tell me the warranty of {name}.",
        "How many months does the warranty of {name} last?", "{name} has a warranty of how many months?",
    ),
    "battery": (
        "What is the battery life of {name}?", "How long is the battery life of {name}?",
        "How long does the battery of {name} last?", "Tell me the battery life of {name}.",
        "How many hours does the battery of {name} last?", "{name} has which battery life?",
    ),
    "range": (
        "What is the operating range of {name}?", "What operating range does {name} have?",
        "Tell me the operating range of {name}.", "How many metres is the operating range of {name}?",
        "{name} has which operating range?",
    ),
    "material": (
        "What is the casing material of {name}?", "What casing material does {name} have?",
        "What is the casing of {name} made of?", "Which material is the casing of {name} made of?",
        "Tell me the casing material of {name}.", "The casing of {name} is made of what?",
    ),
    "noise": (
        "What is the noise level of {name}?", "What noise level does {name} have?",
        "Tell me the noise level of {name}.", "How many dB is the noise level of {name}?",
        "{name} has which noise level?",
    ),
}  # fmt: skip

UNIT_WORDS = {"kg": ("kilograms", "kilos"), "dB": ("decibels",), "metres": ("m", "meters"), "hours": ("h",),
              "months": (), "euros": ("euro", "EUR")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class HeldoutQuestion:
    """One scored question. `answers` lists every accepted wording, the sheet's own first; `page` holds the answer."""

    question: str
    answers: tuple[str, ...]
    document: str
    page: int
    attribute: str
    phrasing: Phrasing


def question_forms(questions: Iterable[str], *, names: Collection[str]) -> Counter[str]:
    """How often each form occurs among these questions; a form has the product names among `names` masked.

    >>> sorted(question_forms(["How much does the Moneculu 98 weigh?", "who made it"], names=["Moneculu 98"]))
    ['how much does <name> weigh', 'who made it']
    """
    by_words = {tuple(_words(name)) for name in names}
    longest = max(map(len, by_words), default=0)
    return Counter(_form(question, by_words, longest) for question in questions)


def heldout_questions(
    world: World, *, seed: int, training_forms: Mapping[str, int], num: int = 402
) -> list[HeldoutQuestion]:
    """Questions about the held-out sheets: at least `num`, at least two a document, exactly a third of them unseen.

    Attributes are asked about equally often, as far as the facts go. `training_forms` comes from `question_forms` over
    every training question; seen wordings are drawn as often as training used them, unseen ones evenly. An attribute
    that training never asked about in a wording known here is left out.
    Raises UsageError when fewer than two facts of some document remain.
    """
    rng = random.Random(f"{seed}/questions")
    seen, unseen = _seen_and_unseen(training_forms)
    usable = {attribute for attribute in WORDINGS if seen[attribute] and unseen[attribute]}
    facts = _balanced(rng, [fact for fact in world.facts("heldout") if fact.attribute in usable], num)
    short = {sheet.document for sheet in world.part("heldout")} - _with_enough(facts)
    if short:
        raise UsageError(
            f"training asked about {', '.join(sorted(usable)) or 'nothing'} only: that leaves fewer than "
            f"{MIN_PER_DOCUMENT} questions about {min(short)}"
        )
    # every third of each attribute's questions (and so of all) is put in a wording that training never used
    facts.sort(key=lambda fact: fact.attribute)
    questions = []
    for index, fact in enumerate(facts):
        phrasing: Phrasing = "unseen" if index % 3 == 2 else "seen"
        wordings = (unseen if phrasing == "unseen" else seen)[fact.attribute]
        [template] = rng.choices(list(wordings), weights=list(wordings.values()))
        question = template.format(name=fact.product)
        answers = accepted_answers(fact.attribute, fact.value)
        questions.append(HeldoutQuestion(question, answers, fact.document, fact.page, fact.attribute, phrasing))
    return sorted(questions, key=lambda question: (question.document, question.page, question.attribute))


def accepted_answers(attribute: str, value: str) -> tuple[str, ...]:
    """The printed value and its harmless variants.

    >>> accepted_answers("weight", "61 kg")
    ('61 kg', '61kg', '61 kilograms', '61 kilos', '61')
    >>> accepted_answers("kind", "lamp")
    ('lamp', 'a lamp')
    """
    number, _, unit = value.partition(" ")
    if unit in UNIT_WORDS:
        return (value, f"{number}{unit}", *(f"{number} {other}" for other in UNIT_WORDS[unit]), number)
    if attribute == "kind":
        return value, f"{'an' if value[0] in 'aeiou' else 'a'} {value}"
    return (value,)


def _seen_and_unseen(training_forms: Mapping[str, int]) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]]]:
    """Per attribute, the wordings training used with their counts, and those it never used with equal weights."""
    seen: dict[str, dict[str, int]] = {attribute: {} for attribute in WORDINGS}
    unseen: dict[str, dict[str, int]] = {attribute: {} for attribute in WORDINGS}
    for attribute, templates in WORDINGS.items():
        for template in templates:
            count = training_forms.get(_form(template.format(name=MASK), {(MASK,)}, 1), 0)
            (seen if count else unseen)[attribute][template] = count or 1
    return seen, unseen


def _balanced(rng: random.Random, facts: list[Fact], num: int) -> list[Fact]:
    """Two facts of every document, then more, always of the attribute asked about least so far; a multiple of three."""
    by_document: dict[str, list[Fact]] = defaultdict(list)
    for fact in rng.sample(facts, len(facts)):
        by_document[fact.document].append(fact)
    total = max(num, MIN_PER_DOCUMENT * len(by_document))
    total = min(total + -total % 3, len(facts) - len(facts) % 3)
    asked: Counter[str] = Counter()
    chosen: list[Fact] = []
    while len(chosen) < total:
        for left in by_document.values():
            if left and len(chosen) < total:
                fact = min(left, key=lambda fact: asked[fact.attribute])
                left.remove(fact)
                asked[fact.attribute] += 1
                chosen.append(fact)
    return chosen


def _with_enough(facts: Iterable[Fact]) -> set[str]:
    counts = Counter(fact.document for fact in facts)
    return {document for document, count in counts.items() if count >= MIN_PER_DOCUMENT}


def _form(question: str, names: Collection[tuple[str, ...]], longest: int) -> str:
    words = _words(question)
    form: list[str] = []
    position = 0
    while position < len(words):
        for length in range(longest, 0, -1):
            if tuple(words[position : position + length]) in names:
                if form and form[-1] == "the":
                    form.pop()
                form.append(MASK)
                position += length
                break
        else:
            form.append(words[position])
            position += 1
    return " ".join(form)


def _words(text: str) -> list[str]:
    """Lower-case words; punctuation at a word's edge goes, a possessive 's stands alone."""
    spaced = text.casefold().replace("’", "'").replace("'s ", " 's ")
    return [word for word in (token.strip('.,:;?!"()') for token in spaced.split()) if word]
