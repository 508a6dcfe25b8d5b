"""The virtual environments: `.venv` for the program and its tests, and one each for a purpose.

One has the oldest Pulumi SDK that is allowed, one the tools that the benchmarks compare with.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.progress import CommandError, SetupError, run
from tools.project import BENCH_VENV, OLDEST_VENV, ROOT, VENV

PYTHON = VENV / "bin" / "python"
OLDEST_PYTHON = OLDEST_VENV / "bin" / "python"
BENCH_PYTHON = BENCH_VENV / "bin" / "python"


def ensure(*, tests: bool = False) -> None:
    """Make `.venv` what the requirements say. Does nothing when it is that already.

    A stamp is written last, so what an interrupted run left behind is made anew.
    """
    with _one_at_a_time():
        stamp, wanted = VENV / ".stamp", _digest(ROOT / "requirements.txt", _metadata())
        if _read(stamp) != wanted:
            _create(VENV)
            _install("requirements.txt", PYTHON)
            stamp.write_text(wanted)
        if not tests:
            return
        stamp, wanted = VENV / ".stamp-tests", _digest(ROOT / "tests" / "requirements.txt", "")
        if _read(stamp) != wanted:
            stamp.unlink(missing_ok=True)
            _install("tests/requirements.txt", PYTHON)
            stamp.write_text(wanted)


def ensure_oldest() -> None:
    """Make the environment with the oldest Pulumi SDK that is allowed."""
    _ensure(OLDEST_VENV, OLDEST_PYTHON, "tests/requirements-oldest.txt", _metadata())


def ensure_benchmarks() -> None:
    """Make the environment of the benchmarks, with the tools that they compare with."""
    _ensure(BENCH_VENV, BENCH_PYTHON, "benchmarks/requirements.txt", "")


def _ensure(folder: Path, python: Path, requirements: str, more: str) -> None:
    with _one_at_a_time():
        stamp, wanted = folder / ".stamp", _digest(ROOT / requirements, more)
        if not python.exists() or not stamp.is_file() or stamp.read_text() != wanted:
            _create(folder)
            _install(requirements, python)
            stamp.write_text(wanted)


def _create(folder: Path) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        major, minor = sys.version_info[:2]
        raise SetupError(
            f"{sys.executable} cannot make virtual environments: install the package "
            f"python{major}.{minor}-venv (on Debian and Ubuntu: apt install python3-venv)."
        )
    shutil.rmtree(folder, ignore_errors=True)
    # An activated .venv makes its own link the running Python: ask for the one behind it.
    python: str = getattr(sys, "_base_executable", sys.executable)
    try:
        run(f"creating {folder.relative_to(ROOT)}", [python, "-m", "venv", str(folder)])
    except CommandError as error:
        raise SetupError(f"{python} -m venv {folder} failed:\n{error.last_lines()}") from error


def _install(requirements: str, python: Path) -> None:
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--retries=2"]
    try:
        run(
            f"installing {requirements} into {python.parent.parent.relative_to(ROOT)}",
            [*pip, "--requirement", str(ROOT / requirements)],
            cwd=ROOT,
            detail=lambda line: line.strip()[:60],
        )
    except CommandError as error:
        raise SetupError(
            f"pip could not install {requirements} (is there a network, or a pip mirror?):\n"
            f"{error.last_lines()}"
        ) from error


def _metadata() -> str:
    """What an editable install takes out of pyproject.toml."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return json.dumps([settings["build-system"], settings["project"], settings["tool"]["hatch"]])


def _digest(requirements: Path, more: str) -> str:
    """Changes with the requirements, and with the place: an environment cannot be moved."""
    parts = [requirements.read_text(), more, str(VENV)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _read(stamp: Path) -> str:
    return stamp.read_text() if stamp.is_file() and PYTHON.exists() else ""


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    descriptor = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
