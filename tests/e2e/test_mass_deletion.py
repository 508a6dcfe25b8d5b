"""Many deletions in one update are refused, unless they are meant: through the real CLI."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .any_world import running
from .conftest import MakeProject
from .harness import Project, ptr
from .many_records import config, many
from .served_worlds import BindWorld
from .worlds import World, ZoneFileWorld

ADDRESSES = [f"192.0.2.{at}" for at in range(20, 60)]
#: 41 records, of which the last is new
TABLE = {address: f"h{at}.example.com" for at, address in enumerate(ADDRESSES)}
NEW = "192.0.2.60"


@pytest.fixture(params=[ZoneFileWorld, BindWorld])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with running(request.param, tmp_path) as world:
        yield world


@pytest.fixture
def other(tmp_path: Path) -> World:
    return ZoneFileWorld("second", tmp_path / "project")


@pytest.fixture
def project(world: World, other: World, make_project: MakeProject) -> Iterator[Project]:
    yield make_project(config(world, other))
    world.verify()


def live(world: World) -> dict[str, str]:
    found = world.ptrs([*ADDRESSES, NEW])
    return {address: names[0] for address, names in found.items() if names}


def first(count: int, *, new: bool = False) -> dict[str, str]:
    table = {address: TABLE[address] for address in ADDRESSES[:count]}
    return {**table, NEW: "new.example.com"} if new else table


def test_a_set_that_is_cut_or_taken_out_stays_until_that_is_allowed(
    project: Project, world: World, other: World
) -> None:
    project.program(many("set", TABLE))
    assert "40 records: +40" in project.up().text
    assert live(world) == TABLE

    project.program(many("set", first(20, new=True)))
    refused = project.up(fails=True)
    (error,) = refused.errors
    assert "main: set the PTRs of a set: 20 of 40 records of the set would be deleted" in error
    assert "rdns:maxDeletePercent" in error
    assert "Nothing was changed" in error
    assert live(world) == TABLE, "nothing was written before, either"
    assert project.resources()["set"].outputs["count"] == 40

    project.program(many("set", first(20, new=True), max_delete_percent=50))
    assert "21 records: +1 -20" in project.up().text
    assert live(world) == first(20, new=True)

    # No resource of this package is left, so the engine hands on the configuration of last time.
    project.program("")
    refused = project.up(fails=True)
    assert "delete the PTRs of a set: 21 of 21 records of the set would be deleted" in refused.text
    assert live(world) == first(20, new=True)
    assert project.resources()["set"].outputs["count"] == 21
    project.configure({**config(world, other), "rdns:maxDeletePercent": 100})
    assert "21 records: -21" in project.up().text
    assert live(world) == {}
    assert project.resources() == {}


def test_single_records_stay_from_the_first_that_is_too_many(
    project: Project, world: World, other: World
) -> None:
    table = first(12)
    project.program(*(ptr(f"p{key}", key, name) for key, name in table.items()))
    project.up()
    project.program(ptr("only", NEW, "new.example.com"))
    refused = project.up("--continue-on-error", fails=True)
    assert "4 of 12 records of zone 2.0.192.in-addr.arpa would be deleted" in refused.text
    assert "is kept unchanged and stays in the state" in refused.text
    left = live(world)
    assert len(left) == 9 + 1
    in_state = {one.inputs["address"] for one in project.resources().values()}
    assert in_state == left.keys()
    project.configure({**config(world, other), "rdns:maxDeletePercent": 100})
    project.program("")
    project.up()
    assert live(world) == {}


def test_destroy_is_meant_also_of_targets(project: Project, world: World) -> None:
    singles = [ptr(f"p{key}", key, TABLE[key]) for key in ADDRESSES[20:32]]
    project.program(many("set", first(20)), *singles)
    project.up()
    targets = [f"--target={project.urn(f'p{key}')}" for key in ADDRESSES[20:32]]
    project.destroy(*targets)
    assert live(world) == first(20)
    project.destroy()
    assert live(world) == {}


def test_what_moves_is_no_deletion(project: Project, world: World, other: World) -> None:
    singles = [ptr(f"p{key}", key, TABLE[key]) for key in ADDRESSES[20:32]]
    project.program(many("set", first(20)), *singles)
    project.up()
    renamed = [ptr(f"q{key}", key, TABLE[key]) for key in ADDRESSES[20:32]]
    project.program(many("renamed", first(20)), *renamed)
    project.up()
    assert live(world) == first(32)
    away = [ptr(f"q{key}", key, TABLE[key], backend="second") for key in ADDRESSES[20:32]]
    project.program(many("renamed", first(20), backend="second"), *away)
    project.up()
    assert live(world) == {}
    assert live(other) == first(32)
