"""The PTR records of the account's addresses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from .types import ENVIRONMENT, SECRETS, Block, OvhSettings, is_unresolved

#: seconds before the blocks are listed again for an address that is in none
_RELIST_AFTER = 10.0
#: seconds for which a block counts as the account's where the API has no PTR of its address
_BELIEVED = 60.0


class OvhBackend(AddressBackend[OvhSettings]):
    """The PTR records of the account's addresses.

    The account's blocks are listed once, to find the one of each address.
    """

    settings_type: ClassVar[type[Settings]] = OvhSettings
    environment: ClassVar[dict[str, str]] = ENVIRONMENT
    secrets: ClassVar[frozenset[str]] = SECRETS

    def __init__(
        self, name: str, settings: OvhSettings, root: Path, clock: Clock | None = None
    ) -> None:
        super().__init__(name, settings, root)
        self._clock = clock or Clock()
        self._client = Client(name, settings, self._clock)
        self._blocks = Listing("the list of addresses", self._client.blocks, self._clock)

    @property
    def identity(self) -> str:
        """The API, whatever the login: an address is in one account at a time."""
        return f"ovh {self._client.url}"

    def get_ptr(self, address: Address) -> Ptr | None:
        """Read the PTR; None where nobody has set one, and OVHcloud has none either."""
        return self._read(self._operation("read the PTR of", str(address)), address)

    def set_ptr(self, address: Address, hostname: dns.name.Name) -> None:
        """Set the PTR; a warning where the API does not show it in time."""
        self._write(self._operation("set the PTR of", str(address)), address, hostname)

    def unset_ptr(self, address: Address) -> None:
        """Delete the PTR; nothing to do where there is none, or it is the default."""
        self._write(self._operation("delete the PTR of", str(address)), address, None)

    def addresses(self) -> Sequence[OwnedAddress]:
        """List the account's addresses, sorted; the owner is the service of the block.

        Of an IPv6 block only those that have a PTR.
        """
        operation = self._operation("list", "all addresses")
        found = []
        for block in self._blocks.get(operation, _RELIST_AFTER):
            owner = self._client.owner(operation, block)
            for address, may_have_ptr in self._of(operation, block):
                reverse = self._client.reverse(operation, block, address) if may_have_ptr else None
                ptr = None if reverse is None else reverse.ptr(address)
                found.append(OwnedAddress(address, owner, owner, ptr))
        return sorted(found, key=lambda owned: (owned.address.version, int(owned.address)))

    def _operation(self, name: str, subject: str) -> Operation:
        return Operation(self.name, name, subject, self._clock, self.settings.timeout)

    def _of(self, operation: Operation, block: Block) -> Iterable[tuple[Address, bool]]:
        """Return the addresses of a block, each with whether it may have a PTR."""
        if block.network.num_addresses == 1:
            return [(block.network.network_address, True)]
        with_ptr = set(self._client.reverses(operation, block))
        if block.network.version == 6:
            return [(address, True) for address in with_ptr]
        return [(address, address in with_ptr) for address in block.network]

    def _block(self, operation: Operation, address: Address, age: float | None = None) -> Block:
        """Find the smallest block that has an address, as it was at most ``age`` seconds ago."""

        def smallest(blocks: list[Block]) -> Block | None:
            holding = [block for block in blocks if address in block.network]
            return max(holding, key=lambda block: block.network.prefixlen, default=None)

        if age is None:
            block = self._blocks.find(operation, smallest, _RELIST_AFTER)
        else:
            block = smallest(self._blocks.get(operation, age))
        if block is None:
            raise self._not_found(operation)
        return block

    def _read(self, operation: Operation, address: Address) -> Ptr | None:
        block = self._block(operation, address)
        reverse = self._client.reverse(operation, block, address)
        if reverse is None:
            # No PTR, or no such block any more: only the list tells.
            self._block(operation, address, _BELIEVED)
            return None
        return reverse.ptr(address)

    def _write(
        self, operation: Operation, address: Address, hostname: dns.name.Name | None
    ) -> None:
        block = self._block(operation, address)

        def write(look_again: LookAgain) -> None:
            if hostname is None:
                self._client.delete_reverse(operation, block, address, look_again)
            elif not self._client.set_reverse(operation, block, address, hostname, look_again):
                raise self._not_found(operation)

        def read() -> Ptr | None:
            return self._read(operation, address)

        write_ptr(operation, hostname, read, write, is_unresolved=is_unresolved)

    def _not_found(self, operation: Operation) -> AddressNotFoundError:
        count = len(self._blocks.get(operation))
        reason = (
            f"none of the account's {count} blocks of addresses contains it; `rdns addresses` "
            "lists them. Is the login another account's, or was the service ended?"
        )
        return operation.error(AddressNotFoundError, reason)
