"""The PowerDNS API keeps the contract of a zone backend."""

from __future__ import annotations

from typing import ClassVar

import pytest

from pulumi_rdns.backends.powerdns import PowerDnsBackend
from tests.backends.contract import BackendContract
from tests.backends.powerdns.tools import backend_of
from tests.servers.powerdns import API_KEY, PowerDns
from tests.servers.zone_contract import ServedClassless, ServedForward, ServedReverse


class OverTheApi(BackendContract):
    minimal_settings: ClassVar = {"apiUrl": "http://127.0.0.1:1", "apiKey": "key"}

    @pytest.fixture
    def backend(self, server: PowerDns) -> PowerDnsBackend:
        return backend_of(server)

    @pytest.fixture
    def secrets(self) -> list[str]:
        return [API_KEY]


class TestReverse(OverTheApi, ServedReverse):
    pass


class TestForward(OverTheApi, ServedForward):
    pass


class TestClassless(OverTheApi, ServedClassless):
    pass
