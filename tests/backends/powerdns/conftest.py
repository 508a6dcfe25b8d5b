"""One server for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.dynamic import started
from tests.servers.powerdns import PowerDns


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PowerDns]:
    server = started(PowerDns, tmp_path_factory.mktemp("powerdns"))
    yield server
    server.stop()
