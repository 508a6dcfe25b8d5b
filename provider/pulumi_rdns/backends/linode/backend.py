"""The PTR records of the account's addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import dns.name

from pulumi_rdns.backends.base import AddressBackend, OwnedAddress, Ptr, Settings
from pulumi_rdns.backends.kit.caches import Listing
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.ptrs import LookAgain, write_ptr
from pulumi_rdns.errors import AddressNotFoundError
from pulumi_rdns.model.addresses import Address

from .client import Client
from .types import ENVIRONMENT, Ipv6Range, LinodeSettings, is_unresolved

#: seconds before the IPv6 ranges are listed again for an address that is in none
_RELIST_AFTER = 10.0


class LinodeBackend(AddressBackend[LinodeSettings]):
    """The PTR records of the account's public addresses, and of those in its IPv6 ranges.

    An address is read and written by itself: nothing is listed, except the IPv6 ranges where the
    API does not know an address by itself.
    """

    settings_type: ClassVar[type[Settings]] = LinodeSettings
    environment: ClassVar[dict[str, str]] = ENVIRONMENT
    secrets: ClassVar[frozenset[str]] = frozenset({"apiToken"})

    def __init__(
        self, name: str, settings: LinodeSettings, root: Path, clock: Clock | None = None
    ) -> None:
        super().__init__(name, settings, root)
        self._clock = clock or Clock()
        self._client = Client(name, settings, self._clock)
        self._ranges = Listing("the list of IPv6 ranges", self._client.ranges, self._clock)

    @property
    def identity(self) -> str:
        """The API, whatever the token: an address is in one account at a time."""
        return f"linode {self._client.url}"

    def get_ptr(self, address: Address) -> Ptr | None:
        """Read the PTR; None for null."""
        return self._read(self._operation("read the PTR of", str(address)), address)

    def set_ptr(self, address: Address, hostname: dns.name.Name) -> None:
        """Set the PTR; a warning where the API does not show it in time."""
        self._write(self._operation("set the PTR of", str(address)), address, hostname)

    def unset_ptr(self, address: Address) -> None:
        """Take the PTR back to the default; nothing to do where it is the default."""
        self._write(self._operation("delete the PTR of", str(address)), address, None)

    def addresses(self) -> Sequence[OwnedAddress]:
        """List the account's public addresses, sorted; the owner is the Linode."""
        operation = self._operation("list", "all addresses")
        ips, labels = self._client.ips(operation), self._client.labels(operation)
        found = []
        for ip in ips:
            owner = "unassigned" if ip.linode_id is None else str(ip.linode_id)
            label = labels.get(ip.linode_id or 0, owner)
            found.append(OwnedAddress(ipaddress.ip_address(ip.address), owner, label, ip.ptr))
        return sorted(found, key=lambda owned: (owned.address.version, int(owned.address)))

    def _operation(self, name: str, subject: str) -> Operation:
        return Operation(self.name, name, subject, self._clock, self.settings.timeout)

    def _read(self, operation: Operation, address: Address) -> Ptr | None:
        ip = self._client.ip(operation, address)
        if ip is None:
            if self._is_in_a_range(operation, address):
                return None
            raise self._not_found(operation)
        return ip.ptr

    def _write(
        self, operation: Operation, address: Address, hostname: dns.name.Name | None
    ) -> None:
        def write(look_again: LookAgain) -> None:
            if not self._client.set_ptr(operation, address, hostname, look_again):
                raise self._not_found(operation)

        def read() -> Ptr | None:
            return self._read(operation, address)

        write_ptr(operation, hostname, read, write, is_unresolved=is_unresolved)

    def _is_in_a_range(self, operation: Operation, address: Address) -> bool:
        """Whether an IPv6 address is in a range or a pool of the account."""

        def holding(ranges: list[Ipv6Range]) -> Ipv6Range | None:
            return next((one for one in ranges if address in one.network), None)

        if address.version == 4:
            return False
        return self._ranges.find(operation, holding, _RELIST_AFTER) is not None

    def _not_found(self, operation: Operation) -> AddressNotFoundError:
        reason = (
            "the account does not have this address; `rdns addresses` lists those that it has. Is "
            "the token another account's, or was the Linode deleted?"
        )
        return operation.error(AddressNotFoundError, reason, "HTTP 404")
