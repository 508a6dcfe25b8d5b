"""The DNS programs that some tests run against."""

from __future__ import annotations

import os
import shutil

from tools.progress import CommandError, run, say

PACKAGES = {"named-checkzone": "bind9-utils"}
"""Each program, and the Debian package that it comes with."""

FOLDERS = ("/usr/sbin", "/sbin")
"""Where servers are installed, which is not on every user's PATH."""


def ensure() -> None:
    """Install what is missing where that is possible; else say which tests will be skipped."""
    packages = missing()
    if not packages:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        try:
            run("updating the list of packages", ["apt-get", "update"], env=env)
            command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
            run(f"installing {' '.join(packages)}", command, env=env)
        except CommandError as error:
            say(error.last_lines())
    if packages := missing():
        say(f"Tests that need them will be skipped: {' '.join(packages)} (Debian packages).")


def missing() -> list[str]:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *FOLDERS])
    return sorted({PACKAGES[name] for name in PACKAGES if shutil.which(name, path=path) is None})
