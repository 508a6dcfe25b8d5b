"""The PTR records of the account's addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import dns.name

from pulumi_rdns.backends.base import OwnedAddress, Ptr, Settings
from pulumi_rdns.backends.kit.addresses import HostBackend
from pulumi_rdns.backends.kit.caches import Listing
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.ptrs import LookAgain
from pulumi_rdns.backends.kit.undocumented import (
    before_any_write,
    left_by_delete,
    shown_at_once,
    unresolved_hostname,
)
from pulumi_rdns.backends.observed import Point
from pulumi_rdns.errors import AddressNotFoundError, RejectedError
from pulumi_rdns.model.addresses import Address

from .client import Client
from .types import ENVIRONMENT, SECRETS, Block, OvhSettings, is_unresolved

#: seconds before the blocks are listed again for an address that is in none
_RELIST_AFTER = 10.0
#: seconds for which a block counts as the account's where the API has no PTR of its address
_BELIEVED = 60.0


class OvhBackend(HostBackend[OvhSettings]):
    """The PTR records of the account's addresses.

    The account's blocks are listed once, to find the one of each address.
    """

    settings_type: ClassVar[type[Settings]] = OvhSettings
    environment: ClassVar[dict[str, str]] = ENVIRONMENT
    secrets: ClassVar[frozenset[str]] = SECRETS
    unshown: ClassVar[frozenset[str]] = frozenset({"applicationKey", "clientId"})
    undocumented: ClassVar[Sequence[Point]] = (
        unresolved_hostname("The words of the refusal where the forward record does not match:"),
        left_by_delete("Whether a delete leaves OVHcloud's default name:"),
        before_any_write("Whether an address that nobody named has its default name as a reverse:"),
        shown_at_once("Whether a read may lag behind a write:"),
    )

    def __init__(
        self, name: str, settings: OvhSettings, root: Path, clock: Clock | None = None
    ) -> None:
        super().__init__(name, settings, root, clock)
        self._client = Client(name, settings, self._clock)
        self._blocks = Listing("the list of addresses", self._client.blocks, self._clock)

    @property
    def identity(self) -> str:
        """The API, whatever the login: an address is in one account at a time."""
        return f"ovh {self._client.url}"

    def _read(self, operation: Operation, address: Address) -> Ptr | None:
        block = self._block(operation, address)
        reverse = self._client.reverse(operation, block, address)
        if reverse is None:
            # No PTR, or no such block any more: only the list tells.
            self._block(operation, address, _BELIEVED)
            return None
        return reverse.ptr(address)

    def _write(
        self,
        operation: Operation,
        address: Address,
        hostname: dns.name.Name | None,
        look_again: LookAgain,
    ) -> None:
        block = self._block(operation, address)
        if hostname is None:
            self._client.delete_reverse(operation, block, address, look_again)
        elif not self._client.set_reverse(operation, block, address, hostname, look_again):
            raise self._not_found(operation)

    def _list(self, operation: Operation) -> Iterator[OwnedAddress]:
        """List the account's addresses, of an IPv6 block only those that have a PTR.

        The owner is the service of the block.
        """
        for block in self._blocks.get(operation, _RELIST_AFTER):
            owner = self._client.owner(operation, block)
            for address, may_have_ptr in self._of(operation, block):
                reverse = self._client.reverse(operation, block, address) if may_have_ptr else None
                ptr = None if reverse is None else reverse.ptr(address)
                yield OwnedAddress(address, owner, owner, ptr)

    def _is_unresolved(self, error: RejectedError) -> bool:
        return is_unresolved(error)

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

    def _not_found(self, operation: Operation) -> AddressNotFoundError:
        count = len(self._blocks.get(operation))
        reason = (
            f"none of the account's {count} blocks of addresses contains it; `rdns addresses` "
            "lists them. Is the login another account's, or was the service ended?"
        )
        return operation.error(AddressNotFoundError, reason)
