"""A host whose PTR record will be refused is not published: through the real CLI."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .any_world import running
from .conftest import MakeProject
from .harness import Project, declare
from .hostinger_world import HostingerWorld
from .in_a_world import STRANGER, A, B
from .many_records import config
from .served_worlds import BindWorld
from .worlds import World, ZoneFileWorld


@pytest.fixture(params=[ZoneFileWorld, BindWorld])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with running(request.param, tmp_path) as world:
        yield world


@pytest.fixture
def project(world: World, make_project: MakeProject) -> Iterator[Project]:
    yield make_project(config(world))
    world.verify()


def host(hostname: str, *addresses: str, **arguments: Any) -> str:
    return declare(
        "ForwardConfirmedHost", "host", hostname=hostname, addresses=addresses, **arguments
    )


def test_a_host_whose_ptr_is_somebody_elses_is_not_published(
    project: Project, world: World
) -> None:
    x, y, *_ = world.addresses
    world.set_ptr(x, [STRANGER])
    project.program(host(A, x, y))
    refused = project.up("--continue-on-error", fails=True)
    assert len(refused.errors) == 2
    for error, address in zip(refused.errors, sorted([x, y]), strict=True):
        assert error.startswith(f"ConflictError: main: set the PTR of {x}: it already points to ")
        assert error.endswith(f"So the A record of {A}, {address}, was not written")
    assert world.forward(A, "A") == []
    assert world.ptrs([x, y]) == {x: [STRANGER], y: []}
    assert "__ptr" not in project.state_text()

    project.program(host(A, x, y, on_conflict="overwrite"))
    project.up()
    assert world.forward(A, "A") == sorted([x, y])
    assert world.ptrs([x, y]) == {x: [A], y: [A]}
    project.up("--expect-no-changes")

    # The PTR records still have the hostname of before when the new forward records are written.
    project.program(host(B, x, y))
    project.up()
    assert world.forward(A, "A") == []
    assert world.forward(B, "A") == sorted([x, y])
    assert world.ptrs([x, y]) == {x: [B], y: [B]}


def test_an_address_that_no_zone_has_is_not_published(project: Project, world: World) -> None:
    project.program(host(A, "203.0.113.9"))
    refused = project.up(fails=True)
    (error,) = refused.errors
    assert error.startswith("ZoneNotFoundError: main: ")
    assert f"So the A record of {A}, 203.0.113.9, was not written" in error
    assert world.forward(A, "A") == []


def test_an_address_that_the_account_does_not_have_is_not_published(
    tmp_path: Path, make_project: MakeProject
) -> None:
    names = ZoneFileWorld("names", tmp_path / "project")
    with HostingerWorld.running("main") as account:
        project = make_project(config(account, names))
        project.program(host(A, "203.0.113.9", forward_backend="names"))
        refused = project.up(fails=True)
        (error,) = refused.errors
        assert error.startswith("AddressNotFoundError: main: ")
        assert f"So the A record of {A}, 203.0.113.9, was not written" in error
        assert names.forward(A, "A") == []


def test_where_somebody_else_keeps_the_forward_record_the_ptr_says_it_itself(
    project: Project, world: World
) -> None:
    x = world.addresses[0]
    world.set_ptr(x, [STRANGER])
    world.set_forward(A, "A", [x])
    project.program(host(A, x, manage_forward=False))
    refused = project.up(fails=True)
    assert STRANGER in refused.text
    assert "was not written\n" not in refused.text
    assert world.ptr(x) == [STRANGER]
