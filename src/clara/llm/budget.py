"""How much a run may send and spend. Counts what goes out in this run; replies from the journal cost nothing."""

from __future__ import annotations

from dataclasses import dataclass

from clara.errors import LLMError, UsageError


class BudgetReachedError(LLMError):
    """The run stopped where it was told to; the same command goes on from there."""

    exit_code = 3


@dataclass(slots=True, kw_only=True)
class Budget:
    """Limits and prices (per million tokens, in any currency), and what has been used of them.

    Raises UsageError when a limit makes no sense or a cost limit has no prices.
    """

    max_requests: int | None = None
    max_cost: float | None = None
    price_in: float | None = None
    price_out: float | None = None
    requests: int = 0
    cost: float = 0.0
    reserved: float = 0.0  # the most that the requests in flight can cost

    def __post_init__(self) -> None:
        if self.max_requests is not None and self.max_requests < 0:
            raise UsageError(f"--max-requests {self.max_requests}: must be 0 or more")
        for option, value in (
            ("--max-cost", self.max_cost),
            ("--price-in", self.price_in),
            ("--price-out", self.price_out),
        ):
            if value is not None and not 0 <= value < float("inf"):
                raise UsageError(f"{option} {value:g}: must be 0 or more")
        if self.max_cost is not None and (self.price_in is None or self.price_out is None):
            missing = [name for name, price in (("in", self.price_in), ("out", self.price_out)) if price is None]
            options = " and ".join(f"--price-{name}" for name in missing)
            raise UsageError(f"--max-cost needs {options}: the price of a million tokens, from the provider's page")

    @property
    def has_prices(self) -> bool:
        return self.price_in is not None and self.price_out is not None

    def cost_of(self, prompt_tokens: float, completion_tokens: float) -> float:
        """
        >>> Budget(price_in=0.5, price_out=2.0).cost_of(1_000_000, 500_000)
        1.5
        """
        return (prompt_tokens * (self.price_in or 0) + completion_tokens * (self.price_out or 0)) / 1_000_000

    def must_stop(self, most: float) -> bool:
        """Whether a request that may cost `most` would break a limit, were nothing else in flight."""
        if self.max_requests is not None and self.requests >= self.max_requests:
            return True
        return self.max_cost is not None and self.cost + most > self.max_cost

    def must_wait(self, most: float) -> bool:
        """Whether it fits only if the requests in flight cost less than they might."""
        return self.max_cost is not None and self.cost + self.reserved + most > self.max_cost

    def start(self, most: float) -> None:
        self.requests += 1
        self.reserved += most

    def finish(self, most: float, cost: float) -> None:
        self.reserved = max(self.reserved - most, 0.0)
        self.cost += cost

    def reached(self) -> BudgetReachedError:
        """The one line a stopped run ends with."""
        if self.max_requests is not None and self.requests >= self.max_requests:
            limit = f"--max-requests {self.max_requests}"
        else:
            limit = f"--max-cost {self.max_cost:g} ({self.cost:.4f} spent, the next request might pass it)"
        return BudgetReachedError(
            f"stopped at {limit}; no output was written, every reply that arrived is kept and not paid again: "
            "run the same command again to go on"
        )
