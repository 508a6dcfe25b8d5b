"""Which targets of records look as if their final dot were missing in the zone."""

from __future__ import annotations

import pytest

from pulumi_rdns.model.missing_dots import dot_hint, with_dot_hint
from pulumi_rdns.model.names import DnsName, parse_hostname, parse_zone

NO_DOT = "the name in the zone is probably missing its final dot"


@pytest.mark.parametrize(
    "target",
    [
        "mail.example.com.2.0.192.in-addr.arpa",
        "mail.example.com.0.192.in-addr.arpa",
        "mail.example.com.in-addr.arpa",
        "mail.example.com.0/25.2.0.192.in-addr.arpa",
        "mail.example.com.0-127.2.0.192.in-addr.arpa",
        "mail.example.com.0_25.2.0.192.in-addr.arpa",
        "mail.example.com.office.2.0.192.in-addr.arpa",
        "mail10.example.com.2.0.192.in-addr.arpa",
        "mail.example.com.8.b.d.0.1.0.0.2.ip6.arpa",
        "mail.example.com.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
    ],
)
def test_a_hostname_in_a_reverse_zone_is_missing_its_final_dot(target: str) -> None:
    assert with_dot_hint(parse_zone(target)) == f"{target} ({NO_DOT})"


@pytest.mark.parametrize("target", ["mail.2.0.192.in-addr.arpa", "mail.8.b.d.0.1.0.0.2.ip6.arpa"])
def test_a_label_in_a_reverse_zone_is_missing_its_domain_too(target: str) -> None:
    assert dot_hint(parse_zone(target)) == NO_DOT.replace("its", "its domain and its")


@pytest.mark.parametrize(
    "target",
    [
        "10.2.0.192.in-addr.arpa",
        "10.0/25.2.0.192.in-addr.arpa",
        "2.0.192.in-addr.arpa",
        "a.0.8.b.d.0.1.0.0.2.ip6.arpa",
        "in-addr.arpa",
        "home.arpa",
        "mail.home.arpa",
        "mail.example.com",
    ],
)
def test_other_names_are_not_doubted(target: str) -> None:
    assert with_dot_hint(parse_zone(target)) == target


def test_the_root_is_no_reason_to_doubt() -> None:
    for target, owner in ((".", "mail.example.com"), ("mail.example.com", "."), (".", ".")):
        assert dot_hint(DnsName(target), DnsName(owner), is_missing=True) is None


@pytest.mark.parametrize(
    ("owner", "target"),
    [
        ("example.com", "mail.example.com.example.com"),
        ("www.example.com", "mail.example.com.example.com"),
        ("www.example.com", "www.example.com.example.com"),
        ("www.sub.example.com", "mail.example.com.sub.example.com"),
        ("www.example.co.uk", "mail.example.co.uk.example.co.uk"),
    ],
)
def test_a_target_that_has_its_own_domain_twice_is_missing_its_final_dot(
    owner: str, target: str
) -> None:
    assert dot_hint(parse_hostname(target), parse_hostname(owner)) == NO_DOT


@pytest.mark.parametrize(
    ("owner", "target"),
    [
        ("www.example.com", "mail.example.com"),
        ("www.example.com", "example.com"),
        ("www.example.com", "www.example.com"),
        ("www.example.com", "x.www.example.com"),
        ("www.example.com", "www.example.com.cdn.example.net"),
        ("www.example.com", "www.example.com.cdn.example.com"),
        ("www.example.com", "mail.de.example.com"),
        ("www.example.com", "com.example.com"),
        ("www.example.com", "web.example.net"),
    ],
)
def test_a_target_that_somebody_meant_is_not_doubted_even_if_it_does_not_exist(
    owner: str, target: str
) -> None:
    assert dot_hint(parse_hostname(target), parse_hostname(owner), is_missing=True) is None


def test_a_domain_of_others_below_the_own_zone_is_doubted_when_it_does_not_exist() -> None:
    target, owner = parse_hostname("web.example.net.example.com"), parse_hostname("a.example.com")
    assert dot_hint(target, owner, is_missing=True) == NO_DOT
    assert dot_hint(target, owner) is None
