"""Nothing is lost at real servers: all of it at BIND, at the others what is theirs alone."""

from __future__ import annotations

import ipaddress
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.bind import DynamicBind
from tests.servers.dynamic import FULL, NARROW, serial, started, transfer
from tests.servers.process import DnsServer, zone_text

from .conftest import MakeProject
from .harness import Project, declare, forward, ptr
from .nothing_is_lost import NothingIsLost
from .served_worlds import (
    ApiWorld,
    BindWorld,
    InAServedWorld,
    KnotWorld,
    PowerDnsWorld,
    ServedWorld,
    UpdatedWorld,
)
from .test_secrets import noted_arguments, texts_of
from .worlds import World

KINDS: dict[str, type[ServedWorld]] = {
    "knot": KnotWorld,
    "powerdns": PowerDnsWorld,
    "powerdns api": ApiWorld,
}


DEBUG = {"RDNS_DEBUG": "1"}
SKIP = {"PULUMI_SKIP_CHECKPOINTS": "true"}
A, B, POOL = "a.example.com", "b.example.com", "pool.example.com"

#: a zone with room for 500 addresses
LARGE = "1.10.in-addr.arpa"
MANY = """\
for number in range(500):
    address = f"10.1.{number // 250}.{number % 250}"
    rdns.PtrRecord(f"p{number}", address=address, hostname=f"h{number}.example.com")
"""


class TestBind(NothingIsLost):
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[BindWorld]:
        with BindWorld.running("main", tmp_path) as world:
            yield world

    @pytest.fixture
    def other(self, tmp_path: Path) -> Iterator[BindWorld]:
        with BindWorld.running("second", tmp_path) as world:
            yield world

    def config(self, *worlds: World, slow: bool = False) -> dict[str, object]:
        for world in worlds:
            assert isinstance(world, UpdatedWorld)
            world.is_relayed = slow
        return super().config(*worlds, slow=slow)


class TestOthers(InAServedWorld):
    """What a look, a write and an outage can be at a server."""

    @pytest.fixture(params=KINDS)
    def kind(self, request: pytest.FixtureRequest) -> type[ServedWorld]:
        return KINDS[request.param]

    test_renamed = NothingIsLost.test_a_resource_renamed_without_an_alias_keeps_its_record
    test_restored = NothingIsLost.test_restore_puts_back_several_hostnames
    test_added_beside = (
        NothingIsLost.test_a_hostname_added_beside_ours_shows_as_drift_and_survives_destroy
    )
    test_shared = NothingIsLost.test_forward_records_of_one_hostname_share_its_rrset
    test_moved = NothingIsLost.test_another_zone_moves_the_record
    test_offline = (
        NothingIsLost.test_while_the_backend_is_offline_commands_fail_and_the_state_drops_nothing
    )


# The key


def test_a_wrong_key_is_one_sentence_and_no_secret_shows_anywhere(
    make_project: MakeProject, tmp_path: Path
) -> None:
    with BindWorld.running("main", tmp_path / "servers") as world:
        x = world.addresses[0]
        settings = world.settings()
        secret = str(settings.pop("keySecret"))
        project = make_project({**config(world), "rdns:backends": {"main": settings}})
        path = "rdns:backends.main.keySecret"
        project.run("config", "set", "--stack", project.stack, "--path", "--secret", path, secret)
        project.program(ptr("mail", x, A))
        wrong = {"RDNS_MAIN_KEYSECRET": NARROW.secret}
        refused = project.up(fails=True, environ=wrong)
        (error,) = refused.errors
        assert error == (
            "AuthenticationError: main: find the zone of 10.2.0.192.in-addr.arpa: the server does "
            "not accept the signature of the key rdns-test (hmac-sha256, from the environment "
            "variable RDNS_MAIN_KEYSECRET); check keySecret and keyAlgorithm (BADSIG)"
        )
        assert "Traceback" not in refused.text
        assert world.ptr(x) == []
        with noted_arguments() as arguments:
            results = [project.up(), project.refresh(fails=True, environ={**wrong, **DEBUG})]
        assert world.ptr(x) == [A]
        for result in (refused, *results):
            assert secret not in result.text
            assert NARROW.secret not in result.text
        for text in texts_of(project).values():
            assert secret not in text
            assert NARROW.secret not in text
        assert any("pulumi.dynamic" in command for command in arguments)
        assert not any(secret in command for command in arguments)


# One server, two instances


def test_a_host_that_moves_from_the_api_to_updates_of_one_server_stays_live(
    make_project: MakeProject, tmp_path: Path
) -> None:
    """What docs/powerdns.md advises where several programs write to the same names."""
    with ApiWorld.running("api", tmp_path) as world:
        x = world.addresses[0]
        updates = PowerDnsWorld.settings_for(world.server)
        backends: dict[str, object] = {"api": world.settings(), "updates": updates}
        settings = {"rdns:backends": backends, "rdns:forwardSource": "backend"}
        project = make_project({**settings, "rdns:backend": "api"})
        project.program(declare("ForwardConfirmedHost", "mail", hostname=A, addresses=[x]))
        project.up()
        project.configure({**settings, "rdns:backend": "updates"})
        with world.watched(x) as seen:
            project.up()
        assert seen[x] == [[A]]
        assert world.forward(A, "A") == [x]
        project.up("--refresh", "--expect-no-changes")
        project.destroy()
        assert world.ptr(x) == world.forward(A, "A") == []


# Two stacks


@pytest.mark.parametrize("kind", [BindWorld, KnotWorld, PowerDnsWorld])
def test_of_two_stacks_that_race_for_a_name_one_wins_and_no_shared_address_is_lost(
    kind: type[UpdatedWorld], make_project: MakeProject, tmp_path: Path
) -> None:
    """Each has looked, and found nothing, before either of them writes."""
    with kind.running("main", tmp_path) as world:
        x, y, z, *_ = world.addresses
        world.is_relayed = True
        one = make_project(config(world))
        two = Project(one.folder, config(world), home=one.folder / ".home", stack="prod")
        one.program(
            f"mine, address = ({A!r}, {y!r}) if pulumi.get_stack() == 'dev' else ({B!r}, {z!r})\n"
            f"rdns.PtrRecord('contested', address={x!r}, hostname=mine)\n"
            f"rdns.ForwardRecord('shared', hostname={POOL!r}, address=address, on_conflict='add')\n"
        )
        world.relay.race(4)
        running = {A: one.start_up("--continue-on-error"), B: two.start_up("--continue-on-error")}
        results = {hostname: command.wait() for hostname, command in running.items()}
        codes = {hostname: result.code for hostname, result in results.items()}
        assert sorted(codes.values()) == [0, 1], results
        (winner,) = [hostname for hostname, code in codes.items() if code == 0]
        (loser,) = {A, B} - {winner}
        (error,) = results[loser].errors
        assert error.startswith(f"ConflictError: main: set the PTR of {x}: ")
        assert f"it already points to {winner}, which was not written by this stack" in error
        assert "Traceback" not in results[loser].text
        assert world.ptr(x) == [winner]
        assert world.forward(POOL, "A") == [y, z]
        world.verify()
        {A: one, B: two}[loser].destroy()
        assert world.ptr(x) == [winner]
        assert world.forward(POOL, "A") == [y if winner == A else z]


# A server that stops in the middle


@pytest.fixture
def large(tmp_path: Path) -> Iterator[DnsServer]:
    served = {LARGE: zone_text("@ NS ns1.example.com.")}
    server = started(DynamicBind, tmp_path / "server", served)
    yield server
    server.stop()


def test_a_server_that_is_killed_in_an_up_of_500_records_costs_nothing_and_doubles_nothing(
    large: DnsServer, make_project: MakeProject
) -> None:
    backends: dict[str, object] = {"main": BindWorld.settings_for(large)}
    project = make_project(
        {"rdns:backend": "main", "rdns:backends": backends, "rdns:forwardCheck": "skip"}
    )
    project.program(MANY)
    before = serial(large, LARGE)
    running = project.start_up("--parallel", "32", environ=SKIP)
    wait_until(lambda: serial(large, LARGE) > before + 100)
    large.signal(signal.SIGKILL)
    large.stop()
    result = running.wait()
    assert result.code != 0
    assert "UnavailableError: main: " in result.text
    assert f"{large.address}:{large.port} cannot be reached: connection refused" in result.text
    assert "Traceback" not in result.text
    large.start()
    assert before + 100 < serial(large, LARGE) < before + 500
    project.up("--parallel", "32", environ=SKIP)
    held = transfer(large, LARGE)
    expected = {
        (f"{ipaddress.ip_address(f'10.1.{at // 250}.{at % 250}').reverse_pointer}.", "PTR"): (
            3600,
            [f"h{at}.example.com."],
        )
        for at in range(500)
    }
    assert {key: one for key, one in held.items() if key[1] == "PTR"} == expected
    assert serial(large, LARGE) == before + 500, "each record is written once"
    assert len(project.resources()) == 500


def config(world: ServedWorld) -> dict[str, object]:
    return {
        "rdns:backend": world.instance,
        "rdns:backends": {world.instance: world.settings()},
        "rdns:forwardCheck": "skip",
    }


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "nothing happens"
        time.sleep(0.01)


# What the user sees


@pytest.fixture
def bind(tmp_path: Path) -> Iterator[BindWorld]:
    with BindWorld.running("main", tmp_path) as world:
        yield world


def refusing(world: ServedWorld, **more: object) -> dict[str, object]:
    """Configure a stack with other settings of the instance."""
    return {**config(world), "rdns:backends": {world.instance: {**world.settings(), **more}}}


def test_what_the_user_sees_when_a_server_refuses(
    bind: BindWorld, make_project: MakeProject
) -> None:
    """A wrong key, a zone that is not there, a type that the key may not write, no server."""
    address = bind.addresses[0]
    key = {"keySecret": "d3Jvbmcgc2VjcmV0IG9mIG5vYm9keQ=="}
    project = make_project(refusing(bind, **key))
    project.program(ptr("p", address, "a.example.com"))
    (error,) = project.up(fails=True).errors
    assert "AuthenticationError: main: " in error
    assert "BADSIG" in error
    assert key["keySecret"] not in project.up(fails=True).text

    project.configure(config(bind))
    project.program(ptr("p", "203.0.113.10", "a.example.com"))
    (error,) = project.up(fails=True).errors
    assert "ZoneNotFoundError: main: find the zone of 10.113.0.203.in-addr.arpa" in error

    narrow = {"keyName": "ptr-only", "keySecret": "YW5vdGhlciBzZWNyZXQgb2Ygbm8gdXNlLi4u"}
    project.configure(refusing(bind, **narrow))
    project.program(forward("f", "a.example.com", address))
    (error,) = project.up(fails=True).errors
    assert "REFUSED" in error
    assert "update policy" in error
    project.program(ptr("p", address, "a.example.com"))
    project.up()
    assert bind.ptr(address) == ["a.example.com"]

    with bind.offline():
        project.program(ptr("p", address, "b.example.com"))
        (error,) = project.up(fails=True).errors
    assert "UnavailableError: main: " in error
    assert "cannot be reached" in error
    assert bind.ptr(address) == ["a.example.com"]
    assert FULL.secret not in project.state_text()


def test_an_answer_that_is_lost_is_asked_for_again_and_nothing_is_there_twice(
    bind: BindWorld, make_project: MakeProject
) -> None:
    """The connection is cut after the server has made the change."""
    bind.is_relayed = True
    project = make_project(config(bind))
    project.program(ptr("p", bind.addresses[0], "a.example.com"))
    bind.relay.lost_answers = 1
    project.up()
    project.up("--expect-no-changes")
    bind.relay.lost_updates = 10**6
    project.program(ptr("p", bind.addresses[0], "b.example.com"))
    (error,) = project.up(fails=True).errors
    assert "UnavailableError" in error
    bind.relay.lost_updates = 0
    project.up()
    assert bind.ptr(bind.addresses[0]) == ["b.example.com"]
