"""What a provider host does before its first call."""

from __future__ import annotations

from pulumi_rdns.logs import show_logs
from pulumi_rdns.resources.engine.gc_tuning import keep_what_was_imported
from pulumi_rdns.resources.engine.pool import widen_thread_pool
from pulumi_rdns.resources.engine.report import EngineLogHandler


def prepare_host() -> None:
    """Make this process one for many calls whose logs the engine shows. May be called again.

    Raises ConfigError where `RDNS_LOG` is no level.
    """
    widen_thread_pool()
    keep_what_was_imported()
    show_logs(EngineLogHandler())
