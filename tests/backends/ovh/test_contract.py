"""The ovh backend keeps the contract of an address backend, whatever the API does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest

from pulumi_rdns.backends.ovh import OvhBackend
from pulumi_rdns.model.addresses import Address, parse_address
from tests.backends.contract import AddressContract
from tests.fakes.ovh import Block

from .world import STRANGER, World, world

#: both answers to each question that the API's document leaves open
ANSWERS: dict[str, dict[str, Any]] = {
    "as simple as can be": {},
    "an OAuth2 client": {"login": "oauth2"},
    "tokens that end soon": {"login": "oauth2", "token_lifetime": 40, "reverse_lag": 20.0},
    "a server whose clock is ahead": {"clock_ahead": 86400},
    "default names": {"initial_reverse": "default", "delete_leaves": "default"},
    "a default name at first": {"initial_reverse": "default"},
    "a delete leaves the default name": {"delete_leaves": "default"},
    "nothing to delete is no error": {"delete_absent": "200"},
    "the API lags": {"reverse_lag": 4.0},
    "IPv6 in its long form": {"ipv6_form": "long"},
    "single addresses without a prefix": {"single": "address"},
    "a rate limit": {"rate_limit": 6, "rate_window": 10.0},
    "a rate limit that is not told": {"rate_limit": 6, "rate_window": 10.0, "retry_after": "none"},
}


class TestAddresses(AddressContract):
    minimal_settings: ClassVar = {
        "applicationKey": "key",
        "applicationSecret": "secret",
        "consumerKey": "consumer",
    }

    @pytest.fixture(params=ANSWERS.values(), ids=list(ANSWERS))
    def account(self, request: pytest.FixtureRequest) -> Iterator[World]:
        single = [Block(ip=f"203.0.113.{at}/32") for at in range(1, 5)]
        more = [Block(ip="198.51.100.16/29", type="failover"), Block(ip="2001:db8:41d0::/64")]
        with world(blocks=[*single, *more], **request.param) as made:
            yield made

    @pytest.fixture
    def backend(self, account: World) -> OvhBackend:
        return account.backend

    @pytest.fixture
    def secrets(self, account: World) -> list[str]:
        return list(account.secrets.values())

    @pytest.fixture(params=["single", "a block", "IPv6"])
    def owned(self, request: pytest.FixtureRequest) -> list[Address]:
        single = [f"203.0.113.{at}" for at in range(1, 5)]
        block = [f"198.51.100.{at}" for at in range(16, 24)]
        v6 = [f"2001:db8:41d0::{at}" for at in range(1, 9)]
        order = {"single": single + block, "a block": block + v6, "IPv6": v6 + single}
        return [parse_address(address) for address in order[request.param]]

    @pytest.fixture
    def not_owned(self) -> Address:
        return STRANGER

    @pytest.fixture
    def live(self, account: World) -> Callable[[Address], str | None]:
        def read(address: Address) -> str | None:
            hostname = account.account.ptr(str(address))
            is_default = hostname is None or re.fullmatch(r"ip\d+\.ip-[\d-]+\.eu", hostname)
            return None if is_default else hostname

        return read
