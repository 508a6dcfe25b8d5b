"""Sets of PTR records through the real CLI."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dns.name
import dns.reversename
import pytest

from tests.servers.bind import DynamicBind
from tests.servers.dynamic import REVERSE, started, transfer, zones
from tests.servers.process import zone_text
from tests.servers.proxy import proxied

from .conftest import MakeProject
from .harness import Project, Running, declare, forward, ptr
from .hostinger_world import HostingerWorld
from .many_records import A, B, C, ManyRecords, config, many
from .served_worlds import ApiWorld, BindWorld, KnotWorld, PowerDnsWorld, ServedWorld
from .worlds import ZoneFileWorld

LARGE = "0.10.in-addr.arpa"
#: declares records of 10.0.0.0/16
RECORDS = """\
records = {{
    f"10.0.{{at >> 8}}.{{at & 255}}": f"host-{{at}}.dyn.example.net" for at in range({count})
}}
"""


class TestZoneFile(ManyRecords):
    @pytest.fixture
    def world(self, tmp_path: Path) -> ZoneFileWorld:
        return ZoneFileWorld("main", tmp_path / "project")

    @pytest.fixture
    def other(self, tmp_path: Path) -> ZoneFileWorld:
        return ZoneFileWorld("second", tmp_path / "project")


class TestBind(ManyRecords):
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[BindWorld]:
        with BindWorld.running("main", tmp_path) as world:
            yield world

    @pytest.fixture
    def other(self, tmp_path: Path) -> Iterator[BindWorld]:
        with BindWorld.running("second", tmp_path) as world:
            yield world


class TestHostinger(ManyRecords):
    @pytest.fixture
    def world(self) -> Iterator[HostingerWorld]:
        with HostingerWorld.running("main") as world:
            world.timeout = 5.0
            yield world

    @pytest.fixture
    def other(self) -> Iterator[HostingerWorld]:
        with HostingerWorld.running("second", initial_ptr="nothing") as world:
            world.timeout = 5.0
            yield world


@pytest.mark.parametrize("kind", [KnotWorld, PowerDnsWorld, ApiWorld])
def test_other_servers_take_a_set_too(
    tmp_path: Path, make_project: MakeProject, kind: type[ServedWorld]
) -> None:
    with kind.running("main", tmp_path) as world:
        suite = ManyRecords()
        suite.test_all_conflicts_are_told_at_once_and_the_rest_is_written_and_remembered(
            make_project(config(world)), world
        )
        world.verify()


@pytest.fixture
def bind(tmp_path: Path) -> Iterator[BindWorld]:
    served = {**zones(), LARGE: zone_text("@ NS ns1.example.com.\n1.200 PTR peoples.example.org.")}
    with BindWorld.running("main", tmp_path, served) as world:
        yield world


@pytest.fixture
def project(bind: BindWorld, make_project: MakeProject) -> Project:
    return make_project(config(bind))


def large(count: int, more: str = "", **arguments: object) -> str:
    given = "".join(f", {key}={value!r}" for key, value in arguments.items())
    return (
        RECORDS.format(count=count) + more + f"rdns.PtrRecordSet('set', records=records{given})\n"
    )


def live(bind: BindWorld) -> dict[str, list[str]]:
    """Read all PTR records of the large zone by transfer; checks that people's are as they were."""
    found = {
        owner.removesuffix(f".{LARGE}."): values
        for (owner, kind), (_, values) in transfer(bind.server, LARGE).items()
        if kind == "PTR"
    }
    assert found.pop("1.200") == ["peoples.example.org."]
    return found


def expected(count: int) -> dict[str, list[str]]:
    return {f"{at & 255}.{at >> 8}": [f"host-{at}.dyn.example.net."] for at in range(count)}


def test_three_changes_in_ten_thousand_show_as_three(bind: BindWorld, project: Project) -> None:
    project.program(large(10_000))
    project.up()
    assert live(bind) == expected(10_000)
    changes = (
        'records["10.0.0.3"] = "mail.example.com"\n'
        'del records["10.0.9.9"]\n'
        'records["10.0.255.255"] = "last.example.com"\n'
    )
    project.program(large(10_000, changes))
    shown = project.preview("--diff").text
    lines = [line.strip() for line in shown.splitlines()]
    assert [line for line in lines if line.startswith(("- 10.", "+ 10."))] == [
        "- 10.0.0.3 host-3.dyn.example.net",
        "+ 10.0.0.3 mail.example.com",
        "- 10.0.9.9 host-2313.dyn.example.net",
        "+ 10.0.255.255 last.example.com",
    ]
    assert len(lines) < 40
    before = bind.server.log.read_text().count("updating zone")
    project.up()
    assert bind.server.log.read_text().count("updating zone") - before <= 8
    after = expected(10_000) | {"3.0": ["mail.example.com."], "255.255": ["last.example.com."]}
    del after["9.9"]
    assert live(bind) == after
    project.refresh("--expect-no-changes")
    project.destroy()
    assert live(bind) == {}


def test_a_server_that_goes_away_after_half_of_five_thousand_costs_nothing(
    bind: BindWorld, make_project: MakeProject
) -> None:
    with proxied((bind.server.address, bind.server.port)) as proxy:
        settings = {**bind.settings_for(bind.server, proxy.port), "timeout": 2}
        project = make_project({**config(bind), "rdns:backends": {"main": settings}})
        project.program(large(5_000))

        def go_away(number: int) -> None:
            if number == 6:
                proxy.lost_updates = 10**6

        proxy.at_update = go_away
        result = project.up(fails=True)
        written = live(bind)
        assert 0 < len(written) < 5_000
        assert result.text.count("of 5,000 records failed, the others are done") == 1
        assert len(result.text) < 10_000
        assert "Traceback" not in result.text
        count = project.resources()["set"].outputs["count"]
        assert count >= len(written)

        proxy.lost_updates = 0
        project.up()
        assert live(bind) == expected(5_000)
        project.refresh("--expect-no-changes")

        proxy.lost_updates = 10**6
        assert "records failed" in project.destroy(fails=True).text
        proxy.lost_updates = 0
        project.destroy()
        assert live(bind) == {}


@pytest.mark.parametrize("victim", ["the CLI", "the provider host"])
def test_a_kill_in_the_middle_costs_nothing(
    bind: BindWorld, make_project: MakeProject, victim: str
) -> None:
    with proxied((bind.server.address, bind.server.port)) as proxy:
        settings = bind.settings_for(bind.server, proxy.port)
        project = make_project({**config(bind), "rdns:backends": {"main": settings}})
        project.program(large(5_000))
        started: list[Running] = []

        def kill(number: int) -> None:
            if number == 4:
                while not started:
                    time.sleep(0.01)
                if victim == "the CLI":
                    started[0].kill()
                else:
                    assert started[0].kill_provider_host()

        proxy.at_update = kill
        started.append(project.start_up())
        try:
            started[0].process.wait(60)
        finally:
            started[0].settle()
        assert proxy.updates >= 4
        project.run("cancel", "--yes", "--stack", project.stack)
        project.up()
        assert live(bind) == expected(5_000)
        assert project.resources()["set"].outputs["count"] == 5_000
        project.destroy()
        assert live(bind) == {}


def test_a_fill_is_one_line_in_the_state_and_drift_is_what_overrides_it(
    bind: BindWorld, project: Project
) -> None:
    def fill(pattern: str, **more: Any) -> str:
        return declare("PtrRecordSet", "net", network="192.0.2.8/29", fill=pattern, **more)

    x, y, z = "192.0.2.10", "192.0.2.11", "192.0.2.12"
    project.program(fill("{a}-{b}-{c}-{d}.example.net", records={x: A}, exclude=[z]))
    project.up()
    assert bind.ptrs([x, y, z]) == {x: [A], y: ["192-0-2-11.example.net"], z: []}
    outputs = project.resources()["net"].outputs
    assert outputs["fill"] == "{a}-{b}-{c}-{d}.example.net"
    assert "192-0-2-11" not in project.state_text()
    assert outputs["count"] == 7
    project.refresh("--expect-no-changes")

    bind.set_ptr(y, ["drift.example.net"])
    bind.set_ptr("192.0.2.13", [])
    project.refresh()
    inputs = project.resources()["net"].inputs
    assert inputs["records"] == f"{x} {A}\n{y} drift.example.net\n"
    assert inputs["exclude"] == f"{z}\n192.0.2.13\n"
    project.up()
    assert bind.ptrs([y, "192.0.2.13"]) == {
        y: ["192-0-2-11.example.net"],
        "192.0.2.13": ["192-0-2-13.example.net"],
    }

    project.program(fill("{d}.other.example.net", exclude=["192.0.2.8/31"]))
    project.up()
    assert bind.ptrs([x, y, z, "192.0.2.9"]) == {
        x: ["10.other.example.net"],
        y: ["11.other.example.net"],
        z: ["12.other.example.net"],
        "192.0.2.9": [],
    }
    project.destroy()
    assert not any(bind.ptrs(f"192.0.2.{last}" for last in range(8, 16)).values())
    bind.verify()


def test_aliases_of_a_classless_delegation_are_followed_and_ipv6_works(
    make_project: MakeProject, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    classless, v6_zone = "0/25.2.0.192.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"
    reverse = (
        "@ NS ns1.example.com.\n10 CNAME 10.0/25\n11 CNAME 11.0/25\n12 NS ns.elsewhere.example."
    )
    empty = zone_text("@ NS ns1.example.com.")
    served = {REVERSE: zone_text(reverse), classless: empty, v6_zone: empty}
    server = started(DynamicBind, tmp_path / "server", served)
    request.addfinalizer(server.stop)
    settings = BindWorld.settings_for(server)
    project = make_project(
        {"rdns:backend": "main", "rdns:backends": {"main": settings}, "rdns:forwardCheck": "skip"}
    )
    records = {
        "192.0.2.9": A,
        "192.0.2.10": B,
        "192.0.2.11": C,
        "2001:db8::10": A,
        "2001:db8:1::20": B,
    }
    project.program(many("set", records | {"192.0.2.12": A}))
    result = project.up(fails=True)
    assert "1 of 6 records failed" in result.text
    assert "192.0.2.12: " in result.text
    assert "is delegated to ns.elsewhere.example, and this server does not" in result.text
    project.program(many("set", records))
    project.up()

    def values(zone: str) -> dict[str, list[str]]:
        found = transfer(server, zone).items()
        return {owner: value for (owner, kind), (_, value) in found if kind == "PTR"}

    assert values(classless) == {
        "10.0/25.2.0.192.in-addr.arpa.": [f"{B}."],
        "11.0/25.2.0.192.in-addr.arpa.": [f"{C}."],
    }
    assert values(REVERSE) == {"9.2.0.192.in-addr.arpa.": [f"{A}."]}
    v6 = {dns.reversename.from_address(key).to_text(): key for key in records if ":" in key}
    assert values(v6_zone) == {owner: [f"{records[key]}."] for owner, key in v6.items()}
    project.refresh("--expect-no-changes")
    project.program(many("set", {"192.0.2.10": A}))
    project.up()
    assert values(classless) == {"10.0/25.2.0.192.in-addr.arpa.": [f"{A}."]}
    project.destroy()
    for zone in served:
        assert values(zone) == {}


def test_several_values_of_one_name_are_never_appended_to(
    bind: BindWorld, project: Project
) -> None:
    x, y, *_ = bind.addresses
    bind.set_ptr(x, [B, C])
    project.program(many("set", {x: A, y: A}))
    assert f"{x}: it already points to {B}, {C}" in project.up(fails=True).text
    assert bind.ptr(x) == [B, C]
    bind.set_ptr(y, [A, C])
    project.program(many("set", {y: A}))
    project.refresh()
    assert project.resources()["set"].inputs["records"] == f"{y} {A}, {C}\n"
    project.destroy()
    assert (bind.ptr(x), bind.ptr(y)) == ([B, C], [C])


def test_the_ttl_is_kept_on_adoption_changed_where_asked_and_drifts(
    bind: BindWorld, project: Project
) -> None:
    x, y, *_ = bind.addresses
    bind.set_ptr(x, [A])
    project.program(many("set", {x: A, y: B}))
    result = project.up()
    assert f"already correct, so adopted: 1 record, {x}; destroy will leave them" in result.text
    project.program(many("set", {x: A, y: B}, ttl=300))
    project.up()
    assert (bind.ttl(x), bind.ttl(y)) == (300, 300)
    bind.set_ptr(y, [B])
    project.refresh()
    assert project.resources()["set"].inputs["ttl"] == 3600
    project.up()
    assert (bind.ttl(x), bind.ttl(y)) == (300, 300)
    project.program(many("set", {x: C, y: B}))
    project.up()
    assert (bind.ptr(x), bind.ttl(x)) == ([C], 300)


def test_forward_records_are_checked_side_by_side_where_asked(
    bind: BindWorld, project: Project
) -> None:
    x, y, z, *_ = bind.addresses
    bind.set_forward(A, "A", [x])
    bind.set_forward(B, "A", [y])
    given = {"forward_check": "verify", "forward_timeout": 0}
    project.program(many("set", {x: A, y: B, z: C}, **given))
    result = project.up(fails=True)
    assert "1 of 3 records failed" in result.text
    assert f"{z}: forward check: {C} does not resolve to {z}" in result.text
    assert bind.ptrs([x, y, z]) == {x: [A], y: [B], z: []}
    project.program(many("set", {x: A, y: B, z: C}, forward_check="warn"))
    assert f"{C} does not resolve to {z}" in project.up().text
    outputs = project.resources()["set"].outputs
    assert (outputs["forwardConfirmedCount"], outputs["unconfirmed"]) == (2, [z])
    bind.set_forward(B, "A", [z])
    assert f"no longer forward-confirmed: {y}" in project.refresh().text
    outputs = project.resources()["set"].outputs
    assert (outputs["forwardConfirmedCount"], outputs["unconfirmed"]) == (1, [y, z])


def test_bad_input_is_all_told_at_once_and_nothing_is_written(
    bind: BindWorld, project: Project
) -> None:
    x, y, *_ = bind.addresses
    project.program(
        many(
            "set",
            {x: A, f"::ffff:{x}": B, "198.51.100.1": "a_b.example.com"},
            network="192.0.2.0/24",
            fill="{d}-.example.net",
            exclude=["203.0.113.0/24"],
        )
    )
    text = project.preview(fails=True).text
    for needed in ("twice", "underscore", "198.51.100.1 is not in", "'0-'", "203.0.113.0/24"):
        assert needed in text
    assert "Traceback" not in text
    project.program(
        many("set", {x: A}, on_delete="forget", ttl=-1, on_conflict="often", forward_check="no")
    )
    text = project.preview(fails=True).text
    for needed in ("'forget'", "out of range", "'often'", "'no'"):
        assert needed in text
    project.program(many("one", {x: A, y: B}), many("two", {y: C}))
    assert f"'two' and 'one' both set the PTR record of {y}" in project.preview(fails=True).text
    project.program(many("one", {x: A, y: B}), ptr("two", f"::ffff:{y}", C))
    assert f"'two' and 'one' both set the PTR record of {y}" in project.preview(fails=True).text
    assert not any(bind.ptrs(bind.addresses).values())


def test_computed_values_are_written_when_they_are_known(bind: BindWorld, project: Project) -> None:
    x, y, *_ = bind.addresses
    project.program(
        f"first = {forward('f', A, x)}",
        "from_record = rdns.PtrRecordSet(\n"
        f"    'value', records={{{x!r}: first.hostname, {y!r}: {B!r}}}\n)\n",
    )
    project.preview()
    project.up()
    assert bind.ptrs([x, y]) == {x: [A], y: [B]}
    project.up("--expect-no-changes")


def test_at_hostinger_a_set_is_read_in_one_list(make_project: MakeProject) -> None:
    with HostingerWorld.running("main") as world:
        project = make_project(config(world))
        project.program(many("set", dict.fromkeys(world.addresses, A)))
        project.up()
        assert set(map(tuple, world.ptrs(world.addresses).values())) == {(A,)}
        assert world.lists() <= 2
        before = len(world.simulator.sent())
        project.refresh("--expect-no-changes")
        assert len(world.simulator.sent()) - before == 1
