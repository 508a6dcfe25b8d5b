"""The properties of a PtrRecordSet, as they stand in the state: permanent."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pulumi_rdns.errors import Finding, InvalidInputError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.fills import Fill, Network, canonical_pattern, parse_network
from pulumi_rdns.model.names import DnsName, parse_hostname
from pulumi_rdns.model.ptr_sets import PtrSetRecords, exclude_order
from pulumi_rdns.model.specs import ForwardPolicy, OnConflict, OnDelete, PtrSetSpec
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.model.structs import describe
from pulumi_rdns.model.tables import Table, address_order, canonical_address
from pulumi_rdns.properties.schema import Checked, IsUnknown, Properties, Property, Schema
from pulumi_rdns.properties.set_text import (
    check_table,
    exclude_text,
    findings,
    live_text,
    previous_text,
    read_live,
    read_previous,
    read_table,
    read_written,
    table_text,
    written_text,
)
from pulumi_rdns.properties.values import (
    BACKEND,
    COUNT,
    NAMES,
    PERCENT,
    SECONDS,
    TEXTS,
    TTL,
    ZONE,
    one_of,
    output,
)


def _count(state: PtrSetState) -> int:
    return len(state.written)


def _written(state: PtrSetState) -> str:
    return written_text(state.written, state.records)


def _adopted(state: PtrSetState) -> str | None:
    return table_text({key: state.written[key] for key in state.adopted}) or None


def _read_adopted(text: str) -> frozenset[str]:
    return frozenset(read_table(text))


def _previous(state: PtrSetState) -> str | None:
    return previous_text(state.previous) or None


def _owners(state: PtrSetState) -> str | None:
    return table_text(state.owners) or None


def _unconfirmed(state: PtrSetState) -> list[str] | None:
    return None if state.confirmed is None else list(state.unconfirmed)


#: the inputs that say, together, which records there are
RECORD_KEYS = ("records", "network", "fill", "exclude")

_INPUTS = (
    Property("backend", "backend", BACKEND, required=True, replaces=True),
    Property("zone", "zone", ZONE, replaces=True),
    Property("ttl", "ttl", TTL),
    Property("onConflict", "policies.on_conflict", one_of(OnConflict)),
    Property("forwardCheck", "policies.forward_check", one_of(ForwardPolicy)),
    Property("forwardTimeout", "policies.forward_timeout", SECONDS),
    Property("onDelete", "policies.on_delete", one_of(OnDelete)),
    Property("maxDeletePercent", "policies.max_delete_percent", PERCENT),
)
_OUTPUTS = (
    Property("count", None, COUNT, _count),
    Property("writtenRecords", "written", output(read_written, str), _written, shows=RECORD_KEYS),
    Property("adoptedRecords", "adopted", output(_read_adopted, str), _adopted, shows=RECORD_KEYS),
    Property(
        "previousRecords", "previous", output(read_previous, str), _previous, shows=RECORD_KEYS
    ),
    Property("zones", "zones", NAMES, shows=(*RECORD_KEYS, "zone")),
    Property(
        "ownerNames", "owners", output(read_table, str), _owners, shows=(*RECORD_KEYS, "zone")
    ),
    Property("forwardConfirmedCount", "confirmed", COUNT),
    Property("unconfirmed", "unconfirmed", TEXTS, _unconfirmed, shows=RECORD_KEYS),
)


class _PtrSetSchema(Schema[PtrSetSpec, PtrSetState]):
    """The inputs that say which records there are make one value together."""

    @property
    def input_keys(self) -> tuple[str, ...]:
        return (*RECORD_KEYS, *super().input_keys)

    def check(
        self, props: Properties, is_unknown: IsUnknown, heard: Collection[str] = ()
    ) -> Checked[PtrSetSpec]:
        plain = {key: value for key, value in props.items() if key not in RECORD_KEYS}
        inputs, values, found = super().check(plain, is_unknown, heard)
        given = {key: props[key] for key in RECORD_KEYS if props.get(key) is not None}
        if any(map(is_unknown, given.values())):
            return Checked({**inputs, **given}, values, found)
        records, wrong = check_records(given)
        if wrong:
            return Checked({**inputs, **given}, values, found + wrong)
        stored = record_inputs(records)
        values["records"] = _read(*_texts(stored))
        return Checked({**inputs, **stored}, values, found)

    def _values(self, inputs: Properties) -> dict[str, Any]:
        return {**super()._values(inputs), "records": _read(*_texts(inputs))}

    def state(self, outputs: Properties, **known: Any) -> PtrSetState:
        single, several = read_live(outputs.get("records") or "")
        _, network, fill, exclude = _texts(outputs)
        records = _records(single, network, fill, exclude)
        return super().state(outputs, records=records, several=several, **known)

    def live_inputs(self, state: PtrSetState, *, without: Collection[str] = ()) -> dict[str, Any]:
        shown = record_inputs(state.records, state.several)
        return {**shown, **super().live_inputs(state, without=without)}

    def state_outputs(self, state: PtrSetState) -> dict[str, Any]:
        return {**record_inputs(state.records, state.several), **super().state_outputs(state)}


PTR_SET = _PtrSetSchema("PtrRecordSet", PtrSetSpec, PtrSetState, _INPUTS, _OUTPUTS)


def check_records(
    given: Properties, unreadable: Mapping[str, Sequence[str]] = {}
) -> tuple[PtrSetRecords, list[Finding]]:
    """Read the inputs that say which records there are, with a finding for all that is wrong.

    ``unreadable`` has what is wrong with values that are no lines, of ``records`` and ``exclude``.
    """
    found = []
    lines = {}
    for key in ("records", "exclude"):
        lines[key] = given.get(key) or ""
        if not isinstance(lines[key], str):
            found.append(Finding(key, "must be text, a line for each"))
            lines[key] = ""
    network, fill, exclude = given.get("network"), given.get("fill"), lines["exclude"]
    table, addresses, wrong_records = check_table(lines["records"], unreadable.get("records", ()))
    found += wrong_records
    block = None
    if network is not None:
        try:
            block = parse_network(network)
        except InvalidInputError as error:
            found.append(Finding("network", str(error)))
    if block is not None:
        outside = _outside(addresses, block)
        found += findings("records", [f"{key} is not in {block}" for key in outside])
    pattern, wrong = _check_fill(fill, block, named=network is not None)
    left_out, wrong_exclude = _check_exclude(
        exclude.splitlines(), block, unreadable.get("exclude", ()), filled=fill is not None
    )
    both = [key for key in left_out if key in addresses]
    found += [
        *wrong,
        *wrong_exclude,
        *findings("exclude", [f"{key} is in records too; leave one of them out" for key in both]),
    ]
    return PtrSetRecords(table, block, pattern, left_out), found


def _texts(props: Properties) -> tuple[str, str | None, str | None, str]:
    """Return the texts that `record_inputs` writes, as they are stored."""
    return (
        props.get("records") or "",
        props.get("network"),
        props.get("fill"),
        props.get("exclude") or "",
    )


@functools.lru_cache(maxsize=2)
def _read(records: str, network: str | None, fill: str | None, exclude: str) -> PtrSetRecords:
    """Read stored texts; the last ones are remembered, for the engine gives them in each call."""
    return _records(read_table(records), network, fill, exclude)


def _records(table: Table, network: str | None, fill: str | None, exclude: str) -> PtrSetRecords:
    block = None if network is None else parse_network(network)
    return PtrSetRecords(table, block, fill, tuple(exclude.splitlines()))


def _outside(addresses: Iterable[str], network: Network) -> list[str]:
    first = address_order(str(network[0]))
    last = address_order(str(network[-1]))
    return [key for key in addresses if not first <= address_order(key) <= last]


def _check_fill(
    fill: object, network: Network | None, *, named: bool
) -> tuple[str | None, list[Finding]]:
    if fill is None:
        return None, []
    if not isinstance(fill, str) or not fill.strip():
        return None, [Finding("fill", "must be a pattern, as in {a}-{b}-{c}-{d}.dyn.example.net")]
    if network is None:
        return None, [] if named else [Finding("network", "is missing; a fill is for a network")]
    pattern = canonical_pattern(fill)
    try:
        reasons = Fill(network, pattern).findings()
    except InvalidInputError as error:
        return None, list(error.findings)
    return pattern, findings("fill", reasons)


def _check_exclude(
    exclude: Collection[str], network: Network | None, unreadable: Sequence[str], *, filled: bool
) -> tuple[tuple[str, ...], list[Finding]]:
    found: set[str] = set()
    reasons = [*unreadable]
    for entry in exclude:
        try:
            text = str(parse_network(entry)) if "/" in entry else canonical_address(entry)
        except InvalidInputError as error:
            reasons.append(str(error))
            continue
        if network is not None and not _is_inside(text, network):
            reasons.append(f"{text} is not in {network}")
        found.add(text)
    if exclude and not filled:
        reasons.append("is of use only with a fill")
    return tuple(sorted(found, key=exclude_order)), findings("exclude", reasons)


def _is_inside(text: str, network: Network) -> bool:
    part = ipaddress.ip_network(text)
    return part.version == network.version and part.subnet_of(network)  # type: ignore[arg-type]


def record_inputs(
    records: PtrSetRecords, several: Mapping[str, Sequence[DnsName]] = {}
) -> dict[str, Any]:
    """Write which records there are; what is empty is left out."""
    found = {
        "records": live_text(records.records, several) or None,
        "network": None if records.network is None else str(records.network),
        "fill": records.fill,
        "exclude": exclude_text(records.exclude) or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def records_text(records: object) -> tuple[str, list[str]]:
    """Write records in any spelling, as a program gives them, a line each.

    Returns with them what is wrong with those that are no line of text: `check_records` finds
    everything else.
    """
    if not isinstance(records, Mapping):
        return "", [f"must be a dict, address -> hostname, not {describe(records)}"]
    lines = [
        f"{key.strip()} {value.strip()}\n" if _is_line(key, value) else ""
        for key, value in records.items()
    ]
    if all(lines):
        return "".join(lines), []
    return "".join(lines), [
        reason
        for (key, value), line in zip(records.items(), lines, strict=True)
        if not line
        for reason in _no_line(key, value)
    ]


def _is_line(key: object, value: object) -> bool:
    if not (isinstance(key, str) and isinstance(value, str) and len(key.split()) == 1):
        return False
    return len(value.split()) == 1 or len(value.strip().splitlines()) == 1


def _no_line(key: object, value: object) -> Iterator[str]:
    """Say what is wrong with an address and a hostname that are no line."""
    subject = repr(key) if isinstance(key, str) else describe(key)
    try:
        subject = str(parse_address(key))
    except InvalidInputError as error:
        yield str(error)
    try:
        parse_hostname(value)
    except InvalidInputError as error:
        yield f"{subject}: {error}"


def exclude_lines(exclude: object) -> tuple[str, list[str]]:
    """Write addresses and networks, as a program gives them, a line each.

    Returns with them what is wrong with those that are no line of text.
    """
    if isinstance(exclude, str) or not isinstance(exclude, Iterable):
        exclude = [exclude]
    entries = [*exclude]
    lines = [one for one in entries if isinstance(one, str) and len(one.split()) == 1]
    return "".join(f"{one.strip()}\n" for one in lines), [
        f"{one!r} is not an address or a network as text" for one in entries if one not in lines
    ]
