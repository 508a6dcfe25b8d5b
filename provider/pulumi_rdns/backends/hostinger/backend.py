"""The two kinds of backend that Hostinger is, as one class over its parts."""

from __future__ import annotations

from collections.abc import Sequence
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
    ZoneBackend,
)
from pulumi_rdns.backends.changes import verb
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.undocumented import left_by_delete, shown_at_once, unresolved_hostname
from pulumi_rdns.backends.observed import Point
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import from_dns

from .client import Client
from .inventory import Inventory, owned_addresses, ptr_of
from .ptrs import Ptrs
from .types import ENVIRONMENT, HostingerSettings
from .zone_writer import ZoneWriter
from .zones import Zones


class HostingerBackend(AddressBackend[HostingerSettings], ZoneBackend[HostingerSettings]):
    """PTR records of VPS addresses, and the A and AAAA records of the account's zones."""

    has_reverse_zones = False
    settings_type: ClassVar[type[Settings]] = HostingerSettings
    environment: ClassVar[dict[str, str]] = ENVIRONMENT
    secrets: ClassVar[frozenset[str]] = frozenset({"apiToken"})
    undocumented: ClassVar[Sequence[Point]] = (
        unresolved_hostname("Does Hostinger refuse a PTR whose name does not resolve?"),
        left_by_delete("Does a delete leave the default name?"),
        shown_at_once("Does a VM show the new PTR at once when the action has succeeded?"),
    )

    def __init__(
        self, name: str, settings: HostingerSettings, root: Path, clock: Clock | None = None
    ) -> None:
        super().__init__(name, settings, root)
        self._clock = clock or Clock()
        self._limit = settings.timeout
        client = Client(name, settings, self._clock)
        self._identity = f"hostinger {client.url}"
        self._inventory = Inventory(client, self._clock)
        self._ptrs = Ptrs(client, self._inventory)
        self._zones = Zones(client, self._clock)
        self._zone_writer = ZoneWriter(client, self._zones)

    @property
    def identity(self) -> str:
        """The API, whatever the token: an address or a domain is in one account at a time."""
        return self._identity

    def get_ptr(self, address: Address) -> Ptr | None:
        """Read the PTR, as it was at most 5 seconds ago; None for null."""
        vm, ip = self._inventory.find(self._operation("read the PTR of", str(address)), address)
        return ptr_of(vm, ip)

    def set_ptr(self, address: Address, hostname: dns.name.Name) -> None:
        """Set the PTR and wait for it; a warning where the VM does not show it in time."""
        self._ptrs.set(self._operation("set the PTR of", str(address)), address, hostname)

    def unset_ptr(self, address: Address) -> None:
        """Delete the PTR and wait for it; nothing to do where it is the vendor's own name."""
        self._ptrs.unset(self._operation("delete the PTR of", str(address)), address)

    def addresses(self) -> Sequence[OwnedAddress]:
        """List all addresses of the account, sorted; the owner is the VM."""
        return owned_addresses(self._inventory.all(self._operation("list", "all addresses")))

    def list_zones(self) -> Sequence[ListedZone]:
        """List the zones; one of a domain that is registered elsewhere only if it was found."""
        return self._zones.all(self._operation("list", "all domains"))

    def find_zone(self, name: dns.name.Name) -> dns.name.Name:
        """Find the zone of a name among the account's domains, and among their delegations."""
        return self._zones.find(self._operation("find the zone of", from_dns(name)), name)

    def get_rrset(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read the RRset, as it was at most 2 seconds ago, without disabled records."""
        operation = self._operation(f"read {rdtype.name} of", from_dns(name))
        return self._zones.rrset(operation, zone, name, rdtype)

    def apply(self, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Write A and AAAA RRsets. Changes of several kinds are several requests."""
        if not changes:
            return
        one = changes[0]
        subject = from_dns(one.name if len(changes) == 1 else zone)
        operation = self._operation(f"{verb(changes)} {one.rdtype.name} of", subject)
        self._zone_writer.apply(operation, zone, changes)

    def _operation(self, name: str, subject: str) -> Operation:
        return Operation(self.name, name, subject, self._clock, self._limit)
