"""What an update will do to a set of PTR records, and what will be in its way."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.errors import ConfigError, ConflictError, RdnsError
from pulumi_rdns.model.confirmation import Verdict
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.specs import ForwardPolicy, PtrPolicies, PtrSetSpec, PtrSpec
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.model.tables import Table, address_order
from pulumi_rdns.records.deletion_guard import refusal
from pulumi_rdns.records.deletions import moves
from pulumi_rdns.records.location import RecordLocation
from pulumi_rdns.records.ownership import are_foreign
from pulumi_rdns.records.preview.foresight import Foresight
from pulumi_rdns.records.preview.job import Job, listed_once
from pulumi_rdns.records.preview.ptr import why_not
from pulumi_rdns.records.ptr_set_locations import PtrSetLocations
from pulumi_rdns.records.ptr_set_messages import SHOWN, Counts
from pulumi_rdns.records.ptr_set_state import due, own_record
from pulumi_rdns.records.session import Session
from pulumi_rdns.records.store import read_each
from pulumi_rdns.workers import Workers

#: look-ups at a time
_SIDE_BY_SIDE = 32


class PtrSetAhead(NamedTuple):
    """A set that is new, or will be changed."""

    #: URN
    resource: str
    spec: PtrSetSpec
    is_new: bool
    #: what the state has of one that is changed; None where that is not known
    old: PtrSetState | None = None
    #: whether the forward record of an address is a part of the same program
    expects_forward: Callable[[DnsName, str], bool] = lambda _hostname, _address: False


def ptr_set_jobs(
    session: Session,
    aheads: Sequence[PtrSetAhead],
    sight: Foresight,
    is_over: Callable[[], bool],
) -> Iterable[Job]:
    """Yield the looks at these sets; ``is_over`` says when no time is left for more."""
    for one in aheads:
        if not one.is_new and one.old is None:
            continue
        old = _before(one)
        todo, going = due(old, one.spec, is_all=False)
        count = {one.resource: len(todo)}
        removed, kept = leaving(session, old, going, one.resource)
        _count(one, old, todo, removed, kept, sight)
        limit = session.deletions.limit_of(one.resource, one.spec.policies.max_delete_percent)
        if why := refusal(len(removed), len(old.written), limit, "of the set"):
            sight.warn(one.resource, why, will_fail=True)
        if todo:
            yield Job(partial(_look_at_places, session, one, todo, sight), count)
        changed = {key: name for key, name in todo.items() if name != old.written.get(key)}
        if one.spec.policies.forward_check not in (None, ForwardPolicy.SKIP) and changed:
            yield Job(partial(_look_at_forward, session, one, changed, sight, is_over), count)


def _before(ahead: PtrSetAhead) -> PtrSetState:
    """Return what an update starts from: a create starts from nothing."""
    if ahead.is_new or ahead.old is None:
        return PtrSetState(backend=ahead.spec.backend, zone=ahead.spec.zone)
    return ahead.old


def leaving(
    session: Session, old: PtrSetState, going: Table, resource: str
) -> tuple[list[str], list[str]]:
    """Return the addresses whose record an update removes, and those that were there before the set
    and stay; what other resources declare now is in neither.
    """
    claims = session.ledger.claims_of("PTR", going)
    identity = session.backends.identity(old.backend)
    removed: list[str] = []
    kept: list[str] = []
    for address, value in going.items():
        if not moves(claims.get(address, ()), identity):
            is_adopted = own_record(old, address, value, resource).is_adopted
            (kept if is_adopted else removed).append(address)
    return removed, kept


def _count(
    ahead: PtrSetAhead,
    old: PtrSetState,
    todo: Table,
    removed: Sequence[str],
    kept: Sequence[str],
    sight: Foresight,
) -> None:
    added = [address for address in todo if address not in old.written]
    counts = Counts(
        len(ahead.spec.records.table),
        added=len(added),
        changed=len(todo) - len(added),
        removed=len(removed),
        kept=len(kept),
    )
    sight.count(ahead.resource, counts)


def _look_at_places(session: Session, ahead: PtrSetAhead, todo: Table, sight: Foresight) -> None:
    spec, old = ahead.spec, _before(ahead)
    try:
        backend = session.backends.get(spec.backend)
    except ConfigError:
        return  # check says what is wrong with it
    try:
        listed = listed_once(backend)
        found = PtrSetLocations(backend, spec.zone, session.aliases, listed).found(old, todo)
        known = {key: found.locations[key] for key in todo if key in found.locations}
        there = {
            **found.errors,
            **found.unserved,
            **read_each(known, is_shared=True, listed=listed),
        }
    except RdnsError as error:
        for address in todo:
            sight.trouble(ahead.resource, "PTR", address, error)
        return
    live = {key: one for key, one in there.items() if isinstance(one, LiveRecord)}
    for address, one in there.items():
        if isinstance(one, RdnsError):
            sight.trouble(ahead.resource, "PTR", address, one)
    _meet(session, ahead, todo, known, live, sight)


def _meet(
    session: Session,
    ahead: PtrSetAhead,
    todo: Table,
    locations: dict[str, RecordLocation],
    live: dict[str, LiveRecord],
    sight: Foresight,
) -> None:
    """Count what a create or update would decide."""
    spec, old, sets = ahead.spec, _before(ahead), session.ptr_sets
    conflicts, overwritten = {}, []
    for address, there in live.items():
        if not there.values or there.values == (todo[address],):
            continue
        try:
            sets.decide(old, spec, address, there)
        except ConflictError:
            conflicts[address] = there.values
        except RdnsError as error:
            sight.trouble(ahead.resource, "PTR", address, error)
        else:
            if are_foreign(todo[address], sets.owners.ours(old, address, there), there):
                overwritten.append(address)
    _, adopted = sets.owners.taken_over(old, todo, live, locations)
    if not sight.knows:
        conflicts, adopted = {}, ()
    other = [*conflicts, *overwritten]
    new = [key for key in other if key not in old.written]
    counts = sight.counted(ahead.resource)
    sight.count(
        ahead.resource,
        counts._replace(
            added=counts.added - len(adopted) - len(new),
            changed=counts.changed - (len(other) - len(new)),
            adopted=len(adopted),
            overwritten=len(overwritten),
            conflicts=conflicts,
        ),
    )


def _look_at_forward(
    session: Session,
    ahead: PtrSetAhead,
    changed: Table,
    sight: Foresight,
    is_over: Callable[[], bool],
) -> None:
    policies = ahead.spec.policies
    try:
        backend = session.backends.get(ahead.spec.backend)
    except ConfigError:
        return
    asked = [key for key, name in changed.items() if not ahead.expects_forward(name, key)]
    is_strict = policies.forward_check is ForwardPolicy.STRICT
    denied: dict[str, str] = {}

    def ask(address: str) -> None:
        if is_over():
            return
        hostname = changed[address]
        source, ip = session.source_of(backend), ipaddress.ip_address(address)
        answer = source.look(hostname, ip, ask_resolver=True)
        if answer.verdict is Verdict.MISMATCH:
            one = PtrSpec(
                backend=ahead.spec.backend,
                address=ipaddress.ip_address(address),
                hostname=hostname,
                policies=PtrPolicies(),
            )
            denied[address] = why_not(backend, one, answer)
        elif answer.verdict is Verdict.UNKNOWN:
            what = f"{hostname} could not be checked to resolve to {address}"
            sight.doubt(
                ahead.resource, "forward", hostname, answer.detail, what, will_fail=is_strict
            )

    with Workers(_SIDE_BY_SIDE) as pool:
        list(pool.map(ask, asked))
    if denied:
        will_fail = policies.forward_check is not ForwardPolicy.WARN
        sight.warn(ahead.resource, _denied(changed, denied), will_fail=will_fail)


def _denied(hostnames: Table, denied: dict[str, str]) -> str:
    first, *others = sorted(denied, key=address_order)
    text = f"{hostnames[first]} does not resolve to {first}: {denied[first]}"
    if not others:
        return text
    named = ", ".join(f"{hostnames[key]} ({key})" for key in others[: SHOWN - 1])
    more = len(others) - (SHOWN - 1)
    return f"{text}; {len(others):,} more do not: {named}" + (
        f" and {more:,} more" if more > 0 else ""
    )
