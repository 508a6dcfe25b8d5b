"""Zone files keep the contract of a zone backend; dnspython's own reader judges them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import dns.name
import dns.zone
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.zonefile import ZoneFileBackend, ZoneFileSettings
from tests.backends.batch_contract import BatchContract
from tests.backends.contract import ZoneContract

TEXT = """\
$TTL 1h
@   IN SOA ns.example.com. hostmaster.example.com. ( 2024010101 7200 900 1209600 300 )
    IN NS  ns.example.com.
ns  IN A   192.0.2.53
200 IN CNAME 200.customer
"""


class ZoneFiles(ZoneContract):
    minimal_settings: ClassVar = {"directory": "."}

    origin: str

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        file = tmp_path / f"{self.origin}.zone"
        file.write_text(TEXT)
        return file

    @pytest.fixture
    def backend(self, file: Path) -> ZoneFileBackend:
        settings = ZoneFileSettings(directory=".")
        return ZoneFileBackend("files", settings, file.parent)

    @pytest.fixture
    def zone(self) -> dns.name.Name:
        return dns.name.from_text(self.origin)

    @pytest.fixture
    def names(self, zone: dns.name.Name) -> list[dns.name.Name]:
        return [dns.name.from_text(str(at), zone) for at in range(1, 10)]

    @pytest.fixture
    def alias(self, zone: dns.name.Name) -> dns.name.Name:
        return dns.name.from_text("200", zone)

    @pytest.fixture
    def live(
        self, file: Path, zone: dns.name.Name
    ) -> Callable[[dns.name.Name, str], tuple[int, list[str]] | None]:
        def read(name: dns.name.Name, kind: str) -> tuple[int, list[str]] | None:
            parsed = dns.zone.from_text(file.read_text(), zone, relativize=False)
            found = parsed.get_rdataset(name, RdataType[kind])
            return (found.ttl, sorted(str(rdata) for rdata in found)) if found else None

        return read


class TestReverse(BatchContract, ZoneFiles):
    origin = "2.0.192.in-addr.arpa"


class TestForward(ZoneFiles):
    origin = "example.com"
    kind, one, two = "A", "192.0.2.1", "192.0.2.2"
