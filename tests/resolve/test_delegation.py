"""Whom the DNS asks about a zone: read from answers, and in the small Internet."""

from __future__ import annotations

import dns.name
import dns.rdata
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.model.endpoints import parse_endpoint
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.resolve.delegation import read_delegation
from pulumi_rdns.resolve.forward import DnsSource
from pulumi_rdns.resolve.outcomes import (
    NoData,
    NxDomain,
    QueryFailure,
    QueryOutcome,
    Records,
    ServerAnswer,
)
from pulumi_rdns.resolve.verdicts import Status

ZONE = dns.name.from_text("2.0.192.in-addr.arpa")
SOA = Records(
    frozenset({dns.rdata.from_text("IN", "SOA", "ns1.example.com. host.example.com. 1 2 3 4 5")})
)
REFUSED = QueryFailure("answered REFUSED")


def answer(
    server: str,
    outcome: QueryOutcome,
    zone: dns.name.Name | None = ZONE,
    address: str = "192.0.2.1",
) -> ServerAnswer:
    return ServerAnswer(server, address, ZONE, RdataType.SOA, outcome, zone)


def test_a_zone_that_all_its_servers_serve_is_found() -> None:
    found = read_delegation(ZONE, [answer("ns2.example", SOA), answer("ns1.example", SOA)])
    assert found.status is Status.FOUND
    assert found.servers == ("ns1.example", "ns2.example")
    assert found.detail == ""


def test_a_server_serves_it_where_one_of_its_addresses_does() -> None:
    lost = QueryFailure("did not answer")
    answers = [answer("ns1.example", SOA), answer("ns1.example", lost, address="2001:db8::1")]
    assert read_delegation(ZONE, answers).status is Status.FOUND


def test_a_server_that_does_not_serve_it_is_named() -> None:
    found = read_delegation(ZONE, [answer("ns1.example", SOA), answer("ns2.example", REFUSED)])
    assert found.status is Status.DISAGREE
    assert found.servers == ("ns1.example", "ns2.example")
    assert found.detail == "ns2.example answered REFUSED"


def test_where_none_serves_it_nothing_is_known() -> None:
    found = read_delegation(ZONE, [answer("ns1.example", REFUSED)])
    assert found.status is Status.UNKNOWN
    assert found.servers == ("ns1.example",)


@pytest.mark.parametrize("outcome", [NxDomain(), NoData()])
def test_the_no_of_the_zone_above_is_no_delegation(outcome: QueryOutcome) -> None:
    above = dns.name.from_text("192.in-addr.arpa")
    found = read_delegation(ZONE, [answer("ns.example", outcome, above)])
    assert (found.status, found.servers) == (Status.NONE, ())
    assert found.detail.startswith("ns.example ")


@pytest.mark.parametrize(
    ("outcome", "zone"),
    [(REFUSED, dns.name.from_text("in-addr.arpa")), (QueryFailure("did not answer"), None)],
)
def test_no_answer_says_nothing(outcome: QueryOutcome, zone: dns.name.Name | None) -> None:
    found = read_delegation(ZONE, [answer("ns.example", outcome, zone)])
    assert (found.status, found.servers) == (Status.UNKNOWN, ())


def test_delegations_in_the_small_internet(source: DnsSource) -> None:
    zones = [
        DnsName(name)
        for name in (
            "2.0.192.in-addr.arpa",
            "0/25.2.0.192.in-addr.arpa",
            "3.0.192.in-addr.arpa",
            "lame.example",
            "half.example",
        )
    ]
    reverse, classless, missing, lame, half = source.delegations(zones, 20.0)
    assert reverse is not None
    assert reverse.status is Status.FOUND
    assert reverse.servers == ("ns1.example.com", "ns2.example.com")
    assert classless is not None
    assert (classless.status, classless.servers) == (Status.FOUND, ("ns1.example.net",))
    assert missing is not None
    assert (missing.status, missing.servers) == (Status.NONE, ())
    assert lame is not None
    assert (lame.status, lame.servers) == (Status.UNKNOWN, ("ns1.example.net",))
    assert half is not None
    assert half.status is Status.DISAGREE
    assert "silent.half.example did not answer" in half.detail


def test_without_a_resolver_nothing_is_known() -> None:
    source = DnsSource(resolvers=[parse_endpoint("127.0.0.1:9")], timeout=0.5)
    (found,) = source.delegations([DnsName("2.0.192.in-addr.arpa")], 10.0)
    assert found is not None
    assert (found.status, found.servers) == (Status.UNKNOWN, ())
