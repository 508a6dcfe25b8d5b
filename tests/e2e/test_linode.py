"""Linode through the real CLI, on simulated accounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from tests.fakes.linode import Machine, Scenario, Simulator

from .conftest import MakeProject
from .harness import ptr
from .host_life import HostLife
from .host_world import HostWorld, config
from .in_a_world import A
from .worlds import MemoryWorld

#: an address of a range that is routed to a Linode
ROUTED = "2001:db8:1::25"


class LinodeWorld(HostWorld):
    """A simulated Linode account."""

    kind: ClassVar = "linode"
    addresses: ClassVar = tuple(f"203.0.113.{host}" for host in range(10, 16))
    address6: ClassVar = "2001:db8::10"
    lists_path: ClassVar = r"/networking/ips\?|/ipv6/"
    lists_for_a_hundred: ClassVar = 0
    write_method: ClassVar = "PUT"

    @classmethod
    @contextmanager
    def running(cls, instance: str, **scenario: Any) -> Iterator[LinodeWorld]:
        scenario.setdefault("machines", [
            Machine(id=5231, label="mail", ipv4=[*cls.addresses], ipv6=cls.address6),
            Machine(id=5232, label="web", ranges=["2001:db8:1::/64"]),
        ])  # fmt: skip
        scenario.setdefault("token", f"tok3n-of-{instance}-that-nobody-may-see")
        with Simulator(Scenario(**scenario)) as simulator:
            yield cls(instance, simulator)

    @classmethod
    def fleet(cls, addresses: Sequence[str]) -> dict[str, Any]:
        machines = [
            Machine(id=at, label=f"linode{at}", ipv4=[one]) for at, one in enumerate(addresses, 1)
        ]
        return {"machines": machines}

    def secrets(self) -> dict[str, str]:
        return {"apiToken": self.scenario.token}

    def rotate(self) -> dict[str, str]:
        self.scenario.token = "rotated-t0ken-that-nobody-may-see"
        return self.secrets()

    def is_default(self, hostname: str) -> bool:
        return hostname.endswith((".ip.linodeusercontent.com", ".members.linode.com"))

    def lag(self, seconds: float) -> None:
        self.scenario.ptr_lag = seconds


class TestLinode(HostLife):
    world_type: ClassVar[type[HostWorld]] = LinodeWorld

    def test_an_address_of_a_range_is_set_and_the_token_comes_from_the_environment(
        self, make_project: MakeProject, world: HostWorld, dns: MemoryWorld
    ) -> None:
        settings = config(world, dns)
        settings["rdns:backends"] = {"main": world.place(), "dns": dns.settings()}
        project = make_project(settings)
        project.program(ptr("routed", ROUTED, A))
        environ = {"LINODE_TOKEN": world.secrets()["apiToken"]}
        project.up(environ=environ)
        assert world.ptr(ROUTED) == [A]
        project.up("--refresh", "--expect-no-changes", environ=environ)
        project.destroy(environ=environ)
        assert world.ptr(ROUTED) == []
