"""What is made or asked for once, for all threads of a process."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from .operation import Clock, Operation

T = TypeVar("T")
R = TypeVar("R")


class Once(Generic[T]):
    """A property that is made at its first use, once for all threads, with what it imports.

    `functools.cached_property` has no lock from Python 3.12 on.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._lock = threading.RLock()

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type) -> T:
        with self._lock:
            if self._name not in instance.__dict__:
                instance.__dict__[self._name] = self._make(instance)
            made: T = instance.__dict__[self._name]
            return made


class Locks:
    """A lock for each key of any kind, made when it is first asked for.

    A ``defaultdict`` does not promise that every thread gets the same one: where keys are compared
    by Python code, as names are, two threads that ask first get a lock each.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._made: dict[Hashable, threading.RLock] = {}

    def __getitem__(self, key: Hashable) -> threading.RLock:
        with self._guard:
            return self._made.setdefault(key, threading.RLock())


class Listing(Generic[T]):
    """What an API lists, asked for once for all threads, and again when it is too old."""

    def __init__(
        self, what: str, fetch: Callable[[Operation], tuple[T, float]], clock: Clock | None = None
    ) -> None:
        """Take what messages call it, and what returns it with the time of the request."""
        self._what = what
        self._fetch = fetch
        self._clock = clock or Clock()
        self._lock = threading.RLock()
        self._listed: tuple[T, float] | None = None

    def get(self, operation: Operation, age: float = math.inf) -> T:
        """Return the list as it was at most ``age`` seconds ago."""
        with operation.holding(self._lock, self._what):
            if self._listed is None or self._clock.now() - self._listed[1] > age:
                self._listed = self._fetch(operation)
            return self._listed[0]

    def find(
        self, operation: Operation, pick: Callable[[T], R | None], again_after: float = 0.0
    ) -> R | None:
        """Return what ``pick`` finds in the list.

        Where it finds nothing, the list is read again, unless it is less than ``again_after``
        seconds old.
        """
        with operation.holding(self._lock, self._what):
            before = self._listed
            found = pick(self.get(operation))
            if found is not None or self._listed is not before:
                return found
            return pick(self.get(operation, again_after))
