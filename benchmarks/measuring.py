"""One command measured: wall time, processor time, and how large its processes were.

All that the command starts counts, also what outlives it: such a process becomes a child of ours
and is waited for.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

#: seconds between two looks at the memory; the kernel keeps the highest value for each process
_EVERY = 0.1
#: seconds that left processes have to end by themselves
_GRACE = 5.0
_PR_SET_CHILD_SUBREAPER = 36
#: a part of a command line -> what the process is called in the table
_ROLES = {
    "pulumi.dynamic": "provider host",
    "pulumi-language-python-exec": "program",
    "pulumi-language-python": "language host",
}
PROVIDER = _ROLES["pulumi.dynamic"]


class TooSlowError(Exception):
    """The command did not end within its time; it was stopped."""


@dataclass(frozen=True)
class Command:
    """What is run, where, and what it reads."""

    arguments: Sequence[str]
    folder: Path
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    stdin: Path | None = None


@dataclass(frozen=True)
class Measure:
    """Seconds, and megabytes of the largest process of each kind."""

    wall: float
    cpu: float
    peaks: Mapping[str, float]

    @property
    def largest(self) -> str:
        """Name the kind of process that was the largest."""
        return max(self.peaks, key=self.peaks.__getitem__, default="?")


def adopt_orphans() -> None:
    """Become the parent of processes that outlive their own (Linux)."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def measure(command: Command, limit: float) -> Measure:
    """Run a command to its end, which must be a good one.

    ``limit`` is seconds. Raises TooSlowError, and CalledProcessError with all that was said.
    """
    before = _children(os.getpid())
    used = _cpu()
    with tempfile.TemporaryFile() as said, _input(command) as given, _Sampler(before) as sampler:
        began = time.perf_counter()
        process = subprocess.Popen(
            command.arguments,
            cwd=command.folder,
            env=dict(command.environ),
            stdin=given,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            has_ended = _has_ended(process, limit)
            wall = time.perf_counter() - began
            if not has_ended:
                process.kill()
                raise TooSlowError
        finally:
            code = process.wait()
            _reap(before)
        if code:
            said.seek(0)
            raise subprocess.CalledProcessError(code, command.arguments, said.read())
    return Measure(wall, _cpu() - used, sampler.peaks)


def _has_ended(process: subprocess.Popen[bytes], limit: float) -> bool:
    """Wait; `Popen.wait` with a time-out would look only every 50 ms."""
    ended = os.pidfd_open(process.pid)
    try:
        return bool(select.select([ended], [], [], limit)[0])
    finally:
        os.close(ended)


@contextlib.contextmanager
def _input(command: Command) -> Iterator[BinaryIO | int]:
    if command.stdin is None:
        yield subprocess.DEVNULL
        return
    with command.stdin.open("rb") as file:
        yield file


class _Sampler(threading.Thread):
    """Looks at the memory of all processes below ours, but not of those that were there before."""

    def __init__(self, others: set[int]) -> None:
        super().__init__(daemon=True)
        self.peaks: dict[str, float] = {}
        self._others = others
        self._ended = threading.Event()

    def __enter__(self) -> _Sampler:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        while not self._ended.wait(_EVERY):
            waiting = _children(os.getpid()) - self._others
            while waiting:
                pid = waiting.pop()
                waiting |= _children(pid)
                with contextlib.suppress(OSError):
                    role, size = _role(pid), _peak(pid)
                    if size:  # a process that has just ended has none
                        self.peaks[role] = max(size, self.peaks.get(role, 0.0))


def _role(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    line = " ".join(words)
    for part, role in _ROLES.items():
        if part in line and not line.startswith("/bin/sh"):
            return role
    return Path(words[0]).name


def _peak(pid: int) -> float:
    """Read the highest resident size so far, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _children(pid: int) -> set[int]:
    found: set[int] = set()
    with contextlib.suppress(OSError):  # it has ended
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found.update(map(int, task.read_text().split()))
    return found


def _reap(others: set[int]) -> None:
    """Wait for what the command left behind, and stop what does not end."""
    until = time.monotonic() + _GRACE
    while left := _children(os.getpid()) - others:
        for pid in left:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                if time.monotonic() > until:
                    os.kill(pid, 9)
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.01)


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
