"""The command, run in this process or as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pulumi_rdns.backends.registry import BACKENDS
from pulumi_rdns.cli import main
from tests.resolve.conftest import internet as internet
from tests.servers.internet import Internet


@pytest.fixture(scope="session", autouse=True)
def _signals_of_a_terminal() -> Iterator[None]:
    """Let SIGHUP do what it does, also where the tests were started with `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@dataclass(frozen=True)
class Ran:
    """What the command said."""

    code: int
    stdout: str
    stderr: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Read what ``--json`` printed."""
        rows: list[dict[str, Any]] = json.loads(self.stdout)
        return rows

    @property
    def verdicts(self) -> list[tuple[str | None, str | None, str]]:
        """Return address, hostname and verdict of each row."""
        return [(row["address"], row["hostname"], row["verdict"]) for row in self.rows]


Rdns = Callable[..., Ran]


@pytest.fixture
def nothing_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin in an empty folder, without a backend in the environment and without a resolver."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pulumi_rdns.resolve.forward._system_resolvers", list)
    for kind in BACKENDS.values():
        for variable in kind.load().environment.values():
            monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def rdns(capsys: pytest.CaptureFixture[str]) -> Rdns:
    """Run the command in this process."""

    def run(*arguments: str) -> Ran:
        code = main(arguments)
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return run


@pytest.fixture
def check(internet: Internet, rdns: Rdns) -> Rdns:
    """Run ``rdns check --json`` in the small Internet."""
    return lambda *arguments: rdns("check", *arguments, "--resolver", internet.resolver, "--json")


def run_command(
    *arguments: str, folder: Path | None = None, environ: Mapping[str, str] | None = None
) -> Ran:
    """Run the command as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "pulumi_rdns.cli", *arguments],
        cwd=folder,
        env=os.environ if environ is None else environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
