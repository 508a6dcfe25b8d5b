"""Where the PTR records of many addresses belong: one question for many of them."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, TypeAlias

from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import AddressBackend, Backend, ZoneBackend
from pulumi_rdns.errors import RdnsError, ZoneNotFoundError
from pulumi_rdns.model.addresses import reverse_name
from pulumi_rdns.model.names import DnsName, from_dns, to_dns
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.records.location import (
    Aliases,
    Listed,
    RecordLocation,
    attribute_of,
    find_ptr,
    has_reverse_zones,
)
from pulumi_rdns.records.ptr_set_state import locations_of
from pulumi_rdns.workers import Workers

#: locations that are looked for at a time
_SIDE_BY_SIDE = 16

_Found: TypeAlias = dict[str, "RecordLocation | RdnsError"]


class FoundLocations(NamedTuple):
    """Where the records of a set are."""

    locations: dict[str, RecordLocation]
    #: addresses for which no location was found
    errors: dict[str, RdnsError]
    #: addresses whose record is where it was written, where it would not be served any longer, and
    #: why there is no other place; what is left there is ours
    unserved: dict[str, RdnsError]


class PtrSetLocations:
    """Finds the records of a set at one backend."""

    def __init__(
        self,
        backend: Backend,
        zone: DnsName | None,
        aliases: Aliases,
        listed: Listed | None = None,
    ) -> None:
        """``zone`` is the one that the program names, if any.

        ``listed`` is a list of the account's addresses that will do.
        """
        self._listed = listed
        self._backend = backend
        self._zone = zone
        self._aliases = aliases

    def found(self, old: PtrSetState, addresses: Iterable[str]) -> FoundLocations:
        """Return where records were written; look for the locations of new ones.

        Also of those that would not be served there, as their part has become a zone of its own.
        """
        addresses = list(addresses)
        known = locations_of(self._backend, old, addresses)
        new = [address for address in addresses if address not in known]
        moved = self.misplaced(known) if known else []
        found = FoundLocations(known, {}, {})
        for address, there in (self.find([*new, *moved]) if new or moved else {}).items():
            if isinstance(there, RecordLocation):
                found.locations[address] = there
            elif address in known and isinstance(there, ZoneNotFoundError):
                found.unserved[address] = there
            else:
                found.locations.pop(address, None)
                found.errors[address] = there
        return found

    def find(self, addresses: Collection[str]) -> _Found:
        """Find where records belong: a place is looked for below each name, and the others are
        taken to be like it. Where one is not, the server's answer to its change says so.
        """
        found: _Found = {}
        if self._zone is None and isinstance(self._backend, AddressBackend):
            found.update(self._attributes(self._backend, addresses))
        groups: defaultdict[str, dict[str, DnsName]] = defaultdict(dict)
        for address in addresses:
            if address not in found:
                owner = reverse_name(address)
                groups[owner.partition(".")[2]][address] = owner
        self._prefetch_zones(next(iter(owners.values())) for owners in groups.values())
        with Workers(_SIDE_BY_SIDE) as pool:
            for group in pool.map(self._find_alike, groups.values()):
                found.update(group)
        return found

    def find_each(self, addresses: Collection[str]) -> _Found:
        """Find where records belong, where none is taken to be like another."""
        self._prefetch_zones(map(reverse_name, addresses))
        with Workers(_SIDE_BY_SIDE) as pool:
            return dict(zip(addresses, pool.map(self._find, addresses), strict=True))

    def misplaced(self, locations: Mapping[str, RecordLocation]) -> list[str]:
        """Find the addresses whose name is in another zone now, so that a record where it was
        written would not be served. Raises BackendError.
        """
        backend = self._backend
        if not isinstance(backend, ZoneBackend):
            return []
        groups: defaultdict[tuple[DnsName, str], list[str]] = defaultdict(list)
        for address, location in locations.items():
            if location.zone is not None:
                groups[location.zone, location.owner.partition(".")[2]].append(address)
        self._prefetch_zones(DnsName(locations[group[0]].owner) for group in groups.values())

        def away(group: list[str]) -> list[str]:
            alone: list[str] = []
            for at, address in enumerate(group):
                location = locations[address]
                try:
                    zone = from_dns(backend.find_zone(to_dns(DnsName(location.owner))))
                except ZoneNotFoundError:
                    zone = None
                if zone == location.zone:
                    break
                if zone != location.owner:
                    return alone + group[at:]
                # A zone of this one name says nothing of its neighbours.
                alone.append(address)
            return alone

        with Workers(_SIDE_BY_SIDE) as pool:
            return [address for group in pool.map(away, groups.values()) for address in group]

    def in_zones_that_are_gone(self, found: FoundLocations) -> dict[str, RdnsError]:
        """Return the addresses whose record is not served where it was written, as that zone is not
        here any longer, and why. Raises BackendError.
        """
        zones = {found.locations[address].zone for address in found.unserved}
        gone = {zone for zone in zones if not self._has_zone(zone)}
        return {
            address: error
            for address, error in found.unserved.items()
            if found.locations[address].zone in gone
        }

    def _has_zone(self, zone: DnsName | None) -> bool:
        """Whether a zone is still here. Raises BackendError."""
        if zone is None or not isinstance(self._backend, ZoneBackend):
            return True
        name = to_dns(zone)
        try:
            return bool(self._backend.find_zone(name) == name)
        except ZoneNotFoundError:
            return False

    def _attributes(
        self, backend: AddressBackend, addresses: Iterable[str]
    ) -> dict[str, RecordLocation]:
        """Return the addresses of the account, where others have a reverse zone here."""
        if has_reverse_zones(backend):
            owned = {str(one.address) for one in (self._listed or backend.addresses)()}
            addresses = [address for address in addresses if address in owned]
        return {
            address: attribute_of(backend, ipaddress.ip_address(address)) for address in addresses
        }

    def _prefetch_zones(self, owners: Iterable[DnsName]) -> None:
        if isinstance(self._backend, ZoneBackend):
            self._backend.prefetch_zones(list(map(to_dns, owners)))

    def _find(self, address: str) -> RecordLocation | RdnsError:
        ip = ipaddress.ip_address(address)
        try:
            return find_ptr(self._backend, ip, self._zone, self._aliases).location
        except RdnsError as error:
            return error

    def _find_alike(self, owners: dict[str, DnsName]) -> _Found:
        """Find the locations of addresses whose reverse names are below one."""
        addresses = list(owners)
        first = self._find(addresses[0])
        if isinstance(first, RecordLocation) and _is_of_many(first, owners[addresses[0]]):
            zone = first.zone
            return {
                address: RecordLocation(self._backend, zone, owner, RdataType.PTR)
                for address, owner in owners.items()
            }
        found: _Found = {addresses[0]: first}
        if len(addresses) > 1:
            found[addresses[-1]] = self._find(addresses[-1])
            if all(isinstance(one, RdnsError) for one in found.values()):
                return dict.fromkeys(addresses, first)
        for address in addresses[1:-1]:
            found[address] = self._find(address)
        return found


def _is_of_many(location: RecordLocation, owner: str) -> bool:
    """Whether other names are there too: not behind an alias, nor in a zone of their own."""
    return location.owner == owner and location.zone != owner
