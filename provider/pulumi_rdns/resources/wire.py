"""Between the state's text and the model's values, for single records."""

from __future__ import annotations

from typing import Any

import dns.exception
import dns.name

from pulumi_rdns.model.addresses import Address, parse_address, record_type, reverse_name
from pulumi_rdns.model.names import name_text
from pulumi_rdns.model.specs import ForwardSpec, PtrSpec
from pulumi_rdns.records.forward import ForwardState
from pulumi_rdns.records.ptr import Previous, PtrState
from pulumi_rdns.resources.fields import (
    FORWARD_FIELDS,
    PTR_FIELDS,
    Props,
    known,
    parsed,
    policies,
    present,
)


def ptr_spec(props: Props) -> PtrSpec:
    """Read the checked inputs of a PtrRecord."""
    values = parsed(PTR_FIELDS, props)
    return PtrSpec(
        backend=values["backend"],
        address=values["address"],
        hostname=values["hostname"],
        zone=values.get("zone"),
        ttl=values.get("ttl"),
        policies=policies(values),
    )


def ptr_state(props: Props, id_: str = "") -> PtrState:
    """Read the outputs of a PtrRecord; what they lack is taken from its id."""
    backend, _, address = id_.partition("/")
    previous = props.get("previous") or {}
    return PtrState(
        backend=str(props.get("backend") or backend),
        address=parse_address(props.get("address") or address),
        zone=_name(props.get("zone")),
        owner=_name(props.get("ownerName")),
        hostnames=_names(props.get("hostname")),
        written=_name(props.get("writtenHostname")),
        ttl=_whole(props.get("ttl")),
        adopted=bool(props.get("adopted")),
        previous=Previous(
            known=bool(previous.get("known")),
            hostnames=tuple(
                sorted(dns.name.from_text(text) for text in previous.get("hostnames") or ())
            ),
            ttl=_whole(previous.get("ttl")),
        ),
        forward_confirmed=props.get("forwardConfirmed"),
        forward_detail=str(props.get("forwardDetail") or ""),
        policies=policies(known(PTR_FIELDS, props)),
    )


def ptr_inputs(state: PtrState, *, zone_given: bool) -> dict[str, Any]:
    """Write the live record as the inputs that would declare it: what shows drift."""
    values = {
        "address": str(state.address),
        "hostname": ", ".join(name_text(hostname) for hostname in state.hostnames),
        "backend": state.backend,
        "zone": name_text(state.zone) if zone_given and state.zone is not None else None,
        "ttl": state.ttl,
        "onConflict": state.policies.on_conflict,
        "onDelete": state.policies.on_delete,
        "forwardCheck": state.policies.forward_check,
        "forwardTimeout": state.policies.forward_timeout,
        "ptrTimeout": state.policies.ptr_timeout,
    }
    return present(values)


def ptr_outputs(state: PtrState) -> dict[str, Any]:
    """Write everything that is remembered of a PtrRecord."""
    return present(
        {
            **ptr_inputs(state, zone_given=True),
            "reverseName": name_text(reverse_name(state.address)),
            "ownerName": None if state.owner is None else name_text(state.owner),
            "writtenHostname": None if state.written is None else name_text(state.written),
            "adopted": state.adopted,
            "previous": present(
                {
                    "known": state.previous.known,
                    "hostnames": [name_text(hostname) for hostname in state.previous.hostnames],
                    "ttl": state.previous.ttl,
                }
            ),
            "forwardConfirmed": state.forward_confirmed,
            "forwardDetail": state.forward_detail,
        }
    )


def forward_spec(props: Props) -> ForwardSpec:
    """Read the checked inputs of a ForwardRecord."""
    values = parsed(FORWARD_FIELDS, props)
    return ForwardSpec(
        backend=values["backend"],
        hostname=values["hostname"],
        address=values["address"],
        zone=values.get("zone"),
        ttl=values.get("ttl"),
        on_conflict=values.get("onConflict"),
    )


def forward_state(props: Props) -> ForwardState:
    """Read the outputs of a ForwardRecord."""
    values = known(FORWARD_FIELDS, props)
    written = props.get("writtenAddress")
    return ForwardState(
        backend=values["backend"],
        hostname=values["hostname"],
        address=values["address"],
        zone=values.get("zone"),
        written=None if written is None else parse_address(written),
        ttl=values.get("ttl"),
        adopted=bool(props.get("adopted")),
        on_conflict=values.get("onConflict"),
    )


def forward_inputs(state: ForwardState, *, zone_given: bool) -> dict[str, Any]:
    """Write the live record as the inputs that would declare it: what shows drift."""
    values = {
        "hostname": name_text(state.hostname),
        "address": str(state.address),
        "backend": state.backend,
        "zone": name_text(state.zone) if zone_given and state.zone is not None else None,
        "ttl": state.ttl,
        "onConflict": state.on_conflict,
    }
    return present(values)


def forward_outputs(state: ForwardState) -> dict[str, Any]:
    """Write everything that is remembered of a ForwardRecord."""
    return present(
        {
            **forward_inputs(state, zone_given=True),
            "recordType": record_type(state.address),
            "writtenAddress": None if state.written is None else str(state.written),
            "adopted": state.adopted,
        }
    )


def ptr_id(backend: str, address: Address) -> str:
    """Write the id of a PtrRecord: permanent."""
    return f"{backend}/{address}"


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _name(text: str | None) -> dns.name.Name | None:
    return None if text is None else dns.name.from_text(text)


def _names(text: str | None) -> tuple[dns.name.Name, ...]:
    """Read hostnames that a refresh may have learned: any names, joined by ", "."""
    names = []
    for part in (text or "").split(", "):
        try:
            names += [dns.name.from_text(part)] if part else []
        except dns.exception.DNSException:
            continue
    return tuple(sorted(names))
