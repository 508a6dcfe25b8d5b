"""A folder of zones for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from .tools import SAMPLE, Zones


@pytest.fixture
def zones(tmp_path: Path) -> Zones:
    """Return an empty folder of zones."""
    return Zones(tmp_path / "zones")


@pytest.fixture
def sample(zones: Zones) -> Zones:
    """Return a folder with one reverse zone."""
    zones.write("db.192.0.2", SAMPLE)
    return zones
