"""`kill -9` between the two requests of a change, where a provider deletes and then creates."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.project import ROOT

from .conftest import MakeProject
from .harness import Project, declare, forward, ptr
from .in_a_world import STRANGER, A, B
from .served_worlds import CLASSLESS
from .test_octodns import OctoPowerDnsWorld, config

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="finds processes in /proc"
)

X, Y, Z = "192.0.2.10", "192.0.2.211", "192.0.2.212"
WWW, FIRST, SECOND, THIRD = "www2.example.com", "192.0.2.66", "192.0.2.77", "192.0.2.88"


class StepwiseWorld(OctoPowerDnsWorld):
    """PowerDNS, whose changes are two requests; between them it waits for ``gate`` to go."""

    gate: Path

    def place(self) -> dict[str, object]:
        return {**super().place(), "provider": "tests.e2e.stepwise.StepwiseProvider", "timeout": 90}

    def options(self) -> dict[str, object]:
        return {**super().options(), "gate": str(self.gate)}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StepwiseWorld]:
    with StepwiseWorld.running("main", tmp_path / "servers") as world:
        world.gate = tmp_path / "gate"
        yield world
        world.verify()


@pytest.fixture
def project(make_project: MakeProject, world: StepwiseWorld) -> Project:
    project = make_project(config(world, **{"rdns:forwardCheck": "skip"}))
    project.environ["PYTHONPATH"] = str(ROOT)
    return project


def kill_between(project: Project, world: StepwiseWorld, is_away: Callable[[], bool]) -> None:
    """Kill an `up`, and all that it started, when a record is deleted and not created yet."""
    world.gate.touch()
    running = project.start_up()
    try:
        deadline = time.monotonic() + 60
        while not is_away():
            assert running.process.poll() is None, running.wait().text
            assert time.monotonic() < deadline, "nothing is deleted"
            time.sleep(0.02)
    finally:
        running.end()
        running.process.communicate()
        world.gate.unlink()
    assert is_away()
    project.run("cancel", "--yes", "--stack", project.stack)


@pytest.mark.parametrize("hostname", [B, A], ids=["the same program", "the program of before"])
def test_the_next_up_writes_what_it_finds_missing(
    project: Project, world: StepwiseWorld, hostname: str
) -> None:
    """In three zones, because one zone has one write at a time."""

    def program(name: str) -> list[str]:
        records = {Y: name, Z: "kept.example.com"}
        return [
            ptr("single", X, name),
            declare("PtrRecordSet", "set", records=records, zone=CLASSLESS),
            forward("changed", WWW, FIRST if name == A else SECOND),
            forward("sibling", WWW, THIRD),
        ]

    def is_away() -> bool:
        return not (world.ptr(X) or world.ptr(Y, CLASSLESS) or world.forward(WWW, "A"))

    project.program(*program(A))
    project.up()
    project.program(*program(B))
    kill_between(project, world, is_away)
    assert world.ptr(Z, CLASSLESS) == ["kept.example.com"]

    project.program(*program(hostname))
    project.up()
    assert (world.ptr(X), world.ptr(Y, CLASSLESS)) == ([hostname], [hostname])
    assert world.forward(WWW, "A") == [FIRST if hostname == A else SECOND, THIRD]
    project.up("--refresh", "--expect-no-changes")
    project.destroy()
    assert world.ptr(X) == world.ptr(Y, CLASSLESS) == world.ptr(Z, CLASSLESS) == []
    assert world.forward(WWW, "A") == []


def test_a_refresh_tells_of_it_and_what_came_in_between_stays(
    project: Project, world: StepwiseWorld
) -> None:
    project.program(ptr("single", X, A), ptr("other", Y, A))
    project.up()
    project.program(ptr("single", X, B), ptr("other", Y, A))
    kill_between(project, world, lambda: world.ptr(X) == [])
    project.refresh()
    assert list(project.resources()) == ["other"]
    world.set_ptr(X, [STRANGER])
    (error,) = project.up(fails=True).errors
    assert f"it already points to {STRANGER}, which was not written by this stack" in error
    world.set_ptr(X, [])
    project.up()
    assert world.ptrs([X, Y]) == {X: [B], Y: [A]}
