"""The properties of a PtrRecord, as they stand in the state: permanent."""

from __future__ import annotations

from typing import Any

from pulumi_rdns.model.addresses import reverse_name
from pulumi_rdns.model.names import name_order, stored_name
from pulumi_rdns.model.specs import ForwardPolicy, OnConflict, OnDelete, PtrSpec
from pulumi_rdns.model.states import Previous, PtrState
from pulumi_rdns.properties.ids import parse_ptr_id
from pulumi_rdns.properties.schema import Properties, Property, Schema
from pulumi_rdns.properties.values import (
    ADDRESS,
    BACKEND,
    FLAG,
    HOSTNAME,
    HOSTNAMES,
    SECONDS,
    SENTENCE,
    TEXT,
    TTL,
    ZONE,
    one_of,
    output,
)


def _read_previous(value: Properties) -> Previous:
    ttl = value.get("ttl")
    return Previous(
        known=bool(value.get("known")),
        hostnames=tuple(
            sorted((stored_name(text) for text in value.get("hostnames") or ()), key=name_order)
        ),
        ttl=None if ttl is None else int(ttl),
    )


def _write_previous(previous: Previous) -> dict[str, Any]:
    ttl = {} if previous.ttl is None else {"ttl": previous.ttl}
    return {"known": previous.known, "hostnames": list(previous.hostnames), **ttl}


def _reverse_name(state: PtrState) -> str:
    return reverse_name(state.address)


_INPUTS = (
    Property("address", "address", ADDRESS, required=True, replaces=True),
    Property("hostname", "hostname", HOSTNAME, required=True),
    Property("backend", "backend", BACKEND, required=True, replaces=True),
    Property("zone", "zone", ZONE, replaces=True, shows=("address",)),
    Property("ttl", "ttl", TTL),
    Property("onConflict", "policies.on_conflict", one_of(OnConflict)),
    Property("onDelete", "policies.on_delete", one_of(OnDelete)),
    Property("forwardCheck", "policies.forward_check", one_of(ForwardPolicy)),
    Property("forwardBackend", "policies.forward_backend", BACKEND),
    Property("forwardTimeout", "policies.forward_timeout", SECONDS),
    Property("ptrTimeout", "policies.ptr_timeout", SECONDS),
)
_OUTPUTS = (
    Property("reverseName", None, TEXT, _reverse_name, shows=("address",)),
    Property("ownerName", "owner", ZONE, shows=("address", "zone")),
    Property("writtenHostname", "written", HOSTNAME, shows=("hostname",)),
    Property("adopted", "adopted", FLAG),
    Property("previous", "previous", output(_read_previous, _write_previous)),
    Property("forwardConfirmed", "forward_confirmed", FLAG),
    Property("forwardDetail", "forward_detail", SENTENCE, shows=("address", "hostname")),
)

PTR = Schema(
    "PtrRecord",
    PtrSpec,
    PtrState,
    _INPUTS,
    _OUTPUTS,
    live={"hostname": Property("hostname", "hostnames", HOSTNAMES)},
)


def ptr_state(outputs: Properties, id_: str) -> PtrState:
    """Read the outputs of a PtrRecord; what they lack is taken from its id.

    Raises InvalidInputError where neither has it.
    """
    if {"backend", "address"} <= outputs.keys():
        return PTR.state(outputs)
    backend, address = parse_ptr_id(id_)
    return PTR.state(outputs, backend=backend, address=address)
