"""Create, read, update and delete many PTR records as one, so that nothing live is ever lost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

from msgspec.structs import replace

from pulumi_rdns.backends.base import Report
from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import AddressNotFoundError, RdnsError, RejectedError
from pulumi_rdns.model.specs import OnConflict, PtrSetSpec
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.model.tables import Table
from pulumi_rdns.records.claimants import Claimants, Given
from pulumi_rdns.records.claims import Declared, Place
from pulumi_rdns.records.deletions import Deletions
from pulumi_rdns.records.forward_check import ForwardGate
from pulumi_rdns.records.holdings import Memory, holding_of_set
from pulumi_rdns.records.location import Aliases
from pulumi_rdns.records.ownership import OwnPtr, Wanted, are_foreign, decide_write
from pulumi_rdns.records.ptr_set_forward import Looks, admitted, renewed
from pulumi_rdns.records.ptr_set_locations import FoundLocations, PtrSetLocations
from pulumi_rdns.records.ptr_set_messages import (
    Counts,
    counts,
    summary,
    warn_of_adopted,
    warn_of_gone,
    warn_of_kept,
    warn_of_left,
    warn_of_pending,
    warn_of_unserved,
)
from pulumi_rdns.records.ptr_set_owners import PtrSetOwners
from pulumi_rdns.records.ptr_set_state import (
    LetGo,
    SetResult,
    believed,
    due,
    located,
    own_record,
    remembered,
    seen_after,
    seen_now,
    with_memories,
    written_after,
)
from pulumi_rdns.records.reconcile import Reconciled, Strangers, reconcile
from pulumi_rdns.records.shared_ledger import SharedLedger
from pulumi_rdns.records.store import SetStore, read_many


class PtrSets:
    """The four operations. One object serves all sets of a process."""

    def __init__(
        self,
        backends: Backends,
        ledger: SharedLedger,
        gate: ForwardGate,
        deletions: Deletions,
        aliases: Aliases,
    ) -> None:
        self._backends = backends
        self._ledger = ledger
        self._claimants = Claimants(backends, ledger, aliases)
        self.owners = PtrSetOwners(backends, ledger, self._claimants)
        self._gate = gate
        self._deletions = deletions
        self._aliases = aliases

    def declare(self, spec: PtrSetSpec, *, resource: str = "", line: int | None = None) -> None:
        """Note that the running program declares these records. No I/O."""
        place = Place(spec.backend, self._backends.identity(spec.backend), spec.zone)
        declared = Declared("PTR", place, spec.records.table)
        self._ledger.declare(resource or _resource(spec), declared, line)
        self._deletions.allow(resource or _resource(spec), spec.policies.max_delete_percent)

    def recall(self, old: PtrSetState, *, resource: str = "", is_current: bool = True) -> None:
        """Note what the state says we wrote. No I/O.

        ``is_current``: it is not about to be replaced.
        """
        holding = holding_of_set(self._backends.identity(old.backend), old)
        self._ledger.recall(resource or _resource(old), holding, is_current=is_current)

    def create(self, spec: PtrSetSpec, report: Report, resource: str = "") -> SetResult:
        """Write all records that can be written, and adopt those that are already correct."""
        nothing = PtrSetState(backend=spec.backend, zone=spec.zone)
        return self._reconcile(nothing, spec, report, resource or _resource(spec))

    def update(
        self, old: PtrSetState, spec: PtrSetSpec, report: Report, resource: str = ""
    ) -> SetResult:
        """Write what differs; policies alone cost no I/O."""
        name = resource or _resource(spec)
        self._deletions.allow(name, spec.policies.max_delete_percent)
        self.recall(old, resource=name)
        return self._reconcile(old, spec, report, name)

    def read(self, old: PtrSetState, report: Report) -> PtrSetState | None:
        """Look at the live records where they were written; None where all are gone, and none is
        kept for another resource.
        """
        backend = self._backends.get(old.backend)
        finder = PtrSetLocations(backend, old.zone, self._aliases)
        declared = old.records.table
        found = finder.found(old, declared)
        errors = found.errors | finder.in_zones_that_are_gone(found)
        if errors:
            raise summary("read the PTRs of", backend.name, errors, len(declared))
        served = {key: one for key, one in found.locations.items() if key not in found.unserved}
        there = read_many(served, is_shared=True)
        warn_of_unserved(found.unserved, report)
        state = seen_now(old, there, found.unserved)
        return None if state is None else renewed(self._gate, backend, state, report)

    def delete(self, old: PtrSetState, report: Report, resource: str = "") -> None:
        """Take away what we wrote, record by record; never what is not ours.

        Raises one error that tells of all that failed.
        """
        name = resource or _resource(old)
        self.recall(old, resource=name, is_current=False)
        backend = self._backends.get(old.backend)
        finder = PtrSetLocations(backend, old.zone, self._aliases)
        found = finder.found(old, old.written)
        let_go = self._let_go(old, old.written, found, finder, name, report)
        _tell(Counts(len(old.written), removed=let_go.removed, kept=let_go.kept), report)
        failures = let_go.failures | let_go.pending
        if failures:
            raise summary("delete the PTRs of", backend.name, failures, len(old.written))

    def _reconcile(
        self, old: PtrSetState, spec: PtrSetSpec, report: Report, resource: str
    ) -> SetResult:
        """Bring what is there to what the program asks for."""
        # What a killed run has left is not known: all is looked at.
        todo, going = due(
            old, spec, is_all=self._ledger.was_interrupted(resource, self._identity(old))
        )
        state = replace(
            old, zone=spec.zone, records=spec.records, several={}, policies=spec.policies
        )
        if not todo and not going:
            return SetResult(replace(state, ttl=spec.ttl), None)
        self._deletions.refuse_of_set(old, going, resource, "set")

        backend = self._backends.get(spec.backend)
        finder = PtrSetLocations(backend, spec.zone, self._aliases)
        found = finder.found(old, [*todo, *going])
        looks = self._looks(old, spec, todo, found, report)
        names = {key: name for key, name in todo.items() if key not in looks.failures}
        made = self._write(old, spec, names, found, finder, resource, report)
        memories, adopted = self._memories(old, spec, names, made, report)
        failures = looks.failures | made.failures
        locations = found.locations | made.locations
        if going:
            # Others may wait for what is written already, and this one for them.
            so_far = {key: name for key, name in todo.items() if key not in failures}
            so_far_state = replace(state, written={**old.written, **so_far})
            self._note(resource, located(so_far_state, old, locations), failures)
            self._claimants.await_owners(resource, "PTR", going, report)
        let_go = self._let_go_of_few(old, going, found, finder, resource, report)
        failures |= let_go.failures
        warn_of_pending(let_go.pending, report)
        done = counts(spec, names, made, partial(self._is_foreign, old, spec))
        _tell(done._replace(adopted=len(adopted), removed=let_go.removed, kept=let_go.kept), report)
        inherited = self.owners.inherited(old, [key for key in todo if key in failures], locations)
        written = {
            **written_after(old, spec, todo, failures, made.unknown),
            **{address: hostname for address, (hostname, _) in inherited.items()},
            **{address: old.written[address] for address in let_go.pending},
        }
        memories |= {address: memory for address, (_, memory) in inherited.items() if memory}
        state = replace(seen_after(state, old, spec, failures), written=written)
        state = with_memories(state, old, memories)
        state = looks.remembered(located(state, old, locations), old)
        self._note(resource, state, failures)
        total = len(spec.records.table)
        error = summary("set the PTRs of", backend.name, failures, total) if failures else None
        return SetResult(state, error)

    def _looks(
        self,
        old: PtrSetState,
        spec: PtrSetSpec,
        todo: Table,
        found: FoundLocations,
        report: Report,
    ) -> Looks:
        """Look at the forward records of what is new; what has no location has failed too."""
        errors = found.errors | found.unserved
        failures = {address: errors[address] for address in todo if address in errors}
        changed = [
            key
            for key, name in todo.items()
            if name != old.written.get(key) and key not in failures
        ]
        backend = self._backends.get(spec.backend)
        looks = admitted(self._gate, backend, spec, changed, report)
        looks.failures |= failures
        return looks

    def _note(self, resource: str, state: PtrSetState, failures: Mapping[str, RdnsError]) -> None:
        """Note in the ledger what is written, and where that failed."""
        self._ledger.wrote(resource, holding_of_set(self._identity(state), state), failures)

    def _write(
        self,
        old: PtrSetState,
        spec: PtrSetSpec,
        names: Table,
        found: FoundLocations,
        finder: PtrSetLocations,
        resource: str,
        report: Report,
    ) -> Reconciled:
        """Write hostnames, and adopt those that are already there."""
        overwrites = spec.policies.on_conflict is OnConflict.OVERWRITE
        locations = {address: found.locations[address] for address in names}

        def is_foreign(address: str, live: LiveRecord) -> bool:
            return not overwrites and self._is_foreign(old, spec, address, live)

        def assumed(address: str) -> LiveRecord | None:
            """Give what should stand there; None where its TTL stays, and is to be read."""
            held = believed(old, address)
            keeps_ttl = held and spec.ttl is None and locations[address].zone is not None
            return None if keeps_ttl else LiveRecord(held, old.ttl)

        return reconcile(
            self._store(old, finder),
            locations,
            partial(self.decide, old, spec),
            assumed={key: live for key in names if (live := assumed(key)) is not None},
            strangers=Strangers(is_foreign, partial(self._await_ours, resource, report)),
            report=report,
        )

    def _is_foreign(
        self, old: PtrSetState, spec: PtrSetSpec, address: str, live: LiveRecord
    ) -> bool:
        """Whether somebody else wrote what stands at an address, by what is known so far."""
        return are_foreign(spec.records.table[address], self.owners.ours(old, address, live), live)

    def decide(
        self, old: PtrSetState, spec: PtrSetSpec, address: str, live: LiveRecord
    ) -> Wanted | None:
        """Decide what is written where ``live`` stands; None for nothing. No write.

        Raises ConflictError and RejectedError.
        """
        overwrites = spec.policies.on_conflict is OnConflict.OVERWRITE
        hostname = spec.records.table[address]
        ptr = OwnPtr(spec.backend, address, hostname, spec.ttl, overwrites)
        return decide_write(ptr, self.owners.ours(old, address, live), live)

    def _memories(
        self, old: PtrSetState, spec: PtrSetSpec, names: Table, made: Reconciled, report: Report
    ) -> tuple[dict[str, Memory], Collection[str]]:
        """Return what is remembered of the records that were written, or were right already; and
        the addresses of those that are adopted.
        """
        done = {key: name for key, name in names.items() if key not in made.failures}
        there = {key: made.before[key] for key in done}
        taken, adopted = self.owners.taken_over(old, done, there, made.locations)
        warn_of_adopted(adopted, spec.policies.on_delete, report)
        return remembered(old, done, there, taken), adopted

    def _identity(self, old: PtrSetState) -> str:
        return self._backends.identity(old.backend)

    def _store(self, old: PtrSetState, finder: PtrSetLocations) -> SetStore:
        lock = partial(self._ledger.exclusive, "PTR", self._identity(old))
        return SetStore(lock, finder.find_each)

    def _await_ours(self, resource: str, report: Report, is_over: Callable[[], bool]) -> bool:
        """Wait until the engine has told of the resources that wrote what is there."""
        return self._ledger.wait(
            resource, is_over, lambda since: self._ledger.may_learn_more(since) and report.pause(0)
        )

    def _let_go_of_few(
        self,
        old: PtrSetState,
        going: Table,
        found: FoundLocations,
        finder: PtrSetLocations,
        resource: str,
        report: Report,
    ) -> LetGo:
        """Do what `_let_go` does, unless too many turn out to be declared by nobody else."""
        try:
            note = "None of them was removed"
            self._deletions.refuse_of_set(old, going, resource, "delete", note)
        except RejectedError as error:
            return LetGo({}, dict.fromkeys(going, error))
        return self._let_go(old, going, found, finder, resource, report)

    def _let_go(
        self,
        old: PtrSetState,
        values: Table,
        found: FoundLocations,
        finder: PtrSetLocations,
        resource: str,
        report: Report,
    ) -> LetGo:
        """Remove records, but for those that another declared resource has or wants."""
        claims = self._ledger.claims_of("PTR", values)
        given = {
            address: Given(
                own_record(old, address, value, resource),
                found.locations[address],
                claims.get(address, ()),
            )
            for address, value in values.items()
            if address not in found.errors
        }
        left, kept = {}, set()

        def keep(address: str, live: LiveRecord, reason: str) -> None:
            if address in claims:
                report.warning(reason)
            elif values[address] in live.values:
                kept.add(address)
            else:
                left[address] = live

        decide = self._claimants.decider(self._identity(old), given, keep)
        result = reconcile(
            self._store(old, finder),
            {address: one.location for address, one in given.items()},
            decide,
            # What others declare is looked at first.
            assumed={key: LiveRecord((values[key],)) for key in given if key not in claims},
            report=report,
        )
        self._ledger.hand_over(resource, "PTR", self._identity(old), decide.handed_over)
        failures = {key: found.errors[key] for key in values if key in found.errors}
        failures |= result.failures
        gone = {key: one for key, one in failures.items() if isinstance(one, AddressNotFoundError)}
        warn_of_kept(kept, report)
        warn_of_left(left, report)
        warn_of_gone(gone, report)
        pending = {key: failures[key] for key in decide.pending}
        failures = {k: one for k, one in failures.items() if k not in {*pending, *gone}}
        removed = decide.removed - result.failures.keys()
        return LetGo(pending, failures, len(removed), len(kept))


def _tell(done: Counts, report: Report) -> None:
    if line := done.line():
        report.info(line)


def _resource(one: PtrSetSpec | PtrSetState) -> str:
    """Name a resource of which nobody says the URN."""
    first = next(iter(one.records.table), "")
    return f"PTR {one.backend} {one.zone} {first}"
