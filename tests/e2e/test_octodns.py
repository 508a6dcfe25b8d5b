"""octoDNS's providers through the real CLI, at real servers."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.bind import DynamicBind
from tests.servers.dynamic import FULL, NARROW, ZONES
from tests.servers.powerdns import API_KEY, PowerDns

from .conftest import MakeProject
from .harness import Project, declare, forward, ptr
from .nothing_is_lost import NothingIsLost
from .served_worlds import InAServedWorld, ServedWorld
from .test_secrets import noted_arguments, texts_of

A, B = "a.example.com", "b.example.com"
SKIP = {"PULUMI_SKIP_CHECKPOINTS": "true"}


class OctoPowerDnsWorld(ServedWorld):
    """PowerDNS over `octodns_powerdns`, which replaces an RRset in one request."""

    kind = PowerDns
    shows_soa = False

    def settings(self) -> dict[str, object]:
        return {**self.place(), "options": self.options()}

    def place(self) -> dict[str, object]:
        """Return the settings without those that are secret."""
        provider = "octodns_powerdns.PowerDnsProvider"
        return {"type": "octodns", "provider": provider, "timeout": 20}

    def options(self) -> dict[str, object]:
        assert isinstance(self.server, PowerDns)
        host, port = self.server.address, self.server.api_port
        return {"host": host, "port": port, "api_key": API_KEY}


class OctoBindWorld(ServedWorld):
    """BIND over `octodns_bind`, which cannot list its zones, and whose creations add."""

    kind = DynamicBind
    shows_soa = False

    def settings(self) -> dict[str, object]:
        return {
            "type": "octodns",
            "provider": "octodns_bind.Rfc2136Provider",
            "options": self.options(),
            "zones": list(ZONES),
            "timeout": 20,
        }

    def options(self) -> dict[str, object]:
        return {
            "host": self.server.address,
            "port": self.server.port,
            "key_name": FULL.name,
            "key_secret": FULL.secret,
            "key_algorithm": FULL.algorithm,
        }


KINDS: dict[str, type[ServedWorld]] = {"powerdns": OctoPowerDnsWorld, "bind": OctoBindWorld}


class TestOverOctoDns(InAServedWorld):
    """The parts of the suite in which a look, a write and an outage can differ."""

    @pytest.fixture(params=KINDS)
    def kind(self, request: pytest.FixtureRequest) -> type[ServedWorld]:
        return KINDS[request.param]

    test_renamed = NothingIsLost.test_a_resource_renamed_without_an_alias_keeps_its_record
    test_swapped = NothingIsLost.test_two_resources_swap_addresses
    test_stopped = NothingIsLost.test_a_strangers_ptr_stops_only_that_resource
    test_restored = NothingIsLost.test_restore_puts_back_several_hostnames
    test_added_beside = (
        NothingIsLost.test_a_hostname_added_beside_ours_shows_as_drift_and_survives_destroy
    )
    test_shared = NothingIsLost.test_forward_records_of_one_hostname_share_its_rrset
    test_moved = NothingIsLost.test_another_zone_moves_the_record
    test_instance = NothingIsLost.test_another_backend_instance_moves_the_record

    def test_while_the_server_is_offline_commands_fail_and_the_state_drops_nothing(
        self, project: Project, world: ServedWorld, other: ServedWorld
    ) -> None:
        # A server that is away is given up soon, so that the test need not wait long.
        settings = {one.instance: {**one.settings(), "timeout": 5} for one in (world, other)}
        project.configure({**self.config(world, other), "rdns:backends": settings})
        NothingIsLost.test_while_the_backend_is_offline_commands_fail_and_the_state_drops_nothing(
            self,  # type: ignore[arg-type]
            project,
            world,
        )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[OctoPowerDnsWorld]:
    with OctoPowerDnsWorld.running("main", tmp_path / "servers") as world:
        yield world
        world.verify()


def config(world: ServedWorld, **more: object) -> dict[str, object]:
    return {
        "rdns:backend": world.instance,
        "rdns:backends": {world.instance: world.settings()},
        "rdns:forwardSource": "backend",
        "rdns:forwardCheck": "verify",
        **more,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_host_is_set_up_changed_drifts_is_repaired_and_destroyed(
    make_project: MakeProject, tmp_path: Path, kind: str
) -> None:
    def host(hostname: str) -> str:
        return declare("ForwardConfirmedHost", "mail", hostname=hostname, addresses=[x])

    with KINDS[kind].running("main", tmp_path / "servers") as world:
        x = world.addresses[0]
        project = make_project(config(world))
        project.program(host(A))
        assert "warning" not in project.up().text
        assert (world.ptr(x), world.forward(A, "A")) == ([A], [x])
        project.up("--refresh", "--expect-no-changes")
        project.program(host(B))
        with world.watched(x) as seen:
            project.up()
        assert seen[x] == [[A], [B]]
        assert world.forward(A, "A") == []
        world.set_ptr(x, [])
        assert project.preview("--refresh", "--json").operations[f"mail-{x}"] == "create"
        project.refresh()
        project.up()
        assert world.ptr(x) == [B]
        project.destroy()
        assert world.ptr(x) == world.forward(B, "A") == []
        world.verify()


def test_a_hundred_records_list_the_zones_once(
    make_project: MakeProject, world: OctoPowerDnsWorld
) -> None:
    project = make_project(config(world, **{"rdns:forwardCheck": "skip"}))
    project.program(
        "for at in range(20, 120):\n"
        '    rdns.PtrRecord(f"p{at}", hostname=f"h{at}.example.com", address=f"192.0.2.{at}")\n'
    )
    result = project.up("--parallel", "16", environ={**SKIP, "RDNS_LOG": "debug"})
    there = {f"192.0.2.{at}": [f"h{at}.example.com"] for at in range(20, 120)}
    assert world.ptrs(there) == there
    # The CLI shows a line when it comes and again at the end.
    lines = set(re.findall(r"[\d:.]+ DEBUG pulumi_rdns\.backends\.octodns: .+ ms", result.text))
    asked = Counter(line.split(": ")[3].split()[0] for line in lines)
    assert asked["list_zones"] == 1
    assert asked["apply"] == 100
    assert 100 < asked["populate"] <= 210


def test_no_option_is_anywhere_to_be_seen(
    make_project: MakeProject, world: OctoPowerDnsWorld
) -> None:
    x = world.addresses[0]
    project = make_project(config(world, **{"rdns:backends": {"main": world.place()}}))
    for key, value in world.options().items():
        path = f"rdns:backends.main.options.{key}"
        at = ("--stack", project.stack, "--path", "--secret", path)
        project.run("config", "set", *at, str(value))
    project.program(ptr("a", x, A, forward_check="skip"))
    debug = {"RDNS_LOG": "debug", "RDNS_DEBUG": "1"}
    wrong = {"RDNS_MAIN_OPTIONS": '{"host": "127.0.0.1", "port": 1, "api_key": "wr0ng-key"}'}
    with noted_arguments() as arguments:
        results = [
            project.up(environ=debug),
            project.preview("--diff", "--refresh", environ=debug),
            project.refresh(environ=debug),
            project.refresh(fails=True, environ={**debug, **wrong}),
        ]
    assert world.ptr(x) == [A]
    assert "octodns_powerdns.PowerDnsProvider failed: " in results[-1].text
    assert ": apply octodns_powerdns.PowerDnsProvider: done in " in results[0].text
    for secret in (API_KEY, "wr0ng-key"):
        assert not any(secret in result.text for result in results)
        assert not any(secret in command for command in arguments)
        assert secret not in project.state_text()
        assert [path for path, text in texts_of(project).items() if secret in text] == []


def test_a_wrong_key_of_the_environment_is_a_sentence_and_nothing_is_dropped(
    make_project: MakeProject, tmp_path: Path
) -> None:
    with OctoBindWorld.running("main", tmp_path / "servers") as world:
        x = world.addresses[0]
        project = make_project(config(world, **{"rdns:forwardCheck": "skip"}))
        project.program(forward("a", A, x), ptr("a-ptr", x, A))
        project.up()
        wrong = {**world.options(), "key_secret": NARROW.secret}
        rotated = {"RDNS_MAIN_OPTIONS": json.dumps(wrong)}
        refused = project.refresh(fails=True, environ=rotated)
        assert NARROW.secret not in refused.text
        assert "Traceback" not in refused.text
        assert "octodns_bind.Rfc2136Provider failed: " in refused.text
        assert (world.ptr(x), world.forward(A, "A")) == ([A], [x])
        assert sorted(project.resources()) == ["a", "a-ptr"]
        project.destroy()
        assert world.ptr(x) == world.forward(A, "A") == []


def test_a_provider_that_is_not_installed_is_told_in_the_preview(
    make_project: MakeProject, world: OctoPowerDnsWorld
) -> None:
    settings = {**world.settings(), "provider": "octodns_nobody.NobodyProvider"}
    project = make_project(config(world, **{"rdns:backends": {"main": settings}}))
    project.program(ptr("a", world.addresses[0], A, forward_check="skip"))
    result = project.preview(fails=True)
    assert "pip install octodns-nobody" in result.text
    assert "Traceback" not in result.text
