"""A simulated Hostinger account, as its owner sees it in the vendor's panel."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest

from tests.fakes.hostinger import Fault, Machine, Scenario, Simulator

from .worlds import Hostnames, World

#: two addresses of one VM of the simulated account, and one of another
X, Y, Z = "203.0.113.10", "203.0.113.13", "203.0.113.12"
#: more often than any test asks
ALWAYS = 10**9
LIST = "/virtual-machines$"


def machines() -> list[Machine]:
    """Make three VMs of two IPv4 addresses each; the first has an IPv6 address too."""
    return [
        Machine(
            id=17923,
            hostname="srv17923.hstgr.cloud",
            ipv4=["203.0.113.10", "203.0.113.13"],
            ipv6=["2001:db8::10"],
        ),
        Machine(id=17924, hostname="srv17924.hstgr.cloud", ipv4=["203.0.113.11", "203.0.113.14"]),
        Machine(id=17925, hostname="srv17925.hstgr.cloud", ipv4=["203.0.113.12", "203.0.113.15"]),
    ]


def fleet(count: int, each: int) -> list[Machine]:
    """Make VMs with ``each`` addresses: those of VM n are 10.0.n.1 and following."""
    return [
        Machine(
            id=number,
            hostname=f"srv{number}.hstgr.cloud",
            ipv4=[f"10.0.{number}.{host}" for host in range(1, each + 1)],
        )
        for number in range(1, count + 1)
    ]


class HostingerWorld(World):
    """What is live is asked of the account itself: no API, no lag, no token."""

    addresses = tuple(f"203.0.113.{host}" for host in range(10, 16))
    # A subclass of the suite makes the account slow: its settings cannot.
    slow: ClassVar[dict[str, object] | None] = {}

    def __init__(self, instance: str, simulator: Simulator) -> None:
        super().__init__(instance)
        self.simulator = simulator
        self.scenario = simulator.scenario
        self.account = simulator.account
        #: seconds that one operation may take
        self.timeout = 60.0

    @classmethod
    @contextmanager
    def running(cls, instance: str, **scenario: Any) -> Iterator[HostingerWorld]:
        """Start a simulated account; the arguments are the scenario's fields."""
        scenario.setdefault("machines", machines())
        scenario.setdefault("token", f"tok3n-of-{instance}-that-nobody-may-see")
        with Simulator(Scenario(**scenario)) as simulator:
            yield cls(instance, simulator)

    def settings(self) -> dict[str, object]:
        return {**self.place(), "apiToken": self.scenario.token}

    def place(self) -> dict[str, object]:
        """Give the settings without the token."""
        return {"type": "hostinger", "apiUrl": self.simulator.url, "timeout": self.timeout}

    def ptr(self, address: str, zone: str | None = None) -> Hostnames:
        hostname = self.account.ptr(address)
        is_default = hostname is None or hostname.endswith(".hstgr.cloud")
        return [] if is_default else [str(hostname)]

    def set_ptr(self, address: str, hostnames: Sequence[str], zone: str | None = None) -> None:
        assert len(hostnames) <= 1
        self.account.set_ptr(address, hostnames[0] if hostnames else None)

    def forward(self, hostname: str, kind: str) -> list[str]:
        _, contents = self.account.records(self.domain, self._label(hostname), kind) or (0, [])
        return sorted(contents, key=lambda text: int(ipaddress.ip_address(text)))

    def set_forward(self, hostname: str, kind: str, addresses: Sequence[str]) -> None:
        self.account.set_records(self.domain, self._label(hostname), kind, list(addresses))

    @contextmanager
    def offline(self) -> Iterator[None]:
        self.simulator.inject(Fault(kind="cut", times=ALWAYS))
        yield
        self.simulator.heal()

    def writes(self) -> list[str]:
        """List the writes that were accepted: method, and the last parts of the path."""
        return [
            f"{sent.method} {sent.path.split('/v1/')[1]}"
            for sent in self.simulator.sent()
            if sent.method != "GET" and sent.status == 200
        ]

    def lists(self) -> int:
        """Count how often all VMs were listed."""
        return len(self.simulator.sent("GET", LIST))

    def _label(self, hostname: str) -> str:
        return hostname.removesuffix(f".{self.domain}")


#: a host whose addresses nobody has to paste
ARTICLE = """
addresses = rdns.get_addresses(owner={owner!r})
host = rdns.ForwardConfirmedHost("mail", hostname={hostname!r}, addresses=addresses)
pulumi.export("confirmed", host.forward_confirmed)
"""


def config(world: HostingerWorld, *others: HostingerWorld, **more: object) -> dict[str, object]:
    """Configure accounts of which the first is the default; the gate asks their own zones."""
    return {
        "rdns:backend": world.instance,
        "rdns:backends": {one.instance: one.settings() for one in (world, *others)},
        "rdns:forwardSource": "backend",
        "rdns:forwardCheck": "verify",
        **more,
    }


@pytest.fixture
def world() -> Iterator[HostingerWorld]:
    with HostingerWorld.running("main") as world:
        yield world
