"""Which zones may hold the PTR record of an address."""

from __future__ import annotations

import pytest

from pulumi_rdns.model.addresses import may_hold, reverse_name
from pulumi_rdns.model.names import DnsName


@pytest.mark.parametrize(
    ("zone", "address", "expected"),
    [
        ("2.0.192.in-addr.arpa", "192.0.2.10", True),
        ("in-addr.arpa", "192.0.2.10", True),
        ("10.2.0.192.in-addr.arpa", "192.0.2.10", True),
        # RFC 2317: the zone of a part of a network, with any label
        ("0/25.2.0.192.in-addr.arpa", "192.0.2.10", True),
        ("0-31.2.0.192.in-addr.arpa", "192.0.2.10", True),
        ("10.customer.2.0.192.in-addr.arpa", "192.0.2.10", True),
        ("11.2.0.192.in-addr.arpa", "192.0.2.10", True),
        # a CNAME may lead to any other zone
        ("example.com", "192.0.2.10", True),
        ("2.0.193.in-addr.arpa", "192.0.2.10", False),
        ("3.0.192.in-addr.arpa", "192.0.2.10", False),
        ("0/25.2.0.193.in-addr.arpa", "192.0.2.10", False),
        ("8.b.d.0.1.0.0.2.ip6.arpa", "192.0.2.10", False),
        ("8.b.d.0.1.0.0.2.ip6.arpa", "2001:db8::10", True),
        ("9.b.d.0.1.0.0.2.ip6.arpa", "2001:db8::10", False),
        ("2.0.192.in-addr.arpa", "2001:db8::10", False),
    ],
)
def test_a_reverse_zone_of_another_network_holds_no_record_of_an_address(
    zone: str, address: str, expected: bool
) -> None:
    assert may_hold(DnsName(zone), reverse_name(address)) is expected
