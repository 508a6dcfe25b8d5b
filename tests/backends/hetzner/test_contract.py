"""The Hetzner backend keeps the contract of both kinds, whatever the API does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import dns.name
import pytest

from pulumi_rdns.backends.hetzner import HetznerBackend
from pulumi_rdns.model.addresses import Address
from tests.backends.batch_contract import BatchContract
from tests.backends.contract import AddressContract, BackendContract, ZoneContract

from .world import EVERY, KINDS, STRANGER, World, held, world

#: both answers to each question that the API's document leaves open
ANSWERS: dict[str, dict[str, Any]] = {
    "as simple as can be": {},
    "null is refused for IPs": {"null_for_ips": False},
    "networks are found by an address": {"filter_finds_networks": True},
    "networks have no length": {"network_length": False},
    "addresses are long": {"spelling": "long"},
    "addresses are in capitals, names have a dot": {"spelling": "upper", "final_dot": True},
    "the API lags": {"ptr_lag": 4.0},
    "actions take their time": {"action_delay": 7.0},
    "actions lock": {"action_delay": 7.0, "acting_locks": True, "ptr_lag": 1.0},
    "a rate limit": {"rate_limit": 5, "rate_window": 10.0},
    "a rate limit that is not told": {"rate_limit": 5, "rate_window": 10.0, "retry_after": "none"},
}
ZONE_ANSWERS: dict[str, dict[str, Any]] = {
    "as simple as can be": {},
    "actions take their time": {"action_delay": 7.0},
    "an RRset is shown before its action has ended": {"action_delay": 7.0, "shows_pending": True},
    "actions lock": {"action_delay": 0.3, "acting_locks": True},
    "the zone lags": {"zone_lag": 2.0},
    "others may stand beside a CNAME": {"beside_cname": True},
    "what is absent can be removed": {"removes_absent": True},
    "the zone's name is its own": {"top": "zone"},
}


@pytest.fixture
def backend(account: World) -> HetznerBackend:
    return account.backend


class Hetzner(BackendContract):
    minimal_settings: ClassVar = {"apiToken": "token"}

    @pytest.fixture
    def secrets(self, account: World) -> list[str]:
        return [account.scenario.token]


class TestAddresses(Hetzner, AddressContract):
    @pytest.fixture(params=ANSWERS)
    def account(self, request: pytest.FixtureRequest) -> Iterator[World]:
        with world(**KINDS, **ANSWERS[request.param]) as made:
            yield made

    @pytest.fixture
    def owned(self) -> list[Address]:
        return EVERY

    @pytest.fixture
    def not_owned(self) -> Address:
        return STRANGER

    @pytest.fixture
    def live(self, account: World) -> Callable[[Address], str | None]:
        def read(address: Address) -> str | None:
            hostname = account.account.ptr(str(address))
            is_default = hostname is None or hostname.endswith(".clients.your-server.de")
            return None if is_default else hostname

        return read


class Zones(Hetzner, ZoneContract):
    apex: ClassVar[str]

    @pytest.fixture(params=ZONE_ANSWERS)
    def answers(self, request: pytest.FixtureRequest) -> Any:
        return ZONE_ANSWERS[request.param]

    @pytest.fixture
    def account(self, answers: Any) -> Iterator[World]:
        sets = [
            held("@", "ns1.example.com.", kind="NS"),
            held("alias", "host1.example.com.", kind="CNAME"),
        ]
        with world(zones={self.apex: sets}, **answers) as made:
            yield made

    @pytest.fixture
    def zone(self) -> dns.name.Name:
        return dns.name.from_text(self.apex)

    @pytest.fixture
    def names(self, zone: dns.name.Name) -> list[dns.name.Name]:
        return [dns.name.from_text(f"host{at}", zone) for at in range(8)]

    @pytest.fixture
    def alias(self, zone: dns.name.Name) -> dns.name.Name:
        return dns.name.from_text("alias", zone)

    @pytest.fixture
    def live(
        self, account: World, zone: dns.name.Name
    ) -> Callable[[dns.name.Name, str], tuple[int, list[str]] | None]:
        def read(name: dns.name.Name, kind: str) -> tuple[int, list[str]] | None:
            return account.account.records(self.apex, name.relativize(zone).to_text(), kind)

        return read


class TestForwardZones(Zones):
    kind, one, two = "A", "203.0.113.1", "203.0.113.2"
    apex = "example.com"


class TestReverseZones(Zones, BatchContract):
    apex = "2.0.192.in-addr.arpa"

    @pytest.fixture(params=["as simple as can be", "actions lock"])
    def answers(self, request: pytest.FixtureRequest) -> Any:
        return ZONE_ANSWERS[request.param]
