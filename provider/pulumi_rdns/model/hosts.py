"""The hosts of a stack, as data: what a stack file lists under ``hosts``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from pulumi_rdns.errors import Finding, InvalidInputError
from pulumi_rdns.model.addresses import Address, parse_address
from pulumi_rdns.model.names import DnsName, parse_hostname
from pulumi_rdns.model.specs import ForwardPolicy, OnConflict, OnDelete, OnForwardConflict
from pulumi_rdns.model.structs import read_fields


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


class ListedHost(NamedTuple):
    """An entry of the list, right or wrong."""

    #: its index in the list
    at: int
    #: the hostname as it is written; None where it is no text
    name: str | None
    #: the values that have the right type: attribute of `Host` -> value
    values: dict[str, Any]
    #: the addresses that are right: their path, as in ``addresses[1]`` -> the address
    addresses: dict[str, Address]
    #: what is wrong: the path, and why
    findings: list[Finding]


#: index of an entry -> its place, as in ``line 7`` or ``hosts[0]``
Where = Callable[[int], str]


def read_hosts(raw: object, where: Where) -> tuple[list[ListedHost], list[Finding]]:
    """Read the list of hosts: as data, or as the JSON text that `pulumi.Config.get` gives.

    Returns the entries, each with what is wrong with it, and what is wrong with the whole.
    """
    items = _decoded(raw)
    if not isinstance(items, list):
        reason = "must be a list" if raw is not None else "is missing; list the stack's hosts there"
        return [], [Finding("hosts", reason)]
    listed = []
    hostnames: dict[DnsName, ListedHost] = {}
    addresses: dict[tuple[str | None, Address], ListedHost] = {}
    for at, item in enumerate(items):
        values, findings = read_fields(Host, item, "")
        name = _hostname(values, findings)
        given = _addresses(values, findings)
        one = ListedHost(at, values.get("hostname"), values, given, findings)
        listed.append(one)
        first = one if name is None else hostnames.setdefault(name, one)
        if first is not one:
            reason = f"{name} is in {where(first.at)} already; list all its addresses there"
            findings.append(Finding("hostname", reason))
        for path, address in given.items():
            holder = addresses.setdefault((values.get("backend"), address), one)
            if holder is not one and holder is not first:
                place = f"{holder.name or 'another host'} ({where(holder.at)})"
                reason = f"{address} is an address of {place} already, and has one PTR record"
                findings.append(Finding(path, reason))
    return listed, []


def _decoded(raw: object) -> object:
    if not isinstance(raw, str):
        return raw
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return raw


def _hostname(values: Mapping[str, Any], findings: list[Finding]) -> DnsName | None:
    """Read the hostname, or find what is wrong with it."""
    try:
        return parse_hostname(values["hostname"]) if "hostname" in values else None
    except InvalidInputError as error:
        findings.append(Finding("hostname", str(error)))
        return None


def _addresses(values: Mapping[str, Any], findings: list[Finding]) -> dict[str, Address]:
    """Read the addresses, and find what is wrong with them."""
    found: dict[str, Address] = {}
    for at, text in enumerate(values.get("addresses", ())):
        path = f"addresses[{at}]"
        try:
            address = parse_address(text)
        except InvalidInputError as error:
            findings.append(Finding(path, str(error)))
            continue
        if address in found.values():
            findings.append(Finding(path, f"{address} is there twice"))
        else:
            found[path] = address
    if values.get("addresses") == []:
        findings.append(Finding("addresses", "is empty; a host has at least one address"))
    return found
