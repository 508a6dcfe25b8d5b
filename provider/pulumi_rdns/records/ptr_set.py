"""Create, read, update and delete many PTR records as one, so that nothing live is ever lost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from pulumi_rdns.backends.base import Backend, Report
from pulumi_rdns.backends.batch import Found
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import ConflictError, RdnsError, ZoneNotFoundError
from pulumi_rdns.model.addresses import reverse_name
from pulumi_rdns.model.names import DnsName, is_subdomain
from pulumi_rdns.model.specs import OnConflict, PtrSetSpec
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.model.tables import Table
from pulumi_rdns.records.claims import Claims, Key
from pulumi_rdns.records.forward_check import ForwardGate
from pulumi_rdns.records.other_instances import OtherInstances
from pulumi_rdns.records.places import Aliases
from pulumi_rdns.records.ptr_set_forward import admitted, renewed
from pulumi_rdns.records.ptr_set_messages import (
    summary,
    warn_of_adopted,
    warn_of_left,
    warn_of_unserved,
)
from pulumi_rdns.records.ptr_set_places import Place, Store, store_of
from pulumi_rdns.records.ptr_set_run import Run
from pulumi_rdns.records.ptr_set_state import (
    Brought,
    believed,
    placed,
    places_of,
    seen_after,
    written_after,
)


class _Places(NamedTuple):
    """Where the records of a set are."""

    places: dict[str, Place]
    #: addresses for which no place was found
    errors: dict[str, RdnsError]
    #: addresses that have their old place, where they would not be served any longer, and why
    #: there is no new one; what is left there is ours
    unserved: dict[str, RdnsError]


class PtrSets:
    """The four operations. One object serves all sets of a process."""

    def __init__(
        self, backends: Backends, claims: Claims, gate: ForwardGate, aliases: Aliases
    ) -> None:
        self._backends = backends
        self._claims = claims
        self._gate = gate
        self._aliases = aliases

    def declare(self, spec: PtrSetSpec) -> None:
        """Note that the running program declares these records. No I/O."""
        self._claims.declare_set(self._prefix(spec.backend), spec.records.table, spec.zone)

    def recall(self, old: PtrSetState) -> None:
        """Note what the state says we wrote. No I/O."""

        self._claims.own_set(self._prefix(old.backend), old.written.get)

    def create(self, spec: PtrSetSpec, report: Report) -> Brought:
        """Write all records that can be written, and adopt those that are already correct."""
        return self._bring(PtrSetState(backend=spec.backend, zone=spec.zone), spec, report)

    def update(self, old: PtrSetState, spec: PtrSetSpec, report: Report) -> Brought:
        """Write what differs; policies alone cost no I/O."""
        self.recall(old)
        return self._bring(old, spec, report)

    def read(self, old: PtrSetState, report: Report) -> PtrSetState | None:
        """Look at the live records where they were written; None where all are gone."""
        backend = self._backends.get(old.backend)
        store = self._store(backend, old.zone)
        declared = old.records.table
        found = self._places(store, old, declared)
        zones = {found.places[address].zone for address in found.unserved}
        gone = {zone for zone in zones if not store.has_zone(zone)}
        errors = found.errors | {
            address: error
            for address, error in found.unserved.items()
            if found.places[address].zone in gone
        }
        if errors:
            raise summary("read the PTRs of", backend.name, errors, len(declared))
        places = {key: place for key, place in found.places.items() if key not in found.unserved}
        there = store.read(places, is_shared=True)
        live = {
            address: tuple(map(DnsName, one.hostnames))
            for address, one in there.items()
            if one.hostnames and not _is_only_default(one, old.written.get(address))
        }
        warn_of_unserved(found.unserved, report)
        # What cannot be looked at is as it was; it is served again when a delegation ends.
        live |= {address: believed(old, address) for address in found.unserved}
        if declared and not live:
            return None
        several = {address: names for address, names in live.items() if len(names) > 1}
        state = replace(old, records=old.records.live(live), several=several)
        if old.ttl is not None:
            ttls = {there[key].ttl or old.ttl for key in live if key in there}
            others = sorted(ttls - {old.ttl})
            state = replace(state, ttl=others[0] if others else old.ttl)
        return renewed(self._gate, backend, state, report)

    def delete(self, old: PtrSetState, report: Report) -> None:
        """Take away what we wrote, record by record; never what is not ours.

        Raises one error that tells of all that failed.
        """
        self.recall(old)
        backend = self._backends.get(old.backend)
        store = self._store(backend, old.zone)
        found = self._places(store, old, old.written)
        going, failures = self._unclaimed(backend, old, old.written, found)
        run = Run(store, found.places, self._ours(old), report)
        run.remove(going)
        warn_of_left(run, report)
        failures = run.failures | self._not_taken_over(old, going) | failures
        if failures:
            raise summary("delete the PTRs of", backend.name, failures, len(old.written))

    def _bring(self, old: PtrSetState, spec: PtrSetSpec, report: Report) -> Brought:
        """Bring what is there to what the program asks for."""
        wanted, seen = spec.records.table, old.records.table
        retimed = spec.ttl is not None and spec.ttl != old.ttl
        todo = {
            address: hostname
            for address, hostname in wanted.items()
            if retimed or seen.get(address) != hostname or address in old.several
        }
        backend = self._backends.get(spec.backend)
        store = self._store(backend, spec.zone)
        going: Table = {k: value for k, value in old.written.items() if k not in wanted}
        state = replace(
            old, zone=spec.zone, records=spec.records, several={}, policies=spec.policies
        )
        if not todo and not going:
            written = {key: value for key, value in old.written.items() if key in wanted}
            return Brought(replace(state, ttl=spec.ttl, written=written), None)

        found = self._places(store, old, [*todo, *going])
        errors = found.errors | found.unserved
        failures = {address: errors[address] for address in todo if address in errors}
        changed = [key for key, name in todo.items() if name != old.written.get(key)]
        looks = admitted(
            self._gate, backend, spec, [key for key in changed if key not in failures], report
        )
        failures |= looks.failures
        run = Run(store, found.places, self._ours(old), report)
        run.write(
            {key: name for key, name in todo.items() if key not in failures},
            {key: believed(old, key) for key in todo if key not in failures},
            spec.ttl,
            overwrite=spec.policies.on_conflict is OnConflict.OVERWRITE,
            is_patient=self._claims.is_patient,
        )
        if going:
            self._claims.await_quiet()
            leaving = going
            going, unsure = self._unclaimed(backend, old, leaving, found)
            left = self._not_taken_over(old, going)
            failures |= unsure | {key: left[key] for key in leaving if key in left}
        run.remove(going)
        warn_of_adopted(run, report)
        warn_of_left(run, report)
        failures |= run.failures
        for address in failures:
            self._claims.fail((*self._prefix(spec.backend), address))
        state = replace(
            seen_after(state, old, spec, failures),
            ttl=old.ttl if failures else spec.ttl,
            written={
                **written_after(old, spec, todo, failures, run.unknown),
                **self._inherited(store, old, [key for key in todo if key in failures], run.places),
            },
        )
        state = looks.remembered(placed(state, old, run.places), old)
        if not failures:
            return Brought(state, None)
        return Brought(state, summary("set the PTRs of", backend.name, failures, len(wanted)))

    def _inherited(
        self, store: Store, old: PtrSetState, failed: Iterable[str], places: Mapping[str, Place]
    ) -> Table:
        """Return what another resource of this stack wrote and gave up, and still stands where this
        one failed: else it would be in no state.
        """
        owned = {}
        for address in failed:
            if address not in old.written and address in places:
                values = self._claims.owned((*self._prefix(old.backend), address))
                names = {DnsName(one) for one in values if isinstance(one, str)}
                if names:
                    owned[address] = names
        if not owned:
            return {}
        try:
            there = store.read({address: places[address] for address in owned})
        except RdnsError:
            return {}
        found = {address: there[address].hostnames for address in owned if address in there}
        return {
            address: DnsName(hostnames[0])
            for address, hostnames in found.items()
            if len(hostnames) == 1 and hostnames[0] in owned[address]
        }

    def _prefix(self, backend: str) -> Key:
        return ("PTR", self._backends.identity(backend))

    def _store(self, backend: Backend, zone: DnsName | None) -> Store:
        return store_of(backend, zone, self._aliases, self._claims, self._prefix(backend.name))

    def _places(self, store: Store, old: PtrSetState, addresses: Collection[str]) -> _Places:
        """Return the places where records were written; look for those of new ones.

        Also of those that would not be served there, as their part has become a zone of its own.
        """
        known = places_of(old, addresses)
        new = [address for address in addresses if address not in known]
        moved = store.misplaced(known) if known else []
        found = _Places(known, {}, {})
        for address, there in (store.places([*new, *moved]) if new or moved else {}).items():
            if isinstance(there, Place):
                found.places[address] = there
            elif address in known and isinstance(there, ZoneNotFoundError):
                found.unserved[address] = there
            else:
                found.places.pop(address, None)
                found.errors[address] = there
        return found

    def _ours(self, old: PtrSetState) -> Callable[[str], set[str]]:
        """Return which hostnames of an address this stack wrote, or a refresh has shown to it."""
        prefix = self._prefix(old.backend)

        def ours(address: str) -> set[str]:
            owned = self._claims.owned((*prefix, address))
            names = {value for value in owned if isinstance(value, str)}
            return names.union(believed(old, address))

        return ours

    def _unclaimed(
        self, backend: Backend, old: PtrSetState, values: Table, found: _Places
    ) -> tuple[Table, dict[str, RdnsError]]:
        """Leave out the records that another declared resource holds now.

        Those of which nobody can tell are left out too, each with an error.
        """
        prefix = self._prefix(old.backend)
        others: dict[str, list[tuple[str, object]]] = {}
        unclaimed = {}
        unsure: dict[str, RdnsError] = {}
        for address, value in values.items():
            key = (*prefix, address)
            zones = self._claims.declared(key)
            if zones and old.zone in zones:
                continue
            if address in found.errors:
                unsure[address] = found.errors[address]
                continue
            try:
                if zones and not self._is_elsewhere(old, address, zones, found.places[address]):
                    continue
            except RdnsError as error:
                unsure[address] = error
                continue
            if elsewhere := self._claims.declared_elsewhere(key):
                others[address] = elsewhere
            unclaimed[address] = value
        if others:
            instances = OtherInstances(self._backends, self._aliases, self._claims)
            held, unknown = instances.hold(backend, found.places, values, others)
            unsure |= unknown
            for address in held | unknown.keys():
                unclaimed.pop(address, None)
        return unclaimed, unsure

    def _not_taken_over(self, old: PtrSetState, going: Table) -> dict[str, RdnsError]:
        """Find the records that another resource declares and could not take over."""
        return {
            address: ConflictError(
                old.backend,
                "delete the PTR of",
                address,
                "it is kept unchanged and stays in the state, because the resource that declares "
                "this address now could not be created; see its error",
            )
            for address in old.written
            if address not in going and self._has_failed(old.backend, address)
        }

    def _has_failed(self, backend: str, address: str) -> bool:
        """Whether a resource that declares an address failed, here or at another place."""
        key = (*self._prefix(backend), address)
        others = [
            ("PTR", identity, address) for identity, _ in self._claims.declared_elsewhere(key)
        ]
        return any(map(self._claims.has_failed, (key, *others)))

    def _is_elsewhere(
        self, old: PtrSetState, address: str, zones: Collection[object], place: Place
    ) -> bool:
        """Whether the declared record of this address is in another zone than ``place``.

        Raises RdnsError where nobody can tell.
        """
        if place.zone is None or place.zone in zones:
            return False
        # No zone, or one above, may lead to the same record by an alias (RFC 2317).
        name = reverse_name(address)
        backend = self._backends.get(old.backend)
        for zone in zones:
            if zone is None or (isinstance(zone, str) and is_subdomain(name, DnsName(zone))):
                found = store_of(
                    backend,
                    None if zone is None else DnsName(zone),
                    self._aliases,
                    self._claims,
                    (),
                ).replaced(address)
                if isinstance(found, RdnsError):
                    raise found
                if found == place:
                    return False
        return True


def _is_only_default(found: Found, written: str | None) -> bool:
    """Whether the vendor's default name is there, and nobody chose it."""
    return found.is_default and found.hostnames != (written,)
