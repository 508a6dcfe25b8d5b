"""The account's VMs and their addresses: listed once, for all addresses and threads."""

from __future__ import annotations

import re
import threading

from pulumi_rdns.backends.base import OwnedAddress, Ptr
from pulumi_rdns.backends.kit.caches import Listing, Locks
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.errors import AddressNotFoundError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import from_dns

from .client import Client
from .types import AnyIp, VirtualMachine

#: seconds for which what was read still counts as live
FRESH = 5.0
#: seconds before the account is listed again for an address that is not in it
_RELIST_AFTER = 10.0
_NEVER = float("-inf")
_SHOWN_ADDRESSES = 10
_DEFAULT_NAME = re.compile(r"srv\d+\.hstgr\.cloud\Z")


class Inventory:
    """Finds the VM of an address.

    The list only says which VM has an address: it may lag behind what an earlier run wrote. What
    counts is the VM as it is read alone, once for all of its addresses.
    """

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._list = Listing("the list of VMs", self._fetch, clock)
        self._lock = threading.Lock()
        self._reading = Locks()
        #: id -> the VM, and when it was asked for alone; never, where only a list showed it
        self._machines: dict[int, tuple[VirtualMachine, float]] = {}
        self._written: set[int] = set()

    def find(
        self, operation: Operation, address: Address, age: float = FRESH
    ) -> tuple[VirtualMachine, AnyIp]:
        """Find the VM of an address, as it was at most ``age`` seconds ago.

        Raises AddressNotFoundError where no VM of the account has it.
        """
        vm, seen = self._holder(operation, address)
        if not self._is_fresh(seen, age):
            with operation.holding(self._reading[vm.id], vm.label):
                vm, seen = self._holder(operation, address)
                if not self._is_fresh(seen, age):
                    vm = self.renew(operation, vm)
        return vm, self.ip(operation, vm, address)

    def ip(self, operation: Operation, vm: VirtualMachine, address: Address) -> AnyIp:
        """Pick the address of a VM. Raises AddressNotFoundError where it has it no longer."""
        ip = vm.ip(address)
        if ip is None:
            reason = f"{vm.label} does not have this address any more"
            raise operation.error(AddressNotFoundError, reason)
        return ip

    def renew(self, operation: Operation, vm: VirtualMachine) -> VirtualMachine:
        """Read one VM again. Raises AddressNotFoundError where it is gone."""
        renewed, code, sent = self._client.machine(operation, vm.id)
        if renewed is None:
            with self._lock:
                self._machines.pop(vm.id, None)
            raise operation.error(
                AddressNotFoundError,
                f"{vm.label} is not in the account any more: was it deleted?",
                code,
            )
        with self._lock:
            if self._asked(renewed.id) <= sent:
                self._machines[renewed.id] = (renewed, sent)
        return renewed

    def note_write(self, vm: VirtualMachine) -> None:
        """Remember that lists may show this VM as it was before."""
        with self._lock:
            self._written.add(vm.id)

    def all(self, operation: Operation) -> list[VirtualMachine]:
        """List all VMs, as they were at most 5 seconds ago."""
        self._list.get(operation, FRESH)
        oldest = self._clock.now() - FRESH
        with self._lock:
            known = list(self._machines.values())
            stale = {vm.id for vm, seen in known if vm.id in self._written and seen < oldest}
        return [self.renew(operation, vm) if vm.id in stale else vm for vm, _ in known]

    def _holder(self, operation: Operation, address: Address) -> tuple[VirtualMachine, float]:
        found = self._list.find(operation, lambda _: self._known(address), _RELIST_AFTER)
        if found is None:
            raise operation.error(AddressNotFoundError, self._not_found())
        return found

    def _known(self, address: Address) -> tuple[VirtualMachine, float] | None:
        with self._lock:
            entries = self._machines.values()
            return next((entry for entry in entries if entry[0].ip(address)), None)

    def _fetch(self, operation: Operation) -> tuple[None, float]:
        """List the VMs, but keep what was read alone since, or after a write."""
        vms, _, sent = self._client.machines(operation)
        listed = {vm.id: (vm, _NEVER) for vm in vms or ()}
        with self._lock:
            for at in listed.keys() & self._machines.keys():
                if at in self._written or self._is_fresh(self._asked(at)):
                    listed[at] = self._machines[at]
            self._machines = listed
        return None, sent

    def _is_fresh(self, seen: float, age: float = FRESH) -> bool:
        return self._clock.now() - seen <= age

    def _asked(self, vm_id: int) -> float:
        entry = self._machines.get(vm_id)
        return entry[1] if entry else _NEVER

    def _not_found(self) -> str:
        with self._lock:
            there = [ip.address for vm, _ in self._machines.values() for ip in vm.ips]
        if not there:
            has = "it has no VM with an address"
        elif len(there) > _SHOWN_ADDRESSES:
            has = f"it has {len(there)} others, which `rdns addresses` lists"
        else:
            has = f"it has {', '.join(str(address) for address in sorted(there, key=_order))}"
        return (
            f"no VM of this account has it; {has}. Is the token another account's, or was the VM "
            "deleted?"
        )


def _order(address: Address) -> tuple[int, int]:
    return address.version, int(address)


def ptr_of(vm: VirtualMachine, ip: AnyIp) -> Ptr | None:
    """Read the PTR. A name that the vendor gave is the default: srv….hstgr.cloud, or the VM's."""
    if ip.hostname is None:
        return None
    text = from_dns(ip.hostname)
    own = vm.hostname.rstrip(".").lower()
    return Ptr(ip.hostname, text == own or is_vendor_name(ip))


def is_vendor_name(ip: AnyIp) -> bool:
    """Whether the PTR is one that only the vendor gives."""
    return ip.hostname is not None and bool(_DEFAULT_NAME.match(from_dns(ip.hostname)))


def owned_addresses(vms: list[VirtualMachine]) -> list[OwnedAddress]:
    """List all addresses, sorted by address."""
    found = [
        OwnedAddress(ip.address, str(vm.id), vm.hostname, ptr_of(vm, ip))
        for vm in vms
        for ip in vm.ips
    ]
    return sorted(found, key=lambda owned: _order(owned.address))
