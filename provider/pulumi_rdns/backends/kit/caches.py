"""What is made or asked for once, for all threads of a process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


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
