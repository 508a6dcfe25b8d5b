"""An instance: its settings are checked at once, its server is spoken to when it is needed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import dns.name
import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change, Settings, Site, ZoneBackend
from pulumi_rdns.backends.batch import Found, Outcome, Progress, PtrChange
from pulumi_rdns.backends.kit.caches import Once

from .settings import ENVIRONMENT, Rfc2136Settings, credential, servers

if TYPE_CHECKING:
    from .client import Client


class Rfc2136Backend(ZoneBackend[Rfc2136Settings]):
    """The zones of one server, as one key sees them (RFC 2136, RFC 8945).

    Zones are remembered for as long as the instance lives.
    """

    settings_type: ClassVar[type[Settings]] = Rfc2136Settings
    environment: ClassVar[dict[str, str]] = ENVIRONMENT
    secrets: ClassVar[frozenset[str]] = frozenset({"keySecret"})

    def __init__(self, name: str, settings: Rfc2136Settings, root: Path) -> None:
        super().__init__(name, settings, root)
        self._credential = credential(name, settings, root)
        self._servers = servers(name, settings)
        self._timeout = settings.timeout

    @Once
    def _client(self) -> Client:
        from .client import Client

        return Client(self.name, self._servers, self._credential, self._timeout)

    @property
    def identity(self) -> str:
        """The servers and the key's name: with another key, a server may show another view."""
        key = self._credential.key.name if self._credential else None
        return f"rfc2136 {sorted(map(str, self._servers))} {key}"

    def find_zone(self, name: dns.name.Name) -> dns.name.Name:
        """Find the zone by the SOA record that the server's answer holds."""
        return self._client.find_zone(name)

    def find_site(self, name: dns.name.Name) -> Site:
        """Take the answer that names the zone for all: an alias would have been in it."""
        return self._client.find_site(name)

    def prefetch_zones(self, names: Sequence[dns.name.Name]) -> None:
        """Ask for the zones of many names over one connection, without waiting for each answer."""
        self._client.prefetch_zones(names)

    def get_rrset(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read the live RRset; what a wildcard answers for the name is none (RFC 4592)."""
        return self._client.get_rrset(zone, name, rdtype)

    def apply(self, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Write all changes or none, in one message.

        What is over 64 KiB, which takes several hundred changes, is written in several messages:
        then each of them is all or none.
        """
        self._client.apply(zone, changes)

    def read_ptrs(
        self, zone: dns.name.Name, owners: Collection[str], *, is_shared: bool = False
    ) -> dict[str, Found]:
        """Read what stands at many names: by a transfer of the zone where that is allowed."""
        return self._client.read_ptrs(zone, owners, is_shared=is_shared)

    def apply_ptrs(
        self, zone: dns.name.Name, changes: Sequence[PtrChange], progress: Progress
    ) -> list[Outcome]:
        """Make each change that can be made, hundreds in one message.

        What does not stand as expected is found by the prerequisites alone: nothing is read where
        all goes well. A refused message is split to find the changes that are to blame.
        """
        return self._client.apply_ptrs(zone, changes, progress)
