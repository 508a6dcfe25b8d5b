"""Which zone holds a name, and which names other servers answer for."""

from __future__ import annotations

from collections.abc import Callable, Container

import dns.name
import dns.rrset

from pulumi_rdns.errors import ZoneNotFoundError
from pulumi_rdns.model.names import from_dns

from .operation import Operation


def longest_match(name: dns.name.Name, zones: Container[dns.name.Name]) -> dns.name.Name | None:
    """Return the zone among ``zones`` that holds the name; None where none does.

    >>> from dns.name import from_text as name
    >>> longest_match(name("a.b.example"), {name("b.example"), name("example")})
    <DNS name b.example.>
    """
    above = (name.split(depth)[1] for depth in range(len(name), 0, -1))
    return next((zone for zone in above if zone in zones), None)


def find_delegation(
    zone: dns.name.Name,
    name: dns.name.Name,
    ns_at: Callable[[dns.name.Name], dns.rrset.RRset | None],
) -> dns.rrset.RRset | None:
    """Return the NS RRset below the top of a zone that delegates the name away, or None.

    ``ns_at`` reads the NS RRset of a name in the zone. Looked at is each name from right below the
    zone down to the name itself.
    """
    below = (name.split(depth)[1] for depth in range(len(zone) + 1, len(name) + 1))
    return next((found for found in map(ns_at, below) if found is not None), None)


def delegated_error(
    operation: Operation, ns: dns.rrset.RRset, who: str, code: str = ""
) -> ZoneNotFoundError:
    """Return the error for a name that is delegated to servers that ``who`` knows nothing of."""
    hosts = ", ".join(sorted(from_dns(rdata.target) for rdata in ns))
    reason = f"{from_dns(ns.name)} is delegated to {hosts}, and {who} does not have it"
    return operation.error(ZoneNotFoundError, reason, code)


def misplaced_error(
    operation: Operation, name: dns.name.Name, found: dns.name.Name, zone: dns.name.Name
) -> ZoneNotFoundError:
    """Return the error for a name that the server has in another zone than the one it is for."""
    reason = f"the server has {from_dns(name)} in the zone {from_dns(found)}"
    return operation.error(ZoneNotFoundError, f"{reason}, not in {from_dns(zone)}; check `zone`")
