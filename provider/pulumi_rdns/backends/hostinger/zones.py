"""The DNS zones of the account: which one holds a name, and what is in it.

https://developers.hostinger.com/#tag/dns-zone
"""

from __future__ import annotations

from contextlib import AbstractContextManager

import dns.name
import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import ListedZone
from pulumi_rdns.backends.kit.caches import Listing, Locks
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.rrsets import name_of, readable
from pulumi_rdns.backends.kit.zones import delegated_error, find_delegation, longest_match
from pulumi_rdns.errors import ZoneNotFoundError
from pulumi_rdns.model.names import from_dns

from .client import Client
from .zone_view import ZoneView

#: seconds for which a zone that was read counts as live; a write always reads it again
_FRESH = 2.0
_SHOWN_DOMAINS = 10


class Zones:
    """Finds and reads zones. Readers that come at the same moment share one request."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._locks = Locks()
        self._views: dict[dns.name.Name, tuple[ZoneView, float]] = {}
        self._domains = Listing("the list of domains", self._fetch_domains, clock)

    def all(self, operation: Operation) -> list[ListedZone]:
        """List the zones of domains that are registered in the account, and those found so far."""
        return [ListedZone(zone) for zone in self._domains.get(operation).union(list(self._views))]

    def find(self, operation: Operation, name: dns.name.Name) -> dns.name.Name:
        """Find the zone of a name: the longest match, and below delegations the delegated zone."""
        zone = self._nearest(operation, name)
        while (cut := self._delegation(operation, zone, name)) is not None:
            view, code = self._open(operation, cut.name)
            if view is None:
                raise delegated_error(operation, cut, "the account", code)
            zone = cut.name
        return zone

    def rrset(
        self, operation: Operation, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read an RRset, as it was at most 2 seconds ago."""
        view = self._live(operation, zone)
        with readable(operation):
            return view.rrset(name, rdtype)

    def read(self, operation: Operation, zone: dns.name.Name) -> ZoneView:
        """Read a zone afresh. Raises ZoneNotFoundError where the account has none."""
        view, code = self._open(operation, zone)
        if view is None:
            raise operation.error(ZoneNotFoundError, no_zone(zone), code)
        return view

    def holding(self, operation: Operation, zone: dns.name.Name) -> AbstractContextManager[None]:
        """Keep the other threads out of a zone."""
        return operation.holding(self._locks[zone], f"zone {from_dns(zone)}")

    def _live(self, operation: Operation, zone: dns.name.Name) -> ZoneView:
        with self.holding(operation, zone):
            view, seen = self._views.get(zone, (None, 0.0))
            if view is not None and self._clock.now() - seen <= _FRESH:
                return view
            return self.read(operation, zone)

    def _delegation(
        self, operation: Operation, zone: dns.name.Name, name: dns.name.Name
    ) -> dns.rrset.RRset | None:
        view = self._live(operation, zone)
        with readable(operation):
            return find_delegation(zone, name, lambda at: view.rrset(at, RdataType.NS))

    def _nearest(self, operation: Operation, name: dns.name.Name) -> dns.name.Name:
        found = longest_match(name, self._domains.get(operation).union(list(self._views)))
        if found is not None:
            return found
        # A zone may be there for a domain that was registered elsewhere: it is in no list.
        code = ""
        for length in range(3, len(name) + 1):
            zone = dns.name.Name(name.labels[-length:])
            view, code = self._open(operation, zone)
            if view is not None:
                return zone
        raise operation.error(
            ZoneNotFoundError,
            f"the account has no DNS zone that contains it ({self._inventory(operation)}). Is its "
            "DNS kept elsewhere, or is the token another account's?",
            code,
        )

    def _fetch_domains(self, operation: Operation) -> tuple[frozenset[dns.name.Name], float]:
        """List the domains that are registered in the account."""
        named, _, sent = self._client.domains(operation)
        texts = [entry.domain for entry in named or () if entry.domain]
        with readable(operation):
            return frozenset(map(name_of, texts)), sent

    def _inventory(self, operation: Operation) -> str:
        there = sorted(map(from_dns, self._domains.get(operation)))
        if not there:
            return "no domain is registered there"
        more = ", …" if len(there) > _SHOWN_DOMAINS else ""
        return f"its domains: {', '.join(there[:_SHOWN_DOMAINS])}{more}"

    def _open(self, operation: Operation, zone: dns.name.Name) -> tuple[ZoneView | None, str]:
        """Read a zone; None where the account has none, and the code for an error about that.

        No records at all are a zone only where it is known that there is one.
        """
        sets, code, sent = self._client.zone(operation, zone)
        if sets is None:
            self._views.pop(zone, None)
            return None, code
        with readable(operation):
            view = ZoneView(zone, sets)
        if view.is_empty and zone not in self._views and zone not in self._domains.get(operation):
            return None, ""
        self._views[zone] = (view, sent)
        return view, ""


def no_zone(zone: dns.name.Name) -> str:
    """Return the reason of an error for a zone that is not there."""
    return f"the account has no zone {from_dns(zone)}, or the token may not read it"
