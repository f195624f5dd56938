"""Speed and money: a 429 holds back everyone, limits are kept, and a run stops cleanly where it was told to."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

import pytest

from clara.errors import UsageError
from clara.llm import Budget, BudgetReachedError, Journal
from llm.asking import asking, echo
from llm.server import chat_server

TEXTS = [f"text {number}" for number in range(30)]


def test_a_429_pauses_every_request_not_only_the_one_that_got_it() -> None:
    with chat_server(echo, {4: "429"}, retry_after="0.6") as server:
        server.delay_seconds = 0.02
        results, _ = asking(server, *TEXTS, concurrency=4)
        assert all(result.words for result in results)
        told = server.times[4]
        pause = [arrived - told for arrived in server.times if 0.1 < arrived - told < 0.6]
        assert not pause  # those that were under way already had arrived
        assert max(server.times) - told > 0.6


def test_a_server_that_counts_requests_is_obeyed_without_losing_any() -> None:
    window = 0.5
    allowed = 5
    seen: list[float] = []

    def at_most_five_per_window(*_: Any) -> str:
        now = time.monotonic()
        if sum(now - then < window for then in seen) >= allowed:
            return "429"
        seen.append(now)
        return ""

    with chat_server(echo, at_most_five_per_window, retry_after="0.25") as server:
        results, client = asking(server, *TEXTS[:20], concurrency=8)
        assert all(result.words for result in results)
        assert client.usage.failed_attempts <= 25


def test_requests_per_minute_and_tokens_per_minute_space_the_requests() -> None:
    with chat_server(echo) as server:
        asking(server, *TEXTS[:6], requests_per_minute=600)
        gaps = [later - earlier for earlier, later in itertools.pairwise(sorted(server.times))]
        assert sum(gaps) >= 0.45  # six requests at ten a second
    with chat_server(echo) as server:
        asking(server, *TEXTS[:4], tokens_per_minute=600_000, max_reply_tokens=4000)
        assert max(server.times) - min(server.times) >= 0.25  # each is expected to need about 1000 tokens


def test_max_requests_is_never_passed_and_the_next_run_goes_on(tmp_path: Path) -> None:
    journal = tmp_path / "journal.sqlite"
    with chat_server(echo, {2: "500", 5: "cut"}) as server:
        answered: list[int] = []
        for _ in range(6):
            before = len(server.requests)
            results, client = asking(server, *TEXTS, journal=journal, budget=Budget(max_requests=8), concurrency=3)
            assert len(server.requests) - before == client.usage.requests <= 8
            answered.append(sum(not isinstance(result, Exception) for result in results))
            if answered[-1] == len(TEXTS):
                break
            assert all(isinstance(result, BudgetReachedError) for result in results if isinstance(result, Exception))
            stopped = next(result for result in results if isinstance(result, BudgetReachedError))
            assert "--max-requests 8" in str(stopped)
            assert "same command" in str(stopped)
            assert stopped.exit_code == 3
        assert answered[-1] == len(TEXTS)
        assert len(server.requests) == len(TEXTS) + 2  # the two that failed; nothing was paid twice


@pytest.mark.parametrize("concurrency", [1, 6])
def test_max_cost_is_never_passed_and_replies_in_flight_are_kept(tmp_path: Path, concurrency: int) -> None:
    journal = tmp_path / "journal.sqlite"
    budget = Budget(max_cost=0.4, price_in=1000.0, price_out=1000.0)
    with chat_server(echo) as server:
        server.delay_seconds = 0.05
        results, client = asking(
            server, *TEXTS, journal=journal, budget=budget, concurrency=concurrency, max_reply_tokens=50
        )
        assert any(isinstance(result, BudgetReachedError) for result in results)
        used = client.usage.prompt_tokens + client.usage.completion_tokens
        assert budget.cost == pytest.approx(used / 1000)
        assert 0.1 < budget.cost <= 0.4
    store = Journal(journal)
    assert len(store) == len(server.served) == len(server.requests)
    store.close()


def test_replies_from_the_journal_cost_nothing(tmp_path: Path) -> None:
    with chat_server(echo) as server:
        asking(server, *TEXTS, journal=tmp_path / "journal.sqlite")
        budget = Budget(max_requests=0, max_cost=0.0, price_in=1, price_out=1)
        results, client = asking(server, *TEXTS, journal=tmp_path / "journal.sqlite", budget=budget)
        assert all(result.words for result in results)
        assert (budget.requests, budget.cost, client.usage.from_journal) == (0, 0.0, len(TEXTS))


def test_a_cost_limit_without_prices_says_which_to_give() -> None:
    with pytest.raises(UsageError, match="--max-cost needs --price-out"):
        Budget(max_cost=1.0, price_in=0.5)
    with pytest.raises(UsageError, match="--price-in and --price-out"):
        Budget(max_cost=1.0)
    with pytest.raises(UsageError, match="must be 0 or more"):
        Budget(max_requests=-1)
