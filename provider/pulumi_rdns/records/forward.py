"""Create, read, update and delete one address of the A or AAAA RRset of a hostname."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import dns.name
import dns.rrset
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Backend, Change, Report, ZoneBackend, same_rrset
from pulumi_rdns.errors import BackendError, ConfigError, ConflictError, InvalidInputError
from pulumi_rdns.model.addresses import Address, record_type
from pulumi_rdns.model.names import canonical, name_text
from pulumi_rdns.model.specs import DEFAULT_TTL, ForwardSpec, OnForwardConflict
from pulumi_rdns.records.claims import Claims, Key

#: how often a write is tried when others keep changing the RRset
_TRIES = 8


@dataclass(frozen=True, kw_only=True)
class ForwardState:
    """What is remembered of one forward record between two runs."""

    backend: str
    hostname: dns.name.Name
    #: what the last look or write showed; a stranger's, perhaps
    address: Address
    #: where it was written
    zone: dns.name.Name | None = None
    #: what create or update wrote: the only address that is ours
    written: Address | None = None
    #: seconds; None where the program has no opinion
    ttl: int | None = None
    adopted: bool = False
    on_conflict: OnForwardConflict | None = None


def forward_key(backend: str, hostname: dns.name.Name, kind: str) -> Key:
    """Name the RRset for the claims."""
    return (kind, backend, name_text(hostname))


class ForwardRecords:
    """The four operations. One object serves all forward records of a process."""

    def __init__(self, backend_of: Callable[[str], Backend], claims: Claims) -> None:
        self._backend_of = backend_of
        self._claims = claims

    def declare(
        self, backend: str, hostname: dns.name.Name, address: Address, zone: dns.name.Name | None
    ) -> None:
        """Note that the running program declares this address of this hostname. No I/O."""
        self._claims.declare(forward_key(backend, hostname, record_type(address)), (zone, address))

    def recall(self, old: ForwardState) -> None:
        """Note what the state says we wrote. No I/O."""
        if old.written is not None:
            self._claims.own(_key(old), old.written)

    def create(self, spec: ForwardSpec, report: Report) -> ForwardState:
        """Add the address, or adopt it where it is there already.

        Raises ConflictError where the hostname has addresses that are not ours, or is an alias.
        """
        backend = self._zones(spec.backend)
        zone = spec.zone if spec.zone is not None else backend.find_zone(spec.hostname)
        if not spec.hostname.is_subdomain(zone):
            raise InvalidInputError(
                f"zone {name_text(zone)} does not hold {name_text(spec.hostname)}", "zone"
            )
        rrset = _Rrset(backend, zone, spec.hostname, record_type(spec.address))
        if spec.on_conflict is not OnForwardConflict.ADD:
            self._await_no_foreign(rrset, spec)

        def decide(live: frozenset[Address]) -> frozenset[Address]:
            foreign = self._foreign(live, spec)
            if not foreign or spec.on_conflict is OnForwardConflict.ADD:
                return live | {spec.address}
            if spec.on_conflict is OnForwardConflict.OVERWRITE:
                return (live - foreign) | {spec.address}
            raise _conflict(spec, foreign)

        before = self._swap(rrset, forward_key_of(spec), decide, spec.ttl)
        foreign = self._foreign(before, spec)
        if foreign and spec.on_conflict is OnForwardConflict.ADD:
            there = ", ".join(sorted(str(address) for address in foreign))
            report.warning(
                f"{name_text(spec.hostname)} also has {there}, which this program does not "
                "declare; it stays"
            )
        owned = self._claims.owned(forward_key_of(spec))
        adopted = spec.address in before and spec.address not in owned
        if adopted:
            report.warning(
                f"{name_text(spec.hostname)} had {spec.address} already; it is adopted: destroy "
                "will remove it"
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
        zone = old.zone if old.zone is not None else backend.find_zone(old.hostname)
        live = _Rrset(backend, zone, old.hostname, record_type(old.address)).look()
        found = _addresses(live)
        ours = old.written if old.written is not None else old.address
        if ours not in found:
            # One other address in our place is a change by hand; several are somebody's own.
            if len(found) != 1 or old.on_conflict is OnForwardConflict.ADD:
                return None
            ours = next(iter(found))
        ttl = live.ttl if live is not None and old.ttl is not None else None
        return replace(old, zone=zone, address=ours, ttl=ttl)

    def update(self, old: ForwardState, spec: ForwardSpec, report: Report) -> ForwardState:
        """Put the new address in the place of the old one; a policy alone costs no I/O."""
        state = replace(
            old,
            address=spec.address,
            written=spec.address,
            ttl=spec.ttl,
            on_conflict=spec.on_conflict,
        )
        if old.address == spec.address == old.written and spec.ttl in (None, old.ttl):
            return state
        backend = self._zones(spec.backend)
        zone = old.zone if old.zone is not None else backend.find_zone(spec.hostname)
        key = forward_key_of(spec)
        self.recall(old)

        def decide(live: frozenset[Address]) -> frozenset[Address]:
            going = {old.written, old.address} - {spec.address}
            going = {address for address in going if address not in self._declared(key)}
            return (live - going) | {spec.address}

        self._swap(_Rrset(backend, zone, spec.hostname, key[0]), key, decide, spec.ttl)
        return state

    def delete(self, old: ForwardState, report: Report) -> None:
        """Take out the address that we wrote, and leave the others."""
        backend = self._zones(old.backend)
        zone = old.zone if old.zone is not None else backend.find_zone(old.hostname)
        self.recall(old)
        if old.written is None or self._is_claimed(backend, zone, old):
            return
        ours = old.written

        def decide(live: frozenset[Address]) -> frozenset[Address]:
            if self._is_claimed(backend, zone, old):
                return live
            return live - {ours}

        self._swap(_Rrset(backend, zone, old.hostname, _key(old)[0]), _key(old), decide, None)

    def _zones(self, name: str) -> ZoneBackend:
        backend = self._backend_of(name)
        if not isinstance(backend, ZoneBackend):
            raise ConfigError(f"backend {name!r} holds no zones, so no forward records")
        return backend

    def _declared(self, key: Key) -> set[Address]:
        details = self._claims.declared(key)
        return {detail[1] for detail in details if isinstance(detail, tuple)}

    def _is_claimed(self, backend: ZoneBackend, zone: dns.name.Name, old: ForwardState) -> bool:
        """Tell whether a declared resource holds the very address that shall be deleted."""
        details = self._claims.declared(_key(old))
        if (zone, old.written) in details:
            return True
        if (None, old.written) not in details:
            return False
        try:
            found = backend.find_zone(old.hostname)
        except BackendError:
            return True
        return bool(found == zone)

    def _foreign(self, live: frozenset[Address], spec: ForwardSpec) -> frozenset[Address]:
        key = forward_key_of(spec)
        ours = {spec.address} | self._declared(key) | set(self._claims.owned(key))
        return frozenset(address for address in live if address not in ours)

    def _await_no_foreign(self, rrset: _Rrset, spec: ForwardSpec) -> None:
        """Give other resources of this program a moment to be heard of, or to let go."""
        until = time.monotonic() + self._claims.hand_over
        live = _addresses(rrset.look())

        def ours() -> bool:
            return not self._foreign(live, spec)

        while not ours():
            in_time = self._claims.wait_for_hand_over(forward_key_of(spec), ours, until)
            live = _addresses(rrset.look())
            if not in_time:
                break
        if not ours() and spec.on_conflict is not OnForwardConflict.OVERWRITE:
            raise _conflict(spec, self._foreign(live, spec))

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

    def __init__(
        self, backend: ZoneBackend, zone: dns.name.Name, hostname: dns.name.Name, kind: str
    ) -> None:
        self._backend = backend
        self._zone = zone
        self._hostname = hostname
        self._type = RdataType[kind]

    def look(self) -> dns.rrset.RRset | None:
        alias = self._backend.get_rrset(self._zone, self._hostname, RdataType.CNAME)
        if alias is not None:
            raise ConflictError(
                self._backend.name,
                f"set the {self._type.name} record of",
                name_text(self._hostname),
                f"it is an alias of {name_text(canonical(alias[0].target))}, beside which no other "
                "record can stand (RFC 1034 section 3.6.2); remove the alias, or use its target",
            )
        return self._backend.get_rrset(self._zone, self._hostname, self._type)

    def swap(
        self, live: dns.rrset.RRset | None, addresses: frozenset[Address], ttl: int | None
    ) -> None:
        if ttl is None:
            ttl = live.ttl if live is not None else DEFAULT_TTL
        after = None
        if addresses:
            texts = sorted(str(address) for address in addresses)
            after = dns.rrset.from_text(self._hostname, ttl, RdataClass.IN, self._type, *texts)
        if same_rrset(live, after):
            return
        try:
            self._backend.apply(self._zone, [Change(self._hostname, self._type, live, after)])
        except ConflictError as error:
            raise _RacedError(error) from error


def _addresses(rrset: dns.rrset.RRset | None) -> frozenset[Address]:
    return frozenset(ipaddress.ip_address(rdata.address) for rdata in rrset or ())


def forward_key_of(spec: ForwardSpec) -> Key:
    """Name the RRset that a specification belongs to."""
    return forward_key(spec.backend, spec.hostname, record_type(spec.address))


def _key(old: ForwardState) -> Key:
    return forward_key(old.backend, old.hostname, record_type(old.written or old.address))


def _conflict(spec: ForwardSpec, foreign: frozenset[Address]) -> ConflictError:
    there = ", ".join(sorted(str(address) for address in foreign))
    return ConflictError(
        spec.backend,
        f"set the {record_type(spec.address)} record of",
        name_text(spec.hostname),
        f"it already has {there}, which this stack did not write. Nothing was changed. To keep "
        'both, set on_conflict to "add"; to replace it, "overwrite"; if another resource of this '
        "stack was renamed, add `aliases` to this one",
    )
