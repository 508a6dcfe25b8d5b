"""Many PTR records at once: address -> hostname, and the one text that they are in the state.

In a table of thousands an address and a hostname are canonical text (RFC 5952; lower case,
A-labels, no trailing dot): an `ipaddress` object and a `dns.name.Name` for each would take more
time than the server does.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Collection, Iterable, Mapping
from socket import AF_INET6, inet_aton, inet_pton
from typing import TypeAlias

from pulumi_rdns.errors import Finding, InvalidInputError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import name_text, parse_hostname

#: canonical address -> canonical hostname
Table: TypeAlias = Mapping[str, str]

#: findings of one kind that are listed; the rest is counted
MAX_FINDINGS = 20

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_ADDRESS = rf"(?:22[0-3]|2[01]\d|1\d\d|[1-9]\d?)\.{_OCTET}\.{_OCTET}\.{_OCTET}"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOSTNAME = rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?"
#: canonical IPv4 addresses of single hosts; not all of them
_PLAIN_ADDRESS = re.compile(rf"{_ADDRESS}\Z", re.ASCII)
#: canonical hostnames; not all of them
_PLAIN_HOSTNAME = re.compile(rf"(?=.{{1,253}}\Z){_HOSTNAME}\Z")
#: lines of both, one after the other: a microsecond each, a tenth of what one at a time takes
_PLAIN_LINES = re.compile(rf"(?:{_ADDRESS} (?=.{{1,253}}\n){_HOSTNAME}\n)*+", re.ASCII)


def canonical_address(text: str) -> str:
    """Write an address in any spelling in the form of RFC 5952. Raises InvalidInputError.

    >>> canonical_address("2001:DB8:0::10")
    '2001:db8::10'
    """
    return text if _PLAIN_ADDRESS.match(text) else str(parse_address(text))


def canonical_hostname(text: str) -> str:
    """Write a hostname in any spelling in its canonical form. Raises InvalidInputError.

    >>> canonical_hostname("Mail.Example.COM.")
    'mail.example.com'
    """
    return text if _PLAIN_HOSTNAME.match(text) else name_text(parse_hostname(text))


def address_order(address: str) -> bytes:
    """Give the sort key of a canonical address: IPv4 first, then by number."""
    if ":" in address:
        return b"6" + inet_pton(AF_INET6, address)
    return b"4" + inet_aton(address)


def table_text(table: Mapping[str, str]) -> str:
    r"""Write a table: a line for each record, sorted by address, each ended by a newline.

    >>> table_text({"192.0.2.10": "b.example.com", "192.0.2.9": "a.example.com"})
    '192.0.2.9 a.example.com\n192.0.2.10 b.example.com\n'
    """
    return "".join(f"{key} {table[key]}\n" for key in sorted(table, key=address_order))


@functools.lru_cache(maxsize=2)
def known_table(text: str) -> Table:
    """Read a text that `table_text` wrote; a value may be several hostnames, joined by ", ".

    The last two are remembered: one operation reads the same text several times.
    """
    return dict(line.split(" ", 1) for line in text.splitlines())


def checked_table(text: str) -> tuple[Table, list[Finding]]:
    """Read a line ``address hostname`` for each record, in any spelling and order.

    Gives one finding, about the property ``records``, for each that cannot be right.
    """
    if _PLAIN_LINES.fullmatch(text):
        plain = known_table(text)
        if len(plain) == text.count("\n"):
            return plain, []
    table: dict[str, str] = {}
    spelled: dict[str, str] = {}
    reasons = []
    for line in text.splitlines():
        address, _, hostname = line.partition(" ")
        try:
            key = canonical_address(address)
        except InvalidInputError as error:
            reasons.append(str(error))
            continue
        if key in table:
            reasons.append(_twice(key, spelled.get(key, key), address))
        if key != address:
            spelled[key] = address
        try:
            table[key] = canonical_hostname(hostname)
        except InvalidInputError as error:
            table.setdefault(key, "")
            reasons.append(f"{key}: {error}")
    return table, findings("records", reasons)


def findings(subject: str, reasons: list[str]) -> list[Finding]:
    """Make findings of one property, the first twenty and a count of the rest."""
    found = [Finding(subject, reason) for reason in reasons[:MAX_FINDINGS]]
    if len(reasons) > MAX_FINDINGS:
        found.append(Finding(subject, f"and {len(reasons) - MAX_FINDINGS:,} more"))
    return found


def address_list(addresses: Iterable[str]) -> str:
    """Write addresses for a sentence: sorted, with neighbours as one range.

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


def reverse_text(address: str) -> str:
    """Write the reverse name of a canonical address.

    >>> reverse_text("192.0.2.10")
    '10.2.0.192.in-addr.arpa'
    """
    if ":" not in address:
        return ".".join(reversed(address.split("."))) + ".in-addr.arpa"
    digits = ipaddress.IPv6Address(address).packed.hex()
    return ".".join(reversed(digits)) + ".ip6.arpa"


def zone_in(owner: str, zones: Collection[str]) -> str | None:
    """Give the one of several zones that holds a name: the longest match; None where none does.

    >>> zone_in("10.2.0.192.in-addr.arpa", ["0.192.in-addr.arpa", "2.0.192.in-addr.arpa"])
    '2.0.192.in-addr.arpa'
    """
    while owner and owner not in zones:
        owner = owner.partition(".")[2]
    return owner or None


def _twice(key: str, first: str, second: str) -> str:
    spellings = f", as {first} and as {second}" if first != second else ""
    return f"{key} is there twice{spellings}"
