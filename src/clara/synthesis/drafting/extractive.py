"""ExtractiveDrafter: reads a passage line by line, keeps track of who is meant, and asks every family of facts."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from clara.schema import Passage
from clara.synthesis.drafting.asking import Statement
from clara.synthesis.drafting.choosing import choose
from clara.synthesis.drafting.clauses import parse_clauses
from clara.synthesis.drafting.dates import draft_dates
from clara.synthesis.drafting.descriptions import draft_descriptions, kind_noun
from clara.synthesis.drafting.leftovers import is_leftover
from clara.synthesis.drafting.objects import draft_objects
from clara.synthesis.drafting.people import draft_people, draft_subject
from clara.synthesis.drafting.places import draft_places
from clara.synthesis.drafting.quantities import draft_quantities, draft_there_are
from clara.synthesis.drafting.relations import draft_acronyms, draft_relations
from clara.synthesis.drafting.restating import restate
from clara.synthesis.drafting.sentences import Line, split_lines, split_sentences
from clara.synthesis.drafting.structured import draft_labels, draft_tables, named_by_label
from clara.synthesis.drafting.subjects import Discourse
from clara.synthesis.drafting.telling import SPARE_KINDS, as_written, draft_prose, keeps_in_prose, mended
from clara.synthesis.drafting.told import says_enough
from clara.synthesis.drafts import Draft, Rejected

FAMILIES: tuple[Callable[[Statement], list[Draft]], ...] = (
    draft_descriptions,
    draft_people,
    draft_dates,
    draft_places,
    draft_quantities,
    draft_relations,
)


class ExtractiveDrafter:
    """Drafts whose answers are spans of the passage; the same passage and seed give the same drafts, in text order."""

    name = "extractive"
    extractive = True
    max_rounds = 1  # rules do not change their mind

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    async def draft(self, passage: Passage, *, rejected: Sequence[Rejected] = ()) -> list[Draft]:
        return [] if rejected else self.draft_now(passage)

    async def paraphrase(self, passage: Passage, *, rejected: Sequence[str] = ()) -> str | None:
        return None if rejected else restate(passage, seed=self.seed)

    def draft_now(self, passage: Passage) -> list[Draft]:
        lines = split_lines(passage.text)
        title = named_by_label(lines) or passage.title or _first_heading(lines)
        discourse = Discourse.of(title, passage.text)
        prose = [line.text for line in lines if line.kind in ("prose", "item")]
        discourse.read_ahead(prose)
        sentences = [
            sentence
            for line in lines
            if line.kind == "prose" or (line.kind == "item" and line.text.endswith("."))
            for sentence in split_sentences(line.text)
        ]
        by_sentence = [draft_sentence(sentence, discourse) for sentence in sentences]
        drafts = [draft for found in by_sentence for draft in found if not is_leftover(draft)]
        if not _are_short(sentences):
            read = [draft for draft in draft_prose(sentences, title=discourse.title) if not is_leftover(draft)]
            told = _join(sentences, drafts, read)
            spare = [
                draft
                for draft in drafts
                if draft.kind in SPARE_KINDS and says_enough(draft.questions[0], draft.kind, lenient=True)
            ]
            drafts = choose(told, passage, sentences=sentences, spare=spare)
        drafts.extend(draft_labels(lines, discourse.title))
        drafts.extend(draft_tables(lines, discourse.title))
        return [self._shuffled(draft, passage) for draft in drafts]

    def _shuffled(self, draft: Draft, passage: Passage) -> Draft:
        """The phrasings in a seeded order, so that a corpus shows all of them in first place."""
        if len(draft.questions) < 2:
            return draft
        questions = list(draft.questions)
        random.Random(f"{self.seed}/{passage.id}/{draft.kind}/{draft.answer}").shuffle(questions)
        return Draft(questions=tuple(questions), answer=draft.answer, evidence=draft.evidence, kind=draft.kind)


def _are_short(sentences: list[str]) -> bool:
    """Whether a passage is one of short plain sentences, as on a product sheet.

    There the plain rules ask for all there is, in the wordings that suit a sheet; other prose gets both sets of rules.
    """
    lengths = [len(sentence.split()) for sentence in sentences] or [0]
    return max(lengths) <= 14 and sum(lengths) <= 10 * len(lengths)


def _join(sentences: list[str], plain: list[Draft], told: list[Draft]) -> list[Draft]:
    """Both sets in text order; of two drafts for one answer of a sentence, that of the clause reader is kept."""
    drafts: list[Draft] = []
    for sentence in dict.fromkeys(sentences):
        found = [draft for draft in told if draft.evidence == sentence]
        found += [
            draft
            for draft in plain
            if draft.evidence == sentence
            and keeps_in_prose(draft)
            and all(draft.answer not in other.answer and other.answer not in draft.answer for other in found)
        ]
        drafts.extend(found)
    return drafts


def draft_sentence(sentence: str, discourse: Discourse) -> list[Draft]:
    """All facts of one sentence; `discourse` learns who it was about."""
    drafts = [
        as_written(Draft(questions=(question,), answer=answer, evidence=sentence, kind=kind), sentence)
        for kind, pairs in (("count", draft_there_are(sentence)), ("abbreviation", draft_acronyms(mended(sentence))))
        for question, answer in pairs
    ]
    for clause in parse_clauses(sentence):
        subject = discourse.resolve(clause.subject)
        if subject is None:
            continue
        said = Statement(clause, subject, discourse)
        found = [draft for family in FAMILIES for draft in family(said)]
        if all(draft.kind in ("date", "doer", "place") for draft in found):
            found += draft_objects(said)
        drafts.extend(found or draft_subject(said))
        discourse.heard(
            said.clause.subject, subject, rest=clause.rest, plural=clause.auxiliary in ("are", "were", "do", "have")
        )
        if subject == discourse.title and (noun := kind_noun(said)):
            discourse.kinds.add(noun)
    discourse.read(sentence)
    return drafts


def _first_heading(lines: list[Line]) -> str:
    return next((line.text.lstrip("# ") for line in lines if line.kind == "heading"), "")
