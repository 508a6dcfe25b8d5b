"""IP addresses: read from any spelling, written in one."""

from __future__ import annotations

import ipaddress
from typing import TypeAlias

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.names import DnsName, is_subdomain, parent
from pulumi_rdns.model.structs import describe

#: the zones of all reverse names
_REVERSE = ("in-addr.arpa", "ip6.arpa")

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse_address(value: object) -> Address:
    """Read one IPv4 or IPv6 address in any spelling.

    An IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2) is the IPv4 address.

    >>> parse_address("2001:DB8:0:0::10")
    IPv6Address('2001:db8::10')
    >>> parse_address("::ffff:192.0.2.10")
    IPv4Address('192.0.2.10')

    Raises InvalidInputError for anything that no single host can have.
    """
    if not isinstance(value, str):
        raise InvalidInputError(f"must be an IP address as text, not {describe(value)}")
    text = value.strip()
    if "/" in text:
        raise InvalidInputError(f"{text!r} is a network, not one IP address")
    if "%" in text:
        raise InvalidInputError(f"{text!r} has a zone id, which has no meaning in the DNS")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise InvalidInputError(f"{text!r} is not an IPv4 or IPv6 address{_hint(text)}") from None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_multicast:
        raise InvalidInputError(f"{text!r} is a multicast address, which no host has as its own")
    if address.is_unspecified:
        raise InvalidInputError(f"{text!r} is the unspecified address, which no host has")
    if address == ipaddress.IPv4Address("255.255.255.255"):
        raise InvalidInputError(f"{text!r} is the broadcast address, which no host has")
    return address


def _hint(text: str) -> str:
    octets = text.split(".")
    if len(octets) == 4 and all(part.isascii() and part.isdigit() for part in octets):
        if any(len(part) > 1 and part.startswith("0") for part in octets):
            return ": leading zeros are ambiguous (octal to some programs); leave them out"
        return ": each of the four numbers goes from 0 to 255"
    return ""


def reverse_name(address: Address | str) -> DnsName:
    """Return the name whose PTR record belongs to the address (RFC 1035 3.5, RFC 3596 2.5).

    >>> reverse_name(parse_address("192.0.2.10")), reverse_name("192.0.2.10")
    ('10.2.0.192.in-addr.arpa', '10.2.0.192.in-addr.arpa')

    Text is an address in the form of RFC 5952.
    """
    text = str(address)
    if ":" not in text:
        return DnsName(".".join(reversed(text.split("."))) + ".in-addr.arpa")
    digits = ipaddress.IPv6Address(text).packed.hex()
    return DnsName(".".join(reversed(digits)) + ".ip6.arpa")


def may_hold(zone: DnsName, reverse_name: DnsName) -> bool:
    """Whether a zone may hold the PTR record of a reverse name.

    A reverse zone does for the names below it, and for those that its parent zone may lead to it by
    CNAMEs: the zone of a part of a network, with any label (RFC 2317). A zone of another kind may
    be the target of a CNAME of any name.

    >>> may_hold("2.0.193.in-addr.arpa", "10.2.0.192.in-addr.arpa")
    False
    >>> may_hold("0-31.2.0.192.in-addr.arpa", "10.2.0.192.in-addr.arpa")
    True
    >>> may_hold("10.customer.2.0.192.in-addr.arpa", "10.2.0.192.in-addr.arpa")
    True
    """
    if is_subdomain(reverse_name, zone) or not is_reverse(zone):
        return True
    network = above = zone
    while above not in _REVERSE:
        if not _is_digit(above.partition(".")[0]):
            network = parent(above)
        above = parent(above)
    if network == zone:
        return parent(zone) == parent(reverse_name)
    return is_subdomain(reverse_name, network)


def is_reverse(zone: DnsName) -> bool:
    """Whether a zone is one of reverse names."""
    return zone.endswith(tuple(f".{top}" for top in _REVERSE)) or zone in _REVERSE


def _is_digit(label: str) -> bool:
    """Whether a label is that of an octet or of a hexadecimal digit."""
    return label.isdecimal() or (len(label) == 1 and label in "abcdef")


def record_type(address: Address) -> str:
    """Return the type of the forward record that holds the address: ``A`` or ``AAAA``."""
    return "A" if address.version == 4 else "AAAA"
