"""A simulated project at Hetzner Cloud, as its owner sees it in the Console."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from tests.fakes.hetzner import FloatingIp, LoadBalancer, PrimaryIp, Scenario, Server, Simulator

from .simulated_world import SimulatedWorld


class HetznerWorld(SimulatedWorld):
    """A project with servers, a floating IP, a spare primary IP and a load balancer."""

    kind: ClassVar[str] = "hetzner"
    variables: ClassVar = {"apiToken": "HCLOUD_TOKEN"}
    scenario_type: ClassVar = Scenario
    simulator_type: ClassVar = Simulator
    list_path: ClassVar[str] = r"/v1/(servers|primary_ips|floating_ips|load_balancers)\?page="
    #: two pages of servers, two of primary IPs, one of floating IPs, one of load balancers
    lists_for_a_hundred: ClassVar[int] = 2 + 2 + 1 + 1
    most_requests: ClassVar[int] = 8
    address6: ClassVar[str] = "2001:db8:1::10"
    lag_field: ClassVar[str] = "action_delay"

    @classmethod
    def contents(cls) -> dict[str, Any]:
        return {
            "servers": [
                Server(id=42, name="web1", ipv4="203.0.113.10", ipv6="2001:db8:1::/64"),
                Server(id=43, name="web2", ipv4="203.0.113.11"),
                Server(id=44, name="mail", ipv4="203.0.113.12"),
            ],
            "floating_ips": [FloatingIp(id=42, name="floating", ip="203.0.113.13", server=43)],
            "primary_ips": [PrimaryIp(id=42, name="spare", ip="203.0.113.14")],
            "load_balancers": [LoadBalancer(id=42, name="lb1", ipv4="203.0.113.15")],
        }

    @classmethod
    def fleet(cls, addresses: Sequence[str]) -> dict[str, Any]:
        """Make servers; every fourth address is a floating IP."""
        ips = dict(enumerate(addresses, 1))
        return {
            "servers": [
                Server(id=number, name=f"web{number}", ipv4=ip)
                for number, ip in ips.items()
                if number % 4
            ],
            "floating_ips": [
                FloatingIp(id=number, name=f"floating{number}", ip=ip)
                for number, ip in ips.items()
                if not number % 4
            ],
            "primary_ips": [],
            "load_balancers": [],
        }

    def is_default(self, hostname: str) -> bool:
        return hostname.endswith(".clients.your-server.de")

    def acquire(self, address: str) -> None:
        """Let the project have another address, without a PTR of its own."""
        self.account.add(FloatingIp(id=int(address.rpartition(".")[2]), name="new", ip=address))

    def release(self, address: str) -> None:
        """Take an address that was acquired away from the project."""
        self.account.remove("floating_ips", int(address.rpartition(".")[2]))
