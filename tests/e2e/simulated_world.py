"""An account at a simulated host, as its owner sees it in the vendor's panel."""

from __future__ import annotations

import ipaddress
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import dns.name

from tests.fakes.api import ApiSimulator, Behaviour, Fault

from .worlds import Hostnames, World, ptr_owner

#: more often than any test asks
ALWAYS = 10**9


class SimulatedWorld(World):
    """What is live is asked of the account itself: no API, no lag, no login.

    A subclass says which simulator it is, what the account has and can, and what its API is asked.
    """

    addresses = tuple(f"203.0.113.{host}" for host in range(10, 16))
    # A subclass of the suite makes the account slow: its settings cannot.
    slow: ClassVar[Mapping[str, object] | None] = {}

    #: the type of backend
    kind: ClassVar[str]
    #: secret setting -> the variable that the vendor's own tools know
    variables: ClassVar[Mapping[str, str]]
    scenario_type: ClassVar[type[Behaviour]]
    simulator_type: ClassVar[Any]
    #: an IPv6 address of the account
    address6: ClassVar[str]
    #: a path that is asked for when the account is listed, as a regular expression
    list_path: ClassVar[str]
    #: how often that is asked for where a hundred addresses are set in one `up`, at most
    lists_for_a_hundred: ClassVar[int]
    #: requests for each of them: looks, the write, the read-back
    most_requests: ClassVar[int] = 6
    #: how a PTR is written
    write_method: ClassVar[str] = "POST"
    #: the scenario's field for the seconds until a change is made, or shown
    lag_field: ClassVar[str]
    #: does it have DNS zones, for forward records?
    has_zones: ClassVar[bool] = True
    #: has each answer an id that its support asks for?
    correlates: ClassVar[bool] = True
    #: does the vendor look a hostname up before it sets a PTR?
    checks_forward: ClassVar[bool] = False

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
    def fleet(cls, addresses: Sequence[str]) -> dict[str, Any]:
        """Return the fields for an account with these addresses, of several owners, alone."""

    @classmethod
    @contextmanager
    def running(cls, instance: str, **scenario: Any) -> Iterator[Self]:
        """Start a simulated account; the arguments are the scenario's fields."""
        for key, value in {**cls.contents(), **cls.login(instance)}.items():
            scenario.setdefault(key, value)
        with cls.simulator_type(cls.scenario_type(**scenario)) as simulator:
            yield cls(instance, simulator)

    @classmethod
    def login(cls, instance: str) -> dict[str, str]:
        """Return the secrets of an account's login, as fields of the scenario."""
        return {"token": f"tok3n-of-{instance}-that-nobody-may-see"}

    @abstractmethod
    def is_default(self, hostname: str) -> bool:
        """Whether a PTR is the vendor's default name."""

    def settings(self) -> dict[str, object]:
        return {**self.place(), **self.secrets()}

    def place(self) -> dict[str, object]:
        """Give the settings without those that are secret."""
        return {"type": self.kind, "apiUrl": self.simulator.url, "timeout": self.timeout}

    def secrets(self) -> dict[str, str]:
        """Return the settings of the login that are secret."""
        return {"apiToken": self.scenario.token}

    def rotate(self) -> dict[str, str]:
        """Make the login that the stack has worthless; return the secrets that are new."""
        self.scenario.token = "rotated-t0ken-that-nobody-may-see"
        return self.secrets()

    def second_login(self) -> dict[str, str] | None:
        """Make another login of the same account, and return it; None where there is but one."""
        self.scenario.second_token = "second-token-of-the-same-account"
        return {"apiToken": self.scenario.second_token}

    def lag(self, seconds: float) -> None:
        """Let a change take so long from now on."""
        setattr(self.scenario, self.lag_field, seconds)

    def ptr(self, address: str, zone: str | None = None) -> Hostnames:
        if zone is not None:
            _, values = self.account.records(zone, _label(address, zone), "PTR") or (0, [])
            return [value.rstrip(".") for value in values]
        hostname = self.account.ptr(address)
        return [] if hostname is None or self.is_default(hostname) else [hostname]

    def set_ptr(self, address: str, hostnames: Sequence[str], zone: str | None = None) -> None:
        if zone is not None:
            values = [f"{hostname}." for hostname in hostnames]
            self.account.set_records(zone, _label(address, zone), "PTR", values)
            return
        assert len(hostnames) <= 1
        self.account.set_ptr(address, hostnames[0] if hostnames else None)

    def forward(self, hostname: str, kind: str) -> list[str]:
        assert self.has_zones
        label = hostname.removesuffix(f".{self.domain}")
        _, contents = self.account.records(self.domain, label, kind) or (0, [])
        return sorted(contents, key=lambda text: int(ipaddress.ip_address(text)))

    def set_forward(self, hostname: str, kind: str, addresses: Sequence[str]) -> None:
        assert self.has_zones
        label = hostname.removesuffix(f".{self.domain}")
        self.account.set_records(self.domain, label, kind, list(addresses))

    @contextmanager
    def offline(self) -> Iterator[None]:
        self.simulator.inject(Fault(kind="cut", times=ALWAYS))
        yield
        self.simulator.heal()

    def writes(self) -> list[str]:
        """List the writes that were accepted: method, path and body."""
        return [
            f"{sent.method} {sent.path} {sent.body}"
            for sent in self.simulator.sent()
            if sent.method != "GET" and 200 <= sent.status < 300 and "/auth/" not in sent.path
        ]

    def lists(self) -> int:
        """Count how often the account was listed."""
        return len(self.simulator.sent("GET", self.list_path))


class Resolver(dict[str, list[str]]):
    """The addresses of hostnames in another world's zone, as the vendor's resolvers find them.

    They are looked up when they are asked for; none is kept.
    """

    def __init__(self, dns: World) -> None:
        super().__init__()
        self.dns = dns
        #: what was looked up
        self.asked: list[str] = []

    def get(self, hostname: str, _: object = None) -> list[str]:
        self.asked.append(hostname)
        return self.dns.forward(hostname, "A") + self.dns.forward(hostname, "AAAA")


def _label(address: str, zone: str) -> str:
    return ptr_owner(address, zone).relativize(dns.name.from_text(zone)).to_text()


#: a host whose addresses nobody has to paste
ARTICLE = """
addresses = rdns.get_addresses(owner={owner!r})
host = rdns.ForwardConfirmedHost("mail", hostname={hostname!r}, addresses=addresses)
pulumi.export("confirmed", host.forward_confirmed)
"""


def config(*worlds: World, **more: object) -> dict[str, object]:
    """Configure instances of which the first is the default; a forward check asks them."""
    return {
        "rdns:backend": worlds[0].instance,
        "rdns:backends": {one.instance: one.settings() for one in worlds},
        "rdns:forwardSource": "backend",
        "rdns:forwardCheck": "verify",
        **more,
    }


def unchecked(*worlds: World) -> dict[str, object]:
    """Configure instances where PTRs are set without forward records."""
    return config(*worlds, **{"rdns:forwardCheck": "skip"})
