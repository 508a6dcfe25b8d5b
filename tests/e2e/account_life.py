"""The life of records at one host, the same for all whose addresses a simulator stands for.

A subclass has ``world_type``, which says what the account can. Forward records are in its zones, or
in another instance where it has none.
"""

from __future__ import annotations

import ipaddress
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.fakes.api import STORMS, Fault

from .conftest import MakeProject
from .harness import Project, declare, forward, ptr
from .in_a_world import STRANGER, A, B, InAWorld
from .nothing_is_lost import NothingIsLost
from .simulated_world import Resolver, SimulatedWorld, config, unchecked
from .worlds import MemoryWorld, World

SKIP = {"PULUMI_SKIP_CHECKPOINTS": "true"}


class InAnAccount(InAWorld):
    """Two accounts with the same addresses."""

    world_type: ClassVar[type[SimulatedWorld]]
    #: what the document leaves open, as the first and as the second account answers it
    switches: ClassVar[Sequence[Mapping[str, Any]]] = ({}, {})

    @pytest.fixture
    def world(self) -> Iterator[SimulatedWorld]:
        with self.world_type.running("main", **self.switches[0]) as world:
            yield world

    @pytest.fixture
    def other(self) -> Iterator[SimulatedWorld]:
        with self.world_type.running("second", **self.switches[1]) as world:
            yield world

    def config(self, *worlds: World, slow: bool = False) -> dict[str, object]:
        for world in worlds:
            assert isinstance(world, SimulatedWorld)
            world.lag(0.8 if slow else 0.0)
            # An account that is away is given up soon, so that the test need not wait long.
            world.timeout = 60.0 if slow else 2.0
        return super().config(*worlds, slow=slow)


class NothingIsLostOfAddresses(InAnAccount):
    """The parts that apply to an account without zones."""

    test_renamed = NothingIsLost.test_a_resource_renamed_without_an_alias_keeps_its_record
    test_later = NothingIsLost.test_a_renamed_record_survives_a_delete_that_comes_one_up_later
    test_at_once = NothingIsLost.test_a_renamed_record_changes_its_hostname_at_once
    test_swapped = NothingIsLost.test_two_resources_swap_addresses
    test_stopped = NothingIsLost.test_a_strangers_ptr_stops_only_that_resource
    test_restored = NothingIsLost.test_restore_puts_back_what_was_there
    test_adopted = NothingIsLost.test_restore_leaves_a_record_that_was_adopted
    test_survives = (
        NothingIsLost.test_a_ptr_that_somebody_else_changed_survives_destroy_after_a_refresh
    )
    test_removed = NothingIsLost.test_a_ptr_that_was_removed_by_hand_is_no_obstacle_to_destroy
    test_instance = NothingIsLost.test_another_backend_instance_moves_the_record


class AccountLife(InAnAccount):
    """Everyday and bad days at one host."""

    @pytest.fixture
    def dns(self, request: pytest.FixtureRequest, tmp_path: Path) -> World:
        """Return where forward records are."""
        if self.world_type.has_zones:
            world: World = request.getfixturevalue("world")
            return world
        return MemoryWorld("dns", tmp_path / "project")

    # The life of one host

    @pytest.mark.timeout(300)  # nine commands, on a machine that may be busy
    def test_a_host_is_set_up_changed_drifts_is_repaired_and_destroyed(
        self, make_project: MakeProject, world: SimulatedWorld, dns: World
    ) -> None:
        x, v6 = world.addresses[0], world.address6
        resolver = Resolver(dns)
        if world.checks_forward:
            world.account.forward = resolver
        project = make_project(config(*dict.fromkeys([world, dns])))
        project.program(host(dns, A, x, v6))
        project.preview()
        assert world.writes() == []
        assert "warning" not in project.up().text
        assert world.ptrs([x, v6]) == {x: [A], v6: [A]}
        assert (dns.forward(A, "A"), dns.forward(A, "AAAA")) == ([x], [v6])
        assert project.outputs()["confirmed"] == {x: True, v6: True}
        assert resolver.asked == ([A, A] if world.checks_forward else [])
        project.up("--refresh", "--expect-no-changes")

        project.program(host(dns, B, x, v6))
        with world.watched(x, v6) as seen:
            project.up()
        assert seen == {x: [[A], [B]], v6: [[A], [B]]}
        assert (dns.forward(A, "A"), dns.forward(B, "A")) == ([], [x])

        world.set_ptr(x, [])
        seen_again = project.preview("--refresh", "--json").operations
        assert seen_again[f"mail-{x}"] == "create"
        project.refresh()
        project.up()
        assert world.ptr(x) == [B]
        # what somebody else set stays
        world.set_ptr(x, [STRANGER])
        assert f"is now {STRANGER}" in project.destroy().text
        assert (world.ptr(x), world.ptr(v6)) == ([STRANGER], [])
        assert dns.forward(B, "A") == dns.forward(B, "AAAA") == []

    def test_another_s_name_is_a_conflict_and_one_s_own_is_adopted(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        x, z = world.addresses[:2]
        project = make_project(unchecked(world))
        world.set_ptr(x, [STRANGER])
        world.set_ptr(z, [A])
        project.program(ptr("x", x, A), ptr("z", z, A))
        (error,) = project.up(fails=True).errors
        assert f"it already points to {STRANGER}" in error
        assert world.ptr(x) == [STRANGER]
        assert list(project.resources()) == ["z"]
        assert world.writes() == []
        project.program(ptr("x", x, A, on_conflict="overwrite"), ptr("z", z, A))
        project.up()
        assert world.ptr(x) == [A]

    def test_the_vendor_s_default_is_no_conflict_and_comes_back(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        x = world.addresses[0]
        before = world.account.ptr(x)
        project = make_project(unchecked(world))
        project.program(ptr("x", x, A, on_delete="restore"))
        project.up()
        assert project.resources()["x"].outputs["previous"] == {"known": True, "hostnames": []}
        project.destroy()
        assert world.ptr(x) == []
        assert world.account.ptr(x) in (before, None)

    def test_a_vendor_that_does_not_see_the_forward_record_yet_is_waited_for(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        x = let_the_vendor_see(world, {})
        project = make_project(unchecked(world))
        project.program(ptr("mail", x, A))
        running = project.start_up()
        try:
            wait_for(world, 400)
            let_the_vendor_see(world, {A: [x]})
        finally:
            result = running.wait()
        assert result.code == 0, result.text
        assert "the vendor does not see the forward record yet" in result.text
        assert world.ptr(x) == [A]

    def test_a_forward_record_that_never_comes_ends_with_the_vendors_reason(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        x = let_the_vendor_see(world, {})
        world.timeout = 3.0
        project = make_project(unchecked(world))
        project.program(ptr("mail", x, A))
        (error,) = project.up(fails=True).errors
        assert error.startswith(f"RejectedError: main: set the PTR of {x}: the API refused it: ")
        assert A in error
        assert "The vendor checks the forward record itself" in error
        assert world.ptr(x) == []
        assert project.resources() == {}

    # Accounts

    def test_two_accounts_are_two_instances_of_one_stack(self, make_project: MakeProject) -> None:
        kind, (mine, theirs) = self.world_type, hundred()[:2]
        with (
            kind.running("first", **kind.fleet([mine])) as first,
            kind.running("second", **kind.fleet([theirs])) as second,
        ):
            project = make_project(unchecked(first, second))
            forwards = [forward("a", A, mine), forward("b", B, theirs, backend="second")]
            ptrs = [ptr("a", mine, A), ptr("b", theirs, B, backend="second")]
            project.program(*(forwards if kind.has_zones else []), *ptrs)
            project.up()
            assert (first.ptr(mine), second.ptr(theirs)) == ([A], [B])
            if kind.has_zones:
                assert (first.forward(A, "A"), first.forward(B, "A")) == ([mine], [])
                assert second.forward(B, "A") == [theirs]
            for one in (first, second):
                assert {sent.status for sent in one.simulator.sent()} <= {200, 201, 404}
            project.program(ptr("a", mine, A), ptr("lost", theirs, B))
            (error,) = project.up(fails=True).errors
            assert error.startswith("AddressNotFoundError: first: ")
            assert f" the PTR of {theirs}: " in error
            assert second.ptr(theirs) == [B]
            project.destroy()
            assert (first.ptr(mine), second.ptr(theirs)) == ([], [])

    def test_an_instance_that_is_renamed_and_has_a_new_login_keeps_its_records(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        x, login = world.addresses[0], world.second_login()
        if login is None:
            pytest.skip("the simulator has one login of this kind")
        settings = unchecked(world)
        project = make_project(settings)
        a_record = forward("a", A, x) if world.has_zones else ""
        project.program(a_record, ptr("a", x, A))
        project.up()
        renamed = {**world.settings(), **login}
        settings["rdns:backends"] = {"main": world.settings(), "renamed": renamed}
        project.configure(settings)
        a_record = forward("a", A, x, backend="renamed") if world.has_zones else ""
        project.program(a_record, ptr("a", x, A, backend="renamed"))
        with world.watched(x) as seen:
            project.up()
        assert seen[x] == [[A]]
        assert not world.has_zones or world.forward(A, "A") == [x]
        project.destroy()
        assert world.ptr(x) == []
        assert not world.has_zones or world.forward(A, "A") == []

    # Many, and trouble in the middle

    def test_a_hundred_addresses_list_the_account_a_few_times(
        self, make_project: MakeProject
    ) -> None:
        with self.world_type.running("main", **self.world_type.fleet(hundred())) as world:
            project = make_project(unchecked(world))
            project.program("rdns.get_addresses()\n")
            project.preview()
            once, asked_once = world.lists(), len(world.simulator.sent())
            project.program("rdns.get_addresses()\n", many(hundred()))
            project.up("--parallel", "32", environ=SKIP)
            # once in each program; the rest is what the provider needs
            assert world.lists() - 2 * once <= world.lists_for_a_hundred
            check_many(project, world, hundred())
            # no request per record of the account: a handful for each PTR
            asked = len(world.simulator.sent()) - 2 * asked_once
            assert asked <= 100 * world.most_requests + 10

    @pytest.mark.parametrize("storm", STORMS.values(), ids=STORMS)
    def test_after_a_storm_everything_is_set_and_nothing_twice(
        self, make_project: MakeProject, storm: Fault
    ) -> None:
        addresses = hundred()[:30]
        with self.world_type.running("main", **self.world_type.fleet(addresses)) as world:
            project = make_project(unchecked(world))
            project.program(many(addresses))
            world.simulator.inject(storm)
            project.up("--parallel", "32", environ=SKIP)
            statuses = Counter(sent.status for sent in world.simulator.sent())
            assert statuses[storm.status] == 12
            check_many(project, world, addresses)

    def test_a_connection_that_is_cut_after_the_write_converges(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        x = world.addresses[0]
        world.simulator.inject(Fault(kind="cut_after", method=world.write_method))
        project = make_project(unchecked(world))
        project.program(ptr("a", x, A))
        project.up()
        statuses = [sent.status for sent in world.simulator.sent(world.write_method)]
        # It is looked at; what is not there by then is asked for once more.
        assert statuses[:1] == [0]
        assert statuses[1:] in ([], [200], [201])
        assert world.ptr(x) == [A]
        project.destroy()
        assert world.ptr(x) == []

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc")
    @pytest.mark.parametrize("refreshes", [True, False], ids=["refresh first", "up at once"])
    def test_a_run_killed_between_accepted_and_shown_converges(
        self, make_project: MakeProject, world: SimulatedWorld, refreshes: bool
    ) -> None:
        x, y, *_ = world.addresses
        world.lag(3.0)
        project = make_project(unchecked(world))
        project.program(ptr("a", x, A), ptr("b", y, B))
        running = project.start_up()
        try:
            deadline = time.monotonic() + 60
            while not world.writes():
                assert time.monotonic() < deadline, "nothing is written"
                time.sleep(0.01)
        finally:
            running.end()
            running.process.communicate()
        assert project.resources().get("a") is None or project.resources()["a"].id == ""
        world.lag(0.0)
        project.run("cancel", "--yes", "--stack", project.stack)
        if refreshes:
            project.refresh("--clear-pending-creates")
        project.up()
        assert (world.ptr(x), world.ptr(y)) == ([A], [B])
        if not refreshes:
            project.refresh("--clear-pending-creates")
        project.up("--expect-no-changes")
        project.destroy()
        assert world.ptr(x) == world.ptr(y) == []

    # What others do

    def test_a_name_that_somebody_sets_while_this_waits_survives(
        self, make_project: MakeProject, world: SimulatedWorld
    ) -> None:
        x = world.addresses[0]
        project = make_project(unchecked(world))
        project.program(ptr("a", x, A))
        project.up()
        fault = Fault(kind="status", method=world.write_method, status=429, retry_after="2")
        world.simulator.inject(fault)
        project.program(ptr("a", x, B))
        running = project.start_up()
        wait_for(world, 429)
        world.set_ptr(x, [STRANGER])
        result = running.wait()
        assert result.code != 0
        said = f"it already points to {STRANGER}, which was not written by this stack"
        assert said in result.text
        assert world.ptr(x) == [STRANGER]


def host(dns: World, hostname: str, *addresses: str) -> str:
    """Declare a hostname both ways; the check asks where its forward records are."""
    declared = declare(
        "ForwardConfirmedHost",
        "mail",
        hostname=hostname,
        addresses=[*addresses],
        forward_backend=dns.instance,
    )
    return f'host = {declared}pulumi.export("confirmed", host.forward_confirmed)\n'


def let_the_vendor_see(world: SimulatedWorld, forward: dict[str, list[str]]) -> str:
    """Let the vendor's resolvers find these addresses of hostnames; return one of the account."""
    if not world.checks_forward:
        pytest.skip("this vendor does not look at the forward record")
    world.account.forward = forward
    return world.addresses[0]


def wait_for(world: SimulatedWorld, status: int) -> None:
    """Wait until the API has answered something with a status."""
    deadline = time.monotonic() + 60
    while not [sent for sent in world.simulator.sent() if sent.status == status]:
        assert time.monotonic() < deadline, f"nothing is answered with {status}"
        time.sleep(0.02)


def hundred() -> list[str]:
    """Return a hundred addresses."""
    first = ipaddress.ip_address("198.51.100.1")
    return [str(first + at) for at in range(100)]


def many(addresses: Sequence[str]) -> str:
    """Declare a PTR for every address."""
    return (
        f"for address in {addresses!r}:\n"
        '    name = "h" + address.replace(".", "-")\n'
        '    rdns.PtrRecord(name, address=address, hostname=f"{name}.example.com")\n'
    )


def check_many(project: Project, world: SimulatedWorld, addresses: Sequence[str]) -> None:
    """Check that every address has its PTR, in the account and in the state, written once."""
    expected = {one: [f"h{one.replace('.', '-')}.example.com"] for one in addresses}
    assert world.ptrs(addresses) == expected
    assert len(project.resources()) == len(addresses)
    assert set(Counter(world.writes()).values()) == {1}
    assert len(world.writes()) == len(addresses)
