"""Linode through the real CLI, on simulated accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from tests.fakes.linode import Machine, Scenario, Simulator

from .account_life import AccountLife, NothingIsLostOfAddresses
from .conftest import MakeProject
from .harness import ptr
from .host_tokens import HostTokens
from .in_a_world import A
from .simulated_world import SimulatedWorld, unchecked

#: an address of a range that is routed to a Linode
ROUTED = "2001:db8:1::25"


class LinodeWorld(SimulatedWorld):
    """A simulated Linode account."""

    kind: ClassVar = "linode"
    variables: ClassVar = {"apiToken": "LINODE_TOKEN"}
    scenario_type: ClassVar = Scenario
    simulator_type: ClassVar = Simulator
    address6: ClassVar = "2001:db8::10"
    list_path: ClassVar = r"/networking/ips\?|/ipv6/"
    lists_for_a_hundred: ClassVar = 0
    write_method: ClassVar = "PUT"
    lag_field: ClassVar = "ptr_lag"
    has_zones: ClassVar = False
    correlates: ClassVar = False
    checks_forward: ClassVar = True

    @classmethod
    def contents(cls) -> dict[str, Any]:
        return {
            "machines": [
                Machine(id=5231, label="mail", ipv4=[*cls.addresses], ipv6=cls.address6),
                Machine(id=5232, label="web", ranges=["2001:db8:1::/64"]),
            ]
        }

    @classmethod
    def fleet(cls, addresses: Sequence[str]) -> dict[str, Any]:
        machines = [
            Machine(id=at, label=f"linode{at}", ipv4=[one]) for at, one in enumerate(addresses, 1)
        ]
        return {"machines": machines}

    def is_default(self, hostname: str) -> bool:
        return hostname.endswith((".ip.linodeusercontent.com", ".members.linode.com"))


class TestNothingIsLost(NothingIsLostOfAddresses):
    world_type: ClassVar = LinodeWorld


class TestTokens(HostTokens):
    world_type: ClassVar = LinodeWorld


class TestLife(AccountLife):
    world_type: ClassVar = LinodeWorld

    def test_an_address_of_a_range_is_set(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        project = make_project(unchecked(world))
        project.program(ptr("routed", ROUTED, A))
        project.up()
        assert world.ptr(ROUTED) == [A]
        project.up("--refresh", "--expect-no-changes")
        project.destroy()
        assert world.ptr(ROUTED) == []
