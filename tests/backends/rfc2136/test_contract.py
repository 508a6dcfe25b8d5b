"""Dynamic update keeps the contract of a zone backend, at each kind of server."""

from __future__ import annotations

from typing import ClassVar

import pytest

from pulumi_rdns.backends.rfc2136 import Rfc2136Backend
from tests.backends.contract import BackendContract
from tests.backends.rfc2136.tools import backend_of
from tests.servers.dynamic import FULL, NARROW
from tests.servers.process import DnsServer
from tests.servers.zone_contract import ServedClassless, ServedForward, ServedReverse


class Updates(BackendContract):
    minimal_settings: ClassVar = {"server": "127.0.0.1"}
    lists_zones: ClassVar[bool] = False

    @pytest.fixture
    def backend(self, server: DnsServer) -> Rfc2136Backend:
        return backend_of(server)

    @pytest.fixture
    def secrets(self) -> list[str]:
        return [FULL.secret]


class TestReverse(Updates, ServedReverse):
    pass


class TestForward(Updates, ServedForward):
    pass


class TestClassless(Updates, ServedClassless):
    pass


class TestNarrowRights(Updates, ServedReverse):
    """The key may change PTR records and nothing else; PowerDNS knows no such rule."""

    @pytest.fixture(params=["bind", "knot"])
    def server(self, request: pytest.FixtureRequest) -> DnsServer:
        server: DnsServer = request.getfixturevalue(request.param)
        return server

    @pytest.fixture
    def backend(self, server: DnsServer) -> Rfc2136Backend:
        return backend_of(server, key=NARROW)

    @pytest.fixture
    def secrets(self) -> list[str]:
        return [NARROW.secret]
