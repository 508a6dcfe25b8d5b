"""What is asked of the folder: the file of a zone, its replacement, and the reload command."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import dns.name

from pulumi_rdns.backends.base import ListedZone
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.requestlog import RequestLog
from pulumi_rdns.backends.kit.zones import longest_match
from pulumi_rdns.errors import (
    BackendError,
    ConfigError,
    InvalidInputError,
    RejectedError,
    UnavailableError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.names import from_dns, parse_zone, to_dns

from . import storage
from .editor import FixedRecordError
from .folder import Folder
from .lexer import UnusableFileError
from .reload import Reload
from .types import BrokenFile, ZoneFile, ZoneFileSettings

_MOST_SHOWN_ZONES = 10
_LOG = RequestLog("zonefile")


class Client:
    """The zone files of one folder. Shared by several threads."""

    def __init__(self, name: str, settings: ZoneFileSettings, root: Path) -> None:
        """Take the instance's name; ``root`` is the folder with Pulumi.yaml."""
        path = (root / settings.directory).absolute()
        named_conf = None if settings.named_conf is None else root / settings.named_conf
        self._folder = Folder(name, path, _zones(name, settings.zones), named_conf)
        self._timeout = settings.lock_timeout
        self._lock = storage.Lock(self.path / ".rdns.lock")
        self._reload: Reload | None = None
        if settings.reload_command:
            self._reload = Reload(name, settings.reload_command, self.path, root, self._lock)

    @property
    def path(self) -> Path:
        """The folder, absolute."""
        return self._folder.path

    @property
    def place(self) -> str:
        """The folder and the setting that adds zones to it, for messages."""
        return f"the folder {self.path} (with {self._folder.setting})"

    def listed(self, operation: Operation) -> list[ListedZone]:
        """List the zones, each with what is wrong with its file."""
        apexes = {file.apex for file in self._files(operation)}
        return [
            ListedZone(apex, obstacle=self._obstacle(operation, apex))
            for apex in apexes
            if apex is not None
        ]

    def _obstacle(self, operation: Operation, zone: dns.name.Name) -> str:
        try:
            with self.errors(operation):
                file = self.file_of(operation, zone)
        except BackendError as error:
            return error.reason
        if file.zone.is_signed:
            return signed_reason(file)
        if not os.access(file.path.parent, os.W_OK):
            return f"this user may not write in {file.path.parent}"
        return ""

    def file_with(self, operation: Operation, name: dns.name.Name) -> ZoneFile:
        """Return the file of the zone that contains the name: the longest match.

        Raises ZoneNotFoundError, and what is wrong with the file.
        """
        files = self._files(operation)
        apex = longest_match(name, {file.apex for file in files if file.apex})
        if apex is None:
            reason = f"no zone here contains it; {self._inventory(files)}"
            raise operation.error(ZoneNotFoundError, reason)
        return self._only(operation, files, apex)

    def file_of(self, operation: Operation, zone: dns.name.Name) -> ZoneFile:
        """Return the file of a zone that no server changes itself.

        Raises ZoneNotFoundError, RejectedError, and what is wrong with the file.
        """
        file = self._only(operation, self._files(operation), zone)
        journals = (Path(f"{file.path}.jnl"), self.path / f"{file.name}.jnl")
        journal = next((path for path in journals if path.exists()), None)
        if journal:
            reason = (
                f"{file.name} has a journal ({journal.name}) beside it, so the server itself "
                "changes this zone and the file may be behind; use the rfc2136 backend"
            )
            raise operation.error(RejectedError, reason)
        return file

    def with_text(self, file: ZoneFile, text: str) -> ZoneFile:
        """Return what a file would be with another text. Raises UnusableFileError."""
        return self._folder.with_text(file, text)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other writers away. Raises LockedError, and OSError."""
        with self._lock.held(self._timeout):
            yield

    def replace(self, operation: Operation, file: ZoneFile, edited: ZoneFile) -> int | None:
        """Replace a file, and mark its zone for a reload. The caller holds the lock.

        Return the ticket for `reload`, 0 without a reload command; None, and nothing done, where
        the file was changed since it was read.
        """
        ticket = 0

        def mark() -> None:
            nonlocal ticket
            ticket = self._reload.mark(file.apex) if self._reload else 0

        started = time.monotonic()
        old, new = (text.encode("latin-1") for text in (file.zone.text, edited.zone.text))
        is_written = storage.replace(file.path, old, new, mark)
        status = f"{len(new)} bytes" if is_written else "not written, it was changed meanwhile"
        _LOG.answered(operation, "WRITE", str(file.path), status, time.monotonic() - started)
        if not is_written:
            return None
        self._folder.remember(edited)
        return ticket

    def reload(self, ticket: int) -> str:
        """Run the reload command for what the ticket stands for; return why it failed, or ""."""
        return self._reload.settle(ticket) if self._reload and ticket else ""

    def reload_pending(self) -> str:
        """Run the reload command for what an earlier run left marked; as `reload` does."""
        return self._reload.retry() if self._reload else ""

    @contextmanager
    def errors(self, operation: Operation) -> Iterator[None]:
        """Turn what the parts of this package raise into errors of the operation."""
        try:
            yield
        except (UnusableFileError, FixedRecordError) as cause:
            reason = f"{cause}; nothing was written" if operation.name == "write" else str(cause)
            raise operation.error(RejectedError, reason) from cause
        except storage.LockedError as cause:
            reason = f"the folder is locked by another process ({cause}), also after waiting"
            raise operation.error(UnavailableError, reason) from cause
        except storage.OwnerError as cause:
            raise operation.error(UnavailableError, str(cause)) from cause
        except OSError as cause:
            reason = f"{cause.filename or self.path}: {cause.strerror or cause}"
            raise operation.error(UnavailableError, reason) from cause

    def _files(self, operation: Operation) -> list[ZoneFile | BrokenFile]:
        try:
            return self._folder.files()
        except (FileNotFoundError, NotADirectoryError) as cause:
            reason = f"the folder {self.path} is not there; is it mounted?"
            raise operation.error(UnavailableError, reason) from cause

    def _only(
        self, operation: Operation, files: Sequence[ZoneFile | BrokenFile], zone: dns.name.Name
    ) -> ZoneFile:
        """Return the one readable file of a zone."""
        found = [file for file in files if file.apex == zone]
        if not found:
            reason = f"the zone {from_dns(zone)} is not here; {self._inventory(files)}"
            raise operation.error(ZoneNotFoundError, reason)
        if len(found) > 1:
            reason = (
                f"{' and '.join(file.name for file in found)} both contain the zone "
                f"{from_dns(zone)}; leave one of them in {self.path}"
            )
            raise operation.error(RejectedError, reason)
        if isinstance(found[0], BrokenFile):
            raise found[0].cause.with_traceback(None)
        return found[0]

    def _inventory(self, files: Sequence[ZoneFile | BrokenFile]) -> str:
        zones = [from_dns(file.apex) for file in files if isinstance(file, ZoneFile)]
        broken = [str(file.cause) for file in files if isinstance(file, BrokenFile)]
        if not zones:
            text = f"{self.path} has no zone files (*.zone or db.* with an SOA record)"
        elif len(zones) > _MOST_SHOWN_ZONES:
            text = f"{self.path} has {len(zones)} other zones"
        else:
            text = f"{self.path} has {', '.join(sorted(zones))}"
        if broken:
            text += f"; not readable: {'; '.join(broken[:3])}"
        return f"{text}. If its file has another name, set {self._folder.setting} (zone: file)"


def signed_reason(file: ZoneFile) -> str:
    """Return why a signed zone is not edited."""
    return (
        f"{file.name} is signed (DNSSEC), and an edit would make its signatures wrong; keep the "
        "unsigned file here and let the server sign it, or use the rfc2136 backend"
    )


def _zones(name: str, zones: Mapping[str, str]) -> dict[dns.name.Name, str]:
    """Return the files of zones by their names. Raises ConfigError."""
    found: dict[dns.name.Name, str] = {}
    for text, file in zones.items():
        try:
            apex = to_dns(parse_zone(text))
        except InvalidInputError as cause:
            raise ConfigError(f"rdns:backends.{name}.zones: {cause}") from cause
        if not file or apex in found:
            reason = "needs one file"
            raise ConfigError(f"rdns:backends.{name}.zones: the zone {from_dns(apex)} {reason}")
        found[apex] = file
    return found
