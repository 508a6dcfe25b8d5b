"""The PTR records of the account's addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import dns.name

from pulumi_rdns.backends.base import OwnedAddress, Ptr, Settings
from pulumi_rdns.backends.kit.addresses import HostBackend
from pulumi_rdns.backends.kit.caches import Listing
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.ptrs import LookAgain
from pulumi_rdns.backends.kit.undocumented import ipv6_default, shown_at_once, unresolved_hostname
from pulumi_rdns.backends.observed import Point
from pulumi_rdns.errors import AddressNotFoundError, RejectedError
from pulumi_rdns.model.addresses import Address

from .client import Client
from .types import ENVIRONMENT, Ipv6Range, LinodeSettings, is_unresolved

#: seconds before the IPv6 ranges are listed again for an address that is in none
_RELIST_AFTER = 10.0


class LinodeBackend(HostBackend[LinodeSettings]):
    """The PTR records of the account's public addresses, and of those in its IPv6 ranges.

    An address is read and written by itself: nothing is listed, except the IPv6 ranges where the
    API does not know an address by itself.
    """

    settings_type: ClassVar[type[Settings]] = LinodeSettings
    environment: ClassVar[dict[str, str]] = ENVIRONMENT
    secrets: ClassVar[frozenset[str]] = frozenset({"apiToken"})
    undocumented: ClassVar[Sequence[Point]] = (
        unresolved_hostname("The words of the refusal where the forward record does not match:"),
        shown_at_once("Whether a read may lag behind a write:"),
        ipv6_default("Whether IPv6 addresses have default names:"),
    )

    def __init__(
        self, name: str, settings: LinodeSettings, root: Path, clock: Clock | None = None
    ) -> None:
        super().__init__(name, settings, root, clock)
        self._client = Client(name, settings, self._clock)
        self._ranges = Listing("the list of IPv6 ranges", self._client.ranges, self._clock)

    @property
    def identity(self) -> str:
        """The API, whatever the token: an address is in one account at a time."""
        return f"linode {self._client.url}"

    def _read(self, operation: Operation, address: Address) -> Ptr | None:
        ip = self._client.ip(operation, address)
        if ip is not None:
            return ip.ptr
        if self._is_in_a_range(operation, address):
            return None
        raise self._not_found(operation)

    def _write(
        self,
        operation: Operation,
        address: Address,
        hostname: dns.name.Name | None,
        look_again: LookAgain,
    ) -> None:
        if not self._client.set_ptr(operation, address, hostname, look_again):
            raise self._not_found(operation)

    def _list(self, operation: Operation) -> Iterator[OwnedAddress]:
        """List the account's public addresses; the owner is the Linode."""
        ips, labels = self._client.ips(operation), self._client.labels(operation)
        for ip in ips:
            owner = "unassigned" if ip.linode_id is None else str(ip.linode_id)
            label = labels.get(ip.linode_id or 0, owner)
            yield OwnedAddress(ipaddress.ip_address(ip.address), owner, label, ip.ptr)

    def _is_unresolved(self, error: RejectedError) -> bool:
        return is_unresolved(error)

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
