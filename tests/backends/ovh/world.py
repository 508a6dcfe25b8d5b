"""A backend on a simulated account, where waiting takes no time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

import dns.name

from pulumi_rdns.backends.base import reporting_to
from pulumi_rdns.backends.ovh import OvhBackend, OvhSettings
from pulumi_rdns.model.addresses import parse_address
from tests.backends.heard import Heard
from tests.backends.kit.tools import FakeTime
from tests.fakes.ovh import Scenario, Simulator

TEN = parse_address("203.0.113.10")
IN_BLOCK = parse_address("198.51.100.18")
TEN6 = parse_address("2001:db8:41d0::10")
STRANGER = parse_address("192.0.2.99")
MAIL = dns.name.from_text("mail.example.com")
WWW = dns.name.from_text("www.example.com")

Login = Literal["application", "oauth2"]


class World:
    """A simulated account and backends on it; one clock for all."""

    def __init__(self, simulator: Simulator, time: FakeTime, heard: Heard, login: Login) -> None:
        self.simulator = simulator
        self.account = simulator.account
        self.scenario = simulator.scenario
        self.time = time
        self.heard = heard
        self.login = login
        self.backend = self.make()

    @property
    def secrets(self) -> dict[str, str]:
        """The settings of the login that are secret."""
        if self.login == "oauth2":
            return {"client_secret": self.scenario.client_secret}
        keys = ("application_secret", "consumer_key")
        return {key: getattr(self.scenario, key) for key in keys}

    def make(self, **settings: Any) -> OvhBackend:
        """Make a backend, as another process would have it."""
        key = "client_id" if self.login == "oauth2" else "application_key"
        values = {key: getattr(self.scenario, key), **self.secrets, "api_url": self.simulator.url}
        return OvhBackend("ovh", OvhSettings(**{**values, **settings}), Path(), self.time.clock)

    def calls(self) -> list[str]:
        """List method and path of all requests so far, without those of the login."""
        sent = [f"{one.method} {unquote(one.path)}" for one in self.simulator.sent()]
        return [one.replace("/1.0", "", 1) for one in sent if "/auth/" not in one]


@contextmanager
def world(login: Login = "application", **scenario: Any) -> Iterator[World]:
    """Start a simulated account."""
    time, heard = FakeTime(), Heard()
    with Simulator(Scenario(**scenario), now=time.now) as simulator, reporting_to(heard):
        yield World(simulator, time, heard, login)
