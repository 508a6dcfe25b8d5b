"""The Cloudflare backend keeps the contract of a zone backend, on a simulated account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import dns.name
import pytest

from pulumi_rdns.backends.cloudflare import CloudflareBackend, CloudflareSettings
from tests.backends.batch_contract import BatchContract
from tests.backends.contract import ZoneContract
from tests.fakes.cloudflare import Scenario, Simulator, ZoneSpec

CLASSLESS = "128/25.2.0.192.in-addr.arpa"
ORIGINS = ("example.com", "2.0.192.in-addr.arpa", CLASSLESS)


class OnAnAccount(ZoneContract):
    minimal_settings: ClassVar = {"apiToken": "token"}
    origin: str

    @pytest.fixture
    def simulator(self) -> Iterator[Simulator]:
        zones = [
            ZoneSpec(
                name=origin,
                records=[
                    {"type": "CNAME", "name": f"200.{origin}", "content": "elsewhere.example"},
                    {"type": "TXT", "name": f"1.{origin}", "content": '"theirs"', "comment": "ops"},
                ],
            )
            for origin in ORIGINS
        ]
        with Simulator(Scenario(zones=zones)) as simulator:
            yield simulator

    @pytest.fixture
    def backend(self, simulator: Simulator) -> CloudflareBackend:
        settings = CloudflareSettings(api_token=simulator.scenario.token, api_url=simulator.url)
        return CloudflareBackend("cf", settings, Path())

    @pytest.fixture
    def secrets(self, simulator: Simulator) -> list[str]:
        return [simulator.scenario.token]

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
        self, simulator: Simulator
    ) -> Callable[[dns.name.Name, str], tuple[int, list[str]] | None]:
        def read(name: dns.name.Name, kind: str) -> tuple[int, list[str]] | None:
            there = simulator.account.live(self.origin, kind, name.to_text(omit_final_dot=True))
            if not there:
                return None
            dot = "" if kind == "A" else "."
            values = sorted(f"{one['content'].rstrip('.')}{dot}" for one in there)
            return there[0]["ttl"], values

        return read

    @pytest.fixture(autouse=True)
    def foreign_records(self, simulator: Simulator) -> Iterator[None]:
        """Check that the records of others are as they were."""

        def theirs() -> list[object]:
            zones = map(simulator.account.live, ORIGINS)
            return [one for zone in zones for one in zone if one["type"] in ("TXT", "CNAME")]

        before = theirs()
        assert len(before) == 6
        yield
        assert theirs() == before


class TestForward(OnAnAccount):
    origin = "example.com"
    kind, one, two = "A", "192.0.2.1", "192.0.2.2"


class TestReverse(BatchContract, OnAnAccount):
    origin = "2.0.192.in-addr.arpa"


class TestClassless(OnAnAccount):
    origin = CLASSLESS
