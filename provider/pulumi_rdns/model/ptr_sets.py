"""Which PTR records a set has: single ones, and hostnames made for a network."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from pulumi_rdns.model.fills import Fill, Network
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.tables import Table, address_order


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
        """The records that the fill makes, those that a single record overrides too."""
        if self.fill is None or self.network is None:
            return {}
        table = dict(Fill(self.network, self.fill).table())
        for address in self._excluded():
            table.pop(address, None)
        return table

    @functools.cached_property
    def table(self) -> Table:
        """All records."""
        return {**self.filled, **self.records} if self.filled else self.records

    def live(self, live: Mapping[str, tuple[DnsName, ...]]) -> PtrSetRecords:
        """Return what is there at these addresses: the same fill, and what differs from it.

        Addresses with several hostnames are in neither; see `PtrSetState.several`.
        """
        single = {address: names[0] for address, names in live.items() if len(names) == 1}
        records = {
            address: single[address]
            for address in self.table
            if address in single and single[address] != self.filled.get(address)
        }
        # A record that says what the fill says anyhow stays as the program wrote it.
        kept = {
            address: hostname
            for address, hostname in self.records.items()
            if single.get(address) == hostname == self.filled.get(address)
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


def exclude_order(text: str) -> tuple[bytes, str]:
    """Return the sort key of an address or a network: by its first address."""
    return address_order(text.partition("/")[0]), text
