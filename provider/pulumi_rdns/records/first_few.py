"""What is to be said of many resources alike: of the first few in full, then once of the others."""

from __future__ import annotations

import threading

from pulumi_rdns.backends.base import Report

#: resources of which a process says it in full
SHOWN = 5


class FirstFew:
    """Counts how often one thing was said. Safe for several threads."""

    def __init__(self, others: str) -> None:
        """Take what is said once of all ``others``."""
        self._others = others
        self._count = 0
        self._lock = threading.Lock()

    def warn(self, report: Report, text: str) -> None:
        """Warn of one more resource; of those after the first few, once and together."""
        with self._lock:
            self._count += 1
            count = self._count
        if count <= SHOWN:
            report.warning(text)
        elif count == SHOWN + 1:
            report.warning(self._others)
