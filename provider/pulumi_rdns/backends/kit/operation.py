"""One call of a backend: what it is called in messages, and how long it may take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pulumi_rdns.backends.base import report_progress, warn
from pulumi_rdns.errors import BackendError, UnavailableError
from pulumi_rdns.model.terminal_text import escaped

E = TypeVar("E", bound=BackendError)


@dataclass(frozen=True)
class Clock:
    """Where time comes from, in seconds; tests bring their own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class _Lock(Protocol):
    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool: ...
    def release(self) -> None: ...


class Operation:
    """One call of a backend: its name in messages, and the seconds that it may take.

    Its text is how every message about it begins: ``<backend>: <name> <subject>``.
    """

    def __init__(
        self,
        backend: str,
        name: str,
        subject: str,
        clock: Clock | None = None,
        limit: float = math.inf,
    ) -> None:
        """Begin an operation.

        ``backend`` is the instance's name, ``name`` what is done (``read the PTR of``), ``subject``
        to what: a name without trailing dot, or an address.
        """
        self.backend = backend
        self.name = name
        self.subject = subject
        self.limit = limit
        self._clock = clock or Clock()
        self._start = self._clock.now()

    def __str__(self) -> str:
        return f"{self.backend}: {self.name} {self.subject}"

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._clock.now() - self._start

    @property
    def left(self) -> float:
        """Seconds until the limit, never below zero."""
        return max(0.0, self.limit - self.elapsed)

    def pause(self, seconds: float, what_for: str) -> None:
        """Sleep, but not beyond the limit, and report what for."""
        report_progress(what_for)
        self._clock.sleep(min(seconds, self.left))

    def error(self, kind: type[E], reason: str, code: str = "", *, subject: str | None = None) -> E:
        """Return an error about this operation, or about one ``subject`` of several.

        What others wrote may be in it: it is one line, and nothing that a terminal would obey.
        """
        about = self.subject if subject is None else subject
        return kind(self.backend, self.name, escaped(about), escaped(reason), escaped(code))

    def warn(self, reason: str) -> None:
        """Report a warning about this operation."""
        warn(f"{self}: {reason}")

    @contextmanager
    def holding(self, lock: _Lock, what: str) -> Iterator[None]:
        """Hold a lock. Raises UnavailableError where it is not free before the limit."""
        if not lock.acquire(timeout=-1 if self.left == math.inf else self.left):
            raise self.error(
                UnavailableError, f"{what} was busy with other changes for {self.limit:.0f} s"
            )
        try:
            yield
        finally:
            lock.release()
