"""Addresses are read from any spelling and written in one."""

from __future__ import annotations

import ipaddress

import dns.reversename
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import Address, parse_address, record_type, reverse_name
from pulumi_rdns.model.names import to_dns
from tests.model.strategies import addresses


def spellings(address: Address) -> list[str]:
    """Write one address in the ways that people do."""
    texts = [str(address), str(address).upper(), address.exploded, f" {address} "]
    if address.version == 4:
        texts += [f"::ffff:{address}", f"::FFFF:{address}"]
    return texts


@given(addresses)
def test_every_spelling_is_the_same_address(address: Address) -> None:
    assert {parse_address(text) for text in spellings(address)} == {address}


@given(addresses)
def test_reverse_and_forward_are_inverse(address: Address) -> None:
    assert dns.reversename.to_address(to_dns(reverse_name(address))) == str(address)


@given(addresses)
def test_the_type_follows_the_family(address: Address) -> None:
    assert record_type(address) == {4: "A", 6: "AAAA"}[address.version]


@given(st.text())
def test_any_text_is_an_address_or_one_clear_sentence(text: str) -> None:
    outcome: object
    try:
        outcome = parse_address(text)
    except InvalidInputError as error:
        outcome = [finding.reason for finding in error.findings]
    if isinstance(outcome, list):
        assert len(outcome) == 1
    else:
        assert isinstance(outcome, ipaddress.IPv4Address | ipaddress.IPv6Address)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("mail.example.com", "is not an IPv4 or IPv6 address"),
        ("192.0.2.0/24", "is a network"),
        ("192.0.2.010", "leading zeros"),
        ("192.0.2.256", "0 to 255"),
        ("192.0.2", "is not an IPv4 or IPv6 address"),
        ("fe80::1%eth0", "zone id"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("::ffff:224.0.0.1", "multicast"),
        ("0.0.0.0", "unspecified"),
        ("::", "unspecified"),
        ("255.255.255.255", "broadcast"),
        ("", "is not an IPv4 or IPv6 address"),
        (3221225994, "must be an IP address as text, not the number"),
        (None, "not nothing"),
        (["192.0.2.1"], "not a list"),
    ],
)
def test_what_no_host_can_have_is_refused_with_the_reason(value: object, reason: str) -> None:
    with pytest.raises(InvalidInputError, match=reason):
        parse_address(value)
