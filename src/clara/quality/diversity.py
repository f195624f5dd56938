"""How varied the questions and passages are: question types, n-gram spread, topics. Counts, not judgements."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from clara.text import words

# the first that fits names the type; Chinese patterns beside the English ones
QUESTION_TYPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("how many / how much", r"\bhow (?:many|much)\b|多少|几[个年月天岁次]|百分之"),
        ("how long / far / old",
         r"\bhow (?:long|far|old|often|big|large|tall|high|heavy|fast|deep|wide)\b|多[长远大久高重]"),
        ("why", r"\bwhy\b|\bfor what reason\b|\bwhat (?:caused|led to)\b|为什么|为何|原因"),
        ("how", r"^\W*how\b|, how\b|如何|怎[么样]"),
        ("when", r"\bwhen\b|\b(?:what|which) (?:year|date|month|day|century|time)\b|什么时候|何时|哪[一]?年|哪天"),
        ("where", r"\bwhere\b|\b(?:what|which) (?:city|country|place|town|region|state)\b|哪里|哪儿|何地|在哪"),
        ("who", r"\bwho(?:m|se)?\b|\b(?:what|which) (?:person|company|firm|people)\b|谁|哪位"),
        ("which", r"\bwhich\b|哪[个些种]"),
        ("what", r"\bwhat(?:'s)?\b|什么|何"),
        ("yes / no", r"^\W*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b|吗[？?]"),
        ("task", r"^\W*(?:list|name|summari[sz]e|explain|describe|compare|extract|write|rewrite|tell|give|state|"
         r"translate|identify|find)\b|总结|列出|说明|解释|比较|写"),
    )
)  # fmt: skip
MAX_TOPICS = 12
TOPIC_WORDS = 4
_STOP_SHARE = 0.3  # a word in more passages than this says nothing about a topic
ROUNDS = 20


def question_type(question: str) -> str:
    """The family of a question.

    >>> question_type("How many doors has it?"), question_type("Name the maker of Oru."), question_type("Oru?")
    ('how many / how much', 'task', 'other')
    >>> question_type("谁发明了电话？")
    'who'
    """
    return next((name for name, pattern in QUESTION_TYPES if pattern.search(question)), "other")


def question_types(questions: Iterable[str]) -> dict[str, int]:
    """How often each type occurs, the most frequent first."""
    return dict(Counter(question_type(question) for question in questions).most_common())


def distinct_ngrams(texts: Sequence[str], n: int) -> float | None:
    """Distinct n-grams over all n-grams (distinct-n, Li et al. 2016), None when there is none.

    >>> distinct_ngrams(["a b", "a b"], 2)
    0.5
    """
    total = 0
    seen: set[tuple[str, ...]] = set()
    for text in texts:
        found = words(text)
        grams = [tuple(found[i : i + n]) for i in range(len(found) - n + 1)]
        total += len(grams)
        seen.update(grams)
    return round(len(seen) / total, 4) if total else None


def effective_number(counts: Iterable[int]) -> float:
    """exp of the entropy: how many equally frequent kinds are as varied as these.

    >>> effective_number([5, 5]), effective_number([10])
    (2.0, 1.0)
    """
    kept = [count for count in counts if count]
    total = sum(kept)
    entropy = -sum(count / total * math.log(count / total) for count in kept) if total else 0.0
    return round(math.exp(entropy), 2) if total else 0.0


def topics(passages: Sequence[str], *, seed: int = 0) -> list[dict[str, Any]]:
    """Groups of passages by their words (spherical k-means on TF-IDF), largest first: their words and their size."""
    import numpy as np

    bags = [Counter(word for word in words(text) if len(word) > 2 and not word.isdigit()) for text in passages]
    spread = Counter(word for bag in bags for word in bag)
    limit = max(2, _STOP_SHARE * len(bags))
    vocabulary = [word for word, count in spread.most_common() if 2 <= count <= limit][:2000]
    if len(bags) < 8 or len(vocabulary) < 8:
        return []
    place = {word: index for index, word in enumerate(vocabulary)}
    vectors = np.zeros((len(bags), len(vocabulary)), dtype=np.float32)
    for row, bag in enumerate(bags):
        for word, count in bag.items():
            if word in place:
                vectors[row, place[word]] = (1 + math.log(count)) * math.log(len(bags) / spread[word])
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.where(norms > 0, norms, 1)
    count = min(MAX_TOPICS, max(2, len(bags) // 10))
    centres = vectors[np.random.default_rng(seed).choice(len(bags), count, replace=False)]
    for _ in range(ROUNDS):
        group = (vectors @ centres.T).argmax(axis=1)
        sums = np.stack([vectors[group == i].sum(axis=0) for i in range(count)])
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        moved = np.where(lengths > 0, sums / np.where(lengths > 0, lengths, 1), centres)
        if np.allclose(moved, centres):
            break
        centres = moved
    found = []
    for i in range(count):
        size = int((group == i).sum())
        if size:
            best = np.argsort(-centres[i], kind="stable")[:TOPIC_WORDS]
            found.append({"words": [vocabulary[int(k)] for k in best if centres[i][k] > 0], "passages": size})
    return sorted(found, key=lambda topic: -topic["passages"])
