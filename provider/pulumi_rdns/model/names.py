"""Hostnames and zone names: read from any spelling, written in one."""

from __future__ import annotations

import ipaddress
import re

import dns.exception
import dns.name
import idna

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import describe

_LDH = re.compile(rb"[a-z0-9]([a-z0-9-]*[a-z0-9])?\Z")


def parse_hostname(value: object) -> dns.name.Name:
    """Read the name of a host: letters, digits and hyphens (RFC 952, RFC 1123 section 2.1).

    Upper case, a trailing dot and internationalised labels (IDNA 2008) are accepted; the result
    is absolute, in lower case, in A-labels.

    >>> str(parse_hostname("Mail.Example.COM."))
    'mail.example.com.'
    >>> str(parse_hostname("bücher.example"))
    'xn--bcher-kva.example.'

    Raises InvalidInputError with the reason.
    """
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
    return dns.name.Name([*labels, b""])


def parse_zone(value: object) -> dns.name.Name:
    """Read the name of a zone. Unlike a hostname it may hold ``_`` and ``/`` (RFC 2317).

    >>> str(parse_zone("0/25.2.0.192.IN-ADDR.ARPA"))
    '0/25.2.0.192.in-addr.arpa.'
    """
    name = _absolute(_text(value, "a zone name"))
    return dns.name.Name([label.lower() for label in name.labels])


def name_text(name: dns.name.Name) -> str:
    """Write a name as it stands in the state: no trailing dot, except for the root.

    >>> name_text(parse_hostname("Mail.Example.com."))
    'mail.example.com'
    """
    return name.to_text(omit_final_dot=True)


def canonical(name: dns.name.Name) -> dns.name.Name:
    """Bring a name that a server gave into the form that is compared and stored: lower case."""
    return name.canonicalize()


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
