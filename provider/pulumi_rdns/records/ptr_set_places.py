"""Where the PTR records of many addresses are kept, and how they are read and changed there."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, Protocol

from pulumi_rdns.backends.base import AddressBackend, Backend, ZoneBackend
from pulumi_rdns.backends.batch import DONE, Found, Outcome, Progress, PtrChange
from pulumi_rdns.errors import (
    AddressNotFoundError,
    BackendError,
    ConfigError,
    ConflictError,
    RdnsError,
    RejectedError,
    UnavailableError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.addresses import reverse_name
from pulumi_rdns.model.names import DnsName, from_dns, to_dns
from pulumi_rdns.records.places import Aliases, find_place
from pulumi_rdns.records.shared_ledger import SharedLedger
from pulumi_rdns.workers import Workers

#: failures that are of one address: the next one may fare better
_OF_ONE = (AddressNotFoundError, ConflictError, RejectedError)
#: places that are looked for at a time
_SIDE_BY_SIDE = 16


class Place(NamedTuple):
    """Where the record of one address is: None for the zone at a backend that has none."""

    zone: DnsName | None
    owner: DnsName


class Step(NamedTuple):
    """One change of one address: what must be there before, and what after."""

    place: Place
    before: tuple[str, ...]
    after: tuple[str, ...]
    #: seconds
    ttl: int


class Store(Protocol):
    """A backend, as a set of records sees it."""

    @property
    def name(self) -> str:
        """The backend's name, for error messages."""

    @property
    def backend(self) -> Backend:
        """The backend."""

    @property
    def has_ttls(self) -> bool:
        """Do records have a TTL here?"""

    def places(self, addresses: Iterable[str]) -> dict[str, Place | RdnsError]:
        """Find where the records belong."""

    def misplaced(self, places: Mapping[str, Place]) -> list[str]:
        """Find the addresses whose name is in another zone now, so that a record at this place
        would not be served. Raises BackendError.
        """

    def has_zone(self, zone: DnsName | None) -> bool:
        """Is this zone still there? Raises BackendError."""

    def replaced(self, address: str) -> Place | RdnsError:
        """Find the place of one address anew, where something keeps its record from being served
        at its reverse name: through an alias (RFC 2317) or a delegation.
        """

    def each_replaced(self, addresses: Collection[str]) -> dict[str, Place | RdnsError]:
        """Find the places of many addresses anew, where none is taken to be like another."""

    def read(self, places: Mapping[str, Place], *, is_shared: bool = False) -> dict[str, Found]:
        """Read what is there; an address where nothing is, is left out.

        ``is_shared``: what was read a few seconds ago, for another set, will do. Raises
        BackendError.
        """

    def apply(self, steps: Mapping[str, Step], progress: Progress) -> dict[str, Outcome]:
        """Make each change that can be made."""


def store_of(
    backend: Backend,
    zone: DnsName | None,
    aliases: Aliases,
    ledger: SharedLedger,
    identity: str,
) -> Store:
    """Return the store of a backend. Raises ConfigError where it has no PTR records."""
    if isinstance(backend, AddressBackend):
        return _Addresses(backend, ledger, identity)
    if isinstance(backend, ZoneBackend):
        return _Zones(backend, zone, aliases)
    raise ConfigError(f"backend {backend.name!r} has no PTR records")


class _Zones:
    """Zones: one place is looked for below each name, and the others are taken to be like it.

    Where one is not, the server's answer to the change says so.
    """

    has_ttls = True

    def __init__(self, backend: ZoneBackend, zone: DnsName | None, aliases: Aliases) -> None:
        self.name = backend.name
        self.backend = backend
        self._zone = zone
        self._aliases = aliases

    def places(self, addresses: Iterable[str]) -> dict[str, Place | RdnsError]:
        groups: defaultdict[str, dict[str, DnsName]] = defaultdict(dict)
        for address in addresses:
            owner = reverse_name(address)
            groups[owner.partition(".")[2]][address] = owner
        self._prefetch_zones(next(iter(owners.values())) for owners in groups.values())
        with Workers(_SIDE_BY_SIDE) as pool:
            found = pool.map(self._group, groups.values())
            return {address: place for group in found for address, place in group.items()}

    def misplaced(self, places: Mapping[str, Place]) -> list[str]:
        groups: defaultdict[tuple[DnsName | None, str], list[str]] = defaultdict(list)
        for address, place in places.items():
            groups[place.zone, place.owner.partition(".")[2]].append(address)
        self._prefetch_zones(places[group[0]].owner for group in groups.values())

        def away(group: list[str]) -> list[str]:
            alone: list[str] = []
            for at, address in enumerate(group):
                place = places[address]
                try:
                    zone = from_dns(self.backend.find_zone(to_dns(place.owner)))
                except ZoneNotFoundError:
                    zone = None
                if zone == place.zone:
                    break
                if zone != place.owner:
                    return alone + group[at:]
                # A zone of this one name says nothing of its neighbours.
                alone.append(address)
            return alone

        with Workers(_SIDE_BY_SIDE) as pool:
            found = pool.map(away, groups.values())
            return [address for group in found for address in group]

    def has_zone(self, zone: DnsName | None) -> bool:
        assert zone is not None
        try:
            name = to_dns(zone)
            return bool(self.backend.find_zone(name) == name)
        except ZoneNotFoundError:
            return False

    def replaced(self, address: str) -> Place | RdnsError:
        try:
            found = find_place(
                self.backend, ipaddress.ip_address(address), self._zone, self._aliases
            )
        except RdnsError as error:
            return error
        assert found.owner is not None
        return Place(found.zone, found.owner)

    def each_replaced(self, addresses: Collection[str]) -> dict[str, Place | RdnsError]:
        self._prefetch_zones(map(reverse_name, addresses))
        with Workers(_SIDE_BY_SIDE) as pool:
            return dict(zip(addresses, pool.map(self.replaced, addresses), strict=True))

    def read(self, places: Mapping[str, Place], *, is_shared: bool = False) -> dict[str, Found]:
        found = {}
        for zone, addresses in _by_zone(places).items():
            owners: dict[str, str] = {places[address].owner: address for address in addresses}
            there = self.backend.read_ptrs(to_dns(zone), owners.keys(), is_shared=is_shared)
            found.update({owners[owner]: one for owner, one in there.items()})
        return found

    def apply(self, steps: Mapping[str, Step], progress: Progress) -> dict[str, Outcome]:
        outcomes: dict[str, Outcome] = {}
        for zone, addresses in _by_zone({key: step.place for key, step in steps.items()}).items():
            changes = [
                PtrChange(step.place.owner, step.before, step.after, step.ttl)
                for step in (steps[address] for address in addresses)
            ]
            try:
                made = self.backend.apply_ptrs(to_dns(zone), changes, progress)
            except BackendError as error:
                made = [Outcome(None, error)] * len(changes)
            outcomes.update(zip(addresses, made, strict=True))
        return outcomes

    def _prefetch_zones(self, owners: Iterable[DnsName]) -> None:
        self.backend.prefetch_zones(list(map(to_dns, owners)))

    def _group(self, owners: dict[str, DnsName]) -> dict[str, Place | RdnsError]:
        """Find the places of addresses whose reverse names are below one."""
        addresses = list(owners)
        first = self.replaced(addresses[0])
        if isinstance(first, Place) and _is_of_many(first, owners[addresses[0]]):
            return {address: Place(first.zone, owner) for address, owner in owners.items()}
        places = {addresses[0]: first}
        if len(addresses) > 1:
            places[addresses[-1]] = self.replaced(addresses[-1])
            if all(isinstance(place, RdnsError) for place in places.values()):
                return dict.fromkeys(addresses, first)
        for address in addresses[1:-1]:
            places[address] = self.replaced(address)
        return places


def _is_of_many(place: Place, owner: str) -> bool:
    """Whether other names are there too: not behind an alias, nor in a zone of their own."""
    return place.owner == owner and place.zone != owner


def _by_zone(places: Mapping[str, Place]) -> dict[DnsName, list[str]]:
    zones: defaultdict[DnsName, list[str]] = defaultdict(list)
    for address, place in places.items():
        assert place.zone is not None
        zones[place.zone].append(address)
    return zones


class _Addresses:
    """A vendor's API: one address after the other, each looked at right before it is written."""

    has_ttls = False

    def __init__(self, backend: AddressBackend, ledger: SharedLedger, identity: str) -> None:
        self.name = backend.name
        self.backend = backend
        self._ledger = ledger
        self._identity = identity

    def places(self, addresses: Iterable[str]) -> dict[str, Place | RdnsError]:
        return {address: Place(None, DnsName(address)) for address in addresses}

    def misplaced(self, places: Mapping[str, Place]) -> list[str]:
        return []

    def has_zone(self, zone: DnsName | None) -> bool:
        return True

    def replaced(self, address: str) -> Place | RdnsError:
        return Place(None, DnsName(address))

    def each_replaced(self, addresses: Collection[str]) -> dict[str, Place | RdnsError]:
        return self.places(addresses)

    def read(self, places: Mapping[str, Place], *, is_shared: bool = False) -> dict[str, Found]:
        """Read all addresses in one list."""
        there = {str(one.address): one.ptr for one in self.backend.addresses()}
        found = {}
        missing = []
        for address in places:
            if address not in there:
                missing.append(address)
            elif ptr := there[address]:
                hostname = from_dns(ptr.hostname)
                found[address] = Found((hostname,), is_default=ptr.is_default)
        # A list of those that have a PTR need not hold the others: each is asked for.
        for address in missing:
            self.backend.get_ptr(ipaddress.ip_address(address))
        return found

    def apply(self, steps: Mapping[str, Step], progress: Progress) -> dict[str, Outcome]:
        outcomes: dict[str, Outcome] = {}
        for address, step in steps.items():
            with self._ledger.exclusive("PTR", self._identity, address):
                outcomes[address] = self._apply(address, step)
            progress(1)
            error = outcomes[address].error
            if error is not None and not isinstance(error, _OF_ONE):
                return dict.fromkeys(steps, Outcome(None, error)) | outcomes
        return outcomes

    def _apply(self, address: str, step: Step) -> Outcome:
        ip = ipaddress.ip_address(address)
        try:
            ptr = self.backend.get_ptr(ip)
            there = (from_dns(ptr.hostname),) if ptr else ()
            is_default = ptr is not None and ptr.is_default
            if there != step.before and (there == step.after or not is_default or step.before):
                return Outcome(Found(there, is_default=is_default))
            if step.after:
                self.backend.set_ptr(ip, to_dns(DnsName(step.after[0])))
            elif ptr is not None:
                self.backend.unset_ptr(ip)
        except BackendError as error:
            return Outcome(None, error, isinstance(error, UnavailableError))
        return DONE
