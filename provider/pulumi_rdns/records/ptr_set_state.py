"""What is remembered of a set of PTR records between two runs."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from typing import NamedTuple

import dns.name
import msgspec
from msgspec.structs import replace

from pulumi_rdns.errors import RdnsError
from pulumi_rdns.model.names import name_text
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.specs import PtrPolicies, PtrSetSpec
from pulumi_rdns.model.tables import Table, reverse_text, zone_in
from pulumi_rdns.records.ptr_set_places import Place


class PtrSetState(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What is remembered of a set between two runs."""

    backend: str
    #: the zone that the program named, if any
    zone: dns.name.Name | None = None
    #: what the last look or write showed, as the program would declare it; strangers' too, perhaps
    records: PtrSetRecords = PtrSetRecords()
    #: what create or update wrote: the only values that are ours
    written: Table = {}
    #: the zones where it was written; none at a backend that has none
    zones: tuple[dns.name.Name, ...] = ()
    #: address -> the name that has its record, where that is not the reverse name (RFC 2317)
    owners: Table = {}
    #: seconds; None where the program has no opinion
    ttl: int | None = None
    #: how many hostnames resolve to their address; None where that was not asked
    confirmed: int | None = None
    #: the addresses whose hostname does not, or where nobody could be asked
    unconfirmed: tuple[str, ...] = ()
    policies: PtrPolicies = PtrPolicies()

    def place(self, address: str) -> Place | None:
        """Give the place where the record of an address was written; None where none was."""
        if address not in self.written:
            return None
        owner = self.owners.get(address) or reverse_text(address)
        zone = zone_in(owner, self._zones_by_text)
        return None if zone is None else Place(self._zones_by_text[zone], owner)

    @functools.cached_property
    def _zones_by_text(self) -> dict[str, dns.name.Name]:
        return {name_text(zone): zone for zone in self.zones}

    def placed(self, old: PtrSetState, places: Mapping[str, Place]) -> PtrSetState:
        """Remember where everything is: as before, or at a new place."""
        # As in a batch: thousands of places share few objects.
        found = {id(place.zone): place.zone for place in places.values()}.values()
        zones = {*old.zones, *(zone for zone in found if zone is not None)}
        owners = {**old.owners}
        for address, place in places.items():
            owners.pop(address, None)
            if place.zone is not None and place.owner != reverse_text(address):
                owners[address] = place.owner
        owners = {key: owner for key, owner in owners.items() if key in self.written}
        return replace(self, zones=tuple(sorted(zones)), owners=owners)


class Brought(NamedTuple):
    """What there is after a create or update, and an error that tells of all that failed."""

    state: PtrSetState
    error: RdnsError | None


def records_after(old: PtrSetState, spec: PtrSetSpec, failures: Collection[str]) -> PtrSetRecords:
    """Say which of the records are there: what failed is as it was before, and shows as such."""
    if not failures:
        return spec.records
    wanted, believed = spec.records.table, old.records.table
    live = {key: value for key, value in wanted.items() if key not in failures}
    kept = {key: believed[key] for key in failures if key in believed}
    records = spec.records.live({**live, **kept})
    stayed = {key: value for key, value in kept.items() if key not in wanted}
    return replace(records, records={**records.records, **stayed})


def written_after(
    old: PtrSetState,
    spec: PtrSetSpec,
    todo: Mapping[str, str],
    failures: Collection[str],
    unknown: Collection[str],
) -> Table:
    """Say what is ours: also what may have been written though there was an error."""
    wanted = spec.records.table
    kept = {
        key: value
        for key, value in old.written.items()
        if key in failures or (key in wanted and key not in todo)
    }
    made = {key: value for key, value in todo.items() if key not in failures or key in unknown}
    # What a refresh has learned and the program keeps is not ours, with another TTL neither.
    believed = old.records.table
    learned = {
        key: old.written[key]
        for key, value in made.items()
        if believed.get(key) == value != old.written.get(key, value)
    }
    return {**kept, **made, **learned}
