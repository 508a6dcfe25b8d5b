"""An address backend for PTR records and a zone backend for forward records.

As a hosting company with a DNS service is.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Mapping, Sequence
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
from pulumi_rdns.backends.kit.compare import still_to_do
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.rrsets import UnreadableRecordError, name_of, rrset_of
from pulumi_rdns.backends.kit.zones import longest_match
from pulumi_rdns.errors import AddressNotFoundError, ZoneNotFoundError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import from_dns

from .client import Client, Records
from .types import MemorySettings, networks, zones

#: digits of a TTL, and one more
_MOST_DIGITS = 11


class MemoryBackend(AddressBackend[MemorySettings], ZoneBackend[MemorySettings]):
    """Keeps PTRs by address and RRsets by name. What it calls default is never there."""

    settings_type: ClassVar[type[Settings]] = MemorySettings

    def __init__(self, name: str, settings: MemorySettings, root: Path) -> None:
        super().__init__(name, settings, root)
        self._networks = networks(name, settings)
        self._zones = zones(name, settings)
        self._path = None if settings.path is None else root / settings.path
        self._client = Client(name, self._path, settings.lock_timeout)

    @property
    def identity(self) -> str:
        """The file; without one, the instance is a place of its own."""
        return self.name if self._path is None else f"memory {self._path.resolve()}"

    def get_ptr(self, address: Address) -> Ptr | None:
        """Read the PTR."""
        self._require_owned("read the PTR of", address)
        self._delay("get")
        with self._client.open() as records:
            return _ptr(records.get(str(address), {}))

    def set_ptr(self, address: Address, hostname: dns.name.Name) -> None:
        """Set the PTR."""
        self._require_owned("set the PTR of", address)
        self._delay("set")
        with self._client.open() as records:
            records.setdefault(str(address), {})["ptr"] = [hostname.to_text()]

    def unset_ptr(self, address: Address) -> None:
        """Delete the PTR."""
        self._require_owned("unset the PTR of", address)
        self._delay("unset")
        with self._client.open() as records:
            records.pop(str(address), None)

    def addresses(self) -> Sequence[OwnedAddress]:
        """List the addresses that have a PTR."""
        with self._client.open() as records:
            held = [
                OwnedAddress(_address(owner), "memory", "memory", ptr)
                for owner, values in records.items()
                if (ptr := _ptr(values)) is not None
            ]
        return sorted(held, key=lambda one: (one.address.version, int(one.address)))

    def list_zones(self) -> Sequence[ListedZone]:
        """List the zones of the settings."""
        return [ListedZone(zone) for zone in self._zones]

    def find_zone(self, name: dns.name.Name) -> dns.name.Name:
        """Find the longest match among the zones of the settings."""
        zone = longest_match(name, self._zones)
        if zone is None:
            operation = Operation(self.name, "find the zone of", from_dns(name))
            raise operation.error(ZoneNotFoundError, "none is here")
        return zone

    def get_rrset(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read the RRset."""
        self._require(zone)
        with self._client.open() as records:
            return _rrset(records, name, rdtype)

    def apply(self, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Write all changes or none."""
        self._require(zone)
        self._delay("apply")
        kinds = " and ".join(sorted({change.rdtype.name for change in changes}))
        operation = Operation(self.name, f"change {kinds} of", from_dns(zone))
        with self._client.open() as records:
            for change in still_to_do(
                operation, changes, lambda name, rdtype: _rrset(records, name, rdtype)
            ):
                held = records.setdefault(change.name.to_text(), {})
                held.pop(change.rdtype.name, None)
                if change.after is not None:
                    texts = [rdata.to_text() for rdata in change.after]
                    held[change.rdtype.name] = [str(change.after.ttl), *texts]

    def _require_owned(self, doing: str, address: Address) -> None:
        if not any(address in network for network in self._networks):
            operation = Operation(self.name, doing, str(address))
            reason = "the account does not have this address"
            raise operation.error(AddressNotFoundError, reason)

    def _require(self, zone: dns.name.Name) -> None:
        if zone not in self._zones:
            operation = Operation(self.name, "open the zone", from_dns(zone))
            raise operation.error(ZoneNotFoundError, "it is not here")

    def _delay(self, operation: str) -> None:
        time.sleep(self.settings.delays.get(operation, 0))


def _rrset(records: Records, name: dns.name.Name, rdtype: RdataType) -> dns.rrset.RRset | None:
    values = records.get(name.to_text(), {}).get(rdtype.name)
    if not values:
        return None
    ttl = int(values[0]) if values[0].isdecimal() and len(values[0]) < _MOST_DIGITS else -1
    return rrset_of(name, rdtype, ttl, values[1:])


def _ptr(values: Mapping[str, Sequence[str]]) -> Ptr | None:
    texts = values.get("ptr")
    return Ptr(name_of(texts[0])) if texts else None


def _address(text: str) -> Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise UnreadableRecordError(f"{text!r} is not an address") from None
