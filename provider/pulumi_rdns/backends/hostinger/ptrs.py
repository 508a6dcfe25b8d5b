"""Set and delete a PTR: the VM must be free, the action must end, the VM must show it."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import dns.name

from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.retry import growing
from pulumi_rdns.errors import ConflictError, RejectedError, UnavailableError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import name_text

from .client import Client
from .inventory import MACHINES, Inventory, is_vendor_name, ptr_of
from .wire import Action, AnyIp, VirtualMachine

#: seconds between two looks
_FIRST_LOOK, _LONGEST_LOOK = 1.0, 10.0
#: seconds for which what was seen is good enough to write upon it
_RECENT = 1.0
#: seconds after a successful action in which the VM should show the change
_READ_BACK = 30.0


@dataclass(frozen=True)
class _Change:
    """What to ask of an address, and how it looks when it is done."""

    address: Address
    method: str
    #: the name to set; None deletes
    hostname: dns.name.Name | None
    is_done: Callable[[AnyIp], bool]
    #: success may leave it looking as it did, so nothing is waited for
    may_stay: bool = False
    #: what to think of when it is refused
    hint: str = ""

    @property
    def body(self) -> dict[str, str] | None:
        """What is sent."""
        return None if self.hostname is None else {"domain": name_text(self.hostname)}


class Ptrs:
    """Writes PTRs, one at a time per VM: an action locks the whole VM."""

    def __init__(self, client: Client, inventory: Inventory) -> None:
        self._client = client
        self._inventory = inventory
        self._locks: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)

    def set(self, operation: Operation, address: Address, hostname: dns.name.Name) -> None:
        """Set the PTR (POST …/ptr/{ipAddressId}, which creates and updates).

        Raises ConflictError where somebody else sets another name while this waits.
        """
        change = _Change(
            address,
            "POST",
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
        self._run(operation, _Change(address, "DELETE", None, is_done, may_stay=ptr.is_default))

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
        """Give the action that was begun; None where a refusal had nothing left to do."""
        path = f"{MACHINES}/{vm.id}/ptr/{before.id}"

        def look_again() -> None:
            now, _ = self._inventory.find(operation, change.address, _RECENT)
            self._refuse_stranger(operation, now, before, change)

        vm = self._await_free(operation, vm)
        self._refuse_stranger(operation, vm, before, change)
        while True:
            try:
                answer = self._client.send(
                    operation,
                    change.method,
                    path,
                    change.body,
                    absent=(404,),
                    look_again=look_again,
                )
                if answer.is_success:
                    return answer.read(operation, Action)
                refusal = operation.error(
                    RejectedError, f"{vm.label} has no address of id {before.id}", answer.code
                )
            except RejectedError as error:
                refusal = error
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

    def _refuse_stranger(
        self, operation: Operation, vm: VirtualMachine, before: AnyIp, change: _Change
    ) -> None:
        """Raise ConflictError where the address has a name that it had not when this began."""
        ip = self._inventory.ip(operation, vm, change.address)
        if ip.hostname in (None, before.hostname, change.hostname) or is_vendor_name(ip):
            return
        raise operation.error(ConflictError, f"it changed meanwhile, to {_shown(ip)}")

    def _await_free(self, operation: Operation, vm: VirtualMachine) -> VirtualMachine:
        pauses = growing(_FIRST_LOOK, _LONGEST_LOOK)
        while vm.obstacle:
            if not operation.left:
                raise operation.error(
                    UnavailableError,
                    f"{vm.label} {vm.obstacle}, for {operation.elapsed:.0f} s now, and takes no "
                    "change; see its latest actions in hPanel, or raise `timeout`",
                )
            operation.pause(next(pauses), f"waiting: {vm.label} {vm.obstacle}")
            vm = self._inventory.renew(operation, vm)
        return vm

    def _await_end(self, operation: Operation, vm: VirtualMachine, action: Action) -> None:
        pauses = growing(_FIRST_LOOK, _LONGEST_LOOK)
        while action.state not in ("success", "error"):
            if not operation.left:
                raise operation.error(
                    UnavailableError,
                    f"{action.label} of {vm.label} is still {action.state!r} after "
                    f"{operation.elapsed:.0f} s. It may end well yet: run it again later, or raise "
                    "`timeout`",
                )
            operation.pause(
                next(pauses), f"waiting for {action.label} of {vm.label}: {action.state}"
            )
            path = f"{MACHINES}/{vm.id}/actions/{action.id}"
            answer = self._client.send(operation, "GET", path, absent=(404,))
            if not answer.is_success:
                vm = self._inventory.renew(operation, vm)
                reason = f"{vm.label} knows nothing of {action.label} any more; run it again"
                raise operation.error(UnavailableError, reason, answer.code)
            action = answer.read(operation, Action)
        if action.state == "error":
            raise operation.error(
                RejectedError,
                f"{action.label} of {vm.label} ended in an error. Hostinger does not say why: see "
                "the VM's latest actions in hPanel",
                f"action {action.id}",
            )

    def _read_back(self, operation: Operation, vm: VirtualMachine, change: _Change) -> None:
        pauses = growing(_FIRST_LOOK, _LONGEST_LOOK)
        until = operation.elapsed + min(_READ_BACK, operation.left)
        vm = self._inventory.renew(operation, vm)
        while not (change.may_stay or self._is_done(operation, vm, change)):
            if operation.elapsed >= until:
                ip = self._inventory.ip(operation, vm, change.address)
                operation.warn(
                    f"Hostinger reported success, but {vm.label} still shows {_shown(ip)}; `pulumi "
                    "refresh` tells whether it came later"
                )
                return
            operation.pause(next(pauses), f"waiting for {vm.label} to show the change")
            vm = self._inventory.renew(operation, vm)

    def _is_done(self, operation: Operation, vm: VirtualMachine, change: _Change) -> bool:
        return change.is_done(self._inventory.ip(operation, vm, change.address))


def _shown(ip: AnyIp) -> str:
    return "nothing" if ip.hostname is None else name_text(ip.hostname)
