"""``rdns doctor``: what is set up, and does it work?"""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from pulumi_rdns.backends.base import reporting_to
from pulumi_rdns.backends.registry import types_in
from pulumi_rdns.cli.arguments import read_timeout
from pulumi_rdns.cli.doctor_instance import Inspection
from pulumi_rdns.cli.doctor_rows import DoctorRow, Result, doctor_exit_code
from pulumi_rdns.cli.pasted import read_address
from pulumi_rdns.cli.stack import read_stack_records, read_stack_settings
from pulumi_rdns.cli.terminal import Progress, print_table, until_closed
from pulumi_rdns.errors import ConfigError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import DnsName, parse_zone
from pulumi_rdns.model.settings import StackSettings
from pulumi_rdns.pulumi_cli import find_project
from pulumi_rdns.records.session import Session
from pulumi_rdns.workers import in_this_context

#: seconds between two looks at what is still under way
_TICK = 0.1


def run_doctor(options: argparse.Namespace) -> int:
    """Run the command and return its exit code. Raises RdnsError for arguments and the stack."""
    subject = None if options.subject is None else _read_subject(options.subject)
    limit = read_timeout(options.timeout)
    stack = Stack(options.stack)
    instances = stack.instances(options.backend)
    progress = Progress()
    try:
        with reporting_to(progress):
            findings = inspect(stack, instances, subject, limit, progress)
    finally:
        progress.clear()
    with until_closed():
        if options.json:
            print(json.dumps([finding.as_json() for finding in findings], indent=2))
        else:
            _print(findings)
    return doctor_exit_code(findings)


class Stack:
    """The settings of the selected stack, or of the environment where there is no project."""

    def __init__(self, name: str | None) -> None:
        """Take the stack's name; None is the selected one, if there is a project."""
        project = find_project()
        self._name = name or ""
        self._is_there = name is not None or project is not None
        settings = read_stack_settings(self._name) if self._is_there else StackSettings()
        self.session = Session(settings, project or Path.cwd(), os.environ)

    def instances(self, chosen: str | None) -> list[str]:
        """Return the instances to look at. Raises ConfigError where there are none."""
        settings = self.session.settings
        if chosen is not None:
            return [chosen]
        default = [settings.backend] if settings.backend else []
        found = list(dict.fromkeys([*settings.backends, *default])) or types_in(os.environ)
        if not found:
            raise ConfigError(
                "no backend is set up: neither under rdns:backends nor by an environment variable"
            )
        return found

    def zones(self) -> Mapping[str, Collection[DnsName]]:
        """Return the zones in which the stack has PTR records, by instance."""
        found: defaultdict[str, set[DnsName]] = defaultdict(set)
        for record in read_stack_records(self._name) if self._is_there else ():
            if record.backend is not None and record.zone is not None:
                found[record.backend].add(record.zone)
        return found


def inspect(
    stack: Stack,
    instances: Sequence[str],
    subject: Address | DnsName | None,
    limit: float,
    progress: Progress,
) -> list[DoctorRow]:
    """Look at all instances side by side, for ``limit`` seconds; list what was found of each."""
    zones = stack.zones()
    looks = [_Look(stack.session, name, subject, zones.get(name, ())) for name in instances]
    deadline = time.monotonic() + limit
    while left := [look.instance for look in looks if look.is_alive]:
        if time.monotonic() >= deadline:
            break
        progress.count(f"waiting for {', '.join(left)}")
        time.sleep(_TICK)
    findings = [finding for look in looks for finding in look.result(limit)]
    if subject is not None and not any(look.is_here for look in looks):
        said = "no instance has it"
        findings.append(DoctorRow("-", "subject", str(subject), Result.FAILED, said))
    return findings


class _Look:
    """A look at one instance, in a daemon thread: at the deadline nobody waits for it."""

    def __init__(
        self,
        session: Session,
        instance: str,
        subject: Address | DnsName | None,
        zones: Collection[DnsName],
    ) -> None:
        self.instance = instance
        self.is_here = True
        self._findings: list[DoctorRow] = []
        self._failure: BaseException | None = None
        self._inspection = Inspection(session, instance, subject, zones, self._findings.append)
        self._thread = threading.Thread(target=in_this_context(self._run), daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
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
            late = f"it did not finish within {limit:g} s"
            found.append(DoctorRow(self.instance, "time", "", Result.FAILED, late))
        return found


def _read_subject(text: str) -> Address | DnsName:
    return read_address(text.strip()) or parse_zone(text)


def _print(findings: Sequence[DoctorRow]) -> None:
    headers = ("instance", "check", "subject", "result", "detail")
    print_table(headers, [finding.cells for finding in findings])
    counts = Counter(finding.result for finding in findings)
    counts.pop(Result.INFO, None)
    print(", ".join(f"{counts[result]} {result.value}" for result in Result if counts[result]))
