"""What is remembered of a set of PTR records between two runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from pulumi_rdns.errors import RdnsError
from pulumi_rdns.model.addresses import reverse_name
from pulumi_rdns.model.names import DnsName, name_order
from pulumi_rdns.model.specs import PtrSetSpec
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.model.tables import Table, zone_in
from pulumi_rdns.records.ptr_set_places import Place


class SetResult(NamedTuple):
    """What there is after a create or update, and an error that tells of all that failed."""

    state: PtrSetState
    error: RdnsError | None


def places_of(old: PtrSetState, addresses: Collection[str]) -> dict[str, Place]:
    """Return the places where records were written, without those of addresses where none was."""
    zones = frozenset(old.zones)
    found = {}
    for address in addresses:
        if address in old.written:
            owner = old.owners.get(address) or reverse_name(address)
            zone = zone_in(owner, zones)
            if zone is not None:
                found[address] = Place(zone, owner)
    return found


def placed(state: PtrSetState, old: PtrSetState, places: Mapping[str, Place]) -> PtrSetState:
    """Remember where everything is: as before, or at a new place."""
    zones = {*old.zones, *(place.zone for place in places.values() if place.zone is not None)}
    owners = {**old.owners}
    for address, place in places.items():
        owners.pop(address, None)
        if place.zone is not None and place.owner != reverse_name(address):
            owners[address] = place.owner
    owners = {key: owner for key, owner in owners.items() if key in state.written}
    return replace(state, zones=tuple(sorted(zones, key=name_order)), owners=owners)


def believed(state: PtrSetState, address: str) -> tuple[DnsName, ...]:
    """Return what the last look or write showed at an address."""
    several = state.several.get(address)
    if several is not None:
        return several
    hostname = state.records.table.get(address)
    return () if hostname is None else (hostname,)


def seen_after(
    state: PtrSetState, old: PtrSetState, spec: PtrSetSpec, failures: Collection[str]
) -> PtrSetState:
    """Remember which of the records are there: what failed is as it was before."""
    if not failures:
        return replace(state, records=spec.records, several={})
    wanted = spec.records.table
    live = {key: (value,) for key, value in wanted.items() if key not in failures}
    kept = {key: names for key in failures if (names := believed(old, key))}
    records = spec.records.live({**live, **kept})
    stayed = {key: names[0] for key, names in kept.items() if key not in wanted and len(names) == 1}
    return replace(
        state,
        records=replace(records, records={**records.records, **stayed}),
        several={key: names for key, names in kept.items() if len(names) > 1},
    )


def written_after(
    old: PtrSetState,
    spec: PtrSetSpec,
    todo: Table,
    failures: Collection[str],
    unknown: Collection[str],
) -> Table:
    """Report what is ours: also what may have been written though there was an error."""
    wanted = spec.records.table
    kept = {
        key: value
        for key, value in old.written.items()
        if key in failures or (key in wanted and key not in todo)
    }
    made = {key: value for key, value in todo.items() if key not in failures or key in unknown}
    # What a refresh has learned and the program keeps is not ours, with another TTL neither.
    seen = old.records.table
    learned = {
        key: old.written[key]
        for key, value in made.items()
        if seen.get(key) == value != old.written.get(key, value)
    }
    return {**kept, **made, **learned}
