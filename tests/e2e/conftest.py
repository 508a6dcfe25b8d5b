"""Finds the CLI, and gives each test a project."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.servers.ministack import MiniStack

from .harness import Project
from .key_server import key_server
from .quick_pip import remember

MakeProject = Callable[..., Project]


@pytest.fixture(autouse=True)
def cli() -> None:
    """Skip where there is no `pulumi`; fail where there must be one."""
    if shutil.which("pulumi") is None:
        reason = "pulumi is not on PATH; `make test` puts it there"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def quick_commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the commands of the CLI take two thirds of their time.

    They need not ask pip each time which packages are installed, nor make a key of a passphrase.
    """
    with pytest.MonkeyPatch.context() as patched, key_server() as variables:
        for name, value in {**variables, **remember(tmp_path_factory.mktemp("pip"))}.items():
            patched.setenv(name, value)
        yield


@pytest.fixture
def passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the secrets of new stacks under a passphrase, as most users do."""
    monkeypatch.delenv("VAULT_SERVER_URL")


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
