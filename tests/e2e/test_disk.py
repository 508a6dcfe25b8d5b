"""A disk that is full, read-only or away: one sentence, and the files as they were."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import MakeProject
from .harness import Project, ptr
from .worlds import MemoryWorld, World, ZoneFileWorld

HOSTNAME = "mail.example.com"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Give a small disk of its own, mounted where the records shall be."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() or not shutil.which("mount") or mount(disk, "-t", "tmpfs", "-o", "size=128k"):
        pytest.skip("only root may mount a small disk")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True, timeout=30)


@pytest.fixture(params=[ZoneFileWorld, MemoryWorld], ids=["zonefile", "memory"])
def world(request: pytest.FixtureRequest, tmp_path: Path, disk: Path) -> World:
    """Give records on that disk, reached through a symlink in the project."""
    world: World = request.param("main", disk)
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "main").symlink_to(disk / "main")
    return world


@pytest.fixture
def project(world: World, make_project: MakeProject) -> Project:
    return make_project(config(world))


def config(world: World) -> dict[str, Any]:
    return {
        "rdns:backend": "main",
        "rdns:backends": {"main": world.settings()},
        "rdns:forwardCheck": "skip",
    }


def mount(disk: Path, *options: str) -> int:
    """Mount, and give the exit status."""
    command = ["mount", *options, "tmpfs", str(disk)]
    return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode


def fill(disk: Path) -> Path:
    """Leave no byte free."""
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(b"\0" * 4096):
            pass
    assert not os.statvfs(disk).f_bavail
    return ballast


def files(folder: Path) -> dict[str, bytes]:
    """Give all files with what they hold, without the locks, which are empty."""
    found = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    return {name: data for name, data in found.items() if data}


def test_on_a_full_disk_nothing_is_lost_and_an_up_with_room_goes_on(
    project: Project, world: World, disk: Path
) -> None:
    one, two, *_ = world.addresses
    project.program(ptr("one", one, HOSTNAME))
    project.up()
    project.program(ptr("two", two, HOSTNAME))
    before = files(disk / "main")
    ballast = fill(disk)
    (error,) = project.up(fails=True).errors
    assert error.startswith("UnavailableError: main: ")
    assert "No space left on device" in error
    assert files(disk / "main") == before
    assert list(project.resources()) == ["one"]
    ballast.unlink()
    project.up()
    assert world.ptrs([one, two]) == {one: [], two: [HOSTNAME]}


def test_a_read_only_disk_can_be_read_and_a_write_is_refused_with_a_sentence(
    project: Project, world: World, disk: Path
) -> None:
    one, two, *_ = world.addresses
    project.program(ptr("one", one, HOSTNAME))
    project.up()
    before = files(disk / "main")
    assert mount(disk, "-o", "remount,ro") == 0
    if isinstance(world, ZoneFileWorld):  # the other one takes its lock to read too
        project.refresh()
        project.up("--expect-no-changes")
    for program, command in (
        (ptr("one", one, f"www.{HOSTNAME}"), project.up),
        (ptr("one", one, HOSTNAME) + ptr("two", two, HOSTNAME), project.up),
        ("", project.destroy),
    ):
        project.program(program)
        (error,) = command(fails=True).errors
        assert error.startswith("UnavailableError: main: ")
        assert "Read-only file system" in error
        assert list(project.resources()) == ["one"]
    assert files(disk / "main") == before
    assert mount(disk, "-o", "remount,rw") == 0
    project.destroy()
    assert world.ptr(one) == []


def test_a_disk_that_is_not_mounted_is_no_deleted_record(
    project: Project, world: World, disk: Path
) -> None:
    one = world.addresses[0]
    project.program(ptr("one", one, HOSTNAME))
    project.up()
    assert mount(disk, "-t", "tmpfs") == 0  # an empty one, over it
    try:
        for command in (project.refresh, project.destroy):
            (error,) = command(fails=True).errors
            assert error.startswith("UnavailableError: main: ")
            assert list(project.resources()) == ["one"]
    finally:
        subprocess.run(["umount", disk], check=True, timeout=30)
    project.up("--refresh", "--expect-no-changes")
    assert world.ptr(one) == [HOSTNAME]


def test_a_zone_file_that_vanishes_is_no_deleted_record(
    tmp_path: Path, make_project: MakeProject
) -> None:
    world = ZoneFileWorld("main", tmp_path / "project")
    project = make_project(config(world))
    one = world.addresses[0]
    project.program(ptr("one", one, HOSTNAME))
    project.up()
    file = world.files["2.0.192.in-addr.arpa"]
    away = file.rename(tmp_path / "away")
    project.program(ptr("one", one, f"www.{HOSTNAME}"))
    for command in (project.refresh, project.up, project.destroy):
        (error,) = command(fails=True).errors
        assert error.startswith("ZoneNotFoundError: main: ")
        assert "2.0.192.in-addr.arpa is not here" in error
        assert list(project.resources()) == ["one"]
    assert not file.exists()
    away.rename(file)
    project.up()
    assert world.ptr(one) == [f"www.{HOSTNAME}"]
