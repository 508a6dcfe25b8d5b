"""Each kind of server, started once for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.bind import DynamicBind
from tests.servers.dynamic import started
from tests.servers.knot import Knot
from tests.servers.powerdns import PowerDns
from tests.servers.process import DnsServer

KINDS: dict[str, type[DnsServer]] = {"bind": DynamicBind, "knot": Knot, "powerdns": PowerDns}


def _running(kind: str, factory: pytest.TempPathFactory) -> Iterator[DnsServer]:
    server = started(KINDS[kind], factory.mktemp(kind))
    yield server
    server.stop()


@pytest.fixture(scope="session", params=KINDS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DnsServer]:
    """Any of them: a test that takes it runs once with each."""
    yield from _running(request.param, tmp_path_factory)


@pytest.fixture(scope="session")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DnsServer]:
    yield from _running("bind", tmp_path_factory)


@pytest.fixture(scope="session")
def knot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DnsServer]:
    yield from _running("knot", tmp_path_factory)


@pytest.fixture(scope="session")
def powerdns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DnsServer]:
    yield from _running("powerdns", tmp_path_factory)
