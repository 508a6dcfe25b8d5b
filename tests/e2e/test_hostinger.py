"""Hostinger through the real CLI, on simulated accounts: nothing is lost, and what it adds."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import requests
import yaml

from tests.fakes.dns import FakeDns, Question
from tests.fakes.hostinger import Account, Machine
from tools.project import ROOT

from .account_life import AccountLife, InAnAccount
from .conftest import MakeProject
from .harness import Project, Result, Running, declare, forward, ptr
from .hostinger_world import HostingerWorld
from .in_a_world import A, B
from .nothing_is_lost import NothingIsLost
from .simulated_world import ARTICLE, config, unchecked

#: two addresses of one VM, and one of another
X, Y, Z = "203.0.113.10", "203.0.113.13", "203.0.113.12"
SKIP = {"PULUMI_SKIP_CHECKPOINTS": "true"}


class TestNothingIsLost(InAnAccount, NothingIsLost):
    world_type: ClassVar = HostingerWorld
    switches: ClassVar = (
        {"delete_leaves": "default", "list_lag": 2.0},
        {"initial_ptr": "nothing"},
    )


@pytest.fixture
def world() -> Iterator[HostingerWorld]:
    with HostingerWorld.running("main") as world:
        yield world


class TestLife(AccountLife):
    world_type: ClassVar = HostingerWorld


# The help article in one command


def test_the_help_article_is_one_up_and_nobody_pastes_addresses(make_project: MakeProject) -> None:
    with HostingerWorld.running("main", requires_forward=True) as world:
        project = make_project(config(world))
        project.program(ARTICLE.format(owner="SRV17923.hstgr.cloud", hostname=A))
        v6 = "2001:db8::10"
        planned = project.preview("--json").text
        for address in (X, Y, v6):
            assert f"PtrRecord::mail-{address}" in planned
        assert world.writes() == []
        result = project.up()
        assert "warning" not in result.text
        assert world.forward(A, "A") == [X, Y]
        assert world.forward(A, "AAAA") == [v6]
        assert world.ptrs([X, Y, v6]) == {X: [A], Y: [A], v6: [A]}
        assert project.outputs()["confirmed"] == {X: True, Y: True, v6: True}
        project.up("--expect-no-changes")


def test_the_example_of_a_real_accounts_stack_is_right(tmp_path: Path) -> None:
    example = yaml.safe_load((ROOT / "stacks" / "Pulumi.prod.yaml").read_text())
    assert list(example) == ["config"], "no encryptionsalt, which would be of one passphrase"
    settings = example["config"]
    assert settings["rdns:backends"]["hostinger"] == {}
    settings["reverse-dns:hosts"][1]["forwardCheck"] = "warn"
    one = Machine(id=1, hostname="srv1.hstgr.cloud", ipv4=["203.0.113.10"], ipv6=["2001:db8::10"])
    two = Machine(id=2, hostname="srv2.hstgr.cloud", ipv4=["203.0.113.20"])
    with HostingerWorld.running("hostinger", machines=[one, two]) as world:
        settings["rdns:backends"]["hostinger"] = world.place()
        project = Project(
            tmp_path / "project", {**settings, "rdns:forwardSource": "backend"}, name="reverse-dns"
        )
        shutil.copy(ROOT / "__main__.py", project.folder)
        project.up(environ={"HOSTINGER_API_TOKEN": world.scenario.token})
        assert world.forward("mail.example.com", "AAAA") == ["2001:db8::10"]
        there = ["203.0.113.10", "2001:db8::10", "203.0.113.20"]
        names = ["mail.example.com", "mail.example.com", "www.example.net"]
        assert [world.ptr(address) for address in there] == [[name] for name in names]


def test_an_owner_that_is_not_there_is_a_sentence_with_the_candidates(
    make_project: MakeProject, world: HostingerWorld
) -> None:
    project = make_project(config(world))
    project.program(ARTICLE.format(owner="nobody", hostname=A))
    result = project.preview(fails=True)
    assert (
        "owner: backend main has no owner 'nobody'; it has srv17923.hstgr.cloud (id 17923), "
        "srv17924.hstgr.cloud (id 17924), srv17925.hstgr.cloud (id 17925)"
    ) in result.text
    assert "Traceback" not in result.text


def test_rdns_addresses_lists_the_account_of_a_stack(
    make_project: MakeProject, world: HostingerWorld
) -> None:
    project = make_project(config(world))
    project.program(forward("mail", A, X), ptr("mail", X, A))
    project.up()
    world.set_ptr(Y, [B])
    command = [sys.executable, "-m", "pulumi_rdns.cli", "addresses", "--stack", project.stack]

    def run(*options: str) -> Result:
        return Running([*command, *options], project.folder, project.environ).wait()

    owner = ("--owner", "SRV17923.hstgr.cloud")
    (of_x, of_y, of_v6), table = run("--json", *owner).json(), run()
    assert (of_x["address"], of_x["ownerId"], of_x["hostname"]) == (X, "17923", A)
    assert (of_y["hostname"], of_v6["isDefault"]) == (B, True)
    verdicts = [row["verdict"] for row in (of_x, of_y, of_v6)]
    assert verdicts == ["confirmed", "mismatch", "unknown"]
    lines = [line.split() for line in table.stdout.splitlines()]
    assert [X, "17923", "srv17923.hstgr.cloud", A, "confirmed"] in lines
    assert (table.code, len(lines)) == (0, 1 + 7)


def test_a_zone_that_the_nameservers_do_not_serve_is_told(
    make_project: MakeProject, world: HostingerWorld
) -> None:
    def elsewhere(question: Question) -> list[bytes]:
        soa = "example.com. 300 IN SOA ns.example.net. host.example.net. 1 300 300 300 300"
        return [question.reply(rcode="NXDOMAIN", authority=soa).to_wire()]

    with FakeDns(elsewhere) as server:
        settings = config(
            world,
            **{
                "rdns:forwardSource": "dns",
                "rdns:forwardTimeout": 1,
                "rdns:nameservers": [f"{server.address}:{server.port}"],
            },
        )
        project = make_project(settings)
        project.program(forward("mail", A, X), ptr("mail", X, A))
        (error,) = project.up(fails=True).errors
    assert error.startswith(f"ForwardMismatchError: forward check: {A} does not resolve to {X}")
    assert (
        f"zone example.com of backend main has {A} A {X}, so the zone at main is not what "
        "example.com's nameservers serve"
    ) in error
    assert world.ptr(X) == []


# What others do


def test_a_hostname_that_is_reset_takes_our_ptr_with_it_and_that_is_drift(
    make_project: MakeProject, world: HostingerWorld
) -> None:
    project = make_project(unchecked(world))
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
    project = make_project(unchecked(world))
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


# What the vendor's document leaves open: the same commands under either answer


#: answers to what the vendor's document leaves open, each of them once this way and once that way
ANSWERS: dict[str, dict[str, Any]] = {
    "quick and careless": {
        "delete_leaves": "nothing",
        "initial_ptr": "nothing",
        "action_delay": 0.3,
        "acting_locks": False,
        "locked_refuses": False,
    },
    "slow and strict": {
        "delete_leaves": "default",
        "requires_forward": True,
        "action_delay": 0.3,
        "ptr_lag": 0.8,
        "list_lag": 60.0,
    },
    "a rate limit that is not told": {
        "rate_limit": 8,
        "rate_window": 1.0,
        "retry_after": "none",
        "zone_absent": "empty",
    },
}


@pytest.mark.parametrize("switches", ANSWERS.values(), ids=list(ANSWERS))
def test_each_unknown_is_right_under_either_answer(
    make_project: MakeProject, switches: dict[str, Any]
) -> None:
    with HostingerWorld.running("main", **switches) as world:
        project = make_project(config(world))
        host = declare("ForwardConfirmedHost", "mail", hostname=A, addresses=[X, "2001:db8::10"])
        project.program(host)
        result = project.up()
        assert "warning" not in result.text
        refused = [sent for sent in world.simulator.sent() if sent.status == 429]
        assert bool(refused) is ("rate_limit" in switches)
        assert world.ptr(X) == world.ptr("2001:db8::10") == [A]
        project.up("--refresh", "--expect-no-changes")
        project.destroy()
        assert world.ptr(X) == world.ptr("2001:db8::10") == []
        assert world.forward(A, "A") == world.forward(A, "AAAA") == []
        left = world.account.ptr(X)
        assert left == (
            None if world.scenario.delete_leaves == "nothing" else "srv17923.hstgr.cloud"
        )


def test_a_ptr_that_the_vendor_refuses_shows_its_words_and_what_may_help(
    make_project: MakeProject,
) -> None:
    with HostingerWorld.running("main", requires_forward=True) as world:
        project = make_project(unchecked(world))
        project.program(ptr("a", X, A))
        (error,) = project.up(fails=True).errors
        assert f"refused it: domain: The domain {A} does not resolve to {X}." in error
        assert "the forward record may be too new for Hostinger to see" in error
        world.set_forward(A, "A", [X])
        project.up()
        assert world.ptr(X) == [A]


@pytest.mark.parametrize("refuses", [True, False])
def test_a_locked_vm_is_waited_for(
    make_project: MakeProject, world: HostingerWorld, refuses: bool
) -> None:
    world.scenario.locked_refuses = refuses
    project = make_project(unchecked(world))
    project.program(ptr("a", X, A))
    world.account.lock(17923, 3600.0)
    # Seen once more, it is free in a moment.
    vm = "/virtual-machines/17923"
    world.simulator.before("GET", vm, lambda account: account.lock(17923, 0.9))
    result = project.up()
    assert "VM 17923 (srv17923.hstgr.cloud) is locked by another action" in result.text
    assert world.ptr(X) == [A]
    assert len(world.simulator.sent("POST")) == 1
