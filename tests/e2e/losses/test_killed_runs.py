"""Losses 6 and 7: the CLI is killed while a record is written, and the program is another one then.

The state does not know what the killed run did; the ledger that it left does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..conftest import MakeProject
from ..harness import Project, ptr
from ..many_records import many
from ..worlds import ZoneFileWorld

A, B = "a.example.com", "b.example.com"
FIRST, SECOND = "192.0.2.10", "192.0.2.11"
#: seconds that the server takes to load the zone, in the run that is killed
SLOW = 5


class SlowWorld(ZoneFileWorld):
    """Zone files of a server that takes its time to load them, while a file is there."""

    def __init__(self, folder: Path) -> None:
        super().__init__("main", folder)
        self.is_slow = folder / "slow"

    def settings(self) -> dict[str, object]:
        command = ["sh", "-c", f"[ ! -e {self.is_slow} ] || sleep {SLOW}"]
        return {**super().settings(), "reloadCommand": command}


@pytest.fixture
def slow(tmp_path: Path) -> SlowWorld:
    return SlowWorld(tmp_path / "project")


@pytest.fixture
def project(slow: SlowWorld, make_project: MakeProject) -> Iterator[Project]:
    yield make_project({"rdns:backend": "main", "rdns:backends": {"main": slow.settings()}})
    slow.verify()


def kill_as_soon_as(project: Project, slow: SlowWorld, address: str, there: list[str]) -> None:
    """Kill an up when an address has these hostnames, before the engine is told."""
    slow.is_slow.write_text("")
    running = project.start_up("--skip-preview")
    for _ in range(600):
        if slow.ptr(address) == there:
            break
        time.sleep(0.05)
    assert slow.ptr(address) == there
    running.kill()
    assert running.process.wait() == -9
    slow.is_slow.unlink()
    until = time.monotonic() + SLOW + 10
    while running.provider_hosts() and time.monotonic() < until:
        time.sleep(0.2)
    hosts = running.provider_hosts()
    running.end()
    running.process.communicate()
    assert not hosts, "the provider outlives the CLI and its last call"
    project.run("cancel", "--yes")


def kill_in_the_create_of_another(project: Project, slow: SlowWorld) -> None:
    """Set one record, and kill an up when it has written a second one, ``q``."""
    project.program(ptr("p", FIRST, A))
    project.up()
    project.program(ptr("p", FIRST, A), ptr("q", SECOND, B))
    kill_as_soon_as(project, slow, SECOND, [B])


@pytest.mark.parametrize("writer", ["record", "set"])
def test_a_record_that_a_killed_run_took_away_is_there_again_when_the_program_is_put_back(
    project: Project, slow: SlowWorld, writer: str
) -> None:
    declared = ptr("p", FIRST, A) if writer == "record" else many("p", {FIRST: A})
    project.program(declared)
    project.up()
    project.program("pass\n")
    kill_as_soon_as(project, slow, FIRST, [])
    project.program(declared)
    assert "p" in project.preview().text
    project.up()
    assert slow.ptr(FIRST) == [A]
    assert "1 updated" not in project.up().text


def test_a_record_that_a_killed_run_changed_has_its_value_again_when_the_program_is_put_back(
    project: Project, slow: SlowWorld
) -> None:
    project.program(ptr("p", FIRST, A))
    project.up()
    project.program(ptr("p", FIRST, B))
    kill_as_soon_as(project, slow, FIRST, [B])
    project.program(ptr("p", FIRST, A))
    project.up()
    assert slow.ptr(FIRST) == [A]


def test_the_next_up_names_a_record_that_a_killed_run_created_and_nobody_declares(
    project: Project, slow: SlowWorld
) -> None:
    kill_in_the_create_of_another(project, slow)
    project.program(ptr("p", FIRST, A))
    for command in (project.preview, project.up):
        text = command().text
        assert f"was creating 'q', the PTR record of {SECOND}" in text
        assert "remove it by hand" in text
    assert "was creating" not in project.up().text
    assert slow.ptr(SECOND) == [B]


def test_a_record_that_a_killed_run_created_is_our_own_when_it_is_declared_again(
    project: Project, slow: SlowWorld
) -> None:
    kill_in_the_create_of_another(project, slow)
    project.program(ptr("p", FIRST, A), ptr("q", SECOND, "c.example.com"))
    result = project.up()
    assert "adopted" not in result.text
    assert slow.ptr(SECOND) == ["c.example.com"]
    project.destroy()
    assert slow.ptr(SECOND) == slow.ptr(FIRST) == []
