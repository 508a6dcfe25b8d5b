"""Create, read, update and delete many PTR records as one, so that nothing live is ever lost."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import dns.name
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Backend, Report, ZoneBackend
from pulumi_rdns.backends.batch import Found
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import (
    BackendError,
    ConflictError,
    RdnsError,
    RejectedError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import name_text
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.specs import (
    ForwardPolicy,
    OnConflict,
    PtrPolicies,
    PtrSetSpec,
    PtrSpec,
)
from pulumi_rdns.model.tables import Table, address_list, address_order, reverse_text, zone_in
from pulumi_rdns.records.claims import Claims, Key
from pulumi_rdns.records.forward_check import ForwardGate
from pulumi_rdns.records.one_place import Spot, are_one
from pulumi_rdns.records.places import Aliases, find_place
from pulumi_rdns.records.ptr_set_places import Place, Store, store_of
from pulumi_rdns.records.ptr_set_run import Run

#: forward look-ups at a time
_SIDE_BY_SIDE = 32
#: addresses that a warning names
_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class PtrSetState:
    """What is remembered of a set between two runs."""

    backend: str
    #: the zone that the program named, if any
    zone: dns.name.Name | None = None
    #: what the last look or write showed, as the program would declare it; strangers' too, perhaps
    records: PtrSetRecords = field(default_factory=PtrSetRecords)
    #: what create or update wrote: the only values that are ours
    written: Table = field(default_factory=dict)
    #: the zones where it was written; none at a backend that has none
    zones: tuple[dns.name.Name, ...] = ()
    #: address -> the name that has its record, where that is not the reverse name (RFC 2317)
    owners: Table = field(default_factory=dict)
    #: seconds; None where the program has no opinion
    ttl: int | None = None
    #: how many hostnames resolve to their address; None where that was not asked
    confirmed: int | None = None
    #: the addresses whose hostname does not, or where nobody could be asked
    unconfirmed: tuple[str, ...] = ()
    policies: PtrPolicies = field(default_factory=PtrPolicies)

    def place(self, address: str) -> Place | None:
        """Give the place where the record of an address was written; None where none was."""
        if address not in self.written:
            return None
        owner = self.owners.get(address) or reverse_text(address)
        zone = zone_in(owner, self._zones_by_text)
        return None if zone is None else Place(self._zones_by_text[zone], owner)

    @functools.cached_property
    def _zones_by_text(self) -> dict[str, dns.name.Name]:
        return {name_text(zone): zone for zone in self.zones}

    def placed(self, old: PtrSetState, places: Mapping[str, Place]) -> PtrSetState:
        """Remember where everything is: as before, or at a new place."""
        zones = {*old.zones, *(place.zone for place in places.values() if place.zone is not None)}
        owners = {**old.owners}
        for address, place in places.items():
            owners.pop(address, None)
            if place.zone is not None and place.owner != reverse_text(address):
                owners[address] = place.owner
        owners = {key: owner for key, owner in owners.items() if key in self.written}
        return replace(self, zones=tuple(sorted(zones)), owners=owners)


class Brought(NamedTuple):
    """What there is after a create or update, and an error that tells of all that failed."""

    state: PtrSetState
    error: RdnsError | None


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

        def value_of(address: str) -> dns.name.Name | None:
            hostname = old.written.get(address)
            return None if hostname is None else dns.name.from_text(hostname)

        self._claims.own_set(self._prefix(old.backend), value_of)

    def create(self, spec: PtrSetSpec, report: Report) -> Brought:
        """Write all records that can be written, and adopt those that are right already."""
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
        places, errors = _split(self._places(store, old, declared))
        if errors:
            raise summary("read the PTRs of", backend.name, errors, len(declared))
        there = store.read(places)
        live = {
            address: ", ".join(found.hostnames)
            for address, found in there.items()
            if found.hostnames and not _is_only_default(found, old.written.get(address))
        }
        if declared and not live:
            return None
        state = replace(old, records=old.records.live(live))
        if old.ttl is not None:
            others = sorted({there[key].ttl or old.ttl for key in live} - {old.ttl})
            state = replace(state, ttl=others[0] if others else old.ttl)
        return self._with_forward(backend, state, report)

    def delete(self, old: PtrSetState, report: Report) -> None:
        """Take away what we wrote, record by record; never what is not ours.

        Raises one error that tells of all that failed.
        """
        self.recall(old)
        backend = self._backends.get(old.backend)
        store = self._store(backend, old.zone)
        going = self._unclaimed(store, old, old.written)
        places, failures = _split(self._places(store, old, going))
        run = Run(store, places, self._ours(old), report)
        run.remove({address: going[address] for address in places})
        _warn_of_left(run, report)
        failures |= run.failures
        if failures:
            raise summary("delete the PTRs of", backend.name, failures, len(old.written))

    def _bring(self, old: PtrSetState, spec: PtrSetSpec, report: Report) -> Brought:
        """Bring what is there to what the program asks for."""
        wanted, believed = spec.records.table, old.records.table
        retimed = spec.ttl is not None and spec.ttl != old.ttl
        todo = {
            address: hostname
            for address, hostname in wanted.items()
            if retimed or believed.get(address) != hostname
        }
        backend = self._backends.get(spec.backend)
        store = self._store(backend, spec.zone)
        going = {key: value for key, value in old.written.items() if key not in wanted}
        state = replace(old, zone=spec.zone, records=spec.records, policies=spec.policies)
        if not todo and not going:
            written = {key: value for key, value in old.written.items() if key in wanted}
            return Brought(replace(state, ttl=spec.ttl, written=written), None)

        places, failures = _split(self._places(store, old, [*todo, *going]))
        changed = [key for key, name in todo.items() if name != old.written.get(key)]
        looks = self._admit(backend, spec, [key for key in changed if key in places], report)
        failures |= looks.failures
        run = Run(store, places, self._ours(old), report)
        run.write(
            {key: name for key, name in todo.items() if key not in failures},
            {key: _hostnames(believed.get(key)) for key in todo if key not in failures},
            spec.ttl,
            overwrite=spec.policies.on_conflict is OnConflict.OVERWRITE,
            is_patient=self._claims.is_patient,
        )
        if going:
            self._claims.await_quiet()
            going = self._unclaimed(store, old, going)
        run.remove({key: value for key, value in going.items() if key in places})
        _warn_of_adopted(run, report)
        _warn_of_left(run, report)
        failures |= run.failures
        state = replace(
            state,
            ttl=old.ttl if failures else spec.ttl,
            records=_records_after(old, spec, failures),
            written=_written_after(old, spec, todo, failures, run.unknown),
        )
        state = looks.remembered(state.placed(old, run.places), old)
        if not failures:
            return Brought(state, None)
        return Brought(state, summary("set the PTRs of", backend.name, failures, len(wanted)))

    def _prefix(self, backend: str) -> Key:
        return ("PTR", self._backends.identity(backend))

    def _store(self, backend: Backend, zone: dns.name.Name | None) -> Store:
        return store_of(backend, zone, self._aliases, self._claims, self._prefix(backend.name))

    def _places(
        self, store: Store, old: PtrSetState, addresses: Iterable[str]
    ) -> dict[str, Place | RdnsError]:
        """Give the places where records were written; for new ones, look for a place."""
        places: dict[str, Place | RdnsError] = {}
        new = []
        for address in addresses:
            place = old.place(address)
            if place is None:
                new.append(address)
            else:
                places[address] = place
        return {**places, **(store.places(new) if new else {})}

    def _ours(self, old: PtrSetState) -> Callable[[str], set[str]]:
        """Tell which hostnames of an address this stack wrote, or a refresh has shown to it."""
        prefix = self._prefix(old.backend)
        believed = old.records.table

        def ours(address: str) -> set[str]:
            owned = self._claims.owned((*prefix, address))
            names = {name_text(value) for value in owned if isinstance(value, dns.name.Name)}
            return names.union(_hostnames(believed.get(address)))

        return ours

    def _unclaimed(self, store: Store, old: PtrSetState, values: Table) -> Table:
        """Leave out the records that another declared resource holds now."""
        prefix = self._prefix(old.backend)
        elsewhere = _OtherInstances(self._backends, self._aliases)
        unclaimed = {}
        for address, value in values.items():
            key = (*prefix, address)
            zones = self._claims.declared(key)
            if zones and not self._is_elsewhere(store, old, address, zones):
                continue
            place = old.place(address)
            others = self._claims.declared_elsewhere(key)
            if others and place and elsewhere.hold(old.backend, place, address, value, others):
                continue
            unclaimed[address] = value
        return unclaimed

    def _is_elsewhere(
        self, store: Store, old: PtrSetState, address: str, zones: Collection[object]
    ) -> bool:
        """Tell whether the declared record of this address is in another zone than the old one."""
        place = old.place(address)
        if place is None or place.zone is None or place.zone in zones:
            return False
        if None not in zones or old.zone is None:
            return None not in zones
        unnamed = store_of(
            self._backends.get(old.backend), None, self._aliases, self._claims, ()
        ).replaced(address)
        return unnamed != place

    def _admit(
        self, backend: Backend, spec: PtrSetSpec, addresses: Sequence[str], report: Report
    ) -> _Looks:
        """Look at the forward records, side by side, and wait for them as the policy says."""
        policies = spec.policies
        if policies.forward_check in (None, ForwardPolicy.SKIP):
            return _Looks(asked=False)
        looks = _Looks(asked=True)

        def admit(address: str) -> None:
            doubts = _Doubts(report)
            one = _spec_of(spec, address)
            try:
                answer = self._gate.admit(backend, one, doubts)
            except RdnsError as error:
                looks.failures[address] = error
                return
            looks.confirmed[address] = bool(answer and answer.confirmed)
            looks.doubts += doubts.texts

        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            list(pool.map(admit, addresses))
        for text in looks.doubts[:_SHOWN]:
            report.warning(text)
        if len(looks.doubts) > _SHOWN:
            report.warning(f"and {len(looks.doubts) - _SHOWN:,} hostnames more, alike")
        return looks

    def _with_forward(self, backend: Backend, state: PtrSetState, report: Report) -> PtrSetState:
        """Renew what is known of the forward records of what was written."""
        if state.policies.forward_check in (None, ForwardPolicy.SKIP):
            return state

        def look(address: str) -> bool | None:
            hostname = dns.name.from_text(state.written[address])
            return self._gate.look(backend, hostname, parse_address(address)).confirmed

        addresses = sorted(state.written, key=address_order)
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            answers = dict(zip(addresses, pool.map(look, addresses), strict=True))
        known = set(state.unconfirmed)
        unconfirmed = [
            key
            for key in addresses
            if answers[key] is False or (answers[key] is None and key in known)
        ]
        fresh = [key for key in unconfirmed if key not in known]
        if fresh and state.confirmed is not None:
            report.warning(f"no longer forward-confirmed: {_shown(fresh)}")
        return replace(
            state, confirmed=len(addresses) - len(unconfirmed), unconfirmed=tuple(unconfirmed)
        )


class _OtherInstances:
    """Finds out whether other backend instances write to the same place, once for each zone."""

    def __init__(self, backends: Backends, aliases: Aliases) -> None:
        self._backends = backends
        self._aliases = aliases
        self._known: dict[tuple[str, dns.name.Name], bool] = {}

    def hold(
        self,
        backend: str,
        place: Place,
        address: str,
        value: str,
        others: Sequence[tuple[str, object]],
    ) -> bool:
        """Tell whether one of the instances that declare the record elsewhere has this very one."""
        here = self._backends.get(backend)
        if place.zone is None or not isinstance(here, ZoneBackend):
            return False
        spot = Spot(here, place.zone, dns.name.from_text(place.owner), RdataType.PTR)
        for identity, zone in others:
            key = (identity, place.zone)
            if key not in self._known:
                found = self._is_one(spot, identity, zone, address, value)
                if found is None:
                    continue
                self._known[key] = found
            if self._known[key]:
                return True
        return False

    def _is_one(
        self, spot: Spot, identity: str, zone: object, address: str, value: str
    ) -> bool | None:
        """Look whether both are one place; None where this record cannot tell."""
        other = self._backends.at(identity)
        live = spot.look()
        if other is None or live is None or [_text(one) for one in live] != [value]:
            return None
        assert zone is None or isinstance(zone, dns.name.Name)
        try:
            there = find_place(other, parse_address(address), zone, self._aliases).spot
        except ZoneNotFoundError:
            return None
        return None if there is None else are_one(spot, there)


def _text(rdata: Any) -> str:
    return name_text(rdata.target.canonicalize())


@dataclass
class _Looks:
    """What the forward checks of one operation said."""

    asked: bool
    failures: dict[str, RdnsError] = field(default_factory=dict)
    confirmed: dict[str, bool] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)

    def remembered(self, state: PtrSetState, old: PtrSetState) -> PtrSetState:
        """Put together what is known now: of records that did not change, what was known before."""
        rest = [key for key in state.written if key not in self.confirmed]
        if not self.asked or (rest and old.confirmed is None):
            return replace(state, confirmed=None, unconfirmed=())
        known = set(old.unconfirmed)
        doubtful = {key for key, is_confirmed in self.confirmed.items() if not is_confirmed}
        doubtful |= {key for key in rest if key in known}
        unconfirmed = sorted(doubtful.intersection(state.written), key=address_order)
        return replace(
            state,
            confirmed=len(state.written) - len(unconfirmed),
            unconfirmed=tuple(unconfirmed),
        )


class _Doubts:
    """Keeps the warnings of one record, to be shown together with those of the others."""

    def __init__(self, report: Report) -> None:
        self.texts: list[str] = []
        self._report = report

    def warning(self, text: str) -> None:
        self.texts.append(text)

    def progress(self, text: str) -> None:
        self._report.progress(text)


def summary(
    operation: str, backend: str, failures: Mapping[str, RdnsError], total: int
) -> RdnsError:
    """Make one error of all: each address once, those that failed alike in one line."""
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for address, error in failures.items():
        alike[_reason(error)].append(address)
    groups = sorted(
        alike.items(), key=lambda group: address_order(min(group[1], key=address_order))
    )
    lines = [f"  {address_list(addresses)}: {reason}" for reason, addresses in groups]
    count = f"{len(failures):,} of {total:,} records failed, the others are done"
    if len(failures) == total:
        count = f"all {total:,} records failed"
    text = "\n".join([f"{count}:", *lines, *_advice(failures.values())])
    kinds = {type(error) for error in failures.values()}
    kind = kinds.pop() if len(kinds) == 1 else RejectedError
    if not issubclass(kind, BackendError):
        return kind(f"{operation} a set: {text}")
    return kind(backend, operation, "a set", text)


def _reason(error: RdnsError) -> str:
    if not isinstance(error, BackendError):
        return str(error)
    return f"{error.reason} ({error.code})" if error.code else error.reason


def _advice(errors: Collection[RdnsError]) -> list[str]:
    if not any(isinstance(error, ConflictError) for error in errors):
        return []
    return [
        'To take them over, set on_conflict to "overwrite"; otherwise remove the records there, or '
        "leave the addresses out (exclude)"
    ]


def _split(
    places: Mapping[str, Place | RdnsError],
) -> tuple[dict[str, Place], dict[str, RdnsError]]:
    found = {key: place for key, place in places.items() if isinstance(place, Place)}
    errors = {key: place for key, place in places.items() if isinstance(place, RdnsError)}
    return found, errors


def _hostnames(value: str | None) -> tuple[str, ...]:
    """Read what stands for an address; several hostnames after a refresh has seen several."""
    return tuple(value.split(", ")) if value else ()


def _is_only_default(found: Found, written: str | None) -> bool:
    """Tell whether the vendor's default name is there, and nobody chose it."""
    return found.is_default and found.hostnames != (written,)


def _spec_of(spec: PtrSetSpec, address: str) -> PtrSpec:
    return PtrSpec(
        backend=spec.backend,
        address=parse_address(address),
        hostname=dns.name.from_text(spec.records.table[address]),
        policies=spec.policies,
    )


def _records_after(old: PtrSetState, spec: PtrSetSpec, failures: Collection[str]) -> PtrSetRecords:
    """Say which of the records are there: what failed is as it was before, and shows as such."""
    if not failures:
        return spec.records
    wanted, believed = spec.records.table, old.records.table
    live = {key: value for key, value in wanted.items() if key not in failures}
    kept = {key: believed[key] for key in failures if key in believed}
    records = spec.records.live({**live, **kept})
    stayed = {key: value for key, value in kept.items() if key not in wanted}
    return replace(records, records={**records.records, **stayed})


def _written_after(
    old: PtrSetState,
    spec: PtrSetSpec,
    todo: Mapping[str, str],
    failures: Collection[str],
    unknown: Collection[str],
) -> Table:
    """Say what is ours: also what may have been written though there was an error."""
    wanted = spec.records.table
    kept = {
        key: value
        for key, value in old.written.items()
        if key in failures or (key in wanted and key not in todo)
    }
    made = {key: value for key, value in todo.items() if key not in failures or key in unknown}
    return {**kept, **made}


def _warn_of_adopted(run: Run, report: Report) -> None:
    if run.adopted:
        report.warning(
            f"adopted, because they were right already: {_shown(run.adopted)}; destroy will remove "
            "them"
        )


def _warn_of_left(run: Run, report: Report) -> None:
    """Say what a removal did not take away."""
    if run.left:
        shown = sorted(run.left, key=address_order)[:_SHOWN]
        text = ", ".join(f"{key} ({', '.join(run.left[key].hostnames)})" for key in shown)
        more = len(run.left) - len(shown)
        report.warning(
            f"left as they are, because this set did not write what is there now: {text}"
            + (f" and {more:,} more" if more else "")
        )
    if run.gone:
        error = next(iter(run.gone.values()))
        report.warning(f"{error}; there is nothing to delete at {_shown(run.gone)}")


def _shown(addresses: Collection[str]) -> str:
    """Write the first few of many addresses."""
    first = sorted(addresses, key=address_order)
    text = address_list(first)
    if text.count(",") < _SHOWN:
        return text
    return ", ".join(text.split(", ")[:_SHOWN]) + " and more"
