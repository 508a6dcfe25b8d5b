"""A simulated Hostinger account, as its owner sees it in the vendor's panel."""

from __future__ import annotations

from collections.abc import Sequence
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
    variables: ClassVar = {"apiToken": "HOSTINGER_API_TOKEN"}
    scenario_type: ClassVar = Scenario
    simulator_type: ClassVar = Simulator
    list_path: ClassVar[str] = "/virtual-machines$"
    lists_for_a_hundred: ClassVar[int] = 2
    most_requests: ClassVar[int] = 4
    address6: ClassVar[str] = "2001:db8::10"
    lag_field: ClassVar[str] = "action_delay"

    @classmethod
    def contents(cls) -> dict[str, Any]:
        return {"machines": machines()}

    @classmethod
    def fleet(cls, addresses: Sequence[str]) -> dict[str, Any]:
        """Make VMs of up to four addresses."""
        return {
            "machines": [
                Machine(
                    id=number,
                    hostname=f"srv{number}.hstgr.cloud",
                    ipv4=[*addresses[4 * number - 4 : 4 * number]],
                )
                for number in range(1, (len(addresses) + 3) // 4 + 1)
            ]
        }

    def is_default(self, hostname: str) -> bool:
        return hostname.endswith(".hstgr.cloud")
