"""Threads that work in the context of whoever gives them the work.

A thread starts with an empty context (`contextvars`), so that what is said in it, to the report of
an operation or to a log, would be nobody's.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def in_this_context(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function to be called once, in any thread, with the context of now."""
    context = contextvars.copy_context()

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        return context.run(function, *args, **kwargs)

    return run


class Workers(ThreadPoolExecutor):
    """A pool of threads, each piece of work in the context in which it was submitted."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Schedule a call, as `concurrent.futures.Executor.submit` does; `map` calls this."""
        return super().submit(in_this_context(fn), *args, **kwargs)
