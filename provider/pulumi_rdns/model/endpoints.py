"""Where a DNS server listens, as a setting writes it."""

from __future__ import annotations

import ipaddress
import re

import msgspec

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import Address, parse_address
from pulumi_rdns.model.names import DnsName, parse_hostname

DNS_PORT = 53
_BRACKETED = re.compile(r"\[([^\]]*)\](?::(.*))?\Z")


class Endpoint(msgspec.Struct, frozen=True):
    """A DNS server: its address, or its hostname, and its port.

    >>> str(parse_endpoint("ns1.example.net:5353")), str(parse_endpoint("[2001:DB8::53]:53"))
    ('ns1.example.net:5353', '2001:db8::53')
    """

    host: Address | DnsName
    port: int = DNS_PORT

    def __str__(self) -> str:
        return endpoint_text(str(self.host), self.port)


def parse_endpoint(text: object) -> Endpoint:
    """Read ``host`` or ``host:port``. An IPv6 address with a port stands in brackets.

    >>> parse_endpoint("192.0.2.53")
    Endpoint(host=IPv4Address('192.0.2.53'), port=53)

    Raises InvalidInputError with the reason.
    """
    if not isinstance(text, str) or not text.strip():
        raise InvalidInputError("must be a DNS server as text: host or host:port")
    host, port = split_port(text)
    return Endpoint(_host(host), port)


def parse_resolver(text: object) -> Endpoint:
    """Read a server that is given by its address: to find the address of a name takes a resolver.

    Raises InvalidInputError with the reason.
    """
    endpoint = parse_endpoint(text)
    if isinstance(endpoint.host, str):
        raise InvalidInputError(f"{text!r} is a name; a resolver is given by its address")
    return endpoint


def split_port(text: str) -> tuple[str, int]:
    """Split ``host[:port]``; the host may be anything, and an IPv6 address stands in brackets.

    >>> split_port("[2001:db8::53]:5353"), split_port("2001:db8::53"), split_port("ns1")
    (('2001:db8::53', 5353), ('2001:db8::53', 53), ('ns1', 53))

    Raises InvalidInputError for a port that is none.
    """
    host, port = _split(text.strip())
    if port is None:
        return host, DNS_PORT
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise InvalidInputError(f"{text!r}: the port must be a number from 1 to 65535")
    return host, int(port)


def endpoint_text(host: str, port: int) -> str:
    """Return what `split_port` reads: with the port where it is not 53.

    >>> endpoint_text("2001:db8::53", 5353), endpoint_text("2001:db8::53", 53)
    ('[2001:db8::53]:5353', '2001:db8::53')
    """
    if port == DNS_PORT:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


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
