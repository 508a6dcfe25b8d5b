"""Real servers for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.bind import DynamicBind
from tests.servers.dynamic import started
from tests.servers.powerdns import PowerDns


@pytest.fixture(scope="session")
def powerdns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PowerDns]:
    server = started(PowerDns, tmp_path_factory.mktemp("powerdns"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DynamicBind]:
    server = started(DynamicBind, tmp_path_factory.mktemp("bind"))
    yield server
    server.stop()
