"""The hosted zones: which one holds a name, what stands there, and changes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import dns.name
import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change, ListedZone, Site
from pulumi_rdns.backends.kit.actions import poll
from pulumi_rdns.backends.kit.caches import Listing, Locks
from pulumi_rdns.backends.kit.compare import still_to_do, write_once
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.rrsets import readable
from pulumi_rdns.backends.kit.zones import (
    delegated_error,
    find_delegation,
    longest_match,
    misplaced_error,
)
from pulumi_rdns.errors import RejectedError, ZoneNotFoundError
from pulumi_rdns.model.names import from_dns

from .client import Client, StaleBatchError
from .route53_text import to_octal, value_of
from .types import AwsSettings, HostedZone, Standing

#: of one batch: values, and characters in values
#: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html
MOST_VALUES, MOST_CHARACTERS = 1000, 32_000
#: seconds before the zones are listed again for a name that none of them contains
_RELIST_AFTER = 10.0


class Zones:
    """The hosted zones of one login: public ones, private ones, or a single one.

    Their list, and where they delegate names, are remembered.
    """

    def __init__(self, client: Client, settings: AwsSettings, clock: Clock) -> None:
        self._client = client
        self._zone_id = settings.zone_id.rpartition("/")[2]
        self._is_private = settings.private
        self._list = Listing("the list of hosted zones", self._fetch, clock)
        self._cuts: dict[dns.name.Name, dns.rrset.RRset | None] = {}
        self._writing = Locks()
        #: name -> the id of the last batch that changed something there, and whether its zone is
        #: private
        self._batches: dict[dns.name.Name, tuple[str, bool]] = {}

    def all(self, operation: Operation) -> list[ListedZone]:
        """List the hosted zones that count."""
        return [
            ListedZone(
                name,
                is_private=all(zone.config.private_zone for zone in found),
                obstacle=_several(name, found) if len(found) > 1 else "",
            )
            for name, found in self._list.get(operation).items()
        ]

    def site(self, operation: Operation, name: dns.name.Name) -> Site:
        """Find the zone of a name, and what stands there. Raises ZoneNotFoundError."""
        zone = self._zone_of(operation, name)
        there = self._look_for_cuts(operation, zone, [name], again=[name])
        self._refuse_delegated(operation, zone, name)
        alias = _rrset(operation, there, name, RdataType.CNAME)
        return Site(zone, None if alias is None else alias[0].target, not there[name])

    def find(self, operation: Operation, name: dns.name.Name) -> dns.name.Name:
        """Find the zone of a name. Raises ZoneNotFoundError."""
        zone = self._zone_of(operation, name)
        self._look_for_cuts(operation, zone, [name])
        self._refuse_delegated(operation, zone, name)
        return zone

    def prefetch(self, operation: Operation, names: Iterable[dns.name.Name]) -> None:
        """Look for delegations on the way to many names at once."""
        by_zone: dict[dns.name.Name, list[dns.name.Name]] = {}
        for name in names:
            zone = self._list.find(operation, partial(longest_match, name), _RELIST_AFTER)
            if zone is not None:
                by_zone.setdefault(zone, []).append(name)
        for zone, inside in by_zone.items():
            self._look_for_cuts(operation, zone, inside)

    def read(
        self, operation: Operation, zone: dns.name.Name, names: Iterable[dns.name.Name]
    ) -> Standing:
        """Read what stands at names of a zone. Raises ZoneNotFoundError."""
        return self._client.read(operation, self._id(operation, zone), zone, names)

    def rrset(
        self, operation: Operation, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read an RRset: the values of all routing policies, and none of an alias record."""
        return _rrset(operation, self.read(operation, zone, [name]), name, rdtype)

    def apply(self, operation: Operation, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Write all changes or none, in as many batches as the API's limits ask for."""
        zone_id = self._id(operation, zone)
        zones = self._list.get(operation)
        for change in changes:
            found = longest_match(change.name, zones)
            if change.after is not None and found is not None and found != zone:
                raise misplaced_error(operation, change.name, found, zone)
        with operation.holding(self._writing[zone_id], f"the zone {from_dns(zone)}"):
            for batch in batches_of(changes):
                self._write(operation, zone, zone_id, batch)

    def await_insync(self, operation: Operation, name: dns.name.Name) -> bool:
        """Wait until all name servers have the last batch with a name.

        Return whether nobody else can be asked, because the zone is private.
        """
        if name not in self._batches:
            return False
        batch, is_private = self._batches[name]

        def look() -> str:
            return self._client.change_info(operation, batch).status

        def pending(status: str) -> str:
            return "" if status == "INSYNC" else f"waiting for Route 53's name servers: {status}"

        status = poll(operation, look(), look, pending)
        if is_private and pending(status):
            operation.warn(f"the record was written, and Route 53 says {status} still")
        return is_private

    def _write(
        self, operation: Operation, zone: dns.name.Name, zone_id: str, changes: Sequence[Change]
    ) -> None:
        """Look, and replace exactly what was seen, until it is done or something else is there."""
        names = [change.name for change in changes]
        there = Standing()

        def live(name: dns.name.Name, rdtype: RdataType) -> dns.rrset.RRset | None:
            for one in there.sets(name, rdtype):
                if one.special:
                    reason = f"there is {one.special}, which is not changed here; remove it first"
                    raise operation.error(RejectedError, reason, subject=from_dns(name))
            return _rrset(operation, there, name, rdtype)

        def look() -> list[Change]:
            nonlocal there
            there = self.read(operation, zone, names)
            todo = still_to_do(operation, changes, live)
            for change in todo:
                ns = _rrset(operation, there, change.name, RdataType.NS)
                if ns is not None and change.name != zone and change.after is not None:
                    raise delegated_error(operation, ns, "this account")
            return todo

        def write(todo: Sequence[Change]) -> None:
            batch = [part for change in todo for part in _actions(change, there)]
            batch.sort(key=lambda part: str(part["Action"]), reverse=True)  # deletes first
            change_id = self._client.change(operation, zone_id, batch)
            batch_of = (change_id, self._hosted(operation, zone).config.private_zone)
            self._batches.update(dict.fromkeys((change.name for change in todo), batch_of))

        while True:
            try:
                write_once(operation, look, write, self._client.policy)
            except StaleBatchError:
                # Refused though nothing has changed: the batch itself is wrong.
                if _raw(there) == _raw(self.read(operation, zone, names)):
                    raise
            else:
                return

    def _fetch(self, operation: Operation) -> tuple[dict[dns.name.Name, list[HostedZone]], float]:
        listed, sent = self._client.zones(operation, self._zone_id)
        zones: dict[dns.name.Name, list[HostedZone]] = {}
        for zone in listed:
            if self._zone_id or zone.config.private_zone == self._is_private:
                with readable(operation):
                    zones.setdefault(zone.apex, []).append(zone)
        return zones, sent

    def _zone_of(self, operation: Operation, name: dns.name.Name) -> dns.name.Name:
        zone = self._list.find(operation, partial(longest_match, name), _RELIST_AFTER)
        if zone is None:
            raise operation.error(
                ZoneNotFoundError, f"none of {self._shown(operation)} contains it"
            )
        self._id(operation, zone)
        return zone

    def _id(self, operation: Operation, zone: dns.name.Name) -> str:
        return self._hosted(operation, zone).short_id

    def _hosted(self, operation: Operation, zone: dns.name.Name) -> HostedZone:
        found = self._list.find(operation, lambda zones: zones.get(zone), _RELIST_AFTER)
        if found is None:
            reason = f"{from_dns(zone)} is none of {self._shown(operation)}"
            raise operation.error(ZoneNotFoundError, reason)
        if len(found) > 1:
            raise operation.error(RejectedError, _several(zone, found))
        return found[0]

    def _shown(self, operation: Operation) -> str:
        if self._zone_id:
            return f"the zones that count, which is {self._zone_id} alone (`zoneId`)"
        count = sum(map(len, self._list.get(operation).values()))
        kind, other = ("private", "public") if self._is_private else ("public", "private")
        return f"the account's {count} {kind} hosted zones ({other} ones do not count: `private`)"

    def _look_for_cuts(
        self,
        operation: Operation,
        zone: dns.name.Name,
        names: Iterable[dns.name.Name],
        again: Sequence[dns.name.Name] = (),
    ) -> Standing:
        """Read what is not known yet of the names between the zone and these, and ``again``."""
        below = {
            name.split(depth)[1] for name in names for depth in range(len(zone) + 1, len(name) + 1)
        }
        there = self.read(operation, zone, [*below.difference(self._cuts), *again])
        for name in there:
            self._cuts[name] = _rrset(operation, there, name, RdataType.NS)
        return there

    def _refuse_delegated(
        self, operation: Operation, zone: dns.name.Name, name: dns.name.Name
    ) -> None:
        cut = find_delegation(zone, name, self._cuts.get)
        if cut is not None:
            raise delegated_error(operation, cut, "this account")


def _several(zone: dns.name.Name, found: Iterable[HostedZone]) -> str:
    ids = ", ".join(sorted(one.short_id for one in found))
    return f"several hosted zones are called {from_dns(zone)} ({ids}); set `zoneId`"


def batches_of(changes: Iterable[Change]) -> Iterator[list[Change]]:
    """Split changes into batches that the API takes, each as large as may be."""
    batch: list[Change] = []
    values = characters = 0
    for change in changes:
        texts = [
            value_of(rdata) for rrset in (change.before, change.after) for rdata in rrset or ()
        ]
        more = sum(map(len, texts))
        if batch and (values + len(texts) > MOST_VALUES or characters + more > MOST_CHARACTERS):
            yield batch
            batch, values, characters = [], 0, 0
        batch.append(change)
        values += len(texts)
        characters += more
    if batch:
        yield batch


def _actions(change: Change, there: Standing) -> Iterator[dict[str, object]]:
    """Return the parts of a batch: a delete of exactly what is there, and a create."""
    for one in there.sets(change.name, change.rdtype):
        yield {"Action": "DELETE", "ResourceRecordSet": one.raw}
    if change.after is not None:
        created = {
            "Name": to_octal(change.name),
            "Type": change.rdtype.name,
            "TTL": change.after.ttl,
            "ResourceRecords": [{"Value": value_of(rdata)} for rdata in change.after],
        }
        yield {"Action": "CREATE", "ResourceRecordSet": created}


def _rrset(
    operation: Operation, there: Standing, name: dns.name.Name, rdtype: RdataType
) -> dns.rrset.RRset | None:
    with readable(operation):
        return there.rrset(name, rdtype)


def _raw(there: Standing) -> list[object]:
    return [one.raw for name in sorted(there) for one in there[name]]
