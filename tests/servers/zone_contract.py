"""The contract of a zone backend at a real server: a zone transfer is the witness."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import dns.name
import pytest

from tests.backends.batch_contract import BatchContract
from tests.backends.contract import ZoneContract
from tests.servers.dynamic import FORWARD, REVERSE, transfer
from tests.servers.process import DnsServer

_numbers = itertools.count(1)


class NamedZone(ZoneContract):
    """Names in a zone that is there already, others for each test."""

    origin: str

    @pytest.fixture
    def zone(self) -> dns.name.Name:
        return dns.name.from_text(self.origin)

    @pytest.fixture
    def names(self, zone: dns.name.Name) -> list[dns.name.Name]:
        test = next(_numbers)
        return [dns.name.from_text(f"{at}.test{test}", zone) for at in range(1, 10)]

    @pytest.fixture
    def alias(self, zone: dns.name.Name) -> dns.name.Name:
        return dns.name.from_text("200", zone)


class ServedZone(NamedZone):
    """Fixtures: ``server``, ``backend``. Nothing but the names of a test may change."""

    @pytest.fixture
    def live(
        self, server: DnsServer
    ) -> Callable[[dns.name.Name, str], tuple[int, list[str]] | None]:
        def read(name: dns.name.Name, kind: str) -> tuple[int, list[str]] | None:
            return transfer(server, self.origin).get((name.to_text(), kind))

        return read

    @pytest.fixture(autouse=True)
    def foreign_records(self, server: DnsServer, names: list[dns.name.Name]) -> Iterator[None]:
        """Compare the whole zone before and after, except for the names of the test."""
        before = transfer(server, self.origin)
        yield
        ours = tuple(name.to_text() for name in names)
        after = transfer(server, self.origin)
        assert {key: one for key, one in after.items() if not key[0].endswith(ours)} == before


class ServedReverse(BatchContract, ServedZone):
    origin = REVERSE


class ServedForward(ServedZone):
    origin = FORWARD
    kind, one, two = "A", "192.0.2.1", "192.0.2.2"


class ServedClassless(ServedZone):
    """The zone of a classless delegation has a slash in its name (RFC 2317)."""

    origin = "128/25.2.0.192.in-addr.arpa"
