"""An instance: its settings are checked at once, its server is spoken to when it is needed."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import dns.exception
import dns.name
import dns.rrset
from dns.rcode import Rcode
from dns.rdatatype import RdataType
from msgspec.structs import replace

from pulumi_rdns.backends.base import Change, Settings, Site, ZoneBackend, same_rrset
from pulumi_rdns.backends.batch import DONE, Outcome, Progress, PtrChange
from pulumi_rdns.backends.changes import LiveRecord, verb
from pulumi_rdns.backends.kit.caches import Once
from pulumi_rdns.backends.kit.compare import conflict, refuse_long_ttls, shown
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.requestlog import RequestLog
from pulumi_rdns.errors import BackendError, RejectedError, UnavailableError
from pulumi_rdns.model.names import from_dns

from .batches import PtrBatch
from .causes import server_kind, why_skipped, why_unmet
from .reader import RecordReader
from .tsig import tsig_credential
from .types import ENVIRONMENT, Rfc2136Settings, update_servers
from .zones import ZoneFinder, parent_of

if TYPE_CHECKING:
    from .client import Client

#: seconds before a write is tried again that the server took and does not show
_PAUSES = (0.0, 0.5, 2.0)
_LOG = RequestLog("rfc2136")


class Rfc2136Backend(ZoneBackend[Rfc2136Settings]):
    """The zones of one server, as one key sees them (RFC 2136, RFC 8945).

    Zones are remembered for as long as the instance lives.
    """

    settings_type: ClassVar[type[Settings]] = Rfc2136Settings
    environment: ClassVar[dict[str, str]] = ENVIRONMENT
    secrets: ClassVar[frozenset[str]] = frozenset({"keySecret"})

    def __init__(self, name: str, settings: Rfc2136Settings, root: Path) -> None:
        super().__init__(name, settings, root)
        self._credential = tsig_credential(name, settings, root)
        self._servers = update_servers(name, settings)

    @Once
    def _client(self) -> Client:
        # dnspython's messages take 24 ms to import, and most runs send none.
        from .client import Client

        return Client(self._servers, self._credential, self.settings.timeout, _LOG)

    @Once
    def _zones(self) -> ZoneFinder:
        return ZoneFinder(self.name, self._client)

    @Once
    def _reader(self) -> RecordReader:
        return RecordReader(self.name, self._client, self._zones)

    @property
    def identity(self) -> str:
        """The servers and the key's name: with another key, a server may show another view."""
        key = self._credential.key.name if self._credential else None
        return f"rfc2136 {sorted(map(str, self._servers))} {key}"

    def find_zone(self, name: dns.name.Name) -> dns.name.Name:
        """Find the zone by the SOA record in the server's answer."""
        return self._zones.find(name)

    def find_site(self, name: dns.name.Name) -> Site:
        """Take the answer that names the zone for all: a CNAME would have been in it."""
        return self._zones.site(name) or super().find_site(name)

    def prefetch_zones(self, names: Sequence[dns.name.Name]) -> None:
        """Ask for the zones of many names over one connection, without waiting for each answer."""
        self._zones.prefetch(names)

    def get_rrset(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read the live RRset; what the server synthesizes for the name is none."""
        return self._reader.rrset(zone, name, rdtype)

    def read_ptrs(
        self, zone: dns.name.Name, owners: Collection[str], *, is_shared: bool = False
    ) -> dict[str, LiveRecord]:
        """Read what stands at many names: by a transfer of the zone where that is allowed."""
        return self._reader.ptrs(zone, owners, is_shared=is_shared)

    def apply(self, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Write all changes or none, in one message.

        What is over 64 KiB, which takes several hundred changes, is written in several messages:
        then each of them is all or none.
        """
        if not changes:
            return
        types = " and ".join(sorted({change.rdtype.name for change in changes}))
        subject = changes[0].name if len(changes) == 1 else zone
        operation = Operation(self.name, f"{verb(changes)} {types} of", from_dns(subject))
        refuse_long_ttls(operation, changes)
        for change in changes:
            self._zones.check(operation, zone, change.name)
        try:
            self._write(operation, zone, list(changes))
        finally:
            self._reader.note_write(zone)

    def apply_ptrs(
        self, zone: dns.name.Name, changes: Sequence[PtrChange], progress: Progress
    ) -> list[Outcome]:
        """Make each change that can be made, hundreds in one message.

        What does not stand as expected is found by the prerequisites alone: nothing is read where
        all goes well. A refused message is split to find the changes that are to blame. The zone is
        looked for once below each name.
        """
        outcomes = [DONE] * len(changes)
        if errors := self._zones.in_other_zones(zone, changes):
            for at, change in enumerate(changes):
                if change.after and (error := errors.get(parent_of(change.owner))):
                    outcomes[at] = Outcome(None, error)
        here = [at for at, outcome in enumerate(outcomes) if outcome is DONE]
        progress(len(changes) - len(here))
        batch = [changes[at] for at in here]
        operation = Operation(self.name, f"{verb(batch)} PTR of", from_dns(zone))
        try:
            made = PtrBatch(self._client, self._reader, operation, zone, batch, progress).outcomes()
        finally:
            self._reader.note_write(zone)
        for at, outcome in zip(here, made, strict=True):
            outcomes[at] = outcome
        return outcomes

    def _write(self, operation: Operation, zone: dns.name.Name, changes: list[Change]) -> None:
        for pause in _PAUSES:
            if pause:
                time.sleep(pause)
            try:
                rcode = self._client.update(operation, zone, changes)
            except dns.exception.TooBig:
                half = len(changes) // 2
                if not half:
                    reason = "all values together do not fit into one message (64 KiB)"
                    raise operation.error(RejectedError, reason) from None
                self._write(operation, zone, changes[:half])
                self._write(operation, zone, changes[half:])
                return
            if rcode != Rcode.NOERROR:
                changes = self._still_open(operation, zone, changes)
                if not changes:
                    return
            # A message is all or nothing, so one of its changes shows whether it was done.
            elif self._is_done(zone, changes[-1]):
                return
        raise self._undone(operation, zone, changes[-1], rcode)

    def _undone(
        self, operation: Operation, zone: dns.name.Name, change: Change, rcode: Rcode
    ) -> BackendError:
        """Return the error for a change that the server does not make, whatever it answers."""
        kind = server_kind(self._client.version(operation))
        if rcode == Rcode.NOERROR:
            reason = why_skipped(kind, is_removal=change.after is None)
            return operation.error(UnavailableError, reason, rcode.name)
        if (
            change.before is None
            or self._client.is_present(operation, zone, change.name, change.rdtype)
            or not self._client.is_present(operation, zone, change.name)
        ):
            return operation.error(UnavailableError, why_unmet(kind, rcode.name), rcode.name)
        reason = (
            f"the server makes {shown(change.before)} of something else at this name (a LUA or "
            "ALIAS record), which an update cannot change; remove that at the server"
        )
        return operation.error(RejectedError, reason, rcode.name)

    def _is_done(self, zone: dns.name.Name, change: Change) -> bool:
        """Whether the change, or what somebody made of it since, is there."""
        live = self._reader.rrset(zone, change.name, change.rdtype)
        return same_rrset(live, change.after) or live != change.before

    def _still_open(
        self, operation: Operation, zone: dns.name.Name, changes: Sequence[Change]
    ) -> list[Change]:
        """Look again after an unmet prerequisite: return what is still to do, as it stands there.

        Raises ConflictError with what is there now.
        """
        still_open = []
        for change in changes:
            live = self._reader.rrset(zone, change.name, change.rdtype)
            if same_rrset(live, change.after):
                continue
            alias = self._reader.rrset(zone, change.name, RdataType.CNAME)
            if live != change.before or (alias and change.rdtype != RdataType.CNAME):
                raise conflict(operation, change.name, alias or live)
            still_open.append(replace(change, before=live))
        return still_open
