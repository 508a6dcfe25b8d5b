"""The zones that a backend has, and the name servers that they name."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import ListedZone, ZoneBackend
from pulumi_rdns.errors import ZoneNotFoundError
from pulumi_rdns.model.names import DnsName, from_dns, name_order, to_dns

#: a name that every server can be asked for; that the server has no zone for it is an answer too
_ANY_NAME = DnsName("in-addr.arpa")


class ZoneSummary(NamedTuple):
    """One zone of a backend, as `ListedZone` has it."""

    name: DnsName
    is_copy: bool = False
    is_private: bool = False
    obstacle: str = ""
    servers: tuple[DnsName, ...] = ()


def zones_of(backend: ZoneBackend) -> list[ZoneSummary] | None:
    """List the zones, sorted; None where the backend has no list of them. Raises RdnsError."""
    listed = backend.list_zones()
    if listed is None:
        return None
    return sorted(map(_summary, listed), key=lambda zone: name_order(zone.name))


def ask_anything(backend: ZoneBackend) -> None:
    """Ask the server something, to find out whether it answers. Raises RdnsError where not."""
    with suppress(ZoneNotFoundError):  # which is an answer
        backend.find_zone(to_dns(_ANY_NAME))


def has_zone(backend: ZoneBackend, zone: DnsName) -> bool:
    """Whether a zone of this name is here. Raises RdnsError."""
    try:
        return from_dns(backend.find_zone(to_dns(zone))) == zone
    except ZoneNotFoundError:
        return False


def servers_of(backend: ZoneBackend, zone: ZoneSummary) -> tuple[DnsName, ...]:
    """Return the name servers that a zone names, or that its vendor gave it, sorted.

    None where neither says any. Raises RdnsError.
    """
    apex = to_dns(zone.name)
    rrset = backend.get_rrset(apex, apex, RdataType.NS)
    named = zone.servers if rrset is None else [from_dns(rdata.target) for rdata in rrset]
    return tuple(sorted(named, key=name_order))


def _summary(zone: ListedZone) -> ZoneSummary:
    return ZoneSummary(
        from_dns(zone.name),
        zone.is_copy,
        zone.is_private,
        zone.obstacle,
        tuple(map(from_dns, zone.servers)),
    )
