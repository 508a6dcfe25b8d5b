"""The DNS programs that some tests run against."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tools.progress import CommandError, run, say

PACKAGES = {
    "dig": "bind9-dnsutils",
    "knotd": "knot",
    "named": "bind9",
    "named-checkzone": "bind9-utils",
    "nsupdate": "bind9-dnsutils",
    "pdns_server": "pdns-backend-sqlite3",
}
"""Each program, and the Debian package that it comes with."""

FOLDERS = ("/usr/sbin", "/sbin")
"""Where servers are installed, which is not on every user's PATH."""


def ensure(*, asked: bool) -> None:
    """Install what is missing where that is possible; else say which tests will be skipped.

    Where nobody asked for it, not on a machine that would start a server with its package.
    """
    would_start = Path("/run/systemd/system").exists() and not os.environ.get("CI")
    if missing() and os.geteuid() == 0 and shutil.which("apt-get") and (asked or not would_start):
        _install(missing())
    if packages := missing():
        names = " ".join(packages)
        say(f"Tests that need these are skipped: {names} (Debian packages; `make servers`).")


def missing() -> list[str]:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *FOLDERS])
    return sorted({PACKAGES[name] for name in PACKAGES if shutil.which(name, path=path) is None})


def _install(packages: list[str]) -> None:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    try:
        run("updating the list of packages", ["apt-get", "update"], env=env)
        run(f"installing {' '.join(packages)}", command, env=env)
    except CommandError as error:
        say(error.last_lines())
