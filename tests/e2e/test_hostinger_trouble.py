"""Hostinger through the real CLI: many records, trouble in the middle, and what others do."""

from __future__ import annotations

import sys
import time
from collections import Counter

import pytest
import requests

from tests.fakes.hostinger import Account, Fault

from .conftest import MakeProject
from .harness import Project, forward, ptr
from .hostinger_world import HostingerWorld, X, Y, Z, config, fleet
from .hostinger_world import world as world
from .in_a_world import A, B

SKIP = {"PULUMI_SKIP_CHECKPOINTS": "true"}


def many(world: HostingerWorld) -> str:
    """Declare a PTR for every address of the account."""
    return (
        "for address in rdns.get_addresses():\n"
        '    name = "h" + address.replace(".", "-")\n'
        '    rdns.PtrRecord(name, address=address, hostname=f"{name}.example.com")\n'
    )


def check_many(project: Project, world: HostingerWorld) -> None:
    """Check that every address has its PTR, in the account and in the state, written once."""
    there = [ip.address for vm in world.account.vms.values() for ip in vm.ips]
    expected = {address: [f"h{address.replace('.', '-')}.example.com"] for address in there}
    assert world.ptrs(there) == expected
    assert len(project.resources()) == len(there)
    assert set(Counter(world.writes()).values()) == {1}
    assert len(world.writes()) == len(there)


# Many, and trouble in the middle


def test_a_hundred_ptrs_on_thirty_vms_list_the_account_a_few_times(
    make_project: MakeProject,
) -> None:
    machines = fleet(30, 4)
    for machine in machines[10:]:
        machine.ipv4 = (machine.ipv4 or [])[:3]
    with HostingerWorld.running("main", machines=machines) as world:
        project = make_project(config(world, **{"rdns:forwardCheck": "skip"}))
        project.program(many(world))
        project.preview()
        assert world.lists() == 1
        project.up("--parallel", "32", environ=SKIP)
        assert world.lists() <= 1 + 3
        assert len(project.resources()) == 100
        check_many(project, world)
        # a write, a look or two before it and the read-back: no request per record of the account
        assert len(world.simulator.sent()) < 100 * 4


@pytest.mark.parametrize(
    "storm",
    [
        Fault(kind="status", status=429, after=40, times=12, retry_after="1"),
        Fault(kind="status", status=503, after=40, times=12),
    ],
    ids=["429", "503"],
)
def test_after_a_storm_everything_is_set_and_nothing_twice(
    make_project: MakeProject, storm: Fault
) -> None:
    with HostingerWorld.running("main", machines=fleet(10, 3)) as world:
        project = make_project(config(world, **{"rdns:forwardCheck": "skip"}))
        project.program(many(world))
        world.simulator.inject(storm)
        project.up("--parallel", "32", environ=SKIP)
        assert {sent.status for sent in world.simulator.sent()} == {200, storm.status}
        check_many(project, world)


def test_a_connection_that_is_cut_after_the_write_converges(
    make_project: MakeProject, world: HostingerWorld
) -> None:
    world.simulator.inject(Fault(kind="cut_after", method="POST", path="/ptr/"))
    project = make_project(config(world, **{"rdns:forwardCheck": "skip"}))
    project.program(ptr("a", X, A))
    project.up()
    assert world.ptr(X) == [A]
    project.destroy()
    assert world.ptr(X) == []


# What others do


def test_a_hostname_that_is_reset_takes_our_ptr_with_it_and_that_is_drift(
    make_project: MakeProject, world: HostingerWorld
) -> None:
    project = make_project(config(world, **{"rdns:forwardCheck": "skip"}))
    project.program(ptr("a", X, A), ptr("b", Z, B))
    project.up()
    answer = requests.delete(
        f"{world.simulator.url}/api/vps/v1/virtual-machines/17923/hostname",
        headers={"Authorization": f"Bearer {world.scenario.token}"},
        timeout=10,
    )
    assert answer.status_code == 200
    assert world.account.ptr(X) == "srv17923.hstgr.cloud"
    seen = project.preview("--refresh", "--json").operations
    assert (seen["a"], seen["b"]) == ("create", "refresh")
    project.refresh()
    assert list(project.resources()) == ["b"]
    project.up()
    assert world.ptr(X) == [A]
    project.up("--refresh", "--expect-no-changes")


@pytest.mark.parametrize("command", ["up", "destroy"])
def test_a_name_that_somebody_sets_while_we_wait_for_the_vm_survives(
    make_project: MakeProject, world: HostingerWorld, command: str
) -> None:
    project = make_project(config(world, **{"rdns:forwardCheck": "skip"}))
    project.program(ptr("a", X, A))
    project.up()
    vm, stranger = "/virtual-machines/17923", "somebody.example.net"

    def take(account: Account) -> None:
        account.set_ptr(X, stranger)
        account.lock(17923, 0.0)

    # The first look still sees our own name.
    world.account.lock(17923, 3600.0)
    world.simulator.before("GET", vm, lambda _: world.simulator.before("GET", vm, take))
    if command == "up":
        project.program(ptr("a", X, B))
        (error,) = project.up(fails=True).errors
        assert f"it already points to {stranger}, which was not written by this stack" in error
    else:
        assert f"the PTR of {X} is now {stranger}" in project.destroy().text
    assert world.ptr(X) == [stranger]


def test_an_address_that_another_program_wipes_out_is_added_again(
    make_project: MakeProject, world: HostingerWorld
) -> None:
    zone = f"/zones/{world.domain}"

    def overwrite(_: Account) -> None:
        world.set_forward(A, "A", [])
        world.set_forward(A, "A", [Y])

    # Right after our write, from what the other program had seen before.
    world.simulator.before("PUT", zone, lambda _: world.simulator.before("GET", zone, overwrite))
    project = make_project(config(world))
    project.program(forward("a", A, X, on_conflict="add"))
    project.up()
    assert world.forward(A, "A") == [X, Y]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc")
def test_a_run_killed_while_its_action_runs_converges(
    make_project: MakeProject, world: HostingerWorld
) -> None:
    world.scenario.action_delay = 2.0
    project = make_project(config(world, **{"rdns:forwardCheck": "skip"}))
    project.program(ptr("a", X, A), ptr("b", Z, B))
    running = project.start_up()
    try:
        deadline = time.monotonic() + 30
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
