"""The life of records at one host, the same for all hosts that a simulator stands for.

A subclass has ``world_type``.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

import pytest

from tests.fakes.api import STORMS, Fault

from .conftest import MakeProject
from .harness import Project, declare, forward, ptr
from .in_a_world import A, B
from .simulated_world import SimulatedWorld, config
from .test_secrets import noted_arguments

X, Y, Z = "203.0.113.10", "203.0.113.13", "203.0.113.12"
SKIP = {"PULUMI_SKIP_CHECKPOINTS": "true"}


def unchecked(world: SimulatedWorld, *others: SimulatedWorld) -> dict[str, object]:
    """Configure accounts whose PTRs are set without forward records."""
    return config(world, *others, **{"rdns:forwardCheck": "skip"})


def many() -> str:
    """Declare a PTR for every IPv4 address of the account."""
    return (
        "for address in rdns.get_addresses():\n"
        '    name = "h" + address.replace(".", "-")\n'
        '    rdns.PtrRecord(name, address=address, hostname=f"{name}.example.com")\n'
    )


def check_many(project: Project, world: SimulatedWorld, there: list[str]) -> None:
    """Check that every address has its PTR, in the account and in the state, written once."""
    expected = {address: [f"h{address.replace('.', '-')}.example.com"] for address in there}
    assert world.ptrs(there) == expected
    assert len(project.resources()) == len(there)
    assert set(Counter(world.writes()).values()) == {1}
    assert len(world.writes()) == len(there)


def addresses_of(world: SimulatedWorld) -> list[str]:
    """List the IPv4 addresses that the simulator was started with."""
    return [
        text
        for text in _texts(world.scenario)
        if text.count(".") == 3 and text.replace(".", "").isdigit()
    ]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif hasattr(value, "__struct_fields__"):
        for key in value.__struct_fields__:
            yield from _texts(getattr(value, key))


class AccountLife:
    """Everyday and bad days at one host."""

    world_type: ClassVar[type[SimulatedWorld]]
    #: requests for each PTR where a hundred are set: looks, the write, the read-back
    most_requests: ClassVar[int] = 8

    @pytest.fixture
    def world(self) -> Iterator[SimulatedWorld]:
        with self.world_type.running("main") as world:
            yield world

    def test_a_host_comes_up_changes_drifts_and_goes(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        project = make_project(config(world))

        def host(hostname: str) -> str:
            return declare("ForwardConfirmedHost", "mail", hostname=hostname, addresses=[X, Y])

        project.program(host(A))
        result = project.up()
        assert "warning" not in result.text
        assert (world.ptr(X), world.ptr(Y), world.forward(A, "A")) == ([A], [A], [X, Y])
        project.up("--expect-no-changes")
        # drift
        world.set_ptr(X, [])
        project.refresh()
        project.up()
        assert world.ptr(X) == [A]
        # change
        project.program(host(B))
        project.up()
        assert (world.ptr(X), world.forward(A, "A"), world.forward(B, "A")) == ([B], [], [X, Y])
        # what somebody else set stays
        world.set_ptr(X, ["somebody.example.net"])
        assert "is now somebody.example.net" in project.destroy().text
        assert world.ptr(X) == ["somebody.example.net"]
        assert (world.ptr(Y), world.forward(B, "A")) == ([], [])

    def test_another_s_name_is_a_conflict_and_one_s_own_is_adopted(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        project = make_project(unchecked(world))
        world.set_ptr(X, ["somebody.example.net"])
        world.set_ptr(Z, [A])
        project.program(ptr("x", X, A), ptr("z", Z, A))
        (error,) = project.up(fails=True).errors
        assert "it already points to somebody.example.net" in error
        assert world.ptr(X) == ["somebody.example.net"]
        assert list(project.resources()) == ["z"]
        assert world.writes() == []
        project.program(ptr("x", X, A, on_conflict="overwrite"), ptr("z", Z, A))
        project.up()
        assert world.ptr(X) == [A]

    def test_the_vendor_s_default_is_no_conflict_and_comes_back(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        before = world.account.ptr(X)
        project = make_project(unchecked(world))
        project.program(ptr("x", X, A, on_delete="restore"))
        project.up()
        assert project.resources()["x"].outputs["previous"] == {"known": True, "hostnames": []}
        project.destroy()
        assert world.ptr(X) == []
        assert world.account.ptr(X) in (before, None)

    def test_two_accounts_are_two_instances_of_one_stack(self, make_project: MakeProject) -> None:
        kind = self.world_type
        with (
            kind.running("first", **kind.fleet(1, 1)) as first,
            kind.running("second", **kind.fleet(1, 2)) as second,
        ):
            (mine,), (theirs,) = addresses_of(first), addresses_of(second)
            project = make_project(config(first, second))
            project.program(
                forward("a", A, mine),
                ptr("a", mine, A),
                forward("b", B, theirs, backend="second"),
                ptr("b", theirs, B, backend="second"),
            )
            project.up()
            assert (first.ptr(mine), second.ptr(theirs)) == ([A], [B])
            for one in (first, second):
                assert {sent.status for sent in one.simulator.sent()} <= {200, 201}
            project.program(ptr("lost", theirs, B))
            (error,) = project.up(fails=True).errors
            assert error.startswith("AddressNotFoundError: first: ")
            assert f" the PTR of {theirs}: no " in error
            project.destroy()
            assert (first.ptr(mine), second.ptr(theirs)) == ([], [])

    def test_an_instance_that_is_renamed_and_has_a_new_token_keeps_its_records(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        world.scenario.second_token = "second-token-of-the-same-account"
        settings = unchecked(world)
        project = make_project(settings)
        project.program(forward("a", A, X), ptr("a", X, A))
        project.up()
        renamed = {**world.settings(), "apiToken": world.scenario.second_token}
        settings["rdns:backends"] = {"main": world.settings(), "renamed": renamed}
        project.configure(settings)
        project.program(forward("a", A, X, backend="renamed"), ptr("a", X, A, backend="renamed"))
        with world.watched(X) as seen:
            project.up()
        assert seen[X] == [[A]]
        assert world.forward(A, "A") == [X]
        project.destroy()
        assert world.ptr(X) == world.forward(A, "A") == []

    def test_a_hundred_ptrs_list_the_account_a_few_times(self, make_project: MakeProject) -> None:
        with self.world_type.running("main", **self.world_type.fleet(100)) as world:
            there = addresses_of(world)
            assert len(there) == 100
            project = make_project(unchecked(world))
            project.program(many())
            project.preview()
            once = world.lists()
            project.up("--parallel", "32", environ=SKIP)
            # once in the program, and once in the provider
            assert world.lists() <= 3 * once
            self.check_lists(once, world.lists() - once)
            check_many(project, world, there)
            # no request per record of the account: a handful for each PTR
            assert len(world.simulator.sent()) < 100 * self.most_requests

    def check_lists(self, in_preview: int, in_up: int) -> None:
        """Check the figures of a host's page."""

    @pytest.mark.parametrize("storm", STORMS)
    def test_after_a_storm_everything_is_set_and_nothing_twice(
        self, make_project: MakeProject, storm: str
    ) -> None:
        with self.world_type.running("main", **self.world_type.fleet(30)) as world:
            project = make_project(unchecked(world))
            project.program(many())
            fault = STORMS[storm]
            world.simulator.inject(fault)
            project.up("--parallel", "32", environ=SKIP)
            assert fault.status in {sent.status for sent in world.simulator.sent()}
            check_many(project, world, addresses_of(world))

    def test_a_connection_that_is_cut_after_the_write_converges(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        world.simulator.inject(Fault(kind="cut_after", method="POST", path="ptr"))
        project = make_project(unchecked(world))
        project.program(ptr("a", X, A))
        project.up()
        assert 0 in {sent.status for sent in world.simulator.sent("POST")}
        assert world.ptr(X) == [A]
        project.destroy()
        assert world.ptr(X) == []

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc")
    def test_a_run_killed_while_its_action_runs_converges(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        world.scenario.action_delay = 2.0
        project = make_project(unchecked(world))
        project.program(ptr("a", X, A), ptr("b", Z, B))
        running = project.start_up()
        try:
            deadline = time.monotonic() + 60
            while not world.writes():
                assert time.monotonic() < deadline, "nothing is written"
                time.sleep(0.01)
        finally:
            running.end()
            running.process.communicate()
        assert world.ptr(X) == world.ptr(Z) == []
        project.run("cancel", "--yes", "--stack", project.stack)
        project.up()
        assert (world.ptr(X), world.ptr(Z)) == ([A], [B])
        project.refresh("--clear-pending-creates")
        project.up("--expect-no-changes")

    def test_the_log_of_requests_shows_them_and_no_token(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        project = make_project(unchecked(world))
        project.program(forward("a", A, X), ptr("a", X, A))
        with noted_arguments() as arguments:
            result = project.up(environ={"RDNS_LOG": "debug"})
        assert f"main: set the PTR of {X}: POST {world.simulator.url}/" in result.text
        assert world.scenario.token not in result.text
        assert arguments
        assert not any(world.scenario.token in command for command in arguments)
