"""How long to pause between two looks at something that is coming, and how long it has taken."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: seconds: the first pause, and the longest
FIRST, LONGEST = 0.5, 10.0


def pauses() -> Iterator[float]:
    """Return pauses in seconds without end: each longer than the last, with jitter."""
    pause = FIRST
    while True:
        yield pause * random.uniform(0.8, 1.2)
        pause = min(pause * 1.5, LONGEST)


class Stopwatch:
    """Counts the seconds in which at least one of several threads waits."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._waiting = 0
        self._since = 0.0
        self._before = 0.0

    @contextmanager
    def waiting(self) -> Iterator[Callable[[], float]]:
        """Count while the block runs; it gives the seconds counted so far."""
        with self._lock:
            self._since = self._since if self._waiting else self._now()
            self._waiting += 1
        try:
            yield self._seconds
        finally:
            with self._lock:
                self._waiting -= 1
                if not self._waiting:
                    self._before += self._now() - self._since

    def _seconds(self) -> float:
        with self._lock:
            return self._before + self._now() - self._since
