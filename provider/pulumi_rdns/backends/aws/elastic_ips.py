"""PTR records of Elastic IP addresses: EC2 takes a change, and makes it within minutes."""

from __future__ import annotations

import re

import dns.name

from pulumi_rdns.backends.base import OwnedAddress, Ptr
from pulumi_rdns.backends.kit.actions import poll
from pulumi_rdns.backends.kit.caches import Listing
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.ptrs import READ_BACK, retry_unresolved
from pulumi_rdns.backends.kit.rrsets import readable
from pulumi_rdns.errors import (
    AddressNotFoundError,
    ConflictError,
    RejectedError,
    UnavailableError,
)
from pulumi_rdns.model.addresses import Address, parse_address
from pulumi_rdns.model.names import from_dns

from .client import Client
from .types import AddressAttribute, ElasticIp

#: seconds before the addresses are listed again for one that is not among them
_RELIST_AFTER = 10.0
#: seconds for which a list still counts as live
_FRESH = 5.0
#: what a refusal for want of a forward record speaks of: its exact words are not documented
_UNRESOLVED = re.compile(r"\b(resolv\w+|forward|lookup|(A|DNS) records?)\b", re.IGNORECASE)


class ElasticIps:
    """Finds addresses in a list of all, read once, and changes their PTRs."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._list = Listing("the list of addresses", client.addresses, clock)

    def get(self, operation: Operation, address: Address) -> Ptr | None:
        """Read the PTR that is served. Raises AddressNotFoundError."""
        with readable(operation):
            return self._client.ptr(operation, self._find(operation, address)).ptr

    def change(
        self, operation: Operation, address: Address, hostname: dns.name.Name | None
    ) -> None:
        """Set the PTR, or take it back to the default for None, and wait until that is made.

        Raises ConflictError where somebody else sets another name while this waits.
        """
        with readable(operation):
            _Change(self._client, operation, self._find(operation, address), hostname).make()

    def all(self, operation: Operation) -> list[OwnedAddress]:
        """List all addresses, sorted, each with its PTR."""
        there = self._list.get(operation, _FRESH)
        with readable(operation):
            ptrs = {one.public_ip: one.ptr for one in self._client.ptrs(operation)}
        found = [
            OwnedAddress(parse_address(ip.public_ip), *ip.owner, ptrs.get(ip.public_ip))
            for ip in there
            if ip.allocation_id
        ]
        return sorted(found, key=lambda owned: int(owned.address))

    def _find(self, operation: Operation, address: Address) -> ElasticIp:
        text = str(address)

        def pick(there: list[ElasticIp]) -> ElasticIp | None:
            return next((ip for ip in there if ip.public_ip == text and ip.allocation_id), None)

        found = self._list.find(operation, pick, _RELIST_AFTER)
        if found is None:
            count = len(self._list.get(operation))
            raise operation.error(
                AddressNotFoundError,
                f"it is none of the account's Elastic IP addresses in this region ({count}), and "
                "EC2 sets the PTR of no others",
            )
        return found


class _Change:
    """One change of one address's PTR; None for the default."""

    def __init__(
        self, client: Client, operation: Operation, ip: ElasticIp, hostname: dns.name.Name | None
    ) -> None:
        self._client = client
        self._operation = operation
        self._ip = ip
        self._hostname = hostname
        #: why EC2 did not make the change when it was asked before
        self._refused = ""

    def make(self) -> None:
        """Ask for it, and wait for its end, unless it is so already."""
        first = self._look()
        self._before = first.ptr
        now = poll(self._operation, first, self._look, self._anothers)
        if self._anothers(now):
            raise self._still_pending(now)
        if now is not first:
            self._refuse_stranger(now)
        if now.is_pending:  # an earlier run asked for the same
            self._await_end(now)
            return
        if not self._is_made(now):
            retry_unresolved(
                self._operation,
                self._ask,
                is_unresolved=lambda error: bool(_UNRESOLVED.search(error.reason)),
                look_again=self._look_again,
            )

    def _ask(self) -> None:
        self._await_end(
            self._client.change_ptr(self._operation, self._ip, self._hostname, self._look_again)
        )

    def _await_end(self, begun: AddressAttribute) -> None:
        """Wait until the change is made. Raises RejectedError with EC2's reason why it is not."""
        began = self._operation.elapsed

        def pending(now: AddressAttribute) -> str:
            if self._is_made(now) or self._refusal(now):
                return ""
            # The first looks may show nothing of the change yet.
            if now.is_pending or self._operation.elapsed - began < READ_BACK:
                return "waiting for EC2 to make the change"
            return ""

        now = poll(self._operation, begun, self._look, pending)
        if self._is_made(now):
            return
        if now.is_pending:
            raise self._still_pending(now)
        if refusal := self._refusal(now):
            self._refused = refusal
            raise self._operation.error(
                RejectedError,
                f"EC2 took the change and did not make it: {refusal}",
                f"status {now.ptr_record_update.status}",
            )
        self._operation.warn(
            f"EC2 took the change, but still shows {_shown(now.ptr)}; `pulumi refresh` tells "
            "whether it came later"
        )

    def _look(self) -> AddressAttribute:
        return self._client.ptr(self._operation, self._ip)

    def _look_again(self) -> None:
        self._refuse_stranger(self._look())

    def _refuse_stranger(self, now: AddressAttribute) -> None:
        """Raise ConflictError for a name that was not there at first, and that is not wanted."""
        if now.ptr is None or now.ptr.is_default or now.ptr == self._before:
            return
        if now.ptr.hostname != self._hostname:
            reason = f"it changed meanwhile, to {_shown(now.ptr)}"
            raise self._operation.error(ConflictError, reason)

    def _anothers(self, now: AddressAttribute) -> str:
        """Return what is waited for while a change is on its way that nobody here asked for."""
        if not now.is_pending or self._is_wanted(now.requested):
            return ""
        return f"waiting for an earlier change, to {_shown(now.requested)}"

    def _is_wanted(self, ptr: Ptr | None) -> bool:
        if self._hostname is None:
            return ptr is None or ptr.is_default
        return ptr is not None and ptr.hostname == self._hostname

    def _is_made(self, now: AddressAttribute) -> bool:
        return self._is_wanted(now.ptr) and not now.is_pending

    def _refusal(self, now: AddressAttribute) -> str:
        """Return why EC2 did not make the change that it took; empty where it does not say so."""
        is_ours = self._is_wanted(now.requested) and not now.is_pending
        return now.ptr_record_update.reason if is_ours else ""

    def _still_pending(self, now: AddressAttribute) -> UnavailableError:
        before = f" (EC2 refused it before: {self._refused})" if self._refused else ""
        return self._operation.error(
            UnavailableError,
            f"the change to {_shown(now.requested)} is still {now.ptr_record_update.status} after "
            f"{self._operation.elapsed:.0f} s{before}. It may end well yet: run it again later, or "
            "raise `timeout`",
        )


def _shown(ptr: Ptr | None) -> str:
    return "the default" if ptr is None else from_dns(ptr.hostname)
