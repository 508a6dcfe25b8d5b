"""The state behind the simulator, and what each call of the API does to it."""

from __future__ import annotations

import ipaddress
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.history import History

from .scenario import Machine, Scenario
from .zone import Zone

_MOMENT = "2025-02-27T11:54:00Z"


class RefusedError(Exception):
    """A request that the API refuses."""

    def __init__(self, status: int, message: str, errors: dict[str, list[str]] | None = None):
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors


@dataclass
class Ip:
    """An address of a VM and its PTR."""

    id: int
    address: str
    ptr: History[str | None]


@dataclass
class Action:
    """Something that a VM does, and what has become of it."""

    id: int
    name: str
    started: float
    ends: float
    effect: Callable[[float], None]
    result: str
    is_over: bool = False


@dataclass
class Vm:
    """A VPS."""

    id: int
    hostname: str
    default_name: str
    state: str
    locked_until: float
    ipv4: list[Ip] | None
    ipv6: list[Ip] | None
    actions: dict[int, Action] = field(default_factory=dict)

    @property
    def ips(self) -> list[Ip]:
        """All addresses."""
        return [*(self.ipv4 or ()), *(self.ipv6 or ())]


class Account:
    """VMs and zones. Whoever calls the API's part holds the guard."""

    def __init__(self, scenario: Scenario, now: Callable[[], float]) -> None:
        self.scenario = scenario
        self.now = now
        self.guard = threading.RLock()
        self._ids = itertools.count(52347)
        self._action_ids = itertools.count(8123712)
        self.vms: dict[int, Vm] = {}
        for machine in scenario.machines:
            self.add(machine)
        self.zones = {name: Zone(name, sets) for name, sets in scenario.zones.items()}
        named = scenario.zones if scenario.domains is None else scenario.domains
        self.domains = list(named)

    # What a test or the vendor's panel does and sees

    def add(self, machine: Machine) -> None:
        """Buy a VPS."""
        with self.guard:
            self.vms[machine.id] = Vm(
                id=machine.id,
                hostname=machine.hostname,
                default_name=f"srv{machine.id}.hstgr.cloud",
                state=machine.state,
                locked_until=self.now() + machine.locked_for,
                ipv4=self._ips(machine, machine.ipv4),
                ipv6=self._ips(machine, machine.ipv6),
            )

    def ptr(self, address: str) -> str | None:
        """Tell the PTR as it really is."""
        with self.guard:
            self.settle()
            return self._ip(address).ptr.now

    def set_ptr(self, address: str, hostname: str | None) -> None:
        """Change the PTR by hand, at once."""
        with self.guard:
            self._ip(address).ptr.put(self.now(), hostname)

    def records(self, zone: str, name: str, kind: str) -> tuple[int, list[str]] | None:
        """Tell TTL and values of an RRset as it really is; None where there is none."""
        with self.guard:
            return self.zones[zone].records(name, kind)

    def set_records(self, zone: str, name: str, kind: str, contents: list[str]) -> None:
        """Change an RRset by hand, at once; no contents take it away."""
        with self.guard:
            if contents:
                records = [{"content": content} for content in contents]
                entry = {"name": name, "type": kind, "ttl": 3600, "records": records}
                self.zones[zone].put(self.now(), {"zone": [entry]})
            else:
                filters = [{"name": name, "type": kind}]
                self.zones[zone].delete(self.now(), {"filters": filters})

    def lock(self, vm_id: int, seconds: float) -> None:
        """Let something else keep the VM busy."""
        with self.guard:
            self.vms[vm_id].locked_until = self.now() + seconds

    # The API

    def list_vms(self) -> Any:
        """GET /api/vps/v1/virtual-machines"""
        return [self._shown(vm, self.scenario.list_lag) for vm in self.vms.values()]

    def get_vm(self, vm_id: int) -> Any:
        """GET …/{virtualMachineId}"""
        return self._shown(self._vm(vm_id), 0)

    def get_action(self, vm_id: int, action_id: int) -> Any:
        """GET …/actions/{actionId}"""
        action = self._vm(vm_id).actions.get(action_id)
        if action is None:
            raise RefusedError(404, "[VPS:2004] Action is not found")
        return self._action(action)

    def create_ptr(self, vm_id: int, ip_id: int, body: Any) -> Any:
        """POST …/ptr/{ipAddressId}"""
        vm, ip = self._owned(vm_id, ip_id)
        domain = body.get("domain") if isinstance(body, dict) else None
        if not isinstance(domain, str) or "." not in domain:
            raise RefusedError(422, "Invalid.", {"domain": ["The domain field must be a name."]})
        if self.scenario.requires_forward and not self._resolves(domain, ip.address):
            reason = f"The domain {domain} does not resolve to {ip.address}."
            raise RefusedError(422, reason, {"domain": [reason]})
        return self._begin(vm, "ptr_create", lambda moment: ip.ptr.put(moment, domain))

    def delete_ptr(self, vm_id: int, ip_id: int) -> Any:
        """DELETE …/ptr/{ipAddressId}"""
        vm, ip = self._owned(vm_id, ip_id)
        left = vm.default_name if self.scenario.delete_leaves == "default" else None
        return self._begin(vm, "ptr_delete", lambda moment: ip.ptr.put(moment, left))

    def set_hostname(self, vm_id: int, body: Any) -> Any:
        """PUT …/hostname: leaves the PTR as it is"""
        vm = self._vm(vm_id)
        return self._begin(
            vm, "hostname_set", lambda moment: setattr(vm, "hostname", body["hostname"])
        )

    def reset_hostname(self, vm_id: int) -> Any:
        """DELETE …/hostname: sets hostname and PTR back"""
        vm = self._vm(vm_id)

        def effect(moment: float) -> None:
            vm.hostname = vm.default_name
            for ip in vm.ips:
                ip.ptr.put(moment, vm.default_name)

        return self._begin(vm, "hostname_reset", effect)

    def list_domains(self) -> Any:
        """GET /api/domains/v1/portfolio"""
        return [
            {"id": at, "domain": name, "type": "domain", "status": "active", "created_at": _MOMENT}
            for at, name in enumerate(self.domains, 13632)
        ]

    def get_zone(self, name: str) -> Any:
        """GET /api/dns/v1/zones/{domain}"""
        if name not in self.zones and self.scenario.zone_absent == "empty":
            return []
        return self.zone(name).shown(self.now() - self.scenario.zone_lag)

    def zone(self, name: str) -> Zone:
        """Find a zone."""
        if name not in self.zones:
            status = self.scenario.zone_absent.replace("empty", "404")
            raise RefusedError(int(status), "[DNS:7000] Domain is not found")
        return self.zones[name]

    def settle(self) -> None:
        """End the actions whose time has come."""
        for vm in self.vms.values():
            for action in vm.actions.values():
                if not action.is_over and self.now() >= action.ends:
                    action.is_over = True
                    if action.result == "success":
                        action.effect(action.ends)

    def _begin(self, vm: Vm, name: str, effect: Callable[[float], None]) -> Any:
        if self._is_locked(vm) and self.scenario.locked_refuses:
            raise RefusedError(422, "[VPS:2011] Virtual machine is locked")
        started = self.now()
        ends = started + self.scenario.action_delay
        action = Action(
            next(self._action_ids), name, started, ends, effect, self.scenario.action_result
        )
        vm.actions[action.id] = action
        self.settle()
        return self._action(action)

    def _action(self, action: Action) -> Any:
        state = action.result
        if not action.is_over:
            states = self.scenario.action_states
            part = (self.now() - action.started) / (action.ends - action.started)
            state = states[min(int(part * len(states)), len(states) - 1)]
        return {
            "id": action.id,
            "name": action.name,
            "state": state,
            "created_at": _MOMENT,
            "updated_at": _MOMENT,
        }

    def _shown(self, vm: Vm, lag: float) -> Any:
        return {
            "id": vm.id,
            "firewall_group_id": None,
            "subscription_id": "Azz000Example",
            "data_center_id": 1,
            "plan": "KVM 1",
            "hostname": vm.hostname,
            "state": vm.state,
            "actions_lock": "locked" if self._is_locked(vm) else "unlocked",
            "cpus": 1,
            "memory": 4096,
            "disk": 51200,
            "bandwidth": 1073741824,
            "ns1": "192.0.2.53",
            "ns2": None,
            "ipv4": self._shown_ips(vm.ipv4, lag),
            "ipv6": self._shown_ips(vm.ipv6, lag),
            "template": None,
            "created_at": "2024-09-05T07:25:36.00000Z",
        }

    def _shown_ips(self, ips: list[Ip] | None, lag: float) -> Any:
        moment = self.now() - self.scenario.ptr_lag - lag
        if ips is None:
            return None
        return [{"id": ip.id, "address": ip.address, "ptr": ip.ptr.at(moment)} for ip in ips]

    def _is_locked(self, vm: Vm) -> bool:
        acting = any(not action.is_over for action in vm.actions.values())
        return self.now() < vm.locked_until or (self.scenario.acting_locks and acting)

    def _vm(self, vm_id: int) -> Vm:
        if vm_id not in self.vms:
            raise RefusedError(404, "[VPS:2003] Virtual machine is not found")
        return self.vms[vm_id]

    def _owned(self, vm_id: int, ip_id: int) -> tuple[Vm, Ip]:
        vm = self._vm(vm_id)
        for ip in vm.ips:
            if ip.id == ip_id:
                return vm, ip
        raise RefusedError(404, "[VPS:2005] IP address is not found")

    def _ip(self, address: str) -> Ip:
        wanted = ipaddress.ip_address(address)
        return next(ip for ip in self._all_ips() if ipaddress.ip_address(ip.address) == wanted)

    def _all_ips(self) -> Iterator[Ip]:
        return (ip for vm in self.vms.values() for ip in vm.ips)

    def _ips(self, machine: Machine, addresses: list[str] | None) -> list[Ip] | None:
        if addresses is None:
            return None
        is_default = self.scenario.initial_ptr == "default"
        first = f"srv{machine.id}.hstgr.cloud" if is_default else None
        return [Ip(next(self._ids), address, History(first)) for address in addresses]

    def _resolves(self, hostname: str, address: str) -> bool:
        return any(zone.resolves(hostname, address) for zone in self.zones.values())
