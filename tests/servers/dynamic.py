"""What the servers that take dynamic updates have in common: their keys, and their transfers."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import dns.message
import dns.name
import dns.query
import dns.tsig
import dns.zone
from dns.rdatatype import RdataType

from tests.servers.process import DnsServer, zone_text

Server = TypeVar("Server", bound=DnsServer)

REVERSE = "2.0.192.in-addr.arpa"
FORWARD = "example.com"

#: what every server of the update tests serves, and nobody may change
ZONES = {
    REVERSE: """
        @ NS ns1.example.com.
        200 CNAME 200.0/25
        200.0/25 PTR alias.example.com.
        250 PTR foreign.example.com.
        250 PTR second.example.com.
        251 PTR Mixed.Case.Example.COM.
        child NS ns.elsewhere.example.
        *.pool PTR unassigned.example.com.
        """,
    "128/25.2.0.192.in-addr.arpa": """
        @ NS ns1.example.com.
        200 CNAME elsewhere.example.com.
        """,
    FORWARD: """
        @ NS ns1.example.com.
        ns1 A 192.0.2.53
        200 CNAME www
        robin A 198.51.100.201
        robin A 198.51.100.202
        robin TXT "stays"
        """,
}


@dataclass(frozen=True)
class Key:
    """A TSIG key, as servers and settings write it."""

    name: str
    secret: str = field(repr=False)
    algorithm: str = "hmac-sha256"

    def clause(self) -> str:
        """Write it as BIND does, in its configuration and in key files."""
        return f'key "{self.name}" {{ algorithm {self.algorithm}; secret "{self.secret}"; }};\n'


#: may change everything
FULL = Key("rdns-test", "bmV2ZXIgdXNlZCBmb3IgYSByZWFsIHpvbmUh")
#: may change PTR records only
NARROW = Key("ptr-only", "YW5vdGhlciBzZWNyZXQgb2Ygbm8gdXNlLi4u")


def zones(primary: str = "ns1.example.net.") -> dict[str, str]:
    """Give the zones as master files; ``primary`` is the SOA's MNAME."""
    return {name: zone_text(records, primary=primary) for name, records in ZONES.items()}


def transfer(server: DnsServer, zone: str) -> dict[tuple[str, str], tuple[int, list[str]]]:
    """Read a whole zone by AXFR: (owner, type) -> TTL and sorted values, without the SOA."""
    answers = dns.query.xfr(
        server.address, zone, port=server.port, relativize=False, lifetime=20, timeout=20
    )
    read = dns.zone.from_xfr(answers, relativize=False)
    return {
        (name.canonicalize().to_text(), RdataType(rdataset.rdtype).name): (
            rdataset.ttl,
            sorted(rdata.to_text() for rdata in rdataset),
        )
        for name, rdataset in read.iterate_rdatasets()
        if rdataset.rdtype != RdataType.SOA
    }


def serial(server: DnsServer, zone: str) -> int:
    """Ask for the serial of a zone."""
    query = dns.message.make_query(zone, "SOA", flags=0)
    reply = dns.query.tcp(query, server.address, port=server.port, timeout=5)
    number: int = reply.answer[0][0].serial
    return number


def started(kind: type[Server], folder: Path, served: dict[str, str] | None = None) -> Server:
    """Start a server with `ZONES` or others, or skip the test with the reason; in CI, fail it."""
    import pytest  # demonstrations and benchmarks use this module where there is none

    if not kind.available():
        reason = f"{kind.program} is not installed (Debian package {kind.package})"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return kind(folder, zones() if served is None else served).start()
