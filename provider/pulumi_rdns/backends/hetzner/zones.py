"""The project's DNS zones: which one has a name, what is at it, and changes of RRsets.

An RRset is created only where there is none: the API itself refuses the other. Values are added and
taken out by themselves, so that nothing is lost which others add meanwhile. Only where values are
exchanged for others is the RRset overwritten, right after a look.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial

import dns.name
import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change, ListedZone, Site
from pulumi_rdns.backends.batch import found_among
from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.backends.kit.actions import not_shown_by, poll
from pulumi_rdns.backends.kit.answers import UnansweredError
from pulumi_rdns.backends.kit.caches import Listing, Locks
from pulumi_rdns.backends.kit.compare import refuse_long_ttls, still_to_do, write_once
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.rrsets import readable
from pulumi_rdns.backends.kit.zones import delegated_error, find_delegation, longest_match
from pulumi_rdns.errors import (
    AuthenticationError,
    RateLimitError,
    RejectedError,
    UnavailableError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.names import from_dns

from .client import PAGE, Client
from .types import Action, BusyError, RecordSet, RefusedError, Zone

#: seconds; the shortest TTL that the API takes
_SHORTEST_TTL = 60
#: seconds after a successful action in which the API should show the change
_READ_BACK = 30.0
#: seconds for which what was read of a zone will do for others who read it
_SHARED = 5.0
_SHOWN_ZONES = 10

_Sets = Mapping[tuple[dns.name.Name, str], RecordSet]


class Zones:
    """Finds, reads and writes zones; those who write one name wait for each other."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._list = Listing("the list of zones", client.zones, clock)
        self._reading, self._writing = Locks(), Locks()
        #: zone -> the NS RRsets in it, which are remembered as long as the instance lives
        self._delegations: dict[dns.name.Name, _Sets] = {}
        #: zone -> all that was read of it, and when
        self._whole: dict[dns.name.Name, tuple[_Sets, float]] = {}

    def all(self, operation: Operation) -> list[ListedZone]:
        """List the zones."""
        zones = self._list.get(operation).values()
        return [ListedZone(zone.name, zone.primaries is not None) for zone in zones]

    def find(self, operation: Operation, name: dns.name.Name) -> Zone:
        """Find the zone of a name: the longest match, unless it delegates the name."""
        found = self._list.find(
            operation, lambda zones: zones.get(longest_match(name, zones) or dns.name.empty)
        )
        if found is None:
            there = sorted(map(from_dns, self._list.get(operation)))
            more = ", …" if len(there) > _SHOWN_ZONES else ""
            has = f"its zones: {', '.join(there[:_SHOWN_ZONES])}{more}" if there else "it has none"
            raise operation.error(
                ZoneNotFoundError,
                f"the project has no DNS zone that contains it ({has}). Is its DNS kept elsewhere, "
                "or is the token another project's?",
            )
        if found.primaries is not None:
            servers = ", ".join(found.primaries) or "another server"
            reason = f"the zone {from_dns(found.name)} is a copy of the one at {servers}"
            raise operation.error(RejectedError, f"{reason}; use a backend for that server")
        cut = find_delegation(found.name, name, partial(self._ns, operation, found))
        if cut is not None:
            raise delegated_error(operation, cut, "the project")
        return found

    def site(self, operation: Operation, name: dns.name.Name) -> Site:
        """Find the zone of a name, and whether there is a CNAME or anything at all at it."""
        zone = self.find(operation, name)
        there = self._at(operation, zone, name)
        alias = _live(operation, there, name, RdataType.CNAME)
        return Site(zone.name, None if alias is None else alias[0].target, not there)

    def rrset(
        self, operation: Operation, apex: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read an RRset. Raises ZoneNotFoundError without the zone."""
        there = self._at(operation, self._zone(operation, apex), name)
        return _live(operation, there, name, rdtype)

    def read(
        self,
        operation: Operation,
        apex: dns.name.Name,
        names: Sequence[dns.name.Name],
        age: float = 0.0,
    ) -> _Sets:
        """Read the RRsets of names: one by one, or all of the zone where that is fewer requests.

        Of the whole zone they are the PTR, CNAME, NS, A and AAAA RRsets, as they were at most
        ``age`` seconds ago. Raises ZoneNotFoundError.
        """
        zone = self._zone(operation, apex)
        if len(names) <= 1 + zone.record_count // PAGE:
            found: dict[tuple[dns.name.Name, str], RecordSet] = {}
            for name in names:
                found |= self._at(operation, zone, name)
            return found
        with operation.holding(self._reading[apex], f"the zone {from_dns(apex)}"):
            sets, seen = self._whole.get(apex, ({}, float("-inf")))
            if not age or self._clock.now() - seen > age:
                seen = self._clock.now()
                kinds = ["PTR", "CNAME", "NS", "A", "AAAA"]
                sets = _keyed(self._client.record_sets(operation, zone, types=kinds))
                self._whole[apex] = sets, seen
            return sets

    def ptrs(
        self,
        operation: Operation,
        apex: dns.name.Name,
        owners: Collection[str],
        *,
        is_shared: bool,
    ) -> dict[str, LiveRecord]:
        """Read what is at many names; they are canonical text without trailing dot."""
        names = [dns.name.from_text(owner) for owner in owners]
        there = self.read(operation, apex, names, _SHARED if is_shared else 0.0)
        return found_among(apex, owners, partial(_live, operation, there))

    def apply(self, operation: Operation, apex: dns.name.Name, changes: Sequence[Change]) -> None:
        """Look, write, wait for the actions, and look again."""
        zone = self._zone(operation, apex)
        self._refuse(operation, zone, changes)
        names = sorted({change.name for change in changes})
        there: _Sets = {}

        def look() -> list[Change]:
            nonlocal there
            there = self.read(operation, apex, names)
            return still_to_do(operation, changes, partial(_live, operation, there))

        def write(wanted: Sequence[Change]) -> None:
            begun: list[Action] = []
            try:
                for change in wanted:
                    ask = partial(self._ask, operation, zone, change, there)
                    begun.append(self._client.begin(operation, apex, ask))
            except BusyError:
                for action in begun:
                    self._client.await_end(operation, action)
                raise
            except RefusedError as error:
                # Somebody else's change may have made it impossible or unnecessary: the look tells,
                # as soon as it shows what the API knows of already.
                is_taken = error.api_code == "uniqueness_error"
                if not is_taken and any(change is wanted[len(begun)] for change in look()):
                    raise
                raise operation.error(UnansweredError, error.reason, error.code) from error
            except (AuthenticationError, RateLimitError, ZoneNotFoundError) as error:
                if not begun:
                    raise
                reason = f"{len(begun)} of {len(wanted)} changes were begun, then: {error.reason}"
                raise operation.error(UnavailableError, reason, error.code) from error
            for action in begun:
                self._client.await_end(operation, action)

        def pending(open_changes: Sequence[Change]) -> str:
            return not_shown_by(from_dns(apex)) if open_changes else ""

        with ExitStack() as held:
            for name in names:
                lock = self._writing[apex, name]
                held.enter_context(operation.holding(lock, from_dns(name)))
            if not write_once(operation, look, write, self._client.policy):
                return
            if poll(operation, look(), look, pending, within=_READ_BACK, first=0.5, longest=5.0):
                operation.warn(
                    "Hetzner reported success, but the zone does not show it yet; `pulumi refresh` "
                    "tells whether it came later"
                )

    def _ask(self, operation: Operation, zone: Zone, change: Change, there: _Sets) -> Action:
        """Begin what makes a change to what is there."""
        old, after = there.get((change.name, change.rdtype.name)), change.after

        def look_again() -> None:
            now = self._at(operation, zone, change.name)
            still_to_do(operation, [change], partial(_live, operation, now))

        if old is None:
            assert after is not None
            return self._client.create(operation, zone, after, look_again)
        before = set(old.rrset)
        if after is None:
            return self._client.change(
                operation, old, "remove_rrset_records", old.rrset, look_again
            )
        wanted, ttl = set(after), after.ttl
        if ttl != old.ttl:
            action = self._client.change(operation, old, "change_rrset_ttl", ttl, look_again)
            if wanted == before:
                return action
            self._client.await_end(operation, action)
        if wanted > before:
            what, values = "add_rrset_records", wanted - before
        elif wanted < before:
            what, values = "remove_rrset_records", before - wanted
        else:
            what, values = "set_rrset_records", wanted
        return self._client.change(operation, old, what, values, look_again)

    def _refuse(self, operation: Operation, zone: Zone, changes: Sequence[Change]) -> None:
        """Refuse what the API would not take, or would take and not serve."""
        refuse_long_ttls(operation, changes)
        for change in changes:
            if change.after is None:
                continue
            if change.after.ttl < _SHORTEST_TTL:
                reason = f"a TTL of {change.after.ttl} s is too short; Hetzner takes"
                raise operation.error(RejectedError, f"{reason} {_SHORTEST_TTL} and more")
            cut = find_delegation(zone.name, change.name, partial(self._ns, operation, zone))
            if cut is not None and change.rdtype != RdataType.NS:
                raise delegated_error(operation, cut, "the project")

    def _zone(self, operation: Operation, apex: dns.name.Name) -> Zone:
        zone = self._list.find(operation, lambda zones: zones.get(apex))
        if zone is None:
            reason = f"the project has no zone {from_dns(apex)}"
            raise operation.error(ZoneNotFoundError, reason)
        return zone

    def _at(self, operation: Operation, zone: Zone, name: dns.name.Name) -> _Sets:
        """Read all RRsets of a name."""
        sets = self._client.record_sets(operation, zone, name)
        return _keyed(one for one in sets if one.name == name)

    def _ns(self, operation: Operation, zone: Zone, name: dns.name.Name) -> dns.rrset.RRset | None:
        with operation.holding(self._reading[zone.name], f"the zone {from_dns(zone.name)}"):
            if zone.name not in self._delegations:
                sets = self._client.record_sets(operation, zone, types=["NS"])
                self._delegations[zone.name] = _keyed(sets)
        return _live(operation, self._delegations[zone.name], name, RdataType.NS)


def _keyed(sets: Iterable[RecordSet]) -> _Sets:
    return {(one.name, one.type): one for one in sets}


def _live(
    operation: Operation, there: _Sets, name: dns.name.Name, rdtype: RdataType
) -> dns.rrset.RRset | None:
    found = there.get((name, rdtype.name))
    with readable(operation):
        return None if found is None else found.rrset
