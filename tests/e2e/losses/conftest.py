"""Two instances of each kind of backend, and a project whose stack has both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from ..conftest import MakeProject
from ..harness import Project
from ..hostinger_world import HostingerWorld
from ..many_records import config
from ..served_worlds import ApiWorld, BindWorld
from ..worlds import World, ZoneFileWorld

#: makes an instance of a name, in a folder of the test's own
Start = Callable[[str, Path], AbstractContextManager[World]]


@contextmanager
def _zone_files(instance: str, folder: Path) -> Iterator[World]:
    yield ZoneFileWorld(instance, folder / "project")


@contextmanager
def _account(instance: str, folder: Path) -> Iterator[World]:
    with HostingerWorld.running(instance, initial_ptr="nothing") as world:
        yield world


STARTS: dict[str, Start] = {
    "zonefile": _zone_files,
    "bind": BindWorld.running,
    "powerdns": ApiWorld.running,
    "hostinger": _account,
}


@pytest.fixture
def kind() -> str:
    """Give the kind of backend, where a test does not name more."""
    return "zonefile"


@pytest.fixture
def worlds(kind: str, tmp_path: Path) -> Iterator[tuple[World, World]]:
    """Give the stack's default instance, and a second one with the same addresses."""
    with ExitStack() as stack:
        start = STARTS[kind]
        yield (
            stack.enter_context(start("main", tmp_path)),
            stack.enter_context(start("second", tmp_path)),
        )


@pytest.fixture
def world(worlds: tuple[World, World]) -> World:
    return worlds[0]


@pytest.fixture
def other(worlds: tuple[World, World]) -> World:
    return worlds[1]


@pytest.fixture
def project(worlds: tuple[World, World], make_project: MakeProject) -> Iterator[Project]:
    """Give a project whose stack has both instances."""
    yield make_project(config(*worlds))
    for world in worlds:
        world.verify()
