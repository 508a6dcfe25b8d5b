"""What stands at names: read by query, without what is synthesized, or by a transfer."""

from __future__ import annotations

import time
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import dns.name
import dns.rrset
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

from pulumi_rdns.backends.batch import found_in
from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.backends.kit.caches import Locks
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.zones import misplaced_error
from pulumi_rdns.errors import ZoneNotFoundError
from pulumi_rdns.model.names import from_dns
from pulumi_rdns.workers import Workers

from .synthesis import Synthesis
from .zones import ZoneFinder, zone_in

if TYPE_CHECKING:
    from .client import Client

#: names for which a whole zone is read
_WORTH_A_TRANSFER = 32
#: seconds for which several readers share one transfer of a zone that this instance has not changed
_SHARED_FOR = 5.0
#: single queries at a time
_MOST_AT_A_TIME = 8


class _Transferred(NamedTuple):
    """What a transfer of a zone showed."""

    #: seconds of `time.monotonic`
    began: float
    #: the last write before
    write: object
    there: dict[str, LiveRecord | None]


class RecordReader:
    """The records of the zones of one server. Shared by several threads."""

    def __init__(self, backend: str, client: Client, zones: ZoneFinder) -> None:
        """Take the backend's name for error messages."""
        self._backend = backend
        self._client = client
        self._zones = zones
        self._untransferable: set[dns.name.Name] = set()
        self._transferred: dict[dns.name.Name, _Transferred] = {}
        self._transferring = Locks()
        #: zone -> a mark of the last write of this instance
        self._last_write: dict[dns.name.Name, object] = {}
        self._synthesis = Synthesis(client)

    def note_write(self, zone: dns.name.Name) -> None:
        """Note that the zone may have been changed: what was read before is not shared."""
        self._last_write[zone] = object()

    def rrset(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read the live RRset; what the server synthesizes for the name is none."""
        operation = Operation(self._backend, f"read {rdtype.name} of", from_dns(name))
        query = partial(self._query, operation, zone)
        found = query(name, rdtype)
        if found and self._synthesis.is_synthesized(operation, zone, found, query):
            return None
        return found

    def ptrs(
        self,
        zone: dns.name.Name,
        owners: Collection[str],
        *,
        is_shared: bool = False,
        only_here: bool = False,
    ) -> dict[str, LiveRecord]:
        """Read what stands at many names: by a transfer of the zone where that is allowed.

        Else by single queries, several at a time. ``is_shared``: a transfer will do that began up
        to 5 seconds ago for another reader. ``only_here``: the zone is a guess, so that a record
        may be in a zone below it, and then counts as delegated.
        """
        look = partial(self._stands_at, zone, only_here=only_here)
        if len(owners) == 1:
            return {owner: one for owner in owners if (one := look(owner))}
        if len(owners) >= _WORTH_A_TRANSFER and zone not in self._untransferable:
            there = self._shared_transfer(zone) if is_shared else self._transfer(zone)
            if there is not None:
                here = [owner for owner in owners if owner in there]
                return {owner: one for owner in here if (one := there[owner] or look(owner))}
        with Workers(_MOST_AT_A_TIME) as pool:
            found = pool.map(look, owners)
            return {owner: one for owner, one in zip(owners, found, strict=True) if one}

    def _shared_transfer(self, zone: dns.name.Name) -> dict[str, LiveRecord | None] | None:
        """Read a whole zone once for all sets that have records in it."""
        asked = time.monotonic()
        with self._transferring[zone]:
            began, write = time.monotonic(), self._last_write.get(zone)
            last = self._transferred.get(zone)
            if last and last.write is write and last.began >= asked - _SHARED_FOR:
                return last.there
            # What others asked for in the meantime may have shown that there is none.
            there = None if zone in self._untransferable else self._transfer(zone)
            if there is not None:
                self._transferred[zone] = _Transferred(began, write, there)
            return there

    def _transfer(self, zone: dns.name.Name) -> dict[str, LiveRecord | None] | None:
        operation = Operation(self._backend, "read the zone", from_dns(zone))
        there = self._client.transfer(operation, zone)
        if there is None:
            self._untransferable.add(zone)
        return there

    def _stands_at(
        self, zone: dns.name.Name, owner: str, *, only_here: bool = False
    ) -> LiveRecord | None:
        name = dns.name.from_text(owner)
        try:
            found = self.rrset(zone, name, RdataType.PTR)
            alias = None if found else self.rrset(zone, name, RdataType.CNAME)
            if only_here and found and self._zones.find(name) != zone:
                return LiveRecord(is_delegated=True)
        except ZoneNotFoundError as error:
            if error.code == "REFUSED":
                raise
            return LiveRecord(is_delegated=True)
        return found_in(zone, found, alias, None)

    def _query(
        self, operation: Operation, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        reply = self._client.query(operation, name, rdtype)
        found = reply.get_rrset(reply.answer, name, RdataClass.IN, rdtype)
        if found is not None:
            return dns.rrset.from_rdata_list(name, found.ttl, list(found))
        there = None if reply.answer else zone_in(reply, name)
        if there is not None and there != zone:
            raise misplaced_error(operation, name, there, zone)
        return None
