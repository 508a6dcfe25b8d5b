"""A clock for the tests of this folder."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pulumi_rdns.backends.kit.operation import Clock


class FakeTime:
    """A clock that goes on when somebody sleeps, and only then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 1000.0
        #: what somebody else does in the next pause
        self.meanwhile: Callable[[], object] | None = None

    @property
    def clock(self) -> Clock:
        return Clock(self.now, self.sleep)

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds + 1e-6
            act, self.meanwhile = self.meanwhile, None
        if act is not None:
            act()
