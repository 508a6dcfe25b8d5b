"""Time: how long an operation may take, and the pause that all threads share after a 429."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pulumi_rdns.backends.base import tell
from pulumi_rdns.errors import BackendError, UnavailableError

E = TypeVar("E", bound=BackendError)

#: seconds; the longest pause that is chosen here, and the shortest that the API may ask for
LONGEST_PAUSE, SHORTEST_PAUSE = 60.0, 1.0


@dataclass(frozen=True)
class Clock:
    """Where time comes from, in seconds; tests bring their own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class _Lock(Protocol):
    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool: ...
    def release(self) -> None: ...


class Operation:
    """One call of the backend: its name in error messages, and the seconds that it may take."""

    def __init__(self, backend: str, name: str, subject: str, clock: Clock, limit: float) -> None:
        self.backend = backend
        self.name = name
        self.subject = subject
        self.limit = limit
        self._clock = clock
        self._start = clock.now()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._clock.now() - self._start

    @property
    def left(self) -> float:
        """Seconds until the limit, never below zero."""
        return max(0.0, self.limit - self.elapsed)

    def pause(self, seconds: float, what_for: str) -> None:
        """Sleep, but not beyond the limit, and say what for."""
        tell(what_for)
        self._clock.sleep(min(seconds, self.left))

    def error(self, kind: type[E], reason: str, code: str = "") -> E:
        """Make an error about this operation."""
        return kind(self.backend, self.name, self.subject, reason, code)

    @contextmanager
    def holding(self, lock: _Lock, what: str) -> Iterator[None]:
        """Hold a lock. Raises UnavailableError where it is not free before the limit."""
        if not lock.acquire(timeout=self.left):
            raise self.error(
                UnavailableError, f"{what} was busy with other changes for {self.limit:.0f} s"
            )
        try:
            yield
        finally:
            lock.release()


def growing(first: float, longest: float) -> Iterator[float]:
    """Give pauses in seconds that double up to the longest.

    >>> pauses = growing(1, 5)
    >>> [next(pauses) for _ in range(5)]
    [1, 2, 4, 5, 5]
    """
    pause = first
    while True:
        yield min(pause, longest)
        pause = min(pause * 2, longest)


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
