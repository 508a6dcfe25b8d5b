"""A backend on a simulated account, where waiting takes no time."""

from __future__ import annotations

from typing import Any, ClassVar

import dns.name
import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change
from pulumi_rdns.backends.hostinger import HostingerBackend, HostingerSettings
from pulumi_rdns.model.addresses import Address, parse_address
from tests.backends.simulated import SimulatedAccount
from tests.fakes.hostinger import Account, Machine, Scenario, Simulator

TEN = parse_address("203.0.113.10")
TEN6 = parse_address("2001:db8::10")
TWENTY = parse_address("203.0.113.20")
STRANGER = parse_address("198.51.100.99")
MAIL = dns.name.from_text("mail.example.com")
ZONE = dns.name.from_text("example.com")


class World(SimulatedAccount[HostingerBackend]):
    """A simulated account and backends on it; one clock for all."""

    backend_type: ClassVar = HostingerBackend
    settings_type: ClassVar = HostingerSettings
    scenario_type: ClassVar = Scenario
    simulator_type: ClassVar = Simulator
    account: Account
    scenario: Scenario
    simulator: Simulator

    def calls(self) -> list[str]:
        """List method and last part of the path of all requests so far."""
        return [f"{sent.method} {sent.path.split('/v1/')[1]}" for sent in self.simulator.sent()]


world = World.running


def fleet(count: int) -> list[Machine]:
    """Make VMs of one IPv4 address each, 203.0.113.1 and following."""
    return [
        Machine(id=100 + at, hostname=f"srv{100 + at}.hstgr.cloud", ipv4=[f"203.0.113.{at}"])
        for at in range(1, count + 1)
    ]


def addresses(count: int) -> list[Address]:
    """Give the addresses of a fleet."""
    return [parse_address(f"203.0.113.{at}") for at in range(1, count + 1)]


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


def held(owner: str, *contents: str, kind: str = "A", disabled: tuple[str, ...] = ()) -> Any:
    """Make an RRset as the API shows it."""
    records = [{"content": content, "is_disabled": False} for content in contents]
    records += [{"content": content, "is_disabled": True} for content in disabled]
    return {"name": owner, "type": kind, "ttl": 3600, "records": records}
