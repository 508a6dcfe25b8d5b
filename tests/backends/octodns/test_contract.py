"""octoDNS's providers of two real servers keep the contract of a zone backend."""

from __future__ import annotations

from typing import ClassVar

import pytest

from pulumi_rdns.backends.octodns import OctoDnsBackend
from tests.backends.contract import BackendContract
from tests.backends.octodns.tools import at_bind, at_powerdns
from tests.servers.bind import DynamicBind
from tests.servers.dynamic import FULL
from tests.servers.powerdns import API_KEY, PowerDns
from tests.servers.zone_contract import ServedClassless, ServedForward, ServedReverse

#: each record is a request of its own, after which BIND writes to the disk
pytestmark = pytest.mark.timeout(400)


class OverPowerDns(BackendContract):
    minimal_settings: ClassVar = {"provider": "octodns_powerdns.PowerDnsProvider"}

    @pytest.fixture
    def server(self, powerdns: PowerDns) -> PowerDns:
        return powerdns

    @pytest.fixture
    def backend(self, server: PowerDns) -> OctoDnsBackend:
        return at_powerdns(server)

    @pytest.fixture
    def secrets(self) -> list[str]:
        return [API_KEY]


class OverBind(BackendContract):
    @pytest.fixture
    def server(self, bind: DynamicBind) -> DynamicBind:
        return bind

    @pytest.fixture
    def backend(self, server: DynamicBind) -> OctoDnsBackend:
        return at_bind(server)

    @pytest.fixture
    def secrets(self) -> list[str]:
        return [FULL.secret]


class TestPowerDnsReverse(OverPowerDns, ServedReverse):
    pass


class TestPowerDnsForward(OverPowerDns, ServedForward):
    pass


class TestPowerDnsClassless(OverPowerDns, ServedClassless):
    pass


class TestBindReverse(OverBind, ServedReverse):
    pass


class TestBindForward(OverBind, ServedForward):
    pass


class TestBindClassless(OverBind, ServedClassless):
    pass
