"""Where the CLIs of this user are kept, one folder each, so that they are got once."""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools.progress import SetupError, say

MACHINE = f"{platform.system()}-{platform.machine()}".lower()


def folder(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / "pulumi-rdns" / "cli"


def programs(place: Path) -> Path | None:
    """The `bin` of a CLI that is here. What is unfinished has another name."""
    found = place / "bin"
    return found if (found / "pulumi").is_file() else None


@contextmanager
def one_at_a_time(environ: Mapping[str, str]) -> Iterator[None]:
    """Hold the lock of the cache, which is created."""
    try:
        folder(environ).mkdir(parents=True, exist_ok=True)
        lock = os.open(folder(environ) / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise SetupError(
            f"cannot write to {folder(environ)} ({error.strerror}): set XDG_CACHE_HOME to a "
            "folder of yours, or install the pulumi CLI."
        ) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another run that is getting the pulumi CLI …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


@contextmanager
def filled(place: Path) -> Iterator[Path]:
    """A new folder that becomes `place` when the block ends well, and vanishes when it does not.

    To be called under the lock: what a killed run left behind is swept away.
    """
    for leftover in place.parent.glob("unfinished-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=place.parent))
    try:
        yield unfinished
        unfinished.chmod(0o755)
        unfinished.rename(place)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
