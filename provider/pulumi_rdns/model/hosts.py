"""The hosts of a stack, as data: what a stack file lists under ``hosts``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

from pulumi_rdns.errors import ConfigError, Finding, InvalidInputError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import parse_hostname
from pulumi_rdns.model.specs import ForwardPolicy, OnConflict, OnDelete, OnForwardConflict
from pulumi_rdns.model.structs import read_struct


class Host(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """One host: the arguments of `ForwardConfirmedHost`, camelCase in the file."""

    hostname: str
    addresses: list[str]
    backend: str | None = None
    forward_backend: str | None = None
    manage_forward: bool = True
    zone: str | None = None
    forward_zone: str | None = None
    #: seconds
    ttl: int | None = None
    on_conflict: OnConflict | None = None
    on_forward_conflict: OnForwardConflict | None = None
    on_delete: OnDelete | None = None
    forward_check: ForwardPolicy | None = None
    #: seconds
    forward_timeout: float | None = None
    #: seconds
    ptr_timeout: float | None = None

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments of `ForwardConfirmedHost`."""
        return msgspec.structs.asdict(self)


def read_hosts(raw: object, source: str) -> list[Host]:
    """Read the list of hosts: as data, or as the JSON text that `pulumi.Config.get` gives.

    Raises ConfigError with a line per mistake; each names ``source`` (the file) and the path in
    it: ``stacks/Pulumi.dev.yaml: hosts[1].addresses: must be a list, not text``.
    """
    items = _decoded(raw)
    hosts: dict[int, Host] = {}
    findings: list[Finding] = []
    if not isinstance(items, list):
        findings.append(Finding("hosts", "is missing" if raw is None else "must be a list"))
        items = []
    for at, item in enumerate(items):
        host, wrong = read_struct(Host, item, f"hosts[{at}]")
        findings += wrong
        if host is not None:
            findings += _wrong_values(host, f"hosts[{at}]")
            hosts[at] = host
    findings += _twice(hosts)
    if findings:
        raise ConfigError("\n".join(f"{source}: {path}: {why}" for path, why in findings))
    return list(hosts.values())


def _decoded(raw: object) -> object:
    if not isinstance(raw, str):
        return raw
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return raw


def _wrong_values(host: Host, path: str) -> list[Finding]:
    findings = _tried(parse_hostname, host.hostname, f"{path}.hostname")
    for at, address in enumerate(host.addresses):
        findings += _tried(parse_address, address, f"{path}.addresses[{at}]")
    if not host.addresses:
        findings.append(Finding(f"{path}.addresses", "is empty; a host has at least one address"))
    return findings


def _tried(parse: Callable[[object], object], value: str, path: str) -> list[Finding]:
    try:
        parse(value)
    except InvalidInputError as error:
        return [Finding(path, finding.reason) for finding in error.findings]
    return []


def _twice(hosts: dict[int, Host]) -> list[Finding]:
    seen: dict[str, int] = {}
    findings = []
    for at, host in hosts.items():
        try:
            name = parse_hostname(host.hostname)
        except InvalidInputError:
            continue
        if name in seen:
            reason = f"{name} is hosts[{seen[name]}] already; list all its addresses there"
            findings.append(Finding(f"hosts[{at}].hostname", reason))
        seen.setdefault(name, at)
    return findings
