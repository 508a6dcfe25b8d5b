"""Start the demonstrations, which need more than the Python that is there."""

from __future__ import annotations

import os

from tools import cli, environment, venv
from tools.project import DEV, ROOT


def hostinger() -> None:
    """Go on as `tools.demo_hostinger` in `.venv`, with nothing of the user's own Pulumi."""
    venv.ensure()
    neutral = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PULUMI_", "RDNS_", "HOSTINGER_"))
    }
    path = environment.exports(DEV, cli.ensure(), neutral)["PATH"]
    os.chdir(ROOT)
    os.execve(
        venv.PYTHON,
        [str(venv.PYTHON), "-m", "tools.demo_hostinger"],
        neutral | environment.DEFAULTS | {"PATH": path},
    )
