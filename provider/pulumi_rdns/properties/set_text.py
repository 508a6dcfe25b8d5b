r"""The texts of a set of records: a line for each, sorted by address, each ended by a newline.

A text of lines is what the engine handles fastest, and shows best in a diff. Addresses are in the
form of RFC 5952.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import cast

from msgspec.structs import replace

from pulumi_rdns.errors import Finding, InvalidInputError
from pulumi_rdns.model.fills import Fill, parse_network
from pulumi_rdns.model.names import PLAIN_HOSTNAME, DnsName, parse_hostname, stored_name
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.states import Previous
from pulumi_rdns.model.tables import PLAIN_ADDRESS, Table, address_order, canonical_address

#: findings of one property that are listed; the rest is counted
MAX_FINDINGS = 20

#: stands in a text of written records for an address that the fill names and nothing was written at
_NOTHING = "-"
#: lines of both, one after the other: a microsecond each, a tenth of what one at a time takes
_PLAIN_LINES = re.compile(rf"(?:{PLAIN_ADDRESS} (?=.{{1,253}}\n){PLAIN_HOSTNAME}\n)*+", re.ASCII)


def table_text(table: Mapping[str, str]) -> str:
    r"""Write a table, or addresses and anything else.

    >>> table_text({"192.0.2.10": "b.example.com", "192.0.2.9": "a.example.com"})
    '192.0.2.9 a.example.com\n192.0.2.10 b.example.com\n'
    """
    return "".join(f"{key} {table[key]}\n" for key in sorted(table, key=address_order))


def read_table(text: str) -> Table:
    """Read what `table_text` wrote of a table."""
    return cast(Table, _lines(text))


def live_text(table: Table, several: Mapping[str, Sequence[DnsName]]) -> str:
    r"""Write what was seen: a line has all hostnames of its address, joined by ", ".

    >>> live_text({}, {"192.0.2.9": ["a.example.com", "b.example.com"]})
    '192.0.2.9 a.example.com, b.example.com\n'
    """
    joined = {address: ", ".join(names) for address, names in several.items()}
    return table_text({**table, **joined} if joined else table)


def read_live(text: str) -> tuple[Table, Mapping[str, tuple[DnsName, ...]]]:
    """Read what `live_text` wrote."""
    if ", " not in text:
        return read_table(text), {}
    lines = _lines(text)
    several = {
        address: tuple(map(stored_name, names.split(", ")))
        for address, names in lines.items()
        if ", " in names
    }
    single = {
        address: stored_name(name) for address, name in lines.items() if address not in several
    }
    return single, several


def previous_text(table: Mapping[str, Previous]) -> str:
    r"""Write what stood at addresses before: a line has the TTL, or ``-``, and all hostnames.

    >>> previous_text({"192.0.2.9": Previous(True, ("a.example.com", "b.example.com"), 300)})
    '192.0.2.9 300 a.example.com, b.example.com\n'
    """
    return table_text(
        {
            address: f"{_NOTHING if one.ttl is None else one.ttl} {', '.join(one.hostnames)}"
            for address, one in table.items()
        }
    )


def read_previous(text: str) -> Mapping[str, Previous]:
    """Read what `previous_text` wrote."""
    found = {}
    for address, rest in _lines(text).items():
        ttl, _, names = rest.partition(" ")
        hostnames = tuple(map(stored_name, names.split(", ")))
        found[address] = Previous(True, hostnames, None if ttl == _NOTHING else int(ttl))
    return found


def check_table(
    text: str, unreadable: Sequence[str] = ()
) -> tuple[Table, Collection[str], list[Finding]]:
    """Read a line ``address hostname`` for each record, in any spelling and order.

    Returns the records that are right, the addresses of those and of all whose hostname is not,
    and one finding, about the property ``records``, for each that cannot be right, those that are
    known already to be ``unreadable`` first.
    """
    if not unreadable and _PLAIN_LINES.fullmatch(text):
        plain = read_table(text)
        if len(plain) == text.count("\n"):
            return plain, plain.keys(), []
    table: dict[str, DnsName] = {}
    spelled: dict[str, str] = {}
    reasons = [*unreadable]
    for line in text.splitlines():
        address, _, hostname = line.partition(" ")
        try:
            key = canonical_address(address)
        except InvalidInputError as error:
            reasons.append(str(error))
            continue
        if key in spelled:
            reasons.append(_twice(key, spelled[key], address))
        spelled[key] = address
        try:
            table[key] = parse_hostname(hostname)
        except InvalidInputError as error:
            reasons.append(f"{key}: {error}")
    return table, spelled.keys(), findings("records", reasons)


def exclude_text(exclude: Iterable[str]) -> str:
    """Write addresses and networks, a line each."""
    return "".join(f"{text}\n" for text in exclude)


def written_text(written: Table, records: PtrSetRecords) -> str:
    r"""Write what was written, with a fill as one line where that is shorter.

    >>> records = PtrSetRecords(network=parse_network("192.0.2.0/30"), fill="{d}.example.net")
    >>> written_text({**records.table, "192.0.2.1": "gw.example.net"}, records)
    '192.0.2.0/30 {d}.example.net\n192.0.2.1 gw.example.net\n'
    """
    fill = replace(records, exclude=()).filled
    others: dict[str, str] = {
        key: value for key, value in written.items() if fill.get(key) != value
    }
    others |= {key: _NOTHING for key in fill if key not in written}
    if len(others) >= len(written):
        return table_text(written)
    return f"{records.network} {records.fill}\n" * bool(fill) + table_text(others)


def read_written(text: str) -> Table:
    """Read what `written_text` wrote."""
    first, _, rest = text.partition("\n")
    network, _, pattern = first.partition(" ")
    if "/" not in network:
        return read_table(text)
    written = {**Fill(parse_network(network), pattern).table(), **read_table(rest)}
    return {key: value for key, value in written.items() if value != _NOTHING}


def findings(subject: str, reasons: list[str]) -> list[Finding]:
    """Return findings of one property: the first twenty, and a count of the rest."""
    found = [Finding(subject, reason) for reason in reasons[:MAX_FINDINGS]]
    if len(reasons) > MAX_FINDINGS:
        found.append(Finding(subject, f"and {len(reasons) - MAX_FINDINGS:,} more"))
    return found


@functools.lru_cache(maxsize=2)
def _lines(text: str) -> Mapping[str, str]:
    """Read lines; the last two texts are remembered: one operation reads the same one twice."""
    return dict(line.split(" ", 1) for line in text.splitlines())


def _twice(key: str, first: str, second: str) -> str:
    spellings = f", as {first} and as {second}" if first != second else ""
    return f"{key} is there twice{spellings}"
