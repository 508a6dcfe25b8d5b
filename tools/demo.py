"""Start the demonstration and the benchmarks, which need more than the Python that is there."""

from __future__ import annotations

import os
from collections.abc import Sequence

from tools import cli, environment, servers, venv
from tools.project import DEV, ROOT


def hostinger() -> None:
    """Go on as `tools.demo_hostinger` in `.venv`."""
    venv.ensure()
    _go_on("tools.demo_hostinger", [])


def bind() -> None:
    """Go on as `tools.demo_bind` in the `.venv` of the tests, with a server."""
    venv.ensure(tests=True)
    servers.ensure(asked=True)
    _go_on("tools.demo_bind", [])


def benchmarks(arguments: Sequence[str]) -> None:
    """Go on as `benchmarks.many_records` in `.venv`, with the servers and tools that it needs."""
    venv.ensure(tests=True)
    venv.ensure_benchmarks()
    servers.ensure(asked=True)
    _go_on("benchmarks.many_records", arguments)


def _go_on(module: str, arguments: Sequence[str]) -> None:
    """Become this module, with nothing of the user's own Pulumi."""
    neutral = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PULUMI_", "RDNS_", "HOSTINGER_"))
    }
    path = environment.exports(DEV, cli.ensure(), neutral)["PATH"]
    path = os.pathsep.join([path, *servers.FOLDERS])
    os.chdir(ROOT)
    os.execve(
        venv.PYTHON,
        [str(venv.PYTHON), "-m", module, *arguments],
        neutral | environment.DEFAULTS | {"PATH": path},
    )
