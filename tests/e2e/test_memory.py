"""Nothing is lost at the `memory` backend."""

from __future__ import annotations

from pathlib import Path

import pytest

from .nothing_is_lost import NothingIsLost
from .worlds import MemoryWorld


class TestMemory(NothingIsLost):
    @pytest.fixture
    def world(self, tmp_path: Path) -> MemoryWorld:
        return MemoryWorld("main", tmp_path / "project")

    @pytest.fixture
    def other(self, tmp_path: Path) -> MemoryWorld:
        return MemoryWorld("second", tmp_path / "project")
