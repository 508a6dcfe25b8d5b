"""What this stack wrote at the addresses of a set, whoever of its resources did."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import RdnsError
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.model.tables import Table
from pulumi_rdns.records.claimants import Claimants
from pulumi_rdns.records.holdings import Memory
from pulumi_rdns.records.ledger import Ledger
from pulumi_rdns.records.location import RecordLocation
from pulumi_rdns.records.ptr_set_state import believed
from pulumi_rdns.records.store import read_many


class PtrSetOwners:
    """Asks the ledger; ``old`` is everywhere what the state has of the set."""

    def __init__(self, backends: Backends, ledger: Ledger, claimants: Claimants) -> None:
        self._backends = backends
        self._ledger = ledger
        self._claimants = claimants

    def ours(self, old: PtrSetState, address: str, live: LiveRecord) -> set[str]:
        """Return the hostnames that this stack wrote, or a refresh has shown to this set."""
        own: set[str] = {*believed(old, address)}
        others = [one for one in live.values if one not in own]
        # Most often nothing else stands there, and what others wrote is of no account.
        return own.union(self._written(old, address, others)) if others else own

    def taken_over(
        self,
        old: PtrSetState,
        names: Table,
        there: Mapping[str, LiveRecord],
        locations: Mapping[str, RecordLocation],
    ) -> tuple[dict[str, Memory], Collection[str]]:
        """Return what other resources of this stack remember of records that stand ``there``, and
        the addresses whose record is right already, and that nobody of this stack wrote.
        """
        taken: dict[str, Memory] = {}
        strange = {}
        for address, live in there.items():
            if address in old.written or not live.values:
                continue
            written = self._written(old, address, live.values)
            ours = [value for value in live.values if value in written]
            if ours:
                taken[address] = written[ours[0]] or Memory()
            elif live.values == (names[address],):
                strange[address] = locations[address]
        taken |= self._claimants.written_elsewhere(self._identity(old), strange, names)
        return taken, strange.keys() - taken

    def inherited(
        self, old: PtrSetState, failed: Iterable[str], locations: Mapping[str, RecordLocation]
    ) -> dict[str, tuple[DnsName, Memory | None]]:
        """Return what another resource of this stack wrote and gave up, and still stands where this
        one failed: else it would be in no state.
        """
        owned = {
            address: written
            for address in failed
            if address not in old.written and address in locations
            if (written := self._written(old, address))
        }
        try:
            there = read_many({address: locations[address] for address in owned})
        except RdnsError:
            return {}
        return {
            address: (DnsName(hostname), owned[address][hostname])
            for address, live in there.items()
            for hostname in live.values
            if len(live.values) == 1 and hostname in owned[address]
        }

    def _identity(self, old: PtrSetState) -> str:
        return self._backends.identity(old.backend)

    def _written(
        self, old: PtrSetState, address: str, shown: Collection[str] = ()
    ) -> dict[str, Memory | None]:
        """Return the hostnames that this stack wrote at an address."""
        return self._ledger.written("PTR", self._identity(old), address, shown)
