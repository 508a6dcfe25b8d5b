"""Which PTR records a set has, as a program declares them and as they stand in the state."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Collection, Iterable, Mapping

import msgspec
from msgspec.structs import replace

from pulumi_rdns.errors import Finding, InvalidInputError
from pulumi_rdns.model.fills import Fill, Network, canonical_pattern, parse_network
from pulumi_rdns.model.tables import (
    Table,
    address_order,
    canonical_address,
    checked_table,
    findings,
    known_table,
    table_text,
)

#: stands in a text of written records for an address that the fill names and nothing was written at
_NOTHING = "-"


class PtrSetRecords(msgspec.Struct, frozen=True, dict=True):
    """Single records, and hostnames made for a network, without what is excluded."""

    records: Table = {}
    network: Network | None = None
    #: the pattern of the hostnames of all other addresses of the network
    fill: str | None = None
    #: canonical addresses and networks that the fill leaves out
    exclude: tuple[str, ...] = ()

    @functools.cached_property
    def filled(self) -> Table:
        """Give the records that the fill makes, those that a single record overrides too."""
        if self.fill is None or self.network is None:
            return {}
        table = dict(Fill(self.network, self.fill).table())
        for address in self._excluded():
            table.pop(address, None)
        return table

    @functools.cached_property
    def text(self) -> str:
        """Write the single records, a line each."""
        return table_text(self.records)

    @functools.cached_property
    def table(self) -> Table:
        """Give all records."""
        return {**self.filled, **self.records} if self.filled else self.records

    def live(self, live: Mapping[str, str]) -> PtrSetRecords:
        """Describe what is there at these addresses: the same fill, and what differs from it."""
        records = {
            address: live[address]
            for address in self.table
            if address in live and live[address] != self.filled.get(address)
        }
        # A record that says what the fill says anyhow stays as the program wrote it.
        kept = {
            address: hostname
            for address, hostname in self.records.items()
            if live.get(address) == hostname == self.filled.get(address)
        }
        gone = [address for address in self.filled if address not in live]
        exclude = sorted({*self.exclude, *gone}, key=exclude_order)
        return replace(self, records={**records, **kept}, exclude=tuple(exclude))

    def _excluded(self) -> Iterable[str]:
        for text in self.exclude:
            if "/" in text:
                for address in ipaddress.ip_network(text):
                    yield str(address)
            else:
                yield text


def checked_records(
    *,
    records: str = "",
    network: object = None,
    fill: object = None,
    exclude: Collection[object] = (),
) -> tuple[PtrSetRecords, list[Finding]]:
    """Bring the inputs of a set into their canonical form, with a finding for all that is wrong.

    ``records`` is a line ``address hostname`` for each.
    """
    table, found = checked_table(records)
    block = None
    if network is not None:
        try:
            block = parse_network(network)
        except InvalidInputError as error:
            found.append(Finding("network", str(error)))
    if block is not None:
        found += findings("records", [f"{key} is not in {block}" for key in _outside(table, block)])
    pattern, wrong = _checked_fill(fill, block, named=network is not None)
    left_out, wrong_exclude = _checked_exclude(exclude, block, filled=fill is not None)
    found += wrong + wrong_exclude
    both = [key for key in left_out if key in table]
    found += findings(
        "exclude", [f"{key} is in records too; leave one of them out" for key in both]
    )
    return PtrSetRecords(table, block, pattern, left_out), found


def _outside(addresses: Iterable[str], network: Network) -> list[str]:
    first = address_order(str(network[0]))
    last = address_order(str(network[-1]))
    return [key for key in addresses if not first <= address_order(key) <= last]


def _checked_fill(
    fill: object, network: Network | None, *, named: bool
) -> tuple[str | None, list[Finding]]:
    if fill is None:
        return None, []
    if not isinstance(fill, str) or not fill.strip():
        return None, [Finding("fill", "must be a pattern, as in {a}-{b}-{c}-{d}.dyn.example.net")]
    if network is None:
        return None, [] if named else [Finding("network", "is missing; a fill is for a network")]
    pattern = canonical_pattern(fill)
    try:
        reasons = Fill(network, pattern).findings()
    except InvalidInputError as error:
        return None, list(error.findings)
    return pattern, findings("fill", reasons)


def _checked_exclude(
    exclude: Collection[object], network: Network | None, *, filled: bool
) -> tuple[tuple[str, ...], list[Finding]]:
    found: set[str] = set()
    reasons = []
    for entry in exclude:
        try:
            text = str(parse_network(entry)) if "/" in str(entry) else canonical_address(str(entry))
        except InvalidInputError as error:
            reasons.append(str(error))
            continue
        if network is not None and not _is_inside(text, network):
            reasons.append(f"{text} is not in {network}")
        found.add(text)
    if exclude and not filled:
        reasons.append("is of use only with a fill")
    return tuple(sorted(found, key=exclude_order)), findings("exclude", reasons)


def _is_inside(text: str, network: Network) -> bool:
    part = ipaddress.ip_network(text)
    return part.version == network.version and part.subnet_of(network)  # type: ignore[arg-type]


def exclude_order(text: str) -> tuple[bytes, str]:
    """Give the sort key of an address or a network: by its first address."""
    return address_order(text.partition("/")[0]), text


def exclude_text(exclude: Iterable[str]) -> str:
    """Write addresses and networks, a line each."""
    return "".join(f"{text}\n" for text in exclude)


def written_text(written: Mapping[str, str], records: PtrSetRecords) -> str:
    r"""Write what was written, with a fill as one line where that is shorter.

    >>> records = PtrSetRecords(network=parse_network("192.0.2.0/30"), fill="{d}.example.net")
    >>> written_text({**records.table, "192.0.2.1": "gw.example.net"}, records)
    '192.0.2.0/30 {d}.example.net\n192.0.2.1 gw.example.net\n'
    """
    if written == records.records:
        return records.text
    fill = replace(records, exclude=()).filled
    others = {key: value for key, value in written.items() if fill.get(key) != value}
    others |= {key: _NOTHING for key in fill if key not in written}
    if len(others) >= len(written):
        return table_text(written)
    return f"{records.network} {records.fill}\n" * bool(fill) + table_text(others)


def known_written(text: str) -> Table:
    """Read what `written_text` wrote."""
    first, _, rest = text.partition("\n")
    network, _, pattern = first.partition(" ")
    if "/" not in network:
        return known_table(text)
    written = {**Fill(parse_network(network), pattern).table(), **known_table(rest)}
    return {key: value for key, value in written.items() if value != _NOTHING}
