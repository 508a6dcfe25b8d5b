"""AWS through the real CLI, on simulated accounts: nothing is lost, and what it adds."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.fakes.aws import Fault
from tests.fakes.dns import FakeDns, Question
from tests.servers.ministack import MiniStack

from .aws_world import WRITE, AwsWorld, config, fleet
from .conftest import MakeProject
from .harness import Project, Running, declare, forward, ptr
from .nothing_is_lost import NothingIsLost
from .worlds import World

A, B = "a.example.com", "b.example.com"
X, Y, Z = "203.0.113.10", "203.0.113.11", "203.0.113.12"
STRANGER = "somebody.example.net"
UNCHECKED = {"rdns:forwardCheck": "skip"}
SKIP = {"PULUMI_SKIP_CHECKPOINTS": "true"}


@pytest.fixture
def world(ministack: MiniStack) -> Iterator[AwsWorld]:
    with AwsWorld.running("main", ministack) as world:
        yield world


class TestNothingIsLost(NothingIsLost):
    @pytest.fixture
    def world(self, ministack: MiniStack) -> Iterator[AwsWorld]:
        with AwsWorld.running("main", ministack, unset_is="the default name") as world:
            yield world

    @pytest.fixture
    def other(self, ministack: MiniStack) -> Iterator[AwsWorld]:
        with AwsWorld.running("second", ministack, update_leaves="its value") as world:
            yield world

    def config(self, *worlds: World, slow: bool = False) -> dict[str, object]:
        for world in worlds:
            assert isinstance(world, AwsWorld)
            world.scenario.update_takes = 0.8 if slow else 0.0
            # An account that is away is given up soon, so that the test need not wait long.
            world.timeout = 60.0 if slow else 5.0
        return super().config(*worlds, slow=slow)


def host(hostname: str, *addresses: str) -> str:
    """Declare a hostname both ways."""
    return declare("ForwardConfirmedHost", "mail", hostname=hostname, addresses=list(addresses))


def many(world: AwsWorld) -> str:
    """Declare a PTR for every address of the account."""
    return (
        "for address in rdns.get_addresses():\n"
        '    name = "h" + address.replace(".", "-")\n'
        '    rdns.PtrRecord(name, address=address, hostname=f"{name}.example.com")\n'
    )


def check_many(project: Project, world: AwsWorld) -> None:
    """Check that every address has its PTR, in the account and in the state, written once."""
    there = [eip.public_ip for eip in world.scenario.eips]
    expected = {address: [f"h{address.replace('.', '-')}.example.com"] for address in there}
    assert world.ptrs(there) == expected
    assert len(project.resources()) == len(there)
    assert set(Counter(world.writes()).values()) == {1}
    assert len(world.writes()) == len(there)


def wait_for_write(world: AwsWorld) -> None:
    """Wait until EC2 has taken a change."""
    deadline = time.monotonic() + 60
    while not world.writes():
        assert time.monotonic() < deadline, "nothing is written"
        time.sleep(0.01)


# The life of one host


def test_a_host_is_set_up_changed_drifts_is_repaired_and_destroyed(
    make_project: MakeProject, ministack: MiniStack
) -> None:
    with AwsWorld.running("main", ministack, forward_check="at once", update_takes=1.5) as world:
        project = make_project(config(world))
        project.program(host(A, X, Y))
        project.preview()
        assert world.writes() == []
        result = project.up()
        assert "warning" not in result.text
        assert "waiting for EC2 to make the change" in result.text
        assert world.forward(A, "A") == [X, Y]
        assert world.ptrs([X, Y]) == {X: [A], Y: [A]}
        project.up("--refresh", "--expect-no-changes")

        project.program(host(B, X, Y))
        with world.watched(X, Y) as seen:
            project.up()
        assert seen == {X: [[A], [B]], Y: [[A], [B]]}
        assert (world.forward(A, "A"), world.forward(B, "A")) == ([], [X, Y])

        world.set_ptr(X, [])
        world.set_forward(B, "A", [X])
        steps = project.preview("--refresh", "--json").json()["steps"]
        created = {step["urn"].split("::", 2)[2] for step in steps if step["op"] == "create"}
        assert {one.rpartition(":")[2] for one in created} == {f"mail-{X}", f"mail-{Y}"}
        assert len(created) == 2
        project.refresh()
        project.up()
        assert (world.ptr(X), world.forward(B, "A")) == ([B], [X, Y])
        project.destroy()
        assert world.ptr(X) == world.ptr(Y) == world.forward(B, "A") == []


def test_nobody_pastes_the_addresses_of_an_instance(
    make_project: MakeProject, world: AwsWorld
) -> None:
    project = make_project(config(world))
    project.program(
        'addresses = rdns.get_addresses(owner="i-0mail")\n'
        f'rdns.ForwardConfirmedHost("mail", hostname={A!r}, addresses=addresses)\n'
    )
    project.up()
    assert world.ptrs(world.addresses) == {address: [A] for address in world.addresses}
    command = [sys.executable, "-m", "pulumi_rdns.cli", "addresses", "--stack", project.stack]
    listed = Running([*command, "--json"], project.folder, project.environ).wait().json()
    assert [(row["address"], row["ownerId"], row["hostname"]) for row in listed] == [
        (address, "i-0mail", A) for address in world.addresses
    ]


def test_a_conflict_is_told_and_overwritten_where_that_is_asked_for(
    make_project: MakeProject, world: AwsWorld
) -> None:
    world.set_ptr(X, [STRANGER])
    world.set_ptr(Y, [A])
    project = make_project(config(world, **UNCHECKED))
    project.program(ptr("a", X, A))
    (error,) = project.up(fails=True).errors
    assert f"it already points to {STRANGER}, which was not written by this stack" in error
    assert world.writes() == []
    project.program(ptr("a", X, A, on_conflict="overwrite"), ptr("b", Y, A))
    project.up()
    assert world.ptrs([X, Y]) == {X: [A], Y: [A]}
    assert len(world.writes()) == 1  # the other one is adopted


# Two accounts, two kinds of zone


def test_two_accounts_are_two_instances_of_one_stack(
    make_project: MakeProject, ministack: MiniStack
) -> None:
    mine, theirs = fleet(2)
    with (
        AwsWorld.running("first", ministack, eips=[mine]) as first,
        AwsWorld.running("second", ministack, eips=[theirs]) as second,
    ):
        project = make_project(config(first, second))
        project.program(
            forward("a", A, mine.public_ip),
            ptr("a", mine.public_ip, A),
            forward("b", B, theirs.public_ip, backend="second"),
            ptr("b", theirs.public_ip, B, backend="second"),
        )
        project.up()
        assert (first.ptr(mine.public_ip), second.ptr(theirs.public_ip)) == ([A], [B])
        assert (first.forward(B, "A"), second.forward(B, "A")) == ([], [theirs.public_ip])
        for one in (first, second):
            assert {sent.status for sent in one.simulator.sent()} == {200}
        project.program(ptr("lost", theirs.public_ip, B))
        (error,) = project.up(fails=True).errors
        assert "it is none of the account's Elastic IP addresses in this region (1)" in error
        project.destroy()
        assert (first.ptr(mine.public_ip), second.ptr(theirs.public_ip)) == ([], [])


def test_an_instance_that_is_renamed_and_has_a_new_key_keeps_its_records(
    make_project: MakeProject, world: AwsWorld
) -> None:
    world.scenario.second_key = ("AKIASECOND", "second-secret-of-the-same-account")
    settings = config(world, **UNCHECKED)
    project = make_project(settings)
    project.program(forward("a", A, X), ptr("a", X, A))
    project.up()
    key_id, secret = world.scenario.second_key
    renamed = {**world.settings(), "accessKeyId": key_id, "secretAccessKey": secret}
    settings["rdns:backends"] = {"main": world.settings(), "renamed": renamed}
    project.configure(settings)
    project.program(forward("a", A, X, backend="renamed"), ptr("a", X, A, backend="renamed"))
    with world.watched(X) as seen:
        project.up()
    assert seen[X] == [[A]]
    assert world.forward(A, "A") == [X]
    project.destroy()
    assert world.ptr(X) == world.forward(A, "A") == []


def test_a_public_and_a_private_zone_of_one_name_are_two_instances(
    make_project: MakeProject, world: AwsWorld
) -> None:
    private = world.simulator.create_zone("example.com", "private", private=True)
    settings = config(world, **UNCHECKED)
    settings["rdns:backends"] = {
        "main": world.settings(),
        "inside": {**world.settings(), "private": True},
    }
    project = make_project(settings)
    project.program(forward("outside", A, X), forward("inside", A, "10.0.0.10", backend="inside"))
    project.up()
    assert world.forward(A, "A") == [X]
    assert world.forward(A, "A", private) == ["10.0.0.10"]
    project.up("--refresh", "--expect-no-changes")
    project.program(forward("outside", A, X))
    project.up()
    assert (world.forward(A, "A"), world.forward(A, "A", private)) == ([X], [])


# Many, and trouble in the middle


def test_a_hundred_addresses_list_the_account_a_few_times(
    make_project: MakeProject, ministack: MiniStack
) -> None:
    with AwsWorld.running("main", ministack, eips=fleet(100)) as world:
        project = make_project(config(world, **UNCHECKED))
        project.program(many(world))
        project.preview()
        assert world.lists() == 1
        project.up("--parallel", "32", environ=SKIP)
        check_many(project, world)
        assert world.lists() <= 1 + 2
        # a look in the preview; one that finds the place, one right before the write, the write
        # with one before it and one after
        assert len(world.simulator.sent()) <= 100 * 6 + 10


@pytest.mark.parametrize("status", [429, 503])
def test_after_a_storm_everything_is_set_and_nothing_twice(
    make_project: MakeProject, ministack: MiniStack, status: int
) -> None:
    with AwsWorld.running("main", ministack, eips=fleet(30)) as world:
        project = make_project(config(world, **UNCHECKED))
        project.program(many(world))
        world.simulator.inject(Fault(kind="status", status=status, after=40, times=12))
        project.up("--parallel", "32", environ=SKIP)
        # EC2 throttles with a 503 too
        assert Counter(sent.status for sent in world.simulator.sent())[503] == 12
        check_many(project, world)


@pytest.mark.parametrize("status", [429, 503])
def test_after_a_storm_at_route_53_every_record_is_there(
    make_project: MakeProject, world: AwsWorld, status: int
) -> None:
    project = make_project(config(world, **UNCHECKED))
    project.program(
        "for at in range(1, 31):\n"
        '    address = f"192.0.2.{at}"\n'
        '    rdns.ForwardRecord(f"h{at}", hostname=f"h{at}.example.com", address=address)\n'
    )
    storm = Fault(kind="status", path="/rrset", status=status, after=20, times=12)
    world.simulator.inject(storm)
    project.up("--parallel", "32", environ=SKIP)
    refused = 400 if status == 429 else 503
    assert Counter(sent.status for sent in world.simulator.sent())[refused] == 12
    for at in range(1, 31):
        assert world.forward(f"h{at}.example.com", "A") == [f"192.0.2.{at}"]
    assert len(project.resources()) == 30


def test_a_connection_that_is_cut_after_the_write_converges(
    make_project: MakeProject, world: AwsWorld
) -> None:
    world.simulator.inject(Fault(kind="cut_after", path=WRITE))
    world.simulator.inject(Fault(kind="cut_after", method="POST", path="/rrset"))
    project = make_project(config(world))
    project.program(forward("a", A, X), ptr("a", X, A))
    project.up()
    assert (world.ptr(X), world.forward(A, "A")) == ([A], [X])
    assert [sent.status for sent in world.simulator.sent("POST", "/rrset")] == [0]
    assert [sent.status for sent in world.simulator.sent("POST", WRITE)] == [0, 200]
    project.destroy()
    assert world.ptr(X) == world.forward(A, "A") == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc")
def test_a_run_killed_while_a_change_is_pending_converges(
    make_project: MakeProject, world: AwsWorld
) -> None:
    world.scenario.update_takes = 8.0
    project = make_project(config(world, **UNCHECKED))
    project.program(ptr("a", X, A), ptr("b", Y, B))
    running = project.start_up()
    try:
        wait_for_write(world)
    finally:
        running.end()
        running.process.communicate()
    assert world.ptr(X) == world.ptr(Y) == []
    project.run("cancel", "--yes", "--stack", project.stack)
    project.refresh("--clear-pending-creates")
    project.up()
    assert (world.ptr(X), world.ptr(Y)) == ([A], [B])
    assert len(world.writes()) == len(set(world.writes()))  # nothing is asked for twice
    project.up("--expect-no-changes")
    project.destroy()
    assert world.ptr(X) == world.ptr(Y) == []


# What others do


@pytest.mark.parametrize("command", ["up", "destroy"])
def test_a_name_that_somebody_asked_for_survives(
    make_project: MakeProject, world: AwsWorld, command: str
) -> None:
    project = make_project(config(world, **UNCHECKED))
    project.program(ptr("a", X, A))
    project.up()
    world.account.ask(X, STRANGER, 6.0)
    if command == "up":
        project.program(ptr("a", X, B))
        (error,) = project.up(fails=True).errors
        assert STRANGER in error
    else:
        assert STRANGER in project.attempt("destroy").text
    assert world.ptr(X) == [STRANGER]
    assert len(world.writes()) == 1


def test_a_foreign_change_right_before_the_write_is_not_lost(
    make_project: MakeProject, world: AwsWorld
) -> None:
    acted = []

    def act(_: object) -> None:
        world.set_forward(A, "A", [Y])
        acted.append(True)

    world.simulator.before("POST", "/rrset", act)
    project = make_project(config(world))
    project.program(forward("a", A, X, on_conflict="add"))
    project.up()
    assert acted
    assert world.forward(A, "A") == [X, Y]


def test_a_forward_record_that_never_comes_ends_with_the_vendor_s_reason(
    make_project: MakeProject, ministack: MiniStack
) -> None:
    with AwsWorld.running("main", ministack, forward_check="at once") as world:
        world.timeout = 4.0
        project = make_project(config(world, **UNCHECKED))
        project.program(ptr("a", X, A))
        result = project.up(fails=True)
        (error,) = result.errors
        assert f"EC2 refused it: The domain {A} does not resolve to {X}, tried for" in error
        assert "The vendor checks the forward record itself" in error
        assert (world.ptr(X), project.resources()) == ([], {})
        world.set_forward(A, "A", [X])
        project.up()
        assert world.ptr(X) == [A]


# Route 53 on its way to its name servers

REVERSE = "2.0.192.in-addr.arpa"


def sync_states(world: AwsWorld) -> list[str]:
    """List what Route 53 has said of batches, one after the other."""
    sent = world.simulator.sent("GET", "/change/")
    return [str(one.answer).split("<Status>")[1].split("<")[0] for one in sent]


def waits_for_route_53(text: str) -> bool:
    return "waiting for Route 53's name servers: PENDING" in text


def test_ptr_timeout_waits_for_insync_and_then_asks_the_dns(
    make_project: MakeProject, ministack: MiniStack
) -> None:
    asked = []

    def answer(question: Question) -> list[bytes]:
        asked.append(sync_states(there)[-1:])
        return [question.reply(f"10.{REVERSE}. 300 IN PTR {A}.").to_wire()]

    with (
        AwsWorld.running("main", ministack, zones=["example.com", REVERSE]) as there,
        FakeDns(answer) as server,
    ):
        at = {"rdns:nameservers": [f"{server.address}:{server.port}"]}
        project = make_project(config(there, **UNCHECKED, **at))
        project.program(ptr("a", "192.0.2.10", A, ptr_timeout=60))
        result = project.up()
        assert waits_for_route_53(result.text)
        assert "warning" not in result.text
        assert sync_states(there) == ["PENDING", "INSYNC"]
        assert asked == [["INSYNC"]]
        project.program(ptr("a", "192.0.2.10", A))
        project.up()
        assert len(sync_states(there)) == 2  # it is waited for where that is asked for alone
        project.destroy()
        assert there.ptr("192.0.2.10", REVERSE) == []


def test_of_a_private_zone_ptr_timeout_takes_route_53_s_word(
    make_project: MakeProject, ministack: MiniStack
) -> None:
    with AwsWorld.running("main", ministack) as world:
        world.simulator.create_zone(REVERSE, "private", private=True)
        settings = {"main": {**world.settings(), "private": True}}
        more = {"rdns:backends": settings, "rdns:nameservers": ["127.0.0.1:1"]}
        project = make_project(config(world, **UNCHECKED, **more))
        project.program(ptr("a", "192.0.2.10", A, ptr_timeout=60))
        result = project.up()
        assert waits_for_route_53(result.text)
        assert "warning" not in result.text
        assert sync_states(world) == ["PENDING", "INSYNC"]
        stays = Fault(kind="answer", path="/change/", times=1000, body=None)
        stays.body = world.simulator.sent("GET", "/change/")[0].answer
        world.simulator.inject(stays)
        project.program(ptr("a", "192.0.2.10", B, ptr_timeout=3))
        result = project.up()
        said = "the record was written, and Route 53 says PENDING still"
        assert f"main: wait for the PTR of 192.0.2.10: {said}" in result.text
        assert project.resources()["a"].outputs["hostname"] == B
