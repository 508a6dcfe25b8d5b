"""A call that may never return, with an end: some providers have no time-out at all."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from pulumi_rdns.backends.kit.answers import Loss, UnansweredError
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.workers import in_this_context

T = TypeVar("T")

#: seconds after the limit in which an operation that keeps it may still say why it failed
GRACE = 1.0


def bounded(operation: Operation, act: Callable[[], T], *, grace: float = GRACE) -> T:
    """Do something in a thread of its own, and wait for it until the operation's limit.

    Raises UnansweredError then. A thread cannot be ended, so it goes on: what it does must hold
    the lock of what it changes, and begin nothing after the limit.
    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(act())
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=in_this_context(run), daemon=True).start()
    try:
        return done.result(None if operation.left == math.inf else operation.left + grace)
    except TimeoutError:
        if done.done():
            raise
        error = operation.error(
            UnansweredError,
            f"the provider gave no answer within {operation.limit:g} s; whether it changes "
            "anything later is not known, and the next run finds out",
        )
        error.loss = Loss.TIMEOUT
        raise error from None
