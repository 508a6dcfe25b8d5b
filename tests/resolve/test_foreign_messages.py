"""Whatever a DNS server sends, it is an outcome: nothing is raised."""

from __future__ import annotations

import asyncio

import dns.asyncquery
import dns.exception
import dns.message
import dns.name
import pytest
from dns.rdatatype import RdataType
from hypothesis import given

from pulumi_rdns.resolve.authoritative_servers import answers_in
from pulumi_rdns.resolve.outcomes import (
    is_about_name,
    read_outcome,
    tells_zone,
)
from pulumi_rdns.resolve.query import DnsClient
from tests.fakes.dns_messages import NAME, ZONE, mutated

NAMES = [dns.name.from_text(name) for name in (NAME, "mail.example.com.")]
PARENTS = [dns.name.from_text(name) for name in (ZONE, "com.", ".")]


@given(mutated())
def test_each_reply_is_an_outcome(wire: bytes) -> None:
    """As the client reads what comes over TCP, which dnspython does not guard."""

    async def said(query: dns.message.Message, *_: object, **__: object) -> dns.message.Message:
        return dns.message.from_wire(query.to_wire()[:2] + wire[2:])

    async def truncated(*_: object, **__: object) -> dns.message.Message:
        raise dns.message.Truncated

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dns.asyncquery, "udp", truncated)
        patch.setattr(dns.asyncquery, "tcp", said)
        for name in NAMES:
            for rdtype in (RdataType.PTR, RdataType.A, RdataType.MX, RdataType.SOA, RdataType.NS):
                reply = asyncio.run(DnsClient(1.0).query(("127.0.0.1", 9), name, rdtype))
                read_outcome(reply, name, rdtype)
                is_about_name(reply)
                answers_in(reply, rdtype)
                for zone in PARENTS:
                    tells_zone(reply, zone, name)
