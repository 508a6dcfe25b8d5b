"""What people paste where a hostname, an address or a network is asked for. Pure."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import Address, parse_address

_PORT = re.compile(r"(?P<host>[^:]+|\[[^]]*\]):\d+\Z")
_RANGE = re.compile(r"[0-9.]+-[0-9.]+\Z|[0-9a-f:]*:[0-9a-f:]*-[0-9a-f:]+\Z", re.IGNORECASE)
#: an address in brackets, as in logs of mail servers and in mail addresses (RFC 5321 section 4.1.3)
_BRACKETED = re.compile(r"\[(?:IPv6:)?(?P<address>[0-9a-f:.]+)\]\Z", re.IGNORECASE)
#: zone of reverse names -> form of its labels, bits of a label, labels of a whole address
_REVERSE_ZONES = {
    ".in-addr.arpa": (re.compile(r"(?:[1-9]?[0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])\Z"), 8, 4),
    ".ip6.arpa": (re.compile(r"[0-9a-f]\Z"), 4, 32),
}


def refuse_other_things(text: str) -> None:
    """Raise InvalidInputError for what names a host and something else too."""
    if "://" in text:
        raise InvalidInputError(f"{text!r} is a URL; give its hostname alone{_host_of(text)}")
    if "@" in text.strip("@"):
        domain = text.rpartition("@")[2]
        raise InvalidInputError(f"{text!r} is a mail address; give its domain alone: {domain}")
    if "," in text or ";" in text:
        raise InvalidInputError(f"{text!r} is a list; write a space between two names")
    if _RANGE.match(text):
        raise InvalidInputError(f"{text!r} is a range; give addresses or networks")
    if found := _PORT.match(text):
        raise InvalidInputError(f"{text!r} has a port; leave it out: {found['host']}")


def _host_of(url: str) -> str:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    return f": {host}" if host else ""


def read_address(text: str) -> Address | None:
    """Read an address, also in brackets or as its reverse name; None where it is neither.

    >>> read_address("[192.0.2.10]"), read_address("10.2.0.192.in-addr.arpa.")
    (IPv4Address('192.0.2.10'), IPv4Address('192.0.2.10'))
    >>> read_address("mail.example.com")

    Raises InvalidInputError where it is a mistaken address, or the name of a reverse zone.
    """
    if found := _BRACKETED.match(text):
        return parse_address(found["address"])
    if ":" in text or text.replace(".", "").isdigit():
        return parse_address(text)
    name = text.lower().removesuffix(".")
    for zone, (label, bits, whole) in _REVERSE_ZONES.items():
        labels = name.removesuffix(zone).split(".")[::-1]
        if name.endswith(zone) and len(labels) <= whole and all(map(label.match, labels)):
            return _of_reverse_labels(text, labels, bits, whole)
    return None


def _of_reverse_labels(text: str, labels: list[str], bits: int, whole: int) -> Address:
    padded = [*labels, *["0"] * (whole - len(labels))]
    groups = padded if bits == 8 else ["".join(padded[at : at + 4]) for at in range(0, whole, 4)]
    first = (":" if bits == 4 else ".").join(groups)
    if len(labels) == whole:
        return parse_address(first)
    network = ipaddress.ip_network(f"{first}/{len(labels) * bits}")
    raise InvalidInputError(f"{text!r} is a reverse zone; give its network: {network}")
