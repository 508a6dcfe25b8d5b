"""Where a record is kept, and what is there."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from typing import NamedTuple

import dns.name
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import AddressBackend, Backend, ZoneBackend
from pulumi_rdns.errors import AddressNotFoundError, ZoneNotFoundError
from pulumi_rdns.model.names import DnsName, from_dns, to_dns


class RecordLocation(NamedTuple):
    """One record at one backend instance."""

    backend: Backend
    #: None at a backend that has no zones
    zone: DnsName | None
    #: the name that has the record; an address at a backend that has no zones
    owner: str
    rdtype: RdataType


def values_at(
    backend: Backend, zone: DnsName | None, owners: Collection[str], rdtype: RdataType
) -> dict[str, frozenset[str]]:
    """Read the hostnames or addresses of many records; there are none without the zone.

    Raises BackendError.
    """
    if zone is None and isinstance(backend, AddressBackend):
        return {owner: _ptr_of(backend, owner) for owner in owners}
    if zone is None or not isinstance(backend, ZoneBackend):
        return {}
    apex = to_dns(zone)
    try:
        if rdtype is RdataType.PTR:
            found = backend.read_ptrs(apex, owners)
            return {owner: frozenset(one.hostnames) for owner, one in found.items()}
        rrsets = {owner: backend.get_rrset(apex, _name(owner), rdtype) for owner in owners}
    except ZoneNotFoundError:
        return {}
    return {
        owner: frozenset(rdata.address for rdata in rrset or ()) for owner, rrset in rrsets.items()
    }


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


def _ptr_of(backend: AddressBackend, address: str) -> frozenset[str]:
    try:
        ptr = backend.get_ptr(ipaddress.ip_address(address))
    except AddressNotFoundError:
        return frozenset()
    return frozenset() if ptr is None else frozenset([from_dns(ptr.hostname)])


def _name(owner: str) -> dns.name.Name:
    return to_dns(DnsName(owner))
