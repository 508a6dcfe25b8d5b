"""Between the state's text and the model's values: the one place where names are camelCase."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import dns.exception
import dns.name
import pulumi

from pulumi_rdns.errors import Finding, InvalidInputError
from pulumi_rdns.model.addresses import Address, describe, parse_address, record_type, reverse_name
from pulumi_rdns.model.names import name_text, parse_hostname, parse_zone
from pulumi_rdns.model.specs import (
    MAX_TTL,
    ForwardPolicy,
    ForwardSpec,
    OnConflict,
    OnDelete,
    OnForwardConflict,
    PtrPolicies,
    PtrSpec,
)
from pulumi_rdns.records.forward import ForwardState
from pulumi_rdns.records.ptr import Previous, PtrState

_INSTANCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")

#: an input that check hears and never passes on, so that it is in no state: the addresses that the
#: program declares for the same hostname. A check of its own would come too late for them: the
#: engine makes none while all that it runs side by side waits for a sibling to be heard of.
SIBLINGS = "__siblings"

Props = Mapping[str, Any]


class Field(NamedTuple):
    """How one property is read and written. ``parse`` raises InvalidInputError."""

    parse: Callable[[object], Any]
    text: Callable[[Any], Any]
    required: bool = False


def parse_backend(value: object) -> str:
    """Read the name of a backend instance; it becomes a part of ids, so it holds no slash."""
    if not isinstance(value, str):
        raise InvalidInputError(f"must be the name of a backend, not {describe(value)}")
    if not _INSTANCE.match(value):
        raise InvalidInputError(
            f"{value!r} is no name of a backend: letters, digits, dot, hyphen and underscore only"
        )
    return value


def parse_ttl(value: object) -> int:
    """Read a TTL: whole seconds, 0 to 2147483647 (RFC 2181 section 8)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInputError(f"must be a whole number of seconds, not {describe(value)}")
    if not math.isfinite(value) or value != int(value):
        raise InvalidInputError(f"must be a whole number of seconds, not {value}")
    if not 0 <= value <= MAX_TTL:
        raise InvalidInputError(
            f"{int(value)} is out of range: 0 to {MAX_TTL} seconds (RFC 2181 section 8)"
        )
    return int(value)


def parse_seconds(value: object) -> float:
    """Read a time-out: seconds, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidInputError(f"must be a number of seconds, not {describe(value)}")
    if value < 0:
        raise InvalidInputError(f"{value:g} is negative; it is a number of seconds")
    return float(value)


def _one_of(kind: type[StrEnum]) -> Field:
    def parse(value: object) -> StrEnum:
        choices = ", ".join(choice.value for choice in kind)
        if not isinstance(value, str):
            raise InvalidInputError(f"must be one of {choices}, not {describe(value)}")
        try:
            return kind(value)
        except ValueError:
            raise InvalidInputError(f"{value!r} is not one of {choices}") from None

    return Field(parse, str)


_ADDRESS = Field(parse_address, str, required=True)
_HOSTNAME = Field(parse_hostname, name_text, required=True)
_BACKEND = Field(parse_backend, str, required=True)
_ZONE = Field(parse_zone, name_text)
_TTL = Field(parse_ttl, int)
_SECONDS = Field(parse_seconds, float)

#: the inputs of a PtrRecord, as they stand in the state: permanent
PTR_FIELDS: dict[str, Field] = {
    "address": _ADDRESS,
    "hostname": _HOSTNAME,
    "backend": _BACKEND,
    "zone": _ZONE,
    "ttl": _TTL,
    "onConflict": _one_of(OnConflict),
    "onDelete": _one_of(OnDelete),
    "forwardCheck": _one_of(ForwardPolicy),
    "forwardTimeout": _SECONDS,
    "ptrTimeout": _SECONDS,
}
#: what a PtrRecord gives back besides its inputs: permanent
PTR_OUTPUTS = (
    "reverseName",
    "ownerName",
    "writtenHostname",
    "adopted",
    "previous",
    "forwardConfirmed",
    "forwardDetail",
)

#: the inputs of a ForwardRecord, as they stand in the state: permanent
FORWARD_FIELDS: dict[str, Field] = {
    "hostname": _HOSTNAME,
    "address": _ADDRESS,
    "backend": _BACKEND,
    "zone": _ZONE,
    "ttl": _TTL,
    "onConflict": _one_of(OnForwardConflict),
}
#: what a ForwardRecord gives back besides its inputs: permanent
FORWARD_OUTPUTS = ("recordType", "writtenAddress", "adopted")


def canonical(fields: Mapping[str, Field], props: Props) -> tuple[dict[str, Any], list[Finding]]:
    """Bring inputs into the one form that is stored; what is unknown in a preview stays unknown.

    Returns the inputs and one finding per property that cannot be right.
    """
    inputs: dict[str, Any] = {}
    findings = []
    for key, field in fields.items():
        value = props.get(key)
        if value is None:
            if field.required:
                findings.append(Finding(key, "is missing"))
        elif pulumi.contains_unknowns(value):
            inputs[key] = value
        else:
            try:
                inputs[key] = field.text(field.parse(value))
            except InvalidInputError as error:
                inputs[key] = value
                findings.append(Finding(key, error.findings[0].reason))
    known = {*fields, "__provider", SIBLINGS}
    findings += [Finding(key, "unknown property") for key in props if key not in known]
    return inputs, findings


def known(fields: Mapping[str, Field], props: Props) -> dict[str, Any]:
    """Parse those inputs that are there, known and right."""
    values = {}
    for key, field in fields.items():
        value = props.get(key)
        if value is not None and not pulumi.contains_unknowns(value):
            try:
                values[key] = field.parse(value)
            except InvalidInputError:
                continue
    return values


def siblings(props: Props) -> list[Address]:
    """Read which addresses the program declares for the hostname; a wrong one is passed over."""
    found = []
    for text in props.get(SIBLINGS) or ():
        with contextlib.suppress(InvalidInputError):
            found.append(parse_address(text))
    return found


def ptr_spec(props: Props) -> PtrSpec:
    """Read the checked inputs of a PtrRecord."""
    values = _parsed(PTR_FIELDS, props)
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
    values = _parsed(FORWARD_FIELDS, props)
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


def _parsed(fields: Mapping[str, Field], props: Props) -> dict[str, Any]:
    inputs, findings = canonical(fields, props)
    if findings:
        raise InvalidInputError(findings)
    return {key: fields[key].parse(value) for key, value in inputs.items()}


def policies(values: Mapping[str, Any]) -> PtrPolicies:
    """Give the policies among parsed inputs."""
    return PtrPolicies(
        on_conflict=values.get("onConflict"),
        on_delete=values.get("onDelete"),
        forward_check=values.get("forwardCheck"),
        forward_timeout=values.get("forwardTimeout"),
        ptr_timeout=values.get("ptrTimeout"),
    )


def present(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is absent, as the engine does, and write policies as text."""
    return {
        key: str(value) if isinstance(value, StrEnum) else value
        for key, value in values.items()
        if value is not None
    }


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
