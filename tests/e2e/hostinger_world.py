"""A simulated Hostinger account, as its owner sees it in the vendor's panel."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.fakes.hostinger import Machine, Scenario, Simulator

from .simulated_world import SimulatedWorld


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


class HostingerWorld(SimulatedWorld):
    """An account with VPSs."""

    kind: ClassVar[str] = "hostinger"
    variable: ClassVar[str] = "HOSTINGER_API_TOKEN"
    scenario_type: ClassVar = Scenario
    simulator_type: ClassVar = Simulator
    list_path: ClassVar[str] = "/virtual-machines$"
    default_names: ClassVar[str] = ".hstgr.cloud"

    @classmethod
    def contents(cls) -> dict[str, Any]:
        return {"machines": machines()}

    @classmethod
    def fleet(cls, count: int, first: int = 1) -> dict[str, Any]:
        """Make VMs of three or four addresses: those of VM n are 10.0.n.1 and following."""
        tens = count // 10
        sizes = [4] * tens + [3] * 2 * tens or [count]
        return {
            "machines": [
                Machine(
                    id=number,
                    hostname=f"srv{number}.hstgr.cloud",
                    ipv4=[f"10.0.{number}.{host}" for host in range(1, size + 1)],
                )
                for number, size in enumerate(sizes, first)
            ]
        }
