"""What a run may spend, what it would spend, and what it has spent: the options, the dry run and the live line."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clara.errors import UsageError
from clara.llm import Budget, Journal
from clara.llm.planning import RunPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLimits:
    """The options of `clara synthesize` about money, speed and looking first."""

    max_requests: int | None = None
    max_cost: float | None = None
    price_in: float | None = None
    price_out: float | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    timeout_seconds: float = 120.0
    dry_run: bool = False
    preview: int = 0
    yes: bool = False
    budget: Budget | None = None
    """Shared with what the same run has sent before: its limits and prices are the ones above."""

    def check(self, *, offline: bool) -> Budget:
        """The budget these options allow. Raises UsageError for what cannot be meant."""
        for option, value in (
            ("--requests-per-minute", self.requests_per_minute),
            ("--tokens-per-minute", self.tokens_per_minute),
            ("--timeout-seconds", self.timeout_seconds),
        ):
            if value is not None and not 0 < value < float("inf"):
                raise UsageError(f"{option} {value:g}: must be above 0")
        if self.preview < 0:
            raise UsageError(f"--preview {self.preview}: must be 0 or more")
        limits = {"--max-requests": self.max_requests, "--max-cost": self.max_cost,
                  "--requests-per-minute": self.requests_per_minute,
                  "--tokens-per-minute": self.tokens_per_minute}  # fmt: skip
        given = [option for option, value in limits.items() if value is not None]
        if offline and given:
            raise UsageError(f"{given[0]} needs --base-url: without an endpoint nothing is sent and nothing costs")
        return self.budget or Budget(
            max_requests=self.max_requests, max_cost=self.max_cost, price_in=self.price_in, price_out=self.price_out
        )


def make_plan(journal: Path, model: str, tokenizer: Any, *, redrafted: Mapping[str, float], max_rounds: int) -> RunPlan:
    """A plan that counts with `tokenizer` and knows the mean replies of a journal, when there is one."""
    means = {}
    if journal.is_file():
        known = Journal(journal, read_only=True)
        means = known.mean_reply_tokens(model)
        known.close()

    def count(text: str) -> int:
        return len(tokenizer.encode(text, add_special_tokens=False).ids)

    return RunPlan(count, means, redrafted={name: min(share, max_rounds - 1) for name, share in redrafted.items()})


def dry_run(make: Callable[..., Any], drafter: Any, plan: RunPlan, budget: Budget) -> None:
    """Go through the whole run with a client that sends nothing, into a folder that is thrown away; print the plan."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="clara-dry-run-") as folder:
        make(Path(folder), drafter=drafter)
    for line in plan_lines(plan, budget, from_journal=drafter.usage()["from_journal"]):
        console.print(line)


_PURPOSES = {  # replies are kept under the name of what they must hold
    "DraftedPairs": "qa",
    "DraftedComplexPairs": "complex",
    "DraftedParaphrase": "paraphrase",
    "DraftedAssignments": "assignment",
    "TranslatedPairs": "cross-lingual",
    "Verdicts": "judge",
}


def plan_lines(plan: RunPlan, budget: Budget, *, from_journal: int) -> list[str]:
    """The estimate, with every assumption it rests on."""
    lines = [f"dry run: nothing was sent; {from_journal} replies are in the journal already and cost nothing"]
    for purpose, group in sorted(plan.groups.items()):
        basis = "mean of the journal" if plan.is_measured(purpose) else "assumed"
        lines.append(
            f"  {_PURPOSES.get(purpose, purpose)}: {group.requests} requests, {group.tokens_in:,} tokens in, "
            f"about {plan.tokens_out(purpose):,} tokens out ({basis})"
        )
    if not plan.groups:
        return [*lines, "  nothing is left to ask: the run would send 0 requests"]
    requests, tokens_in, tokens_out = plan.totals()
    first = sum(group.requests for group in plan.groups.values())
    lines.append(
        f"about {requests} requests, {tokens_in:,} tokens in, {tokens_out:,} tokens out in all: the ones above, and "
        f"{requests - first} assumed for drafts that are refused and asked for again"
    )
    if budget.has_prices:
        lines.append(f"about {budget.cost_of(tokens_in, tokens_out):.4f} in cost, at the prices given")
    else:
        lines.append("cost: unknown; give --price-in and --price-out (per million tokens) to see it")
    lines.append("tokens in are counted with the tokenizer of --base-model; the endpoint's may count differently")
    return lines


def spend_line(usage: dict[str, Any]) -> str:
    """One line for the progress bar: what has gone out in this run.

    >>> spend_line({"requests": 3, "prompt_tokens": 1500, "completion_tokens": 20, "cost": 0.25, "from_journal": 0})
    '3 requests · 1.5k+20 tokens · cost 0.2500'
    """
    tokens = f"{_short(usage['prompt_tokens'])}+{_short(usage['completion_tokens'])} tokens"
    parts = [f"{usage['requests']} requests", tokens]
    if "cost" in usage:
        parts.append(f"cost {usage['cost']:.4f}")
    if usage["from_journal"]:
        parts.append(f"{usage['from_journal']} from the journal")
    return " · ".join(parts)


def _short(count: int) -> str:
    return str(count) if count < 1000 else f"{count / 1000:.1f}k" if count < 1_000_000 else f"{count / 1e6:.2f}M"
