"""Set and delete a PTR: the VM must be free, the action must end, the VM must show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import dns.name

from pulumi_rdns.backends.kit.actions import not_shown_by, poll
from pulumi_rdns.backends.kit.caches import Locks
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.errors import ConflictError, RejectedError, UnavailableError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import from_dns

from .client import Client, Reply
from .inventory import Inventory, is_vendor_name, ptr_of
from .types import Action, AnyIp, VirtualMachine

#: seconds for which what was seen is good enough to write upon it
_RECENT = 1.0
#: seconds after a successful action in which the VM should show the change
_READ_BACK = 30.0


@dataclass(frozen=True)
class _Change:
    """What to ask of an address, and how it looks when it is done."""

    address: Address
    #: the name to set; None deletes
    hostname: dns.name.Name | None
    is_done: Callable[[AnyIp], bool]
    #: success may leave it looking as it did, so nothing is waited for
    may_stay: bool = False
    #: what to think of when it is refused
    hint: str = ""


class Ptrs:
    """Writes PTRs, one at a time per VM: an action locks the whole VM."""

    def __init__(self, client: Client, inventory: Inventory) -> None:
        self._client = client
        self._inventory = inventory
        self._locks = Locks()

    def set(self, operation: Operation, address: Address, hostname: dns.name.Name) -> None:
        """Set the PTR (POST …/ptr/{ipAddressId}, which creates and updates).

        Raises ConflictError where somebody else sets another name while this waits.
        """
        change = _Change(
            address,
            hostname,
            lambda ip: ip.hostname == hostname,
            hint="; if it says that the name does not resolve, the forward record may be too new "
            "for Hostinger to see: run it again in some minutes",
        )
        self._run(operation, change)

    def unset(self, operation: Operation, address: Address) -> None:
        """Delete the PTR. Whether nothing or the default name is left, it is done.

        Raises ConflictError where somebody else sets another name while this waits.
        """
        vm, before = self._inventory.find(operation, address)
        ptr = ptr_of(vm, before)
        if ptr is None or is_vendor_name(before):
            return

        def is_done(ip: AnyIp) -> bool:
            return ip.hostname is None or is_vendor_name(ip) or ip.hostname != ptr.hostname

        # A VM's own hostname may be set as its PTR and be the default too: deleting may leave it.
        self._run(operation, _Change(address, None, is_done, may_stay=ptr.is_default))

    def _run(self, operation: Operation, change: _Change) -> None:
        vm, before = self._inventory.find(operation, change.address)
        with operation.holding(self._locks[vm.id], vm.label):
            vm, _ = self._inventory.find(operation, change.address, _RECENT)
            self._inventory.note_write(vm)
            action = self._ask(operation, vm, before, change)
            if action is not None:
                self._await_end(operation, vm, action)
                self._read_back(operation, vm, change)

    def _ask(
        self, operation: Operation, vm: VirtualMachine, before: AnyIp, change: _Change
    ) -> Action | None:
        """Return the action that was begun; None where a refusal had nothing left to do."""
        vm = self._await_free(operation, vm)
        self._refuse_stranger(operation, vm, before, change)
        while True:
            try:
                action, code, _ = self._begin(operation, vm, before, change)
            except RejectedError as error:
                refusal = error
            else:
                if action is not None:
                    return action
                reason = f"{vm.label} has no address of id {before.id}"
                refusal = operation.error(RejectedError, reason, code)
            vm = self._inventory.renew(operation, vm)
            is_busy = bool(vm.obstacle)
            vm = self._await_free(operation, vm)
            self._refuse_stranger(operation, vm, before, change)
            if self._is_done(operation, vm, change):
                return None
            if not is_busy:
                state = f"; {vm.label} is in state {vm.state!r}" if vm.state != "running" else ""
                raise operation.error(
                    RejectedError, refusal.reason + state + change.hint, refusal.code
                ) from refusal

    def _begin(
        self, operation: Operation, vm: VirtualMachine, before: AnyIp, change: _Change
    ) -> Reply[Action]:
        def look_again() -> None:
            now, _ = self._inventory.find(operation, change.address, _RECENT)
            self._refuse_stranger(operation, now, before, change)

        if change.hostname is None:
            return self._client.delete_ptr(operation, vm.id, before.id, look_again)
        return self._client.set_ptr(operation, vm.id, before.id, change.hostname, look_again)

    def _refuse_stranger(
        self, operation: Operation, vm: VirtualMachine, before: AnyIp, change: _Change
    ) -> None:
        """Raise ConflictError where the address has a name that it had not when this began."""
        ip = self._inventory.ip(operation, vm, change.address)
        if ip.hostname in (None, before.hostname, change.hostname) or is_vendor_name(ip):
            return
        raise operation.error(ConflictError, f"it changed meanwhile, to {_shown(ip)}")

    def _await_free(self, operation: Operation, vm: VirtualMachine) -> VirtualMachine:
        vm = poll(
            operation,
            vm,
            lambda: self._inventory.renew(operation, vm),
            lambda vm: f"waiting: {vm.label} {vm.obstacle}" if vm.obstacle else "",
        )
        if vm.obstacle:
            raise operation.error(
                UnavailableError,
                f"{vm.label} {vm.obstacle}, for {operation.elapsed:.0f} s now, and takes no "
                "change; see its latest actions in hPanel, or raise `timeout`",
            )
        return vm

    def _await_end(self, operation: Operation, vm: VirtualMachine, begun: Action) -> None:
        def look() -> Action:
            action, code, _ = self._client.action(operation, vm.id, begun.id)
            if action is not None:
                return action
            now = self._inventory.renew(operation, vm)
            reason = f"{now.label} knows nothing of {begun.label} any more; run it again"
            raise operation.error(UnavailableError, reason, code)

        def pending(action: Action) -> str:
            waiting = f"waiting for {action.label} of {vm.label}: {action.state}"
            return "" if action.is_over else waiting

        action = poll(operation, begun, look, pending)
        if not action.is_over:
            raise operation.error(
                UnavailableError,
                f"{action.label} of {vm.label} is still {action.state!r} after "
                f"{operation.elapsed:.0f} s. It may end well yet: run it again later, or raise "
                "`timeout`",
            )
        if action.state == "error":
            raise operation.error(
                RejectedError,
                f"{action.label} of {vm.label} ended in an error. Hostinger does not say why: see "
                "the VM's latest actions in hPanel",
                f"action {action.id}",
            )

    def _read_back(self, operation: Operation, vm: VirtualMachine, change: _Change) -> None:
        def look() -> VirtualMachine:
            return self._inventory.renew(operation, vm)

        def pending(vm: VirtualMachine) -> str:
            is_shown = change.may_stay or self._is_done(operation, vm, change)
            return "" if is_shown else not_shown_by(vm.label)

        vm = poll(operation, look(), look, pending, within=_READ_BACK)
        if pending(vm):
            ip = self._inventory.ip(operation, vm, change.address)
            operation.warn(
                f"Hostinger reported success, but {vm.label} still shows {_shown(ip)}; `pulumi "
                "refresh` tells whether it came later"
            )

    def _is_done(self, operation: Operation, vm: VirtualMachine, change: _Change) -> bool:
        return change.is_done(self._inventory.ip(operation, vm, change.address))


def _shown(ip: AnyIp) -> str:
    return "nothing" if ip.hostname is None else from_dns(ip.hostname)
