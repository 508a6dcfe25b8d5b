"""The two kinds of backend that Hetzner Cloud is, as one class over its parts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import ClassVar

import dns.name
import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import (
    AddressBackend,
    Change,
    ListedZone,
    OwnedAddress,
    Ptr,
    Settings,
    Site,
    ZoneBackend,
)
from pulumi_rdns.backends.changes import LiveRecord, verb
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.undocumented import shown_at_once
from pulumi_rdns.backends.observed import Point
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import from_dns

from .client import Client
from .ptrs import Ptrs
from .types import ENVIRONMENT, HetznerSettings
from .zones import Zones


class HetznerBackend(AddressBackend[HetznerSettings], ZoneBackend[HetznerSettings]):
    """PTR records of servers, primary IPs, floating IPs and load balancers; RRsets of zones."""

    settings_type: ClassVar[type[Settings]] = HetznerSettings
    environment: ClassVar[dict[str, str]] = ENVIRONMENT
    secrets: ClassVar[frozenset[str]] = frozenset({"apiToken"})
    undocumented: ClassVar[Sequence[Point]] = (
        shown_at_once("When does the API show what an action has changed?"),
    )
    #: each is a request, and all of them together have the time of one operation
    batch_size: ClassVar[int] = 50

    def __init__(
        self, name: str, settings: HetznerSettings, root: Path, clock: Clock | None = None
    ) -> None:
        super().__init__(name, settings, root)
        self._clock = clock or Clock()
        client = Client(name, settings, self._clock)
        self._identity = f"hetzner {client.url}"
        self._ptrs = Ptrs(client, self._clock)
        self._zones = Zones(client, self._clock)

    @property
    def identity(self) -> str:
        """The API, whatever the token: an address or a zone is in one project at a time."""
        return self._identity

    def get_ptr(self, address: Address) -> Ptr | None:
        """Read the PTR."""
        operation = self._operation("read the PTR of", str(address))
        return self._ptrs.read(operation, address).ptr(address)

    def set_ptr(self, address: Address, hostname: dns.name.Name) -> None:
        """Set the PTR and wait for it; a warning where the API does not show it in time."""
        self._ptrs.change(self._operation("set the PTR of", str(address)), address, hostname)

    def unset_ptr(self, address: Address) -> None:
        """Set the PTR back to the vendor's default, which for IPv6 is none, and wait for it."""
        self._ptrs.change(self._operation("reset the PTR of", str(address)), address, None)

    def addresses(self) -> Sequence[OwnedAddress]:
        """List all addresses that are in use as far as can be told, sorted."""
        return self._ptrs.all(self._operation("list", "all addresses"))

    def list_zones(self) -> Sequence[ListedZone]:
        """List the project's zones."""
        return self._zones.all(self._operation("list", "all zones"))

    def find_zone(self, name: dns.name.Name) -> dns.name.Name:
        """Find the zone among the project's: the longest match, unless it delegates the name."""
        return self._zones.find(self._operation("find the zone of", from_dns(name)), name).name

    def find_site(self, name: dns.name.Name) -> Site:
        """Find the zone, and what is at the name, in one request."""
        return self._zones.site(self._operation("find the zone of", from_dns(name)), name)

    def get_rrset(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read the live RRset; without a TTL of its own it has that of the zone."""
        operation = self._operation(f"read {rdtype.name} of", from_dns(name))
        return self._zones.rrset(operation, zone, name, rdtype)

    def apply(self, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Write RRsets, each in a request of its own: after a look at all of them.

        Where one of several is refused, those before it are written.
        """
        if not changes:
            return
        types = " and ".join(sorted({change.rdtype.name for change in changes}))
        subject = from_dns(changes[0].name if len(changes) == 1 else zone)
        operation = self._operation(f"{verb(changes)} {types} of", subject)
        self._zones.apply(operation, zone, changes)

    def read_ptrs(
        self, zone: dns.name.Name, owners: Collection[str], *, is_shared: bool = False
    ) -> dict[str, LiveRecord]:
        """Read what is at many names, in as few requests as may be."""
        operation = self._operation("read PTR of", from_dns(zone))
        return self._zones.ptrs(operation, zone, owners, is_shared=is_shared)

    def _operation(self, name: str, subject: str) -> Operation:
        return Operation(self.name, name, subject, self._clock, self.settings.timeout)
