"""What stands at a location, and how it is changed there: each change a compare-and-set."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from typing import NamedTuple, TypeVar, cast

import dns.rrset
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import AddressBackend, Backend, Change, ZoneBackend
from pulumi_rdns.backends.batch import DONE, Outcome, Progress, PtrChange
from pulumi_rdns.backends.changes import NOTHING, LiveRecord
from pulumi_rdns.errors import (
    AddressNotFoundError,
    BackendError,
    ConflictError,
    RdnsError,
    RejectedError,
    UnavailableError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.names import DnsName, from_dns, name_order, to_dns
from pulumi_rdns.records.location import Listed, RecordLocation, cname_target, live_of

K = TypeVar("K")

#: failures that are of one record: the next one may fare better
_OF_ONE = (AddressNotFoundError, ConflictError, RejectedError)


class RecordChange(NamedTuple):
    """What must stand at a location before, and what after; no values mean no record."""

    location: RecordLocation
    before: tuple[str, ...]
    after: tuple[str, ...]
    #: seconds, of what stands there after
    ttl: int


def look(location: RecordLocation) -> LiveRecord:
    """Read what stands at a location, in one question where that is enough.

    A CNAME is looked for in the place of addresses alone: a PTR record is kept where the CNAMEs of
    its reverse name lead. Raises BackendError.
    """
    if location.zone is None:
        backend = cast(AddressBackend, location.backend)
        return live_of(backend.get_ptr(ipaddress.ip_address(location.owner)))
    zones, zone, owner = _in_zone(location)
    rrset = zones.get_rrset(to_dns(zone), to_dns(owner), location.rdtype)
    if rrset is not None:
        fixed = zones.fixed_in(to_dns(zone), to_dns(owner), location.rdtype)
        where = next(iter(fixed.values()), "")
        return LiveRecord(_values_of(rrset), rrset.ttl, fixed=where)
    if location.rdtype is RdataType.PTR:
        return NOTHING
    return LiveRecord(alias=cname_target(zones, zone, owner))


def read_many(
    locations: Mapping[K, RecordLocation], *, is_shared: bool = False
) -> dict[K, LiveRecord]:
    """Read what stands at many locations of one backend, in as few questions as may be.

    ``is_shared``: what was read a few seconds ago, for others, will do. Raises BackendError.
    """
    found = {}
    for key, one in read_each(locations, is_shared=is_shared).items():
        if isinstance(one, RdnsError):
            raise one
        found[key] = one
    return found


def read_each(
    locations: Mapping[K, RecordLocation], *, is_shared: bool = False, listed: Listed | None = None
) -> dict[K, LiveRecord | AddressNotFoundError]:
    """Read the same; the account may not have some of the addresses. Raises BackendError.

    ``listed`` is a list of the account's addresses that will do.
    """
    found: dict[K, LiveRecord | AddressNotFoundError] = dict.fromkeys(locations, NOTHING)
    for zone, keys in _by_zone(locations).items():
        first = locations[keys[0]]
        if zone is None:
            found.update(_read_attributes({key: locations[key] for key in keys}, listed))
        elif first.rdtype is RdataType.PTR:
            zones, _, _ = _in_zone(first)
            owners = {locations[key].owner: key for key in keys}
            there = zones.read_ptrs(to_dns(zone), owners.keys(), is_shared=is_shared)
            found.update({owners[owner]: live for owner, live in there.items()})
        else:
            found.update({key: look(locations[key]) for key in keys})
    return found


def read_elsewhere(backend: Backend, locations: Mapping[K, RecordLocation]) -> dict[K, LiveRecord]:
    """Read what another instance shows at the same locations; nothing where it has no such zone.

    Raises BackendError.
    """
    there = {key: one._replace(backend=backend) for key, one in locations.items()}
    in_zones = {key: one for key, one in there.items() if one.zone is not None}
    found = {}
    if in_zones and isinstance(backend, ZoneBackend):
        with suppress(ZoneNotFoundError):
            found.update(read_many(in_zones))
    if isinstance(backend, AddressBackend):
        for key in there.keys() - in_zones:
            with suppress(AddressNotFoundError):
                found[key] = look(there[key])
    return found


class Store:
    """Reads and changes single records."""

    def __init__(self, lock: Callable[[str], AbstractContextManager[None]]) -> None:
        """Take what lets one operation at a time look at a record and write it."""
        self.lock = lock

    def read(self, locations: Mapping[str, RecordLocation]) -> dict[str, LiveRecord]:
        """Read what stands there. Raises BackendError."""
        return {key: look(location) for key, location in locations.items()}

    def apply(self, changes: Mapping[str, RecordChange], progress: Progress) -> dict[str, Outcome]:
        """Make each change that can be made, one after the other."""
        outcomes: dict[str, Outcome] = {}
        for key, change in changes.items():
            with self.lock(key):
                outcomes[key] = _changed(change)
            progress(1)
            error = outcomes[key].error
            if error is not None and not isinstance(error, _OF_ONE):
                return dict.fromkeys(changes, Outcome(None, error)) | outcomes
        return outcomes

    def relocated(self, keys: Collection[str]) -> Mapping[str, RecordLocation | RdnsError]:
        """Find where records belong that something keeps from being served; none is found here."""
        return {}


class SetStore(Store):
    """Reads and changes the PTR records of a set: as few questions as may be."""

    def __init__(
        self,
        lock: Callable[[str], AbstractContextManager[None]],
        find: Callable[[Collection[str]], Mapping[str, RecordLocation | RdnsError]],
    ) -> None:
        """Take what finds locations anew."""
        super().__init__(lock)
        self._find = find

    def read(self, locations: Mapping[str, RecordLocation]) -> dict[str, LiveRecord]:
        """Read what stands there. Raises BackendError."""
        return read_many(locations)

    def apply(self, changes: Mapping[str, RecordChange], progress: Progress) -> dict[str, Outcome]:
        """Make each change that can be made."""
        outcomes: dict[str, Outcome] = {}
        for zone, keys in _by_zone({key: one.location for key, one in changes.items()}).items():
            part = {key: changes[key] for key in keys}
            made = super().apply(part, progress) if zone is None else _applied(part, progress)
            outcomes.update(made)
        return outcomes

    def relocated(self, keys: Collection[str]) -> Mapping[str, RecordLocation | RdnsError]:
        """Find where records belong: an alias (RFC 2317) or a delegation may lead elsewhere."""
        return self._find(keys)


def _read_attributes(
    locations: Mapping[K, RecordLocation], listed: Listed | None
) -> dict[K, LiveRecord | AddressNotFoundError]:
    """Read all addresses of an account in one list."""
    backend = cast(AddressBackend, next(iter(locations.values())).backend)
    if len(locations) == 1:
        return {key: _read_attribute(location) for key, location in locations.items()}
    there = {str(one.address): one.ptr for one in (listed or backend.addresses)()}
    # A list of those that have a PTR need not hold the others: each is asked for.
    return {
        key: live_of(there[one.owner]) if one.owner in there else _read_attribute(one)
        for key, one in locations.items()
    }


def _read_attribute(location: RecordLocation) -> LiveRecord | AddressNotFoundError:
    try:
        return look(location)
    except AddressNotFoundError as error:
        return error


def _applied(changes: Mapping[str, RecordChange], progress: Progress) -> dict[str, Outcome]:
    """Change the PTR records of one zone."""
    zones, zone, _ = _in_zone(next(iter(changes.values())).location)
    wanted = [
        PtrChange(one.location.owner, one.before, one.after, one.ttl) for one in changes.values()
    ]
    try:
        made = zones.apply_ptrs(to_dns(zone), wanted, progress)
    except BackendError as error:
        made = [Outcome(None, error)] * len(wanted)
    return dict(zip(changes, made, strict=True))


def _changed(change: RecordChange) -> Outcome:
    """Make one change."""
    try:
        if change.location.zone is None:
            return _changed_attribute(change)
        zones, zone, owner = _in_zone(change.location)
        name, rdtype = to_dns(owner), change.location.rdtype
        before, after = (_rrset(change, values) for values in (change.before, change.after))
        zones.apply(to_dns(zone), [Change(name, rdtype, before, after)])
    except ConflictError as error:
        return _come_between(change, error)
    except BackendError as error:
        return Outcome(None, error, isinstance(error, UnavailableError))
    return DONE


def _changed_attribute(change: RecordChange) -> Outcome:
    """Look and set: two calls, right after each other."""
    backend = cast(AddressBackend, change.location.backend)
    address = ipaddress.ip_address(change.location.owner)
    there = live_of(backend.get_ptr(address))
    is_free = there.is_default and not change.before
    if there.values != change.before and (there.values == change.after or not is_free):
        return Outcome(there)
    if change.after:
        backend.set_ptr(address, to_dns(DnsName(change.after[0])))
    elif there.values:
        backend.unset_ptr(address)
    return DONE


def _come_between(change: RecordChange, error: ConflictError) -> Outcome:
    """Look what stands there now, where somebody else was faster."""
    try:
        found = look(change.location)
    except BackendError as failed:
        return Outcome(None, failed)
    is_other = set(found.values) != set(change.before) or found.alias is not None
    return Outcome(found) if is_other else Outcome(None, error)


def _rrset(change: RecordChange, values: Iterable[str]) -> dns.rrset.RRset | None:
    location = change.location
    if location.rdtype is RdataType.PTR:
        values = [to_dns(DnsName(value)).to_text() for value in values]
    texts = sorted(values)
    if not texts:
        return None
    owner = to_dns(DnsName(location.owner))
    return dns.rrset.from_text(owner, change.ttl, RdataClass.IN, location.rdtype, *texts)


def _values_of(rrset: dns.rrset.RRset) -> tuple[str, ...]:
    if rrset.rdtype == RdataType.PTR:
        return tuple(sorted((from_dns(rdata.target) for rdata in rrset), key=name_order))
    return tuple(sorted(rdata.address for rdata in rrset))


def _in_zone(location: RecordLocation) -> tuple[ZoneBackend, DnsName, DnsName]:
    assert location.zone is not None
    return cast(ZoneBackend, location.backend), location.zone, DnsName(location.owner)


def _by_zone(locations: Mapping[K, RecordLocation]) -> dict[DnsName | None, list[K]]:
    zones: defaultdict[DnsName | None, list[K]] = defaultdict(list)
    for key, location in locations.items():
        zones[location.zone].append(key)
    return zones
