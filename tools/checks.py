"""What is held against the code: linter, formatter, types, tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tools import cli, environment, servers, venv
from tools.project import DEV, ROOT

COVERED = ("model", "properties", "records", "lifecycle", "backends/kit")
"""The folders of the package whose branches their own tests have to go through."""

LEAST_COVERAGE = 95
"""Per cent of the statements and branches of all of them together."""

_FOREIGN = re.compile(r"PULUMI_|PYTHONDONTWRITEBYTECODE$")
"""Variables of whoever runs the tests that these shall not see.

The last one would let each process of each run compile all tests anew.
"""

CHECKS = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("mypy",),
)

LEFTOVERS = (
    ".venv",
    ".venv-oldest",
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

    The tests see nothing of the user's own Pulumi: no login, no backend, no passphrase. With
    arguments, it is these tests alone that run, and what they cover is not measured.
    """
    if code := check():
        return code
    servers.ensure(asked=False)
    env = _environ()
    if arguments:
        return _pytest(*arguments, env=env)
    venv.ensure_oldest()
    # To measure a test doubles its time, so it is done for the folders' own tests alone.
    measured = [f"tests/{name}" for name in COVERED]
    others = [f"--ignore={name}" for name in ("tests/e2e", *measured)]
    return max(
        _pytest(*measured, *_coverage(), env=env),
        _pytest(*others, env=env),
        _pytest("tests/resources/engine", env=env, python=venv.OLDEST_PYTHON),
        _pytest("tests/e2e", env=env),
    )


def _coverage() -> list[str]:
    folders = [f"provider/pulumi_rdns/{name}" for name in COVERED]
    measured = [f"--cov={folder}" for folder in folders]
    return [*measured, "--cov-branch", f"--cov-fail-under={LEAST_COVERAGE}"]


def _environ() -> dict[str, str]:
    neutral = {name: value for name, value in os.environ.items() if not _FOREIGN.match(name)}
    path = environment.exports(DEV, cli.ensure(), neutral)["PATH"]
    return neutral | environment.DEFAULTS | {"PATH": os.pathsep.join([path, *servers.FOLDERS])}


def wheel() -> int:
    venv.ensure(tests=True)
    return _python("-m", "build", "--wheel", "--no-isolation", "--outdir", ROOT / "dist", ROOT)


def clean() -> None:
    for name in LEFTOVERS:
        shutil.rmtree(ROOT / name, ignore_errors=True)
    (ROOT / ".coverage").unlink(missing_ok=True)
    for cache in [folder for folder in ROOT.rglob("__pycache__") if ".git" not in folder.parts]:
        shutil.rmtree(cache, ignore_errors=True)


def _pytest(*arguments: str, env: dict[str, str], python: Path | None = None) -> int:
    return _python("-m", "pytest", "-n", "auto", *arguments, env=env, python=python)


def _python(
    *arguments: str | Path, env: dict[str, str] | None = None, python: Path | None = None
) -> int:
    command = [python or venv.PYTHON, *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
