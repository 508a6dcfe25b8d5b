"""Between the state's text and the model's values, for sets of PTR records."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import dns.name
import pulumi

from pulumi_rdns.errors import Finding, InvalidInputError
from pulumi_rdns.model.fills import parse_network
from pulumi_rdns.model.names import name_text
from pulumi_rdns.model.ptr_sets import (
    PtrSetRecords,
    checked_records,
    exclude_text,
    known_written,
    written_text,
)
from pulumi_rdns.model.specs import OnDelete, PtrSetSpec
from pulumi_rdns.model.tables import known_table, table_text
from pulumi_rdns.records.ptr_set_state import PtrSetState
from pulumi_rdns.resources.fields import (
    PTR_FIELDS,
    Field,
    Props,
    canonical,
    known,
    policies,
    present,
)


def _parse_on_delete(value: object) -> OnDelete:
    if value == OnDelete.RESTORE:
        raise InvalidInputError(
            "a set does not remember what was there before it; use PtrRecord for addresses whose "
            "old record is to be restored"
        )
    if value != OnDelete.REMOVE:
        raise InvalidInputError(f"{value!r} is not {OnDelete.REMOVE.value}, which is all there is")
    return OnDelete.REMOVE


#: the inputs of a PtrRecordSet that stand alone, as they stand in the state: permanent
PLAIN_FIELDS: dict[str, Field] = {
    **{
        key: PTR_FIELDS[key]
        for key in ("backend", "zone", "ttl", "onConflict", "forwardCheck", "forwardTimeout")
    },
    "onDelete": Field(_parse_on_delete, str),
}
#: the inputs that say which records there are: permanent
RECORD_FIELDS = ("records", "network", "fill", "exclude")
SET_FIELDS = (*RECORD_FIELDS, *PLAIN_FIELDS)
#: what a PtrRecordSet gives back besides its inputs: permanent
SET_OUTPUTS = (
    "count",
    "writtenRecords",
    "zones",
    "ownerNames",
    "forwardConfirmedCount",
    "unconfirmed",
)


def set_inputs(props: Props) -> tuple[dict[str, Any], PtrSetRecords | None, list[Finding]]:
    """Bring inputs into the one form that is stored.

    Returns the inputs, the records (None where a part of them is unknown in a preview), and one
    finding for each thing that cannot be right.
    """
    plain = {key: value for key, value in props.items() if key not in RECORD_FIELDS}
    inputs, found = canonical(PLAIN_FIELDS, plain)
    given = {key: props[key] for key in RECORD_FIELDS if props.get(key) is not None}
    if any(pulumi.contains_unknowns(value) for value in given.values()):
        return {**inputs, **given}, None, found
    records, wrong = read_records(given)
    if wrong:
        return {**inputs, **given}, None, found + wrong
    return {**inputs, **record_inputs(records)}, records, found


def read_records(given: Props) -> tuple[PtrSetRecords, list[Finding]]:
    """Read the inputs that say which records there are, with a finding for all that is wrong."""
    found = []
    lines = {}
    for key in ("records", "exclude"):
        lines[key] = given.get(key) or ""
        if not isinstance(lines[key], str):
            found.append(Finding(key, "must be text, a line for each"))
            lines[key] = ""
    pattern = (given.get("network"), given.get("fill"))
    are_text = all(value is None or isinstance(value, str) for value in pattern)
    check = _checked if are_text else _checked.__wrapped__
    records, wrong = check(lines["records"], *pattern, lines["exclude"])
    return records, found + wrong


@functools.lru_cache(maxsize=2)
def _checked(
    records: str, network: object, fill: object, exclude: str
) -> tuple[PtrSetRecords, list[Finding]]:
    """Read records; the last ones are remembered, for the engine gives them in each call anew."""
    return checked_records(
        records=records, network=network, fill=fill, exclude=exclude.splitlines()
    )


def set_spec(props: Props) -> PtrSetSpec:
    """Read the checked inputs of a PtrRecordSet. Raises InvalidInputError."""
    inputs, records, found = set_inputs(props)
    if found or records is None:
        raise InvalidInputError(found or "a value is not known yet", "records")
    return spec_of(inputs, records)


def spec_of(inputs: Props, records: PtrSetRecords) -> PtrSetSpec:
    """Put together what `set_inputs` gave, where nothing is wrong or unknown."""
    values = known(PLAIN_FIELDS, inputs)
    return PtrSetSpec(
        backend=values["backend"],
        records=records,
        zone=values.get("zone"),
        ttl=values.get("ttl"),
        policies=policies(values),
    )


def set_state(props: Props) -> PtrSetState:
    """Read the outputs of a PtrRecordSet."""
    values = known(PLAIN_FIELDS, props)
    network = props.get("network")
    count = props.get("forwardConfirmedCount")
    return PtrSetState(
        backend=values["backend"],
        zone=values.get("zone"),
        records=PtrSetRecords(
            known_table(props.get("records") or ""),
            None if network is None else parse_network(network),
            props.get("fill"),
            tuple((props.get("exclude") or "").splitlines()),
        ),
        written=known_written(props.get("writtenRecords") or ""),
        zones=tuple(dns.name.from_text(zone) for zone in props.get("zones") or ()),
        owners=known_table(props.get("ownerNames") or ""),
        ttl=values.get("ttl"),
        confirmed=None if count is None else int(count),
        unconfirmed=tuple(props.get("unconfirmed") or ()),
        policies=policies(values),
    )


def live_inputs(state: PtrSetState) -> dict[str, Any]:
    """Write the live records as the inputs that would declare them: what shows drift."""
    return {
        **record_inputs(state.records),
        **present(
            {
                "backend": state.backend,
                "zone": None if state.zone is None else name_text(state.zone),
                "ttl": state.ttl,
                "onConflict": state.policies.on_conflict,
                "onDelete": state.policies.on_delete,
                "forwardCheck": state.policies.forward_check,
                "forwardTimeout": state.policies.forward_timeout,
            }
        ),
    }


def set_outputs(state: PtrSetState) -> dict[str, Any]:
    """Write everything that is remembered of a PtrRecordSet."""
    return present(
        {
            **live_inputs(state),
            "count": len(state.written),
            "writtenRecords": written_text(state.written, state.records),
            "zones": [name_text(zone) for zone in state.zones],
            "ownerNames": table_text(state.owners) or None,
            "forwardConfirmedCount": state.confirmed,
            "unconfirmed": None if state.confirmed is None else list(state.unconfirmed),
        }
    )


def records_text(records: Mapping[str, str]) -> str:
    """Write records in any spelling, as a program gives them, a line each.

    Raises InvalidInputError for what is no text.
    """
    wrong = [
        Finding("records", f"{key!r}: {value!r} is not an address and a hostname as text")
        for key, value in records.items()
        if not (_is_line(key) and _is_line(value))
    ]
    if wrong:
        raise InvalidInputError(wrong)
    return "".join(f"{key.strip()} {value.strip()}\n" for key, value in records.items())


def exclude_lines(exclude: Iterable[str]) -> str:
    """Write addresses and networks, as a program gives them, a line each."""
    entries = [exclude] if isinstance(exclude, str) else list(exclude)
    wrong = [
        Finding("exclude", f"{entry!r} is not an address or a network as text")
        for entry in entries
        if not _is_line(entry)
    ]
    if wrong:
        raise InvalidInputError(wrong)
    return "".join(f"{entry.strip()}\n" for entry in entries)


def _is_line(value: object) -> bool:
    return isinstance(value, str) and len(value.split()) == 1


def record_inputs(records: PtrSetRecords) -> dict[str, Any]:
    """Write which records there are; what is empty is left out."""
    return present(
        {
            "records": records.text or None,
            "network": None if records.network is None else str(records.network),
            "fill": records.fill,
            "exclude": exclude_text(records.exclude) or None,
        }
    )
