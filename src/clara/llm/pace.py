"""When the next request may go out: one pace for the whole client, so that a 429 to one request holds back all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

# seconds between requests once the server has said that we are too fast, and what a success leaves of them
_FIRST_SHARE, _LONGEST_GAP, _SHRINK = 0.1, 2.0, 0.7  # the first gap is a tenth of the pause that was asked for


class Pace:
    """Requests leave one after the other, spread evenly under the limits that are set.

    After a 429 nobody goes before the time the server asked for, and then with a gap between requests that doubles at
    each 429 and shrinks with each success.
    """

    def __init__(
        self,
        *,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._requests_per_minute, self._tokens_per_minute, self._clock = requests_per_minute, tokens_per_minute, clock
        self._next = self._paused_until = 0.0
        self._gap = 0.0
        self._one_at_a_time = asyncio.Lock()

    async def turn(self, tokens: int) -> None:
        """Wait until a request of about this many tokens may go out."""
        async with self._one_at_a_time:
            while (wait := max(self._next, self._paused_until) - self._clock()) > 0:
                await asyncio.sleep(wait)  # a 429 that arrives meanwhile moves the end
            spacing = self._gap
            if self._requests_per_minute:
                spacing = max(spacing, 60 / self._requests_per_minute)
            if self._tokens_per_minute:
                spacing = max(spacing, 60 * tokens / self._tokens_per_minute)
            self._next = self._clock() + spacing

    def settle(self, expected: int, used: int) -> None:
        """A reply has come and used so many tokens instead of those expected."""
        self._gap = self._gap * _SHRINK if self._gap > 0.01 else 0.0
        if self._tokens_per_minute and used > expected:
            self._next += 60 * (used - expected) / self._tokens_per_minute

    def hold(self, seconds: float) -> None:
        """Nothing goes out for so long: the server said so."""
        now = self._clock()
        if now >= self._paused_until:  # several requests in flight are told 429 at once: that is one time too fast
            self._gap = min(max(self._gap * 2, seconds * _FIRST_SHARE), seconds, _LONGEST_GAP)
        self._paused_until = max(self._paused_until, now + seconds)
