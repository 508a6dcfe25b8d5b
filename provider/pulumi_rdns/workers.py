"""Threads that work in the context of whoever gives them the work.

A thread starts with an empty context (`contextvars`), so that what is said in it, to the report of
an operation or to a log, would be nobody's.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def in_this_context(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function to be called once, in any thread, with the context of now."""
    context = contextvars.copy_context()

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        return context.run(function, *args, **kwargs)

    return run


class Workers:
    """A pool of threads, each piece of work in the context in which it was submitted.

    The threads are daemons, which those of `concurrent.futures` are not: a process that has no time
    left for an answer, as that of a preview, ends without it.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._threads = 0
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._futures: list[Future[Any]] = []

    def submit(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Let a thread call a function. Its answer, or what it raises, is the future's."""
        if self._threads < self._size:
            self._start()
        future: Future[R] = Future()
        self._futures.append(future)
        call = in_this_context(function)

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(call(*args, **kwargs))
            except BaseException as error:
                future.set_exception(error)

        self._work.put(work)
        return future

    def _start(self) -> None:
        """Start one more thread; where the system has none left, those that there are will do."""
        try:
            threading.Thread(target=self._serve, daemon=True).start()
            self._threads += 1
        except RuntimeError:
            if not self._threads:
                raise

    def map(self, function: Callable[..., R], items: Iterable[Any]) -> Iterator[R]:
        """Call a function for each item; yield the answers in order.

        The first thing that is raised is raised here, and what has not begun is left undone.
        """
        futures = [self.submit(function, item) for item in items]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for all that was submitted."""
        wait(self._futures)
        for _thread in range(self._threads):
            self._work.put(None)

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            work()
