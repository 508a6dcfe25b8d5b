"""What this program declares and what this state owned: the memory that keeps records alive.

The engine deletes after it creates, deletes what was merely renamed, and moves a failed delete to
the next run. A record is safe through all of that when nobody deletes what a declared resource
claims, and nobody takes for a stranger's what this state itself wrote. One registry serves all
resources of a process.

A key names a record, ``("PTR", backend, address)`` for instance; what is declared or owned under
it is for the caller to define.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Container, Hashable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

Key: TypeAlias = tuple[str, ...]

#: seconds that a create waits for another resource of this program to let go of a record, counted
#: from when the engine last told of one: on a busy machine it may not have told of all yet
HAND_OVER = 3.0
#: seconds without a word of the engine after which it has told of all resources, most likely
QUIET = 0.3
#: seconds that it waits at most
LONGEST_HAND_OVER = 30.0


class Claims:
    """Declared and owned records, and a lock for each. Safe for several threads."""

    def __init__(self, hand_over: float = HAND_OVER) -> None:
        self.hand_over = hand_over
        self.quiet = QUIET
        self._backends: set[str] = set()
        self._found: dict[Key, set[Hashable]] = {}
        self._failed: set[Key] = set()
        self._changed = threading.Condition()
        self._declared: dict[Key, set[Hashable]] = {}
        self._places: dict[Key, set[Key]] = {}
        self._owned: dict[Key, dict[Hashable, object]] = {}
        self._declared_sets: dict[Key, list[tuple[Container[str], Hashable]]] = {}
        self._owned_sets: dict[Key, list[Callable[[str], Hashable]]] = {}
        self._locks: dict[Key, threading.RLock] = {}
        self._finished: dict[Key, int] = {}
        self._heard = time.monotonic()

    def declare(self, key: Key, detail: Hashable) -> None:
        """Remember that a resource of the running program declares the record."""
        with self._changed:
            self._backends.add(key[1])
            self._declared.setdefault(key, set()).add(detail)
            self._places.setdefault(_without_place(key), set()).add(key)
            self._hear()

    def declare_set(self, prefix: Key, members: Container[str], detail: Hashable) -> None:
        """Declare all records whose key is ``prefix`` and one of the members."""
        with self._changed:
            self._declared_sets.setdefault(prefix, []).append((members, detail))
            self._hear()

    def declared(self, key: Key) -> frozenset[Hashable]:
        """Return the details of all declarations of the record; empty where nobody declares it."""
        with self._changed:
            sets = self._declared_sets.get(key[:-1], ())
            details = {detail for members, detail in sets if key[-1] in members}
            return frozenset(details.union(self._declared.get(key, ())))

    def declared_elsewhere(self, key: Key) -> list[tuple[str, Hashable]]:
        """Return the declarations of the same record at other places: the place, and the detail."""
        with self._changed:
            others = self._places.get(_without_place(key), set()) - {key}
            found = [(other[1], detail) for other in others for detail in self._declared[other]]
            for prefix, sets in self._declared_sets.items():
                if prefix != key[:-1] and _without_place(prefix) == _without_place(key[:-1]):
                    found += [(prefix[1], detail) for members, detail in sets if key[-1] in members]
            return found

    def own(self, key: Key, value: Hashable, memory: object = None) -> None:
        """Remember that the state says: this value of the record was written by us."""
        with self._changed:
            self._owned.setdefault(key, {})[value] = memory
            self._hear()

    def own_set(self, prefix: Key, value_of: Callable[[str], Hashable]) -> None:
        """Remember what the state says of many records: ``value_of`` gives the value, or None."""
        with self._changed:
            self._owned_sets.setdefault(prefix, []).append(value_of)
            self._hear()

    def owned(self, key: Key) -> dict[Hashable, object]:
        """Return the values of the record that this state wrote, each with what is known of it."""
        with self._changed:
            values = [value_of(key[-1]) for value_of in self._owned_sets.get(key[:-1], ())]
            of_sets = {value: None for value in values if value is not None}
            return {**of_sets, **self._owned.get(key, {})}

    def exchanged(self, key: Key) -> set[Hashable]:
        """Return the values of such records that the state says two resources wrote.

        It does after a run that was killed between two resources that exchange their records:
        what one of them wrote may then still stand where it was before.
        """
        with self._changed:
            alike = [held for other, held in self._owned.items() if other[:-1] == key[:-1]]
            return {value for held in alike if len(held) > 1 for value in held}

    def fail(self, key: Key) -> None:
        """Remember that the resource that declares the record could not be created."""
        with self._changed:
            self._failed.add(key)

    def has_failed(self, key: Key) -> bool:
        """Whether the resource that declares the record could not be created."""
        with self._changed:
            return key in self._failed

    def find(self, key: Key, value: Hashable) -> None:
        """Remember that a resource found this value there already when it was created."""
        with self._changed:
            self._found.setdefault(key, set()).add(value)

    def may_be_shared(self, key: Key, value: Hashable) -> bool:
        """Whether a declared resource of another backend may hold the very same record.

        It may where one of the two found there already what the other one wrote: then the backends
        may be two tokens of one account.
        """
        kind, backend, *record = key
        with self._changed:
            alike = [(kind, other, *record) for other in self._backends if other != backend]
            is_found = value in self._found.get(key, ())
            return any(
                value in self._found.get(other, ())
                or (is_found and value in self._owned.get(other, ()))
                for other in alike
                if other in self._declared
            )

    @contextmanager
    def exclusive(self, key: Key) -> Iterator[None]:
        """Let one operation at a time look at the record and write it."""
        with self._changed:
            lock = self._locks.setdefault(key, threading.RLock())
        with lock:
            try:
                yield
            finally:
                with self._changed:
                    self._finished[key] = self._finished.get(key, 0) + 1
                    self._changed.notify_all()

    def await_quiet(self) -> None:
        """Wait until the engine has most likely told of all resources, for some seconds at most.

        What another resource declares too must not be taken away in between; where this was too
        short, that resource sets it again.
        """
        until = time.monotonic() + self.hand_over
        with self._changed:
            while (now := time.monotonic()) < until and now - self._heard < self.quiet:
                self._changed.wait(self._heard + self.quiet - now)

    def is_patient(self, since: float) -> bool:
        """Whether a record that another resource may let go of is still worth a wait.

        ``since`` is when the wait began, a time of `time.monotonic`.
        """
        with self._changed:
            return self._left(since) > 0

    def wait_for_hand_over(self, key: Key, ours: Callable[[], bool], since: float) -> bool:
        """Wait until ``ours()`` holds or an operation on the record ends; False when that is over.

        ``since`` is when the wait began, a time of `time.monotonic`.
        """
        with self._changed:
            seen = self._finished.get(key, 0)
            while not ours() and self._finished.get(key, 0) == seen:
                left = self._left(since)
                if left <= 0:
                    return False
                self._changed.wait(left)
            return True

    def _hear(self) -> None:
        """Note that the engine told of a resource."""
        self._heard = time.monotonic()
        self._changed.notify_all()

    def _left(self, since: float) -> float:
        longest = since + max(self.hand_over, LONGEST_HAND_OVER)
        return min(max(since, self._heard) + self.hand_over, longest) - time.monotonic()


def _without_place(key: Key) -> Key:
    return (key[0], *key[2:])
