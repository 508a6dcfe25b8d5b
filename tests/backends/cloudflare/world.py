"""A backend on a simulated account, where waiting takes no time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import dns.name
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change, reporting_to
from pulumi_rdns.backends.cloudflare import CloudflareBackend, CloudflareSettings
from tests.backends.contract import rrset
from tests.backends.heard import Heard
from tests.backends.kit.tools import FakeTime
from tests.fakes.cloudflare import Scenario, Simulator

FORWARD, REVERSE = "example.com", "2.0.192.in-addr.arpa"
ZONE, REVERSE_ZONE = dns.name.from_text(FORWARD), dns.name.from_text(REVERSE)
NAME = dns.name.from_text("mail.example.com")
TEN = dns.name.from_text(f"10.{REVERSE}")


class World:
    """A simulated account and backends on it; one clock for all."""

    def __init__(self, simulator: Simulator, time: FakeTime, heard: Heard) -> None:
        self.simulator = simulator
        self.account = simulator.account
        self.scenario = simulator.scenario
        self.time = time
        self.heard = heard
        self.backend = self.make()

    def make(self, **settings: Any) -> CloudflareBackend:
        """Make a backend, as another process would have it."""
        values = {"api_token": self.scenario.token, "api_url": self.simulator.url, **settings}
        return CloudflareBackend("cf", CloudflareSettings(**values), Path(), self.time.clock)

    def values(self, zone: str = FORWARD, kind: str = "A", name: str = "") -> list[str]:
        """List what is live at a name."""
        return [
            record["content"]
            for record in self.account.live(zone, kind, name or NAME.to_text(omit_final_dot=True))
        ]

    def calls(self) -> list[str]:
        """List method, path and what was asked for of all requests so far."""
        found = []
        for sent in self.simulator.sent():
            url = urlsplit(sent.path)
            query = dict(parse_qsl(url.query))
            what = query.get("name.exact", query.get("type", ""))
            path = "/".join(part for part in url.path.split("/")[3:] if len(part) < 32)
            found.append(f"{sent.method} {path} {what}".strip())
        return found


@contextmanager
def world(**scenario: Any) -> Iterator[World]:
    """Start a simulated account."""
    time, heard = FakeTime(), Heard()
    with Simulator(Scenario(**scenario), now=time.now) as simulator, reporting_to(heard):
        yield World(simulator, time, heard)


def address(
    before: list[str], after: list[str], name: dns.name.Name = NAME, ttl: int = 3600
) -> Change:
    """Return a change of an A RRset."""
    return _change("A", name, before, after, ttl)


def ptr(before: list[str], after: list[str], name: dns.name.Name = TEN, ttl: int = 3600) -> Change:
    """Return a change of a PTR RRset."""
    return _change("PTR", name, before, after, ttl)


def _change(
    kind: str, name: dns.name.Name, before: list[str], after: list[str], ttl: int
) -> Change:
    return Change(
        name,
        RdataType[kind],
        rrset(name, kind, *before) if before else None,
        rrset(name, kind, *after, ttl=ttl) if after else None,
    )
