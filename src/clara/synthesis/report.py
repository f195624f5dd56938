"""What a synthesis run made and what it refused, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from clara.synthesis.facts import PassageFacts


@dataclass(slots=True, kw_only=True)
class SynthesisReport:
    """Counts of one run; written as synthesis_report.json. `eval_rows` is empty without an evaluation share."""

    drafter: str
    seed: int
    documents: int = 0
    passages: int = 0
    passages_with_facts: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    eval_rows: dict[str, int] = field(default_factory=dict)
    facts_by_kind: dict[str, int] = field(default_factory=dict)
    rejected_by_reason: dict[str, int] = field(default_factory=dict)
    usage: dict[str, Any] | None = None  # of the LLM, when one was used

    def as_json(self) -> dict[str, Any]:
        """What depends on the data alone: a run that was killed and resumed writes the same file."""
        shown = asdict(self)
        del shown["usage"]  # of this run only; what left in all runs is in privacy_receipt.json
        return shown


def count_facts(report: SynthesisReport, corpus: Sequence[PassageFacts]) -> None:
    kinds = Counter(draft.kind for facts in corpus for draft in facts.drafts)
    reasons = Counter(row["reason"].split(":")[0] for row in rejects(corpus))
    report.passages = len(corpus)
    report.documents = len({facts.passage.document for facts in corpus})
    report.passages_with_facts = sum(bool(facts.drafts) for facts in corpus)
    report.facts_by_kind = dict(sorted(kinds.items(), key=lambda item: (-item[1], item[0])))
    report.rejected_by_reason = dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))


def rejects(corpus: Sequence[PassageFacts]) -> Iterator[dict[str, Any]]:
    """Every refused draft as one line of rejects.jsonl."""
    for facts in corpus:
        source = facts.passage.source.model_dump(exclude_none=True)
        for rejected in facts.rejected:
            yield {"task": "qa", "reason": rejected.reason, "draft": asdict(rejected.draft), "source": source}
        for text, reason in facts.rejected_paraphrases:
            yield {"task": "paraphrase", "reason": f"paraphrase: {reason}", "draft": {"text": text}, "source": source}
