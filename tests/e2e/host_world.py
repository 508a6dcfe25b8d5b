"""A simulated account of a vendor whose addresses have PTR records, and that has no DNS zones."""

from __future__ import annotations

import ipaddress
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ClassVar, Self

from tests.fakes.api import ApiSimulator, Fault

from .worlds import Hostnames, MemoryWorld, World

#: more often than any test asks
ALWAYS = 10**9


class HostWorld(World):
    """What is live is asked of the account itself: no API, no lag, no login."""

    #: the type of backend
    kind: ClassVar[str]
    #: an IPv6 address of the account
    address6: ClassVar[str]
    #: the path of what lists the account, as a regular expression
    lists_path: ClassVar[str]
    #: how often that is asked for where a hundred addresses are set in one `up`, at most
    lists_for_a_hundred: ClassVar[int]
    #: how a PTR is set
    write_method: ClassVar[str]
    # A subclass of the suite makes the account slow: its settings cannot.
    slow: ClassVar[Mapping[str, object] | None] = {}

    def __init__(self, instance: str, simulator: ApiSimulator[Any, Any]) -> None:
        super().__init__(instance)
        self.simulator = simulator
        self.scenario = simulator.scenario
        self.account = simulator.account
        #: seconds that one operation may take
        self.timeout = 60.0

    @classmethod
    @abstractmethod
    def running(cls, instance: str, **scenario: Any) -> AbstractContextManager[Self]:
        """Start a simulated account; the arguments are the scenario's fields."""

    @classmethod
    @abstractmethod
    def fleet(cls, addresses: Sequence[str]) -> dict[str, Any]:
        """Return the fields of a scenario with one machine for each address."""

    @abstractmethod
    def secrets(self) -> dict[str, str]:
        """Return the settings of the login that are secret."""

    @abstractmethod
    def rotate(self) -> dict[str, str]:
        """Make the secrets that the stack has worthless; return the new ones."""

    @abstractmethod
    def is_default(self, hostname: str) -> bool:
        """Whether a PTR is the vendor's default name."""

    @abstractmethod
    def lag(self, seconds: float) -> None:
        """Let the API show a change so much later."""

    def settings(self) -> dict[str, object]:
        return {**self.place(), **self.secrets()}

    def place(self) -> dict[str, object]:
        """Return the settings without those that are secret."""
        return {"type": self.kind, "apiUrl": self.simulator.url, "timeout": self.timeout}

    def ptr(self, address: str, zone: str | None = None) -> Hostnames:
        hostname = self.account.ptr(address)
        return [] if hostname is None or self.is_default(hostname) else [hostname]

    def set_ptr(self, address: str, hostnames: Sequence[str], zone: str | None = None) -> None:
        assert len(hostnames) <= 1
        self.account.set_ptr(address, hostnames[0] if hostnames else None)

    def forward(self, hostname: str, kind: str) -> list[str]:
        raise AssertionError("this vendor has no DNS zones")

    def set_forward(self, hostname: str, kind: str, addresses: Sequence[str]) -> None:
        raise AssertionError("this vendor has no DNS zones")

    @contextmanager
    def offline(self) -> Iterator[None]:
        self.simulator.inject(Fault(kind="cut", times=ALWAYS))
        yield
        self.simulator.heal()

    def writes(self) -> list[str]:
        """List the writes of PTR records that were accepted: method and path."""
        return [
            f"{sent.method} {sent.path} {sent.body}"
            for sent in self.simulator.sent()
            if sent.method != "GET" and sent.status == 200 and "/auth/" not in sent.path
        ]

    def lists(self) -> int:
        """Count how often the account was listed."""
        return len(self.simulator.sent("GET", self.lists_path))


class Resolver(dict[str, list[str]]):
    """The addresses of hostnames in another world's zone, as the vendor's resolvers find them.

    They are looked up when they are asked for; none is kept.
    """

    def __init__(self, dns: MemoryWorld) -> None:
        super().__init__()
        self.dns = dns
        #: what was looked up
        self.asked: list[str] = []

    def get(self, hostname: str, _: object = None) -> list[str]:
        self.asked.append(hostname)
        return self.dns.forward(hostname, "A") + self.dns.forward(hostname, "AAAA")


def hundred() -> list[str]:
    """Return a hundred addresses."""
    first = ipaddress.ip_address("198.51.100.1")
    return [str(first + at) for at in range(100)]


def config(world: HostWorld, dns: MemoryWorld, *others: World) -> dict[str, object]:
    """Configure a stack with an account as its default, and a zone for forward records.

    Forward records are checked by the simulated vendor, since no name server has them; by the
    program's own check where it says so, at the instance that has them.
    """
    return {
        "rdns:backend": world.instance,
        "rdns:backends": {one.instance: one.settings() for one in (world, dns, *others)},
        "rdns:forwardSource": "backend",
        "rdns:forwardCheck": "skip",
    }
