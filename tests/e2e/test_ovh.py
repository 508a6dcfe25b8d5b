"""OVHcloud through the real CLI, on simulated accounts, with each of its two logins."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, ClassVar

from tests.fakes.ovh import Block, Scenario, Simulator

from .account_life import (
    SKIP,
    AccountLife,
    InAnAccount,
    NothingIsLostOfAddresses,
    check_many,
    hundred,
    many,
)
from .conftest import MakeProject
from .harness import ptr
from .host_tokens import HostTokens
from .in_a_world import A
from .simulated_world import SimulatedWorld, unchecked


class OvhWorld(SimulatedWorld):
    """A simulated OVHcloud account; the login is an application's key."""

    kind: ClassVar = "ovh"
    variables: ClassVar = {
        "applicationSecret": "OVH_APPLICATION_SECRET",
        "consumerKey": "OVH_CONSUMER_KEY",
    }
    scenario_type: ClassVar = Scenario
    simulator_type: ClassVar = Simulator
    address6: ClassVar = "2001:db8:41d0::10"
    list_path: ClassVar = r"/1\.0/ip$"
    lists_for_a_hundred: ClassVar = 3
    lag_field: ClassVar = "reverse_lag"
    has_zones: ClassVar = False
    checks_forward: ClassVar = True

    @classmethod
    def contents(cls) -> dict[str, Any]:
        blocks = [Block(ip=f"{address}/32") for address in cls.addresses]
        return {"blocks": [*blocks, Block(ip="2001:db8:41d0::/64")]}

    @classmethod
    def login(cls, instance: str) -> dict[str, str]:
        keys = ("application_secret", "consumer_key", "client_secret")
        return {key: f"{key}-of-{instance}-that-nobody-may-see" for key in keys}

    @classmethod
    def fleet(cls, addresses: Sequence[str]) -> dict[str, Any]:
        return {"blocks": [Block(ip=f"{address}/32") for address in addresses]}

    def place(self) -> dict[str, object]:
        return {**super().place(), "applicationKey": self.scenario.application_key}

    def secrets(self) -> dict[str, str]:
        return {
            "applicationSecret": self.scenario.application_secret,
            "consumerKey": self.scenario.consumer_key,
        }

    def rotate(self) -> dict[str, str]:
        self.scenario.consumer_key = "rotated-key-that-nobody-may-see"
        return {"consumerKey": self.scenario.consumer_key}

    def second_login(self) -> dict[str, str] | None:
        return None

    def is_default(self, hostname: str) -> bool:
        return ".ip-203-0-113." in hostname


class OAuth2World(OvhWorld):
    """A simulated OVHcloud account; the login is an OAuth2 client's."""

    variables: ClassVar = {"clientSecret": "OVH_CLIENT_SECRET"}

    def place(self) -> dict[str, object]:
        return {**SimulatedWorld.place(self), "clientId": self.scenario.client_id}

    def secrets(self) -> dict[str, str]:
        return {"clientSecret": self.scenario.client_secret}

    def rotate(self) -> dict[str, str]:
        self.scenario.client_secret = "rotated-secret-that-nobody-may-see"
        with self.account.guard:
            self.simulator.tokens.clear()  # type: ignore[attr-defined]
        return self.secrets()


class TestNothingIsLost(NothingIsLostOfAddresses):
    world_type: ClassVar = OvhWorld


class TestTokens(HostTokens):
    world_type: ClassVar = OvhWorld


class TestLife(AccountLife):
    world_type: ClassVar = OvhWorld

    def test_default_names_are_nobody_s_choice_and_come_back(
        self, make_project: MakeProject
    ) -> None:
        default = {"initial_reverse": "default", "delete_leaves": "default"}
        with OvhWorld.running("main", **default) as world:
            project = make_project(unchecked(world))
            x = world.addresses[0]
            project.program(ptr("mail", x, A))
            project.up()
            assert project.resources()["mail"].outputs["previous"]["hostnames"] == []
            project.destroy()
            assert world.account.ptr(x) == "ip10.ip-203-0-113.eu"

    def test_a_hundred_addresses_keep_to_the_rate_that_is_said_to_be_fair(
        self, make_project: MakeProject
    ) -> None:
        """60 in a minute, which is shorter here; for how long to wait is not told."""
        limit = {"rate_limit": 40, "rate_window": 1.4, "retry_after": "none"}
        with OvhWorld.running("main", **OvhWorld.fleet(hundred()), **limit) as world:
            project = make_project(unchecked(world))
            project.program(many(hundred()))
            result = project.up("--parallel", "16", environ=SKIP)
            check_many(project, world, hundred())
            assert "too many requests; pausing" in result.text
            refused = [sent.status == 429 for sent in world.simulator.sent()]
            assert refused.count(False) <= 100 * 5 + 40
            # What is on its way when the API says no; nobody asks before the one pause is over.
            assert 0 < max(len([*group]) for is_no, group in groupby(refused) if is_no) <= 16


class TestOAuth2Tokens(HostTokens):
    world_type: ClassVar = OAuth2World


class TestOAuth2(InAnAccount):
    """What the other login decides."""

    world_type: ClassVar = OAuth2World

    dns = AccountLife.dns

    test_life = AccountLife.test_a_host_is_set_up_changed_drifts_is_repaired_and_destroyed
    test_accounts = AccountLife.test_two_accounts_are_two_instances_of_one_stack
    test_hundred = AccountLife.test_a_hundred_addresses_list_the_account_a_few_times
