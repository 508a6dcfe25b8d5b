"""Hostnames and zone names: read from any spelling, kept in one.

Inside this package a name is a `DnsName`: canonical text. Only this module makes one. dnspython's
objects are for what speaks DNS: `to_dns` and `from_dns` convert.
"""

from __future__ import annotations

import ipaddress
import re
from typing import NewType

import dns.exception
import dns.name
import idna

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.structs import describe

#: a full name in canonical text: lower case, A-labels, no final dot; the root is ``.``. Characters
#: that need it are escaped as in a master file (RFC 1035 section 5.1)
DnsName = NewType("DnsName", str)

_LDH = re.compile(rb"[a-z0-9]([a-z0-9-]*[a-z0-9])?\Z")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
#: a hostname in canonical text, as a regular expression; it finds most of them, not all
PLAIN_HOSTNAME = rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?"
_PLAIN_HOSTNAME = re.compile(rf"(?=.{{1,253}}\Z){PLAIN_HOSTNAME}\Z")


def parse_hostname(value: object) -> DnsName:
    """Read the name of a host: letters, digits and hyphens (RFC 952, RFC 1123 section 2.1).

    Upper case, a trailing dot and internationalised labels (IDNA 2008) are accepted.

    >>> parse_hostname("Mail.Example.COM.")
    'mail.example.com'
    >>> parse_hostname("bücher.example")
    'xn--bcher-kva.example'

    Raises InvalidInputError with the reason.
    """
    if isinstance(value, str) and _PLAIN_HOSTNAME.match(value):
        return DnsName(value)
    text = _text(value, "a hostname")
    if _is_address(text):
        raise InvalidInputError(f"{text!r} is an IP address, not a hostname")
    name = _absolute(text)
    labels = [label.lower() for label in name.labels[:-1]]
    if labels[:1] == [b"*"]:
        raise InvalidInputError(f"{text!r} is a wildcard, which names no single host")
    for label in labels:
        if b"_" in label:
            raise InvalidInputError(
                f"{text!r} has an underscore, which a hostname cannot have (RFC 1123 section 2.1)"
            )
        if not _LDH.match(label):
            shown = label.decode("ascii", "replace")
            raise InvalidInputError(
                f"{text!r}: the label {shown!r} may hold only letters, digits and inner hyphens"
            )
    if len(labels) == 1:
        raise InvalidInputError(
            f"{text!r} is a single label; write the full name, as in mail.example.com"
        )
    if labels[-1].isdigit():
        raise InvalidInputError(f"{text!r} ends in a number, which no top-level domain is")
    return from_dns(name)


def parse_zone(value: object) -> DnsName:
    """Read the name of a zone. Unlike a hostname it may have ``_`` and ``/`` in it (RFC 2317).

    >>> parse_zone("0/25.2.0.192.IN-ADDR.ARPA")
    '0/25.2.0.192.in-addr.arpa'

    Raises InvalidInputError with the reason.
    """
    return from_dns(_absolute(_text(value, "a zone name")))


def stored_name(text: str) -> DnsName:
    """Take a name out of the state, where it was written in canonical text."""
    return DnsName(text)


def from_dns(name: dns.name.Name) -> DnsName:
    """Return the canonical text of an absolute name of dnspython, in any case."""
    return DnsName(name.canonicalize().to_text(omit_final_dot=True))


def to_dns(name: DnsName) -> dns.name.Name:
    """Return the name as dnspython's absolute name."""
    return dns.name.from_text(name, dns.name.root)


def parent(name: DnsName) -> DnsName:
    r"""Return the name without its first label; of a top-level domain the root.

    >>> [parent(DnsName(name)) for name in ("mail.example.com", "com", r"a\.b.example")]
    ['example.com', '.', 'example']
    """
    if "\\" not in name:
        return DnsName(name.partition(".")[2] or ".")
    return DnsName(to_dns(name).parent().to_text(omit_final_dot=True))


def below(label: str, zone: DnsName) -> DnsName:
    """Return the name of one label below a zone.

    >>> below("*", DnsName("example.com"))
    '*.example.com'
    """
    return DnsName(label if zone == "." else f"{label}.{zone}")


def is_subdomain(name: DnsName, zone: DnsName) -> bool:
    r"""Whether the name is the zone itself or below it.

    >>> is_subdomain(DnsName("mail.example.com"), DnsName("example.com"))
    True
    >>> is_subdomain(DnsName("example.com"), DnsName("ample.com"))
    False
    """
    if name == zone or zone == ".":
        return True
    if not name.endswith(f".{zone}"):
        return False
    return "\\" not in name or to_dns(name).is_subdomain(to_dns(zone))


def name_order(name: DnsName) -> tuple[str, ...]:
    """Return the sort key of a name: its labels, the top-level domain first (RFC 4034 6.1).

    >>> sorted(map(DnsName, ["a.example.net", "b.example.com", "example.com"]), key=name_order)
    ['example.com', 'b.example.com', 'a.example.net']
    """
    if "\\" in name:
        return tuple(label.decode("latin-1") for label in reversed(to_dns(name).labels[:-1]))
    return tuple(reversed(name.split("."))) if name != "." else ()


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise InvalidInputError(f"must be {what} as text, not {describe(value)}")
    text = value.strip()
    if not text or text == ".":
        raise InvalidInputError(f"is empty; {what} is needed")
    if any(character.isspace() for character in text):
        raise InvalidInputError(f"{text!r} has a space in it")
    return text


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.rstrip(".").strip("[]"))
    except ValueError:
        return False
    return True


def _absolute(text: str) -> dns.name.Name:
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    try:
        if not text.isascii():
            text = idna.encode(text, uts46=True, std3_rules=False).decode("ascii")
        if text in ("@", "."):
            raise InvalidInputError(f"{shown!r} stands for another name; write the full name")
        return dns.name.from_text(text, dns.name.root)
    except dns.name.EmptyLabel:
        raise InvalidInputError(f"{shown!r} has an empty label (two dots in a row)") from None
    except dns.name.LabelTooLong:
        raise InvalidInputError(
            f"{shown!r} has a label of more than 63 characters (RFC 1035 section 2.3.4)"
        ) from None
    except dns.name.NameTooLong:
        raise InvalidInputError(
            f"{shown!r} is longer than 253 characters (RFC 1035 section 2.3.4)"
        ) from None
    except (idna.IDNAError, dns.exception.DNSException, UnicodeError) as cause:
        raise InvalidInputError(f"{shown!r} is not a valid name: {cause}") from None
