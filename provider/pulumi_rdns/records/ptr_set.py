"""Create, read, update and delete many PTR records as one, so that nothing live is ever lost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial

from msgspec.structs import replace

from pulumi_rdns.backends.base import Report
from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import AddressNotFoundError, RdnsError, RejectedError
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.specs import OnConflict, PtrSetSpec
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.model.tables import Table
from pulumi_rdns.records.claimants import Claimants, Given
from pulumi_rdns.records.deletions import Deletions
from pulumi_rdns.records.forward_check import ForwardGate
from pulumi_rdns.records.holdings import Memory, holding_of_set
from pulumi_rdns.records.ledger import Claim, Declared, Place
from pulumi_rdns.records.location import Aliases, RecordLocation
from pulumi_rdns.records.ownership import OwnPtr, Wanted, are_foreign, decide_write
from pulumi_rdns.records.ptr_set_forward import admitted, renewed
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
from pulumi_rdns.records.ptr_set_state import (
    LetGo,
    SetResult,
    believed,
    due,
    located,
    own_record,
    remembered,
    seen_after,
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
        self._claimants = Claimants(backends, ledger)
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
        zones = {found.locations[address].zone for address in found.unserved}
        gone = {zone for zone in zones if not finder.has_zone(zone)}
        errors = found.errors | {
            address: error
            for address, error in found.unserved.items()
            if found.locations[address].zone in gone
        }
        if errors:
            raise summary("read the PTRs of", backend.name, errors, len(declared))
        served = {key: one for key, one in found.locations.items() if key not in found.unserved}
        there = read_many(served, is_shared=True)
        live = {
            address: tuple(map(DnsName, one.values))
            for address, one in there.items()
            if one.values and not _is_only_default(one, old.written.get(address))
        }
        warn_of_unserved(found.unserved, report)
        # What cannot be looked at is as it was; it is served again when a delegation ends.
        live |= {address: believed(old, address) for address in found.unserved}
        # What is kept for another resource is still in this state alone.
        if declared and not live and old.written.keys() <= declared.keys():
            return None
        several = {address: names for address, names in live.items() if len(names) > 1}
        state = replace(old, records=old.records.live(live), several=several)
        if old.ttl is not None:
            ttls = {there[key].ttl or old.ttl for key in live if key in there}
            others = sorted(ttls - {old.ttl})
            state = replace(state, ttl=others[0] if others else old.ttl)
        return renewed(self._gate, backend, state, report)

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
        done = Counts(len(old.written), removed=let_go.removed, kept=let_go.kept)
        _tell_counts(done, report)
        failures = let_go.failures | let_go.pending
        if failures:
            raise summary("delete the PTRs of", backend.name, failures, len(old.written))

    def _reconcile(
        self, old: PtrSetState, spec: PtrSetSpec, report: Report, resource: str
    ) -> SetResult:
        """Bring what is there to what the program asks for."""
        # What a killed run has left is not known: all is looked at.
        todo, going = due(old, spec, is_all=self._ledger.was_interrupted(resource))
        backend = self._backends.get(spec.backend)
        state = replace(
            old, zone=spec.zone, records=spec.records, several={}, policies=spec.policies
        )
        if not todo and not going:
            return SetResult(replace(state, ttl=spec.ttl), None)
        self._deletions.refuse_of_set(old, going, resource, "set")

        finder = PtrSetLocations(backend, spec.zone, self._aliases)
        found = finder.found(old, [*todo, *going])
        errors = found.errors | found.unserved
        failures = {address: errors[address] for address in todo if address in errors}
        changed = [key for key, name in todo.items() if name != old.written.get(key)]
        looks = admitted(
            self._gate, backend, spec, [key for key in changed if key not in failures], report
        )
        failures |= looks.failures
        names = {key: name for key, name in todo.items() if key not in failures}
        made = self._write(old, spec, names, found, finder, resource, report)
        memories, adopted = self._memories(old, spec, names, made, report)
        failures |= made.failures
        locations = found.locations | made.locations
        let_go = LetGo({}, {})
        if going:
            # Others may wait for what is written already, and this one for them.
            so_far = {**old.written, **{k: v for k, v in todo.items() if k not in failures}}
            holding = located(replace(state, written=so_far), old, locations)
            self._ledger.wrote(resource, holding_of_set(self._identity(old), holding), failures)
            self._await_owners(resource, going, report)
            let_go = self._let_go_of_few(old, going, found, finder, resource, report)
            failures |= let_go.failures
        warn_of_pending(let_go.pending, report)
        done = counts(spec, names, made, partial(self._is_foreign, old, spec))
        done = done._replace(adopted=len(adopted), removed=let_go.removed, kept=let_go.kept)
        _tell_counts(done, report)
        inherited = self._inherited(old, [key for key in todo if key in failures], locations)
        for address, hostname in inherited.items():
            if memory := self._written(old, address).get(hostname):
                memories[address] = memory
        state = replace(
            seen_after(state, old, spec, failures),
            ttl=old.ttl if failures else spec.ttl,
            written={
                **written_after(old, spec, todo, failures, made.unknown),
                **inherited,
                **{address: old.written[address] for address in let_go.pending},
            },
        )
        state = with_memories(state, old, memories)
        state = looks.remembered(located(state, old, locations), old)
        self._ledger.wrote(resource, holding_of_set(self._identity(old), state), failures)
        if not failures:
            return SetResult(state, None)
        total = len(spec.records.table)
        return SetResult(state, summary("set the PTRs of", backend.name, failures, total))

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
        return are_foreign(spec.records.table[address], self.ours(old, address, live), live)

    def decide(
        self, old: PtrSetState, spec: PtrSetSpec, address: str, live: LiveRecord
    ) -> Wanted | None:
        """Decide what is written where ``live`` stands; None for nothing. No write.

        Raises ConflictError and RejectedError.
        """
        overwrites = spec.policies.on_conflict is OnConflict.OVERWRITE
        hostname = spec.records.table[address]
        ptr = OwnPtr(spec.backend, address, hostname, spec.ttl, overwrites)
        return decide_write(ptr, self.ours(old, address, live), live)

    def _memories(
        self, old: PtrSetState, spec: PtrSetSpec, names: Table, made: Reconciled, report: Report
    ) -> tuple[dict[str, Memory], Collection[str]]:
        """Return what is remembered of the records that were written, or were right already; and
        the addresses of those that are adopted.
        """
        done = {key: name for key, name in names.items() if key not in made.failures}
        there = {key: made.before[key] for key in done}
        taken, adopted = self.taken_over(old, done, there, made.locations)
        warn_of_adopted(adopted, spec.policies.on_delete, report)
        return remembered(old, done, there, taken), adopted

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

    def _inherited(
        self, old: PtrSetState, failed: Iterable[str], locations: Mapping[str, RecordLocation]
    ) -> Table:
        """Return what another resource of this stack wrote and gave up, and still stands where this
        one failed: else it would be in no state.
        """
        owned = {}
        for address in failed:
            if address not in old.written and address in locations:
                names = set(map(DnsName, self._written(old, address)))
                if names:
                    owned[address] = names
        try:
            there = read_many({address: locations[address] for address in owned})
        except RdnsError:
            return {}
        return {
            address: DnsName(live.values[0])
            for address, live in there.items()
            if len(live.values) == 1 and live.values[0] in owned[address]
        }

    def _identity(self, old: PtrSetState) -> str:
        return self._backends.identity(old.backend)

    def _written(
        self, old: PtrSetState, address: str, shown: Collection[str] = ()
    ) -> dict[str, Memory | None]:
        """Return the hostnames that this stack wrote at an address."""
        return self._ledger.written("PTR", self._identity(old), address, shown)

    def _store(self, old: PtrSetState, finder: PtrSetLocations) -> SetStore:
        lock = partial(self._ledger.exclusive, "PTR", self._identity(old))
        return SetStore(lock, finder.find_each)

    def ours(self, old: PtrSetState, address: str, live: LiveRecord) -> set[str]:
        """Return the hostnames that this stack wrote, or a refresh has shown to this set."""
        own = {*believed(old, address)}
        return own.union(
            self._written(old, address, [one for one in live.values if one not in own])
        )

    def _await_ours(self, resource: str, report: Report, is_over: Callable[[], bool]) -> bool:
        """Wait until the engine has told of the resources that wrote what is there."""
        return self._ledger.wait(
            resource, is_over, lambda since: self._ledger.may_hear_more(since) and report.pause(0)
        )

    def _await_owners(self, resource: str, going: Table, report: Report) -> None:
        """Wait until the resources that declare records now have written them.

        A courtesy: what they have not written by then is kept.
        """
        left = set(going)

        def pending() -> list[Claim]:
            claims = self._ledger.claims_of("PTR", left)
            found = {
                address: waiting
                for address, each in claims.items()
                if (waiting := [one for one in each if one.is_pending])
            }
            left.intersection_update(found)
            return [one for waiting in found.values() for one in waiting]

        self._ledger.wait(
            resource,
            lambda: not pending(),
            lambda _: any(map(self._ledger.is_to_come, pending())) and report.pause(0),
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
        removed = decide.removed - result.failures.keys() - claims.keys()
        return LetGo(pending, failures, len(removed), len(kept))


def _tell_counts(done: Counts, report: Report) -> None:
    if line := done.line():
        report.info(line)


def _resource(one: PtrSetSpec | PtrSetState) -> str:
    """Name a resource of which nobody says the URN."""
    first = next(iter(one.records.table), "")
    return f"PTR {one.backend} {one.zone} {first}"


def _is_only_default(live: LiveRecord, written: str | None) -> bool:
    """Whether the vendor's default name is there, and nobody chose it."""
    return live.is_default and live.values != (written,)
