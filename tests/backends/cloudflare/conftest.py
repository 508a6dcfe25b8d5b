"""A simulated account for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.backends.cloudflare.world import World, world


@pytest.fixture
def account() -> Iterator[World]:
    with world() as made:
        yield made
