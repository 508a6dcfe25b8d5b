"""``rdns addresses``: what is there, whose, with which PTR."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pulumi_rdns.backends.base import Backend, OwnedAddress, reporting_to
from pulumi_rdns.cli.rows import Job, Row
from pulumi_rdns.cli.stack import read_stack_settings
from pulumi_rdns.cli.terminal import Progress, print_table, until_closed
from pulumi_rdns.cli.workers import run_until_confirmed
from pulumi_rdns.errors import ConfigError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.missing_dots import dot_hint
from pulumi_rdns.model.names import DnsName, from_dns
from pulumi_rdns.model.settings import StackSettings
from pulumi_rdns.pulumi_cli import find_project
from pulumi_rdns.records.addresses import addresses_of
from pulumi_rdns.records.forward_check import ForwardSource
from pulumi_rdns.records.session import Session


def run_addresses(options: argparse.Namespace) -> int:
    """Run the command and return its exit code. Raises RdnsError where there is no list."""
    project = find_project()
    in_stack = options.stack is not None or project is not None
    settings = read_stack_settings(options.stack or "") if in_stack else StackSettings()
    session = Session(settings, project or Path.cwd(), os.environ)
    backend = session.backends.get(_chosen(options.backend, settings))
    progress = Progress()
    try:
        with reporting_to(progress):
            owned = addresses_of(backend, options.owner)
            rows = _confirmations(session, backend, owned, progress)
    finally:
        progress.clear()
    with until_closed():
        if options.json:
            found = [_as_json(one, row) for one, row in zip(owned, rows, strict=True)]
            print(json.dumps(found, indent=2))
        else:
            headers = ("address", "owner id", "owner", "hostname", "verdict")
            print_table(headers, [_cells(one, row) for one, row in zip(owned, rows, strict=True)])
    return 0


def _chosen(given: str | None, settings: StackSettings) -> str:
    chosen = given or settings.backend
    if chosen is None:
        raise ConfigError("no backend is chosen: pass --backend INSTANCE, or set rdns:backend")
    return chosen


def _confirmations(
    session: Session, backend: Backend, owned: Sequence[OwnedAddress], progress: Progress
) -> list[Row | None]:
    """Return, for each address with a PTR, whether that resolves back to it."""
    source = session.source_of(backend)
    jobs: list[Job] = [
        partial(_look, source, one.address, from_dns(one.ptr.hostname)) for one in owned if one.ptr
    ]
    rows = iter(run_until_confirmed(jobs, 0, progress))
    return [None if one.ptr is None else next(rows) for one in owned]


def _look(source: ForwardSource, address: Address, hostname: DnsName) -> Row:
    found = source.look(hostname, address, ask_resolver=True)
    hint = dot_hint(hostname)
    return Row("", address, hostname, found.verdict, "; ".join(filter(None, [found.detail, hint])))


def _as_json(one: OwnedAddress, row: Row | None) -> dict[str, Any]:
    return {
        "address": str(one.address),
        "ownerId": one.owner_id,
        "ownerName": one.owner_name,
        "hostname": None if one.ptr is None else from_dns(one.ptr.hostname),
        "isDefault": None if one.ptr is None else one.ptr.is_default,
        "verdict": None if row is None else row.verdict.value,
        "detail": "it has no PTR record" if row is None else row.detail,
    }


def _cells(one: OwnedAddress, row: Row | None) -> list[str]:
    hostname = "-" if one.ptr is None else from_dns(one.ptr.hostname)
    if one.ptr is not None and one.ptr.is_default:
        hostname += " (default)"
    verdict = "-" if row is None else row.verdict.value
    return [str(one.address), one.owner_id, one.owner_name, hostname, verdict]
