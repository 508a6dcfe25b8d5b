"""Nothing is lost in zone files."""

from __future__ import annotations

from pathlib import Path

import pytest

from .nothing_is_lost import NothingIsLost
from .worlds import ZoneFileWorld


class TestZoneFile(NothingIsLost):
    @pytest.fixture
    def world(self, tmp_path: Path) -> ZoneFileWorld:
        return ZoneFileWorld("main", tmp_path / "project")

    @pytest.fixture
    def other(self, tmp_path: Path) -> ZoneFileWorld:
        return ZoneFileWorld("second", tmp_path / "project")
