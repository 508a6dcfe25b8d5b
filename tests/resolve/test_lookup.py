"""What is said of servers that cannot be asked."""

from __future__ import annotations

import asyncio

import dns.name
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.resolve.authoritative_servers import AuthorityFinder, DelegatedZone, Nameserver
from pulumi_rdns.resolve.lookup import AuthoritativeLookup
from pulumi_rdns.resolve.query import DnsClient
from pulumi_rdns.resolve.verdicts import describe


class OneServer(AuthorityFinder):
    """Finds, for every name, a zone with one server that has no address."""

    def __init__(self, zone: str, server: str) -> None:
        super().__init__(DnsClient(1.0), [])
        self._only = DelegatedZone(dns.name.from_text(zone), (Nameserver(server, ()),))

    async def zone_of(self, name: dns.name.Name) -> DelegatedZone:
        return self._only


def detail(zone: str, server: str) -> str:
    async def look_up() -> str:
        lookup = AuthoritativeLookup(DnsClient(1.0), OneServer(zone, server), (), limit=5.0)
        return describe(await lookup.chain(dns.name.from_text("mail.example.com"), RdataType.A))

    return asyncio.run(look_up())


@pytest.mark.parametrize(
    ("zone", "server"),
    [
        ("example.com", "ns1.example.com.example.com"),
        ("example.com", "ns1.example.net.example.com"),
        ("2.0.192.in-addr.arpa", "ns1.example.com.2.0.192.in-addr.arpa"),
    ],
)
def test_a_nameserver_that_is_missing_its_final_dot_in_the_zone_is_told(
    zone: str, server: str
) -> None:
    assert detail(zone, server) == (
        f"{server} has no known address (the name in the zone is probably missing its final dot)"
    )


@pytest.mark.parametrize(("zone", "server"), [("example.com", "ns1.example.com"), (".", "a.root")])
def test_a_nameserver_without_an_address_is_told(zone: str, server: str) -> None:
    assert detail(zone, server) == f"{server} has no known address"
