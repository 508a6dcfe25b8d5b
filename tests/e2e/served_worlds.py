"""Zones at a real server, as somebody else sees and changes them: by transfer and by update."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import ClassVar, Self

import dns.query
import dns.rcode
import dns.tsig
import dns.update
import pytest

from tests.servers.bind import DynamicBind
from tests.servers.dynamic import FORWARD, FULL, REVERSE, started, transfer, zones
from tests.servers.knot import Knot
from tests.servers.powerdns import API_KEY, PowerDns
from tests.servers.process import DnsServer
from tests.servers.proxy import CuttingProxy, proxied

from .in_a_world import InAWorld
from .worlds import Hostnames, World, ptr_owner

CLASSLESS = "128/25.2.0.192.in-addr.arpa"
ZONES = (REVERSE, CLASSLESS, FORWARD)
#: seconds that a delete takes where a test wants them slow
SLOW = 0.8

Key = tuple[str, str]


class ServedWorld(World):
    """One server of its own, which has the zones of the update tests."""

    addresses = tuple(f"192.0.2.{host}" for host in range(10, 16))
    has_ptr_zones = True
    second_zone = CLASSLESS
    look_every = 0.02
    kind: ClassVar[type[DnsServer]]

    def __init__(self, instance: str, server: DnsServer) -> None:
        super().__init__(instance)
        self.server = server
        self._foreign = {zone: self.records(zone) for zone in ZONES}

    @classmethod
    @contextmanager
    def running(
        cls, instance: str, folder: Path, served: dict[str, str] | None = None
    ) -> Iterator[Self]:
        """Start the server of an instance, or skip the test where it is not installed.

        ``served`` is its zones, where they are more than those of the update tests.
        """
        server = started(cls.kind, folder / instance, served or _zones(instance))
        try:
            yield cls(instance, server)
        finally:
            server.stop()

    def records(self, zone: str) -> dict[Key, tuple[int, list[str]]]:
        """Transfer a zone: (owner, type) -> TTL and sorted values, without the SOA."""
        return transfer(self.server, zone)

    def ptr(self, address: str, zone: str | None = None) -> Hostnames:
        owner = ptr_owner(address, zone or REVERSE).to_text()
        return _hostnames(self.records(zone or REVERSE), owner)

    def ptrs(self, addresses: Iterable[str], zone: str | None = None) -> dict[str, Hostnames]:
        zone = zone or REVERSE
        held = self.records(zone)
        return {
            address: _hostnames(held, ptr_owner(address, zone).to_text()) for address in addresses
        }

    def ttl(self, address: str) -> int | None:
        found = self.records(REVERSE).get((ptr_owner(address, REVERSE).to_text(), "PTR"))
        return found[0] if found else None

    def set_ptr(self, address: str, hostnames: Sequence[str], zone: str | None = None) -> None:
        values = [f"{hostname}." for hostname in hostnames]
        zone = zone or REVERSE
        self._set(zone, ptr_owner(address, zone).to_text(), "PTR", values)

    def forward(self, hostname: str, kind: str) -> list[str]:
        _, found = self.records(FORWARD).get((f"{hostname}.", kind), (0, []))
        return sorted(found, key=lambda text: int(ipaddress.ip_address(text)))

    def set_forward(self, hostname: str, kind: str, addresses: Sequence[str]) -> None:
        self._set(FORWARD, f"{hostname}.", kind, addresses)

    @contextmanager
    def offline(self) -> Iterator[None]:
        self.server.stop()
        try:
            yield
        finally:
            self.server.start()

    def verify(self) -> None:
        """Check that what was there before the test is there as it was."""
        for zone, foreign in self._foreign.items():
            held = self.records(zone)
            assert {key: held.get(key) for key in foreign} == foreign

    def _set(self, zone: str, owner: str, kind: str, values: Sequence[str]) -> None:
        message = dns.update.UpdateMessage(zone)
        message.delete(owner, kind)
        for value in values:
            message.add(owner, 3600, kind, value)
        message.use_tsig(dns.tsig.Key(FULL.name, FULL.secret, FULL.algorithm))
        reply = dns.query.tcp(message, self.server.address, port=self.server.port, timeout=10)
        assert reply.rcode() == dns.rcode.NOERROR, reply


class UpdatedWorld(ServedWorld):
    """Changed by dynamic update; through a relay where deletes shall be slow."""

    slow: ClassVar[Mapping[str, object] | None] = {}

    def __init__(self, instance: str, server: DnsServer, relay: CuttingProxy) -> None:
        super().__init__(instance, server)
        relay.delay_of_deletes = SLOW
        self.relay = relay
        #: whether the stack's updates take the way through the relay
        self.is_relayed = False

    @classmethod
    @contextmanager
    def running(
        cls, instance: str, folder: Path, served: dict[str, str] | None = None
    ) -> Iterator[Self]:
        server = started(cls.kind, folder / instance, served or _zones(instance))
        with ExitStack() as stack:
            stack.callback(server.stop)
            relay = stack.enter_context(proxied((server.address, server.port)))
            yield cls(instance, server, relay)

    def settings(self) -> dict[str, object]:
        return self.settings_for(self.server, self.relay.port if self.is_relayed else None)

    @staticmethod
    def settings_for(server: DnsServer, port: int | None = None) -> dict[str, object]:
        """Give the settings of an instance for a server, or for a relay's port before it."""
        return {
            "type": "rfc2136",
            "server": f"{server.address}:{port or server.port}",
            "keyName": FULL.name,
            "keySecret": FULL.secret,
        }


class BindWorld(UpdatedWorld):
    kind = DynamicBind


class KnotWorld(UpdatedWorld):
    kind = Knot


class PowerDnsWorld(UpdatedWorld):
    kind = PowerDns


class ApiWorld(ServedWorld):
    """PowerDNS changed over its HTTP API."""

    kind = PowerDns

    def settings(self) -> dict[str, object]:
        assert isinstance(self.server, PowerDns)
        return {"type": "powerdns", "apiUrl": self.server.api_url, "apiKey": API_KEY}


def _zones(instance: str) -> dict[str, str]:
    """Return the zones of a server: two have different primaries, and may be one otherwise."""
    return zones(primary=f"{instance}.primary.example.net.")


def _hostnames(held: Mapping[Key, tuple[int, list[str]]], owner: str) -> Hostnames:
    _, found = held.get((owner, "PTR"), (0, []))
    return [text.rstrip(".") for text in found]


class InAServedWorld(InAWorld):
    """Two servers of the fixture ``kind``."""

    @pytest.fixture
    def world(self, kind: type[ServedWorld], tmp_path: Path) -> Iterator[ServedWorld]:
        with kind.running("main", tmp_path) as world:
            yield world

    @pytest.fixture
    def other(self, kind: type[ServedWorld], tmp_path: Path) -> Iterator[ServedWorld]:
        with kind.running("second", tmp_path) as world:
            yield world
