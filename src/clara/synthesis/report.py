"""What a synthesis run made and what it refused, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from clara.synthesis.coverage import Coverage, summed
from clara.synthesis.drafts import Rejected
from clara.synthesis.facts import PassageFacts, UnitFacts


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
    kept_by_task: dict[str, int] = field(default_factory=dict)  # verified drafts
    rejected_by_reason: dict[str, int] = field(default_factory=dict)
    rejected_by_task: dict[str, dict[str, int]] = field(default_factory=dict)  # task -> reason -> drafts
    coverage: dict[str, Any] = field(
        default_factory=dict
    )  # of the source's facts, after the first round and at the end
    usage: dict[str, Any] | None = None  # of the LLM, when one was used

    def as_json(self) -> dict[str, Any]:
        """What depends on the data alone: a run that was killed and resumed writes the same file."""
        shown = asdict(self)
        del shown["usage"]  # of this run only; what left in all runs is in privacy_receipt.json
        return shown


def count_facts(report: SynthesisReport, corpus: Sequence[PassageFacts], units: Sequence[UnitFacts] = ()) -> None:
    kinds = Counter(draft.kind for facts in corpus for draft in facts.drafts)
    refused = [(row["task"], row["reason"].split(":")[0]) for row in rejects(corpus, units)]
    report.passages = len(corpus)
    report.documents = len({facts.passage.document for facts in corpus})
    report.passages_with_facts = sum(bool(facts.drafts) for facts in corpus)
    report.facts_by_kind = _most_first(kinds)
    kept = {
        "qa": sum(len(facts.drafts) for facts in corpus),
        "paraphrase": sum(facts.paraphrase is not None for facts in corpus),
        "complex": sum(len(unit.drafts) for unit in units),
        "assignment": sum(len(unit.assignments) for unit in units),
        "cross_lingual": sum(len(facts.translated) for facts in corpus),
    }
    report.kept_by_task = {task: count for task, count in kept.items() if count}
    report.rejected_by_reason = _most_first(Counter(reason for _, reason in refused))
    report.rejected_by_task = {
        task: _most_first(Counter(reason for other, reason in refused if other == task))
        for task in dict.fromkeys(task for task, _ in refused)
    }
    report.coverage = {
        "after_first_round": _shown(summed(facts.covered_first for facts in corpus if facts.covered_first)),
        "at_the_end": _shown(summed(facts.covered for facts in corpus if facts.covered)),
    }


def _most_first(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _shown(coverage: Coverage) -> dict[str, Any]:
    kinds = {
        kind: {"facts": count, "covered": coverage.covered[kind]} for kind, count in sorted(coverage.facts.items())
    }
    return {"share": round(coverage.share, 4), **kinds}


def rejects(corpus: Sequence[PassageFacts], units: Sequence[UnitFacts] = ()) -> Iterator[dict[str, Any]]:
    """Every refused draft as one line of rejects.jsonl."""
    for facts in corpus:
        source = facts.passage.source.model_dump(exclude_none=True)
        for rejected in facts.rejected:
            yield {**_line(rejected), "source": source}
        for text, reason, number in facts.rejected_paraphrases:
            yield {
                "task": "paraphrase", "reason": f"paraphrase: {reason}", "round": number,
                "draft": {"text": text}, "source": source,
            }  # fmt: skip
    for unit in units:
        sources = [passage.source.model_dump(exclude_none=True) for passage in unit.passages]
        for rejected in unit.rejected:
            yield {**_line(rejected), "sources": sources}


def _line(rejected: Rejected) -> dict[str, Any]:
    return {
        "task": rejected.task,
        "reason": rejected.reason,
        "round": rejected.round,
        "draft": asdict(rejected.draft),
    }
