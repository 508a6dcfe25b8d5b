"""The zones of a backend, sorted, and the name servers that they name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import dns.name
import dns.rrset
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change, ListedZone
from pulumi_rdns.backends.memory import MemoryBackend, MemorySettings
from pulumi_rdns.errors import ConfigError, ZoneNotFoundError
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.records.zones import ZoneSummary, ask_anything, has_zone, servers_of, zones_of

REVERSE = "2.0.192.in-addr.arpa"
APEX = dns.name.from_text(REVERSE)


class Unlisted(MemoryBackend):
    """A server that lists no zones."""

    def list_zones(self) -> Sequence[ListedZone]:
        return None  # type: ignore[return-value]


class Broken(MemoryBackend):
    def find_zone(self, name: dns.name.Name) -> dns.name.Name:
        raise ConfigError("no")


def backend(kind: type[MemoryBackend] = MemoryBackend) -> MemoryBackend:
    return kind("memory", MemorySettings(zones=[REVERSE, "example.com"]), Path())


def test_zones_are_listed_in_the_order_of_their_names() -> None:
    found = zones_of(backend())
    assert found is not None
    assert [zone.name for zone in found] == [REVERSE, "example.com"]


def test_a_server_without_a_list_is_none() -> None:
    assert zones_of(backend(Unlisted)) is None


def test_a_zone_is_here_where_it_is_one_itself() -> None:
    there = backend()
    assert has_zone(there, DnsName("example.com"))
    assert not has_zone(there, DnsName("sub.example.com"))
    assert not has_zone(there, DnsName("example.net"))


def test_that_a_server_has_no_such_zone_is_an_answer() -> None:
    with pytest.raises(ZoneNotFoundError):
        backend().find_zone(dns.name.from_text("in-addr.arpa"))
    ask_anything(backend())
    with pytest.raises(ConfigError):
        ask_anything(backend(Broken))


def test_the_servers_are_those_of_the_ns_records_or_of_the_vendor() -> None:
    there = backend()
    summary = ZoneSummary(DnsName(REVERSE), servers=(DnsName("vendor.example"),))
    assert servers_of(there, ZoneSummary(DnsName(REVERSE))) == ()
    assert servers_of(there, summary) == ("vendor.example",)
    ns = dns.rrset.from_text(APEX, 300, "IN", "NS", "ns2.example.com.", "NS1.example.com.")
    there.apply(APEX, [Change(APEX, RdataType.NS, None, ns)])
    assert servers_of(there, summary) == ("ns1.example.com", "ns2.example.com")
