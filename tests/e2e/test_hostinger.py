"""Hostinger through the real CLI, on simulated accounts: nothing is lost, and what it adds."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.fakes.dns import FakeDns, Question
from tests.fakes.hostinger import Machine
from tools.project import ROOT

from .conftest import MakeProject
from .harness import Project, Result, Running, forward, ptr
from .hostinger_world import ARTICLE, HostingerWorld, X, Y, config, fleet
from .hostinger_world import world as world
from .in_a_world import A, B
from .nothing_is_lost import NothingIsLost
from .worlds import World


class TestNothingIsLost(NothingIsLost):
    @pytest.fixture
    def world(self) -> Iterator[HostingerWorld]:
        with HostingerWorld.running("main", delete_leaves="default", list_lag=2.0) as world:
            yield world

    @pytest.fixture
    def other(self) -> Iterator[HostingerWorld]:
        with HostingerWorld.running("second", initial_ptr="nothing") as world:
            yield world

    def config(self, *worlds: World, slow: bool = False) -> dict[str, object]:
        for account in worlds:
            assert isinstance(account, HostingerWorld)
            account.scenario.action_delay = 0.8 if slow else 0.0
            # An account that is away is given up soon, so that the test need not wait long.
            account.timeout = 60.0 if slow else 2.0
        return super().config(*worlds, slow=slow)


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


# Two accounts


def test_two_accounts_are_two_instances_of_one_stack(
    make_project: MakeProject, world: HostingerWorld
) -> None:
    mine, theirs = "10.0.1.1", "10.0.2.1"
    one, two = fleet(2, 1)
    with (
        HostingerWorld.running("first", machines=[one]) as first,
        HostingerWorld.running("second", machines=[two]) as second,
    ):
        project = make_project(config(first, second))
        project.program(
            forward("a", A, mine),
            ptr("a", mine, A),
            forward("b", B, theirs, backend="second"),
            ptr("b", theirs, B, backend="second"),
        )
        project.up()
        assert (first.ptr(mine), second.ptr(theirs)) == ([A], [B])
        assert {sent.status for sent in first.simulator.sent()} == {200}
        assert {sent.status for sent in second.simulator.sent()} == {200}
        project.program(ptr("lost", theirs, B))
        (error,) = project.up(fails=True).errors
        assert f"no VM of this account has it; it has {mine}" in error
        project.destroy()
        assert (first.ptr(mine), second.ptr(theirs)) == ([], [])


def test_an_instance_that_is_renamed_and_has_a_new_token_keeps_its_records(
    make_project: MakeProject, world: HostingerWorld
) -> None:
    world.scenario.second_token = "second-token-of-the-same-account"
    settings = config(world, **{"rdns:forwardCheck": "skip"})
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
