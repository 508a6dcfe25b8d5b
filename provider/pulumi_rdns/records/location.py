"""Where a record is kept: found for a new one, remembered for one that was written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import AddressBackend, Backend, OwnedAddress, Ptr, ZoneBackend
from pulumi_rdns.backends.changes import NOTHING, LiveRecord
from pulumi_rdns.errors import (
    AddressNotFoundError,
    ConfigError,
    InvalidInputError,
    RejectedError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.addresses import Address, record_type, reverse_name
from pulumi_rdns.model.names import DnsName, below, from_dns, is_subdomain, parent, to_dns
from pulumi_rdns.model.specs import MAX_CNAMES


class RecordLocation(NamedTuple):
    """One record at one backend instance."""

    backend: Backend
    #: None where the record is an attribute of an address
    zone: DnsName | None
    #: the name that has the record; the address itself where there is no zone
    owner: str
    rdtype: RdataType


class FoundLocation(NamedTuple):
    """Where a record belongs."""

    location: RecordLocation
    #: whether finding it has shown that nothing stands there, or nothing that anybody chose
    is_free: bool = False


#: lists the addresses of an account
Listed: TypeAlias = Callable[[], Sequence[OwnedAddress]]
#: asks the DNS where the reverse name of an address leads: its aliases in order, none for none
Aliases: TypeAlias = Callable[[Address], Sequence[DnsName]]


def no_aliases(_: Address) -> Sequence[DnsName]:
    """Ask nobody: for records that were written somewhere."""
    return ()


def find_ptr(
    backend: Backend, address: Address, zone: DnsName | None, aliases: Aliases
) -> FoundLocation:
    """Find where the PTR of an address belongs: aliases are followed (RFC 2317).

    ``zone`` is the zone that the user named, if any. At a backend of both kinds, an address of the
    account has its PTR there, and any other one in a reverse zone. Raises BackendError, and
    ConfigError where the backend has no PTR records at all.
    """
    if zone is None and isinstance(backend, AddressBackend):
        if not has_reverse_zones(backend):
            return FoundLocation(attribute_of(backend, address))
        try:
            ptr = backend.get_ptr(address)
            return FoundLocation(attribute_of(backend, address), ptr is None or ptr.is_default)
        except AddressNotFoundError as error:
            return _in_a_zone_instead(backend, address, aliases, error)
    return _find_owner(_with_reverse_zones(backend), address, zone, aliases)


def written_ptr(
    backend: Backend,
    address: Address,
    zone: DnsName | None,
    owner: DnsName | None,
    aliases: Aliases = no_aliases,
) -> RecordLocation:
    """Return where the PTR of an address was written: nothing is looked up.

    In a state that does not say it, as an early version wrote it, it is found.
    """
    if zone is not None and owner is not None and isinstance(backend, ZoneBackend):
        return RecordLocation(backend, zone, owner, RdataType.PTR)
    if isinstance(backend, AddressBackend):
        return attribute_of(backend, address)
    return find_ptr(backend, address, zone, aliases).location


def attribute_of(backend: AddressBackend, address: Address) -> RecordLocation:
    """Return the location of a PTR that is an attribute of an address."""
    return RecordLocation(backend, None, str(address), RdataType.PTR)


def forward_location(
    backend: ZoneBackend, zone: DnsName, hostname: DnsName, address: Address
) -> RecordLocation:
    """Return the location of the A or AAAA record of a hostname; the type follows the address."""
    return RecordLocation(backend, zone, hostname, RdataType[record_type(address)])


def live_of(ptr: Ptr | None) -> LiveRecord:
    """Return what an attribute of an address says."""
    return (
        NOTHING
        if ptr is None
        else LiveRecord((from_dns(ptr.hostname),), None, None, False, ptr.is_default)
    )


def has_reverse_zones(backend: Backend) -> bool:
    """Whether PTR records are kept in zones here."""
    return isinstance(backend, ZoneBackend) and backend.has_reverse_zones


def cname_target(backend: ZoneBackend, zone: DnsName, name: DnsName) -> DnsName | None:
    """Return what a name is a CNAME to; None for none. Raises BackendError."""
    rrset = backend.get_rrset(to_dns(zone), to_dns(name), RdataType.CNAME)
    return None if rrset is None else from_dns(rrset[0].target)


def zone_of(backend: ZoneBackend, name: DnsName) -> DnsName:
    """Return the zone that contains a name. Raises ZoneNotFoundError."""
    return from_dns(backend.find_zone(to_dns(name)))


def primary_of(backend: Backend, zone: DnsName | None) -> DnsName | None:
    """Read the primary name server (MNAME, RFC 1035 section 3.3.13) in a zone's SOA record.

    None where there is no zone. Raises BackendError.
    """
    if not isinstance(backend, ZoneBackend) or zone is None:
        return None
    apex = to_dns(zone)
    try:
        soa = backend.get_rrset(apex, apex, RdataType.SOA)
    except ZoneNotFoundError:
        return None
    return None if soa is None else from_dns(soa[0].mname.canonicalize())


def _with_reverse_zones(backend: Backend) -> ZoneBackend:
    if isinstance(backend, ZoneBackend) and backend.has_reverse_zones:
        return backend
    if isinstance(backend, AddressBackend):
        reason = f"backend {backend.name!r} sets the PTR of an address, not of a zone; leave it out"
        raise InvalidInputError(reason, "zone")
    raise ConfigError(f"backend {backend.name!r} has no PTR records")


def _in_a_zone_instead(
    backend: Backend, address: Address, aliases: Aliases, not_owned: AddressNotFoundError
) -> FoundLocation:
    try:
        return _find_owner(_with_reverse_zones(backend), address, None, aliases)
    except ZoneNotFoundError as error:
        both = f"{not_owned.reason}, and no reverse zone: {error.reason}"
        raise AddressNotFoundError(
            backend.name, "find the PTR of", str(address), both, error.code
        ) from error


def _find_owner(
    backend: ZoneBackend, address: Address, zone: DnsName | None, aliases: Aliases
) -> FoundLocation:
    """Find the owner name and its zone, through the aliases of classless delegation (RFC 2317).

    The parent zone may be served elsewhere: then the DNS is asked for the alias in it.
    """
    owner = reverse_name(address)
    if zone is not None and not is_subdomain(owner, zone):
        inside = [alias for alias in aliases(address) if is_subdomain(alias, zone)]
        owner = inside[0] if inside else _classless_owner(address, owner, zone)
        return _found(backend, zone, owner)
    if zone is not None:
        target = cname_target(backend, zone, owner)
        if target is None:
            return _found(backend, zone, owner)
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
                return _found(backend, from_dns(site.zone), owner, is_free=site.is_free)
            alias = from_dns(site.alias)
        path += [owner] if owner not in path else []
        if alias in path:
            loop = f"its CNAMEs are a loop: {' -> '.join([*path, alias])}"
            raise RejectedError(backend.name, "find the zone of", path[0], loop)
        owner = alias
    too_long = f"more than {MAX_CNAMES} CNAMEs in a row"
    raise RejectedError(backend.name, "find the zone of", path[0], too_long)


def _found(
    backend: ZoneBackend, zone: DnsName, owner: DnsName, *, is_free: bool = False
) -> FoundLocation:
    location = RecordLocation(backend, zone, owner, RdataType.PTR)
    return FoundLocation(location, is_free)


def _classless_owner(address: Address, owner: DnsName, zone: DnsName) -> DnsName:
    """Name the record in a zone for less than an octet, below its parent zone (RFC 2317)."""
    if address.version == 4 and parent(owner) == parent(zone):
        return below(owner.partition(".")[0], zone)
    raise InvalidInputError(
        f"zone {zone} does not contain {owner}, nor is it a zone for a part of "
        f"{parent(owner)} (RFC 2317)",
        "zone",
    )
