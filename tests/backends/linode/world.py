"""A backend on a simulated account, where waiting takes no time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import dns.name

from pulumi_rdns.backends.base import reporting_to
from pulumi_rdns.backends.linode import LinodeBackend, LinodeSettings
from pulumi_rdns.model.addresses import parse_address
from tests.backends.heard import Heard
from tests.backends.kit.tools import FakeTime
from tests.fakes.linode import Scenario, Simulator

TEN = parse_address("203.0.113.10")
TEN6 = parse_address("2001:db8::10")
TWENTY = parse_address("203.0.113.20")
ROUTED = parse_address("2001:db8:1::25")
STRANGER = parse_address("198.51.100.99")
MAIL = dns.name.from_text("mail.example.com")
WWW = dns.name.from_text("www.example.com")


class World:
    """A simulated account and backends on it; one clock for all."""

    def __init__(self, simulator: Simulator, time: FakeTime, heard: Heard) -> None:
        self.simulator = simulator
        self.account = simulator.account
        self.scenario = simulator.scenario
        self.time = time
        self.heard = heard
        self.backend = self.make()

    def make(self, **settings: Any) -> LinodeBackend:
        """Make a backend, as another process would have it."""
        values = {"api_token": self.scenario.token, "api_url": self.simulator.url, **settings}
        return LinodeBackend("linode", LinodeSettings(**values), Path(), self.time.clock)

    def calls(self) -> list[str]:
        """List method and path of all requests so far, without version and query."""
        return [
            f"{sent.method} {unquote(sent.path).removeprefix('/v4').partition('?')[0]}"
            for sent in self.simulator.sent()
        ]


@contextmanager
def world(**scenario: Any) -> Iterator[World]:
    """Start a simulated account."""
    time, heard = FakeTime(), Heard()
    with Simulator(Scenario(**scenario), now=time.now) as simulator, reporting_to(heard):
        yield World(simulator, time, heard)
