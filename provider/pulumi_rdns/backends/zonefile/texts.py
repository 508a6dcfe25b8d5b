"""The texts of zone files and of what they include, read again only after a change."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path
from typing import NamedTuple

from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.requestlog import RequestLog

from .lexer import UnusableFileError

#: bytes of a file, and of a zone with all that it includes: more than a million records
MAX_SIZE = 64 * 2**20
_RAW = (b"\0\0\0\2", b"\0\0\0\3")
#: A file that was just changed can change again within one tick of the file system's clock.
_TICK_NS = 100_000_000
_CTRL_Z = b"\x1a"
#: bytes that tell UTF-16 without a byte order mark
_SAMPLE = 64
_LOG = RequestLog("zonefile")


class _Content(NamedTuple):
    signature: tuple[int, int, int]
    is_settled: bool
    text: str


class Texts:
    """Texts of files, each the same object as long as the file's content is the same."""

    def __init__(self, backend: str) -> None:
        """Take the backend's name, for the log."""
        self._backend = backend
        self._contents: dict[Path, _Content] = {}

    def text(self, path: Path) -> str:
        """Read a file as latin-1. Raises OSError and UnusableFileError."""
        known = self._contents.get(path)
        if known and known.is_settled and known.signature == _signature(path.stat()):
            return known.text
        started = time.monotonic()
        data, status, now = _read(path)
        operation = Operation(self._backend, "read", path.name)
        seconds = time.monotonic() - started
        _LOG.answered(operation, "READ", str(path), f"{len(data)} bytes", seconds)
        if reason := _unusable(data):
            raise UnusableFileError(f"{path.name} {reason}")
        text = data.decode("latin-1")
        if known and known.text == text:
            text = known.text
        is_settled = len(data) == status.st_size and status.st_mtime_ns < now - _TICK_NS
        self._contents[path] = _Content(_signature(status), is_settled, text)
        return text

    def text_or_none(self, path: Path) -> str | None:
        """Read a file as `text` does; None where it cannot be read."""
        try:
            return self.text(path)
        except (OSError, UnusableFileError):
            return None


def _read(path: Path) -> tuple[bytes, os.stat_result, int]:
    """Return the content of a file, its status and the time right before it was read."""
    # Without O_NONBLOCK, opening a FIFO waits for somebody who writes to it.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            raise UnusableFileError(f"{path.name} is not a regular file")
        now = time.time_ns()
        data = file.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise UnusableFileError(too_large(path.name))
    return data, status, now


def too_large(what: str) -> str:
    """Return the sentence about a file or a zone of more than `MAX_SIZE` bytes."""
    return (
        f"{what} has more than {MAX_SIZE // 2**20} MiB, too much to edit as text; use the "
        "rfc2136 backend"
    )


def _unusable(data: bytes) -> str:
    """Return why data is not the text of a zone file; empty where it may be."""
    if data.startswith(_RAW):
        return (
            "is in raw format; let the server write it as text (masterfile-format text), or "
            "convert it with named-compilezone -f raw -F text"
        )
    if order := _utf_16_order(data):
        return (
            f'is in UTF-16 ({order}, "Unicode" in Windows), which name servers do not read; '
            "save it as UTF-8 without a byte order mark"
        )
    if data.startswith(b"\xef\xbb\xbf"):
        return (
            "starts with a UTF-8 byte order mark, which name servers do not read; save it as "
            "UTF-8 without a byte order mark"
        )
    last_line = data.rstrip().rpartition(b"\n")[2]
    if last_line.endswith(_CTRL_Z) and b";" not in last_line:
        return "ends with a Ctrl-Z (0x1A), which name servers do not read; remove it"
    return ""


def _utf_16_order(data: bytes) -> str:
    """Return the byte order of UTF-16; empty where it is not UTF-16."""
    first, second = data[:_SAMPLE:2], data[1:_SAMPLE:2]
    if data.startswith(b"\xff\xfe") or (any(first) and second and not any(second)):
        return "little-endian"
    if data.startswith(b"\xfe\xff") or (any(second) and not any(first)):
        return "big-endian"
    return ""


def _signature(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns
