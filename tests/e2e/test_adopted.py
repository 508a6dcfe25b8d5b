"""What was there before stays on destroy, and of many it is told in short: through the real CLI."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .any_world import running
from .conftest import MakeProject
from .harness import Project, ptr
from .hostinger_world import HostingerWorld
from .in_a_world import A, B, C, D
from .many_records import config, many
from .served_worlds import ApiWorld, BindWorld
from .worlds import World, ZoneFileWorld


@pytest.fixture(params=[ZoneFileWorld, BindWorld, ApiWorld, HostingerWorld])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with running(request.param, tmp_path) as world:
        yield world


@pytest.fixture
def project(world: World, make_project: MakeProject) -> Iterator[Project]:
    yield make_project(config(world))
    world.verify()


@pytest.mark.parametrize("on_delete", [None, "remove"])
def test_adopted_records_stay_unless_they_are_to_be_removed(
    project: Project, world: World, on_delete: str | None
) -> None:
    x, y, z, u, *_ = world.addresses
    world.set_ptr(x, [A])
    world.set_ptr(z, [C])
    policy = {} if on_delete is None else {"on_delete": on_delete}
    project.program(
        ptr("old", x, A, **policy), ptr("new", y, B), many("set", {z: C, u: D}, **policy)
    )
    up = project.up()
    assert f"the PTR of {x} was {A} already; it is adopted" in up.text
    assert "2 records: +1, 1 adopted" in up.text
    assert world.ptrs([x, y, z, u]) == {x: [A], y: [B], z: [C], u: [D]}
    destroy = project.destroy()
    kept = {x: [A], y: [], z: [C], u: []}
    assert world.ptrs([x, y, z, u]) == (kept if on_delete is None else {key: [] for key in kept})
    assert ("2 records: -1, 1 kept" in destroy.text) is (on_delete is None)
    assert ("was there before this resource, so it is kept" in destroy.text) is (on_delete is None)


def test_of_many_that_are_adopted_and_kept_five_are_told(
    tmp_path: Path, make_project: MakeProject
) -> None:
    world = ZoneFileWorld("main", tmp_path / "project")
    project = make_project(config(world))
    table = {f"192.0.2.{at}": f"h{at}.example.com" for at in range(20, 50)}
    for address, hostname in table.items():
        world.set_ptr(address, [hostname])
    project.program(*(ptr(hostname, address, hostname) for address, hostname in table.items()))
    up = project.up().text
    # The CLI shows a warning more than once.
    assert len({*re.findall(r"the PTR of (\S+) was \S+ already; it is adopted", up)}) == 5
    assert "more PTR records were right already and are adopted" in up
    assert all(one.outputs["adopted"] for one in project.resources().values())
    # What is kept is no deletion, as many as there are.
    project.program("")
    left = project.up().text
    kept = re.findall(r"the PTR of (\S+), \S+, was there before this resource, so it is kept", left)
    assert len({*kept}) == 5
    assert "more records existed before their resources" in left
    assert project.resources() == {}
    assert world.ptrs(table) == {address: [hostname] for address, hostname in table.items()}
