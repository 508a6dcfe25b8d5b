"""The Hostinger backend keeps the contract of both kinds, whatever the API does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import dns.name
import pytest

from pulumi_rdns.backends.hostinger import HostingerBackend
from pulumi_rdns.model.addresses import Address
from tests.backends.contract import AddressContract, BackendContract, ZoneContract

from .world import STRANGER, ZONE, World, addresses, fleet, held, world

#: both answers to each question that the API's document leaves open
ANSWERS: dict[str, dict[str, Any]] = {
    "as simple as can be": {},
    "a delete leaves the default name": {"delete_leaves": "default"},
    "no PTR at first": {"initial_ptr": "nothing"},
    "the VM lags": {"ptr_lag": 4.0},
    "the list lags": {"list_lag": 3600.0, "delete_leaves": "default"},
    "actions take their time": {"action_delay": 7.0},
    "a locked VM takes it": {"action_delay": 7.0, "locked_refuses": False},
    "actions do not lock": {"action_delay": 7.0, "acting_locks": False},
    "unknown states": {"action_delay": 7.0, "action_states": ["queued", "on_its_way"]},
    "a rate limit": {"rate_limit": 5, "rate_window": 10.0},
    "a rate limit that is not told": {"rate_limit": 5, "rate_window": 10.0, "retry_after": "none"},
}
ZONE_ANSWERS: dict[str, dict[str, Any]] = {
    "absent is 404": {},
    "absent is 403": {"zone_absent": "403"},
    "absent is 422": {"zone_absent": "422"},
    "absent is an empty list": {"zone_absent": "empty"},
    "the zone lags": {"zone_lag": 1.0},
    "a domain registered elsewhere": {"domains": []},
}


@pytest.fixture
def backend(account: World) -> HostingerBackend:
    return account.backend


class Hostinger(BackendContract):
    minimal_settings: ClassVar = {"apiToken": "token"}

    @pytest.fixture
    def secrets(self, account: World) -> list[str]:
        return [account.scenario.token]


class TestAddresses(Hostinger, AddressContract):
    @pytest.fixture(params=ANSWERS.values(), ids=list(ANSWERS))
    def account(self, request: pytest.FixtureRequest) -> Iterator[World]:
        with world(machines=fleet(9), **request.param) as made:
            yield made

    @pytest.fixture
    def owned(self) -> list[Address]:
        return addresses(9)

    @pytest.fixture
    def not_owned(self) -> Address:
        return STRANGER

    @pytest.fixture
    def live(self, account: World) -> Callable[[Address], str | None]:
        def read(address: Address) -> str | None:
            hostname = account.account.ptr(str(address))
            return None if hostname is None or hostname.endswith(".hstgr.cloud") else hostname

        return read


class TestZones(Hostinger, ZoneContract):
    kind, one, two = "A", "203.0.113.1", "203.0.113.2"

    @pytest.fixture(params=ZONE_ANSWERS.values(), ids=list(ZONE_ANSWERS))
    def account(self, request: pytest.FixtureRequest) -> Iterator[World]:
        sets = [held("alias", "host1.example.com.", kind="CNAME")]
        with world(zones={"example.com": sets}, **request.param) as made:
            yield made

    @pytest.fixture
    def zone(self) -> dns.name.Name:
        return ZONE

    @pytest.fixture
    def names(self) -> list[dns.name.Name]:
        return [dns.name.from_text(f"host{at}", ZONE) for at in range(8)]

    @pytest.fixture
    def alias(self) -> dns.name.Name:
        return dns.name.from_text("alias", ZONE)

    @pytest.fixture
    def live(self, account: World) -> Callable[[dns.name.Name, str], tuple[int, list[str]] | None]:
        def read(name: dns.name.Name, kind: str) -> tuple[int, list[str]] | None:
            owner = name.relativize(ZONE).to_text()
            return account.account.records("example.com", owner, kind)

        return read
