"""The pause that all threads share while an API wants no requests (HTTP 429)."""

from __future__ import annotations

import random
import threading

from .operation import Clock

#: seconds; the longest pause that is chosen here, and the shortest that the API may ask for
LONGEST_PAUSE, SHORTEST_PAUSE = 60.0, 1.0


class RateGate:
    """Closed while the API wants no requests: one pause for all threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._opens = float("-inf")
        self._strikes = 0

    @property
    def remaining(self) -> float:
        """Seconds until requests may be sent again; 0 where they may."""
        return max(0.0, self._opens - self._clock.now())

    def close(self, sent: float, retry_after: float | None) -> None:
        """Note a 429 to a request that was sent at ``sent``.

        Without ``retry_after`` the pause doubles with each round of refusals. Answers to requests
        that were on their way when the gate closed belong to the same round.
        """
        with self._lock:
            if retry_after is None:
                if sent < self._opens:
                    return
                self._strikes += 1
                retry_after = min(2.0**self._strikes, LONGEST_PAUSE) * random.uniform(0.75, 1)
            pause = max(retry_after, SHORTEST_PAUSE)
            self._opens = max(self._opens, self._clock.now() + pause)

    def passed(self, sent: float) -> None:
        """Note that the API took a request: the next refusal begins with a short pause again."""
        with self._lock:
            if sent >= self._opens:
                self._strikes = 0
