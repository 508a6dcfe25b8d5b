"""Finds the CLI, and gives each test a project."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.servers.ministack import MiniStack

from .harness import Project

MakeProject = Callable[..., Project]


@pytest.fixture(autouse=True)
def cli() -> None:
    """Skip where there is no `pulumi`; fail where there must be one."""
    if shutil.which("pulumi") is None:
        reason = "pulumi is not on PATH; `make test` puts it there"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture
def make_project(tmp_path: Path) -> MakeProject:
    """Give a maker of projects, each in a folder of the test's own."""

    def make(config: Mapping[str, object] | None = None, folder: str = "project") -> Project:
        return Project(tmp_path / folder, config)

    return make


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniStack]:
    """Give a Route 53 for all simulated accounts of AWS."""
    server = MiniStack(tmp_path_factory.mktemp("ministack")).start()
    yield server
    server.stop()
