"""What a provider host does before its first call, and after its last one.

Seen in SDK 3.220 to 3.272: the engine ends a host when its run ends, and nobody does where the CLI
is killed: the host would wait for calls for ever.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pulumi_rdns.logs import show_logs
from pulumi_rdns.resources.engine.calls import is_provider_host
from pulumi_rdns.resources.engine.gc_tuning import keep_what_was_imported
from pulumi_rdns.resources.engine.pool import widen_thread_pool
from pulumi_rdns.resources.engine.report import EngineLogHandler
from pulumi_rdns.resources.engine.run import cli, is_alive

#: seconds between two looks whether the CLI is still there
_EVERY = 2.0

_lock = threading.Lock()
_calls = 0
_watches = False


def prepare_host() -> None:
    """Make this process one for many calls whose logs the engine shows. May be called again.

    Raises ConfigError where `RDNS_LOG` is no level.
    """
    global _watches
    widen_thread_pool()
    keep_what_was_imported()
    show_logs(EngineLogHandler())
    with _lock:
        if is_provider_host() and not _watches:
            _watches = True
            threading.Thread(target=_end_after_the_cli, daemon=True).start()


@contextmanager
def serving() -> Iterator[None]:
    """Count a call, so that the process does not end while it runs."""
    global _calls
    with _lock:
        _calls += 1
    try:
        yield
    finally:
        with _lock:
            _calls -= 1


def _end_after_the_cli() -> None:
    """End this process when the CLI was killed and the last call has ended."""
    above = cli()
    while above is not None:
        time.sleep(_EVERY)
        if not is_alive(above) and not _calls:
            os._exit(0)
