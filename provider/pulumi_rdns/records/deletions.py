"""Many deletions at once are refused, as a mistake in a program may be what asks for them.

A set is judged as a whole before an update writes anything. The deletes of single records arrive
one by one: each is counted, and refused from the first that crosses the limit.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from pulumi_rdns.backends.base import Report
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import AddressNotFoundError, RdnsError, RejectedError
from pulumi_rdns.model.states import ForwardState, PtrSetState, PtrState
from pulumi_rdns.model.tables import Table
from pulumi_rdns.records.claims import Claim
from pulumi_rdns.records.deletion_guard import FEWEST, highest, refusal
from pulumi_rdns.records.first_few import FirstFew
from pulumi_rdns.records.holdings import UNREADABLE, StoredRecord
from pulumi_rdns.records.ledger import Ledger

if TYPE_CHECKING:
    from pulumi_rdns.backends.changes import LiveRecord
    from pulumi_rdns.records.ownership import OwnRecord, Wanted
    from pulumi_rdns.records.reconcile import Decide


class Deletions:
    """Counts what one process deletes. Safe for several threads.

    What the running program declares elsewhere has moved, and what was adopted is kept: neither is
    a deletion.
    """

    def __init__(self, backends: Backends, ledger: Ledger, limit: int | None) -> None:
        """Take the limit of the configuration, of 100; None where it has none."""
        #: whether the user has asked for deletions, and for nothing else
        self.are_meant: Callable[[], bool] = lambda: False
        #: reads the limit that is configured now, where this process may have an older one
        self.read_limit: Callable[[], int | None] = lambda: None
        #: reads the records of the state; None where nobody can say
        self.read_state: Callable[[], Iterable[StoredRecord] | None] = lambda: None
        self._backends = backends
        self._ledger = ledger
        self._limit = limit
        self._limits: dict[str, int | None] = {}
        self._lock = threading.Lock()
        #: whose they are -> resources whose record was removed
        self._removed: defaultdict[str, set[str]] = defaultdict(set)
        #: whose they are -> all resources that were there before the run, as far as is known
        self._before: defaultdict[str, set[str]] = defaultdict(set)
        self._made: set[str] = set()
        #: what they belong to, and URN, of those in the state
        self._in_state: set[tuple[str, str]] = set()
        self._is_state_read = False
        self._kept = FirstFew(
            "more records existed before their resources and are kept as well: "
            'all whose output `adopted` is true and whose on_delete is not "remove"'
        )

    def allow(self, resource: str, limit: int | None) -> None:
        """Note the limit that the program gives a set; None is the default."""
        self._limits[resource] = limit

    def note_made(self, resource: str) -> None:
        """Note a single record that was not there before the run."""
        self._made.add(resource)

    def refuse_of_set(
        self,
        old: PtrSetState,
        going: Table,
        resource: str,
        verb: str,
        note: str = "Nothing was changed",
    ) -> None:
        """Raise RejectedError where so many records may not leave a set at once.

        ``going`` is what is to go, ``verb`` says what the operation is to do with the set, and
        ``note`` what it has done so far. What is live is read where the answer depends on it.
        """
        if why := self._why_not_of_set(old, going, resource):
            raise RejectedError(old.backend, f"{verb} the PTRs of", "a set", f"{why}. {note}")

    def _why_not_of_set(self, old: PtrSetState, going: Table, resource: str) -> str | None:
        from pulumi_rdns.records.ptr_set_state import own_record

        whose, before = "of the set", len(old.written)
        limit = self.limit_of(resource, old.policies.max_delete_percent)
        # Who declares thousands of records is asked only where they may be too many.
        if refusal(len(going), before, limit, whose) is None or self.are_meant():
            return None
        claims = self._ledger.claims_of("PTR", going)
        identity = self._backends.identity(old.backend)
        leaving = [
            address
            for address, value in going.items()
            if not moves(claims.get(address, ()), identity)
            and not own_record(old, address, value, resource).is_adopted
        ]
        if refusal(len(leaving), before, limit, whose) is None:
            return None
        count = len(self._still_there(old, leaving))
        if resource not in self._limits and refusal(count, before, limit, whose):
            limit = highest(limit, self.read_limit())
        return refusal(count, before, limit, whose)

    def _still_there(self, old: PtrSetState, addresses: Collection[str]) -> Collection[str]:
        """Return the addresses that have what was written; all where nobody can say."""
        from pulumi_rdns.records.ptr_set_state import locations_of
        from pulumi_rdns.records.store import read_each

        try:
            backend = self._backends.get(old.backend)
            found = read_each(locations_of(backend, old, addresses))
        except RdnsError:
            return addresses
        gone = {
            address
            for address, live in found.items()
            if isinstance(live, AddressNotFoundError) or old.written[address] not in live.values
        }
        return [address for address in addresses if address not in gone]

    def limit_of(self, resource: str, stored: int | None) -> int | None:
        """Return what the program says; of a set that has left it, what it or the stack said."""
        if resource in self._limits:
            return self._limits[resource]
        return highest(stored, self._limit)

    def counting(
        self,
        decide: Decide,
        record: OwnRecord,
        old: PtrState | ForwardState,
        claims: Sequence[Claim],
    ) -> Decide:
        """Let ``decide`` remove the record of a single resource only where that is not too many.

        The result raises RejectedError where it is.
        """
        whose = whose_of(old)
        known = [one for one in claims if not one.is_guess]
        is_move = moves(known, self._backends.identity(old.backend))
        with self._lock:
            self._before[whose].add(record.resource)

        def decided(subject: str, live: LiveRecord) -> Wanted | None:
            wanted = decide(subject, live)
            is_counted = not is_move and not self._ledger.is_declared(record.resource)
            if wanted is not None and is_counted and (why := self._why_not(record.resource, whose)):
                text = f"{why}. {record.value} is kept unchanged and stays in the state"
                raise RejectedError(record.backend, f"delete the {record.kind} of", subject, text)
            return wanted

        return decided

    def keeping(
        self, record: OwnRecord, claims: Sequence[Claim], report: Report
    ) -> Callable[[str, LiveRecord, str], None]:
        """Return what says why the record of a single resource stays: of many that were there
        before their resources, once.
        """

        def keep(_: str, live: LiveRecord, reason: str) -> None:
            if record.is_adopted and not claims and record.value in live.values:
                self._kept.warn(report, reason)
            else:
                report.warning(reason)

        return keep

    def _why_not(self, resource: str, whose: str) -> str | None:
        """Count a deletion, and return why it may not be; None where it may."""
        with self._lock:
            removed = self._removed[whose]
            count = len(removed | {resource})
            if refusal(count, FEWEST, self._limit, whose) and not self.are_meant():
                self._read_state()
                if (whose, resource) not in self._in_state:
                    return None  # nobody can say how many there are
                before = len(self._before[whose])
                if refusal(count, before, self._limit, whose):
                    self._limit = highest(self._limit, self.read_limit())
                if why := refusal(count, before, self._limit, whose):
                    return why
            removed.add(resource)
            return None

    def _read_state(self) -> None:
        if self._is_state_read:
            return
        self._is_state_read = True
        for one in self.read_state() or ():
            is_secret = UNREADABLE in one.holding.values.values()
            if isinstance(one.state, PtrSetState) or (one.state.written is None and not is_secret):
                continue
            if one.is_replaced or one.urn not in self._made:
                whose = whose_of(one.state)
                self._before[whose].add(one.urn)
                self._in_state.add((whose, one.urn))


def moves(claims: Iterable[Claim], identity: str) -> bool:
    """Whether a record that is given up at a place (`Backend.identity`) goes to another resource.

    One that has had it at another place since before the run (a second view) takes nothing over.
    """
    return any(
        one.place is None or one.place.identity == identity or not one.had_before for one in claims
    )


def whose_of(state: PtrState | ForwardState) -> str:
    """Name what a single record is counted with: its zone, or its backend where there is none."""
    return f"of backend {state.backend}" if state.zone is None else f"of zone {state.zone}"
