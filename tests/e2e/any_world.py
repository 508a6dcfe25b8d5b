"""A world of any kind, for tests that are the same on several."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .hostinger_world import HostingerWorld
from .served_worlds import ServedWorld
from .worlds import World, ZoneFileWorld


@contextmanager
def running(kind: type[World], folder: Path) -> Iterator[World]:
    """Start the world "main"; ``folder`` is that of the test."""
    if issubclass(kind, ServedWorld):
        with kind.running("main", folder) as served:
            yield served
    elif issubclass(kind, HostingerWorld):
        with kind.running("main") as account:
            yield account
    else:
        assert issubclass(kind, ZoneFileWorld)
        yield kind("main", folder / "project")
