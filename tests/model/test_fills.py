"""Hostnames made out of a pattern."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.fills import Fill, Network, canonical_pattern, parse_network


def test_the_octets_of_an_ipv4_address_make_its_hostname() -> None:
    table = Fill(parse_network("192.0.2.0/30"), "{a}-{b}-{c}-{d}.dyn.example.net").table()
    assert table == {
        "192.0.2.0": "192-0-2-0.dyn.example.net",
        "192.0.2.1": "192-0-2-1.dyn.example.net",
        "192.0.2.2": "192-0-2-2.dyn.example.net",
        "192.0.2.3": "192-0-2-3.dyn.example.net",
    }


@pytest.mark.parametrize(
    ("pattern", "hostname"),
    [
        ("{dashed}.example.net", "2001-0db8-0000-0000-0000-0000-0000-00ff.example.net"),
        ("{nibbles}.example.net", "20010db80000000000000000000000ff.example.net"),
        ("{n1}{n2}-{n31}{n32}.example.net", "20-ff.example.net"),
    ],
)
def test_the_fields_of_an_ipv6_address(pattern: str, hostname: str) -> None:
    assert Fill(parse_network("2001:db8::ff/128"), pattern).table() == {"2001:db8::ff": hostname}


def test_a_whole_slash_16_of_both_kinds() -> None:
    for text, pattern in (("10.0.0.0/16", "{dashed}.example"), ("2001:db8::/112", "x{n32}.a.b")):
        assert len(Fill(parse_network(text), pattern).table()) == 65536


@pytest.mark.parametrize(
    ("network", "pattern", "needed"),
    [
        ("192.0.2.0/24", "{e}.example.net", "unknown field {e}; IPv4 patterns support {a}"),
        ("2001:db8::/120", "{a}.example.net", "unknown field {a}; IPv6 patterns support"),
        ("192.0.2.0/24", "{a.example.net", "a brace that is not part of a field"),
        ("192.0.2.0/24", "{a.__class__}.example.net", "a brace that is not part of a field"),
        ("2001:db8::/111", "{dashed}.example.net", "more than 65,536 addresses"),
        ("10.0.0.0/8", "{dashed}.example.net", "more than 262,144 addresses"),
    ],
)
def test_a_pattern_or_network_that_cannot_be_is_refused(
    network: str, pattern: str, needed: str
) -> None:
    with pytest.raises(InvalidInputError, match=needed):
        Fill(parse_network(network), pattern)


def test_each_hostname_that_is_none_is_told() -> None:
    found = Fill(parse_network("192.0.2.0/31"), "host_{d}.example.net").findings()
    assert [reason.partition(":")[0] for reason in found] == ["192.0.2.0", "192.0.2.1"]
    assert "underscore" in found[0]
    (found_one,) = Fill(parse_network("192.0.2.0/31"), "bücher-{d}.example.net").findings()
    assert "A-label" in found_one


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        (3, "the number 3"),
        ("192.0.2.0", "no prefix length"),
        ("192.0.2.5/24", "the network of 192.0.2.5 is 192.0.2.0/24"),
        ("192.0.2.0/33", "not an IPv4 or IPv6 network"),
        ("mail/24", "not an IPv4 or IPv6 network"),
        ("224.0.0.0/24", "no host has"),
        ("0.0.0.0/16", "no host has"),
    ],
)
def test_what_is_no_network_is_refused(text: object, needed: str) -> None:
    with pytest.raises(InvalidInputError, match=needed):
        parse_network(text)


def test_an_ipv4_mapped_network_is_the_ipv4_network() -> None:
    assert str(parse_network("::ffff:192.0.2.0/120")) == "192.0.2.0/24"


networks = st.one_of(
    st.builds(
        lambda address, length: ipaddress.ip_network((address, length), strict=False),
        st.ip_addresses(v=4, network="192.0.2.0/24"),
        st.integers(26, 32),
    ),
    st.builds(
        lambda address, length: ipaddress.ip_network((address, length), strict=False),
        st.ip_addresses(v=6, network="2001:db8::/32"),
        st.integers(122, 128),
    ),
)


@given(networks)
def test_a_fill_has_every_address_of_its_network_with_a_hostname_of_its_own(
    network: Network,
) -> None:
    fill = Fill(parse_network(str(network)), "host-{dashed}.example.net")
    table = fill.table()
    assert [*table] == [str(address) for address in network]
    assert len({*table.values()}) == network.num_addresses
    assert fill.findings() == []
    for address, hostname in table.items():
        digits = ipaddress.ip_address(address).exploded.replace(".", "-").replace(":", "-")
        assert hostname == f"host-{digits}.example.net"


@given(networks)
def test_a_network_is_read_from_any_spelling(network: Network) -> None:
    for text in (str(network), str(network).upper(), network.exploded, f" {network} "):
        assert parse_network(text) == network


@given(st.text(max_size=30))
def test_any_text_is_a_network_or_one_clear_sentence(text: str) -> None:
    reasons: list[str] = []
    try:
        network = parse_network(text)
    except InvalidInputError as error:
        reasons = [finding.reason for finding in error.findings]
    else:
        assert parse_network(str(network)) == network
    assert len(reasons) <= 1


def test_a_percent_sign_is_no_field() -> None:
    found = Fill(parse_network("192.0.2.0/32"), "%s-{d}.example.net").table()
    assert found == {"192.0.2.0": "%s-0.example.net"}


def test_a_pattern_is_stored_in_lower_case_without_a_final_dot() -> None:
    assert canonical_pattern(" {A}-{D}.Dyn.Example.NET. ") == "{a}-{d}.dyn.example.net"
