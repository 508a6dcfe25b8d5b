"""The whole life of PTR records at a vendor of addresses, through the real CLI on its simulator.

A subclass of `HostLife` for each vendor, with the fixtures ``world``, ``other`` (a second account
with the same addresses) and ``kind``, runs it all.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from tests.fakes.api import STORMS, Fault

from .conftest import MakeProject
from .harness import Project, declare, ptr
from .host_world import HostWorld, Resolver, config, hundred
from .in_a_world import STRANGER, A, B, InAWorld
from .nothing_is_lost import NothingIsLost
from .test_secrets import noted_arguments, texts_of
from .worlds import MemoryWorld, World

SKIP = {"PULUMI_SKIP_CHECKPOINTS": "true"}


def host(hostname: str, *addresses: str) -> str:
    """Declare a hostname whose forward records are in the zone; the check asks that one."""
    declared = declare(
        "ForwardConfirmedHost",
        "mail",
        hostname=hostname,
        addresses=list(addresses),
        forward_backend="dns",
        forward_check="verify",
    )
    return f'host = {declared}pulumi.export("confirmed", host.forward_confirmed)\n'


class HostLife(InAWorld):
    """What holds for every vendor whose addresses have PTR records."""

    #: the vendor
    world_type: ClassVar[type[HostWorld]]

    @pytest.fixture
    def kind(self) -> type[HostWorld]:
        return self.world_type

    @pytest.fixture
    def world(self, kind: type[HostWorld]) -> Iterator[HostWorld]:
        with kind.running("main") as world:
            yield world

    @pytest.fixture
    def other(self, kind: type[HostWorld]) -> Iterator[HostWorld]:
        with kind.running("second") as world:
            yield world

    @pytest.fixture
    def dns(self, tmp_path: Path) -> MemoryWorld:
        """Return the zone of forward records."""
        return MemoryWorld("dns", tmp_path / "project")

    def config(self, *worlds: World, slow: bool = False) -> dict[str, object]:
        for world in worlds:
            assert isinstance(world, HostWorld)
            world.lag(0.8 if slow else 0.0)
            # An account that is away is given up soon, so that the test need not wait long.
            world.timeout = 60.0 if slow else 2.0
        return super().config(*worlds, slow=slow)

    # Nothing is lost: the parts that apply to addresses alone

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

    # The life of one host

    @pytest.mark.timeout(300)  # eight commands, on a machine that may be busy
    def test_a_host_is_set_up_changed_drifts_is_repaired_and_destroyed(
        self, make_project: MakeProject, world: HostWorld, dns: MemoryWorld
    ) -> None:
        x, v6 = world.addresses[0], world.address6
        world.account.forward = resolver = Resolver(dns)
        project = make_project(config(world, dns))
        project.program(host(A, x, v6))
        project.preview()
        assert world.writes() == []
        assert "warning" not in project.up().text
        assert world.ptrs([x, v6]) == {x: [A], v6: [A]}
        assert project.outputs()["confirmed"] == {x: True, v6: True}
        assert (dns.forward(A, "A"), dns.forward(A, "AAAA")) == ([x], [v6])
        assert resolver.asked == [A, A]
        project.up("--refresh", "--expect-no-changes")

        project.program(host(B, x, v6))
        with world.watched(x, v6) as seen:
            project.up()
        assert seen == {x: [[A], [B]], v6: [[A], [B]]}
        assert dns.forward(A, "A") == []

        world.set_ptr(x, [])
        seen_again = project.preview("--refresh", "--json").operations
        assert seen_again[f"mail-{x}"] == "create"
        project.refresh()
        project.up()
        assert world.ptr(x) == [B]
        project.destroy()
        assert world.ptr(x) == world.ptr(v6) == dns.forward(B, "A") == []

    def test_a_vendor_that_does_not_see_the_forward_record_yet_is_waited_for(
        self, make_project: MakeProject, world: HostWorld, dns: MemoryWorld
    ) -> None:
        x = world.addresses[0]
        world.account.forward = {}
        project = make_project(config(world, dns))
        project.program(ptr("mail", x, A))
        running = project.start_up()
        try:
            wait_for(world, 400)
            world.account.forward = {A: [x]}
        finally:
            result = running.wait()
        assert result.code == 0, result.text
        assert "the vendor does not see the forward record yet" in result.text
        assert world.ptr(x) == [A]

    def test_a_forward_record_that_never_comes_ends_with_the_vendors_reason(
        self, make_project: MakeProject, world: HostWorld, dns: MemoryWorld
    ) -> None:
        x = world.addresses[0]
        world.account.forward, world.timeout = {}, 3.0
        project = make_project(config(world, dns))
        project.program(ptr("mail", x, A))
        (error,) = project.up(fails=True).errors
        assert error.startswith(f"RejectedError: main: set the PTR of {x}: the API refused it: ")
        assert A in error
        assert "The vendor checks the forward record itself" in error
        assert world.ptr(x) == []
        assert project.resources() == {}

    # Accounts and logins

    def test_two_accounts_are_two_instances_of_one_stack(
        self, make_project: MakeProject, kind: type[HostWorld], dns: MemoryWorld
    ) -> None:
        mine, theirs = "198.51.100.1", "198.51.100.2"
        with (
            kind.running("first", **kind.fleet([mine])) as first,
            kind.running("second", **kind.fleet([theirs])) as second,
        ):
            project = make_project(config(first, dns, second))
            project.program(ptr("a", mine, A), ptr("b", theirs, B, backend="second"))
            project.up()
            assert (first.ptr(mine), second.ptr(theirs)) == ([A], [B])
            for world in (first, second):
                assert {sent.status for sent in world.simulator.sent()} <= {200, 404}
            project.program(ptr("a", mine, A), ptr("b", theirs, B))
            (error,) = project.up(fails=True).errors
            assert error.startswith("AddressNotFoundError: first: ")
            assert second.ptr(theirs) == [B]
            project.destroy()
            assert (first.ptr(mine), second.ptr(theirs)) == ([], [])

    def test_a_login_rotated_between_up_and_destroy_needs_the_variables_alone(
        self, make_project: MakeProject, world: HostWorld, dns: MemoryWorld
    ) -> None:
        x = world.addresses[0]
        project = make_project(config(world, dns))
        project.program(ptr("a", x, A))
        project.up()
        rotated = world.rotate()
        refused = project.destroy(fails=True)
        assert "is not accepted" in refused.text
        for key in rotated:
            assert f"rdns:backends.main.{key} in the stack's configuration" in refused.text
        assert list(project.resources()) == ["a"]
        environ = {f"RDNS_MAIN_{key.upper()}": value for key, value in rotated.items()}
        project.refresh(environ=environ)
        project.destroy(environ=environ)
        assert world.ptr(x) == []

    def test_the_secrets_are_nowhere_to_be_seen(
        self, make_project: MakeProject, world: HostWorld, dns: MemoryWorld
    ) -> None:
        x = world.addresses[0]
        settings = config(world, dns)
        settings["rdns:backends"] = {"main": world.place(), "dns": dns.settings()}
        project = make_project(settings)
        secrets = world.secrets()
        for key, secret in secrets.items():
            path = f"rdns:backends.main.{key}"
            at = ("--stack", project.stack, "--path", "--secret", path)
            project.run("config", "set", *at, secret)
        project.program(ptr("a", x, A))
        debug = {"RDNS_LOG": "debug", "RDNS_DEBUG": "1"}
        with noted_arguments() as arguments:
            results = [
                project.up(environ=debug),
                project.preview("--diff", "--refresh", environ=debug),
                project.refresh(environ=debug),
            ]
            world.rotate()
            results.append(project.refresh(fails=True, environ=debug))
        assert "AuthenticationError" in results[-1].text
        assert f"main: set the PTR of {x}: " in results[0].text  # the log
        hidden = [*secrets.values(), *getattr(world.simulator, "tokens", {})]
        assert any("pulumi.dynamic" in command for command in arguments)
        for secret in hidden:
            assert not any(secret in result.text for result in results)
            assert not any(secret in command for command in arguments)
            assert secret not in project.state_text()
            assert [path for path, text in texts_of(project).items() if secret in text] == []

    # Many, and trouble in the middle

    def test_a_hundred_addresses_list_the_account_a_few_times(
        self, make_project: MakeProject, kind: type[HostWorld], dns: MemoryWorld
    ) -> None:
        with kind.running("main", **kind.fleet(hundred())) as world:
            project = make_project(config(world, dns))
            project.program(many(hundred()))
            project.up("--parallel", "32", environ=SKIP)
            check_many(project, world, hundred())
            assert world.lists() <= world.lists_for_a_hundred
            # a look or two, the look of the write, the write and the read-back
            assert len(world.simulator.sent()) <= 100 * 6 + 10

    @pytest.mark.parametrize("storm", STORMS.values(), ids=STORMS)
    def test_after_a_storm_everything_is_set_and_nothing_twice(
        self,
        make_project: MakeProject,
        kind: type[HostWorld],
        dns: MemoryWorld,
        storm: Fault,
    ) -> None:
        addresses = hundred()[:30]
        with kind.running("main", **kind.fleet(addresses)) as world:
            project = make_project(config(world, dns))
            project.program(many(addresses))
            world.simulator.inject(storm)
            project.up("--parallel", "32", environ=SKIP)
            statuses = Counter(sent.status for sent in world.simulator.sent())
            assert statuses[storm.status] == 12
            check_many(project, world, addresses)

    def test_a_connection_that_is_cut_after_the_write_converges(
        self, make_project: MakeProject, world: HostWorld, dns: MemoryWorld
    ) -> None:
        x = world.addresses[0]
        world.simulator.inject(Fault(kind="cut_after", method=world.write_method))
        project = make_project(config(world, dns))
        project.program(ptr("a", x, A))
        project.up()
        assert [sent.status for sent in world.simulator.sent(world.write_method)] == [0, 200]
        assert world.ptr(x) == [A]
        project.destroy()
        assert world.ptr(x) == []

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc")
    def test_a_run_killed_between_accepted_and_shown_converges(
        self, make_project: MakeProject, world: HostWorld, dns: MemoryWorld
    ) -> None:
        x, y, *_ = world.addresses
        world.lag(3.0)
        project = make_project(config(world, dns))
        project.program(ptr("a", x, A), ptr("b", y, B))
        running = project.start_up()
        try:
            deadline = time.monotonic() + 30
            while not world.writes():
                assert time.monotonic() < deadline, "nothing is written"
                time.sleep(0.01)
        finally:
            running.end()
            running.process.communicate()
        assert project.resources().get("a") is None or project.resources()["a"].id == ""
        world.lag(0.0)
        project.run("cancel", "--yes", "--stack", project.stack)
        project.refresh("--clear-pending-creates")
        project.up()
        assert (world.ptr(x), world.ptr(y)) == ([A], [B])
        project.up("--expect-no-changes")
        project.destroy()
        assert world.ptr(x) == world.ptr(y) == []

    # What others do

    def test_a_name_that_somebody_sets_while_this_waits_survives(
        self, make_project: MakeProject, world: HostWorld, dns: MemoryWorld
    ) -> None:
        x = world.addresses[0]
        project = make_project(config(world, dns))
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
        assert (
            f"it already points to {STRANGER}, which was not written by this stack" in result.text
        )
        assert world.ptr(x) == [STRANGER]


def wait_for(world: HostWorld, status: int) -> None:
    """Wait until the API has answered something with a status."""
    deadline = time.monotonic() + 60
    while not [sent for sent in world.simulator.sent() if sent.status == status]:
        assert time.monotonic() < deadline, f"nothing is answered with {status}"
        time.sleep(0.02)


def many(addresses: list[str]) -> str:
    """Declare a PTR for every address."""
    return (
        f"for address in {addresses!r}:\n"
        '    name = "h" + address.replace(".", "-")\n'
        '    rdns.PtrRecord(name, address=address, hostname=f"{name}.example.com")\n'
    )


def check_many(project: Project, world: HostWorld, addresses: list[str]) -> None:
    """Check that every address has its PTR, in the account and in the state, written once."""
    expected = {one: [f"h{one.replace('.', '-')}.example.com"] for one in addresses}
    assert world.ptrs(addresses) == expected
    assert len(project.resources()) == len(addresses)
    assert set(Counter(world.writes()).values()) == {1}
    assert len(world.writes()) == len(addresses)
