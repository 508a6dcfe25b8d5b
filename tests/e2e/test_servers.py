"""Nothing is lost in the zones of real servers, and of a race exactly one wins."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.bind import DynamicBind
from tests.servers.dynamic import FULL, transfer
from tests.servers.knot import Knot
from tests.servers.powerdns import PowerDns
from tests.servers.process import DnsServer
from tests.servers.proxy import proxied

from .conftest import MakeProject
from .harness import forward, ptr
from .nothing_is_lost import NothingIsLost, essentials
from .server_worlds import PowerDnsApiWorld, ServerWorld, server_of


class OnServers(NothingIsLost):
    """Two instances are two servers of a kind."""

    kind: type[DnsServer]
    world_type: type[ServerWorld] = ServerWorld

    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[ServerWorld]:
        with server_of(self.kind, tmp_path / "server") as server:
            yield self.world_type("main", server)

    @pytest.fixture
    def other(self, tmp_path: Path) -> Iterator[ServerWorld]:
        with server_of(self.kind, tmp_path / "second") as server:
            yield self.world_type("second", server)


class TestBind(OnServers):
    kind = DynamicBind


@essentials
class TestKnot(OnServers):
    kind = Knot


@essentials
class TestPowerDns(OnServers):
    kind = PowerDns


@essentials
class TestPowerDnsApi(OnServers):
    kind = PowerDns
    world_type = PowerDnsApiWorld


del OnServers  # it has no server of its own


@pytest.fixture
def bind(tmp_path: Path) -> Iterator[ServerWorld]:
    with server_of(DynamicBind, tmp_path / "server") as server:
        yield ServerWorld("main", server)


def config(world: ServerWorld, **more: object) -> dict[str, object]:
    return {
        "rdns:backend": world.instance,
        "rdns:backends": {world.instance: {**world.settings(), **more}},
        "rdns:forwardSource": "backend",
        "rdns:forwardCheck": "skip",
    }


def test_of_two_stacks_that_race_for_the_same_names_each_name_has_one_winner(
    bind: ServerWorld, make_project: MakeProject
) -> None:
    stacks = [make_project(config(bind), folder) for folder in ("one", "two")]
    hosts = [f"192.0.2.{host}" for host in range(10, 26)]
    for stack in stacks:
        stack.program(
            *(ptr(f"r{host}", host, f"{stack.folder.name}.example.com") for host in hosts)
        )
    running = [stack.start_up("--continue-on-error") for stack in stacks]
    results = [one.wait() for one in running]
    live = {host: bind.ptr(host) for host in hosts}
    held = [
        {resource.outputs["address"] for resource in stack.resources().values()} for stack in stacks
    ]
    assert held[0] | held[1] == set(hosts)
    assert not held[0] & held[1]
    for stack, its in zip(stacks, held, strict=True):
        assert all(live[host] == [f"{stack.folder.name}.example.com"] for host in its)
    for its, result in zip(held, results, strict=True):
        assert (result.code == 0) is (len(its) == len(hosts))
        assert len(result.errors) == len(hosts) - len(its)
        assert all("ConflictError" in error for error in result.errors)
    for stack in stacks:
        stack.destroy()
    assert all(not bind.ptr(host) for host in hosts)


def test_a_server_that_stops_in_the_middle_of_an_up_costs_nothing(
    bind: ServerWorld, make_project: MakeProject
) -> None:
    """500 records; the next up goes on, and nothing is there twice."""
    project = make_project(config(bind, timeout=2))
    hosts = [f"192.0.2.{host}" for host in range(2, 200)]
    forwards = [
        (f"h{number}.example.com", f"198.51.100.{number % 250 + 2}") for number in range(302)
    ]
    project.program(
        *(ptr(f"p{host}", host, f"{host.replace('.', '-')}.example.com") for host in hosts),
        *(forward(name, name, address) for name, address in forwards),
    )
    fast = {"PULUMI_SKIP_CHECKPOINTS": "true"}
    running = project.start_up("--parallel", "16", environ=fast)

    def there() -> int:
        return sum(len(bind.ptrs([host])[host]) for host in hosts[::10])

    while running.process.poll() is None and there() < 5:
        time.sleep(0.01)
    bind.server.stop()
    result = running.wait()
    bind.server.start()
    assert result.code != 0
    assert "UnavailableError" in result.text
    assert "Traceback" not in result.text
    project.up("--parallel", "16", environ=fast)
    live = transfer(bind.server, "2.0.192.in-addr.arpa")
    for host in hosts:
        owner = f"{host.rpartition('.')[2]}.2.0.192.in-addr.arpa."
        assert live[owner, "PTR"] == (3600, [f"{host.replace('.', '-')}.example.com."])
    live = transfer(bind.server, "example.com")
    for name, address in forwards:
        assert live[f"{name}.", "A"] == (3600, [address])
    bind.verify()
    assert len(project.resources()) == 500


def test_what_the_user_sees_when_a_server_refuses(
    bind: ServerWorld, make_project: MakeProject
) -> None:
    """A wrong key, a zone that is not there, a type that the key may not write, no server."""
    address = bind.addresses[0]
    key = {"keySecret": "d3Jvbmcgc2VjcmV0IG9mIG5vYm9keQ=="}
    project = make_project(config(bind, **key))
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
    project.configure(config(bind, **narrow))
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
    bind: ServerWorld, make_project: MakeProject
) -> None:
    """A proxy cuts the connection after the server has made the change."""
    target = (bind.server.address, bind.server.port)
    with proxied(target) as proxy:
        project = make_project(config(bind, server=f"127.0.0.1:{proxy.port}"))
        project.program(ptr("p", bind.addresses[0], "a.example.com"))
        proxy.lost_answers = 1
        project.up()
        project.up("--expect-no-changes")
        proxy.lost_updates = 10**6
        project.program(ptr("p", bind.addresses[0], "b.example.com"))
        (error,) = project.up(fails=True).errors
        assert "UnavailableError" in error
        proxy.lost_updates = 0
        project.up()
    assert bind.ptr(bind.addresses[0]) == ["b.example.com"]
