"""OVHcloud through the real CLI, on simulated accounts, with each of its two logins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any, ClassVar, Self

import pytest

from tests.fakes.ovh import Block, Scenario, Simulator

from .conftest import MakeProject
from .harness import ptr
from .host_life import SKIP, HostLife, check_many, many
from .host_world import HostWorld, config, hundred
from .in_a_world import A, InAWorld
from .worlds import MemoryWorld


class OvhWorld(HostWorld):
    """A simulated OVHcloud account; the login is an application's key."""

    kind: ClassVar = "ovh"
    addresses: ClassVar = tuple(f"203.0.113.{host}" for host in range(10, 16))
    address6: ClassVar = "2001:db8:41d0::10"
    lists_path: ClassVar = r"/1\.0/ip$"
    lists_for_a_hundred: ClassVar = 3
    write_method: ClassVar = "POST"

    @classmethod
    @contextmanager
    def running(cls, instance: str, **scenario: Any) -> Iterator[Self]:
        blocks = [Block(ip=f"{address}/32") for address in cls.addresses]
        scenario.setdefault("blocks", [*blocks, Block(ip="2001:db8:41d0::/64")])
        for key in ("application_secret", "consumer_key", "client_secret"):
            scenario.setdefault(key, f"{key}-of-{instance}-that-nobody-may-see")
        with Simulator(Scenario(**scenario)) as simulator:
            yield cls(instance, simulator)

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

    def is_default(self, hostname: str) -> bool:
        return ".ip-203-0-113." in hostname

    def lag(self, seconds: float) -> None:
        self.scenario.reverse_lag = seconds


class OAuth2World(OvhWorld):
    """A simulated OVHcloud account; the login is an OAuth2 client's."""

    def place(self) -> dict[str, object]:
        return {**HostWorld.place(self), "clientId": self.scenario.client_id}

    def secrets(self) -> dict[str, str]:
        return {"clientSecret": self.scenario.client_secret}

    def rotate(self) -> dict[str, str]:
        self.scenario.client_secret = "rotated-secret-that-nobody-may-see"
        self.account.guard.acquire()
        self.simulator.tokens.clear()  # type: ignore[attr-defined]
        self.account.guard.release()
        return self.secrets()


class TestOvh(HostLife):
    world_type: ClassVar[type[HostWorld]] = OvhWorld

    def test_a_login_of_the_environment_and_default_names(
        self, make_project: MakeProject, kind: type[HostWorld], dns: MemoryWorld
    ) -> None:
        with kind.running("main", initial_reverse="default", delete_leaves="default") as world:
            settings = config(world, dns)
            settings["rdns:backends"] = {"main": world.place(), "dns": dns.settings()}
            project = make_project(settings)
            x = world.addresses[0]
            project.program(ptr("mail", x, A))
            environ = {
                "OVH_APPLICATION_SECRET": world.secrets()["applicationSecret"],
                "OVH_CONSUMER_KEY": world.secrets()["consumerKey"],
            }
            project.up(environ=environ)
            assert world.ptr(x) == [A]
            previous = project.resources()["mail"].outputs["previous"]
            assert previous["hostnames"] == []
            project.destroy(environ=environ)
            assert world.account.ptr(x) == "ip10.ip-203-0-113.eu"

    def test_a_hundred_addresses_keep_to_the_rate_that_is_said_to_be_fair(
        self, make_project: MakeProject, kind: type[HostWorld], dns: MemoryWorld
    ) -> None:
        """60 in a minute, which is shorter here; for how long to wait is not told."""
        limit = {"rate_limit": 40, "rate_window": 1.4, "retry_after": "none"}
        with kind.running("main", **kind.fleet(hundred()), **limit) as world:
            project = make_project(config(world, dns))
            project.program(many(hundred()))
            result = project.up("--parallel", "16", environ=SKIP)
            check_many(project, world, hundred())
            assert "too many requests; pausing" in result.text
            refused = [sent.status == 429 for sent in world.simulator.sent()]
            assert refused.count(False) <= 100 * 5 + 40
            # What is on its way when the API says no; nobody asks before the one pause is over.
            assert 0 < max(len([*group]) for is_no, group in groupby(refused) if is_no) <= 16


class TestOAuth2(InAWorld):
    """What the other login decides."""

    @pytest.fixture
    def kind(self) -> type[HostWorld]:
        return OAuth2World

    world, other, dns, config = HostLife.world, HostLife.other, HostLife.dns, HostLife.config

    test_life = HostLife.test_a_host_is_set_up_changed_drifts_is_repaired_and_destroyed
    test_accounts = HostLife.test_two_accounts_are_two_instances_of_one_stack
    test_rotated = HostLife.test_a_login_rotated_between_up_and_destroy_needs_the_variables_alone
    test_secrets = HostLife.test_the_secrets_are_nowhere_to_be_seen
    test_hundred = HostLife.test_a_hundred_addresses_list_the_account_a_few_times
