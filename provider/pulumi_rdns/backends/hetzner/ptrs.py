"""The PTRs of addresses: whose an address is, is found from the address alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import dns.name

from pulumi_rdns.backends.base import OwnedAddress, Ptr
from pulumi_rdns.backends.kit.actions import not_shown_by, poll
from pulumi_rdns.backends.kit.caches import Listing
from pulumi_rdns.backends.kit.compare import write_once
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.errors import AddressNotFoundError, ConflictError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import from_dns

from .client import Client
from .types import Action, Owner, Ref, RefusedError, default_name

#: an age that no list has: it is read again
_AFRESH = -1.0
#: seconds before everything is listed again for an address that is not in the list
_RELIST_AFTER = 10.0
#: seconds after a successful action in which the API should show the change
_READ_BACK = 30.0


class Ptrs:
    """Reads and writes PTRs. A list says whose an address is; the PTR is read there alone."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._list = Listing("the list of addresses", client.owners, clock)
        self._known: dict[Address, Ref] = {}

    def read(self, operation: Operation, address: Address) -> Owner:
        """Read what has an address, as it is now. Raises AddressNotFoundError where nothing has."""
        ref = self._known.get(address)
        owner = self._client.owner(operation, ref) if ref else None
        if owner is None or not owner.has(address):
            owner = self._find(operation, address)
            self._known[address] = owner.ref
        return owner

    def change(
        self, operation: Operation, address: Address, hostname: dns.name.Name | None
    ) -> None:
        """Set a PTR, or with None set it back to the default; wait until the API shows it.

        Raises ConflictError where somebody else sets another one meanwhile.
        """
        expected: list[Ptr | None] = []

        def look() -> Sequence[Owner]:
            owner = self.read(operation, address)
            ptr = owner.ptr(address)
            if _is_unset(ptr) if hostname is None else ptr is not None and ptr[0] == hostname:
                return ()
            expected.append(ptr)
            if ptr != expected[0] and not _is_unset(ptr):
                raise operation.error(ConflictError, f"it changed meanwhile, to {_shown(ptr)}")
            return [owner]

        def look_again() -> None:
            look()

        def write(owners: Sequence[Owner]) -> None:
            owner = owners[0]
            ask = partial(self._ask, operation, owner, address, hostname, look_again)
            self._client.await_end(operation, self._client.begin(operation, owner.ref, ask))

        if write_once(operation, look, write, self._client.policy):

            def pending(owners: Sequence[Owner]) -> str:
                return not_shown_by(owners[0].ref) if owners else ""

            if poll(operation, look(), look, pending, within=_READ_BACK, first=0.5, longest=5.0):
                operation.warn(
                    "Hetzner reported success, but does not show it yet; `pulumi refresh` tells "
                    "whether it came later"
                )

    def all(self, operation: Operation) -> list[OwnedAddress]:
        """List all addresses, sorted; a primary IP that is in use is its server's."""
        owners = {owner.ref: owner for owner in self._list.get(operation, _AFRESH)}
        found: dict[Address, OwnedAddress] = {}
        for owner in owners.values():
            holder = owners.get(owner.assignee, owner) if owner.assignee else owner
            id_ = str(holder.ref.id)
            if holder.ref.kind != "servers":
                id_ = f"{holder.ref.kind}/{id_}"  # each kind counts its ids for itself
            for address in owner.addresses:
                entry = OwnedAddress(address, id_, holder.name, owner.ptr(address))
                found.setdefault(address, entry)
        return sorted(found.values(), key=lambda one: (one.address.version, int(one.address)))

    def _find(self, operation: Operation, address: Address) -> Owner:
        """Find what has an address: by itself for IPv4, in the list for all else."""
        if address.version == 4:
            owner = self._client.primary_ip(operation, address)
            if owner is not None:
                return owner

        def pick(owners: list[Owner]) -> Owner | None:
            return next((owner for owner in owners if owner.has(address)), None)

        listed = self._list.find(operation, pick, _RELIST_AFTER)
        if listed is None:
            count = len(self._list.get(operation))
            raise operation.error(
                AddressNotFoundError,
                "no server, primary IP, floating IP or load balancer of this project has it "
                f"({count} there; `rdns addresses` lists their addresses). Is the token another "
                "project's?",
            )
        owner = self._client.owner(operation, listed.ref)
        if owner is None or not owner.has(address):
            raise _gone(operation, listed.ref)
        return owner

    def _ask(
        self,
        operation: Operation,
        owner: Owner,
        address: Address,
        hostname: dns.name.Name | None,
        look_again: Callable[[], None],
    ) -> Action:
        try:
            return self._client.change_ptr(operation, owner.ref, address, hostname, look_again)
        except RefusedError as refusal:
            if refusal.api_code == "not_found":
                raise _gone(operation, owner.ref) from refusal
            if hostname is not None or refusal.api_code != "invalid_input":
                raise
            # The API's document has `null` for servers and load balancers alone.
            ref, name = owner.assignee or owner.ref, None
            if owner.assignee is None and (name := default_name(address)) is None:
                raise
            return self._client.change_ptr(operation, ref, address, name, look_again)


def _gone(operation: Operation, ref: Ref) -> AddressNotFoundError:
    reason = f"{ref} does not have it any more: was it deleted?"
    return operation.error(AddressNotFoundError, reason)


def _is_unset(ptr: Ptr | None) -> bool:
    return ptr is None or ptr.is_default


def _shown(ptr: Ptr | None) -> str:
    return "nothing" if ptr is None else from_dns(ptr.hostname)
