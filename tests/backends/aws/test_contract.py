"""The AWS backend keeps the contract of both kinds, whatever the APIs do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import dns.name
import pytest

from pulumi_rdns.backends.aws import AwsBackend
from pulumi_rdns.model.addresses import Address
from tests.backends.batch_contract import BatchContract
from tests.backends.contract import AddressContract, BackendContract, ZoneContract

from .conftest import MakeWorld
from .world import STRANGER, World, addresses, fleet, record

#: both answers to each question that AWS's documents leave open
ANSWERS: dict[str, dict[str, Any]] = {
    "as simple as can be": {},
    "a change takes minutes": {"update_takes": 90.0},
    "reads lag": {"read_lag": 4.0},
    "reads lag and a change takes minutes": {"read_lag": 4.0, "update_takes": 90.0},
    "an address without a PTR is shown": {"unset_is": "empty"},
    "the default name is shown": {"unset_is": "the default name"},
    "an update stays": {"update_leaves": "its value"},
    "a pending change refuses the next": {"update_takes": 90.0, "pending_refuses": True},
    "short pages": {"page_size": 2},
    "a session token": {"session_token": "sample-session-token-that-is-not-real"},
    "requests are throttled": {"rate_limit": 5, "rate_window": 10.0},
}


@pytest.fixture
def backend(account: World) -> AwsBackend:
    return account.backend


class Aws(BackendContract):
    minimal_settings: ClassVar[dict[str, object]] = {}

    @pytest.fixture
    def secrets(self, account: World) -> list[str]:
        scenario = account.scenario
        return [scenario.secret_access_key, scenario.session_token or scenario.secret_access_key]


class TestAddresses(Aws, AddressContract):
    @pytest.fixture(params=ANSWERS.values(), ids=list(ANSWERS))
    def account(self, request: pytest.FixtureRequest, make_world: MakeWorld) -> Iterator[World]:
        with make_world(eips=fleet(9), **request.param) as made:
            yield made

    @pytest.fixture
    def owned(self) -> list[Address]:
        return addresses(9)

    @pytest.fixture
    def not_owned(self) -> Address:
        return STRANGER

    @pytest.fixture
    def live(self, account: World) -> Callable[[Address], str | None]:
        return lambda address: account.account.ptr(str(address))


class HostedZone(Aws, ZoneContract):
    origin: ClassVar[str]

    @pytest.fixture
    def account(self, make_world: MakeWorld) -> Iterator[World]:
        with make_world(zones=[self.origin]) as made:
            zone_id = made.zone_id(self.origin)
            made.put(zone_id, record(f"alias.{self.origin}", "www.example.net.", kind="CNAME"))
            before = made.records(zone_id)
            yield made
            after = made.records(zone_id)
            assert {key: one for key, one in after.items() if "host" not in key[0]} == before

    @pytest.fixture
    def zone(self) -> dns.name.Name:
        return dns.name.from_text(self.origin)

    @pytest.fixture
    def names(self, zone: dns.name.Name) -> list[dns.name.Name]:
        return [dns.name.from_text(f"host{at}", zone) for at in range(1, 10)]

    @pytest.fixture
    def alias(self, zone: dns.name.Name) -> dns.name.Name:
        return dns.name.from_text("alias", zone)

    @pytest.fixture
    def live(self, account: World) -> Callable[[dns.name.Name, str], tuple[int, list[str]] | None]:
        zone_id = account.zone_id(self.origin)

        def read(name: dns.name.Name, kind: str) -> tuple[int, list[str]] | None:
            found = account.records(zone_id).get((name.to_text(), kind))
            if found is None:
                return None
            return found["TTL"], sorted(one["Value"] for one in found["ResourceRecords"])

        return read


class TestReverse(BatchContract, HostedZone):
    origin = "2.0.192.in-addr.arpa"


class TestClassless(HostedZone):
    """The zone of a classless delegation has a slash in its name (RFC 2317)."""

    origin = "128/25.2.0.192.in-addr.arpa"


class TestForward(HostedZone):
    origin = "example.com"
    kind, one, two = "A", "192.0.2.1", "192.0.2.2"
