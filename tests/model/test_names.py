"""Names are read from any spelling and written in one."""

from __future__ import annotations

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.names import (
    DnsName,
    below,
    from_dns,
    is_subdomain,
    name_order,
    parent,
    parse_hostname,
    parse_zone,
    to_dns,
)
from tests.model.strategies import any_labels, dns_names, hostnames, spelled


@given(hostnames, st.data())
def test_case_and_the_trailing_dot_do_not_matter(hostname: str, data: st.DataObject) -> None:
    mixed = data.draw(spelled(hostname))
    dot = data.draw(st.sampled_from(["", "."]))
    assert parse_hostname(mixed + dot) == hostname


@given(hostnames)
def test_the_stored_form_is_stable(hostname: str) -> None:
    once = parse_hostname(hostname)
    assert parse_hostname(once) == once


@given(st.text(max_size=300))
def test_any_text_is_a_hostname_or_one_clear_sentence(text: str) -> None:
    try:
        name = parse_hostname(text)
    except InvalidInputError as error:
        reasons = [finding.reason for finding in error.findings]
    else:
        reasons = []
        assert not name.endswith(".")
        assert len(name) <= 253
        assert name.isascii()
    assert len(reasons) <= 1


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("Mail.Example.COM.", "mail.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example.", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("3com.example", "3com.example"),
        ("0.example.com", "0.example.com"),
        ("  mail.example.com ", "mail.example.com"),
    ],
)
def test_what_is_unusual_but_valid_stays_valid(text: str, stored: str) -> None:
    assert parse_hostname(text) == stored


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "is empty"),
        (".", "is empty"),
        ("mail example.com", "has a space"),
        ("mail_1.example.com", "underscore"),
        (f"{'a' * 64}.example.com", "more than 63 characters"),
        (".".join(["abcdefghi"] * 26), "longer than 253 characters"),
        ("192.0.2.10", "is an IP address"),
        ("2001:db8::10", "is an IP address"),
        ("mail", "single label"),
        ("*.example.com", "wildcard"),
        ("mail..example.com", "empty label"),
        ("-mail.example.com", "letters, digits and inner hyphens"),
        ("mail-.example.com", "letters, digits and inner hyphens"),
        ("example.com;drop", "letters, digits and inner hyphens"),
        ("mail.example.123", "ends in a number"),
        (7, "must be a hostname as text, not the number 7"),
        (None, "not nothing"),
    ],
)
def test_what_cannot_be_a_hostname_is_refused_with_the_reason(value: object, reason: str) -> None:
    with pytest.raises(InvalidInputError, match=reason):
        parse_hostname(value)


@pytest.mark.parametrize("text", ["@", "\uff20", "\u3002"])
def test_what_stands_for_the_origin_is_no_name(text: str) -> None:
    for parse in (parse_hostname, parse_zone):
        with pytest.raises(
            InvalidInputError, match=r"stands for another name|is empty|not a valid"
        ):
            parse(text)


def test_a_zone_may_be_named_as_rfc_2317_does() -> None:
    assert parse_zone("0/25.2.0.192.IN-ADDR.ARPA.") == "0/25.2.0.192.in-addr.arpa"
    assert parse_zone("_tcp.example.com") == "_tcp.example.com"


@given(dns_names)
def test_any_name_of_the_dns_has_a_text_that_is_read_as_that_name(name: dns.name.Name) -> None:
    text = from_dns(name)
    assert text.isascii()
    assert not any(character.isspace() for character in text)
    assert to_dns(text) == name
    assert from_dns(to_dns(text)) == text


@given(st.lists(any_labels, min_size=1, max_size=5))
def test_a_name_has_one_text_in_whatever_case_it_is_served(labels: list[bytes]) -> None:
    name = dns.name.Name([*labels, b""])
    upper = dns.name.Name([*(label.upper() for label in labels), b""])
    assert from_dns(upper) == from_dns(name) == from_dns(name)


@given(dns_names.filter(lambda name: name != dns.name.root))
def test_a_zone_of_any_name_is_read_from_its_text(name: dns.name.Name) -> None:
    assert parse_zone(from_dns(name)) == from_dns(name)
    assert parse_zone(f"{from_dns(name)}.") == from_dns(name)


@given(dns_names)
def test_the_parent_of_a_name_is_the_one_that_dnspython_has(name: dns.name.Name) -> None:
    expected = dns.name.root if name == dns.name.root else name.parent()
    assert parent(from_dns(name)) == from_dns(expected)


@st.composite
def two_names(draw: st.DrawFn) -> tuple[dns.name.Name, dns.name.Name]:
    """Make a name and another that is often above it, or looks as if it were."""
    name = draw(dns_names)
    above = dns.name.Name(name.labels[draw(st.integers(0, len(name.labels) - 1)) :])
    joined = b".".join(name.labels[:2]) or b"x"
    alike = dns.name.Name([joined[:63], *name.labels[2:-1], b""]).canonicalize()
    return draw(st.sampled_from([name, alike])), draw(st.sampled_from([above, name]) | dns_names)


@given(two_names())
def test_a_name_is_below_a_zone_where_dnspython_says_so(
    names: tuple[dns.name.Name, dns.name.Name],
) -> None:
    name, zone = names
    assert is_subdomain(from_dns(name), from_dns(zone)) == name.is_subdomain(zone)


def test_a_dot_inside_a_label_makes_no_zone_of_what_follows() -> None:
    assert not is_subdomain(DnsName(r"a\.example.com"), DnsName("example.com"))
    assert is_subdomain(DnsName(r"a\.b.example.com"), DnsName("example.com"))


@given(st.lists(dns_names, max_size=6))
def test_names_are_sorted_as_dnspython_sorts_them(names: list[dns.name.Name]) -> None:
    texts = [from_dns(name) for name in names]
    assert sorted(texts, key=name_order) == [from_dns(name) for name in sorted(names)]


@given(dns_names)
def test_a_name_below_a_zone_has_that_zone_as_its_parent(zone: dns.name.Name) -> None:
    name = below("*", from_dns(zone))
    assert parent(name) == from_dns(zone)
    assert to_dns(name) == dns.name.Name([b"*", *zone.labels])
