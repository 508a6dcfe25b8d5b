"""The linode backend keeps the contract of an address backend, whatever the API does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest

from pulumi_rdns.backends.linode import LinodeBackend
from pulumi_rdns.model.addresses import Address, parse_address
from tests.backends.contract import AddressContract
from tests.fakes.linode import Machine

from .world import STRANGER, World, world

#: both answers to each question that the API's document leaves open
ANSWERS: dict[str, dict[str, Any]] = {
    "as simple as can be": {},
    "an older account": {"default_name": "members"},
    "the API lags": {"ptr_lag": 4.0},
    "IPv6 in its long form": {"ipv6_form": "long"},
    "IPv6 has default names": {"ipv6_default": True},
    "addresses of a range are shown": {"range_address": "shown"},
    "a rate limit": {"rate_limit": 5, "rate_window": 10.0},
    "a rate limit that is not told": {"rate_limit": 5, "rate_window": 10.0, "retry_after": "none"},
    "short pages": {"largest_page": 2},
}


class TestAddresses(AddressContract):
    minimal_settings: ClassVar = {"apiToken": "token"}

    @pytest.fixture(params=ANSWERS.values(), ids=list(ANSWERS))
    def account(self, request: pytest.FixtureRequest) -> Iterator[World]:
        machines = [
            Machine(id=at, label=f"linode{at}", ipv4=[f"203.0.113.{at}"], ipv6=f"2001:db8::{at}")
            for at in range(1, 6)
        ]
        machines[0].ranges = ["2001:db8:1::/64"]
        with world(machines=machines, **request.param) as made:
            yield made

    @pytest.fixture
    def backend(self, account: World) -> LinodeBackend:
        return account.backend

    @pytest.fixture
    def secrets(self, account: World) -> list[str]:
        return [account.scenario.token]

    @pytest.fixture(params=["IPv4", "IPv6", "a range"])
    def owned(self, request: pytest.FixtureRequest) -> list[Address]:
        v4 = [f"203.0.113.{at}" for at in range(1, 6)]
        v6 = [f"2001:db8::{at}" for at in range(1, 6)]
        routed = [f"2001:db8:1::{at}" for at in range(1, 9)]
        order = {"IPv4": v4 + v6, "IPv6": v6 + v4, "a range": routed}
        return [parse_address(address) for address in order[request.param]]

    @pytest.fixture
    def not_owned(self) -> Address:
        return STRANGER

    @pytest.fixture
    def live(self, account: World) -> Callable[[Address], str | None]:
        def read(address: Address) -> str | None:
            hostname = account.account.ptr(str(address))
            is_default = hostname is None or hostname.endswith(
                (".ip.linodeusercontent.com", ".members.linode.com")
            )
            return None if is_default else hostname

        return read
