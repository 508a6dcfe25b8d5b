"""``rdns doctor``: what is set up, and does it work?"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial

from pulumi_rdns.backends.base import Report, reporting_to
from pulumi_rdns.cli.arguments import read_timeout
from pulumi_rdns.cli.doctor_instance import Inspection
from pulumi_rdns.cli.doctor_rows import DoctorRow, Result, doctor_exit_code
from pulumi_rdns.cli.doctor_stack import Stack
from pulumi_rdns.cli.doctor_write import write_for_a_moment
from pulumi_rdns.cli.pasted import read_address
from pulumi_rdns.cli.terminal import Progress, print_table, until_closed
from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import Address, is_reverse
from pulumi_rdns.model.names import DnsName, parse_zone

#: seconds between two looks at what is still under way
_TICK = 0.1


def run_doctor(options: argparse.Namespace) -> int:
    """Run the command and return its exit code. Raises RdnsError for arguments and the stack."""
    interrupted = 0
    if options.write is None:
        findings = _inspected(options)
    else:
        findings, interrupted = write_for_a_moment(options)
    with until_closed():
        if options.json:
            print(json.dumps([finding.as_json() for finding in findings], indent=2))
        else:
            _print(findings)
    return interrupted or doctor_exit_code(findings)


def _inspected(options: argparse.Namespace) -> list[DoctorRow]:
    if options.yes:
        raise InvalidInputError("--yes is for --write")
    subject = None if options.subject is None else _read_subject(options.subject)
    limit = read_timeout(options.timeout)
    stack = Stack(options.stack)
    instances = stack.instances(options.backend)
    progress = Progress()
    try:
        return inspect(stack, instances, subject, limit, progress)
    finally:
        progress.clear()


def inspect(
    stack: Stack,
    instances: Sequence[str],
    subject: Address | DnsName | None,
    limit: float,
    progress: Progress,
) -> list[DoctorRow]:
    """Look at all instances side by side, for ``limit`` seconds; list what was found of each."""
    looks = [_Look(stack, name, subject, progress) for name in instances]
    deadline = time.monotonic() + limit
    while left := [look.instance for look in looks if look.is_alive]:
        if time.monotonic() >= deadline:
            break
        progress.count(f"waiting for {', '.join(left)}")
        time.sleep(_TICK)
    findings = [finding for look in looks for finding in look.result(limit)]
    if subject is not None and not any(look.is_here for look in looks):
        said = "no backend instance has it"
        findings.append(DoctorRow("-", "subject", str(subject), Result.FAILED, said))
    return findings


class _Look:
    """A look at one instance, in a daemon thread: at the deadline nobody waits for it."""

    def __init__(
        self, stack: Stack, instance: str, subject: Address | DnsName | None, report: Report
    ) -> None:
        self.instance = instance
        self.is_here = True
        self._heard = _LastHeard(report)
        self._findings: list[DoctorRow] = []
        self._failure: BaseException | None = None
        zones = partial(stack.zones_of, instance)
        found = self._findings.append
        self._inspection = Inspection(stack.session, instance, subject, zones, found)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            with reporting_to(self._heard):
                self.is_here = self._inspection.run()
        except BaseException as failure:
            self._failure = failure

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def result(self, limit: float) -> list[DoctorRow]:
        """Return what was found so far. Raises what the look raised."""
        if self._failure is not None:
            raise self._failure
        found = list(self._findings)
        if self.is_alive:
            late = f"it did not finish within {limit:g} s{self._heard.last}"
            found.append(DoctorRow(self.instance, "time", "", Result.FAILED, late))
        return found


class _LastHeard(Report):
    """Keeps what one of several was waiting for; warnings are for all to see."""

    def __init__(self, report: Report) -> None:
        self._report = report
        #: after a colon
        self.last = ""

    def warning(self, text: str) -> None:
        self._report.warning(text)

    def progress(self, text: str, clock: str = "") -> None:
        self.last = f": {text}"


def _read_subject(text: str) -> Address | DnsName:
    try:
        return read_address(text.strip()) or parse_zone(text)
    except InvalidInputError:
        if is_reverse(zone := parse_zone(text)):
            return zone
        raise


def _print(findings: Sequence[DoctorRow]) -> None:
    headers = ("instance", "check", "subject", "result", "detail")
    print_table(headers, [finding.cells for finding in findings])
    counts = Counter(finding.result for finding in findings)
    counts.pop(Result.INFO, None)
    print(", ".join(f"{counts[result]} {result.value}" for result in Result if counts[result]))
