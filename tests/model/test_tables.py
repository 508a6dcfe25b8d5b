"""Many records at once."""

from __future__ import annotations

import ipaddress

import dns.name
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import DnsName, from_dns
from pulumi_rdns.model.tables import (
    address_list,
    address_order,
    canonical_address,
    zone_in,
)
from tests.model.strategies import (
    address_texts,
    almost_addresses,
    outcome,
)


@given(st.one_of(address_texts, almost_addresses))
def test_an_address_is_read_as_that_of_a_single_record_is(text: str) -> None:
    assert outcome(canonical_address, text) == outcome(parse_address, text)


@given(st.lists(address_texts))
def test_addresses_are_sorted_as_numbers_and_those_of_ipv4_first(texts: list[str]) -> None:
    expected = sorted(map(ipaddress.ip_address, texts), key=lambda one: (one.version, int(one)))
    assert sorted(texts, key=address_order) == [str(one) for one in expected]


def test_neighbours_are_one_range() -> None:
    texts = [f"192.0.2.{at}" for at in (1, 2, 3, 9)] + ["2001:db8::ffff", "2001:db8::1:0"]
    expected = "192.0.2.1 to 192.0.2.3, 192.0.2.9, 2001:db8::ffff to 2001:db8::1:0"
    assert address_list(reversed(texts)) == expected


@given(st.sets(st.integers(0, 400)))
def test_a_list_of_addresses_names_each_of_them_once(numbers: set[int]) -> None:
    first = int(ipaddress.ip_address("192.0.2.0"))
    texts = [str(ipaddress.ip_address(first + number)) for number in numbers]
    named: list[int] = []
    for run in filter(None, address_list(texts).split(", ")):
        begin, _, end = run.partition(" to ")
        low, high = (int(ipaddress.ip_address(one)) for one in (begin, end or begin))
        named += range(low - first, high - first + 1)
    assert named == sorted(numbers)


labels = st.sampled_from([b"a", b"b", b"a.b", b"\\"])
dns_names = st.lists(labels, max_size=4).map(lambda found: dns.name.Name([*found, b""]))


@given(dns_names, st.lists(dns_names, max_size=4))
def test_the_zone_of_a_name_is_the_longest_that_contains_it(
    name: dns.name.Name, zones: list[dns.name.Name]
) -> None:
    expected = max((zone for zone in zones if name.is_subdomain(zone)), key=len, default=None)
    found = zone_in(from_dns(name), {from_dns(zone) for zone in zones})
    assert found == (None if expected is None else from_dns(expected))


def test_a_name_in_no_zone_has_none() -> None:
    assert zone_in(DnsName("mail.example.com"), []) is None
    assert zone_in(DnsName("mail.example.com"), [DnsName(".")]) == "."
