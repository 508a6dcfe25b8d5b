"""Start the demonstrations and the benchmarks, which need more than the Python that is there."""

from __future__ import annotations

import os
from collections.abc import Sequence

from tools import cli, environment, servers, venv
from tools.progress import SetupError
from tools.project import DEV, ROOT

VENDORS = ("AWS_", "CLOUDFLARE_", "HCLOUD_", "HOSTINGER_", "LINODE_", "OVH_", "RFC2136_")
NEUTRAL = ("PULUMI_", "RDNS_", *VENDORS)
"""Variables of the user's own, which would change what is shown."""


def bind() -> None:
    """Go on as `tools.demo_bind` in `.venv`."""
    venv.ensure()
    _go_on("tools.demo_bind", [])


def host(name: str, *, sdks: bool) -> None:
    """Go on as `tools.demo_host` in `.venv`, with the vendors' SDKs, which the tests install."""
    if not name:
        raise SetupError("which host? `make demo HOST=hetzner`, for example.")
    venv.ensure(tests=sdks)
    _go_on("tools.demo_host", [name])


def benchmarks(arguments: Sequence[str]) -> None:
    """Go on as `benchmarks.many_records` in `.venv`, with the servers and tools that it needs."""
    venv.ensure(tests=True)
    venv.ensure_benchmarks()
    servers.ensure(asked=True)
    _go_on("benchmarks.many_records", arguments)


def _go_on(module: str, arguments: Sequence[str]) -> None:
    """Become this module, with nothing of the user's own Pulumi."""
    neutral = {key: value for key, value in os.environ.items() if not key.startswith(NEUTRAL)}
    path = environment.exports(DEV, cli.ensure(), neutral)["PATH"]
    path = os.pathsep.join([path, *servers.FOLDERS])
    os.chdir(ROOT)
    os.execve(
        venv.PYTHON,
        [str(venv.PYTHON), "-m", module, *arguments],
        neutral | environment.DEFAULTS | {"PATH": path},
    )
