"""A whole small Internet on loopback: a root, top-level domains, domains, and a resolver.

Everything listens on port 53 of a loopback network of its own, so that referrals work as they do
outside and nothing else on the machine is touched.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.dns import FakeDns, relay_to, silent
from tests.servers.bind import Bind, BindResolver
from tests.servers.process import zone_text

ROOT, TOP, NS1, NS2, OTHER, RESOLVER, SILENT, CLOSED = 1, 2, 11, 12, 13, 53, 98, 99
DOMAINS = (NS1, NS2, OTHER)

TOPS = ("com", "net", "example", "in-addr.arpa", "ip6.arpa")

#: zone -> the servers that it is delegated to
DELEGATIONS = {
    "example.com": {"ns1.example.com": NS1, "ns2.example.com": NS2},
    "example.net": {"ns1.example.net": OTHER},
    "lag.example": {"ns1.example.com": NS1, "ns2.example.com": NS2},
    "child.example.com": {"ns1.example.net": OTHER},
    "both.example.com": {"ns1.example.com": NS1, "ns1.example.net": OTHER},
    "lame.example": {"ns1.example.net": OTHER},
    "half.example": {"ns1.example.com": NS1, "silent.half.example": SILENT},
    "silent.example": {"ns.silent.example": SILENT},
    "closed.example": {"ns.closed.example": CLOSED},
    "2.0.192.in-addr.arpa": {"ns1.example.com": NS1, "ns2.example.com": NS2},
    "0/25.2.0.192.in-addr.arpa": {"ns1.example.net": OTHER},
    "8.b.d.0.1.0.0.2.ip6.arpa": {"ns1.example.com": NS1, "ns2.example.com": NS2},
}

#: zone -> its records, on all of its servers alike
RECORDS = {
    "example.com": """
        mail A 192.0.2.10
        mail AAAA 2001:db8::10
        v4only A 192.0.2.11
        robin A 192.0.2.10
        robin A 192.0.2.11
        Upper A 192.0.2.12
        www CNAME mail
        outside CNAME web.example.net.
        chain CNAME hop.example.net.
        circle CNAME circle.example.net.
        itself CNAME itself
        dangling CNAME nowhere.example.net.
        longlived 86400 A 192.0.2.7
        text TXT "not an address"
        @ MX 20 mail2.example.net.
        @ MX 10 mail
        nomail MX 0 .
        $GENERATE 1-99 many A 198.51.100.$
        $GENERATE 1-12 step$ CNAME step${1}
        step13 A 192.0.2.10
        """,
    "example.net": """
        web A 192.0.2.20
        hop CNAME www.example.com.
        circle CNAME circle.example.com.
        mail2 A 192.0.2.21
        """,
    "lag.example": "host A 192.0.2.7",
    "child.example.com": "host A 192.0.2.30",
    "both.example.com": "host A 192.0.2.31",
    "half.example": "host A 192.0.2.40",
    "2.0.192.in-addr.arpa": """
        $GENERATE 0-127 $ CNAME $.0/25
        200 PTR Upper.Example.COM.
        201 PTR mail.example.com.
        201 PTR www.example.com.
        """,
    "0/25.2.0.192.in-addr.arpa": "10 PTR mail.example.com.",
    "8.b.d.0.1.0.0.2.ip6.arpa": "0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 PTR"
    " mail.example.com.",
}


@dataclass
class Internet:
    """The running servers. Addresses are text; records of the zones are in `RECORDS`."""

    prefix: str
    servers: dict[int, Bind]
    #: what listens on port 53 in front of each server, and remembers what was asked
    fronts: dict[int, FakeDns]

    def at(self, number: int) -> str:
        return f"{self.prefix}.{number}"

    @property
    def resolver(self) -> str:
        return self.at(RESOLVER)

    def change(self, zone: str, number: int, records: str, *, serial: int) -> None:
        """Serve other records in the zone, on one of its servers."""
        self.servers[number].change(zone, _zone(self.prefix, zone, records, serial))


@contextlib.contextmanager
def small_internet(folder: Path) -> Iterator[Internet]:
    """Run all of it. Raises PermissionError where port 53 may not be bound.

    named listens on addresses of an interface only, and of its network the loopback has one. So
    each named has a high port of 127.0.0.1, and a relay in front of it has the address.
    """
    prefix = _free_prefix()
    texts = {name: _zone(prefix, name, records) for name, records in RECORDS.items()}
    named: dict[int, Bind] = {
        ROOT: Bind(folder / "root", {".": zone_text(_root(prefix))}),
        TOP: Bind(folder / "top", {name: zone_text(_top(prefix, name)) for name in TOPS}),
        **{number: Bind(folder / f"{number}", _served(number, texts)) for number in DOMAINS},
        RESOLVER: BindResolver(folder / "resolver", root=f"{prefix}.{ROOT}"),
    }
    with contextlib.ExitStack() as stack:
        for server in named.values():
            stack.enter_context(server)
        answers = {number: relay_to(one.address, one.port) for number, one in named.items()}
        fronts = {
            number: stack.enter_context(FakeDns(answer, address=f"{prefix}.{number}", port=53))
            for number, answer in (answers | {SILENT: silent}).items()
        }
        yield Internet(prefix, named, fronts)


def _free_prefix() -> str:
    """Pick a network that no other process of a test run picks."""
    first = os.getpid()
    for number in range(first, first + 1000):
        prefix = f"127.{53 + number // 256 % 200}.{number % 256}"
        with socket.socket(type=socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((f"{prefix}.{ROOT}", 53))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                return prefix
    raise OSError("no free loopback network for the servers")


def _parent(zone: str) -> str:
    above = [name for name in (*DELEGATIONS, *TOPS) if zone.endswith(f".{name}")]
    return max(above, key=len)


def _root(prefix: str) -> str:
    delegations = [f"{top} NS top.servers.example." for top in TOPS]
    glue = f"root. A {prefix}.{ROOT}\ntop.servers.example. A {prefix}.{TOP}"
    return "\n".join(["@ NS root.", *delegations, glue])


def _top(prefix: str, top: str) -> str:
    apex = "@ NS top.servers.example."
    glue = f"\ntop.servers.example. A {prefix}.{TOP}" if top == "example" else ""
    return apex + glue + "\n" + _delegations(prefix, top)


def _zone(prefix: str, zone: str, records: str, serial: int = 1) -> str:
    apex = "".join(f"@ NS {host}.\n" for host in DELEGATIONS[zone])
    lines = "\n".join(line.strip() for line in records.strip().splitlines())
    text = f"{apex}{_glue(prefix, zone, [zone])}{_delegations(prefix, zone)}{lines}"
    return zone_text(text, serial=serial)


def _delegations(prefix: str, parent: str) -> str:
    below = [zone for zone in DELEGATIONS if _parent(zone) == parent]
    lines = [f"{zone}. NS {host}.\n" for zone in below for host in DELEGATIONS[zone]]
    return "".join(lines) + _glue(prefix, parent, below)


def _glue(prefix: str, zone: str, delegated: list[str]) -> str:
    hosts = {host: number for name in delegated for host, number in DELEGATIONS[name].items()}
    return "".join(
        f"{host}. A {prefix}.{number}\n"
        for host, number in hosts.items()
        if host.endswith(f".{zone}")
    )


def _served(number: int, texts: dict[str, str]) -> dict[str, str]:
    return {zone: text for zone, text in texts.items() if number in DELEGATIONS[zone].values()}
