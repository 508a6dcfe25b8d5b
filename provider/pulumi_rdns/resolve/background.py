"""The one event loop that all look-ups of this process share, in a thread of its own.

Callers are ordinary threads. What runs in the loop needs no locks.
"""

from __future__ import annotations

import asyncio
import functools
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` in the loop and wait for its result. Called from any thread but the loop's."""
    future = asyncio.run_coroutine_threadsafe(work, _loop())
    try:
        return future.result()
    except BaseException:
        future.cancel()  # the caller was interrupted: nobody waits for the answer any more
        raise


_starting = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    with _starting:
        return _start()


@functools.cache
def _start() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="dns look-ups", daemon=True).start()
    return loop


# A forked process has the loop and not its thread.
os.register_at_fork(after_in_child=_start.cache_clear)
