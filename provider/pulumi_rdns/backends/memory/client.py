"""The records: in memory, or in a JSON file that processes share."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import filelock
import msgspec

from pulumi_rdns.backends.kit.answers import decode_json
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.rrsets import UnreadableRecordError
from pulumi_rdns.errors import UnavailableError

#: owner -> type -> what it has, as in the file. ``ptr``, of an address, has the hostname; a type
#: in capitals, of a name, has the TTL and the values. All names with trailing dot
Records: TypeAlias = dict[str, dict[str, list[str]]]


class Client:
    """Opens the records, one writer at a time. Shared by several threads and processes."""

    def __init__(self, name: str, path: Path | None, timeout: float) -> None:
        """Take the instance's name for error messages, and seconds to wait for the file's lock."""
        self._name = name
        self._path = path
        self._timeout = timeout
        self._lock = threading.RLock()
        self._records: Records = {}

    @contextmanager
    def open(self) -> Iterator[Records]:
        """Hold the records; what is changed in them is kept, unless this raises.

        An UnreadableRecordError in the block is an UnavailableError of the file.
        """
        with self._lock:
            if self._path is None:
                yield self._records
                return
            if not self._path.parent.is_dir():
                raise self._unavailable("the folder of the file is not there")
            try:
                with filelock.FileLock(f"{self._path}.lock", self._timeout, is_singleton=True):
                    before = self._read(self._path)
                    records = copy.deepcopy(before)
                    yield records
                    if records != before:
                        _replace(self._path, json.dumps(records))
            except filelock.Timeout:
                raise self._unavailable("the file is locked by another process") from None
            except UnreadableRecordError as cause:
                raise self._not_ours(cause) from None
            except OSError as cause:
                raise self._unavailable(cause.strerror or str(cause)) from cause

    def _read(self, path: Path) -> Records:
        try:
            return decode_json(path.read_bytes(), Records)
        except FileNotFoundError:
            return {}
        except msgspec.DecodeError as cause:
            raise self._not_ours(cause) from cause

    def _not_ours(self, cause: Exception) -> UnavailableError:
        return self._unavailable(f"it is not a file of the memory backend: {cause}")

    def _unavailable(self, reason: str) -> UnavailableError:
        subject = self._path.name if self._path else self._name
        return Operation(self._name, "open", subject).error(UnavailableError, reason)


def _replace(path: Path, text: str) -> None:
    """Replace the file in one step, so that a kill or a full disk leaves the old one."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_text(text)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
