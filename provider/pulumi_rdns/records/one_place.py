"""Whether two backend instances write to one place: one server with two keys, or by two ways.

Their settings cannot tell: two keys may show two views, and two names may be one server.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change, ZoneBackend, same_rrset
from pulumi_rdns.errors import ConflictError, ZoneNotFoundError
from pulumi_rdns.model.names import DnsName, to_dns
from pulumi_rdns.model.specs import MAX_TTL

#: seconds before the other place is looked at again
_PAUSES = (0.0, 0.5, 2.0)


class Spot(NamedTuple):
    """Where one instance keeps an RRset."""

    backend: ZoneBackend
    zone: DnsName
    owner: DnsName
    rdtype: RdataType

    def look(self) -> dns.rrset.RRset | None:
        """Read what is there; None also where the zone is not."""
        try:
            return self.backend.get_rrset(to_dns(self.zone), to_dns(self.owner), self.rdtype)
        except ZoneNotFoundError:
            return None

    def change(self, before: dns.rrset.RRset, after: dns.rrset.RRset) -> None:
        """Write an RRset in the place of what must be there."""
        change = Change(to_dns(self.owner), self.rdtype, before, after)
        self.backend.apply(to_dns(self.zone), [change])


def look_alike(one: Spot, other: Spot) -> bool:
    """Whether both show the same RRset. They may be one place then.

    Raises ConflictError where it changes while it is compared.
    """
    live = one.look()
    return live is not None and _shows(one, other, live)


def are_one(one: Spot, other: Spot) -> bool:
    """Whether what is written at the one shows at the other.

    Where both look alike, the TTL gets another second at the one, and is put back: the values
    never leave. So it may be asked only where nobody else's value is in the RRset. Raises
    ConflictError where it changes while it is compared.
    """
    live = one.look()
    if live is None or not _shows(one, other, live):
        return False
    ttl = live.ttl + 1 if live.ttl < MAX_TTL else live.ttl - 1
    marked = dns.rrset.from_rdata_list(live.name, ttl, list(live))
    one.change(live, marked)
    try:
        return _shows(one, other, marked)
    finally:
        one.change(marked, live)


def _shows(one: Spot, other: Spot, rrset: dns.rrset.RRset) -> bool:
    """Whether the other shows what the one has; it may be a secondary, and some seconds
    behind.
    """
    if (one.zone, one.owner) != (other.zone, other.owner):
        return False
    for pause in _PAUSES:
        time.sleep(pause)
        if same_rrset(rrset, other.look()):
            return True
        if not same_rrset(rrset, one.look()):
            raise ConflictError(
                one.backend.name,
                f"compare the {one.rdtype.name} of",
                one.owner,
                f"it changes while it is compared with what backend {other.backend.name} has",
            )
    return False
