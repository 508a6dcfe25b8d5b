"""Create, read, update and delete one address of the A or AAAA RRset of a hostname."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial
from typing import cast

from msgspec.structs import replace

from pulumi_rdns.backends.base import Report, ZoneBackend
from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import (
    ConfigError,
    InvalidInputError,
    RdnsError,
)
from pulumi_rdns.model.addresses import Address, record_type
from pulumi_rdns.model.names import DnsName, is_subdomain
from pulumi_rdns.model.specs import ForwardSpec, OnForwardConflict, OnForwardDelete
from pulumi_rdns.model.states import ForwardState
from pulumi_rdns.records.claimants import Claimants, Given
from pulumi_rdns.records.claims import Claim, Declared, Place
from pulumi_rdns.records.deletions import Deletions
from pulumi_rdns.records.first_few import FirstFew
from pulumi_rdns.records.forward_refusals import (
    alias_in_the_way,
    also_has,
    conflict,
    refuse_fixed,
    warn_of_mask,
)
from pulumi_rdns.records.holdings import Memory, holding_of_forward, includes, is_hidden, is_same
from pulumi_rdns.records.host_ptrs import HostPtrs
from pulumi_rdns.records.location import RecordLocation, forward_location, zone_of
from pulumi_rdns.records.ownership import OwnRecord, Wanted
from pulumi_rdns.records.reconcile import Decide, Strangers, reconcile
from pulumi_rdns.records.shared_ledger import SharedLedger
from pulumi_rdns.records.store import Store, look


class ForwardRecords:
    """The four operations. One object serves all forward records of a process."""

    def __init__(
        self,
        backends: Backends,
        ledger: SharedLedger,
        deletions: Deletions,
        host_ptrs: HostPtrs,
    ) -> None:
        self._backends = backends
        self._ledger = ledger
        self._deletions = deletions
        self._host_ptrs = host_ptrs
        self._claimants = Claimants(backends, ledger)
        self._adopted = FirstFew(
            "more hostnames had their address already, which is adopted, as of the first ones: the "
            "output `adopted` of each says so"
        )

    def declare(
        self,
        backend: str,
        hostname: DnsName,
        address: Address,
        zone: DnsName | None,
        *,
        resource: str = "",
        line: int | None = None,
    ) -> None:
        """Note that the running program declares this address of this hostname. No I/O."""
        place = Place(backend, self._backends.identity(backend), zone)
        declared = Declared(record_type(address), place, {hostname: str(address)})
        self._ledger.declare(resource or _resource(backend, hostname, address), declared, line)

    def recall(
        self,
        old: ForwardState,
        *,
        resource: str = "",
        is_current: bool = True,
        stays: bool = False,
    ) -> None:
        """Note what the state says we wrote. No I/O.

        ``is_current``: it is not about to be replaced. ``stays``: it is not to be changed either.
        """
        name = resource or _resource_of(old)
        holding = holding_of_forward(self._backends.identity(old.backend), old)
        self._ledger.recall(name, holding, is_current=is_current, stays=stays)

    def may_be_wanted(self, old: ForwardState, resource: str) -> bool:
        """Whether another resource declares this address, or may, and does not have it yet. No I/O.

        Where that one fails, the address must still be in the state.
        """
        ours = old.address if old.written is None else old.written
        return any(
            claim.resource != resource
            and (claim.wanted is None or is_same(claim.wanted, str(ours)))
            and _as_of(claim, ours).written is None
            for claim in self._ledger.claims(record_type(ours), old.hostname)
        )

    def create(self, spec: ForwardSpec, report: Report, resource: str = "") -> ForwardState:
        """Add the address, or adopt it where it is there already.

        Raises ConflictError where the hostname has addresses that are not ours, or is an alias, and
        what the PTR record of the same host raises, if one comes next.
        """
        name = resource or _resource(spec.backend, spec.hostname, spec.address)
        with self._told(name, spec):
            self._host_ptrs.refuse(name, spec)
            state = self._create(spec, report, name)
            self._deletions.note_made(name)
            self._ledger.wrote(name, holding_of_forward(self._identity(spec), state))
        return state

    def _create(self, spec: ForwardSpec, report: Report, resource: str) -> ForwardState:
        location = self.find(spec)
        backend, zone = self._zones(spec.backend), cast(DnsName, location.zone)
        before = self._put(location, spec, report, resource)
        if before:
            warn_of_mask(backend, zone, spec.hostname, spec.address, report)
        adopted = str(spec.address) in before and self._was_adopted(location, spec, report)
        return ForwardState(
            backend=spec.backend,
            hostname=spec.hostname,
            address=spec.address,
            zone=zone,
            written=spec.address,
            ttl=spec.ttl,
            adopted=adopted,
            on_conflict=spec.on_conflict,
            on_delete=spec.on_delete,
        )

    def _was_adopted(self, location: RecordLocation, spec: ForwardSpec, report: Report) -> bool:
        """Whether an address that was there already was so before this stack."""
        memory = self.memory(location, spec)
        if memory is not None:
            return memory.adopted
        fate = "remove" if spec.on_delete is OnForwardDelete.REMOVE else "leave"
        self._adopted.warn(
            report,
            f"{spec.hostname} had {spec.address} already; it is adopted: destroy will {fate} it",
        )
        return True

    def memory(self, location: RecordLocation, spec: ForwardSpec) -> Memory | None:
        """Return what is remembered of an address that is there already and that this stack wrote;
        None where somebody else did. Raises ConfigError.
        """
        address = str(spec.address)
        written = self._written(spec, [address])
        if address in written:
            return written[address] or Memory()
        found = self._claimants.written_elsewhere(
            self._identity(spec), {spec.hostname: location}, {spec.hostname: address}
        )
        return found.get(spec.hostname)

    def read(self, old: ForwardState, report: Report, resource: str = "") -> ForwardState | None:
        """Look at the live RRset; None where our address is gone."""
        backend = self._zones(old.backend)
        zone = old.zone or zone_of(backend, old.hostname)
        self.recall(old, resource=resource)
        ours = old.written if old.written is not None else old.address
        live = look(forward_location(backend, zone, old.hostname, ours))
        if str(ours) not in live.values:
            # One other address in our place is a change by hand, unless it is that of another
            # resource of the state; several are somebody's own.
            if len(live.values) != 1 or old.on_conflict is OnForwardConflict.ADD:
                return None
            ours = ipaddress.ip_address(live.values[0])
            if self._is_a_siblings(old, ours, resource or _resource_of(old)):
                return None
        warn_of_mask(backend, zone, old.hostname, ours, report)
        ttl = live.ttl if old.ttl is not None else None
        return replace(old, zone=zone, address=ours, ttl=ttl)

    def update(
        self, old: ForwardState, spec: ForwardSpec, report: Report, resource: str = ""
    ) -> ForwardState:
        """Put the new address in the place of the old one; a policy alone costs no I/O.

        Raises ConflictError as create does; nothing is changed then.
        """
        state = replace(
            old,
            address=spec.address,
            written=spec.address,
            ttl=spec.ttl,
            on_conflict=spec.on_conflict,
            on_delete=spec.on_delete,
            adopted=old.adopted and old.written == spec.address,
        )
        name = resource or _resource_of(old)
        is_same = old.address == spec.address and spec.ttl in (None, old.ttl)
        was_interrupted = self._ledger.was_interrupted(name, self._identity(spec))
        if is_same and not was_interrupted and not self._went_along(old):
            # What a refresh learned and the program keeps (ignore_changes) is not ours for that.
            return replace(state, written=old.written, adopted=old.adopted)
        self.recall(old, resource=name)
        with self._told(name, spec):
            if spec.address != old.address:
                self._host_ptrs.refuse(name, spec)
            location = self._location_of(old, spec.address)
            self._put(location, spec, report, name, self.going(old, spec))
            self._ledger.wrote(name, holding_of_forward(self._identity(spec), state))
        return state

    def _went_along(self, old: ForwardState) -> bool:
        """Whether our address is gone since a killed run changed another one of its RRset."""
        kind = record_type(old.address)
        if not self._ledger.was_interrupted_at(kind, self._identity(old), old.hostname):
            return False
        return str(old.address) not in look(self._location_of(old, old.address)).values

    def delete(self, old: ForwardState, report: Report, resource: str = "") -> None:
        """Take out the address that we wrote, and leave the others.

        Raises ConflictError where a declared resource wants the record and does not have it yet.
        """
        name = resource or _resource_of(old)
        self.recall(old, resource=name, is_current=False)
        if old.written is None:
            return
        ours, kind = old.written, record_type(old.written)
        record = OwnRecord(old.backend, kind, old.hostname, str(ours), name, is_adopted=old.is_kept)
        wanting = [
            _as_of(claim, ours)
            for claim in self._ledger.claims(kind, old.hostname)
            if claim.wanted is None or is_same(claim.wanted, str(ours))
        ]
        location = self._location_of(old, ours)
        decide = self._claimants.decider(
            self._identity(old),
            {old.hostname: Given(record, location, wanting)},
            self._deletions.keeping(record, wanting, report),
        )
        self._reconcile(location, old, self._deletions.counting(decide, record, old, wanting))
        self._ledger.hand_over(name, kind, self._identity(old), decide.handed_over)

    def _put(
        self,
        location: RecordLocation,
        spec: ForwardSpec,
        report: Report,
        resource: str,
        going: Collection[str] = (),
    ) -> Collection[str]:
        """Write the address, in the place of those that go; give what was there before."""

        def is_foreign(_: str, live: LiveRecord) -> bool:
            return bool(self.foreign(set(live.values).difference(going), spec))

        strangers = None
        if spec.on_conflict is not OnForwardConflict.ADD:
            wait = partial(self._ledger.wait, resource, is_of_use=self._ledger.may_hear_more)
            strangers = Strangers(is_foreign, wait)
        before = self._reconcile(
            location, spec, lambda _, live: self.decide(spec, live, going), strangers
        ).values
        foreign = self.foreign(set(before).difference(going), spec)
        if foreign and spec.on_conflict is OnForwardConflict.ADD:
            report.warning(also_has(spec, foreign))
        return before

    def find(self, spec: ForwardSpec) -> RecordLocation:
        """Find where a new address belongs.

        Raises BackendError, ConfigError where the backend has no zones, InvalidInputError where the
        zone that is named does not contain the hostname, and RejectedError where the address is
        there already and can never be removed.
        """
        backend = self._zones(spec.backend)
        zone = spec.zone or zone_of(backend, spec.hostname)
        if not is_subdomain(spec.hostname, zone):
            raise InvalidInputError(f"zone {zone} does not contain {spec.hostname}", "zone")
        if str(spec.address) not in self._written(spec):
            refuse_fixed(backend, zone, spec)
        return forward_location(backend, zone, spec.hostname, spec.address)

    def going(self, old: ForwardState, spec: ForwardSpec) -> set[str]:
        """Return the addresses that an update takes out."""
        learned = set() if str(old.address) in self._written(spec) else {old.address}
        going = {str(one) for one in {old.written} | learned if one is not None}
        return going - {str(spec.address)}

    def decide(self, spec: ForwardSpec, live: LiveRecord, going: Collection[str] = ()) -> Wanted:
        """Decide what the RRset is to have where ``live`` stands. No write.

        ``going`` are addresses that it is to lose. Raises ConflictError.
        """
        if live.alias is not None:
            raise alias_in_the_way(spec, DnsName(live.alias))
        stay = set(live.values) - (set(going) - self._declared(spec))
        foreign = self.foreign(stay, spec)
        if foreign and spec.on_conflict in (None, OnForwardConflict.FAIL):
            raise conflict(spec, foreign)
        if spec.on_conflict is OnForwardConflict.OVERWRITE:
            stay -= foreign
        return Wanted(tuple(sorted(stay | {str(spec.address)})), spec.ttl)

    def _location_of(self, old: ForwardState, address: Address) -> RecordLocation:
        """Return where an address was written. Raises BackendError."""
        backend = self._zones(old.backend)
        return forward_location(
            backend, old.zone or zone_of(backend, old.hostname), old.hostname, address
        )

    def _zones(self, name: str) -> ZoneBackend:
        backend = self._backends.get(name)
        if not isinstance(backend, ZoneBackend):
            raise ConfigError(f"backend {name!r} has no DNS zones, so no forward records")
        return backend

    def _identity(self, one: ForwardSpec | ForwardState) -> str:
        return self._backends.identity(one.backend)

    @contextmanager
    def _told(self, resource: str, spec: ForwardSpec) -> Iterator[None]:
        """Note in the ledger where the operation fails."""
        try:
            yield
        except RdnsError:
            self._ledger.fail(resource, spec.hostname)
            raise

    def _written(
        self, one: ForwardSpec | ForwardState, shown: Collection[str] = ()
    ) -> dict[str, Memory | None]:
        """Return the addresses of the RRset that this stack wrote."""
        kind = record_type(one.address)
        return self._ledger.written(kind, self._identity(one), one.hostname, shown)

    def _declared(self, spec: ForwardSpec) -> set[str]:
        """Return the addresses of the RRset that the program declares."""
        claims = self._ledger.claims(record_type(spec.address), spec.hostname)
        identity = self._identity(spec)
        here = [one for one in claims if one.place is None or one.place.identity == identity]
        return {one.wanted for one in here if one.wanted and not is_hidden(one.wanted)}

    def _is_a_siblings(self, old: ForwardState, address: Address, resource: str) -> bool:
        """Whether another resource wrote the address, once all had a moment to be heard of."""
        return self._ledger.wait(
            resource,
            lambda: str(address) in self._written(old),
            self._ledger.may_hear_more,
        )

    def foreign(self, addresses: Collection[str], spec: ForwardSpec) -> set[str]:
        """Return those addresses of the RRset that are nobody's of this program and stack."""
        known = self._declared(spec) | {str(spec.address)}
        others = [one for one in addresses if one not in known]
        ours = self._written(spec, others)
        return {one for one in others if not includes(ours, one)}

    def _reconcile(
        self,
        location: RecordLocation,
        record: ForwardSpec | ForwardState,
        decide: Decide,
        strangers: Strangers | None = None,
    ) -> LiveRecord:
        """Bring the RRset to what is decided, and return what stood there before."""
        kind = location.rdtype.name
        result = reconcile(
            Store(partial(self._ledger.exclusive, kind, self._identity(record))),
            {record.hostname: location},
            decide,
            strangers=strangers,
        )
        for error in result.failures.values():
            raise error
        return result.before[record.hostname]


def _resource(backend: str, hostname: DnsName, address: Address) -> str:
    """Name a resource of which nobody says the URN."""
    return f"{record_type(address)} {backend} {hostname} {address}"


def _resource_of(old: ForwardState) -> str:
    return _resource(old.backend, old.hostname, old.written or old.address)


def _as_of(claim: Claim, address: Address) -> Claim:
    """See a claim from one address: what it wrote before it wanted this one is another record."""
    if claim.wanted is None or claim.written is None:
        return claim
    if is_same(claim.written.value, str(address)):
        return claim
    return claim._replace(written=None)
