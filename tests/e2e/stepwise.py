"""A provider class of octoDNS whose change is two requests, as that of half of the packages.

It is imported by the stack's own process, from the repository's folder.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from octodns.provider.plan import Plan
from octodns.record.change import Create, Delete
from octodns_powerdns import PowerDnsProvider


class StepwiseProvider(PowerDnsProvider):  # type: ignore[misc]
    """Deletes, and creates as soon as there is no file ``gate``."""

    def __init__(self, id: str, gate: str, **options: Any) -> None:
        super().__init__(id, **options)
        self._gate = Path(gate)

    def _apply(self, plan: Any) -> None:
        for change in plan.changes:
            if change.existing is not None:
                self._send(plan, Delete(change.existing))
            while change.existing is not None and change.new is not None and self._gate.exists():
                time.sleep(0.01)
            if change.new is not None:
                self._send(plan, Create(change.new))

    def _send(self, plan: Any, change: Any) -> None:
        super()._apply(Plan(plan.existing, plan.desired, [change], exists=True))
