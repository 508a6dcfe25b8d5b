"""Which reverse zones the public DNS delegates to nobody."""

from __future__ import annotations

import pytest

from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.private_zones import is_private_zone


@pytest.mark.parametrize(
    "zone",
    [
        "10.in-addr.arpa",
        "2.1.10.in-addr.arpa",
        "31.172.in-addr.arpa",
        "64.100.in-addr.arpa",
        "127.100.in-addr.arpa",
        "254.169.in-addr.arpa",
        "128/25.0.168.192.in-addr.arpa",
        "c.f.ip6.arpa",
        "8.b.d.0.d.f.ip6.arpa",
        "b.e.f.ip6.arpa",
    ],
)
def test_a_zone_inside_a_private_network_is_private(zone: str) -> None:
    assert is_private_zone(DnsName(zone))


@pytest.mark.parametrize(
    "zone",
    [
        "in-addr.arpa",
        "172.in-addr.arpa",
        "32.172.in-addr.arpa",
        "63.100.in-addr.arpa",
        "128.100.in-addr.arpa",
        "110.in-addr.arpa",
        "2.0.192.in-addr.arpa",
        "f.ip6.arpa",
        "c.e.f.ip6.arpa",
        "8.b.d.0.1.0.0.2.ip6.arpa",
    ],
)
def test_any_other_zone_is_public(zone: str) -> None:
    assert not is_private_zone(DnsName(zone))
