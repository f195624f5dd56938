"""Which passages belong together: pairs and triples that share a name, or whose words are close."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from clara.schema import Passage
from clara.synthesis.coverage import source_facts
from clara.synthesis.neighbours import Neighbours, nearest

RARE_SHARE = 0.2  # a name in more of the passages than this links nothing
CLOSE = 0.2  # of a passage's BM25 score for itself: what its neighbour must reach when they share no name
LINKED_BY_TITLE = 2.0
EVERY_THIRD = 3  # one group in three is a triple, where there is a third passage


def related_groups(passages: Sequence[Passage], neighbours: Neighbours) -> list[tuple[int, ...]]:
    """At most one group for each passage, as positions in order; the same passages always give the same groups."""
    holders: dict[str, set[int]] = defaultdict(set)
    names = []
    for position, passage in enumerate(passages):
        own = {fact.text.casefold() for fact in source_facts(passage) if fact.kind == "name"}
        if passage.title:
            own.add(passage.title.casefold())
        names.append(own)
        for name in own:
            holders[name].add(position)
    limit = max(3, int(RARE_SHARE * len(passages)))
    titles = defaultdict(set)
    for position, passage in enumerate(passages):
        if passage.title:
            titles[passage.title.casefold()].add(position)

    def links(position: int) -> dict[int, float]:
        """Passages linked by a rare name, with how strongly."""
        found: dict[int, float] = defaultdict(float)
        for name in names[position]:
            if 2 <= len(holders[name]) <= limit:
                for other in holders[name]:
                    found[other] += 1 / len(holders[name])
            if name != passages[position].title.casefold():
                for other in titles.get(name, ()):  # another document is about something that this one names
                    found[other] += LINKED_BY_TITLE
        return {other: score for other, score in found.items() if _differ(passages[position], passages[other])}

    groups: dict[tuple[int, ...], None] = {}
    for position in range(len(passages)):
        found = links(position)
        if found:
            best = min(found, key=lambda other: (-found[other], other))
        else:
            near = _close(position, passages, neighbours)
            if near is None:
                continue
            best = near
        group = [position, best]
        if len(groups) % EVERY_THIRD == EVERY_THIRD - 1:
            further = {**links(best), **found}
            third = [other for other in further if all(_differ(passages[other], passages[kept]) for kept in group)]
            group += sorted(third, key=lambda other: (-further[other], other))[:1]
        groups.setdefault(tuple(sorted(group)))
    return list(groups)


def _differ(one: Passage, other: Passage) -> bool:
    return one.id != other.id and one.text != other.text


def _close(position: int, passages: Sequence[Passage], neighbours: Neighbours) -> int | None:
    scores = neighbours.scores(passages[position].text)
    for other in nearest(scores, min(4, len(passages))):
        if _differ(passages[position], passages[other]) and scores[other] >= CLOSE * scores[position]:
            return other
    return None
