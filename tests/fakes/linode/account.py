"""The state behind the simulator, and what each call of the API does to it."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.fakes.history import History

from .scenario import Machine, Scenario

_REGION = "eu-central"


class RefusedError(Exception):
    """A request that the API refuses."""

    def __init__(self, status: int, reason: str, field: str | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.field = field


@dataclass
class Ip:
    """A public address and its RDNS. ``owner`` is a Linode's id."""

    address: ipaddress.IPv4Address | ipaddress.IPv6Address
    owner: int | None
    default: str | None
    rdns: History[str | None]
    #: of a range: shown only with an RDNS
    is_of_a_range: bool = False


class Account:
    """Addresses and Linodes. Whoever calls the API's part holds the guard."""

    def __init__(self, scenario: Scenario, now: Callable[[], float]) -> None:
        self.scenario = scenario
        self.now = now
        self.guard = threading.RLock()
        self.forward = scenario.forward
        self.machines: dict[int, Machine] = {}
        self.ips: dict[object, Ip] = {}
        self.ranges: list[tuple[ipaddress.IPv6Network, int | None]] = []
        for machine in scenario.machines:
            self.add(machine)

    # What a test or the Cloud Manager does and sees

    def add(self, machine: Machine) -> None:
        """Create a Linode, or reserve its addresses."""
        with self.guard:
            if machine.id is not None:
                self.machines[machine.id] = machine
            for address in [*machine.ipv4, *([machine.ipv6] if machine.ipv6 else [])]:
                self._add(ipaddress.ip_address(address), machine.id)
            self.ranges += [(ipaddress.IPv6Network(one), machine.id) for one in machine.ranges]

    def remove(self, address: str) -> None:
        """Delete an address."""
        with self.guard:
            del self.ips[ipaddress.ip_address(address)]

    def ptr(self, address: str) -> str | None:
        """Return the RDNS as it really is."""
        with self.guard:
            ip = self.ips.get(ipaddress.ip_address(address))
            return ip.rdns.now if ip else None

    def set_ptr(self, address: str, hostname: str | None) -> None:
        """Change the RDNS by hand, at once; None resets it."""
        with self.guard:
            ip = self._owned(ipaddress.ip_address(address))
            ip.rdns.put(self.now(), ip.default if hostname is None else hostname)

    def set_forward(self, hostname: str, addresses: Sequence[str]) -> None:
        """Let Linode's resolvers find these addresses."""
        with self.guard:
            self.forward = {**(self.forward or {}), hostname: list(addresses)}

    # The API

    def get_ip(self, text: str) -> Any:
        """GET /networking/ips/{address}"""
        address = self._read(text)
        ip = self.ips.get(address)
        if ip is None and self.scenario.range_address == "shown":
            ip = self._of_a_range(address)
        if ip is None or (ip.is_of_a_range and ip.rdns.now is None and self._hides_ranges):
            raise RefusedError(404, "Not found")
        return self._shown(ip)

    def put_ip(self, text: str, body: Any) -> Any:
        """PUT /networking/ips/{address}"""
        ip = self._owned(self._read(text))
        if not isinstance(body, dict) or "rdns" not in body:
            raise RefusedError(400, "rdns is required", "rdns")
        rdns = body["rdns"]
        if rdns is None:
            ip.rdns.put(self.now(), ip.default)
        else:
            if not isinstance(rdns, str) or "." not in rdns.strip("."):
                raise RefusedError(400, "Must be a valid hostname", "rdns")
            self._check_forward(rdns, ip)
            ip.rdns.put(self.now(), rdns)
        self.ips[ip.address] = ip
        return {**self._shown(ip), "rdns": ip.rdns.now}

    def list_ips(self) -> list[Any]:
        """GET /networking/ips"""
        hidden = [ip for ip in self.ips.values() if ip.is_of_a_range and ip.rdns.now is None]
        return [self._shown(ip) for ip in self.ips.values() if ip not in hidden]

    def list_ranges(self) -> list[Any]:
        """GET /networking/ipv6/ranges"""
        return [
            {
                "range": self._text(network.network_address),
                "prefix": network.prefixlen,
                "region": _REGION,
                "route_target": "2001:db8::1",
            }
            for network, _ in self.ranges
        ]

    def list_linodes(self) -> list[Any]:
        """GET /linode/instances"""
        return [
            {"id": at, "label": machine.label, "region": _REGION, "status": "running"}
            for at, machine in self.machines.items()
        ]

    @property
    def _hides_ranges(self) -> bool:
        return self.scenario.range_address == "404"

    def _check_forward(self, hostname: str, ip: Ip) -> None:
        """Look the hostname up, as Linode does before it sets an RDNS."""
        name = hostname.rstrip(".").lower()
        if name in self.scenario.unanswered:
            reason = f"We were unable to perform a lookup for '{name}' at this time."
            raise RefusedError(400, reason, "rdns")
        if self.forward is None:
            return
        found = [ipaddress.ip_address(text) for text in self.forward.get(name, [])]
        if ip.address not in found:
            reason = f"No match was found for '{name}'. "
            reason += "Reverse DNS must have a matching forward entry."
            raise RefusedError(400, reason, "rdns")

    def _add(self, address: Any, owner: int | None) -> None:
        default = None
        if address.version == 4 or self.scenario.ipv6_default:
            default = f"{str(address).replace('.', '-').replace(':', '-')}.ip.linodeusercontent.com"
            if self.scenario.default_name == "members":
                default = f"li{owner or 1}-{int(address) % 256}.members.linode.com"
        self.ips[address] = Ip(address, owner, default, History(default))

    def _owned(self, address: Any) -> Ip:
        ip = self.ips.get(address) or self._of_a_range(address)
        if ip is None:
            raise RefusedError(404, "Not found")
        return ip

    def _of_a_range(self, address: Any) -> Ip | None:
        for network, owner in self.ranges:
            if address in network:
                return Ip(address, owner, None, History(None), is_of_a_range=True)
        return None

    def _read(self, text: str) -> Any:
        try:
            return ipaddress.ip_address(text)
        except ValueError:
            raise RefusedError(404, "Not found") from None

    def _text(self, address: Any) -> str:
        return address.exploded if self.scenario.ipv6_form == "long" else str(address)

    def _shown(self, ip: Ip) -> Any:
        is_v4 = ip.address.version == 4
        return {
            "address": self._text(ip.address),
            "gateway": "203.0.113.254" if is_v4 else "fe80::1",
            "subnet_mask": "255.255.255.0" if is_v4 else "ffff:ffff:ffff:ffff::",
            "prefix": 24 if is_v4 else 64,
            "type": "ipv6/range" if ip.is_of_a_range else "ipv4" if is_v4 else "ipv6",
            "public": True,
            "rdns": ip.rdns.at(self.now() - self.scenario.ptr_lag),
            "linode_id": ip.owner,
            "interface_id": None,
            "region": _REGION,
            "vpc_nat_1_1": None,
            "reserved": ip.owner is None,
        }
