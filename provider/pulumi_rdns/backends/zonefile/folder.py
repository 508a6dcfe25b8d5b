"""Which file of a folder contains which zone."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import dns.name

from pulumi_rdns.model.names import from_dns

from .guess import apex_of_file_name, find_doubt, is_zone_file_name
from .lexer import UnusableFileError
from .namedconf import ConfiguredFile, read_named_conf
from .reader import Load, read_zone
from .texts import MAX_SIZE, Texts, too_large
from .types import BrokenFile, ZoneFile
from .zonetext import ZoneText

#: bytes that an included file counts at least: small ones that include each other twice, twenty
#: deep, are a million
_LEAST_INCLUDED = 4096
#: stands for the zone of a file whose name tells none
_NO_GUESS = dns.name.from_text("unknown.invalid.")


class _Parsed(NamedTuple):
    sources: dict[Path, str | None]
    result: ZoneFile | BrokenFile | None


class _Conf(NamedTuple):
    sources: dict[Path, str | None]
    files: dict[dns.name.Name, ConfiguredFile]


class Folder:
    """The zone files of one folder; each is parsed again only when it has changed."""

    def __init__(
        self,
        backend: str,
        path: Path,
        zones: Mapping[dns.name.Name, str] = {},
        named_conf: Path | None = None,
    ) -> None:
        """Take the backend's name, for messages, and the absolute path of the folder.

        ``zones`` are files of known zones, relative to the folder; they beat those of a named.conf,
        and both beat what file names tell.
        """
        self.path = path
        self.setting = f"rdns:backends.{backend}.zones"
        self._texts = Texts(backend)
        self._zones = zones
        self._named_conf = named_conf
        self._conf = _Conf({}, {})
        self._lock = threading.Lock()
        self._parsed: dict[Path, _Parsed] = {}

    def files(self) -> list[ZoneFile | BrokenFile]:
        """Read all zone files: those of known zones, then the others in the order of their names.

        Raises OSError without the folder, and what is wrong with a named.conf.
        """
        entries = sorted(os.scandir(self.path), key=lambda entry: entry.name)
        with self._lock:
            results, taken = self._configured_files()
            apexes = {file.apex for file in results}
            for entry in entries:
                path = Path(os.path.realpath(entry.path))
                if path in taken or not is_zone_file_name(entry.name) or not entry.is_file():
                    continue
                taken.add(path)
                file = self._file(path, entry.name, None)
                if file is not None and file.apex not in apexes:
                    results.append(file)
        return results

    def with_text(self, file: ZoneFile, text: str) -> ZoneFile:
        """Read what the file would contain with another text. Raises UnusableFileError."""
        zone = read_zone(text, file.name, file.zone.first_origin, self._loader(text, file.name, {}))
        if zone is None:
            raise UnusableFileError(f"{file.name} would have no SOA record")
        return ZoneFile(file.path, file.name, zone)

    def remember(self, file: ZoneFile) -> None:
        """Keep what a writer already knows of the file that it has just written."""
        with self._lock:
            try:
                text = self._texts.text(file.path)
            except (OSError, UnusableFileError):
                return
            parsed = self._parsed.get(file.path)
            if parsed and text == file.zone.text:
                sources = {**parsed.sources, file.path: text}
                self._parsed[file.path] = _Parsed(sources, file)

    def _configured_files(self) -> tuple[list[ZoneFile | BrokenFile], set[Path]]:
        """Return the files of zones that the settings name, and the paths that they take."""
        configured: dict[dns.name.Name, ConfiguredFile] = {}
        if self._named_conf is not None:
            configured |= self._conf_files(self._named_conf)
        configured |= {zone: ConfiguredFile(self.path / file) for zone, file in self._zones.items()}
        sharing: defaultdict[Path, list[dns.name.Name]] = defaultdict(list)
        for zone, one in configured.items():
            sharing[Path(os.path.realpath(one.path))].append(zone)
        results: list[ZoneFile | BrokenFile] = []
        for path, zones in sharing.items():
            for zone in zones:
                name = self._shown(configured[zone].path)
                reason = configured[zone].reason or _shared(name, zones)
                if reason:
                    results.append(BrokenFile(name, zone, UnusableFileError(reason)))
                elif file := self._file(path, name, zone):
                    results.append(file)
        return results, set(sharing)

    def _conf_files(self, path: Path) -> dict[dns.name.Name, ConfiguredFile]:
        """Return the files that a named.conf names; parse it only when it has changed."""
        if not self._conf.sources or self._are_changed(self._conf.sources):
            sources: dict[Path, str | None] = {}

            def text_of(source: Path) -> str:
                sources[source] = self._texts.text(source)
                return self._texts.text(source)

            try:
                self._conf = _Conf(sources, read_named_conf(path, self.path, text_of))
            except OSError as cause:
                reason = f"cannot read {cause.filename or path}: {cause.strerror}"
                raise UnusableFileError(reason) from cause
        return self._conf.files

    def _are_changed(self, sources: Mapping[Path, str | None]) -> bool:
        return any(self._texts.text_or_none(path) is not text for path, text in sources.items())

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self.path) if path.is_relative_to(self.path) else path)

    def _file(
        self, path: Path, name: str, zone: dns.name.Name | None
    ) -> ZoneFile | BrokenFile | None:
        parsed = self._parsed.get(path)
        if parsed is None or self._are_changed(parsed.sources):
            parsed = self._parsed[path] = self._parse(path, name, zone)
        return parsed.result

    def _parse(self, path: Path, name: str, known: dns.name.Name | None) -> _Parsed:
        sources = {path: self._texts.text_or_none(path)}
        try:
            text = self._texts.text(path)
            load = self._loader(text, name, sources)
            if known is None:
                zone = self._guessed(text, name, load)
            else:
                zone = self._known(text, name, load, known)
        except FileNotFoundError as cause:
            missing = UnusableFileError(f"the file of the zone, {path}, is not there")
            return _Parsed(sources, BrokenFile(name, known, missing if known else cause))
        except (UnusableFileError, OSError) as cause:
            return _Parsed(sources, BrokenFile(name, known or apex_of_file_name(name), cause))
        return _Parsed(sources, ZoneFile(path, name, zone) if zone else None)

    def _known(self, text: str, name: str, load: Load, apex: dns.name.Name) -> ZoneText:
        """Read the file of a zone that the settings name."""
        zone = read_zone(text, name, apex, load)
        if zone is None:
            raise UnusableFileError(f"{name} has no SOA record")
        if zone.apex != apex:
            raise UnusableFileError(
                f"{name} is named as the file of {from_dns(apex)}, but line {zone.soa.line} of "
                f"{zone.soa.file} has the SOA record of {from_dns(zone.apex)}"
            )
        return zone

    def _guessed(self, text: str, name: str, load: Load) -> ZoneText | None:
        """Read a file whose SOA record, or else whose name, tells the zone."""
        guess = apex_of_file_name(name) or _NO_GUESS
        zone = read_zone(text, name, guess, load)
        if zone is None or (not zone.is_given and zone.apex == guess):
            return zone
        if not zone.is_given:
            return read_zone(text, name, zone.apex, load)
        if zone.apex != guess or guess == _NO_GUESS:
            doubt = (
                f"{zone.soa.file}, line {zone.soa.line}: the owner of the SOA record is relative, "
                "and the file's name does not tell the zone"
            )
        else:
            doubt = find_doubt(zone)
        if doubt:
            raise UnusableFileError(f"{doubt}; name it in {self.setting} (zone: file)")
        return zone

    def _loader(self, text: str, name: str, sources: dict[Path, str | None]) -> Load:
        """Return what reads the files that a zone file includes, and notes them in ``sources``."""
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

        return load


def _shared(name: str, zones: list[dns.name.Name]) -> str:
    """Return why the file of several zones is not for one of them; empty for one zone."""
    if len(zones) == 1:
        return ""
    return (
        f"{name} is the file of several zones ({', '.join(map(from_dns, zones))}), which a change "
        "of one would change alike; give the zone a file of its own"
    )
