"""Hetzner Cloud through the real CLI, on simulated projects: nothing is lost, and what it adds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from .account_life import AccountLife, InAnAccount
from .conftest import MakeProject
from .harness import declare, forward, ptr
from .hetzner_world import HetznerWorld
from .in_a_world import A, B
from .nothing_is_lost import NothingIsLost
from .simulated_world import ARTICLE, config, unchecked

#: of a server, a floating IP, a primary IP and a load balancer; and of a server's network
EVERY = ["203.0.113.10", "203.0.113.13", "203.0.113.14", "203.0.113.15", "2001:db8:1::10"]


class TestNothingIsLost(InAnAccount, NothingIsLost):
    world_type: ClassVar = HetznerWorld
    switches: ClassVar = ({"null_for_ips": False}, {"ptr_lag": 0.3})


class TestLife(AccountLife):
    world_type: ClassVar = HetznerWorld


@pytest.fixture
def world() -> Iterator[HetznerWorld]:
    with HetznerWorld.running("main") as world:
        yield world


def test_the_addresses_of_a_server_are_one_host_and_nobody_pastes_them(
    make_project: MakeProject, world: HetznerWorld
) -> None:
    project = make_project(config(world))
    project.program(ARTICLE.format(owner="WEB1", hostname=A))
    project.up()
    four, six = "203.0.113.10", "2001:db8:1::1"
    assert world.ptrs([four, six]) == {four: [A], six: [A]}
    assert (world.forward(A, "A"), world.forward(A, "AAAA")) == ([four], [six])
    project.up("--expect-no-changes")


#: answers to what the vendor's document leaves open, each of them once this way and once that way
ANSWERS: dict[str, dict[str, Any]] = {
    "quick and generous": {"filter_finds_networks": True, "beside_cname": True},
    "slow and strict": {
        "null_for_ips": False,
        "action_delay": 0.3,
        "ptr_lag": 0.8,
        "zone_lag": 0.5,
        "acting_locks": True,
    },
    "a rate limit that is not told, and other spellings": {
        "rate_limit": 10,
        "rate_window": 1.0,
        "retry_after": "none",
        "spelling": "long",
        "network_length": False,
        "final_dot": True,
        "top": "zone",
    },
}


@pytest.mark.parametrize("switches", ANSWERS.values(), ids=list(ANSWERS))
def test_each_unknown_is_right_under_either_answer(
    make_project: MakeProject, switches: dict[str, Any]
) -> None:
    with HetznerWorld.running("main", **switches) as world:
        before = {address: world.account.ptr(address) for address in EVERY}
        project = make_project(config(world))
        host = declare("ForwardConfirmedHost", "mail", hostname=A, addresses=EVERY)
        project.program(host)
        assert "warning" not in project.up().text
        refused = [sent for sent in world.simulator.sent() if sent.status == 429]
        assert bool(refused) is ("rate_limit" in switches)
        assert world.ptrs(EVERY) == {address: [A] for address in EVERY}
        project.up("--refresh", "--expect-no-changes")
        project.destroy()
        assert {address: world.account.ptr(address) for address in EVERY} == before
        assert world.forward(A, "A") == world.forward(A, "AAAA") == []


def test_a_server_that_is_deleted_elsewhere_is_a_warning_on_destroy(
    make_project: MakeProject, world: HetznerWorld
) -> None:
    project = make_project(unchecked(world))
    project.program(ptr("a", EVERY[0], A), ptr("b", EVERY[1], B))
    project.up()
    world.account.remove("servers", 42)
    (error,) = project.refresh(fails=True).errors
    assert "no server, primary IP, floating IP or load balancer of this project has it" in error
    assert "warning" in project.destroy().text
    assert project.resources() == {}
    assert world.ptr(EVERY[1]) == []


def test_an_address_that_another_program_adds_stays(
    make_project: MakeProject, world: HetznerWorld
) -> None:
    def add(_: object) -> None:
        world.set_forward(A, "A", [EVERY[0], EVERY[1]])

    project = make_project(config(world))
    project.program(forward("a", A, EVERY[0]))
    project.up()
    world.simulator.before("POST", "/actions/remove_records", add)
    project.destroy()
    assert world.forward(A, "A") == [EVERY[1]]
