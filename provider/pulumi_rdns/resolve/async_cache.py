"""Results that are found once, shared by all who ask meanwhile, and kept for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

#: seconds; about the shortest time for which a zone is moved to other servers
KEEP = 300.0
#: seconds; a resolver or a zone that did not work is tried again soon
KEEP_FAILURE = 15.0


class AsyncCache(Generic[K, T]):
    """Keeps what a coroutine found for a key; a false result is a failure.

    Belongs to one event loop. A caller that is cancelled does not cancel the work of the others.
    """

    def __init__(self) -> None:
        self._tasks: dict[K, asyncio.Task[T]] = {}
        self._expiry: dict[K, float] = {}

    async def get(self, key: K, find: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return the result for the key, found by ``find`` where it is not cached."""
        task = self._tasks.get(key)
        if task is None or self._is_expired(key):
            task = self._tasks[key] = asyncio.create_task(self._timed(key, find))
        return await asyncio.shield(task)

    def peek(self, key: K) -> T | None:
        """Return the result where it is cached; None otherwise."""
        task = self._tasks.get(key)
        is_known = task is not None and task.done() and not self._is_expired(key)
        return task.result() if task and is_known else None

    def _is_expired(self, key: K) -> bool:
        return self._expiry.get(key, float("inf")) < time.monotonic()

    async def _timed(self, key: K, find: Callable[[], Coroutine[Any, Any, T]]) -> T:
        self._expiry.pop(key, None)
        keep = KEEP_FAILURE
        try:
            found = await find()
            keep = KEEP if found else KEEP_FAILURE
        finally:
            self._expiry[key] = time.monotonic() + keep
        return found
