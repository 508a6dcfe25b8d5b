"""The released Pulumi CLI, by the installer that comes with the Python SDK."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tools import cache, venv
from tools.progress import CommandError, run, say
from tools.project import ROOT

PATIENCE = 600.0
"""Seconds for the whole download, which is some 150 MB."""

INSTALL = """
import socket, sys
socket.setdefaulttimeout(10)
from pulumi.automation import PulumiCommand
PulumiCommand.install(root=sys.argv[1])
"""


def installed(environ: Mapping[str, str]) -> Path | None:
    return cache.programs(_place(environ))


def install(environ: Mapping[str, str]) -> Path | None:
    """Install it into the user's cache. None where it cannot be had: it can still be built."""
    with cache.one_at_a_time(environ):
        if installed(environ) is None:
            try:
                with cache.filled(_place(environ)) as folder:
                    _download(folder, environ)
            except CommandError:
                say("  it cannot be downloaded here")
    return installed(environ)


def _download(folder: Path, environ: Mapping[str, str]) -> None:
    command = [str(venv.PYTHON), "-c", INSTALL, str(folder)]
    run("downloading the pulumi CLI", command, env=environ, timeout=PATIENCE)


def _place(environ: Mapping[str, str]) -> Path:
    """The installer takes the release of the SDK's own version."""
    pinned = re.search(r"^pulumi==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert pinned, "requirements.txt pins pulumi"
    return cache.folder(environ) / f"{pinned[1]}-{cache.MACHINE}-release"
