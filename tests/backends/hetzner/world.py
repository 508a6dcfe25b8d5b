"""A backend on a simulated project, where waiting takes no time."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import dns.name
import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change
from pulumi_rdns.backends.hetzner import HetznerBackend, HetznerSettings
from pulumi_rdns.model.addresses import parse_address
from tests.backends.simulated import SimulatedAccount
from tests.fakes.hetzner import (
    Account,
    FloatingIp,
    LoadBalancer,
    PrimaryIp,
    Scenario,
    Server,
    Simulator,
)

#: of a server, of the network of a server, and of each other kind
TEN, NETWORK = parse_address("203.0.113.10"), parse_address("2001:db8:1::10")
SPARE, SPARE6 = parse_address("203.0.113.30"), parse_address("2001:db8:3::1")
FLOATING, FLOATING6 = parse_address("203.0.113.40"), parse_address("2001:db8:4::1")
BALANCER, BALANCER6 = parse_address("203.0.113.50"), parse_address("2001:db8:5::1")
EVERY = [TEN, NETWORK, SPARE, SPARE6, FLOATING, FLOATING6, BALANCER, BALANCER6]
STRANGER = parse_address("198.51.100.99")
MAIL = dns.name.from_text("mail.example.com")
ZONE = dns.name.from_text("example.com")
#: a scenario with addresses of all kinds
KINDS: dict[str, Any] = {
    "servers": [Server(id=42, name="web1", ipv4=str(TEN), ipv6="2001:db8:1::/64")],
    "primary_ips": [
        PrimaryIp(id=31, name="spare", ip=str(SPARE)),
        PrimaryIp(id=32, name="spare6", ip="2001:db8:3::/64"),
    ],
    "floating_ips": [
        FloatingIp(id=41, name="floating", ip=str(FLOATING), server=42),
        FloatingIp(id=43, name="floating6", ip="2001:db8:4::/64"),
    ],
    "load_balancers": [
        LoadBalancer(id=42, name="lb1", ipv4=str(BALANCER), ipv6=str(BALANCER6)),
        LoadBalancer(id=52, name="inside"),
    ],
}


class World(SimulatedAccount[HetznerBackend]):
    """A simulated account and backends on it; one clock for all."""

    backend_type: ClassVar = HetznerBackend
    settings_type: ClassVar = HetznerSettings
    scenario_type: ClassVar = Scenario
    simulator_type: ClassVar = Simulator
    account: Account
    scenario: Scenario
    simulator: Simulator

    def calls(self) -> list[str]:
        """List the requests so far: method and path, without page and version."""
        sent = [f"{one.method} {one.path.removeprefix('/v1')}" for one in self.simulator.sent()]
        return [re.sub(r"[?&]page=1&per_page=50$", "", one) for one in sent]

    def writes(self) -> list[str]:
        """List the requests that change something."""
        return [call for call in self.calls() if not call.startswith("GET")]


world = World.running


def name(text: str) -> dns.name.Name:
    """Make an absolute name."""
    return dns.name.from_text(text)


def change(
    owner: str, before: list[str], after: list[str], ttl: int = 3600, kind: str = "A"
) -> Change:
    """Describe a compare-and-set as the callers of a backend do."""

    def rrset(values: list[str]) -> dns.rrset.RRset | None:
        return dns.rrset.from_text(name(owner), ttl, "IN", kind, *values) if values else None

    return Change(name(owner), RdataType[kind], rrset(before), rrset(after))


def held(owner: str, *values: str, kind: str = "A", ttl: int | None = 3600) -> Any:
    """Make an RRset as the API shows it."""
    records = [{"value": value} for value in values]
    return {"name": owner, "type": kind, "ttl": ttl, "records": records}
