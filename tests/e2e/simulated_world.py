"""An account at a simulated host, as its owner sees it in the vendor's panel."""

from __future__ import annotations

import ipaddress
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import dns.name

from tests.fakes.api import ApiSimulator, Behaviour, Fault

from .worlds import Hostnames, World, ptr_owner

#: more often than any test asks
ALWAYS = 10**9


class SimulatedWorld(World):
    """What is live is asked of the account itself: no API, no lag, no token.

    A subclass says which simulator it is, what the account has, and what its API is asked for.
    """

    addresses = tuple(f"203.0.113.{host}" for host in range(10, 16))
    # A subclass of the suite makes the account slow: its settings cannot.
    slow: ClassVar[dict[str, object] | None] = {}

    #: the type of backend
    kind: ClassVar[str]
    #: the variable that its token can come from
    variable: ClassVar[str]
    scenario_type: ClassVar[type[Behaviour]]
    simulator_type: ClassVar[Any]
    #: a path that is asked for when the account is listed
    list_path: ClassVar[str]
    #: what the vendor's own names end with
    default_names: ClassVar[str]

    def __init__(self, instance: str, simulator: ApiSimulator[Any, Any]) -> None:
        super().__init__(instance)
        self.simulator = simulator
        self.scenario = simulator.scenario
        self.account = simulator.account
        #: seconds that one operation may take
        self.timeout = 60.0

    @classmethod
    @abstractmethod
    def contents(cls) -> dict[str, Any]:
        """Return what the account has, as fields of the scenario."""

    @classmethod
    @abstractmethod
    def fleet(cls, count: int, first: int = 1) -> dict[str, Any]:
        """Return the fields for an account with ``count`` addresses and nothing else.

        They are of several owners; ``first`` makes them others than those of another account.
        """

    @classmethod
    @contextmanager
    def running(cls, instance: str, **scenario: Any) -> Iterator[Self]:
        """Start a simulated account; the arguments are the scenario's fields."""
        for key, value in cls.contents().items():
            scenario.setdefault(key, value)
        scenario.setdefault("token", f"tok3n-of-{instance}-that-nobody-may-see")
        with cls.simulator_type(cls.scenario_type(**scenario)) as simulator:
            yield cls(instance, simulator)

    def settings(self) -> dict[str, object]:
        return {**self.place(), "apiToken": self.scenario.token}

    def place(self) -> dict[str, object]:
        """Give the settings without the token."""
        return {"type": self.kind, "apiUrl": self.simulator.url, "timeout": self.timeout}

    def ptr(self, address: str, zone: str | None = None) -> Hostnames:
        if zone is not None:
            _, values = self.account.records(zone, _label(address, zone), "PTR") or (0, [])
            return [value.rstrip(".") for value in values]
        hostname = self.account.ptr(address)
        is_default = hostname is None or hostname.endswith(self.default_names)
        return [] if is_default else [str(hostname)]

    def set_ptr(self, address: str, hostnames: Sequence[str], zone: str | None = None) -> None:
        if zone is not None:
            values = [f"{hostname}." for hostname in hostnames]
            self.account.set_records(zone, _label(address, zone), "PTR", values)
            return
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
        """List the writes that were accepted: method, the path behind the version, the address."""
        return [
            f"{sent.method} {sent.path.split('/v1/')[1]} {(sent.body or {}).get('ip', '')}".strip()
            for sent in self.simulator.sent()
            if sent.method != "GET" and 200 <= sent.status < 300
        ]

    def lists(self) -> int:
        """Count how often the account was listed."""
        return len(self.simulator.sent("GET", self.list_path))

    def _label(self, hostname: str) -> str:
        return hostname.removesuffix(f".{self.domain}")


def _label(address: str, zone: str) -> str:
    return ptr_owner(address, zone).relativize(dns.name.from_text(zone)).to_text()


#: a host whose addresses nobody has to paste
ARTICLE = """
addresses = rdns.get_addresses(owner={owner!r})
host = rdns.ForwardConfirmedHost("mail", hostname={hostname!r}, addresses=addresses)
pulumi.export("confirmed", host.forward_confirmed)
"""


def config(world: SimulatedWorld, *others: SimulatedWorld, **more: object) -> dict[str, object]:
    """Configure accounts of which the first is the default; the gate asks their own zones."""
    return {
        "rdns:backend": world.instance,
        "rdns:backends": {one.instance: one.settings() for one in (world, *others)},
        "rdns:forwardSource": "backend",
        "rdns:forwardCheck": "verify",
        **more,
    }
