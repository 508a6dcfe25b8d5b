"""Where the PTR record of an address is kept, and how to look at it and change it there."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import NamedTuple, Protocol, TypeAlias

import dns.rrset
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import AddressBackend, Backend, Change, ZoneBackend
from pulumi_rdns.errors import (
    ConfigError,
    ConflictError,
    InvalidInputError,
    RejectedError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.addresses import Address, reverse_name
from pulumi_rdns.model.missing_dots import with_dot_hint
from pulumi_rdns.model.names import (
    DnsName,
    below,
    from_dns,
    is_subdomain,
    name_order,
    parent,
    to_dns,
)
from pulumi_rdns.model.specs import DEFAULT_TTL, MAX_CNAMES
from pulumi_rdns.records.location import RecordLocation


class Seen(NamedTuple):
    """What is there at one moment: all hostnames, sorted, and the TTL in seconds if known."""

    hostnames: tuple[DnsName, ...]
    ttl: int | None = None
    #: the vendor's own default: nobody chose it
    is_default: bool = False

    @property
    def text(self) -> str:
        """Write the hostnames as a user reads them."""
        return ", ".join(map(with_dot_hint, self.hostnames)) or "nothing"


class PtrPlace(Protocol):
    """One address's PTR record, at one backend."""

    @property
    def zone(self) -> DnsName | None:
        """The zone that holds the record; None at a backend that has none."""

    @property
    def owner(self) -> DnsName | None:
        """The name that has the record in this zone; another than the reverse name (RFC 2317)."""

    @property
    def location(self) -> RecordLocation:
        """The record at its backend."""

    def look(self) -> Seen:
        """Read what is there now."""

    def refuse_fixed(self, ours: Container[object]) -> None:
        """Raise RejectedError where a hostname is there that is not ours and cannot be changed."""

    def swap(self, seen: Seen, hostnames: tuple[DnsName, ...], ttl: int | None) -> None:
        """Write exactly these hostnames, if what was seen is still there, else ConflictError.

        No hostnames means: take the record away. ``ttl`` None keeps the TTL that is there.
        """


#: asks the DNS where the reverse name of an address leads: its aliases in order, none for none
Aliases: TypeAlias = Callable[[Address], Sequence[DnsName]]


def no_aliases(_: Address) -> Sequence[DnsName]:
    """Ask nobody: for places that are known."""
    return ()


def find_place(
    backend: Backend,
    address: Address,
    zone: DnsName | None,
    aliases: Aliases = no_aliases,
) -> PtrPlace:
    """Find where the PTR of an address belongs: RFC 2317 aliases are followed.

    ``zone`` is the zone that the user named, if any. Raises ZoneNotFoundError, and ConfigError
    where the backend has no PTR records at all.
    """
    if isinstance(backend, AddressBackend):
        if zone is not None:
            raise InvalidInputError(_no_zones(backend.name), "zone")
        return _AddressPlace(backend, address)
    found = _find_owner(_zones(backend), address, zone, aliases)
    return _ZonePlace(_zones(backend), found.zone, found.owner, is_free=found.is_free)


def stored_place(
    backend: Backend,
    address: Address,
    zone: DnsName | None,
    owner: DnsName | None,
    aliases: Aliases = no_aliases,
) -> PtrPlace:
    """Return the place where a record was written: nothing is looked up."""
    if isinstance(backend, AddressBackend):
        return _AddressPlace(backend, address)
    if zone is None or owner is None:
        return find_place(backend, address, zone, aliases)
    return _ZonePlace(_zones(backend), zone, owner)


def _no_zones(name: str) -> str:
    return f"backend {name!r} sets the PTR of an address, not of a zone; leave it out"


def _zones(backend: Backend) -> ZoneBackend:
    if not isinstance(backend, ZoneBackend):
        raise ConfigError(f"backend {backend.name!r} has no PTR records")
    return backend


def cname_target(backend: ZoneBackend, zone: DnsName, name: DnsName) -> DnsName | None:
    """Return what a name is a CNAME to; None for none. Raises BackendError."""
    rrset = backend.get_rrset(to_dns(zone), to_dns(name), RdataType.CNAME)
    return None if rrset is None else from_dns(rrset[0].target)


def zone_of(backend: ZoneBackend, name: DnsName) -> DnsName:
    """Return the zone that contains a name. Raises ZoneNotFoundError."""
    return from_dns(backend.find_zone(to_dns(name)))


class _Owner(NamedTuple):
    """The name that has the record, and its zone."""

    zone: DnsName
    owner: DnsName
    #: nothing at all stands there
    is_free: bool = False


def _find_owner(
    backend: ZoneBackend, address: Address, zone: DnsName | None, aliases: Aliases
) -> _Owner:
    """Find the owner name and its zone, through the aliases of classless delegation (RFC 2317).

    The parent zone may be served elsewhere: then the DNS is asked for the alias in it.
    """
    owner = reverse_name(address)
    if zone is not None and not is_subdomain(owner, zone):
        inside = [alias for alias in aliases(address) if is_subdomain(alias, zone)]
        owner = inside[0] if inside else _classless_owner(address, owner, zone)
        return _Owner(zone, owner)
    if zone is not None:
        target = cname_target(backend, zone, owner)
        if target is None:
            return _Owner(zone, owner)
        owner = target
    path = [reverse_name(address)]
    for step in range(0 if zone is None else 1, MAX_CNAMES + 1):
        try:
            site = backend.find_site(to_dns(owner))
        except ZoneNotFoundError:
            elsewhere = () if step else aliases(address)
            if not elsewhere:
                raise
            alias = elsewhere[0]
        else:
            if site.alias is None:
                return _Owner(from_dns(site.zone), owner, site.is_free)
            alias = from_dns(site.alias)
        path += [owner] if owner not in path else []
        if alias in path:
            loop = f"its CNAMEs are a loop: {' -> '.join([*path, alias])}"
            raise RejectedError(backend.name, "find the zone of", path[0], loop)
        owner = alias
    too_long = f"more than {MAX_CNAMES} CNAMEs in a row"
    raise RejectedError(backend.name, "find the zone of", path[0], too_long)


def _classless_owner(address: Address, owner: DnsName, zone: DnsName) -> DnsName:
    """Name the record in a zone for less than an octet, below its parent zone (RFC 2317)."""
    if address.version == 4 and parent(owner) == parent(zone):
        return below(owner.partition(".")[0], zone)
    raise InvalidInputError(
        f"zone {zone} does not contain {owner}, nor is it a zone for a part of "
        f"{parent(owner)} (RFC 2317)",
        "zone",
    )


def fixed_reason(value: str, where: str) -> str:
    """Return why a record that stands there, and can never be changed, is not taken over."""
    return (
        f"{value} is there already, in the included file {where}, which other zones may include "
        "too, so it is never edited. Nothing was changed. Leave the record to that file, or move "
        "it into the zone file as a line of its own"
    )


def targets_of(rrset: dns.rrset.RRset) -> tuple[DnsName, ...]:
    """Return where the PTR records of an RRset point, sorted."""
    return tuple(sorted((from_dns(rdata.target) for rdata in rrset), key=name_order))


class _AddressPlace:
    """A vendor's API: look and set are two calls, so the look comes right before the write."""

    zone = None
    owner = None

    def __init__(self, backend: AddressBackend, address: Address) -> None:
        self._backend = backend
        self._address = address
        self.location = RecordLocation(backend, None, str(address), RdataType.PTR)

    def look(self) -> Seen:
        ptr = self._backend.get_ptr(self._address)
        if ptr is None:
            return Seen(())
        return Seen((from_dns(ptr.hostname),), None, ptr.is_default)

    def refuse_fixed(self, ours: Container[object]) -> None:
        pass

    def swap(self, seen: Seen, hostnames: tuple[DnsName, ...], ttl: int | None) -> None:
        now = self.look()
        if now != seen:
            raise ConflictError(
                self._backend.name,
                "change the PTR of",
                str(self._address),
                f"it changed meanwhile, to {now.text}",
            )
        if hostnames:
            self._backend.set_ptr(self._address, to_dns(hostnames[0]))
        else:
            self._backend.unset_ptr(self._address)


class _ZonePlace:
    """An RRset of a zone: compare-and-set is one call."""

    def __init__(
        self,
        backend: ZoneBackend,
        zone: DnsName,
        owner: DnsName,
        *,
        is_free: bool = False,
    ) -> None:
        """``is_free``: nothing stood there when the place was looked for, right now."""
        self._backend = backend
        self.zone = zone
        self.owner = owner
        self.location = RecordLocation(backend, zone, owner, RdataType.PTR)
        self._is_free = is_free

    def look(self) -> Seen:
        if self._is_free:
            # Once, and a write compares with it.
            self._is_free = False
            return Seen(())
        rrset = self._backend.get_rrset(to_dns(self.zone), to_dns(self.owner), RdataType.PTR)
        if rrset is None:
            return Seen(())
        return Seen(targets_of(rrset), rrset.ttl)

    def refuse_fixed(self, ours: Container[object]) -> None:
        owner = to_dns(self.owner)
        fixed = self._backend.fixed_in(to_dns(self.zone), owner, RdataType.PTR)
        for rdata, where in fixed.items():
            hostname = from_dns(rdata.target)  # type: ignore[attr-defined]
            if hostname not in ours:
                reason = fixed_reason(hostname, where)
                raise RejectedError(self._backend.name, "set the PTR of", self.owner, reason)

    def swap(self, seen: Seen, hostnames: tuple[DnsName, ...], ttl: int | None) -> None:
        ttl = ttl if ttl is not None else seen.ttl
        change = Change(
            to_dns(self.owner),
            RdataType.PTR,
            self._rrset(seen.hostnames, seen.ttl),
            self._rrset(hostnames, ttl),
        )
        self._backend.apply(to_dns(self.zone), [change])

    def _rrset(self, hostnames: tuple[DnsName, ...], ttl: int | None) -> dns.rrset.RRset | None:
        if not hostnames:
            return None
        texts = [to_dns(hostname).to_text() for hostname in hostnames]
        ttl = DEFAULT_TTL if ttl is None else ttl
        return dns.rrset.from_text(to_dns(self.owner), ttl, RdataClass.IN, RdataType.PTR, *texts)
