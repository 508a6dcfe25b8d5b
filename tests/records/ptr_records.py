"""One PTR record, as a program asks for it and as somebody else sees and changes it."""

from __future__ import annotations

from dns.rdatatype import RdataType
from msgspec.structs import replace

from pulumi_rdns.backends.base import AddressBackend, Change, ZoneBackend
from pulumi_rdns.model.addresses import Address, parse_address, reverse_name
from pulumi_rdns.model.names import to_dns
from pulumi_rdns.model.specs import (
    ForwardPolicy,
    PtrPolicies,
    PtrSpec,
)
from pulumi_rdns.records.session import Session
from tests.backends.contract import rrset
from tests.records.conftest import name

ADDRESS = parse_address("198.51.100.10")
SKIP = PtrPolicies(forward_check=ForwardPolicy.SKIP)


def spec(backend: str, hostname: str = "mail.example.com", **policies: object) -> PtrSpec:
    return PtrSpec(
        backend=backend,
        address=ADDRESS,
        hostname=name(hostname),
        policies=replace(SKIP, **policies),
    )


def live(session: Session, backend: str, address: Address = ADDRESS) -> list[str]:
    there = session.backends.get(backend)
    if isinstance(there, AddressBackend):
        ptr = there.get_ptr(address)
        return [str(ptr.hostname)] if ptr else []
    assert isinstance(there, ZoneBackend)
    owner = to_dns(reverse_name(address))
    found = there.get_rrset(there.find_zone(owner), owner, RdataType.PTR)
    return sorted(str(rdata) for rdata in found or [])


def put(session: Session, backend: str, *hostnames: str, address: Address = ADDRESS) -> None:
    """Change the record as somebody else would."""
    there = session.backends.get(backend)
    if isinstance(there, AddressBackend):
        there.unset_ptr(address)
        for hostname in hostnames:
            there.set_ptr(address, to_dns(name(hostname)))
        return
    assert isinstance(there, ZoneBackend)
    owner = to_dns(reverse_name(address))
    zone = there.find_zone(owner)
    before = there.get_rrset(zone, owner, RdataType.PTR)
    after = rrset(owner, "PTR", *(f"{hostname}." for hostname in hostnames)) if hostnames else None
    there.apply(zone, [Change(owner, RdataType.PTR, before, after)])
