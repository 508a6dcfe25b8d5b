"""After the write: wait until the servers of the reverse zone serve the PTR record."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from pulumi_rdns.backends.base import Report
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.specs import PtrSpec
from pulumi_rdns.records.pauses import pauses

if TYPE_CHECKING:
    from pulumi_rdns.resolve.forward import PtrAnswer


def await_served(
    ask: Callable[[Address], PtrAnswer],
    spec: PtrSpec,
    report: Report,
    propagated: Callable[[Address, float], bool] = lambda address, seconds: False,
) -> None:
    """Ask until every server has the hostname, for ``ptr_timeout`` seconds at most.

    ``propagated`` is `Backend.await_propagation`, which is waited for first. Not in time is a
    warning and no failure: the record was accepted where it was written.
    """
    allowed = spec.policies.ptr_timeout or 0
    deadline = time.monotonic() + allowed
    if propagated(spec.address, allowed):
        return
    for pause in pauses():
        answer = ask(spec.address)
        if answer.status == "found" and spec.hostname in answer.hostnames:
            return
        left = deadline - time.monotonic()
        if left <= 0:
            break
        clock = f"{allowed - left:.0f} s of {allowed:g} s"
        report.progress(f"waiting for the PTR: {answer.detail}", f", asking again, {clock}")
        if not report.pause(min(left, pause)):
            break
    report.warning(
        f"the PTR of {spec.address} was written, but its servers do not all serve "
        f"{spec.hostname} after {allowed:g} s: {answer.detail}"
    )
