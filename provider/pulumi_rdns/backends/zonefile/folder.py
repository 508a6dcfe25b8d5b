"""Which file of a folder contains which zone."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path
from typing import NamedTuple

import dns.exception
import dns.name

from .lexer import UnusableFileError
from .reader import ZoneText, read_zone
from .texts import MAX_SIZE, Texts, too_large
from .types import BrokenFile, ZoneFile

_ZONE_FILE = re.compile(r"db\.(.+)|(.+)\.zone")
#: what editors, packages and name servers leave beside a zone file
_LEFTOVER = re.compile(
    r".*(~|#|\.(swp|swo|bak|old|orig|rej|tmp|save|jnl|jbk|signed|rpmnew|rpmsave|dpkg-\w+))"
)
#: bytes that an included file counts at least: small ones that include each other twice, twenty
#: deep, are a million
_LEAST_INCLUDED = 4096


class _Parsed(NamedTuple):
    sources: dict[Path, str | None]
    result: ZoneFile | BrokenFile | None


class Folder:
    """The zone files of one folder; each is parsed again only when it has changed."""

    def __init__(self, backend: str, path: Path) -> None:
        """Take the backend's name, for the log, and the absolute path of the folder."""
        self.path = path
        self._texts = Texts(backend)
        self._lock = threading.Lock()
        self._parsed: dict[Path, _Parsed] = {}

    def files(self) -> list[ZoneFile | BrokenFile]:
        """Read all zone files, in the order of their names. Raises OSError without the folder."""
        found: dict[Path, str] = {}
        for entry in sorted(os.scandir(self.path), key=lambda entry: entry.name):
            if is_zone_file_name(entry.name) and entry.is_file():
                found.setdefault(Path(os.path.realpath(entry.path)), entry.name)
        with self._lock:
            results = [self._file(path, name) for path, name in found.items()]
        return [result for result in results if result is not None]

    def with_text(self, file: ZoneFile, text: str) -> ZoneFile:
        """Read what the file would contain with another text. Raises UnusableFileError."""
        zone = self._read_zone(text, file.name, {})
        if zone is None:
            raise UnusableFileError(f"{file.name} would have no SOA record")
        return ZoneFile(file.path, file.name, zone)

    def remember(self, file: ZoneFile) -> None:
        """Keep what a writer already knows of the file that it has just written."""
        with self._lock:
            try:
                text = self._texts.text(file.path)
            except OSError:
                return
            parsed = self._parsed.get(file.path)
            if parsed and text == file.zone.text:
                sources = {**parsed.sources, file.path: text}
                self._parsed[file.path] = _Parsed(sources, file)

    def _file(self, path: Path, name: str) -> ZoneFile | BrokenFile | None:
        parsed = self._parsed.get(path)
        if parsed is None or any(
            self._texts.text_or_none(source) is not text for source, text in parsed.sources.items()
        ):
            parsed = self._parsed[path] = self._parse(path, name)
        return parsed.result

    def _parse(self, path: Path, name: str) -> _Parsed:
        sources = {path: self._texts.text_or_none(path)}
        try:
            zone = self._read_zone(self._texts.text(path), name, sources)
        except (UnusableFileError, OSError) as cause:
            return _Parsed(sources, BrokenFile(name, apex_of_file_name(name), cause))
        return _Parsed(sources, ZoneFile(path, name, zone) if zone else None)

    def _read_zone(self, text: str, name: str, sources: dict[Path, str | None]) -> ZoneText | None:
        size = len(text)

        def load(include: str) -> tuple[str, str]:
            nonlocal size
            path = self.path / include
            sources[path] = self._texts.text_or_none(path)
            included = self._texts.text(path)
            size += max(len(included), _LEAST_INCLUDED)
            if size > MAX_SIZE:
                raise UnusableFileError(too_large(f"{name} with what it includes"))
            return include, included

        return read_zone(text, name, apex_of_file_name(name), load)


def is_zone_file_name(name: str) -> bool:
    """Whether a file of this name may contain a zone.

    >>> [is_zone_file_name(name) for name in ("db.example.com", "db.example.com~", ".x.zone")]
    [True, False, False]
    """
    hidden = name.startswith((".", "#"))
    return not hidden and bool(_ZONE_FILE.fullmatch(name)) and not _LEFTOVER.fullmatch(name)


def apex_of_file_name(name: str) -> dns.name.Name | None:
    """Return the zone of a file by its name; a network's number is its reverse zone.

    >>> str(apex_of_file_name("example.com.zone")), str(apex_of_file_name("db.192.0.2"))
    ('example.com.', '2.0.192.in-addr.arpa.')
    """
    match = _ZONE_FILE.fullmatch(name)
    if match is None:
        return None
    text = match[1] or match[2]
    if re.fullmatch(r"\d+(\.\d+){0,3}", text):
        text = ".".join([*reversed(text.split(".")), "in-addr.arpa"])
    try:
        return dns.name.from_text(text.encode()).canonicalize()
    except (dns.exception.DNSException, ValueError):
        return None
