"""A simulated Cloudflare account, as its owner sees it in the dashboard."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from tests.fakes.cloudflare import Fault, Scenario, Simulator, ZoneSpec

from .worlds import Hostnames, World, ptr_owner

#: more often than any test asks
ALWAYS = 10**9
FORWARD, REVERSE, REVERSE_6 = "example.com", "2.0.192.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"
CLASSLESS = "128/25.2.0.192.in-addr.arpa"


def zones() -> list[ZoneSpec]:
    """Make the zones, each with records of somebody else."""
    names = (FORWARD, REVERSE, REVERSE_6, CLASSLESS)
    return [
        ZoneSpec(
            name=name,
            records=[
                {"type": "TXT", "name": name, "content": '"theirs"', "comment": "ops"},
                {"type": "PTR", "name": f"250.{name}", "content": "foreign.example.com"},
                {"type": "TXT", "name": f"a.{name}", "content": '"beside ours"', "tags": ["t:1"]},
            ],
        )
        for name in names
    ]


class CloudflareWorld(World):
    """What is live is asked of the account itself: no API, no lag, no token."""

    addresses = tuple(f"192.0.2.{host}" for host in range(10, 16))
    has_ptr_zones = True
    second_zone = CLASSLESS
    shows_soa = False
    slow: ClassVar[Mapping[str, object] | None] = {}

    def __init__(self, instance: str, simulator: Simulator) -> None:
        super().__init__(instance)
        self.simulator = simulator
        self.scenario = simulator.scenario
        self.account = simulator.account
        #: seconds that one operation may take
        self.timeout = 60.0
        self._foreign = self._all()

    @classmethod
    @contextmanager
    def running(cls, instance: str, **scenario: Any) -> Iterator[CloudflareWorld]:
        """Start a simulated account; the arguments are the scenario's fields."""
        scenario.setdefault("zones", zones())
        scenario.setdefault("token", f"tok3n-of-{instance}-that-nobody-may-see")
        with Simulator(Scenario(**scenario)) as simulator:
            yield cls(instance, simulator)

    def settings(self) -> dict[str, object]:
        return {**self.place(), "apiToken": self.scenario.token}

    def place(self) -> dict[str, object]:
        """Return the settings without the token."""
        return {"type": "cloudflare", "apiUrl": self.simulator.url, "timeout": self.timeout}

    def ptr(self, address: str, zone: str | None = None) -> Hostnames:
        zone, owner = _place(address, zone)
        return self._contents(zone, "PTR", owner)

    def ptrs(self, addresses: Iterable[str], zone: str | None = None) -> dict[str, Hostnames]:
        with self.account.guard:
            return {address: self.ptr(address, zone) for address in addresses}

    def ttl(self, address: str) -> int | None:
        zone, owner = _place(address, None)
        there = self.account.live(zone, "PTR", owner)
        return int(there[0]["ttl"]) if there else None

    def set_ptr(self, address: str, hostnames: Sequence[str], zone: str | None = None) -> None:
        zone, owner = _place(address, zone)
        self._set(zone, "PTR", owner, hostnames)

    def forward(self, hostname: str, kind: str) -> list[str]:
        found = self._contents(FORWARD, kind, hostname)
        return sorted(found, key=lambda text: int(ipaddress.ip_address(text)))

    def set_forward(self, hostname: str, kind: str, addresses: Sequence[str]) -> None:
        self._set(FORWARD, kind, hostname, addresses)

    @contextmanager
    def offline(self) -> Iterator[None]:
        self.simulator.inject(Fault(kind="cut", times=ALWAYS))
        yield
        self.simulator.heal()

    def verify(self) -> None:
        """Check that the records of others are as they were."""
        there = self._all()
        assert {id_: there.get(id_) for id_ in self._foreign} == self._foreign

    def writes(self) -> list[Any]:
        """List the batches that were accepted."""
        return [sent.body for sent in self.simulator.sent("POST") if sent.status == 200]

    def lists(self) -> int:
        """Count the requests that list more than the records of one name."""
        listed = self.simulator.sent("GET", r"/zones\?|/dns_records\?")
        return len([sent for sent in listed if "name.exact" not in sent.path])

    def _all(self) -> dict[str, Any]:
        names = [zone.spec.name for zone in self.account.zones.values()]
        return {record["id"]: record for name in names for record in self.account.live(name)}

    def _contents(self, zone: str, kind: str, owner: str) -> list[str]:
        return sorted(record["content"] for record in self.account.live(zone, kind, owner))

    def _set(self, zone: str, kind: str, owner: str, contents: Sequence[str]) -> None:
        with self.account.guard:
            for record in self.account.live(zone, kind, owner):
                self.account.remove(zone, record["id"])
            for content in contents:
                self.account.add(zone, kind, owner, content, ttl=3600)


def _place(address: str, zone: str | None) -> tuple[str, str]:
    """Return the zone and the name of an address."""
    zone = zone or (REVERSE_6 if ":" in address else REVERSE)
    return zone, ptr_owner(address, zone).to_text(omit_final_dot=True)


def config(world: CloudflareWorld, *others: World, **more: object) -> dict[str, object]:
    """Configure accounts of which the first is the default; the gate asks their own zones."""
    return {
        "rdns:backend": world.instance,
        "rdns:backends": {one.instance: one.settings() for one in (world, *others)},
        "rdns:forwardSource": "backend",
        "rdns:forwardCheck": "verify",
        **more,
    }
