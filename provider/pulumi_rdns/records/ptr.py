"""Create, read, update and delete one PTR record, so that nothing live is ever lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple

from msgspec.structs import replace

from pulumi_rdns.backends.base import Backend, Report
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import AddressNotFoundError, ConflictError, RdnsError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.confirmation import Confirmation, Verdict
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.specs import ForwardPolicy, OnConflict, OnDelete, PtrSpec
from pulumi_rdns.model.states import Previous, PtrState
from pulumi_rdns.records.claimants import Claimants
from pulumi_rdns.records.forward_check import ForwardGate, policy_of
from pulumi_rdns.records.holdings import Memory, holding_of_ptr, includes
from pulumi_rdns.records.ledger import Declared, Place
from pulumi_rdns.records.ownership import Live, OwnRecord
from pulumi_rdns.records.places import Aliases, PtrPlace, Seen, find_place, stored_place
from pulumi_rdns.records.shared_ledger import SharedLedger

#: how often a write is tried when somebody else keeps changing the record
_TRIES = 5


class _Wanted(NamedTuple):
    hostnames: tuple[DnsName, ...]
    #: seconds; None keeps the TTL that is there
    ttl: int | None = None


class PtrRecords:
    """The four operations. One object serves all PTR records of a process."""

    def __init__(
        self,
        backends: Backends,
        ledger: SharedLedger,
        gate: ForwardGate,
        await_served: Callable[[PtrSpec, Report], None],
        aliases: Aliases,
    ) -> None:
        self._backends = backends
        self._ledger = ledger
        self._claimants = Claimants(backends, ledger)
        self._gate = gate
        self._await_served = await_served
        self._aliases = aliases

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
            self._ledger.wrote(name, holding_of_ptr(self._identity(spec), state))
        return state

    def _create(self, spec: PtrSpec, report: Report, resource: str) -> PtrState:
        backend = self._backends.get(spec.backend)
        place = find_place(backend, spec.address, spec.zone, self._aliases)
        overwrite = spec.policies.on_conflict is OnConflict.OVERWRITE
        with self._exclusive(spec):
            seen = place.look()
            place.refuse_fixed(self._written(spec))
            if seen.hostnames == (spec.hostname,):
                return self._adopt(backend, place, seen, spec, report)
        is_free = _is_ours(seen, self._ours(spec))
        if not is_free and not self._await_ours(place, spec, seen, resource) and not overwrite:
            raise _conflict(spec, place.look())
        answer = self._gate.admit(backend, spec, report)
        # Where nothing was waited for, this look still counts: the write compares with it.
        is_fresh = is_free and answer is None

        def decide(seen: Seen) -> _Wanted | None:
            if not overwrite and not _is_ours(seen, self._ours(spec)):
                raise _conflict(spec, seen)
            return None if _is_right(seen, spec) else _Wanted((spec.hostname,), spec.ttl)

        before = self._swap(place, spec, decide, seen if is_fresh else None)
        self._wait(spec, report)
        previous, adopted = self._inherited(spec, before)
        return replace(_fresh(spec, place, answer), previous=previous, adopted=adopted)

    def read(self, old: PtrState, report: Report) -> PtrState | None:
        """Look at the live record where it was written; None where it is gone."""
        backend = self._backends.get(old.backend)
        place = stored_place(backend, old.address, old.zone, old.owner, self._aliases)
        seen = place.look()
        if not seen.hostnames or (seen.is_default and seen.hostnames != (old.written,)):
            return None
        state = replace(
            old,
            zone=place.zone,
            owner=place.owner,
            hostnames=seen.hostnames,
            ttl=seen.ttl if old.ttl is not None else None,
        )
        return self._with_forward(backend, state, report)

    def update(self, old: PtrState, spec: PtrSpec, report: Report, resource: str = "") -> PtrState:
        """Bring the record to what the program asks for; policies alone cost no I/O."""
        # What a refresh has learned and the program keeps (ignore_changes) is not ours for that.
        name = resource or _resource(spec.backend, spec.address)
        is_same = old.hostnames == (spec.hostname,) and spec.ttl in (None, old.ttl)
        if is_same and not self._ledger.was_interrupted(name):
            return replace(old, ttl=spec.ttl, policies=spec.policies)
        self.recall(old, resource=name)
        with self._told(name, spec):
            state = self._update(old, spec, report)
            self._ledger.wrote(name, holding_of_ptr(self._identity(spec), state))
        return state

    def _update(self, old: PtrState, spec: PtrSpec, report: Report) -> PtrState:
        backend = self._backends.get(spec.backend)
        place = stored_place(backend, spec.address, old.zone, old.owner, self._aliases)
        answer = None
        if spec.hostname != old.written:
            answer = self._gate.admit(backend, spec, report)

        def decide(seen: Seen) -> _Wanted | None:
            ours = self._ours(spec) | set(old.hostnames)
            overwrite = spec.policies.on_conflict is OnConflict.OVERWRITE
            if not overwrite and not _is_ours(seen, ours):
                raise _conflict(spec, seen)
            return None if _is_right(seen, spec) else _Wanted((spec.hostname,), spec.ttl)

        self._swap(place, spec, decide)
        self._wait(spec, report)
        state = replace(_fresh(spec, place, answer), previous=old.previous, adopted=old.adopted)
        if old.hostnames == (spec.hostname,) != (old.written,):
            state = replace(state, written=old.written)
        if spec.hostname != old.written:
            return state
        kept = replace(
            state, forward_confirmed=old.forward_confirmed, forward_detail=old.forward_detail
        )
        # What a look said of another hostname is nothing about this one.
        if old.hostnames != (spec.hostname,):
            return self._with_forward(backend, kept, report)
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
        place = stored_place(backend, old.address, old.zone, old.owner, self._aliases)
        restores = old.policies.on_delete is OnDelete.RESTORE
        record = OwnRecord(
            old.backend,
            "PTR",
            str(old.address),
            old.written,
            resource,
            old.previous if restores else None,
        )
        claims = self._ledger.claims("PTR", str(old.address))
        judge = self._claimants.decider(record, self._identity(old), place.location, claims, report)

        def decide(seen: Seen) -> _Wanted | None:
            going = judge(Live(seen.hostnames, seen.is_default))
            return going and _Wanted(tuple(map(DnsName, going.leaving)), going.ttl)

        self._swap(place, old, decide)

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

    def _await_ours(self, place: PtrPlace, spec: PtrSpec, seen: Seen, resource: str) -> bool:
        """Wait until the engine has told of the resource that wrote what is there.

        False where a name is there that is still nobody's of this stack.
        """
        if self._ledger.wait(
            resource,
            lambda: _is_ours(seen, self._ours(spec)),
            self._ledger.may_hear_more,
        ):
            return True
        return _is_ours(place.look(), self._ours(spec))

    def _adopt(
        self, backend: Backend, place: PtrPlace, seen: Seen, spec: PtrSpec, report: Report
    ) -> PtrState:
        if not _is_right(seen, spec):
            place.swap(seen, (spec.hostname,), spec.ttl)
        state = _fresh(spec, place, None)
        written = self._written(spec, [spec.hostname])
        if memory := written.get(spec.hostname):
            state = replace(state, previous=memory.previous, adopted=memory.adopted)
        elif spec.hostname in written:
            pass  # a set wrote it, which remembers nothing of what was there before
        else:
            state = replace(state, adopted=True)
            kept = spec.policies.on_delete is OnDelete.RESTORE
            fate = "will leave it (on_delete restore)" if kept else "will remove it"
            report.warning(
                f"the PTR of {spec.address} was {spec.hostname} already; it is adopted: "
                f"destroy {fate}"
            )
        return self._with_forward(backend, state, report)

    def _with_forward(self, backend: Backend, state: PtrState, report: Report) -> PtrState:
        """Renew what is known of the forward record; the old value stays where nobody can say."""
        spec = state.spec
        if spec is None or policy_of(spec) is ForwardPolicy.SKIP:
            return state
        answer = self._gate.look(backend, spec.hostname, spec.address)
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

    def _written(self, spec: PtrSpec, shown: Iterable[str] = ()) -> dict[str, Memory | None]:
        return self._ledger.written("PTR", self._identity(spec), str(spec.address), shown)

    def _ours(self, spec: PtrSpec) -> set[DnsName]:
        return {DnsName(value) for value in self._written(spec)} | {spec.hostname}

    def _inherited(self, spec: PtrSpec, seen: Seen) -> tuple[Previous, bool]:
        """Return what was there before, also where a resource of this program was in between."""
        written = self._written(spec, seen.hostnames)
        for hostname in seen.hostnames:
            if memory := written.get(hostname):
                return memory.previous, memory.adopted
        if seen.is_default:
            return Previous(known=True), False
        if seen.hostnames == (spec.hostname,):
            return Previous(), True
        return Previous(known=True, hostnames=seen.hostnames, ttl=seen.ttl), False

    def _swap(
        self,
        place: PtrPlace,
        record: PtrSpec | PtrState,
        decide: Callable[[Seen], _Wanted | None],
        known: Seen | None = None,
    ) -> Seen:
        """Look, decide and write, again when somebody else came in between; give what was seen.

        ``known`` is what a look has shown right now.
        """
        for left in reversed(range(_TRIES)):
            with self._exclusive(record):
                seen, known = known or place.look(), None
                wanted = decide(seen)
                if wanted is None:
                    return seen
                try:
                    place.swap(seen, wanted.hostnames, wanted.ttl)
                except ConflictError:
                    if not left:
                        raise
                else:
                    return seen
        raise AssertionError("unreachable")


def _resource(backend: str, address: Address) -> str:
    """Name a resource of which nobody says the URN."""
    return f"PTR {backend} {address}"


def _fresh(spec: PtrSpec, place: PtrPlace, answer: Confirmation | None) -> PtrState:
    return PtrState(
        backend=spec.backend,
        address=spec.address,
        zone=place.zone,
        owner=place.owner,
        hostnames=(spec.hostname,),
        written=spec.hostname,
        ttl=spec.ttl,
        forward_confirmed=answer.confirmed if answer else None,
        forward_detail=answer.detail if answer else "not checked",
        policies=spec.policies,
    )


def _is_ours(seen: Seen, ours: set[DnsName]) -> bool:
    return seen.is_default or all(includes(ours, hostname) for hostname in seen.hostnames)


def _is_right(seen: Seen, spec: PtrSpec) -> bool:
    has_ttl = spec.ttl is None or seen.ttl in (None, spec.ttl)
    return seen.hostnames == (spec.hostname,) and has_ttl


def _conflict(spec: PtrSpec, seen: Seen) -> ConflictError:
    return ConflictError(
        spec.backend,
        "set the PTR of",
        str(spec.address),
        f"it already points to {seen.text}, which was not written by this stack. Nothing was "
        'changed. To take it over, set on_conflict to "overwrite" (in a stack file: onConflict); '
        "if another resource of this stack was renamed, add `aliases` to this one; otherwise "
        "remove the record there first",
    )
