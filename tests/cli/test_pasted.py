"""What people paste: what is read, and what the sentence about the rest says."""

from __future__ import annotations

import ipaddress

import pytest

from pulumi_rdns.cli.pasted import read_address, refuse_other_things
from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import parse_address, reverse_name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://mail.example.com/x", "is a URL; give its hostname alone: mail.example.com"),
        ("smtp://mail.example.com:25", "is a URL; give its hostname alone: mail.example.com"),
        ("http://[::1", "is a URL; give its hostname alone"),
        ("://", "is a URL; give its hostname alone"),
        ("user@example.com", "is a mail address; give its domain alone: example.com"),
        ("a@b@example.com", "is a mail address; give its domain alone: example.com"),
        ("192.0.2.10,192.0.2.11", "is a list; write a space between two names"),
        ("a.example.com;b.example.com", "is a list; write a space between two names"),
        ("192.0.2.10-20", "is a range; give addresses or networks"),
        ("192.0.2.10-192.0.2.20", "is a range; give addresses or networks"),
        ("2001:db8::1-2001:db8::f", "is a range; give addresses or networks"),
        ("mail.example.com:25", "has a port; leave it out: mail.example.com"),
        ("[2001:db8::10]:25", "has a port; leave it out: [2001:db8::10]"),
    ],
)
def test_what_is_more_than_a_name_is_refused_with_what_to_give(text: str, said: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        refuse_other_things(text)
    assert str(caught.value) == f"{text!r} {said}"


@pytest.mark.parametrize(
    "text",
    [
        "mail.example.com",
        "mail-1.example.com",
        "1-2.example.com",
        "192.0.2.10",
        "192.0.2.0/24",
        "2001:db8::10",
        "[2001:db8::10]",
        "2001:db8::/120",
        "::ffff:192.0.2.10",
        "@",
    ],
)
def test_a_name_an_address_and_a_network_are_left_to_their_readers(text: str) -> None:
    refuse_other_things(text)


@pytest.mark.parametrize("text", ["192.0.2.10", "192.0.2.1", "2001:db8::10", "2001:db8::"])
def test_an_address_is_read_from_its_reverse_name_and_from_brackets(text: str) -> None:
    address = parse_address(text)
    reverse = reverse_name(address)
    for spelling in (text, f"[{text}]", f"[IPv6:{text}]", reverse, f"{reverse.upper()}."):
        assert read_address(spelling) == address


@pytest.mark.parametrize(
    "network", ["192.0.0.0/8", "192.0.2.0/24", "0.0.0.0/8", "2001:db8::/32", "2001:db8::/124"]
)
def test_a_reverse_zone_is_refused_with_its_network(network: str) -> None:
    parsed = ipaddress.ip_network(network)
    labels = parsed.prefixlen // (8 if parsed.version == 4 else 4)
    whole = reverse_name(str(parsed.network_address)).split(".")
    zone = ".".join(whole[len(whole) - 2 - labels :])
    with pytest.raises(InvalidInputError) as caught:
        read_address(zone)
    assert str(caught.value) == f"{zone!r} is a reverse zone; give its network: {network}"


@pytest.mark.parametrize(
    "text",
    [
        "mail.example.com",
        "in-addr.arpa",
        "mail.2.0.192.in-addr.arpa",
        "1.2.3.4.5.in-addr.arpa",
        "300.2.0.192.in-addr.arpa",
        "256.in-addr.arpa",
        "010.2.0.192.in-addr.arpa",
        "[mail.example.com]",
        "",
    ],
)
def test_other_names_are_no_addresses(text: str) -> None:
    assert read_address(text) is None


@pytest.mark.parametrize(
    "text", ["0.0.0.0.in-addr.arpa", "192.0.2.300", "[1:2]", "1.1.1.224.in-addr.arpa"]
)
def test_a_mistaken_address_is_one_sentence(text: str) -> None:
    with pytest.raises(InvalidInputError):
        read_address(text)
