"""Create, read, update and delete one PTR record, so that nothing live is ever lost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from msgspec.structs import replace

from pulumi_rdns.backends.base import Report
from pulumi_rdns.backends.changes import NOTHING, LiveRecord
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import AddressNotFoundError, RdnsError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.confirmation import Confirmation, Verdict
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.specs import ForwardPolicy, OnDelete, PtrSpec
from pulumi_rdns.model.states import Previous, PtrState
from pulumi_rdns.records.claimants import Claimants, Given
from pulumi_rdns.records.claims import Declared, Place
from pulumi_rdns.records.deletions import Deletions
from pulumi_rdns.records.first_few import FirstFew
from pulumi_rdns.records.forward_check import ForwardGate, policy_of
from pulumi_rdns.records.holdings import UNREADABLE, Memory, holding_of_ptr
from pulumi_rdns.records.location import Aliases, RecordLocation, find_ptr, written_ptr
from pulumi_rdns.records.ownership import OwnRecord, Wanted, are_foreign, decide_write
from pulumi_rdns.records.ptr_state import (
    fresh_state,
    others,
    own_ptr,
    owner_of,
    refuse_ttl,
    told_of_adoption,
)
from pulumi_rdns.records.reconcile import Decide, Strangers, reconcile
from pulumi_rdns.records.shared_ledger import SharedLedger
from pulumi_rdns.records.store import Store, look


class PtrRecords:
    """The four operations. One object serves all PTR records of a process."""

    def __init__(
        self,
        backends: Backends,
        ledger: SharedLedger,
        gate: ForwardGate,
        deletions: Deletions,
        await_served: Callable[[PtrSpec, Report], None],
        aliases: Aliases,
    ) -> None:
        self._backends = backends
        self._ledger = ledger
        self._claimants = Claimants(backends, ledger, aliases)
        self._gate = gate
        self._deletions = deletions
        self._await_served = await_served
        self._aliases = aliases
        self._adopted = FirstFew(
            "more PTR records were right already and are adopted, as the first ones: the output "
            "`adopted` of each says so"
        )

    def declare(
        self,
        backend: str,
        address: Address,
        zone: DnsName | None,
        *,
        hostname: DnsName | None = None,
        resource: str = "",
        line: int | None = None,
    ) -> None:
        """Note that the running program declares this record. No I/O."""
        place = Place(backend, self._backends.identity(backend), zone)
        declared = Declared("PTR", place, {str(address): hostname})
        self._ledger.declare(resource or _resource(backend, address), declared, line)

    def recall(self, old: PtrState, *, resource: str = "", is_current: bool = True) -> None:
        """Note what the state says we wrote. No I/O.

        ``is_current``: it is not about to be replaced.
        """
        holding = holding_of_ptr(self._backends.identity(old.backend), old)
        name = resource or _resource(old.backend, old.address)
        self._ledger.recall(name, holding, is_current=is_current)

    def create(self, spec: PtrSpec, report: Report, resource: str = "") -> PtrState:
        """Write the record, or adopt it where it is already correct.

        Raises ConflictError where another name is there, ForwardMismatchError, and what the
        backend raises; nothing is written then.
        """
        name = resource or _resource(spec.backend, spec.address)
        with self._told(name, spec):
            state = self._create(spec, report, name)
            self._deletions.note_made(name)
            self._ledger.wrote(name, holding_of_ptr(self._identity(spec), state))
        return state

    def _create(self, spec: PtrSpec, report: Report, resource: str) -> PtrState:
        def refuse(_: str, live: LiveRecord) -> Wanted | None:
            wanted = self.decide(spec, live)
            # The forward record is looked at before anything new is written.
            return wanted if live.values == (spec.hostname,) else None

        location, before = self._look(spec, resource, refuse)
        if before.values == (spec.hostname,):
            return self._adopt(location, spec, report)
        answer = self._admit(spec, report)
        # Where nobody was waited for, this look still counts: the write compares with it.
        seen = before if answer is None else None
        before = self._reconcile(location, spec, self._decision(spec), seen)
        self._wait(spec, report)
        previous, adopted = self._inherited(spec, before)
        return replace(fresh_state(spec, location, answer), previous=previous, adopted=adopted)

    def refuse(self, spec: PtrSpec, resource: str, ours: Collection[DnsName] = ()) -> None:
        """Raise what a create would raise before it writes anything. No write.

        ``resource`` waits for news, and ``ours`` are hostnames that this stack wrote there.
        """

        def refuse(_: str, live: LiveRecord) -> None:
            self.decide(spec, live, ours)

        self._look(spec, resource, refuse, ours)

    def has_written(self, spec: PtrSpec) -> bool:
        """Whether this stack has written this very record, by what is known so far. No I/O."""
        return spec.hostname in self._written(spec)

    def has_any_written(self, spec: PtrSpec) -> bool:
        """Whether it has written any record of the address, by what is known so far. No I/O."""
        return bool(self._written(spec))

    def has_secret(self, spec: PtrSpec) -> bool:
        """Whether it may have written what is there, as the state has a secret. No I/O."""
        return UNREADABLE in self._written(spec)

    def _look(
        self, spec: PtrSpec, resource: str, decide: Decide, ours: Collection[DnsName] = ()
    ) -> tuple[RecordLocation, LiveRecord]:
        """Find where a new record belongs, and do what is decided by what stands there."""
        backend = self._backends.get(spec.backend)
        location, is_free = find_ptr(backend, spec.address, spec.zone, self._aliases)
        refuse_ttl(location, spec)
        strangers = self._strangers(spec, resource, ours)
        seen = NOTHING if is_free else None
        return location, self._reconcile(location, spec, decide, seen, strangers)

    def read(self, old: PtrState, report: Report) -> PtrState | None:
        """Look at the live record where it was written; None where it is gone."""
        backend = self._backends.get(old.backend)
        location = written_ptr(backend, old.address, old.zone, old.owner, self._aliases)
        seen = look(location)
        if not seen.values or (seen.is_default and seen.values != (old.written,)):
            return None
        state = replace(
            old,
            zone=location.zone,
            owner=owner_of(location),
            hostnames=tuple(map(DnsName, seen.values)),
            ttl=seen.ttl if old.ttl is not None else None,
        )
        return self._with_forward(state, report)

    def update(self, old: PtrState, spec: PtrSpec, report: Report, resource: str = "") -> PtrState:
        """Bring the record to what the program asks for; policies alone cost no I/O."""
        # What a refresh has learned and the program keeps (ignore_changes) is not ours for that.
        name = resource or _resource(spec.backend, spec.address)
        is_same = old.hostnames == (spec.hostname,) and spec.ttl in (None, old.ttl)
        if is_same and not self._ledger.was_interrupted(name, self._identity(spec)):
            return replace(old, ttl=spec.ttl, policies=spec.policies)
        self.recall(old, resource=name)
        with self._told(name, spec):
            state = self._update(old, spec, report)
            self._ledger.wrote(name, holding_of_ptr(self._identity(spec), state))
        return state

    def _update(self, old: PtrState, spec: PtrSpec, report: Report) -> PtrState:
        backend = self._backends.get(spec.backend)
        location = written_ptr(backend, spec.address, old.zone, old.owner, self._aliases)
        answer = None
        if spec.hostname != old.written:
            answer = self._admit(spec, report)
        before = self._reconcile(location, spec, self._decision(spec, old.hostnames))
        self._wait(spec, report)
        state = replace(
            fresh_state(spec, location, answer), previous=old.previous, adopted=old.adopted
        )
        if old.adopted and old.written is not None and spec.hostname != old.written:
            # What was adopted is what was there before us.
            previous = Previous(known=True, hostnames=(old.written,), ttl=before.ttl)
            state = replace(state, previous=previous, adopted=False)
        if old.hostnames == (spec.hostname,) != (old.written,):
            state = replace(state, written=old.written)
        if spec.hostname != old.written:
            return state
        kept = replace(
            state, forward_confirmed=old.forward_confirmed, forward_detail=old.forward_detail
        )
        # What a look said of another hostname is nothing about this one.
        if old.hostnames != (spec.hostname,):
            return self._with_forward(kept, report)
        return kept

    def delete(self, old: PtrState, report: Report, resource: str = "") -> None:
        """Take away what we wrote, or put back what was there; never what is not ours.

        Raises ConflictError where a declared resource wants the record and does not have it yet.
        """
        name = resource or _resource(old.backend, old.address)
        self.recall(old, resource=name, is_current=False)
        try:
            with self._exclusive(old):
                self._delete(old, report, name)
        except AddressNotFoundError as error:
            report.warning(f"{error}; there is nothing to delete")

    def _delete(self, old: PtrState, report: Report, resource: str) -> None:
        if old.written is None:
            return
        backend = self._backends.get(old.backend)
        location = written_ptr(backend, old.address, old.zone, old.owner, self._aliases)
        address = str(old.address)
        policy = old.policies.on_delete
        record = OwnRecord(
            old.backend,
            "PTR",
            address,
            old.written,
            resource,
            old.previous if policy is OnDelete.RESTORE else None,
            old.is_kept,
            Memory(old.adopted, old.previous),
        )
        claims = self._ledger.claims("PTR", address)
        decide = self._claimants.decider(
            self._identity(old),
            {address: Given(record, location, claims)},
            self._deletions.keeping(record, claims, report),
        )
        self._reconcile(location, old, self._deletions.counting(decide, record, old, claims))
        self._ledger.hand_over(resource, "PTR", self._identity(old), decide.handed_over)

    def _identity(self, one: PtrSpec | PtrState) -> str:
        return self._backends.identity(one.backend)

    def _exclusive(self, one: PtrSpec | PtrState) -> AbstractContextManager[None]:
        return self._ledger.exclusive("PTR", self._identity(one), str(one.address))

    @contextmanager
    def _told(self, resource: str, spec: PtrSpec) -> Iterator[None]:
        """Note in the ledger where the operation fails."""
        try:
            yield
        except RdnsError:
            self._ledger.fail(resource, str(spec.address))
            raise

    def _wait(self, spec: PtrSpec, report: Report) -> None:
        if spec.policies.ptr_timeout:
            self._await_served(spec, report)

    def _strangers(self, spec: PtrSpec, resource: str, ours: Collection[DnsName] = ()) -> Strangers:
        """Return what may turn out to be a record of this stack, and how to wait for that."""

        wait = partial(self._ledger.wait, resource, is_of_use=self._ledger.may_learn_more)
        return Strangers(lambda _, live: self.is_foreign(spec, live, ours), wait)

    def decide(
        self, spec: PtrSpec, live: LiveRecord, learned: Iterable[DnsName] = ()
    ) -> Wanted | None:
        """Decide what a create or update writes where ``live`` stands; None for nothing. No write.

        ``learned`` is what a refresh has shown. Raises ConflictError and RejectedError.
        """
        written = self._written(spec, others(spec, live))
        return decide_write(own_ptr(spec), {*written, *learned}, live)

    def is_foreign(self, spec: PtrSpec, live: LiveRecord, learned: Iterable[DnsName] = ()) -> bool:
        """Whether what stands there was written by somebody else."""
        written = self._written(spec, others(spec, live))
        return are_foreign(spec.hostname, {*written, *learned}, live)

    def _decision(self, spec: PtrSpec, learned: Iterable[DnsName] = ()) -> Decide:
        return lambda _, live: self.decide(spec, live, learned)

    def _adopt(self, location: RecordLocation, spec: PtrSpec, report: Report) -> PtrState:
        state = fresh_state(spec, location, None)
        memory = self.memory(location, spec)
        if memory is not None:
            state = replace(state, previous=memory.previous, adopted=memory.adopted)
            return self._with_forward(state, report)
        policy = policy_of(spec)
        answer = None
        if policy is ForwardPolicy.STRICT:
            answer = self._admit(spec, report)
        elif policy is not ForwardPolicy.SKIP:
            answer = self._look_forward(spec)
        if answer is not None and answer.verdict is Verdict.MISMATCH:
            report.warning(told_of_adoption(spec, answer))
        else:
            self._adopted.warn(report, told_of_adoption(spec, answer))
        return replace(fresh_state(spec, location, answer), adopted=True)

    def memory(self, location: RecordLocation, spec: PtrSpec) -> Memory | None:
        """Return what is remembered of a record that is right already and that this stack wrote;
        None where somebody else did. No write.
        """
        written = self._written(spec, [spec.hostname])
        if spec.hostname in written:
            # A killed run remembers nothing of what was there before.
            return written[spec.hostname] or Memory()
        if UNREADABLE in written:
            return written[UNREADABLE]
        address = str(spec.address)
        found = self._claimants.written_elsewhere(
            self._identity(spec), {address: location}, {address: spec.hostname}
        )
        return found.get(address)

    def _with_forward(self, state: PtrState, report: Report) -> PtrState:
        """Renew what is known of the forward record; the old value stays where nobody can say."""
        spec = state.spec
        if spec is None or policy_of(spec) is ForwardPolicy.SKIP:
            return state
        answer = self._look_forward(spec)
        if answer.confirmed is None:
            if state.forward_confirmed is not None:
                return state
            return replace(state, forward_detail=answer.detail)
        if state.forward_confirmed and not answer.confirmed:
            where = " everywhere" if answer.verdict is Verdict.PROPAGATING else ""
            report.warning(
                f"{spec.hostname} no longer resolves{where} to {spec.address}: {answer.detail}"
            )
        return replace(state, forward_confirmed=answer.confirmed, forward_detail=answer.detail)

    def _admit(self, spec: PtrSpec, report: Report) -> Confirmation | None:
        return self._gate.admit(self._backends.get(spec.forward_backend), spec, report)

    def _look_forward(self, spec: PtrSpec) -> Confirmation:
        backend = self._backends.get(spec.forward_backend)
        return self._gate.look(backend, spec.hostname, spec.address)

    def _written(self, spec: PtrSpec, shown: Collection[str] = ()) -> dict[str, Memory | None]:
        return self._ledger.written("PTR", self._identity(spec), str(spec.address), shown)

    def _inherited(self, spec: PtrSpec, seen: LiveRecord) -> tuple[Previous, bool]:
        """Return what was there before, also where a resource of this program was in between."""
        written = self._written(spec, seen.values)
        for hostname in seen.values:
            memory = written.get(hostname)
            if memory is not None and memory.adopted and hostname != spec.hostname:
                return Previous(known=True, hostnames=(DnsName(hostname),), ttl=seen.ttl), False
            if memory is not None:
                return memory.previous, memory.adopted
        if seen.is_default:
            return Previous(known=True), False
        if seen.values == (spec.hostname,):
            return Previous(), True
        if any(hostname in written for hostname in seen.values):
            # A set wrote it: put back, it would be in no state.
            return Previous(known=True), False
        hostnames = tuple(map(DnsName, seen.values))
        return Previous(known=True, hostnames=hostnames, ttl=seen.ttl), False

    def _reconcile(
        self,
        location: RecordLocation,
        record: PtrSpec | PtrState,
        decide: Decide,
        seen: LiveRecord | None = None,
        strangers: Strangers | None = None,
    ) -> LiveRecord:
        """Bring the record to what is decided, and return what stood there before.

        ``seen`` is what a look has shown right now.
        """
        address = str(record.address)
        result = reconcile(
            Store(partial(self._ledger.exclusive, "PTR", self._identity(record))),
            {address: location},
            decide,
            seen={} if seen is None else {address: seen},
            strangers=strangers,
        )
        for error in result.failures.values():
            raise error
        return result.before[address]


def _resource(backend: str, address: Address) -> str:
    """Name a resource of which nobody says the URN."""
    return f"PTR {backend} {address}"
