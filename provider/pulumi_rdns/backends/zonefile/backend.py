"""Records in zone files: what a change needs, what is refused, and when it is written."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

import dns.name
import dns.rdata
import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change, ListedZone, Settings, ZoneBackend, warn
from pulumi_rdns.backends.batch import found_in
from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.backends.kit.compare import shown
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.zones import delegated_error, find_delegation
from pulumi_rdns.errors import ConflictError, RejectedError, UnavailableError
from pulumi_rdns.model.names import from_dns

from .client import Client, signed_reason
from .editor import edit
from .types import ZoneFile, ZoneFileSettings
from .zonetext import ZoneText

_ATTEMPTS = 5
_GLUE = (RdataType.A, RdataType.AAAA)
#: may stand beside a CNAME (RFC 4034, RFC 2181 section 10.1)
_BESIDE_CNAME = (RdataType.CNAME, RdataType.RRSIG, RdataType.NSEC)


class ZoneFileBackend(ZoneBackend[ZoneFileSettings]):
    """Records in the zone files of one folder: ``*.zone`` and ``db.*``.

    A failed reload command is a warning and no error, because the record is written.
    """

    settings_type: ClassVar[type[Settings]] = ZoneFileSettings
    unshown: ClassVar[frozenset[str]] = frozenset({"reloadCommand"})
    forward_source: ClassVar[str] = "backend"
    #: one write of the file, whatever the number
    batch_size: ClassVar[int] = 2**20

    def __init__(self, name: str, settings: ZoneFileSettings, root: Path) -> None:
        super().__init__(name, settings, root)
        self._client = Client(name, settings, root)

    @property
    def identity(self) -> str:
        """The folder: two instances of one folder are one place."""
        return f"zonefile {self._client.path.resolve()}"

    def list_zones(self) -> Sequence[ListedZone]:
        """List the zones of the files; a file whose zone is not known is left out."""
        operation = Operation(self.name, "list", "all zones")
        with self._client.errors(operation):
            return self._client.listed(operation)

    def find_zone(self, name: dns.name.Name) -> dns.name.Name:
        """Find the zone of the name: the longest match among the files."""
        operation = self._operation("find the zone of", name)
        with self._client.errors(operation):
            file = self._client.file_with(operation, name)
            self._refuse_delegated(operation, file.zone, name)
            return file.apex

    def get_rrset(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read the live RRset, also from included files and ``$GENERATE``."""
        operation = self._operation("read", name)
        with self._client.errors(operation):
            return self._client.file_of(operation, zone).zone.rrset(name, rdtype)

    def fixed_in(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dict[dns.rdata.Rdata, str]:
        """Return the values that stand in included files, which are never edited."""
        operation = self._operation("read", name)
        with self._client.errors(operation):
            return self._client.file_of(operation, zone).zone.fixed_in(name, rdtype)

    def read_ptrs(
        self, zone: dns.name.Name, owners: Collection[str], *, is_shared: bool = False
    ) -> dict[str, LiveRecord]:
        """Read what stands at many names, out of one reading of the file."""
        operation = self._operation("read", zone)
        with self._client.errors(operation):
            text = self._client.file_of(operation, zone).zone
            found = {}
            for owner in owners:
                name = dns.name.from_text(owner)
                kinds = (RdataType.PTR, RdataType.CNAME, RdataType.NS)
                there = found_in(zone, *(text.rrset(name, kind) for kind in kinds))
                if there is not None:
                    fixed = next(iter(text.fixed_in(name, RdataType.PTR).values()), "")
                    found[owner] = there._replace(fixed=fixed)
            return found

    def apply(self, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Write all changes or none, in one replacement of the file."""
        operation = self._operation("write", changes[0].name if len(changes) == 1 else zone)
        with self._client.errors(operation):
            if not self._needed(operation, self._client.file_of(operation, zone).zone, changes):
                return
            with self._client.locked():
                ticket = self._write(operation, zone, changes)
        if failure := self._client.reload(ticket):
            warn(self._reload_warning(failure))

    def finish_pending(self) -> str | None:
        """Run the reload command where an earlier run left zones marked; a warning or None."""
        failure = self._client.reload_pending()
        return self._reload_warning(failure) if failure else None

    def _operation(self, what: str, subject: dns.name.Name) -> Operation:
        return Operation(self.name, what, from_dns(subject))

    def _write(self, operation: Operation, zone: dns.name.Name, changes: Sequence[Change]) -> int:
        """Return the ticket for the reload; 0 where nothing was to be written or reloaded."""
        for _ in range(_ATTEMPTS):
            file = self._client.file_of(operation, zone)
            needed = self._needed(operation, file.zone, changes)
            if not needed:
                return 0
            _refuse_signed(operation, file)
            edited = self._edited(operation, file, needed)
            ticket = self._client.replace(operation, file, edited)
            if ticket is not None:
                return ticket
        reason = f"{file.name} keeps being changed by somebody else; nothing was written"
        raise operation.error(UnavailableError, reason)

    def _edited(self, operation: Operation, file: ZoneFile, changes: Sequence[Change]) -> ZoneFile:
        """Return the file after the changes, once two readers agree that it is right."""
        text = edit(file.zone, changes, datetime.date.today())
        old = file.reading
        edited = self._client.with_text(file, text)
        from .verify import difference

        wrong = difference(old, edited.reading, file.apex, changes)
        for change in changes:
            if not _is_same(edited.zone.rrset(change.name, change.rdtype), change.after):
                wrong = wrong or f"{from_dns(change.name)} {change.rdtype.name}"
        if wrong:
            reason = (
                f"the edit of {file.name} would not come out right at {wrong}; nothing was "
                "written. Make this change by hand, and please report the file"
            )
            raise operation.error(RejectedError, reason)
        return edited

    def _needed(
        self, operation: Operation, zone: ZoneText, changes: Sequence[Change]
    ) -> list[Change]:
        """Return the changes that are not there yet. Raises ConflictError."""
        needed = []
        leaving = {(change.name, change.rdtype) for change in changes if not change.after}
        for change in changes:
            live = zone.rrset(change.name, change.rdtype)
            if _is_same(live, change.after):
                continue
            if set(live or ()) != set(change.before or ()):
                reason = f"{shown(live)} is there, not {shown(change.before)}"
                raise _conflict(operation, change, reason)
            if change.after:
                _refuse_beside_cname(operation, zone, change, leaving)
                self._refuse_misplaced(operation, zone, change)
            needed.append(change)
        return needed

    def _refuse_misplaced(self, operation: Operation, zone: ZoneText, change: Change) -> None:
        subject = from_dns(change.name)
        if not change.name.is_subdomain(zone.apex):
            reason = f"it is not in the zone {from_dns(zone.apex)}"
            raise operation.error(RejectedError, reason, subject=subject)
        if change.rdtype == RdataType.SOA:
            reason = "the SOA record is not changed here, but for its serial"
            raise operation.error(RejectedError, reason, subject=subject)
        if change.rdtype not in (*_GLUE, RdataType.NS):
            self._refuse_delegated(operation, zone, change.name)

    def _refuse_delegated(self, operation: Operation, zone: ZoneText, name: dns.name.Name) -> None:
        servers = find_delegation(zone.apex, name, partial(zone.rrset, rdtype=RdataType.NS))
        if servers is not None:
            raise delegated_error(
                Operation(self.name, operation.name, from_dns(name)),
                servers,
                self._client.place,
            )

    def _reload_warning(self, failure: str) -> str:
        return (
            f"{self.name}: the zone file was written, but the server was not reloaded: {failure} "
            "(the next run tries the reload again)"
        )


def _refuse_beside_cname(
    operation: Operation,
    zone: ZoneText,
    change: Change,
    leaving: Collection[tuple[dns.name.Name, RdataType]],
) -> None:
    for rdtype in zone.records.get(change.name, {}):
        if rdtype == change.rdtype or (change.name, rdtype) in leaving:
            continue
        if rdtype == RdataType.CNAME or (
            change.rdtype == RdataType.CNAME and rdtype not in _BESIDE_CNAME
        ):
            there = shown(zone.rrset(change.name, rdtype))
            reason = f"{there} is there, and a CNAME stands alone (RFC 1034 section 3.6.2)"
            raise _conflict(operation, change, reason)


def _refuse_signed(operation: Operation, file: ZoneFile) -> None:
    if file.zone.is_signed:
        raise operation.error(RejectedError, signed_reason(file))


def _conflict(operation: Operation, change: Change, reason: str) -> ConflictError:
    return operation.error(ConflictError, reason, subject=from_dns(change.name))


def _is_same(live: dns.rrset.RRset | None, after: dns.rrset.RRset | None) -> bool:
    if not live or not after:
        return not live and not after
    return set(live) == set(after) and live.ttl == after.ttl
