"""A dynamic provider that tries the door from inside a real provider host."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from pulumi_rdns.backends.base import Report, reporting_to
from pulumi_rdns.errors import ConflictError
from pulumi_rdns.resources.engine import calls
from pulumi_rdns.resources.engine.errors import plain_errors
from pulumi_rdns.resources.engine.host import prepare_host
from pulumi_rdns.resources.engine.partial import report_partial_success
from pulumi_rdns.resources.engine.report import EngineReport
from pulumi_rdns.workers import Workers

#: calls that have to be served at the same time
MEETING = 8
#: seconds that they wait for each other
PATIENCE = 20.0

_meeting = threading.Barrier(MEETING)


@contextmanager
def engine_report() -> Iterator[Report]:
    """Send messages to the engine, also those of threads that are given the context."""
    with calls.pinned_call() as call:
        report = EngineReport(call.urn if call else "")
        with reporting_to(report):
            yield report


class Probe(ResourceProvider):
    """Does what its inputs say."""

    def configure(self, req: ConfigureRequest) -> None:
        prepare_host()

    @plain_errors
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        return CheckResult({**news, "urn": urn()}, [])

    @plain_errors
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=True, replaces=[urn(), *sorted(calls.old_inputs() or ["none"])])

    @plain_errors
    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("an id", getattr(self, str(props["do"]))())

    @plain_errors
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, {"urn": urn(), "found": calls.old_inputs()})

    @plain_errors
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        if _news["do"] == "fail":
            return UpdateResult(self.fail_in_part())
        return UpdateResult({"urn": urn()})

    @plain_errors
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        raise ConflictError("probe", "delete", urn(), "stays")

    def look(self) -> dict[str, Any]:
        return {"urn": urn(), "is_host": calls.is_provider_host()}

    def meet(self) -> dict[str, Any]:
        _meeting.wait(PATIENCE)
        return {"met": True}

    def fail(self) -> dict[str, Any]:
        raise ConflictError("probe", "create", "it", 'two\nlines of "text"\x1b[2J')

    def crash(self) -> dict[str, Any]:
        raise ValueError("a mistake of ours")

    def fail_in_part(self) -> dict[str, Any]:
        report_partial_success("an id", {"written": 1}, {"wanted": 2}, "half of it\x07")
        raise ConflictError("probe", "create", "it", "half of it\x07")

    def lose_calls(self) -> dict[str, Any]:
        """Look as another SDK might, whose servicer has other methods."""
        calls._METHODS = frozenset({"AnotherName"})
        raise ConflictError("probe", "create", "it", "no call was found")

    def say(self) -> dict[str, Any]:
        with engine_report() as report:
            report.warning("a warning\x9b")
            report.progress("waiting", ", 1 s")
            report.progress("waiting", ", 2 s")
            report.info("done")
        return {}

    def log(self) -> dict[str, Any]:
        log = logging.getLogger("pulumi_rdns.probe")
        log.debug("from the call itself")
        with engine_report(), Workers(2) as pool:
            pool.submit(log.debug, "from a %s", "pool").result()
        return {}


def urn() -> str:
    call = calls.current_call()
    return call.urn if call else "no call"
