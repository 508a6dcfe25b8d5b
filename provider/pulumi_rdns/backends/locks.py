"""A lock for each key of any kind."""

from __future__ import annotations

import threading
from collections.abc import Hashable


class Locks:
    """Makes a lock when it is first asked for; every thread gets the same one.

    A ``defaultdict`` does not promise that: where keys are compared by Python code, as names are,
    two threads that ask first get a lock each.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._made: dict[Hashable, threading.RLock] = {}

    def __getitem__(self, key: Hashable) -> threading.RLock:
        with self._guard:
            return self._made.setdefault(key, threading.RLock())
