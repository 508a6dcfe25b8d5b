"""What is held against the code: linter, formatter, types, tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tools import cli, environment, servers, venv
from tools.project import DEV, ROOT

CHECKS = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("mypy",),
)

LEFTOVERS = (
    ".venv",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
    "dist",
    "benchmarks/.venv",
    "benchmarks/results",
)


def check() -> int:
    venv.ensure(tests=True)
    return max(_python("-m", *command) for command in CHECKS)


def test(arguments: Sequence[str]) -> int:
    """The checks, then the tests; returns pytest's exit code.

    The tests see nothing of the user's own Pulumi: no login, no backend, no passphrase.
    """
    if code := check():
        return code
    servers.ensure(asked=False)
    neutral = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
    path = environment.exports(DEV, cli.ensure(), neutral)["PATH"]
    neutral |= environment.DEFAULTS | {"PATH": os.pathsep.join([path, *servers.FOLDERS])}
    return _python("-m", "pytest", "-n", "auto", *arguments, env=neutral)


def wheel() -> int:
    venv.ensure(tests=True)
    return _python("-m", "build", "--wheel", "--no-isolation", "--outdir", ROOT / "dist", ROOT)


def clean() -> None:
    for name in LEFTOVERS:
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for cache in [folder for folder in ROOT.rglob("__pycache__") if ".git" not in folder.parts]:
        shutil.rmtree(cache, ignore_errors=True)


def _python(*arguments: str | Path, env: dict[str, str] | None = None) -> int:
    return subprocess.run([venv.PYTHON, *arguments], cwd=ROOT, env=env, check=False).returncode
