"""Create, read, update and delete one PTR record, so that nothing live is ever lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace

from pulumi_rdns.backends.base import Backend, Report
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import (
    AddressNotFoundError,
    ConflictError,
    RdnsError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.addresses import Address, reverse_name
from pulumi_rdns.model.confirmation import Confirmation, Verdict
from pulumi_rdns.model.names import DnsName, is_subdomain
from pulumi_rdns.model.specs import ForwardPolicy, OnConflict, OnDelete, PtrSpec
from pulumi_rdns.model.states import Previous, PtrState
from pulumi_rdns.records.claims import Claims, Key
from pulumi_rdns.records.forward_check import ForwardGate, policy_of
from pulumi_rdns.records.one_place import are_one
from pulumi_rdns.records.places import Aliases, PtrPlace, Seen, find_place, stored_place

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
        claims: Claims,
        gate: ForwardGate,
        await_served: Callable[[PtrSpec, Report], None],
        aliases: Aliases,
    ) -> None:
        self._backends = backends
        self._claims = claims
        self._gate = gate
        self._await_served = await_served
        self._aliases = aliases

    def declare(self, backend: str, address: Address, zone: DnsName | None) -> None:
        """Note that the running program declares this record. No I/O."""
        self._claims.declare(self._key(backend, address), zone)

    def recall(self, old: PtrState) -> None:
        """Note what the state says we wrote. No I/O."""
        if old.written is not None:
            key = self._key(old.backend, old.address)
            self._claims.own(key, old.written, old)
            if old.adopted:
                self._claims.find(key, old.written)

    def create(self, spec: PtrSpec, report: Report) -> PtrState:
        """Write the record, or adopt it where it is already correct.

        Raises ConflictError where another name is there, ForwardMismatchError, and what the
        backend raises; nothing is written then.
        """
        try:
            state = self._create(spec, report)
        except RdnsError:
            self._claims.fail(self._key(spec.backend, spec.address))
            raise
        if state.adopted:
            self._claims.find(self._key(spec.backend, spec.address), spec.hostname)
        return state

    def _create(self, spec: PtrSpec, report: Report) -> PtrState:
        backend = self._backends.get(spec.backend)
        place = find_place(backend, spec.address, spec.zone, self._aliases)
        key = self._key(spec.backend, spec.address)
        overwrite = spec.policies.on_conflict is OnConflict.OVERWRITE
        with self._claims.exclusive(key):
            seen = place.look()
            place.refuse_fixed(self._claims.owned(key))
            if seen.hostnames == (spec.hostname,):
                return self._adopt(backend, place, seen, spec, report)
        is_free = _is_ours(seen, self._ours(key, spec.hostname))
        if not is_free and not self._await_ours(place, key, spec, seen) and not overwrite:
            raise _conflict(spec, place.look())
        answer = self._gate.admit(backend, spec, report)
        # Where nothing was waited for, this look still counts: the write compares with it.
        is_fresh = is_free and answer is None

        def decide(seen: Seen) -> _Wanted | None:
            if not overwrite and not _is_ours(seen, self._ours(key, spec.hostname)):
                raise _conflict(spec, seen)
            return None if _is_right(seen, spec) else _Wanted((spec.hostname,), spec.ttl)

        before = self._swap(place, key, decide, seen if is_fresh else None)
        self._wait(spec, report)
        previous, adopted = self._inherited(key, before, spec.hostname)
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

    def update(self, old: PtrState, spec: PtrSpec, report: Report) -> PtrState:
        """Bring the record to what the program asks for; policies alone cost no I/O."""
        # What a refresh has learned and the program keeps (ignore_changes) is not ours for that.
        if old.hostnames == (spec.hostname,) and spec.ttl in (None, old.ttl):
            return replace(old, ttl=spec.ttl, policies=spec.policies)
        backend = self._backends.get(spec.backend)
        place = stored_place(backend, spec.address, old.zone, old.owner, self._aliases)
        key = self._key(spec.backend, spec.address)
        self.recall(old)
        answer = None
        if spec.hostname != old.written:
            answer = self._gate.admit(backend, spec, report)

        def decide(seen: Seen) -> _Wanted | None:
            ours = self._ours(key, spec.hostname) | set(old.hostnames)
            overwrite = spec.policies.on_conflict is OnConflict.OVERWRITE
            if not overwrite and not _is_ours(seen, ours):
                raise _conflict(spec, seen)
            return None if _is_right(seen, spec) else _Wanted((spec.hostname,), spec.ttl)

        self._swap(place, key, decide)
        self._wait(spec, report)
        state = replace(_fresh(spec, place, answer), previous=old.previous, adopted=old.adopted)
        if old.hostnames == (spec.hostname,) != (old.written,):
            state = replace(state, written=old.written)
        if spec.hostname != old.written:
            return state
        return replace(
            state, forward_confirmed=old.forward_confirmed, forward_detail=old.forward_detail
        )

    def delete(self, old: PtrState, report: Report) -> None:
        """Take away what we wrote, or put back what was there; never what is not ours."""
        key = self._key(old.backend, old.address)
        self.recall(old)
        try:
            backend = self._backends.get(old.backend)
            with self._claims.exclusive(key):
                is_claimed = self._is_claimed(backend, key, old)
                if is_claimed and not self._claims.has_failed(key):
                    return
                place = stored_place(backend, old.address, old.zone, old.owner, self._aliases)
                if is_claimed and old.written in place.look().hostnames:
                    raise _not_taken_over(old)
                if self._is_claimed_elsewhere(place, key, old):
                    return
                if place.zone is None and self._is_shared(place, key, old):
                    report.warning(_perhaps_one_place(old))
                    return
                self._swap(place, key, lambda seen: _leave_behind(seen, old, report))
        except AddressNotFoundError as error:
            report.warning(f"{error}; there is nothing to delete")

    def _key(self, backend: str, address: Address) -> Key:
        """Name the record for the claims, by the place that it is written to."""
        return ("PTR", self._backends.identity(backend), str(address))

    def _wait(self, spec: PtrSpec, report: Report) -> None:
        if spec.policies.ptr_timeout:
            self._await_served(spec, report)

    def _is_claimed(self, backend: Backend, key: Key, old: PtrState) -> bool:
        """Whether a declared resource holds the very record that shall be deleted."""
        zones = self._claims.declared(key)
        if not zones or old.zone is None or old.zone in zones:
            return bool(zones)
        # No zone, or one above, may lead to the same record by an alias (RFC 2317).
        name = reverse_name(old.address)
        above = [
            DnsName(zone)
            for zone in zones
            if isinstance(zone, str) and is_subdomain(name, DnsName(zone))
        ]
        maybe = [*above, *([None] if None in zones else [])]
        found = [find_place(backend, old.address, zone, self._aliases) for zone in maybe]
        return any((place.zone, place.owner) == (old.zone, old.owner) for place in found)

    def _is_shared(self, place: PtrPlace, key: Key, old: PtrState) -> bool:
        """Whether another backend may reach the same address, with another token perhaps."""
        shared = self._claims.may_be_shared(key, old.written)
        return shared and old.written in place.look().hostnames

    def _is_claimed_elsewhere(self, place: PtrPlace, key: Key, old: PtrState) -> bool:
        """Whether a declared resource of another instance holds the very record."""
        others = self._claims.declared_elsewhere(key)
        if not others or place.spot is None or place.look().hostnames != (old.written,):
            return False
        for identity, zone in others:
            other = self._backends.at(identity)
            if other is None:
                continue
            assert zone is None or isinstance(zone, str)
            given = None if zone is None else DnsName(zone)
            try:
                spot = find_place(other, old.address, given, self._aliases).spot
            except ZoneNotFoundError:
                continue
            if spot is not None and are_one(place.spot, spot):
                return True
        return False

    def _await_ours(self, place: PtrPlace, key: Key, spec: PtrSpec, seen: Seen) -> bool:
        """Allow another resource of this program a moment to let go of the record.

        False where a name is there that is still nobody's of this stack.
        """
        since = time.monotonic()

        def ours() -> bool:
            return _is_ours(seen, self._ours(key, spec.hostname))

        while not ours():
            in_time = self._claims.wait_for_hand_over(key, ours, since)
            seen = place.look()
            if not in_time:
                return ours()
        return True

    def _adopt(
        self, backend: Backend, place: PtrPlace, seen: Seen, spec: PtrSpec, report: Report
    ) -> PtrState:
        key = self._key(spec.backend, spec.address)
        if not _is_right(seen, spec):
            place.swap(seen, (spec.hostname,), spec.ttl)
        state = _fresh(spec, place, None)
        memory = self._claims.owned(key).get(spec.hostname)
        if isinstance(memory, PtrState):
            state = replace(state, previous=memory.previous, adopted=memory.adopted)
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

    def _ours(self, key: Key, hostname: DnsName) -> set[DnsName]:
        values = {*self._claims.owned(key), *self._claims.exchanged(key)}
        return {DnsName(value) for value in values if isinstance(value, str)} | {hostname}

    def _inherited(self, key: Key, seen: Seen, hostname: DnsName) -> tuple[Previous, bool]:
        """Return what was there before, also where a resource of this program was in between."""
        owned = self._claims.owned(key)
        for hostname_seen in seen.hostnames:
            memory = owned.get(hostname_seen)
            if isinstance(memory, PtrState):
                return memory.previous, memory.adopted
        if seen.is_default:
            return Previous(known=True), False
        if seen.hostnames == (hostname,):
            return Previous(), True
        return Previous(known=True, hostnames=seen.hostnames, ttl=seen.ttl), False

    def _swap(
        self,
        place: PtrPlace,
        key: Key,
        decide: Callable[[Seen], _Wanted | None],
        known: Seen | None = None,
    ) -> Seen:
        """Look, decide and write, again when somebody else came in between; give what was seen.

        ``known`` is what a look has shown right now.
        """
        for left in reversed(range(_TRIES)):
            with self._claims.exclusive(key):
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
    return seen.is_default or all(hostname in ours for hostname in seen.hostnames)


def _is_right(seen: Seen, spec: PtrSpec) -> bool:
    has_ttl = spec.ttl is None or seen.ttl in (None, spec.ttl)
    return seen.hostnames == (spec.hostname,) and has_ttl


def _leave_behind(seen: Seen, old: PtrState, report: Report) -> _Wanted | None:
    """Report what a delete leaves: never anything changed that is not what we wrote."""
    if not seen.hostnames:
        return None
    if old.written is None or old.written not in seen.hostnames:
        if not seen.is_default:
            report.warning(
                f"the PTR of {old.address} is now {seen.text}, which was not written by this "
                "stack; it is kept unchanged"
            )
        return None
    others = tuple(hostname for hostname in seen.hostnames if hostname != old.written)
    if old.policies.on_delete is not OnDelete.RESTORE or others:
        return _Wanted(others)
    if old.previous.known:
        return _Wanted(old.previous.hostnames, old.previous.ttl)
    report.warning(
        f"the PTR of {old.address} was {seen.text} already when this resource was created, so "
        "on_delete restore leaves it"
    )
    return None


def _perhaps_one_place(old: PtrState) -> str:
    assert old.written is not None
    return (
        f"the PTR of {old.address} at backend {old.backend}, {old.written}, is left as "
        "it is: another backend of this program has the same, and one of the two found it there "
        "already, so they may be one account; if they are not, remove it by hand"
    )


def _not_taken_over(old: PtrState) -> ConflictError:
    assert old.written is not None
    return ConflictError(
        old.backend,
        "delete the PTR of",
        str(old.address),
        f"{old.written} is kept unchanged and stays in the state, because the resource "
        "that declares this address now could not be created; see its error",
    )


def _conflict(spec: PtrSpec, seen: Seen) -> ConflictError:
    return ConflictError(
        spec.backend,
        "set the PTR of",
        str(spec.address),
        f"it already points to {seen.text}, which was not written by this stack. Nothing was "
        'changed. To take it over, set on_conflict to "overwrite"; if another resource of this '
        "stack was renamed, add `aliases` to this one; otherwise remove the record there first",
    )
