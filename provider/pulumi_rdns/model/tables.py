"""Many PTR records at once: address -> hostname, both canonical text.

In a table of thousands an address is text in the form of RFC 5952: an `ipaddress` object for each
would take more time than the server does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from socket import AF_INET6, inet_aton, inet_pton
from typing import TypeAlias

from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import DnsName, parent

#: canonical address -> hostname
Table: TypeAlias = Mapping[str, DnsName]

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
#: a canonical IPv4 address of a single host, as a regular expression; it finds most, not all
PLAIN_ADDRESS = rf"(?:22[0-3]|2[01]\d|1\d\d|[1-9]\d?)\.{_OCTET}\.{_OCTET}\.{_OCTET}"
_PLAIN_ADDRESS = re.compile(rf"{PLAIN_ADDRESS}\Z", re.ASCII)


def canonical_address(text: str) -> str:
    """Return an address in any spelling in the form of RFC 5952. Raises InvalidInputError.

    >>> canonical_address("2001:DB8:0::10")
    '2001:db8::10'
    """
    return text if _PLAIN_ADDRESS.match(text) else str(parse_address(text))


def address_order(address: str) -> bytes:
    """Return the sort key of a canonical address: IPv4 first, then by number."""
    if ":" in address:
        return b"6" + inet_pton(AF_INET6, address)
    return b"4" + inet_aton(address)


def address_list(addresses: Iterable[str]) -> str:
    """Return addresses as a sentence has them: sorted, with neighbours as one range.

    >>> address_list(["192.0.2.3", "192.0.2.1", "192.0.2.2", "2001:db8::1"])
    '192.0.2.1 to 192.0.2.3, 2001:db8::1'
    """
    runs: list[list[str]] = []
    last = -2
    for address in sorted(addresses, key=address_order):
        number = int.from_bytes(address_order(address))
        if number == last + 1:
            runs[-1][1:] = [address]
        else:
            runs.append([address])
        last = number
    return ", ".join(" to ".join(run) for run in runs)


def zone_in(owner: DnsName, zones: Collection[DnsName]) -> DnsName | None:
    """Return the one of several zones that contains a name: the longest match; None for none.

    >>> zone_in("10.2.0.192.in-addr.arpa", ["0.192.in-addr.arpa", "2.0.192.in-addr.arpa"])
    '2.0.192.in-addr.arpa'
    """
    while owner not in zones:
        if owner == ".":
            return None
        owner = parent(owner)
    return owner
