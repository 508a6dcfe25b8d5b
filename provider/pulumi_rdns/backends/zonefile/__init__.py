"""Zone files in a folder (RFC 1035 section 5), as name servers load them."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, ClassVar

import dns.name
import dns.rrset
import msgspec
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change, Settings, ZoneBackend, warn
from pulumi_rdns.backends.batch import Found, found_in
from pulumi_rdns.errors import (
    ConflictError,
    RejectedError,
    UnavailableError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.names import name_text

from . import storage
from .editor import FixedRecordError, edit
from .folder import BrokenFile, Folder, ZoneFile
from .lexer import UnusableFileError
from .reader import ZoneText
from .reload import Reload

__all__ = ["ZoneFileBackend", "ZoneFileSettings"]

_ATTEMPTS = 5
_SHOWN_ZONES = 10
_GLUE = (RdataType.A, RdataType.AAAA)
#: may stand beside a CNAME (RFC 4034, RFC 2181 section 10.1)
_BESIDE_CNAME = (RdataType.CNAME, RdataType.RRSIG, RdataType.NSEC)


class ZoneFileSettings(Settings):
    """``directory`` is relative to the folder of Pulumi.yaml, ``lock_timeout`` in seconds.

    ``reload_command`` is an argument list, run without a shell; the names of the zones that
    changed are appended.
    """

    directory: str
    reload_command: Annotated[list[str], msgspec.Meta(min_length=1)] | None = None
    lock_timeout: Annotated[float, msgspec.Meta(ge=0)] = 10.0


class ZoneFileBackend(ZoneBackend[ZoneFileSettings]):
    """Records in the zone files of one folder: ``*.zone`` and ``db.*``.

    A failed reload command is a warning and no error, because the record is written.
    """

    settings_type: ClassVar[type[Settings]] = ZoneFileSettings
    forward_source: ClassVar[str] = "backend"
    #: one write of the file, whatever the number
    batch_size: ClassVar[int] = 2**20

    def __init__(self, name: str, settings: ZoneFileSettings, root: Path) -> None:
        super().__init__(name, settings, root)
        self._timeout = settings.lock_timeout
        self._folder = Folder((root / settings.directory).absolute())
        self._lock = storage.Lock(self._folder.path / ".rdns.lock")
        self._reload: Reload | None = None
        if settings.reload_command:
            command = settings.reload_command
            self._reload = Reload(command, self._folder.path, root, self._lock)

    def find_zone(self, name: dns.name.Name) -> dns.name.Name:
        """Find the zone that holds the name: the longest match among the files."""
        subject = name_text(name)
        with self._errors("find the zone of", subject):
            files = self._files("find the zone of", subject)
            apexes = {file.apex for file in files if file.apex and name.is_subdomain(file.apex)}
            if not apexes:
                reason = f"no zone here holds it; {self._inventory(files)}"
                raise ZoneNotFoundError(self.name, "find the zone of", subject, reason)
            apex = max(apexes, key=len)
            zone = self._only(files, apex, "find the zone of", subject).zone
            self._refuse_delegated(zone, name, "find the zone of")
            return apex

    def get_rrset(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read the live RRset, also from included files and ``$GENERATE``."""
        with self._errors("read", name_text(name)):
            return self._zone(zone, "read", name_text(name)).zone.rrset(name, rdtype)

    def read_ptrs(
        self, zone: dns.name.Name, owners: Collection[str], *, is_shared: bool = False
    ) -> dict[str, Found]:
        """Read what stands at many names, out of one reading of the file."""
        with self._errors("read", name_text(zone)):
            text = self._zone(zone, "read", name_text(zone)).zone
        found = {}
        for owner in owners:
            name = dns.name.from_text(owner)
            kinds = (RdataType.PTR, RdataType.CNAME, RdataType.NS)
            there = found_in(zone, *(text.rrset(name, kind) for kind in kinds))
            if there is not None:
                found[owner] = there
        return found

    def apply(self, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Write all changes or none, in one replacement of the file."""
        subject = name_text(changes[0].name if len(changes) == 1 else zone)
        with self._errors("write", subject):
            if not self._needed(self._zone(zone, "write", subject).zone, changes):
                return
            with self._lock.held(self._timeout):
                ticket = self._write(zone, changes, subject)
        if ticket and self._reload:
            warning = self._reload.settle(ticket)
            if warning:
                warn(self._reload_warning(warning))

    @property
    def identity(self) -> str:
        return f"zonefile {self._folder.path.resolve()}"

    def finish_pending(self) -> str | None:
        """Run the reload command where an earlier run left zones marked; a warning or None."""
        warning = self._reload.retry() if self._reload else ""
        return self._reload_warning(warning) if warning else None

    def _write(self, zone: dns.name.Name, changes: Sequence[Change], subject: str) -> int:
        """Give the ticket for the reload; 0 where nothing was to be written or reloaded."""
        ticket = 0

        def mark() -> None:
            nonlocal ticket
            ticket = self._reload.mark(zone) if self._reload else 0

        for _ in range(_ATTEMPTS):
            file = self._zone(zone, "write", subject)
            needed = self._needed(file.zone, changes)
            if not needed:
                return 0
            self._refuse_signed(file, subject)
            edited = self._edited(file, needed, subject)
            old, new = (text.encode("latin-1") for text in (file.zone.text, edited.zone.text))
            if storage.replace(file.path, old, new, mark):
                self._folder.remember(edited)
                return ticket
        reason = f"{file.name} keeps being changed by somebody else; nothing was written"
        raise UnavailableError(self.name, "write", subject, reason)

    def _edited(self, file: ZoneFile, changes: Sequence[Change], subject: str) -> ZoneFile:
        text = edit(file.zone, changes, datetime.date.today())
        old = file.reading
        edited = self._folder.with_text(file, text)
        from .witness import difference

        wrong = difference(old, edited.reading, file.apex, changes)
        for change in changes:
            if not _is_same(edited.zone.rrset(change.name, change.rdtype), change.after):
                wrong = wrong or f"{change.name} {change.rdtype.name}"
        if wrong:
            reason = (
                f"the edit of {file.name} would not come out right at {wrong}; nothing was "
                "written. Make this change by hand, and please report the file"
            )
            raise RejectedError(self.name, "write", subject, reason)
        return edited

    def _needed(self, zone: ZoneText, changes: Sequence[Change]) -> list[Change]:
        """Give the changes that are not there yet. Raises ConflictError."""
        needed = []
        leaving = {(change.name, change.rdtype) for change in changes if not change.after}
        for change in changes:
            live = zone.rrset(change.name, change.rdtype)
            if _is_same(live, change.after):
                continue
            if set(live or ()) != set(change.before or ()):
                self._conflict(change, f"{_shown(live)} is there, not {_shown(change.before)}")
            if change.after:
                self._refuse_beside_cname(zone, change, leaving)
                self._refuse_misplaced(zone, change)
            needed.append(change)
        return needed

    def _refuse_beside_cname(
        self, zone: ZoneText, change: Change, leaving: set[tuple[dns.name.Name, RdataType]]
    ) -> None:
        for rdtype in zone.records.get(change.name, {}):
            if rdtype == change.rdtype or (change.name, rdtype) in leaving:
                continue
            if rdtype == RdataType.CNAME or (
                change.rdtype == RdataType.CNAME and rdtype not in _BESIDE_CNAME
            ):
                there = _shown(zone.rrset(change.name, rdtype))
                self._conflict(
                    change, f"{there} is there, and a CNAME stands alone (RFC 1034 section 3.6.2)"
                )

    def _refuse_misplaced(self, zone: ZoneText, change: Change) -> None:
        if not change.name.is_subdomain(zone.apex):
            reason = f"it is not in the zone {name_text(zone.apex)}"
            raise RejectedError(self.name, "write", name_text(change.name), reason)
        if change.rdtype == RdataType.SOA:
            reason = "the SOA record is not changed here, but for its serial"
            raise RejectedError(self.name, "write", name_text(change.name), reason)
        if change.rdtype not in (*_GLUE, RdataType.NS):
            self._refuse_delegated(zone, change.name, "write")

    def _refuse_delegated(self, zone: ZoneText, name: dns.name.Name, operation: str) -> None:
        for size in range(len(zone.apex) + 1, len(name) + 1):
            cut = dns.name.Name(name.labels[-size:])
            servers = zone.rrset(cut, RdataType.NS)
            if servers:
                there = ", ".join(sorted(_value(rdata.to_text()) for rdata in servers))
                reason = (
                    f"{name_text(zone.apex)} delegates {name_text(cut)} to {there}, and that zone "
                    f"is not in {self._folder.path}"
                )
                raise ZoneNotFoundError(self.name, operation, name_text(name), reason)

    def _refuse_signed(self, file: ZoneFile, subject: str) -> None:
        if file.zone.is_signed:
            reason = (
                f"{file.name} is signed (DNSSEC), and an edit would make its signatures wrong; "
                "keep the unsigned file here and let the server sign it, or use the rfc2136 "
                "backend"
            )
            raise RejectedError(self.name, "write", subject, reason)

    def _conflict(self, change: Change, reason: str) -> None:
        raise ConflictError(self.name, "write", name_text(change.name), reason)

    def _files(self, operation: str, subject: str) -> list[ZoneFile | BrokenFile]:
        try:
            return self._folder.files()
        except (FileNotFoundError, NotADirectoryError) as cause:
            reason = f"the folder {self._folder.path} is not there; is it mounted?"
            raise UnavailableError(self.name, operation, subject, reason) from cause

    def _zone(self, zone: dns.name.Name, operation: str, subject: str) -> ZoneFile:
        file = self._only(self._files(operation, subject), zone, operation, subject)
        journals = (Path(f"{file.path}.jnl"), self._folder.path / f"{file.name}.jnl")
        journal = next((path for path in journals if path.exists()), None)
        if journal:
            reason = (
                f"{file.name} has a journal ({journal.name}) beside it, so the server itself "
                "changes this zone and the file may be behind; use the rfc2136 backend"
            )
            raise RejectedError(self.name, operation, subject, reason)
        return file

    def _only(
        self,
        files: Sequence[ZoneFile | BrokenFile],
        zone: dns.name.Name,
        operation: str,
        subject: str,
    ) -> ZoneFile:
        """Give the one readable file of a zone."""
        found = [file for file in files if file.apex == zone]
        if not found:
            reason = f"the zone {name_text(zone)} is not here; {self._inventory(files)}"
            raise ZoneNotFoundError(self.name, operation, subject, reason)
        if len(found) > 1:
            reason = (
                f"{' and '.join(file.name for file in found)} both hold the zone "
                f"{name_text(zone)}; leave one of them in {self._folder.path}"
            )
            raise RejectedError(self.name, operation, subject, reason)
        if isinstance(found[0], BrokenFile):
            raise found[0].cause.with_traceback(None)
        return found[0]

    def _inventory(self, files: Sequence[ZoneFile | BrokenFile]) -> str:
        zones = [name_text(file.apex) for file in files if isinstance(file, ZoneFile)]
        broken = [str(file.cause) for file in files if isinstance(file, BrokenFile)]
        if not zones:
            text = f"{self._folder.path} has no zone files (*.zone or db.* with an SOA record)"
        elif len(zones) > _SHOWN_ZONES:
            text = f"{self._folder.path} has {len(zones)} other zones"
        else:
            text = f"{self._folder.path} has {', '.join(sorted(zones))}"
        return f"{text}; not readable: {'; '.join(broken[:3])}" if broken else text

    def _reload_warning(self, warning: str) -> str:
        return (
            f"{self.name}: the zone file is written, but the server was not told: {warning} "
            "(the next run tries the reload again)"
        )

    @contextmanager
    def _errors(self, operation: str, subject: str) -> Iterator[None]:
        """Turn what the parts of this package raise into the errors that callers know."""
        try:
            yield
        except (UnusableFileError, FixedRecordError) as cause:
            reason = f"{cause}; nothing was written" if operation == "write" else str(cause)
            raise RejectedError(self.name, operation, subject, reason) from cause
        except storage.LockedError as cause:
            reason = f"the folder is locked by another process ({cause}), also after waiting"
            raise UnavailableError(self.name, operation, subject, reason) from cause
        except storage.OwnerError as cause:
            raise UnavailableError(self.name, operation, subject, str(cause)) from cause
        except OSError as cause:
            what = cause.filename or self._folder.path
            reason = f"{what}: {cause.strerror or cause}"
            raise UnavailableError(self.name, operation, subject, reason) from cause


def _is_same(live: dns.rrset.RRset | None, after: dns.rrset.RRset | None) -> bool:
    if not live or not after:
        return not live and not after
    return set(live) == set(after) and live.ttl == after.ttl


def _shown(rrset: dns.rrset.RRset | None) -> str:
    if not rrset:
        return "nothing"
    values = ", ".join(sorted(_value(rdata.to_text()) for rdata in rrset))
    return f"{RdataType(rrset.rdtype).name} {values}"


def _value(text: str) -> str:
    return text.rstrip(".") or "."
