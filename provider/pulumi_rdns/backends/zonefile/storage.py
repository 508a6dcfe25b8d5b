"""Locks between threads and processes, and files that are replaced whole or not at all."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock


class LockedError(Exception):
    """Somebody else holds the lock for longer than we wait."""


class OwnerError(Exception):
    """The file would get another owner or mode when it is replaced; the message says which."""


class Lock:
    """A lock that threads of this process and other processes honour.

    Others take it with ``flock`` on ``path``, which is never removed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._threads = threading.Lock()

    @contextmanager
    def held(self, timeout: float) -> Iterator[None]:
        """Hold the lock. Raises LockedError after ``timeout`` seconds, and OSError."""
        deadline = time.monotonic() + timeout
        if not self._threads.acquire(timeout=timeout):
            raise LockedError(str(self.path))
        try:
            # Whoever may write the folder may take its lock.
            mode = 0o600 | stat.S_IMODE(self.path.parent.stat().st_mode) & 0o666
            lock = filelock.FileLock(self.path, mode=mode, poll_interval=0.01)
            try:
                lock.acquire(timeout=max(0.0, deadline - time.monotonic()))
            except filelock.Timeout as cause:
                raise LockedError(str(self.path)) from cause
            try:
                yield
            finally:
                lock.release()
        finally:
            self._threads.release()


def replace(path: Path, old: bytes, new: bytes, before_rename: Callable[[], None]) -> bool:
    """Replace the file's content in one step; False, and nothing done, where it is not ``old``.

    Keeps owner, group and mode. The caller holds the folder's lock and has resolved symlinks.
    Raises OSError and OwnerError, with the file as it was.
    """
    temporary = path.with_name(f".{path.name}.rdns-new")
    with suppress(FileNotFoundError):
        temporary.unlink()  # left by a run that was killed
    try:
        status = path.stat()
        _write(temporary, new, status)
        before_rename()
        if path.read_bytes() != old:
            return False
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink()
    _sync_folder(path.parent)
    return True


def write_small(path: Path, data: bytes) -> None:
    """Write a helper file in one step. Raises OSError."""
    temporary = path.with_name(f"{path.name}-new")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _write(path: Path, data: bytes, model: os.stat_result) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        _keep_owner(descriptor, model)
        os.fchmod(descriptor, stat.S_IMODE(model.st_mode))
        if os.fstat(descriptor).st_mtime_ns <= model.st_mtime_ns:
            # Servers and editors see by the time that a file is new.
            later = model.st_mtime_ns + 1_000_000_000
            os.utime(descriptor, ns=(later, later))
        os.fsync(descriptor)


def _keep_owner(descriptor: int, model: os.stat_result) -> None:
    status = os.fstat(descriptor)
    if (status.st_uid, status.st_gid) == (model.st_uid, model.st_gid):
        return
    try:
        os.fchown(descriptor, model.st_uid, model.st_gid)
    except OSError as cause:
        raise OwnerError(
            f"the file belongs to user {model.st_uid} and group {model.st_gid}, and this process "
            f"(user {os.geteuid()}) may not create files for them; run it as that user, or give "
            "the file to this one"
        ) from cause


def _sync_folder(path: Path) -> None:
    with suppress(OSError):  # some file systems cannot
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
