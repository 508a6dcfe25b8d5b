"""Settings that name a DNS server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.endpoints import Endpoint, parse_endpoint, parse_resolver, split_port
from pulumi_rdns.model.names import DnsName, stored_name
from tests.model.strategies import addresses, hostnames


@pytest.mark.parametrize(
    ("text", "shown", "port"),
    [
        ("ns1.example.net", "ns1.example.net", 53),
        (" NS1.Example.NET. ", "ns1.example.net", 53),
        ("ns1.example.net:5353", "ns1.example.net:5353", 5353),
        ("192.0.2.53", "192.0.2.53", 53),
        ("192.0.2.53:53", "192.0.2.53", 53),
        ("192.0.2.53:5353", "192.0.2.53:5353", 5353),
        ("2001:DB8::53", "2001:db8::53", 53),
        ("[2001:db8::53]", "2001:db8::53", 53),
        ("[2001:db8::53]:5353", "[2001:db8::53]:5353", 5353),
    ],
)
def test_every_spelling_of_a_server_is_read(text: str, shown: str, port: int) -> None:
    endpoint = parse_endpoint(text)
    assert (str(endpoint), endpoint.port) == (shown, port)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "host or host:port"),
        (53, "host or host:port"),
        ("ns1.example.net:", "the port must be a number from 1 to 65535"),
        ("ns1.example.net:dns", "the port must be a number from 1 to 65535"),
        ("192.0.2.53:0", "the port must be a number from 1 to 65535"),
        ("192.0.2.53:65536", "the port must be a number from 1 to 65535"),
        ("192.0.2.256", "not an IPv4 or IPv6 address"),
        ("2001:db8::53:port:53", "not an IPv4 or IPv6 address"),
        ("[2001:db8::53", "not an IPv4 or IPv6 address"),
        ("fe80::1%eth0", "zone id"),
        ("ns_1.example.net", "underscore"),
        ("dns", "single label"),
    ],
)
def test_what_names_no_server_is_refused_with_the_reason(text: object, reason: str) -> None:
    with pytest.raises(InvalidInputError, match=reason):
        parse_endpoint(text)


@given(addresses | hostnames.map(stored_name), st.integers(1, 65535))
def test_what_is_written_is_read_back(host: Address | DnsName, port: int) -> None:
    endpoint = Endpoint(host, port)
    assert parse_endpoint(str(endpoint)) == endpoint


@pytest.mark.parametrize("text", ["192.0.2.53", "[2001:db8::53]:5353", " 192.0.2.53:53 "])
def test_a_resolver_is_read_as_any_server_is(text: str) -> None:
    assert parse_resolver(text) == parse_endpoint(text)


def test_a_resolver_that_is_a_name_is_refused_since_nobody_could_look_it_up() -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_resolver("ns1.example.net:53")
    assert str(caught.value) == "'ns1.example.net:53' is a name; a resolver is given by its address"


@given(st.text(max_size=20))
def test_any_text_is_a_server_or_one_clear_sentence(text: str) -> None:
    reasons: list[str] = []
    try:
        endpoint = parse_endpoint(text)
    except InvalidInputError as error:
        reasons = [finding.reason for finding in error.findings]
    else:
        assert parse_endpoint(str(endpoint)) == endpoint
    assert len(reasons) <= 1


@pytest.mark.parametrize("port", ["0", "65536", "-1", "5 3", "\u0665\u0663", "+53"])
def test_a_port_that_is_none_is_refused_with_what_was_given(port: str) -> None:
    with pytest.raises(InvalidInputError, match="the port must be a number from 1 to 65535"):
        split_port(f"ns1.example.net:{port}")
