"""Where a DNS server listens, as a setting writes it."""

from __future__ import annotations

import ipaddress
import re

import msgspec

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import Address, parse_address
from pulumi_rdns.model.names import DnsName, parse_hostname

_BRACKETED = re.compile(r"\[([^\]]*)\](?::(.*))?\Z")


class Endpoint(msgspec.Struct, frozen=True):
    """A DNS server: its address, or its hostname, and its port.

    >>> str(parse_endpoint("ns1.example.net:5353")), str(parse_endpoint("[2001:DB8::53]:53"))
    ('ns1.example.net:5353', '2001:db8::53')
    """

    host: Address | DnsName
    port: int = 53

    def __str__(self) -> str:
        if isinstance(self.host, str):
            return f"{self.host}:{self.port}" if self.port != 53 else str(self.host)
        host = f"[{self.host}]" if self.host.version == 6 and self.port != 53 else str(self.host)
        return f"{host}:{self.port}" if self.port != 53 else host


def parse_endpoint(text: object) -> Endpoint:
    """Read ``host`` or ``host:port``. An IPv6 address with a port stands in brackets.

    >>> parse_endpoint("192.0.2.53")
    Endpoint(host=IPv4Address('192.0.2.53'), port=53)

    Raises InvalidInputError with the reason.
    """
    if not isinstance(text, str) or not text.strip():
        raise InvalidInputError("must be a DNS server as text: host or host:port")
    host, port = _split(text.strip())
    return Endpoint(_host(host), _port(port, text))


def parse_resolver(text: object) -> Endpoint:
    """Read a server that is given by its address: to find the address of a name takes a resolver.

    Raises InvalidInputError with the reason.
    """
    endpoint = parse_endpoint(text)
    if isinstance(endpoint.host, str):
        raise InvalidInputError(f"{text!r} is a name; a resolver is given by its address")
    return endpoint


def _split(text: str) -> tuple[str, str | None]:
    if bracketed := _BRACKETED.match(text):
        return bracketed[1], bracketed[2]
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return host, port
    return text, None


def _host(text: str) -> Address | DnsName:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        # Not an address in the form; what looks like one still deserves the address's reason.
        looks_numeric = ":" in text or text.replace(".", "").isdigit()
        return parse_address(text) if looks_numeric else parse_hostname(text)
    return parse_address(text)


def _port(text: str | None, whole: str) -> int:
    if text is None:
        return 53
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise InvalidInputError(f"{whole!r}: the port must be a number from 1 to 65535")
    return int(text)
