"""RRsets read as the records of a name, and written in batches by their ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import ClassVar, TypeAlias

import dns.name
import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change, ListedZone, Settings, Site, ZoneBackend
from pulumi_rdns.backends.batch import found_among
from pulumi_rdns.backends.changes import LiveRecord, verb
from pulumi_rdns.backends.kit.actions import not_shown_by, poll
from pulumi_rdns.backends.kit.answers import UnansweredError
from pulumi_rdns.backends.kit.caches import Listing, Locks
from pulumi_rdns.backends.kit.compare import conflict, refuse_long_ttls, still_to_do, write_once
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.rrsets import UnreadableRecordError, readable
from pulumi_rdns.backends.kit.undocumented import shown_at_once
from pulumi_rdns.backends.kit.zones import (
    delegated_error,
    find_delegation,
    longest_match,
    misplaced_error,
)
from pulumi_rdns.backends.observed import Point
from pulumi_rdns.errors import RejectedError, ZoneNotFoundError
from pulumi_rdns.model.names import from_dns

from .client import Client
from .types import (
    ENVIRONMENT,
    Batch,
    CloudflareSettings,
    Record,
    Zone,
    add_to,
    of_type,
    rrset_among,
)

#: the records of each name
Records: TypeAlias = dict[dns.name.Name, list[Record]]

#: names that are looked up one by one; for more of them the whole zone is listed
_MOST_NAMES = 8
#: records in one batch: that of the smallest plan
_MOST_RECORDS = 200
#: seconds for which the records of a name count as live; a write always reads them again
_FRESH = 2.0
#: the same for a whole zone, for those who take what was read for others
_SHARED = 5.0
#: an age that nothing has that was read before
_NOW = -1.0
#: seconds in which the API should show what it took
_READ_BACK = 10.0


class CloudflareBackend(ZoneBackend[CloudflareSettings]):
    """The zones of an account.

    The API has no preconditions: the records of a name are read right before a write, and changed
    and deleted by their ids. Where somebody creates another one meanwhile, ours is taken back. The
    list of zones, and where they delegate, are remembered for as long as the instance lives.
    """

    settings_type: ClassVar[type[Settings]] = CloudflareSettings
    environment: ClassVar[dict[str, str]] = ENVIRONMENT
    secrets: ClassVar[frozenset[str]] = frozenset({"apiToken"})
    undocumented: ClassVar[Sequence[Point]] = (
        shown_at_once("Whether a record can be read as soon as the write is answered:"),
    )
    batch_size: ClassVar[int] = _MOST_RECORDS

    def __init__(
        self, name: str, settings: CloudflareSettings, root: Path, clock: Clock | None = None
    ) -> None:
        super().__init__(name, settings, root)
        self._clock = clock or Clock()
        self._client = Client(name, settings, self._clock)
        self._zones = Listing("the list of zones", self._list_zones, self._clock)
        self._lists: dict[tuple[dns.name.Name, str], Listing[Records]] = {}
        self._seen: dict[tuple[dns.name.Name, dns.name.Name], tuple[list[Record], float]] = {}
        self._locks = Locks()

    @property
    def identity(self) -> str:
        """The API, whatever the token: a zone is served for one account at a time."""
        return f"cloudflare {self._client.url}"

    def list_zones(self) -> Sequence[ListedZone]:
        """List the zones that the token sees."""
        listed = self._zones.get(self._operation("list", "all zones"))
        return [
            ListedZone(
                name,
                is_copy=found[0].type == "secondary",
                obstacle=_several(found) if len(found) > 1 else "",
                servers=found[0].servers,
            )
            for name, found in listed.items()
        ]

    def find_zone(self, name: dns.name.Name) -> dns.name.Name:
        """Find the zone in the account's list: the longest match, unless it delegates the name."""
        return self._find(self._operation("find the zone of", from_dns(name)), name)

    def find_site(self, name: dns.name.Name) -> Site:
        """Find the zone of a name and its CNAME; the records of a name are one request."""
        operation = self._operation("find the zone of", from_dns(name))
        zone = self._find(operation, name)
        records = self._at(operation, zone, name)
        with readable(operation):
            alias = rrset_among(records, name, RdataType.CNAME)
        return Site(zone, None if alias is None else alias[0].target, not records)

    def get_rrset(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read the RRset, as it was at most 2 seconds ago; a TTL of 1 is "automatic"."""
        operation = self._operation(f"read {rdtype.name} of", from_dns(name))
        records = self._at(operation, zone, name)
        with readable(operation):
            return rrset_among(records, name, rdtype)

    def masked(self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType) -> str:
        """Return that a record is proxied, where it is."""
        records = self._at(self._operation("read the proxy of", from_dns(name)), zone, name)
        if not any(record.proxied for record in of_type(records, rdtype)):
            return ""
        return (
            "which is proxied: the DNS answers with addresses of Cloudflare's proxy instead. "
            'Set the record to "DNS only"'
        )

    def read_ptrs(
        self, zone: dns.name.Name, owners: Collection[str], *, is_shared: bool = False
    ) -> dict[str, LiveRecord]:
        """Read what stands at many names, out of one list of the zone's records."""
        operation = self._operation("read PTR of", from_dns(zone))
        names = [dns.name.from_text(owner) for owner in owners]
        there = self._read(operation, zone, names, _SHARED if is_shared else _NOW)
        with readable(operation):
            return found_among(
                zone, owners, lambda name, kind: rrset_among(there[name], name, kind)
            )

    def apply(self, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Write all changes or none, in one batch.

        More than 200 records are several batches: then each of them is all or none.
        """
        if not changes:
            return
        types = " and ".join(sorted({change.rdtype.name for change in changes}))
        subject = changes[0].name if len(changes) == 1 else zone
        operation = self._operation(f"{verb(changes)} {types} of", from_dns(subject))
        refuse_long_ttls(operation, changes)
        if self._zone(operation, zone).type == "secondary":
            reason = f"the zone {from_dns(zone)} is a copy of another server's; write there"
            raise operation.error(RejectedError, reason)
        for change in changes:
            if change.after is not None and (found := self._find(operation, change.name)) != zone:
                raise misplaced_error(operation, change.name, found, zone)
        with self._holding(operation, [change.name for change in changes]):
            for part in _parts(changes):
                self._write(operation, zone, part)

    def _write(self, operation: Operation, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Look, compare and write at once; look again where a record was created."""
        names = [change.name for change in changes]
        there: Records = {}
        posted: list[Record] = []

        def live(name: dns.name.Name, rdtype: RdataType) -> dns.rrset.RRset | None:
            with readable(operation):
                return rrset_among(there[name], name, rdtype)

        def look() -> list[Change]:
            nonlocal there
            there = self._read(operation, zone, names)
            return still_to_do(operation, changes, live)

        def write(wanted: Sequence[Change]) -> None:
            batch = Batch()
            with readable(operation):
                for change in wanted:
                    add_to(batch, change, of_type(there[change.name], change.rdtype))
            before = there

            def look_again() -> None:
                if list(look()) != list(wanted) or there != before:
                    reason = "the records changed while the API wanted no requests"
                    raise operation.error(UnansweredError, reason)

            if len(batch):
                found = self._zone(operation, zone)
                posted.extend(self._client.write(operation, found, batch, look_again))

        try:
            written = write_once(operation, look, write, self._client.policy)
            created = [one for one in written if one.before is None and one.after is not None]
            if created and posted:
                self._look_after(operation, zone, created, posted)
        finally:
            for name in names:
                self._seen.pop((zone, name), None)

    def _look_after(
        self,
        operation: Operation,
        zone: dns.name.Name,
        created: Sequence[Change],
        posted: Sequence[Record],
    ) -> None:
        """Take back what was created beside a record that came in between.

        Raises ConflictError then.
        """
        ids = {record.id for record in posted}

        def look() -> Records:
            return self._read(operation, zone, [change.name for change in created])

        def pending(there: Records) -> str:
            shown = {record.id for records in there.values() for record in records}
            is_late = not {one.id for one in posted if one.owner in names} <= shown
            return not_shown_by(from_dns(zone)) if is_late else ""

        names = {change.name for change in created}
        with readable(operation):
            there = poll(
                operation, look(), look, pending, within=_READ_BACK, first=0.2, longest=2.0
            )
            if pending(there):
                operation.warn(
                    "Cloudflare reported success, but does not show the record yet; "
                    "`pulumi refresh` tells whether it came later"
                )
            raced = [
                change
                for change in created
                if rrset_among(there[change.name], change.name, change.rdtype)
                not in (change.after, None)
            ]
        if raced:
            self._take_back(operation, zone, [change.name for change in raced], ids)
        for change in raced:
            others = [record for record in there[change.name] if record.id not in ids]
            raise conflict(operation, change.name, rrset_among(others, change.name, change.rdtype))

    def _take_back(
        self, operation: Operation, zone: dns.name.Name, names: list[dns.name.Name], ids: set[str]
    ) -> None:
        """Delete our records at names where others stand; again where an answer is lost."""

        def ours() -> list[str]:
            there = self._read(operation, zone, names)
            return [one.id for records in there.values() for one in records if one.id in ids]

        def delete(left: Sequence[str]) -> None:
            batch = Batch(deletes=[{"id": id_} for id_ in left])
            self._client.write(operation, self._zone(operation, zone), batch)

        write_once(operation, ours, delete, self._client.policy)

    def _find(self, operation: Operation, name: dns.name.Name) -> dns.name.Name:
        zone = self._zones.find(operation, partial(longest_match, name))
        if zone is None:
            count = len(self._zones.get(operation))
            reason = f"none of the account's zones ({count}) contains it"
            raise operation.error(ZoneNotFoundError, reason)
        if name != zone:
            cuts = self._list(operation, zone, "NS", float("inf"))
            with readable(operation):
                cut = find_delegation(
                    zone, name, lambda at: rrset_among(cuts.get(at, ()), at, RdataType.NS)
                )
            if cut is not None:
                raise delegated_error(operation, cut, "the account")
        return zone

    def _zone(self, operation: Operation, zone: dns.name.Name) -> Zone:
        """Return what is known of a zone. Raises ZoneNotFoundError."""
        found = self._zones.find(operation, lambda zones: zones.get(zone))
        if found is None:
            raise operation.error(ZoneNotFoundError, f"the account has no zone {from_dns(zone)}")
        if len(found) > 1:
            raise operation.error(RejectedError, _several(found))
        return found[0]

    def _list_zones(self, operation: Operation) -> tuple[dict[dns.name.Name, list[Zone]], float]:
        """List the zones by name: the active ones, where there are some."""
        zones, sent = self._client.zones(operation)
        found: dict[dns.name.Name, list[Zone]] = defaultdict(list)
        for zone in zones:
            if zone.apex is not None:
                found[zone.apex].append(zone)
        for name, of_name in found.items():
            found[name] = [one for one in of_name if one.status == "active"] or of_name
        return dict(found), sent

    def _at(self, operation: Operation, zone: dns.name.Name, name: dns.name.Name) -> list[Record]:
        """Return the records of a name, as they were at most 2 seconds ago."""
        with self._holding(operation, [name]):
            records, at = self._seen.get((zone, name), ([], float("-inf")))
            if self._clock.now() - at > _FRESH:
                at = self._clock.now()
                records = self._client.at(operation, self._zone(operation, zone), name)
                self._seen[zone, name] = (records, at)
            return records

    def _read(
        self,
        operation: Operation,
        zone: dns.name.Name,
        names: Collection[dns.name.Name],
        age: float = _NOW,
    ) -> Records:
        """Read the records of names; with many names, of the whole zone."""
        if len(names) > _MOST_NAMES:
            listed = self._list(operation, zone, "", age)
            return {name: listed.get(name, []) for name in names}
        found = self._zone(operation, zone)
        return {name: self._client.at(operation, found, name) for name in names}

    def _list(self, operation: Operation, zone: dns.name.Name, kind: str, age: float) -> Records:
        """List all records of a zone, or those of a type, as they were ``age`` seconds ago."""

        def fetch(operation: Operation) -> tuple[Records, float]:
            sent = self._clock.now()
            query = {"type": kind} if kind else {}
            found: Records = defaultdict(list)
            for record in self._client.records(operation, self._zone(operation, zone), query):
                with suppress(UnreadableRecordError):  # no name that anybody asks for
                    found[record.owner].append(record)
            return dict(found), sent

        listing = Listing(f"the list of {from_dns(zone)}", fetch, self._clock)
        return self._lists.setdefault((zone, kind), listing).get(operation, age)

    @contextmanager
    def _holding(self, operation: Operation, names: Iterable[dns.name.Name]) -> Iterator[None]:
        """Keep the other threads from these names; the order keeps two from waiting for ever."""
        with ExitStack() as stack:
            for name in sorted(set(names)):
                stack.enter_context(operation.holding(self._locks[name], from_dns(name)))
            yield

    def _operation(self, name: str, subject: str) -> Operation:
        return Operation(self.name, name, subject, self._clock, self.settings.timeout)


def _several(found: Sequence[Zone]) -> str:
    ids = ", ".join(sorted(one.id for one in found))
    return f"the token sees {len(found)} zones {found[0].name} ({ids}); give it one"


def _parts(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Divide changes into batches that the API takes."""
    part: list[Change] = []
    size = 0
    for change in changes:
        records = max(len(change.before or ()), len(change.after or ()))
        if part and size + records > _MOST_RECORDS:
            yield part
            part, size = [], 0
        part.append(change)
        size += records
    yield part
