"""Stage 1 rows: every question of a passage in one row, and the passage said again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clara.schema import PretrainExample
from clara.synthesis.facts import PassageFacts, row_id


def pretrain_rows(
    corpus: Sequence[PassageFacts], *, qa: bool = True, paraphrase: bool = True
) -> Iterator[PretrainExample]:
    """One qa row (all facts, first phrasings) and one paraphrase row per passage, where there is something to say."""
    for facts in corpus:
        passage = facts.passage
        if qa and facts.drafts:
            yield PretrainExample(
                data_type="qa",
                question=[draft.questions[0] for draft in facts.drafts],
                answers=[draft.answer for draft in facts.drafts],
                docs=[passage.text],
                id=row_id("qa", passage, 0),
                sources=[passage.source],
                metadata={"kinds": [draft.kind for draft in facts.drafts]},
            )
        if paraphrase and facts.paraphrase:
            yield PretrainExample(
                data_type="paraphrase",
                question=[],
                answers=[facts.paraphrase],
                docs=[passage.text],
                id=row_id("paraphrase", passage, 0),
                sources=[passage.source],
            )
