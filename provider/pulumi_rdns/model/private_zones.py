"""Reverse zones of networks that the public DNS delegates to nobody."""

from __future__ import annotations

import ipaddress

from pulumi_rdns.model.addresses import reverse_name
from pulumi_rdns.model.names import DnsName, is_subdomain

#: RFC 1918, RFC 6598, RFC 3927 and loopback; RFC 4193 and RFC 4291 section 2.5.6. Not those of
#: documentation, which are private in `ipaddress`
_NETWORKS = (
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"),
    *("127.0.0.0/8", "fc00::/7", "fe80::/10"),
)


def is_private_zone(zone: DnsName) -> bool:
    """Whether all addresses of a reverse zone are private (RFC 6303, RFC 7793).

    >>> is_private_zone("16.172.in-addr.arpa"), is_private_zone("172.in-addr.arpa")
    (True, False)
    >>> is_private_zone("0/25.1.168.192.in-addr.arpa"), is_private_zone("0.0.d.f.ip6.arpa")
    (True, True)
    """
    return any(is_subdomain(zone, top) for top in _TOPS)


def _tops(text: str) -> list[DnsName]:
    """Return the largest reverse zones of a network: they end at an octet or a digit."""
    network = ipaddress.ip_network(text)
    bits = 8 if network.version == 4 else 4
    length = -(-network.prefixlen // bits) * bits
    cut = (network.max_prefixlen - length) // bits
    names = [reverse_name(one.network_address) for one in network.subnets(new_prefix=length)]
    return [DnsName(name.split(".", cut)[cut]) for name in names]


_TOPS = [top for text in _NETWORKS for top in _tops(text)]
