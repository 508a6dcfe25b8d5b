"""The stack that the Pulumi CLI knows: its configuration and its records."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.settings import StackSettings, read_settings
from pulumi_rdns.properties.ptr import PTR
from pulumi_rdns.properties.ptr_set import PTR_SET
from pulumi_rdns.pulumi_cli import export_state, in_clear, read_stack_config
from pulumi_rdns.records.ptr_set_state import kept_at


@dataclass(frozen=True)
class StackRecord:
    """A PTR record as the state has it; None where it is not there, or is a secret."""

    resource: str
    #: whether it is only read (`ResourceOptions(id=…)`): then nobody wrote a hostname
    is_read: bool
    address: Address | None = None
    hostname: DnsName | None = None
    backend: str | None = None
    zone: DnsName | None = None
    owner: DnsName | None = None
    #: the instance that has its forward record, where it is another one
    forward_backend: str | None = None


def read_stack_settings(stack: str) -> StackSettings:
    """Read the stack's ``rdns:`` configuration; an empty name is the selected stack.

    Raises ConfigError with one sentence: no project, no CLI, no stack, no passphrase.
    """
    return read_settings(read_stack_config(stack))


def read_stack_records(stack: str) -> list[StackRecord]:
    """List the PTR records of the stack's state, in its order. Raises as the settings do."""
    return list(_records(export_state(stack)))


def _records(deployment: Mapping[str, Any]) -> Iterator[StackRecord]:
    for resource in deployment.get("resources") or []:
        if resource.get("delete"):
            continue
        name, outputs = _name_in(resource["urn"]), in_clear(resource.get("outputs") or {})
        if resource["type"] == PTR_SET.token:
            yield from _records_of_set(name, outputs)
        if resource["type"] == PTR.token:
            is_read = bool(resource.get("external"))
            known = PTR.remembered(outputs)
            attributes = (
                "address",
                "written",
                "backend",
                "zone",
                "owner",
                "policies.forward_backend",
            )
            yield StackRecord(name, is_read, *(known.get(one) for one in attributes))


def _records_of_set(name: str, outputs: Mapping[str, Any]) -> Iterator[StackRecord]:
    if not {"backend", "writtenRecords"} <= outputs.keys():
        yield StackRecord(name, is_read=False)
        return
    state = PTR_SET.state(outputs)
    kept = kept_at(state, state.written)
    for text, hostname in state.written.items():
        address, (zone, owner) = ipaddress.ip_address(text), kept.get(text, (None, None))
        yield StackRecord(name, False, address, hostname, state.backend, zone, owner)


def _name_in(urn: str) -> str:
    """Return the name that ends a URN; it may hold ``::`` itself, as an IPv6 address does."""
    return urn.split("::", 3)[-1]
