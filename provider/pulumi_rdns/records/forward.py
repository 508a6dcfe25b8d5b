"""Create, read, update and delete one address of the A or AAAA RRset of a hostname."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Hashable

import dns.rrset
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from msgspec.structs import replace

from pulumi_rdns.backends.base import Change, Report, ZoneBackend, same_rrset
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import (
    ConfigError,
    ConflictError,
    InvalidInputError,
    RejectedError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.addresses import Address, record_type
from pulumi_rdns.model.missing_dots import with_dot_hint
from pulumi_rdns.model.names import DnsName, is_subdomain, to_dns
from pulumi_rdns.model.specs import DEFAULT_TTL, ForwardSpec, OnForwardConflict
from pulumi_rdns.model.states import ForwardState
from pulumi_rdns.records.claims import Claims, Key
from pulumi_rdns.records.one_place import Spot, are_one, look_alike
from pulumi_rdns.records.places import cname_target, fixed_reason, zone_of

#: how often a write is tried when others keep changing the RRset
_TRIES = 8


class ForwardRecords:
    """The four operations. One object serves all forward records of a process."""

    def __init__(self, backends: Backends, claims: Claims) -> None:
        self._backends = backends
        self._claims = claims

    def declare(
        self, backend: str, hostname: DnsName, address: Address, zone: DnsName | None
    ) -> None:
        """Note that the running program declares this address of this hostname. No I/O."""
        self._claims.declare(self._key(backend, hostname, address), (zone, address))

    def recall(self, old: ForwardState) -> None:
        """Note what the state says we wrote. No I/O."""
        if old.written is not None:
            self._claims.own(self._key(old.backend, old.hostname, old.written), old.written)

    def create(self, spec: ForwardSpec, report: Report) -> ForwardState:
        """Add the address, or adopt it where it is there already.

        Raises ConflictError where the hostname has addresses that are not ours, or is an alias.
        """
        backend = self._zones(spec.backend)
        zone = spec.zone or zone_of(backend, spec.hostname)
        if not is_subdomain(spec.hostname, zone):
            raise InvalidInputError(f"zone {zone} does not contain {spec.hostname}", "zone")
        owned = self._claims.owned(self._key_of(spec))
        if spec.address not in owned:
            _refuse_fixed(backend, zone, spec)
        before = self._put(backend, zone, spec, report)
        owned = self._claims.owned(self._key_of(spec))
        adopted = spec.address in before and spec.address not in owned
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

    def read(self, old: ForwardState, report: Report) -> ForwardState | None:
        """Look at the live RRset; None where our address is gone."""
        backend = self._zones(old.backend)
        zone = old.zone or zone_of(backend, old.hostname)
        self.recall(old)
        ours = old.written if old.written is not None else old.address
        live = _Rrset(backend, zone, old.hostname, record_type(ours)).look()
        found = _addresses(live)
        if ours not in found:
            # One other address in our place is a change by hand, unless it is that of another
            # resource of the state; several are somebody's own.
            if len(found) != 1 or old.on_conflict is OnForwardConflict.ADD:
                return None
            key = self._key(old.backend, old.hostname, ours)
            (ours,) = found
            if self._is_a_siblings(key, ours):
                return None
        ttl = live.ttl if live is not None and old.ttl is not None else None
        return replace(old, zone=zone, address=ours, ttl=ttl)

    def update(self, old: ForwardState, spec: ForwardSpec, report: Report) -> ForwardState:
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
        if old.address == spec.address and spec.ttl in (None, old.ttl):
            # What a refresh learned and the program keeps (ignore_changes) is not ours for that.
            return replace(state, written=old.written)
        backend = self._zones(spec.backend)
        zone = old.zone or zone_of(backend, spec.hostname)
        self.recall(old)
        learned = {old.address} - set(self._claims.owned(self._key_of(spec)))
        going = ({old.written} | learned) - {spec.address, None}
        self._put(backend, zone, spec, report, frozenset(one for one in going if one is not None))
        return state

    def delete(self, old: ForwardState, report: Report) -> None:
        """Take out the address that we wrote, and leave the others."""
        backend = self._zones(old.backend)
        zone = old.zone or zone_of(backend, old.hostname)
        self.recall(old)
        if old.written is None:
            return
        ours = old.written
        key = self._key(old.backend, old.hostname, ours)
        if self._is_claimed_elsewhere(backend, zone, old, report):
            return

        def decide(live: frozenset[Address]) -> frozenset[Address]:
            return live if self._is_claimed(backend, zone, old) else live - {ours}

        self._swap(_Rrset(backend, zone, old.hostname, key[0]), key, decide, None)

    def _put(
        self,
        backend: ZoneBackend,
        zone: DnsName,
        spec: ForwardSpec,
        report: Report,
        going: frozenset[Address] = frozenset(),
    ) -> frozenset[Address]:
        """Write the address, in the place of those that go; give what was there before."""
        key = self._key_of(spec)
        rrset = _Rrset(backend, zone, spec.hostname, key[0])
        if spec.on_conflict is not OnForwardConflict.ADD:
            self._await_no_foreign(rrset, key, spec, going)

        def decide(live: frozenset[Address]) -> frozenset[Address]:
            rrset.refuse_alias()
            stay = live - (going - self._declared(key))
            foreign = self._foreign(stay, key, spec)
            if foreign and spec.on_conflict in (None, OnForwardConflict.FAIL):
                raise _conflict(spec, foreign)
            if spec.on_conflict is OnForwardConflict.OVERWRITE:
                stay -= foreign
            return stay | {spec.address}

        before = self._swap(rrset, key, decide, spec.ttl)
        foreign = self._foreign(before - going, key, spec)
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

    def _key(self, backend: str, hostname: DnsName, address: Address) -> Key:
        """Name the RRset for the claims, by the place that it is written to."""
        return (record_type(address), self._backends.identity(backend), hostname)

    def _key_of(self, spec: ForwardSpec) -> Key:
        return self._key(spec.backend, spec.hostname, spec.address)

    def _declared(self, key: Key) -> set[Address]:
        details = self._claims.declared(key)
        return {detail[1] for detail in details if isinstance(detail, tuple)}

    def _is_a_siblings(self, key: Key, address: Address) -> bool:
        """Whether another resource wrote the address, once all had a moment to be heard of."""
        since = time.monotonic()
        while not (heard := address in self._claims.owned(key)):
            if not self._claims.wait_for_hand_over(
                key, lambda: address in self._claims.owned(key), since
            ):
                break
        return heard or address in self._claims.owned(key)

    def _is_claimed(self, backend: ZoneBackend, zone: DnsName, old: ForwardState) -> bool:
        """Whether a declared resource holds the very address that shall be deleted."""
        assert old.written is not None
        details = self._claims.declared(self._key(old.backend, old.hostname, old.written))
        if (zone, old.written) in details:
            return True
        if (None, old.written) not in details:
            return False
        return zone_of(backend, old.hostname) == zone

    def _is_claimed_elsewhere(
        self, backend: ZoneBackend, zone: DnsName, old: ForwardState, report: Report
    ) -> bool:
        """Whether a declared resource of another instance holds the very address."""
        assert old.written is not None
        key = self._key(old.backend, old.hostname, old.written)
        spot = Spot(backend, zone, old.hostname, RdataType[key[0]])
        for identity, detail in self._claims.declared_elsewhere(key):
            assert isinstance(detail, tuple)
            if detail[1] != old.written:
                continue
            other = self._spot_at(identity, detail[0], spot)
            if other is None or not look_alike(spot, other):
                continue
            if _addresses(spot.look()) - {old.written} - self._known(key):
                report.warning(
                    f"{old.written} of {old.hostname} is kept unchanged: backend "
                    f"{other.backend.name} shows the very same addresses, and may be the same "
                    "server; if it is another one, remove the address here"
                )
                return True
            if are_one(spot, other):
                return True
        return False

    def _spot_at(self, identity: str, zone: DnsName | None, spot: Spot) -> Spot | None:
        """Find where another instance keeps the same RRset; None where it has no zone for it."""
        backend = self._backends.at(identity)
        if not isinstance(backend, ZoneBackend):
            return None
        try:
            return spot._replace(backend=backend, zone=zone or zone_of(backend, spot.owner))
        except ZoneNotFoundError:
            return None

    def _known(self, key: Key) -> set[Hashable]:
        """Return the addresses of the RRset that are this stack's, wherever it declares them."""
        elsewhere = {detail for _, detail in self._claims.declared_elsewhere(key)}
        declared = {one[1] for one in elsewhere if isinstance(one, tuple)} | self._declared(key)
        return {*declared, *self._claims.owned(key)}

    def _foreign(self, live: frozenset[Address], key: Key, spec: ForwardSpec) -> frozenset[Address]:
        ours = {spec.address} | self._declared(key) | set(self._claims.owned(key))
        return frozenset(address for address in live if address not in ours)

    def _await_no_foreign(
        self, rrset: _Rrset, key: Key, spec: ForwardSpec, going: frozenset[Address]
    ) -> None:
        """Allow other resources of this program a moment to be heard of, or to let go."""
        since = time.monotonic()
        live = _addresses(rrset.look())

        def ours() -> bool:
            return not self._foreign(live - going, key, spec)

        while not ours() and self._claims.wait_for_hand_over(key, ours, since):
            live = _addresses(rrset.look())

    def _swap(
        self,
        rrset: _Rrset,
        key: Key,
        decide: Callable[[frozenset[Address]], frozenset[Address]],
        ttl: int | None,
    ) -> frozenset[Address]:
        """Look, decide and write, again when others came in between; give what was there."""
        for left in reversed(range(_TRIES)):
            with self._claims.exclusive(key):
                live = rrset.look()
                try:
                    rrset.swap(live, decide(_addresses(live)), ttl)
                except _RacedError as raced:
                    if not left:
                        raise raced.conflict from None
                else:
                    return _addresses(live)
        raise AssertionError("unreachable")


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
