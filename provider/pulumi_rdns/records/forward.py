"""Create, read, update and delete one address of the A or AAAA RRset of a hostname."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import dns.rrset
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from msgspec.structs import replace

from pulumi_rdns.backends.base import Change, Report, ZoneBackend, same_rrset
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import (
    BackendError,
    ConfigError,
    ConflictError,
    InvalidInputError,
    RdnsError,
    RejectedError,
)
from pulumi_rdns.model.addresses import Address, record_type
from pulumi_rdns.model.missing_dots import with_dot_hint
from pulumi_rdns.model.names import DnsName, is_subdomain, to_dns
from pulumi_rdns.model.specs import DEFAULT_TTL, ForwardSpec, OnForwardConflict
from pulumi_rdns.model.states import ForwardState
from pulumi_rdns.records.claimants import Claimants
from pulumi_rdns.records.holdings import holding_of_forward, includes, is_hidden, is_same
from pulumi_rdns.records.ledger import Claim, Declared, Place
from pulumi_rdns.records.location import RecordLocation
from pulumi_rdns.records.ownership import Live, OwnRecord
from pulumi_rdns.records.places import cname_target, fixed_reason, zone_of
from pulumi_rdns.records.shared_ledger import SharedLedger

#: how often a write is tried when others keep changing the RRset
_TRIES = 8


class ForwardRecords:
    """The four operations. One object serves all forward records of a process."""

    def __init__(self, backends: Backends, ledger: SharedLedger) -> None:
        self._backends = backends
        self._ledger = ledger
        self._claimants = Claimants(backends, ledger)

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

    def recall(self, old: ForwardState, *, resource: str = "", is_current: bool = True) -> None:
        """Note what the state says we wrote. No I/O.

        ``is_current``: it is not about to be replaced.
        """
        holding = holding_of_forward(self._backends.identity(old.backend), old)
        self._ledger.recall(resource or _resource_of(old), holding, is_current=is_current)

    def create(self, spec: ForwardSpec, report: Report, resource: str = "") -> ForwardState:
        """Add the address, or adopt it where it is there already.

        Raises ConflictError where the hostname has addresses that are not ours, or is an alias.
        """
        name = resource or _resource(spec.backend, spec.hostname, spec.address)
        with self._told(name, spec):
            state = self._create(spec, report, name)
            self._ledger.wrote(name, holding_of_forward(self._identity(spec), state))
        return state

    def _create(self, spec: ForwardSpec, report: Report, resource: str) -> ForwardState:
        backend = self._zones(spec.backend)
        zone = spec.zone or zone_of(backend, spec.hostname)
        if not is_subdomain(spec.hostname, zone):
            raise InvalidInputError(f"zone {zone} does not contain {spec.hostname}", "zone")
        if str(spec.address) not in self._written(spec):
            _refuse_fixed(backend, zone, spec)
        before = self._put(backend, zone, spec, report, resource)
        if before:
            _warn_of_mask(backend, zone, spec.hostname, spec.address, report)
        adopted = spec.address in before and str(spec.address) not in self._written(spec)
        if adopted:
            report.warning(
                f"{spec.hostname} had {spec.address} already; it is adopted: destroy will remove it"
            )
        return ForwardState(
            backend=spec.backend,
            hostname=spec.hostname,
            address=spec.address,
            zone=zone,
            written=spec.address,
            ttl=spec.ttl,
            adopted=adopted,
            on_conflict=spec.on_conflict,
        )

    def read(self, old: ForwardState, report: Report, resource: str = "") -> ForwardState | None:
        """Look at the live RRset; None where our address is gone."""
        backend = self._zones(old.backend)
        zone = old.zone or zone_of(backend, old.hostname)
        self.recall(old, resource=resource)
        ours = old.written if old.written is not None else old.address
        live = _Rrset(backend, zone, old.hostname, record_type(ours)).look()
        found = _addresses(live)
        if ours not in found:
            # One other address in our place is a change by hand, unless it is that of another
            # resource of the state; several are somebody's own.
            if len(found) != 1 or old.on_conflict is OnForwardConflict.ADD:
                return None
            (ours,) = found
            if self._is_a_siblings(old, ours, resource or _resource_of(old)):
                return None
        _warn_of_mask(backend, zone, old.hostname, ours, report)
        ttl = live.ttl if live is not None and old.ttl is not None else None
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
        )
        name = resource or _resource_of(old)
        is_same = old.address == spec.address and spec.ttl in (None, old.ttl)
        if is_same and not self._ledger.was_interrupted(name):
            # What a refresh learned and the program keeps (ignore_changes) is not ours for that.
            return replace(state, written=old.written)
        self.recall(old, resource=name)
        with self._told(name, spec):
            backend = self._zones(spec.backend)
            zone = old.zone or zone_of(backend, spec.hostname)
            learned = set() if str(old.address) in self._written(spec) else {old.address}
            going = ({old.written} | learned) - {spec.address, None}
            leaving = frozenset(one for one in going if one is not None)
            self._put(backend, zone, spec, report, name, leaving)
            self._ledger.wrote(name, holding_of_forward(self._identity(spec), state))
        return state

    def delete(self, old: ForwardState, report: Report, resource: str = "") -> None:
        """Take out the address that we wrote, and leave the others.

        Raises ConflictError where a declared resource wants the record and does not have it yet.
        """
        backend = self._zones(old.backend)
        zone = old.zone or zone_of(backend, old.hostname)
        name = resource or _resource_of(old)
        self.recall(old, resource=name, is_current=False)
        if old.written is None:
            return
        ours, kind = old.written, record_type(old.written)
        record = OwnRecord(old.backend, kind, old.hostname, str(ours), name)
        wanting = [
            _as_of(claim, ours)
            for claim in self._ledger.claims(kind, old.hostname)
            if claim.wanted is None or is_same(claim.wanted, str(ours))
        ]
        location = RecordLocation(backend, zone, old.hostname, RdataType[kind])
        judge = self._claimants.decider(record, self._identity(old), location, wanting, report)

        def decide(live: frozenset[Address]) -> frozenset[Address]:
            going = judge(Live(tuple(map(str, live))))
            return live if going is None else frozenset(map(ipaddress.ip_address, going.leaving))

        self._swap(_Rrset(backend, zone, old.hostname, kind), old, decide, None)

    def _put(
        self,
        backend: ZoneBackend,
        zone: DnsName,
        spec: ForwardSpec,
        report: Report,
        resource: str,
        going: frozenset[Address] = frozenset(),
    ) -> frozenset[Address]:
        """Write the address, in the place of those that go; give what was there before."""
        rrset = _Rrset(backend, zone, spec.hostname, record_type(spec.address))
        if spec.on_conflict is not OnForwardConflict.ADD:
            self._await_no_foreign(rrset, spec, going, resource)

        def decide(live: frozenset[Address]) -> frozenset[Address]:
            rrset.refuse_alias()
            stay = live - (going - self._declared(spec))
            foreign = self._foreign(stay, spec)
            if foreign and spec.on_conflict in (None, OnForwardConflict.FAIL):
                raise _conflict(spec, foreign)
            if spec.on_conflict is OnForwardConflict.OVERWRITE:
                stay -= foreign
            return stay | {spec.address}

        before = self._swap(rrset, spec, decide, spec.ttl)
        foreign = self._foreign(before - going, spec)
        if foreign and spec.on_conflict is OnForwardConflict.ADD:
            there = ", ".join(sorted(str(address) for address in foreign))
            report.warning(
                f"{spec.hostname} also has {there}, which this program does not declare; it stays"
            )
        return before

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

    def _written(self, one: ForwardSpec | ForwardState) -> set[str]:
        """Return the addresses of the RRset that this stack wrote."""
        kind = record_type(one.address)
        return set(self._ledger.written(kind, self._identity(one), one.hostname))

    def _declared(self, spec: ForwardSpec) -> set[Address]:
        """Return the addresses of the RRset that the program declares."""
        claims = self._ledger.claims(record_type(spec.address), spec.hostname)
        identity = self._identity(spec)
        here = [one for one in claims if one.place is None or one.place.identity == identity]
        known = [one.wanted for one in here if one.wanted and not is_hidden(one.wanted)]
        return set(map(ipaddress.ip_address, known))

    def _is_a_siblings(self, old: ForwardState, address: Address, resource: str) -> bool:
        """Whether another resource wrote the address, once all had a moment to be heard of."""
        return self._ledger.wait(
            resource,
            lambda: str(address) in self._written(old),
            self._ledger.may_hear_more,
        )

    def _foreign(self, live: frozenset[Address], spec: ForwardSpec) -> frozenset[Address]:
        ours = self._written(spec)
        return frozenset(
            one
            for one in live - {spec.address} - self._declared(spec)
            if not includes(ours, str(one))
        )

    def _await_no_foreign(
        self, rrset: _Rrset, spec: ForwardSpec, going: frozenset[Address], resource: str
    ) -> None:
        """Wait until the engine has told of the resources that wrote what is there."""
        live = _addresses(rrset.look()) - going
        self._ledger.wait(
            resource, lambda: not self._foreign(live, spec), self._ledger.may_hear_more
        )

    def _swap(
        self,
        rrset: _Rrset,
        record: ForwardSpec | ForwardState,
        decide: Callable[[frozenset[Address]], frozenset[Address]],
        ttl: int | None,
    ) -> frozenset[Address]:
        """Look, decide and write, again when others came in between; give what was there."""
        for left in reversed(range(_TRIES)):
            identity = self._identity(record)
            with self._ledger.exclusive(rrset.kind, identity, record.hostname):
                live = rrset.look()
                try:
                    rrset.swap(live, decide(_addresses(live)), ttl)
                except _RacedError as raced:
                    if not left:
                        raise raced.conflict from None
                else:
                    return _addresses(live)
        raise AssertionError("unreachable")


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


class _RacedError(Exception):
    def __init__(self, conflict: ConflictError) -> None:
        super().__init__()
        self.conflict = conflict


class _Rrset:
    """The A or AAAA RRset of one hostname."""

    def __init__(self, backend: ZoneBackend, zone: DnsName, hostname: DnsName, kind: str) -> None:
        self._backend = backend
        self._zone = zone
        self._hostname = hostname
        self._name = to_dns(hostname)
        self._type = RdataType[kind]
        self.kind = kind

    def look(self) -> dns.rrset.RRset | None:
        return self._backend.get_rrset(to_dns(self._zone), self._name, self._type)

    def refuse_alias(self) -> None:
        """Raise ConflictError where the hostname is an alias."""
        target = cname_target(self._backend, self._zone, self._hostname)
        if target is not None:
            raise ConflictError(
                self._backend.name,
                f"set the {self._type.name} record of",
                self._hostname,
                f"it is a CNAME to {with_dot_hint(target, self._hostname)}, beside which no other "
                "record can stand (RFC 1034 section 3.6.2); remove the CNAME, or use its target",
            )

    def swap(
        self, live: dns.rrset.RRset | None, addresses: frozenset[Address], ttl: int | None
    ) -> None:
        if ttl is None:
            ttl = live.ttl if live is not None else DEFAULT_TTL
        after = None
        if addresses:
            texts = sorted(str(address) for address in addresses)
            after = dns.rrset.from_text(self._name, ttl, RdataClass.IN, self._type, *texts)
        if same_rrset(live, after):
            return
        try:
            self._backend.apply(to_dns(self._zone), [Change(self._name, self._type, live, after)])
        except ConflictError as error:
            raise _RacedError(error) from error


def _addresses(rrset: dns.rrset.RRset | None) -> frozenset[Address]:
    return frozenset(ipaddress.ip_address(rdata.address) for rdata in rrset or ())


def _warn_of_mask(
    backend: ZoneBackend, zone: DnsName, hostname: DnsName, address: Address, report: Report
) -> None:
    """Warn where the DNS does not answer with what the zone has: no PTR would be confirmed.

    A look that fails is no failure of the record, which may be written by then.
    """
    kind, mask = record_type(address), ""
    with suppress(BackendError):
        mask = backend.masked(to_dns(zone), to_dns(hostname), RdataType[kind])
    if mask:
        report.warning(f"{hostname} has the {kind} record {address}, {mask}")


def _refuse_fixed(backend: ZoneBackend, zone: DnsName, spec: ForwardSpec) -> None:
    """Raise RejectedError where the address is there already and cannot be removed later."""
    rdtype = RdataType[record_type(spec.address)]
    fixed = backend.fixed_in(to_dns(zone), to_dns(spec.hostname), rdtype)
    for rdata, where in fixed.items():
        if rdata.to_text() == str(spec.address):
            operation = f"set the {rdtype.name} record of"
            reason = fixed_reason(str(spec.address), where)
            raise RejectedError(spec.backend, operation, spec.hostname, reason)


def _conflict(spec: ForwardSpec, foreign: frozenset[Address]) -> ConflictError:
    there = ", ".join(sorted(str(address) for address in foreign))
    return ConflictError(
        spec.backend,
        f"set the {record_type(spec.address)} record of",
        spec.hostname,
        f"it already has {there}, which was not written by this stack. Nothing was changed. To "
        'keep both, set on_conflict to "add"; to replace it, "overwrite"; if another resource of '
        "this stack was renamed, add `aliases` to this one",
    )
