"""The properties of records: how each is read and written, as it stands in the state."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import pulumi

from pulumi_rdns.errors import Finding, InvalidInputError
from pulumi_rdns.model.addresses import Address, describe, parse_address
from pulumi_rdns.model.names import name_text, parse_hostname, parse_zone
from pulumi_rdns.model.specs import (
    MAX_TTL,
    ForwardPolicy,
    OnConflict,
    OnDelete,
    OnForwardConflict,
    PtrPolicies,
)

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


def parsed(fields: Mapping[str, Field], props: Props) -> dict[str, Any]:
    """Parse checked inputs. Raises InvalidInputError."""
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
