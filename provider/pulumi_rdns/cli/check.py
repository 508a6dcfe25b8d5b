"""``rdns check``: is it forward-confirmed? Has it propagated?"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec

from pulumi_rdns.backends.base import reporting_to
from pulumi_rdns.cli.arguments import Wanted, read_wanted
from pulumi_rdns.cli.fcrdns import check_address, check_hostname, check_pair
from pulumi_rdns.cli.mail import check_domain
from pulumi_rdns.cli.rows import Job, Row, exit_code
from pulumi_rdns.cli.sources import BackendRecords, Source
from pulumi_rdns.cli.stack import (
    StackRecord,
    read_stack_records,
    read_stack_settings,
)
from pulumi_rdns.cli.terminal import Progress, print_table, until_closed
from pulumi_rdns.cli.workers import run_until_confirmed
from pulumi_rdns.errors import ConfigError, InvalidInputError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.confirmation import Verdict
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.settings import StackSettings
from pulumi_rdns.pulumi_cli import find_project
from pulumi_rdns.records.session import Session
from pulumi_rdns.resolve.forward import DnsSource


def run_check(options: argparse.Namespace) -> int:
    """Run the command and return its exit code. Raises RdnsError where nothing could be checked."""
    wanted = read_wanted(
        options.names,
        mx=options.mx,
        nameservers=options.nameserver,
        resolvers=options.resolver,
        wait=options.wait,
    )
    jobs = _jobs(wanted, options.stack)
    progress = Progress()
    try:
        with reporting_to(progress):
            rows = run_until_confirmed(jobs, wanted.wait, progress)
    finally:
        progress.clear()
    with until_closed():
        if options.json:
            print(json.dumps([row.as_json() for row in rows], indent=2))
        else:
            _print(rows, from_where=bool(options.mx) or options.stack is not None)
    return exit_code(rows)


def _jobs(wanted: Wanted, stack: str | None) -> list[Job]:
    settings = StackSettings() if stack is None else read_stack_settings(stack)
    records = [] if stack is None else read_stack_records(stack)
    session = Session(_overridden(settings, wanted), find_project() or Path.cwd(), os.environ)
    jobs = [_host_job(session.dns, host, asked) for host, asked in wanted.hosts]
    jobs += [partial(check_domain, session.dns, domain) for domain in wanted.domains]
    only_dns = bool(wanted.nameservers or wanted.resolvers)
    jobs += [_record_job(session, record, only_dns=only_dns) for record in records]
    if not jobs and stack is not None:
        raise InvalidInputError("the stack has no PtrRecord: there is nothing to check")
    if not jobs:
        raise InvalidInputError(
            "nothing to check: give hostnames, addresses or networks, --mx DOMAIN, or --stack"
        )
    return jobs


def _overridden(settings: StackSettings, wanted: Wanted) -> StackSettings:
    given = {
        "nameservers": [str(endpoint) for endpoint in wanted.nameservers],
        "resolvers": [str(endpoint) for endpoint in wanted.resolvers],
    }
    used = {key: texts for key, texts in given.items() if texts}
    return msgspec.structs.replace(settings, **used)


def _host_job(source: DnsSource, host: DnsName | Address, asked: str) -> Job:
    if isinstance(host, str):
        return partial(check_hostname, source, host, asked)
    return partial(check_address, source, host, asked)


def _record_job(session: Session, record: StackRecord, *, only_dns: bool) -> Job:
    hostname = record.hostname
    known = hostname is not None or record.is_read
    if record.address is None or record.backend is None or not known:
        said = "the state does not say its address and hostname in clear text"
        return partial(Row, record.resource, None, None, Verdict.UNKNOWN, said)
    address = record.address
    try:
        source = session.dns if only_dns else _source_of(session, record, record.backend)
    except ConfigError as error:
        said = "; ".join(str(error).splitlines())
        return partial(Row, record.resource, address, hostname, Verdict.UNKNOWN, said)
    if hostname is None:
        return partial(check_address, source, address, record.resource)
    return partial(check_pair, source, address, hostname, record.resource)


def _source_of(session: Session, record: StackRecord, backend: str) -> Source:
    """Return whom the forward check of this record asks, without making another backend."""
    holder = record.forward_backend or backend
    chosen = session.settings.forward_source or session.backends.type_of(holder).forward_source
    if chosen != "backend":
        return session.dns
    backends = session.backends.get(backend), session.backends.get(holder)
    return BackendRecords(*backends, record.zone, record.owner)


def _print(rows: Sequence[Row], *, from_where: bool) -> None:
    headers = ["address", "hostname", "verdict"]
    cells = [_cells(row) for row in rows]
    if from_where:
        headers = ["asked", *headers]
        cells = [[row.asked, *line] for row, line in zip(rows, cells, strict=True)]
    print_table(headers, cells, [_told(row) for row in rows])
    if len(rows) > 1:
        counts = Counter(row.verdict.value for row in rows)
        print(", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict]))


def _cells(row: Row) -> list[str]:
    address = "-" if row.address is None else str(row.address)
    hostname = "-" if row.hostname is None else row.hostname
    return [address, hostname, row.verdict.value]


def _told(row: Row) -> str:
    """What is confirmed needs no words."""
    detail = [] if row.verdict is Verdict.CONFIRMED else [row.detail]
    return "; ".join([*detail, *row.findings])
