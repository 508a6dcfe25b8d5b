"""RRsets read and written over any provider class of octoDNS, one writer per zone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import ClassVar, NamedTuple, TypeVar

import dns.name
import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change, ListedZone, Settings, ZoneBackend
from pulumi_rdns.backends.batch import found_among
from pulumi_rdns.backends.changes import LiveRecord, verb
from pulumi_rdns.backends.kit.answers import Loss, UnansweredError
from pulumi_rdns.backends.kit.caches import Listing, Locks
from pulumi_rdns.backends.kit.compare import refuse_long_ttls
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.rrsets import readable
from pulumi_rdns.backends.kit.zones import (
    delegated_error,
    find_delegation,
    longest_match,
    misplaced_error,
)
from pulumi_rdns.errors import RateLimitError, ZoneNotFoundError
from pulumi_rdns.model.names import from_dns

from .bounded import bounded
from .client import Client
from .reading import Reading
from .types import OctoDnsSettings
from .writer import Write

T = TypeVar("T")

#: seconds for which a zone that was read counts as live; a write always reads it again
_FRESH = 2.0
#: the same, for those who take what was read for others
_SHARED = 5.0


class _View(NamedTuple):
    reading: Reading
    #: when it was read, and how many seconds that took
    at: float
    took: float

    def is_fresh(self, now: float, age: float) -> bool:
        """Whether it counts as live. What takes long to read is not read all the time."""
        return now - self.at <= max(age, self.took)


class OctoDnsBackend(ZoneBackend[OctoDnsSettings]):
    """The zones of an account at any DNS host that octoDNS knows.

    A zone is always read as a whole, so readers that come within 2 seconds share a reading. The
    old value is read right before a write, at most 100 changes ahead; a writer outside this process
    that comes in between is overwritten, except where the provider's API compares.
    """

    settings_type: ClassVar[type[Settings]] = OctoDnsSettings
    secrets: ClassVar[frozenset[str]] = frozenset({"options"})
    batch_size: ClassVar[int] = 100

    def __init__(
        self, name: str, settings: OctoDnsSettings, root: Path, clock: Clock | None = None
    ) -> None:
        super().__init__(name, settings, root)
        self._clock = clock or Clock()
        self._client = Client(name, settings, self._clock)
        self._zones = Listing("the list of zones", self._client.zones, self._clock)
        self._views: dict[dns.name.Name, _View] = {}
        self._locks = Locks()
        self._found: dict[dns.name.Name, dns.name.Name] = {}

    @property
    def identity(self) -> str:
        """The class and its options, as a digest: which of them name the account, nobody knows."""
        options = json.dumps(self.settings.options, sort_keys=True, default=str)
        digest = hashlib.blake2b(options.encode(), digest_size=16).hexdigest()
        return f"octodns {self.settings.provider} {digest}"

    def list_zones(self) -> Sequence[ListedZone]:
        """List the zones of the settings, or those that the provider lists."""
        operation = self._operation("list", "all zones")
        zones = self._do(operation, lambda: self._zones.get(operation))
        return [ListedZone(zone) for zone in zones]

    def find_zone(self, name: dns.name.Name) -> dns.name.Name:
        """Find the zone in the list: the longest match, unless it delegates the name."""
        if name not in self._found:
            operation = self._operation("find the zone of", from_dns(name))
            self._found[name] = self._do(operation, lambda: self._find(operation, name))
        return self._found[name]

    def get_rrset(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read the RRset, as it was at most 2 seconds ago."""
        operation = self._operation(f"read {rdtype.name} of", from_dns(name))
        with readable(operation):
            return self._read(operation, zone, _FRESH).rrset(name, rdtype)

    def read_ptrs(
        self, zone: dns.name.Name, owners: Collection[str], *, is_shared: bool = False
    ) -> dict[str, LiveRecord]:
        """Read what stands at many names, out of one reading of the zone."""
        operation = self._operation("read PTR of", from_dns(zone))
        reading = self._read(operation, zone, _SHARED if is_shared else 0.0)
        with readable(operation):
            return found_among(zone, owners, reading.rrset)

    def apply(self, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Check all changes, then write them one by one.

        Where one fails, those before it have been made.
        """
        if not changes:
            return
        types = " and ".join(sorted({change.rdtype.name for change in changes}))
        subject = changes[0].name if len(changes) == 1 else zone
        operation = self._operation(f"{verb(changes)} {types} of", from_dns(subject))
        refuse_long_ttls(operation, changes)
        self._do(operation, lambda: self._write(operation, zone, changes))

    def _write(self, operation: Operation, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        self._require(operation, zone)
        for change in changes:
            found = self._longest(operation, change.name)
            if change.after is not None and found is not None and found != zone:
                raise misplaced_error(operation, change.name, found, zone)
        with self._holding(operation, zone):
            try:
                Write(self._client, operation, zone, changes).run()
            finally:
                self._views.pop(zone, None)

    def _find(self, operation: Operation, name: dns.name.Name) -> dns.name.Name:
        zone = self._longest(operation, name)
        if zone is None:
            count = len(self._zones.get(operation))
            reason = f"none of the account's zones ({count}) contains it"
            raise operation.error(ZoneNotFoundError, reason)
        reading = self._live(operation, zone, _FRESH)
        with readable(operation):
            cut = find_delegation(zone, name, lambda at: reading.rrset(at, RdataType.NS))
        if cut is not None:
            raise delegated_error(operation, cut, "the account")
        return zone

    def _longest(self, operation: Operation, name: dns.name.Name) -> dns.name.Name | None:
        return self._zones.find(operation, partial(longest_match, name))

    def _require(self, operation: Operation, zone: dns.name.Name) -> None:
        if not self._zones.find(operation, lambda zones: zone in zones or None):
            raise operation.error(ZoneNotFoundError, f"the account has no zone {from_dns(zone)}")

    def _read(self, operation: Operation, zone: dns.name.Name, age: float) -> Reading:
        def read() -> Reading:
            self._require(operation, zone)
            return self._live(operation, zone, age)

        return self._do(operation, read)

    def _live(self, operation: Operation, zone: dns.name.Name, age: float) -> Reading:
        """Read a zone, or take what was read in the last seconds."""
        with self._holding(operation, zone):
            view = self._views.get(zone)
            began = self._clock.now()
            if view is None or not view.is_fresh(began, age):
                reading = self._client.read(operation, zone).reading
                assert reading is not None, "it was read"
                now = self._clock.now()
                view = self._views[zone] = _View(reading, now, now - began)
            return view.reading

    def _holding(self, operation: Operation, zone: dns.name.Name) -> AbstractContextManager[None]:
        return operation.holding(self._locks[zone], f"zone {from_dns(zone)}")

    def _do(self, operation: Operation, act: Callable[[], T]) -> T:
        try:
            return bounded(operation, act)
        except UnansweredError as error:
            if error.loss is not Loss.RATE_LIMIT:
                raise
            raise operation.error(RateLimitError, error.reason, error.code) from None

    def _operation(self, name: str, subject: str) -> Operation:
        return Operation(self.name, name, subject, self._clock, self.settings.timeout)
