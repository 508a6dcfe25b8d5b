"""The small Internet, started once for all tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from pulumi_rdns.model.endpoints import parse_endpoint
from pulumi_rdns.resolve.forward import DnsSource
from tests.servers.bind import Bind
from tests.servers.internet import Internet, small_internet


@pytest.fixture(scope="session")
def internet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    if not Bind.available():
        _give_up(f"{Bind.program} is not installed (Debian package {Bind.package})")
    try:
        running = small_internet(tmp_path_factory.mktemp("internet"))
        with running as internet:
            yield internet
    except PermissionError:
        _give_up("this user may not listen on port 53, where all of DNS listens")


def _give_up(reason: str) -> None:
    if os.environ.get("CI") and os.geteuid() == 0:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def source(internet: Internet) -> DnsSource:
    return DnsSource(resolvers=[parse_endpoint(internet.resolver)])


@pytest.fixture
def hasty(internet: Internet) -> DnsSource:
    """A source that does not wait long, for servers that are silent."""
    return DnsSource(resolvers=[parse_endpoint(internet.resolver)], timeout=1.5)
