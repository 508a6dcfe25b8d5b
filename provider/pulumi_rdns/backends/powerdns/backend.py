"""RRsets read and patched over the API, one writer per zone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

import dns.name
import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import (
    Change,
    ListedZone,
    Settings,
    ZoneBackend,
    same_rrset,
)
from pulumi_rdns.backends.batch import found_among
from pulumi_rdns.backends.changes import LiveRecord, verb
from pulumi_rdns.backends.kit.actions import not_shown_by, poll
from pulumi_rdns.backends.kit.caches import Listing, Locks
from pulumi_rdns.backends.kit.compare import refuse_long_ttls, still_to_do, write_once
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.rrsets import readable
from pulumi_rdns.backends.kit.zones import (
    delegated_error,
    find_delegation,
    longest_match,
    misplaced_error,
)
from pulumi_rdns.errors import RejectedError, UnavailableError, ZoneNotFoundError
from pulumi_rdns.model.names import from_dns

from .client import Client
from .types import ENVIRONMENT, PowerDnsSettings, RecordSet, patch_of

#: changes in one request: a body may have 2 MB (webserver-max-bodysize)
_MOST_CHANGES = 4000
#: changes that are looked at for delegations one by one, which takes a request each
_MOST_LOOKS = 8
#: seconds in which the server should show what it took
_READ_BACK = 5.0

#: (URL, zone) -> held while this process writes to the zone: PowerDNS answers concurrent writers
#: with HTTP 500
_writing = Locks()


class PowerDnsBackend(ZoneBackend[PowerDnsSettings]):
    """The zones of one PowerDNS server.

    The API has no preconditions: the old value is read right before the write, and a writer
    outside this process that comes in between is overwritten. The list of zones, and where they
    delegate, are remembered for as long as the instance lives.
    """

    settings_type: ClassVar[type[Settings]] = PowerDnsSettings
    environment: ClassVar[dict[str, str]] = ENVIRONMENT
    secrets: ClassVar[frozenset[str]] = frozenset({"apiKey"})
    batch_size: ClassVar[int] = _MOST_CHANGES

    def __init__(self, name: str, settings: PowerDnsSettings, root: Path) -> None:
        super().__init__(name, settings, root)
        self._client = Client(name, settings)
        self._zones = Listing("the list of zones", self._client.zones)
        self._found: dict[dns.name.Name, dns.name.Name] = {}
        self._cuts: dict[dns.name.Name, dns.rrset.RRset | None] = {}

    @property
    def identity(self) -> str:
        """The server; a zone is the same with whatever key."""
        return f"powerdns {self._client.url}"

    def list_zones(self) -> Sequence[ListedZone]:
        """List the server's zones."""
        zones = self._zones.get(Operation(self.name, "list", "all zones"))
        return [ListedZone(apex, zone.is_copy) for apex, zone in zones.items()]

    def find_zone(self, name: dns.name.Name) -> dns.name.Name:
        """Find the zone in the server's list: the longest match, unless it delegates the name."""
        if name not in self._found:
            operation = Operation(self.name, "find the zone of", from_dns(name))
            zone = self._longest(operation, name)
            if zone is None:
                count = len(self._zones.get(operation))
                raise operation.error(
                    ZoneNotFoundError, f"none of the server's zones ({count}) contains it"
                )
            cut = find_delegation(zone, name, partial(self._ns, operation, zone))
            if cut is not None:
                raise delegated_error(operation, cut, "this server")
            self._found[name] = zone
        return self._found[name]

    def get_rrset(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read the live RRset, without disabled records."""
        operation = Operation(self.name, f"read {rdtype.name} of", from_dns(name))
        return self._served(operation, zone, name, rdtype)

    def apply(self, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Write all changes or none, in one request.

        More than 4000 changes are several requests: then each of them is all or none.
        """
        if not changes:
            return
        types = " and ".join(sorted({change.rdtype.name for change in changes}))
        subject = changes[0].name if len(changes) == 1 else zone
        operation = Operation(self.name, f"{verb(changes)} {types} of", from_dns(subject))
        refuse_long_ttls(operation, changes)
        self._refuse_copy(operation, zone)
        self._refuse_misplaced(operation, zone, changes)
        with _writing[self._client.url, zone]:
            for start in range(0, len(changes), _MOST_CHANGES):
                self._write(operation, zone, changes[start : start + _MOST_CHANGES])

    def read_ptrs(
        self, zone: dns.name.Name, owners: Collection[str], *, is_shared: bool = False
    ) -> dict[str, LiveRecord]:
        """Read what stands at many names, out of one reading of the zone."""
        names = [dns.name.from_text(owner) for owner in owners]
        operation = Operation(self.name, "read PTR of", from_dns(zone))
        there = self._client.read(operation, zone, names)

        def served(name: dns.name.Name, kind: RdataType) -> dns.rrset.RRset | None:
            rrset = there.get((name.to_text(), kind.name))
            return rrset.served() if rrset else None

        with readable(operation):
            return found_among(zone, owners, served)

    def _served(
        self, operation: Operation, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        there = self._client.read(operation, zone, [name]).get((name.to_text(), rdtype.name))
        with readable(operation):
            return there.served() if there else None

    def _longest(self, operation: Operation, name: dns.name.Name) -> dns.name.Name | None:
        """Return the longest match in the server's list, read again where there is none."""
        return self._zones.find(operation, partial(longest_match, name))

    def _ns(
        self, operation: Operation, zone: dns.name.Name, name: dns.name.Name
    ) -> dns.rrset.RRset | None:
        if name not in self._cuts:
            self._cuts[name] = self._served(operation, zone, name, RdataType.NS)
        return self._cuts[name]

    def _refuse_copy(self, operation: Operation, zone: dns.name.Name) -> None:
        """Refuse to write what the server would overwrite with what another one has."""
        listed = self._zones.find(operation, lambda zones: zones.get(zone))
        if listed is not None and listed.is_copy:
            primaries = ", ".join(listed.masters) or "another server"
            reason = f"the zone {from_dns(zone)} is a copy of the one at {primaries}; write there"
            raise operation.error(RejectedError, reason)

    def _refuse_misplaced(
        self, operation: Operation, zone: dns.name.Name, changes: Sequence[Change]
    ) -> None:
        """Refuse what the server would take and not serve; such a record may still be removed."""
        writes = [change.name for change in changes if change.after is not None]
        for name in writes if len(writes) <= _MOST_LOOKS else writes[:1]:
            self.find_zone(name)
        zones = self._zones.get(operation)
        for name in writes:
            found = longest_match(name, zones)
            if found is not None and found != zone:
                raise misplaced_error(operation, name, found, zone)

    def _write(self, operation: Operation, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Look, compare and write at once, until it is done."""
        there: dict[tuple[str, str], RecordSet] = {}

        def live(name: dns.name.Name, rdtype: RdataType) -> dns.rrset.RRset | None:
            found = there.get((name.to_text(), rdtype.name))
            with readable(operation):
                return found.served() if found else None

        def look() -> list[Change]:
            nonlocal there
            there = self._client.read(operation, zone, [change.name for change in changes])
            return still_to_do(operation, changes, live)

        def write(wanted: Sequence[Change]) -> None:
            self._client.patch(operation, zone, patch_of(wanted, there))

        written = write_once(operation, look, write, self._client.policy)
        if written:
            # A request is all or nothing, so one of its changes shows whether it was done.
            self._look_after(operation, zone, written[-1])

    def _look_after(self, operation: Operation, zone: dns.name.Name, change: Change) -> None:
        """Wait until the server shows a change, or what somebody made of it since."""

        def look() -> bool:
            live = self._served(operation, zone, change.name, change.rdtype)
            return same_rrset(live, change.after) or live != change.before

        def pending(is_there: bool) -> str:
            return "" if is_there else not_shown_by(from_dns(zone))

        within = min(_READ_BACK, self.settings.timeout)
        if not poll(operation, look(), look, pending, within=within, first=0.1, longest=1.0):
            raise operation.error(
                UnavailableError,
                "the server took the change and still does not show it; does a proxy before the "
                "API answer in its place, or are several servers behind apiUrl?",
            )
