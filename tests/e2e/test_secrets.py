"""No secret in clear text: not in the state, not in what is printed or logged, not in arguments.

The backends that need no account have no secret settings, so the secret here belongs to another
instance of the same configuration, which the provider gets to see as a whole.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from .conftest import MakeProject
from .harness import Project, Result, declare, ptr
from .worlds import MemoryWorld

#: what is secret is under a passphrase, as most users have it
pytestmark = pytest.mark.usefixtures("passphrase")

SECRET = "tok3n-of-an-account-that-nobody-may-see"
PATH = "rdns:backends.account.apiToken"


@pytest.fixture
def world(tmp_path: Path) -> MemoryWorld:
    return MemoryWorld("memory", tmp_path / "project")


@pytest.fixture
def project(world: MemoryWorld, make_project: MakeProject) -> Project:
    backends = {"memory": world.settings(), "account": {"type": "memory"}}
    project = make_project({"rdns:backend": "memory", "rdns:backends": backends})
    project.run("config", "set", "--stack", project.stack, "--path", "--secret", PATH, SECRET)
    assert SECRET not in project.config_file.read_text()
    return project


def texts_of(project: Project) -> dict[str, str]:
    """Give every file of the project and of Pulumi's home: state, history, logs."""
    return {
        str(path): path.read_bytes().decode("latin-1")
        for path in project.folder.rglob("*")
        if path.is_file()
    }


def test_a_secret_of_the_configuration_is_nowhere_in_clear_text(
    project: Project, world: MemoryWorld
) -> None:
    project.program(
        declare(
            "ForwardConfirmedHost", "mail", hostname="mail.example.com", addresses=["192.0.2.1"]
        )
    )
    with noted_arguments() as arguments:
        results: list[Result] = [
            project.up(),
            project.preview("--json"),
            project.preview("--diff", "--refresh"),
            project.refresh(),
        ]
    assert world.ptr("192.0.2.1") == ["mail.example.com"]
    assert "mail.example.com" in project.state_text()
    for result in results:
        assert SECRET not in result.text
    assert [path for path, text in texts_of(project).items() if SECRET in text] == []
    assert any("pulumi.dynamic" in command for command in arguments)
    assert not any(SECRET in command for command in arguments)


def test_no_error_shows_a_secret(project: Project, world: MemoryWorld) -> None:
    world.set_ptr("192.0.2.1", ["somebody.example.net"])
    project.program(ptr("conflict", "192.0.2.1", "mail.example.com"))
    refused = project.up(fails=True, environ={"RDNS_DEBUG": "1"})
    # `apiToken` is no setting of this backend: the error names the key and not the value.
    project.program(ptr("misplaced", "192.0.2.1", "mail.example.com", backend="account"))
    misplaced = project.up(fails=True)
    assert "rdns:backends.account.apiToken: unknown key" in misplaced.text
    for result in (refused, misplaced):
        assert SECRET not in result.text
    assert [path for path, text in texts_of(project).items() if SECRET in text] == []


@contextmanager
def noted_arguments() -> Iterator[set[str]]:
    """Note the command lines of all that this process starts while something runs.

    Another test beside this one may hand the same secret to a command of its own.
    """
    seen: set[str] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    seen.add(" ".join(process.cmdline()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()
