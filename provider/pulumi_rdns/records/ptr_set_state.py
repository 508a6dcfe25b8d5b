"""What is remembered of a set of PTR records between two runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from dns.rdatatype import RdataType
from msgspec.structs import replace

from pulumi_rdns.backends.base import Backend
from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.errors import RdnsError
from pulumi_rdns.model.addresses import reverse_name
from pulumi_rdns.model.names import DnsName, name_order
from pulumi_rdns.model.specs import OnDelete, PtrSetSpec
from pulumi_rdns.model.states import Previous, PtrSetState
from pulumi_rdns.model.tables import Table, zone_in
from pulumi_rdns.records.holdings import Memory
from pulumi_rdns.records.location import RecordLocation, has_reverse_zones
from pulumi_rdns.records.ownership import OwnRecord


class SetResult(NamedTuple):
    """What there is after a create or update, and an error that tells of all that failed."""

    state: PtrSetState
    error: RdnsError | None


class LetGo(NamedTuple):
    """What came of records that a set gives up."""

    #: why some stay, and in the state: their resource is still to be created
    pending: dict[str, RdnsError]
    #: why others do
    failures: dict[str, RdnsError]
    removed: int = 0
    #: how many were there before the set, and stay where they are
    kept: int = 0


def due(old: PtrSetState, spec: PtrSetSpec, *, is_all: bool) -> tuple[dict[str, DnsName], Table]:
    """Return the records that are to be written, and those that are to go.

    ``is_all``: what the last look showed is not relied on.
    """
    wanted, seen = spec.records.table, old.records.table
    retimed = is_all or spec.ttl not in (None, old.ttl)
    todo = {
        address: hostname
        for address, hostname in wanted.items()
        if retimed or seen.get(address) != hostname or address in old.several
    }
    return todo, {key: value for key, value in old.written.items() if key not in wanted}


def kept_at(
    old: PtrSetState, addresses: Collection[str]
) -> dict[str, tuple[DnsName | None, DnsName]]:
    """Return the zone and the owner name of records, without those that were never written.

    A record that is an attribute of its address has no zone, and the address for its owner.
    """
    zones = frozenset(old.zones)
    found = {}
    for address in addresses:
        if address in old.written:
            owner = old.owners.get(address) or reverse_name(address)
            zone = zone_in(owner, zones)
            if zone is not None or owner == address:
                found[address] = zone, owner
    return found


def locations_of(
    backend: Backend, old: PtrSetState, addresses: Collection[str]
) -> dict[str, RecordLocation]:
    """Return where records were written, without those of addresses where none was."""
    return {
        address: RecordLocation(backend, zone, owner, RdataType.PTR)
        for address, (zone, owner) in kept_at(old, addresses).items()
    }


def located(
    state: PtrSetState, old: PtrSetState, locations: Mapping[str, RecordLocation]
) -> PtrSetState:
    """Remember where everything is: as before, or at a new place."""
    zones = {*old.zones, *(one.zone for one in locations.values() if one.zone is not None)}
    owners = {**old.owners}
    for address, location in locations.items():
        owners.pop(address, None)
        # An attribute of an address is the usual case where there are no reverse zones.
        is_usual = location.zone is None and not has_reverse_zones(location.backend)
        if not is_usual and location.owner != reverse_name(address):
            owners[address] = DnsName(location.owner)
    owners = {key: owner for key, owner in owners.items() if key in state.written}
    return replace(state, zones=tuple(sorted(zones, key=name_order)), owners=owners)


def remembered(
    old: PtrSetState, names: Table, before: Mapping[str, LiveRecord], taken: Mapping[str, Memory]
) -> dict[str, Memory]:
    """Return what is remembered of records that were written, or were right already.

    ``before`` is what stood there; ``taken`` what other resources of this stack remember of it.
    """
    found = {}
    for address, hostname in names.items():
        live, held = before[address], old.written.get(address)
        memory = taken.get(address) if held is None else memory_of(old, address)
        if held is not None:
            if memory is not None and memory.adopted and hostname != held:
                # What was adopted is what was there before us.
                memory = Memory(previous=Previous(True, (held,), live.ttl))
        elif live.values == (hostname,):
            memory = memory or Memory(adopted=True)
        elif memory is None or memory.adopted:
            is_chosen = live.values and not live.is_default
            memory = Memory(previous=_previous(live)) if is_chosen else None
        if memory is not None:
            found[address] = memory
    return found


def memory_of(state: PtrSetState, address: str) -> Memory | None:
    """Return what is remembered of a record; None for nothing."""
    if address in state.adopted:
        return Memory(adopted=True)
    previous = state.previous.get(address)
    return None if previous is None else Memory(previous=previous)


def own_record(old: PtrSetState, address: str, value: str, resource: str) -> OwnRecord:
    """Return a record that a set gives up, with what is to be left of it."""
    memory = memory_of(old, address) or Memory(previous=Previous(known=True))
    restores = old.policies.on_delete is OnDelete.RESTORE
    is_kept = memory.adopted and old.policies.keeps_adopted
    restored = memory.previous if restores else None
    return OwnRecord(old.backend, "PTR", address, value, resource, restored, is_kept)


def with_memories(
    state: PtrSetState, old: PtrSetState, memories: Mapping[str, Memory]
) -> PtrSetState:
    """Remember what was there before the records of a set: what is known anew, else as before."""
    before = {*old.adopted, *old.previous}
    known = {**{key: one for key in before if (one := memory_of(old, key))}, **memories}
    known = {key: one for key, one in known.items() if key in state.written}
    return replace(
        state,
        adopted=frozenset(key for key, one in known.items() if one.adopted),
        previous={key: one.previous for key, one in known.items() if one.previous.hostnames},
    )


def _previous(live: LiveRecord) -> Previous:
    return Previous(known=True, hostnames=tuple(map(DnsName, live.values)), ttl=live.ttl)


def believed(state: PtrSetState, address: str) -> tuple[DnsName, ...]:
    """Return what the last look or write showed at an address."""
    several = state.several.get(address)
    if several is not None:
        return several
    hostname = state.records.table.get(address)
    return () if hostname is None else (hostname,)


def seen_now(
    old: PtrSetState, there: Mapping[str, LiveRecord], unserved: Collection[str]
) -> PtrSetState | None:
    """Remember what a look has shown; None where all are gone, and none is kept for another
    resource.

    What cannot be looked at, ``unserved``, is as it was; it is served again when a delegation ends.
    """
    live = {
        address: tuple(map(DnsName, one.values))
        for address, one in there.items()
        if one.values and not _is_only_default(one, old.written.get(address))
    }
    live |= {address: believed(old, address) for address in unserved}
    # What is kept for another resource is still in this state alone.
    if old.records.table and not live and old.written.keys() <= old.records.table.keys():
        return None
    several = {address: names for address, names in live.items() if len(names) > 1}
    ttls = {one.ttl for key, one in there.items() if key in live and one.ttl}
    others = [] if old.ttl is None else sorted(ttls - {old.ttl})
    ttl = others[0] if others else old.ttl
    return replace(old, records=old.records.live(live), several=several, ttl=ttl)


def _is_only_default(live: LiveRecord, written: str | None) -> bool:
    """Whether the vendor's default name is there, and nobody chose it."""
    return live.is_default and live.values != (written,)


def seen_after(
    state: PtrSetState, old: PtrSetState, spec: PtrSetSpec, failures: Collection[str]
) -> PtrSetState:
    """Remember which of the records are there: what failed is as it was before."""
    if not failures:
        return replace(state, records=spec.records, several={}, ttl=spec.ttl)
    wanted = spec.records.table
    live = {key: (value,) for key, value in wanted.items() if key not in failures}
    kept = {key: names for key in failures if (names := believed(old, key))}
    records = spec.records.live({**live, **kept})
    stayed = {key: names[0] for key, names in kept.items() if key not in wanted and len(names) == 1}
    return replace(
        state,
        records=replace(records, records={**records.records, **stayed}),
        several={key: names for key, names in kept.items() if len(names) > 1},
        ttl=old.ttl,
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
