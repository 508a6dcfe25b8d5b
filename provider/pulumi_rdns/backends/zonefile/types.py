"""The settings of an instance, and what a file of its folder is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import dns.name
import msgspec

from pulumi_rdns.backends.base import Settings

from .lexer import UnusableFileError
from .zonetext import ZoneText

if TYPE_CHECKING:
    from .verify import Reading


class ZoneFileSettings(Settings):
    """``directory`` is relative to the folder of Pulumi.yaml, ``lock_timeout`` in seconds.

    ``reload_command`` is an argument list, run without a shell; the names of the zones that
    changed are appended. ``zones`` are files of zones, relative to ``directory``, and
    ``named_conf`` is a named.conf that names such files.
    """

    directory: str
    zones: dict[str, str] = msgspec.field(default_factory=dict)
    named_conf: str | None = None
    reload_command: Annotated[list[str], msgspec.Meta(min_length=1)] | None = None
    lock_timeout: Annotated[float, msgspec.Meta(ge=0)] = 10.0


@dataclass(eq=False)
class ZoneFile:
    """A file with a zone. ``path`` has its symlinks resolved, ``name`` is for messages."""

    path: Path
    name: str
    zone: ZoneText

    @property
    def apex(self) -> dns.name.Name:
        """The name of the zone."""
        return self.zone.apex

    @cached_property
    def reading(self) -> Reading:
        """What the independent reader finds in it. Raises UnusableFileError."""
        from . import verify

        try:
            return verify.read(self.zone)
        except UnusableFileError:
            self.zone.check_values()  # knows the line
            raise


class BrokenFile(NamedTuple):
    """A file that cannot be read; ``apex`` is the zone that its name tells."""

    name: str
    apex: dns.name.Name | None
    cause: UnusableFileError | OSError
