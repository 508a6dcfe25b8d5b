"""Find a Pulumi CLI that works, or get one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools import build, cache, download

OLDEST = (3, 220, 0)

PARTS = ("pulumi-language-python", "pulumi-resource-pulumi-python")
"""What Pulumi needs beside itself for a Python program with a dynamic provider."""


def ensure(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of a `pulumi` that is new enough and can run Python programs.

    The one on PATH, else one that was got before, else the release, else one built from source.
    """
    return (
        on_path(environ)
        or download.installed(environ)
        or build.installed(environ)
        or download.install(environ)
        or build.install(environ)
    )


def on_path(environ: Mapping[str, str]) -> Path | None:
    """The folder of the user's own CLI, if it will do. One of ours on PATH is looked up anew."""
    pulumi = shutil.which("pulumi", path=environ.get("PATH", ""))
    if pulumi is None or Path(pulumi).is_relative_to(cache.folder(environ)):
        return None
    version = _version(pulumi, environ)
    if version is None or version < OLDEST:
        return None
    places = [Path(pulumi).resolve().parent, *_plugin_home(environ)]
    search = os.pathsep.join([environ.get("PATH", ""), *map(str, places)])
    if not all(shutil.which(part, path=search) for part in PARTS):
        return None
    return Path(pulumi).absolute().parent


def _version(pulumi: str, environ: Mapping[str, str]) -> tuple[int, ...] | None:
    quiet = {**environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run(
            [pulumi, "version"], env=quiet, capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", answer.stdout.strip())
    return tuple(map(int, found.groups())) if found else None


def _plugin_home(environ: Mapping[str, str]) -> list[Path]:
    home = Path(environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    return [home / "bin", *home.glob("plugins/language-python-*"), *home.glob("plugins/resource-*")]
