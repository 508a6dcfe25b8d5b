"""Hostnames made for every address of a network out of one pattern."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import TypeAlias, cast

import msgspec

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.names import parse_hostname
from pulumi_rdns.model.structs import describe
from pulumi_rdns.model.tables import Table

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

#: addresses that one fill may have: a /16 in IPv6, a /14 in IPv4
MAX_FILL = {4: 2**18, 6: 2**16}

_FIELD = re.compile(r"\{([a-z0-9]*)\}")
_FIELDS = {
    4: ("a", "b", "c", "d", "dashed"),
    6: ("dashed", "nibbles", *(f"n{at}" for at in range(1, 33))),
}


def parse_network(value: object) -> Network:
    """Read a network in CIDR notation. Raises InvalidInputError.

    >>> str(parse_network("2001:DB8::/112"))
    '2001:db8::/112'
    """
    if not isinstance(value, str):
        raise InvalidInputError(f"must be a network as text, not {describe(value)}")
    text = value.strip()
    if "/" not in text:
        raise InvalidInputError(f"{text!r} has no prefix length, as in 192.0.2.0/24")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise InvalidInputError(f"{text!r} is not an IPv4 or IPv6 network") from None
    address = text.split("/")[0]
    if ipaddress.ip_address(address) != network.network_address:
        raise InvalidInputError(
            f"{text!r} has bits set beyond its prefix; the network of {address} is {network}"
        )
    mapped = network.network_address.ipv4_mapped if network.version == 6 else None
    if mapped is not None and network.prefixlen >= 96:
        network = ipaddress.ip_network((mapped, network.prefixlen - 96))
    if network.is_multicast or network.network_address.is_unspecified:
        raise InvalidInputError(f"{text!r} is a network whose addresses no host has as its own")
    return network


class Fill(msgspec.Struct, frozen=True):
    """A pattern, and the network that it is for.

    Fields of IPv4: ``{a}.{b}.{c}.{d}``, and ``{dashed}``, which is ``192-0-2-10``. Of IPv6:
    ``{dashed}``, all eight groups of four digits with hyphens; ``{nibbles}``, all 32 hexadecimal
    digits; ``{n1}`` to ``{n32}``, one digit each, the highest first.
    """

    network: Network
    pattern: str

    def __post_init__(self) -> None:
        """Raises InvalidInputError for a field that there is not, or too large a network."""
        version = self.network.version
        for field in _FIELD.findall(self.pattern):
            if field not in _FIELDS[version]:
                known = ", ".join(f"{{{name}}}" for name in _FIELDS[version][:5])
                more = " to {n32}" if version == 6 else ""
                raise InvalidInputError(
                    f"unknown field {{{field}}}; IPv{version} patterns support {known}{more}",
                    "fill",
                )
        if re.search(r"[{}]", _FIELD.sub("", self.pattern)):
            raise InvalidInputError(
                f"{self.pattern!r} has a brace that is not part of a field", "fill"
            )
        if self.network.num_addresses > MAX_FILL[version]:
            raise InvalidInputError(
                f"{self.network} has more than {MAX_FILL[version]:,} addresses, the most that one "
                f"fill of IPv{version} may have; use several smaller networks",
                "network",
            )

    def table(self) -> Table:
        """Return the hostname of every address, without looking whether it is a valid one.

        >>> Fill(parse_network("192.0.2.8/31"), "host-{d}.example.com").table()
        {'192.0.2.8': 'host-8.example.com', '192.0.2.9': 'host-9.example.com'}
        """
        fields = _FIELD.findall(self.pattern)
        form = _FIELD.sub("%s", self.pattern.replace("%", "%%"))
        made = (
            _of_v4(fields, self.network)
            if self.network.version == 4
            else _of_v6(fields, self.network)
        )
        return cast(Table, {address: form % values for address, values in made})

    def findings(self) -> list[str]:
        """Return, a reason each, which hostnames of the table are not valid."""
        if not self.pattern.isascii():
            return [f"{self.pattern!r} has letters beyond ASCII; write such a label as an A-label"]
        reasons = []
        for address, hostname in self.table().items():
            try:
                parse_hostname(hostname)
            except InvalidInputError as error:
                reasons.append(f"{address}: {error}")
        return reasons


def canonical_pattern(pattern: str) -> str:
    """Return a pattern in the form that is stored: lower case, no dot at its end."""
    return pattern.strip().lower().rstrip(".")


def _of_v4(fields: list[str], network: Network) -> Iterator[tuple[str, tuple[str, ...]]]:
    at = ["abcd".find(field) for field in fields]
    octets = [str(octet) for octet in range(256)]
    first = int(network.network_address)
    for number in range(first, first + network.num_addresses):
        parts = (
            octets[number >> 24],
            octets[number >> 16 & 255],
            octets[number >> 8 & 255],
            octets[number & 255],
        )
        dashed = "-".join(parts)
        yield ".".join(parts), tuple([parts[one] if one >= 0 else dashed for one in at])


def _of_v6(fields: list[str], network: Network) -> Iterator[tuple[str, tuple[str, ...]]]:
    for address in network:
        digits = f"{int(address):032x}"
        known = {
            "nibbles": digits,
            "dashed": "-".join(digits[at : at + 4] for at in range(0, 32, 4)),
        }
        values = [known.get(field) or digits[int(field[1:]) - 1] for field in fields]
        yield str(address), tuple(values)
