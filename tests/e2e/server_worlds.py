"""Zones of a real DNS server: read by transfer, changed by updates of the tests' own."""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.reversename
import dns.tsig
import dns.update
import pytest
from dns.rdatatype import RdataType

from tests.servers.dynamic import FULL, transfer
from tests.servers.powerdns import API_KEY, PowerDns
from tests.servers.process import DnsServer, zone_text

from .worlds import Hostnames, World

REVERSE = "2.0.192.in-addr.arpa"
CLASSLESS = "0/25.2.0.192.in-addr.arpa"
DOMAIN = "example.com"

#: records that nobody may touch, whatever a test does
PEOPLES = {
    REVERSE: "1 PTR gateway.example.com.\n200 PTR one.example.net.\n200 PTR two.example.net.",
    CLASSLESS: "",
    DOMAIN: "ns1 A 198.51.100.1\nwww CNAME web.example.net.",
}


def zones() -> dict[str, str]:
    """Give the zones as master files."""
    return {zone: zone_text(f"@ NS ns1.example.com.\n{text}") for zone, text in PEOPLES.items()}


def server_of(kind: type[DnsServer], folder: Path) -> DnsServer:
    """Make a server with these zones, or skip with the reason; fail where CI is set."""
    if not kind.available():
        reason = f"{kind.program} is not installed (Debian package {kind.package})"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return kind(folder, zones())


class ServerWorld(World):
    """The zones of one server over dynamic update."""

    addresses = tuple(f"192.0.2.{host}" for host in range(10, 16))
    has_ptr_zones = True
    second_zone = CLASSLESS
    backend: ClassVar[str] = "rfc2136"

    def __init__(self, instance: str, server: DnsServer) -> None:
        super().__init__(instance)
        self.server = server
        self._peoples = self._of_people()

    def settings(self) -> dict[str, object]:
        return {
            "type": "rfc2136",
            "server": f"{self.server.address}:{self.server.port}",
            "keyName": FULL.name,
            "keySecret": FULL.secret,
            "timeout": 20,
        }

    def ptr(self, address: str, zone: str | None = None) -> Hostnames:
        """Read the whole zone, so that nothing is there that only a query would hide."""
        return self._values(zone or REVERSE, self._owner(address, zone), "PTR")

    def ptrs(self, addresses: Iterable[str]) -> dict[str, Hostnames]:
        """Ask for each: quick enough to watch them."""
        return {address: self._asked(self._owner(address, None)) for address in addresses}

    def ttl(self, address: str) -> int | None:
        found = transfer(self.server, REVERSE).get((f"{self._owner(address, None)}", "PTR"))
        return found[0] if found else None

    def set_ptr(self, address: str, hostnames: Sequence[str]) -> None:
        values = [f"{hostname}." for hostname in hostnames]
        self._change(REVERSE, self._owner(address, None), "PTR", values)

    def forward(self, hostname: str, kind: str) -> list[str]:
        return self._values(DOMAIN, dns.name.from_text(hostname), kind)

    def set_forward(self, hostname: str, kind: str, addresses: Sequence[str]) -> None:
        self._change(DOMAIN, dns.name.from_text(hostname), kind, list(addresses))

    @contextmanager
    def offline(self) -> Iterator[None]:
        self.server.stop()
        try:
            yield
        finally:
            self.server.start()

    def verify(self) -> None:
        """Check that what is people's is as it was."""
        there = self._of_people()
        assert {key: there.get(key) for key in self._peoples} == self._peoples

    def _of_people(self) -> dict[str, object]:
        """Read all that is there but for what the tests are about."""
        hosts = {self._owner(address, None).to_text() for address in self.addresses}
        return {
            f"{zone} {owner} {kind}": value
            for zone in (REVERSE, DOMAIN)
            for (owner, kind), value in transfer(self.server, zone).items()
            if (owner not in hosts and kind not in ("A", "AAAA")) or owner.startswith("ns1.")
        }

    def _owner(self, address: str, zone: str | None) -> dns.name.Name:
        owner = dns.reversename.from_address(str(ipaddress.ip_address(address)))
        if zone is None or owner.is_subdomain(dns.name.from_text(zone)):
            return owner
        return dns.name.Name((owner.labels[0], *dns.name.from_text(zone).labels))

    def _values(self, zone: str, owner: dns.name.Name, kind: str) -> list[str]:
        _, values = transfer(self.server, zone).get((owner.to_text(), kind), (0, []))
        return sorted(value.rstrip(".") for value in values)

    def _asked(self, owner: dns.name.Name) -> Hostnames:
        query = dns.message.make_query(owner, "PTR", flags=0)
        reply = dns.query.udp(query, self.server.address, port=self.server.port, timeout=20)
        found = [rrset for rrset in reply.answer if rrset.rdtype == RdataType.PTR]
        return sorted(rdata.to_text().rstrip(".") for rrset in found for rdata in rrset)

    def _change(self, zone: str, owner: dns.name.Name, kind: str, values: list[str]) -> None:
        update = dns.update.UpdateMessage(
            zone, id=secrets.randbits(16), keyring=dns.tsig.Key(FULL.name, FULL.secret)
        )
        update.delete(owner, kind)
        for value in values:
            update.add(owner, 3600, kind, value)
        reply = dns.query.tcp(update, self.server.address, port=self.server.port, timeout=20)
        assert reply.rcode() == dns.rcode.NOERROR, reply


class PowerDnsApiWorld(ServerWorld):
    """The zones of PowerDNS over its HTTP API."""

    def settings(self) -> dict[str, object]:
        assert isinstance(self.server, PowerDns)
        return {"type": "powerdns", "apiUrl": self.server.api_url, "apiKey": API_KEY}
