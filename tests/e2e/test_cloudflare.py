"""Cloudflare through the real CLI, on simulated accounts: nothing is lost, and what it adds."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.fakes.api import STORMS
from tests.fakes.cloudflare import Account, Fault, ZoneSpec

from .cloudflare_world import FORWARD, CloudflareWorld, config
from .conftest import MakeProject
from .harness import Project, declare, forward, ptr
from .nothing_is_lost import NothingIsLost
from .test_secrets import noted_arguments, texts_of
from .worlds import World

A, B = "a.example.com", "b.example.com"
X, Y, V6 = "192.0.2.10", "192.0.2.11", "2001:db8::10"
SKIP = {"PULUMI_SKIP_CHECKPOINTS": "true"}
UNCHECKED = {"rdns:forwardCheck": "skip"}
TOKEN = "rdns:backends.main.apiToken"


class TestNothingIsLost(NothingIsLost):
    @pytest.fixture
    def world(self) -> Iterator[CloudflareWorld]:
        with CloudflareWorld.running("main") as world:
            yield world
            world.verify()

    @pytest.fixture
    def other(self) -> Iterator[CloudflareWorld]:
        with CloudflareWorld.running("second") as world:
            yield world
            world.verify()

    def config(self, *worlds: World, slow: bool = False) -> dict[str, object]:
        for world in worlds:
            assert isinstance(world, CloudflareWorld)
            world.scenario.latency = 0.2 if slow else 0.0
            # An account that is away is given up soon, so that the test need not wait long.
            world.timeout = 60.0 if slow else 5.0
        return super().config(*worlds, slow=slow)


@pytest.fixture
def world() -> Iterator[CloudflareWorld]:
    with CloudflareWorld.running("main") as world:
        yield world
        world.verify()


def host(hostname: str, *addresses: str) -> str:
    return declare("ForwardConfirmedHost", "mail", hostname=hostname, addresses=[*addresses])


def test_a_host_is_set_up_changed_drifts_is_repaired_and_destroyed(
    make_project: MakeProject, world: CloudflareWorld
) -> None:
    project = make_project(config(world))
    project.program(host(A, X, V6))
    project.preview()
    assert world.writes() == []
    assert "warning" not in project.up().text
    assert world.ptrs([X, V6]) == {X: [A], V6: [A]}
    assert (world.forward(A, "A"), world.forward(A, "AAAA")) == ([X], [V6])
    project.up("--refresh", "--expect-no-changes")

    project.program(host(B, X, V6))
    with world.watched(X, V6) as seen:
        project.up()
    assert seen == {X: [[A], [B]], V6: [[A], [B]]}
    assert world.forward(A, "A") == []

    world.set_ptr(X, [])
    world.set_forward(B, "AAAA", [])
    seen_again = project.preview("--refresh", "--json").operations
    assert seen_again[f"mail-{X}"] == "create"
    project.refresh()
    project.up()
    assert world.ptr(X) == [B]
    assert world.forward(B, "AAAA") == [V6]
    project.destroy()
    assert world.ptr(X) == world.ptr(V6) == world.forward(B, "A") == []


def test_what_is_there_is_adopted_as_it_is_or_a_conflict(
    make_project: MakeProject, world: CloudflareWorld
) -> None:
    id_ = world.account.add(FORWARD, "A", A, X, comment="by hand")
    world.set_ptr(X, [A])
    world.set_ptr(Y, [B])
    project = make_project(config(world))
    project.program(host(A, X))
    assert f"{A} had {X} already; it is adopted" in project.up().text
    assert world.writes() == []
    (record,) = world.account.live(FORWARD, "A", A)
    assert (record["id"], record["ttl"], record["comment"]) == (id_, 1, "by hand")
    project.up("--refresh", "--expect-no-changes")
    project.program(host(A, X), ptr("taken", Y, A, forward_check="skip"))
    (error,) = project.up(fails=True).errors
    assert f"it already points to {B}, which was not written by this stack" in error
    project.program(host(A, X))
    project.destroy()
    assert world.ptrs([X, Y]) == {X: [A], Y: [B]}
    assert world.forward(A, "A") == [X]


def test_an_automatic_ttl_is_no_drift(make_project: MakeProject, world: CloudflareWorld) -> None:
    project = make_project(config(world, **UNCHECKED))
    project.program(forward("a", A, X, ttl=1), ptr("a-ptr", X, A, ttl=1))
    project.up()
    assert world.ttl(X) == 1
    project.up("--refresh", "--expect-no-changes")


def test_a_proxied_record_is_told_in_the_preview_by_the_check_and_by_a_refresh(
    make_project: MakeProject, world: CloudflareWorld
) -> None:
    said = f"has {A} A {X}, which is proxied: the DNS answers with addresses of Cloudflare's proxy"
    id_ = world.account.add(FORWARD, "A", A, X, proxied=True)
    project = make_project(config(world, **{"rdns:forwardTimeout": 1}))
    project.program(ptr("mail", X, A))
    assert f"{A} does not resolve to {X}: zone example.com of backend main {said}" in (
        project.preview().text
    )
    (error,) = project.up(fails=True).errors
    assert error.startswith("ForwardMismatchError: forward check: ")
    assert said in error
    assert world.ptr(X) == []
    world.account.edit(FORWARD, id_, proxied=False)
    project.program(ptr("mail", X, A), forward("mail-a", A, X))
    project.up()
    assert world.ptr(X) == [A]
    world.account.edit(FORWARD, id_, proxied=True)
    assert f"{A} has the A record {X}, which is proxied" in project.refresh().text


def test_two_accounts_are_two_instances_of_one_stack(make_project: MakeProject) -> None:
    first_zone = ZoneSpec(name="2.0.192.in-addr.arpa")
    second_zone = ZoneSpec(name="100.51.198.in-addr.arpa")
    theirs = "198.51.100.10"
    with (
        CloudflareWorld.running("first", zones=[first_zone]) as first,
        CloudflareWorld.running("second", zones=[second_zone]) as second,
    ):
        project = make_project(config(first, second, **UNCHECKED))
        project.program(ptr("a", X, A), ptr("b", theirs, B, backend="second"))
        project.up()
        assert first.ptr(X) == [A]
        at_second = second.account.live("100.51.198.in-addr.arpa", "PTR")
        assert [record["content"] for record in at_second] == [B]
        assert {sent.status for sent in first.simulator.sent()} == {200}
        assert {sent.status for sent in second.simulator.sent()} == {200}
        project.program(ptr("a", X, A), ptr("b", theirs, B))
        (error,) = project.up(fails=True).errors
        assert error.startswith("ZoneNotFoundError: first: find the zone of ")
        project.destroy()
        assert first.ptr(X) == []
        assert second.account.live("100.51.198.in-addr.arpa", "PTR") == []


def test_a_token_rotated_between_up_and_destroy_needs_the_variable_alone(
    make_project: MakeProject, world: CloudflareWorld
) -> None:
    project = make_project(config(world, **UNCHECKED))
    project.program(ptr("a", X, A))
    project.up()
    world.scenario.token = "rotated-t0ken-that-nobody-may-see"
    refused = project.destroy(fails=True)
    assert "the API token is not accepted" in refused.text
    assert f"{TOKEN} in the stack's configuration" in refused.text
    assert list(project.resources()) == ["a"]
    rotated = {"RDNS_MAIN_APITOKEN": world.scenario.token}
    project.refresh(environ=rotated)
    project.destroy(environ=rotated)
    assert world.ptr(X) == []


def test_the_token_is_nowhere_to_be_seen(make_project: MakeProject, world: CloudflareWorld) -> None:
    secret = world.scenario.token
    project = make_project(config(world, **{"rdns:backends": {"main": world.place()}}))
    project.run("config", "set", "--stack", project.stack, "--path", "--secret", TOKEN, secret)
    project.program(host(A, X))
    debug = {"RDNS_LOG": "debug", "RDNS_DEBUG": "1"}
    with noted_arguments() as arguments:
        results = [
            project.up(environ=debug),
            project.preview("--diff", "--refresh", environ=debug),
            project.refresh(environ=debug),
        ]
        world.scenario.token = "another"
        results.append(project.refresh(fails=True, environ=debug))
    assert "AuthenticationError" in results[-1].text
    assert "main: write A of a.example.com: POST " in results[0].text  # the log
    for result in results:
        assert secret not in result.text
    assert secret not in project.state_text()
    assert [path for path, text in texts_of(project).items() if secret in text] == []
    assert any("pulumi.dynamic" in command for command in arguments)
    assert not any(secret in command for command in arguments)


def test_a_token_of_the_environment_is_not_even_in_the_most_verbose_log(
    make_project: MakeProject, world: CloudflareWorld
) -> None:
    secret = world.scenario.token
    project = make_project(config(world, **{"rdns:backends": {"main": world.place()}}))
    project.program(ptr("a", X, A, forward_check="skip"))
    result = project.up("--logtostderr", "-v=9", environ={"CLOUDFLARE_API_TOKEN": secret})
    assert world.ptr(X) == [A]
    assert "Configure" in result.stderr
    assert secret not in result.text
    assert [path for path, text in texts_of(project).items() if secret in text] == []


# Many, and trouble in the middle


def many(count: int) -> str:
    """Declare a host for every address of the zone from 20 on."""
    return (
        f"for at in range(20, {20 + count}):\n"
        '    rdns.ForwardRecord(f"f{at}", hostname=f"h{at}.example.com", address=f"192.0.2.{at}")\n'
        '    rdns.PtrRecord(f"p{at}", hostname=f"h{at}.example.com", address=f"192.0.2.{at}")\n'
    )


def check_many(project: Project, world: CloudflareWorld, count: int) -> None:
    """Check that every record is in the account and in the state, written once."""
    there = range(20, 20 + count)
    expected = {f"192.0.2.{at}": [f"h{at}.example.com"] for at in there}
    assert world.ptrs(expected) == expected
    assert [world.forward(f"h{at}.example.com", "A") for at in there] == [
        [f"192.0.2.{at}"] for at in there
    ]
    assert len(project.resources()) == 2 * count
    posted = [tuple(sorted(one.items())) for batch in world.writes() for one in batch["posts"]]
    assert set(Counter(posted).values()) == {1}
    assert len(posted) == 2 * count


def test_a_hundred_addresses_list_the_account_a_few_times(
    make_project: MakeProject, world: CloudflareWorld
) -> None:
    project = make_project(config(world, **UNCHECKED))
    project.program(many(100))
    project.up("--parallel", "32", environ=SKIP)
    check_many(project, world, 100)
    assert world.lists() == 3  # the zones, and the delegations of two of them
    # a look, the look of the write, the write, and the look after it
    assert len(world.simulator.sent()) <= 200 * 4 + 3


@pytest.mark.parametrize("storm", STORMS.values(), ids=STORMS)
def test_after_a_storm_everything_is_set_and_nothing_twice(
    make_project: MakeProject, world: CloudflareWorld, storm: Fault
) -> None:
    project = make_project(config(world, **UNCHECKED))
    project.program(many(15))
    world.simulator.inject(storm)
    project.up("--parallel", "32", environ=SKIP)
    statuses = Counter(sent.status for sent in world.simulator.sent())
    assert statuses[storm.status] == 12
    check_many(project, world, 15)


def test_a_set_of_two_hundred_and_fifty_records_is_two_batches(
    make_project: MakeProject, world: CloudflareWorld
) -> None:
    project = make_project(config(world, **UNCHECKED))
    fill = "pool-{d}.example.com"
    exclude = ["192.0.2.128/25"]
    project.program(
        declare("PtrRecordSet", "pool", network="192.0.2.0/24", fill=fill, exclude=exclude)
    )
    project.up()
    assert world.ptr("192.0.2.77") == ["pool-77.example.com"]
    assert len(world.writes()) == 1
    project.up("--refresh", "--expect-no-changes")
    project.destroy()
    assert world.ptr("192.0.2.77") == []


def test_a_ptr_that_somebody_creates_beside_ours_stays_and_ours_goes(
    make_project: MakeProject, world: CloudflareWorld
) -> None:
    def meanwhile(_: Account) -> None:
        world.set_ptr(X, ["theirs.example.net"])

    world.simulator.before("POST", "/batch", meanwhile)
    project = make_project(config(world, **UNCHECKED))
    project.program(ptr("a", X, A))
    (error,) = project.up(fails=True).errors
    assert "theirs.example.net" in error
    assert world.ptr(X) == ["theirs.example.net"]
    assert project.resources() == {}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc")
def test_a_run_killed_after_a_write_converges(
    make_project: MakeProject, world: CloudflareWorld
) -> None:
    # The look after the write takes its time: the kill comes before the state knows of anything.
    world.scenario.latency = 0.3
    project = make_project(config(world, **UNCHECKED))
    project.program(ptr("a", X, A), ptr("b", Y, B))
    running = project.start_up()
    try:
        deadline = time.monotonic() + 60
        while not world.writes():
            assert time.monotonic() < deadline, "nothing is written"
            time.sleep(0.01)
    finally:
        running.end()
        running.process.communicate()
    world.scenario.latency = 0.0
    assert A in world.ptr(X) or B in world.ptr(Y)
    project.run("cancel", "--yes", "--stack", project.stack)
    project.refresh("--clear-pending-creates")
    project.up()
    assert (world.ptr(X), world.ptr(Y)) == ([A], [B])
    project.up("--expect-no-changes")
    project.destroy()
    assert world.ptr(X) == world.ptr(Y) == []
