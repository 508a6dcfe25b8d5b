"""Names as Route 53 writes them: an escape is ``\\`` and three octal digits. Pure.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import dns.name
import dns.rdata
from dns.rdatatype import RdataType

#: characters of labels which sort after the dot, however they are written
_SURE = re.compile(rb"[a-z0-9_]*")
_OCTAL = re.compile(r"\\([0-3][0-7]{2})")
#: bytes that stand for themselves
_PLAIN = frozenset(range(0x21, 0x7F)) - set(b'\\."')


def from_octal(text: str) -> str:
    r"""Return a name as a master file has it, where an escape has decimal digits.

    >>> print(from_octal(r"0\05725.2.0.192.in-addr.arpa."))
    0\04725.2.0.192.in-addr.arpa.
    """
    return _OCTAL.sub(lambda found: f"\\{int(found[1], 8):03d}", text)


def to_octal(name: dns.name.Name) -> str:
    r"""Return an absolute name as Route 53 takes it.

    >>> print(to_octal(dns.name.from_text(r"a\.b.0/25.example")))
    a\056b.0/25.example.
    """
    labels = ("".join(map(_character, label)) for label in name.labels)
    return ".".join(labels) or "."


def value_of(rdata: dns.rdata.Rdata) -> str:
    """Return a value as Route 53 takes it."""
    if rdata.rdtype == RdataType.PTR:
        return to_octal(rdata.target)  # type: ignore[attr-defined]
    return rdata.to_text()


def sort_key(name: dns.name.Name) -> str:
    """Return what Route 53 sorts names by: the text, its labels reversed.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html
    """
    return ".".join(reversed(to_octal(name)[:-1].split("."))) + "."


def runs(names: Iterable[dns.name.Name], zone: dns.name.Name) -> list[list[dns.name.Name]]:
    """Split names of a zone into lists that can be read from the first one on.

    One list has those whose order is beyond doubt, sorted: a character that sorts before the dot
    may stand before it or after it. Each other one is a list of its own.
    """
    sure: list[dns.name.Name] = []
    others: list[dns.name.Name] = []
    for name in names:
        inside = b"".join(name.labels[: -len(zone.labels)])
        (sure if _SURE.fullmatch(inside) else others).append(name)
    return [run for run in (sorted(sure, key=sort_key), *([name] for name in others)) if run]


def _character(byte: int) -> str:
    return chr(byte) if byte in _PLAIN else f"\\{byte:03o}"
