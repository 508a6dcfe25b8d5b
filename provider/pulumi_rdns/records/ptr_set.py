"""Create, read, update and delete many PTR records as one, so that nothing live is ever lost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from dns.rdatatype import RdataType
from msgspec.structs import replace

from pulumi_rdns.backends.base import Backend, Report
from pulumi_rdns.backends.batch import Found
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import RdnsError, ZoneNotFoundError
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.specs import OnConflict, PtrSetSpec
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.model.tables import Table
from pulumi_rdns.records.claimants import Claimants, Given
from pulumi_rdns.records.forward_check import ForwardGate
from pulumi_rdns.records.holdings import holding_of_set
from pulumi_rdns.records.ledger import Claim, Declared
from pulumi_rdns.records.ledger import Place as DeclaredPlace
from pulumi_rdns.records.location import RecordLocation
from pulumi_rdns.records.ownership import Live, OwnRecord, Refuse, Remove, decide_delete
from pulumi_rdns.records.places import Aliases
from pulumi_rdns.records.ptr_set_forward import admitted, renewed
from pulumi_rdns.records.ptr_set_messages import (
    summary,
    warn_of_adopted,
    warn_of_left,
    warn_of_pending,
    warn_of_unserved,
)
from pulumi_rdns.records.ptr_set_places import Place, Store, store_of
from pulumi_rdns.records.ptr_set_run import Run
from pulumi_rdns.records.ptr_set_state import (
    SetResult,
    believed,
    placed,
    places_of,
    seen_after,
    written_after,
)
from pulumi_rdns.records.shared_ledger import SharedLedger


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
        self, backends: Backends, ledger: SharedLedger, gate: ForwardGate, aliases: Aliases
    ) -> None:
        self._backends = backends
        self._ledger = ledger
        self._claimants = Claimants(backends, ledger)
        self._gate = gate
        self._aliases = aliases

    def declare(self, spec: PtrSetSpec, *, resource: str = "", line: int | None = None) -> None:
        """Note that the running program declares these records. No I/O."""
        place = DeclaredPlace(spec.backend, self._backends.identity(spec.backend), spec.zone)
        declared = Declared("PTR", place, spec.records.table)
        self._ledger.declare(resource or _resource(spec), declared, line)

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
        self.recall(old, resource=name)
        return self._reconcile(old, spec, report, name)

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

    def delete(self, old: PtrSetState, report: Report, resource: str = "") -> None:
        """Take away what we wrote, record by record; never what is not ours.

        Raises one error that tells of all that failed.
        """
        name = resource or _resource(old)
        self.recall(old, resource=name, is_current=False)
        backend = self._backends.get(old.backend)
        store = self._store(backend, old.zone)
        found = self._places(store, old, old.written)
        run = Run(store, found.places, self._ours(old), report)
        pending, failures = self._let_go(old, old.written, found, run, name, report)
        failures |= pending | run.failures
        if failures:
            raise summary("delete the PTRs of", backend.name, failures, len(old.written))

    def _reconcile(
        self, old: PtrSetState, spec: PtrSetSpec, report: Report, resource: str
    ) -> SetResult:
        """Bring what is there to what the program asks for."""
        wanted, seen = spec.records.table, old.records.table
        # What a killed run has left is not known: all is looked at.
        retimed = self._ledger.was_interrupted(resource) or spec.ttl not in (None, old.ttl)
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
            return SetResult(replace(state, ttl=spec.ttl), None)

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
            await_ours=lambda is_over: self._await_ours(resource, is_over, report),
        )
        warn_of_adopted(run, report)
        pending: dict[str, RdnsError] = {}
        if going:
            # Others may wait for what is written already, and this one for them.
            failed = failures | run.failures
            made = {key: name for key, name in todo.items() if key not in failed}
            so_far = placed(replace(state, written={**old.written, **made}), old, run.places)
            self._ledger.wrote(resource, holding_of_set(self._identity(old), so_far), failed)
            self._await_owners(resource, going, report)
            pending, refused = self._let_go(old, going, found, run, resource, report)
            failures |= refused
        warn_of_pending(pending, report)
        failures |= run.failures
        state = replace(
            seen_after(state, old, spec, failures),
            ttl=old.ttl if failures else spec.ttl,
            written={
                **written_after(old, spec, todo, failures, run.unknown),
                **self._inherited(store, old, [key for key in todo if key in failures], run.places),
                **{address: old.written[address] for address in pending},
            },
        )
        state = looks.remembered(placed(state, old, run.places), old)
        self._ledger.wrote(resource, holding_of_set(self._identity(old), state), failures)
        if not failures:
            return SetResult(state, None)
        return SetResult(state, summary("set the PTRs of", backend.name, failures, len(wanted)))

    def _inherited(
        self, store: Store, old: PtrSetState, failed: Iterable[str], places: Mapping[str, Place]
    ) -> Table:
        """Return what another resource of this stack wrote and gave up, and still stands where this
        one failed: else it would be in no state.
        """
        owned = {}
        for address in failed:
            if address not in old.written and address in places:
                names = set(map(DnsName, self._written(old, address)))
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

    def _identity(self, old: PtrSetState) -> str:
        return self._backends.identity(old.backend)

    def _written(
        self, old: PtrSetState, address: str, shown: Collection[str] = ()
    ) -> Iterable[str]:
        """Return the hostnames that this stack wrote at an address."""
        return self._ledger.written("PTR", self._identity(old), address, shown)

    def _store(self, backend: Backend, zone: DnsName | None) -> Store:
        identity = self._backends.identity(backend.name)
        return store_of(backend, zone, self._aliases, self._ledger, identity)

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

    def _ours(self, old: PtrSetState) -> Callable[[str, Collection[str]], set[str]]:
        """Return which hostnames of an address this stack wrote, or a refresh has shown to it."""

        def ours(address: str, shown: Collection[str]) -> set[str]:
            own = {*believed(old, address)}
            return own.union(self._written(old, address, [one for one in shown if one not in own]))

        return ours

    def _await_ours(self, resource: str, is_over: Callable[[], bool], report: Report) -> bool:
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

    def _let_go(
        self,
        old: PtrSetState,
        values: Table,
        found: _Places,
        run: Run,
        resource: str,
        report: Report,
    ) -> tuple[dict[str, RdnsError], dict[str, RdnsError]]:
        """Remove records, but for those that another declared resource has or wants.

        Return why some are kept in the state: those whose resource is still to be created, and
        others.
        """
        going, leaving = {}, {}
        pending: dict[str, RdnsError] = {}
        failures = {key: found.errors[key] for key in values if key in found.errors}
        given = {}
        claimed = self._ledger.claims_of("PTR", values)
        for address, value in values.items():
            if address in failures:
                continue
            claims = claimed.get(address, [])
            if not claims and self._ledger.trouble is None:
                going[address] = value
                continue
            place = found.places[address]
            location = RecordLocation(run.store.backend, place.zone, place.owner, RdataType.PTR)
            given[address] = Given(location, value, claims)
        try:
            there = run.store.read({key: found.places[key] for key in given}) if given else {}
            claims_at = self._claimants.locate(self._identity(old), given)
        except RdnsError as error:
            failures |= dict.fromkeys(given, error)
            claims_at = {}
        for address, located in claims_at.items():
            record = OwnRecord(old.backend, "PTR", address, values[address], resource)
            live = there.get(address, Found())
            decision = decide_delete(
                record, located, Live(live.hostnames, live.is_default), self._ledger.trouble
            )
            if isinstance(decision, Remove):
                going[address] = values[address]
                leaving[address] = decision.leaving
            elif isinstance(decision, Refuse):
                (pending if decision.is_pending else failures)[address] = decision.error
            elif decision.reason:
                report.warning(decision.reason)
        run.remove(going, leaving)
        warn_of_left(run, report)
        return pending, failures


def _resource(one: PtrSetSpec | PtrSetState) -> str:
    """Name a resource of which nobody says the URN."""
    first = next(iter(one.records.table), "")
    return f"PTR {one.backend} {one.zone} {first}"


def _is_only_default(found: Found, written: str | None) -> bool:
    """Whether the vendor's default name is there, and nobody chose it."""
    return found.is_default and found.hostnames != (written,)
