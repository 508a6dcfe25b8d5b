"""Which hostnames look generated from their address, and which only look a little like it."""

from __future__ import annotations

import pytest

from pulumi_rdns.cli.generic_names import why_generic
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import parse_hostname


@pytest.mark.parametrize(
    ("hostname", "address"),
    [
        ("static-192-0-2-10.example.net", "192.0.2.10"),
        ("10.2.0.192.static.example.net", "192.0.2.10"),
        ("host-192-000-002-010.example.net", "192.0.2.10"),
        ("192000002010.example.net", "192.0.2.10"),
        ("ip10.ip-192-0-2.example.net", "192.0.2.10"),
        ("c000020a.example.net", "192.0.2.10"),
        ("dyn-10.example.net", "192.0.2.10"),
        ("p10.adsl.example.net", "192.0.2.10"),
        ("2001-db8--10.example.net", "2001:db8::10"),
        ("2001-db8-0-0-0-0-0-10.example.net", "2001:db8::10"),
        ("20010db8000000000000000000000010.example.net", "2001:db8::10"),
        ("pool-10.example.net", "2001:db8::10"),
    ],
)
def test_a_name_made_of_the_address_looks_generated(hostname: str, address: str) -> None:
    assert why_generic(parse_hostname(hostname), parse_address(address))


@pytest.mark.parametrize(
    ("hostname", "address"),
    [
        ("mail.example.com", "192.0.2.10"),
        ("mx10.example.com", "192.0.2.10"),
        ("mail-2.dc10.example.com", "192.0.2.10"),
        ("pool.example.org", "192.0.2.10"),
        ("2.pool.example.org", "192.0.2.10"),
        ("dyn10.example", "192.0.2.10"),
        ("dynamo-10.example.com", "192.0.2.10"),
        ("static.example.com", "192.0.2.10"),
        ("192-0-2-11.example.com", "192.0.2.10"),
        ("cafe.example.com", "2001:db8::cafe"),
        ("mail-10.example.com", "2001:db8::10"),
    ],
)
def test_a_name_that_somebody_chose_does_not(hostname: str, address: str) -> None:
    assert why_generic(parse_hostname(hostname), parse_address(address)) is None
