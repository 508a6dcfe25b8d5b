"""More than four calls at a time.

Seen in SDK 3.220 to 3.272: the provider host serves all calls, check and diff included, on a
`ThreadPoolExecutor` of four threads, whose size nothing sets. So four records that wait for a name
server, or for a fifth one, would hold up everything. The pool is found in the frame of its worker
(`concurrent.futures.thread._worker`, Python 3.11 to 3.13), and told of another size. When either
moves, four threads it is, and a warning is logged.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from pulumi_rdns.resources.engine import moved
from pulumi_rdns.resources.engine.calls import is_provider_host

THREADS = 32


def widen_thread_pool() -> None:
    """Let the pool that runs this thread have `THREADS` threads."""
    pool = _pool_of_this_thread()
    if pool is not None and isinstance(getattr(pool, "_max_workers", None), int):
        if pool._max_workers < THREADS:
            pool._max_workers = THREADS
            # Calls that wait already get a thread only when further work comes.
            for _ in range(THREADS):
                pool.submit(_do_nothing)
    elif is_provider_host():
        moved.warn(
            "the thread pool of the provider host", "four records that wait hold up all others"
        )


def _pool_of_this_thread() -> ThreadPoolExecutor | None:
    frame = sys._getframe(1) if hasattr(sys, "_getframe") else None
    while frame is not None:
        reference = frame.f_locals.get("executor_reference")
        pool = reference() if callable(reference) else None
        if isinstance(pool, ThreadPoolExecutor):
            return pool
        frame = frame.f_back
    return None


def _do_nothing() -> None:
    pass
