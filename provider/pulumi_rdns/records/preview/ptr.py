"""What will be in the way of single PTR records: at their places, and in their forward records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from pulumi_rdns.backends.base import Backend
from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.errors import ConfigError, ConflictError, RdnsError
from pulumi_rdns.model.confirmation import Confirmation, Verdict
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.specs import ForwardPolicy, PtrSpec
from pulumi_rdns.model.states import PtrState
from pulumi_rdns.records.forward_check import mask_of, policy_of
from pulumi_rdns.records.location import Listed, RecordLocation, written_ptr
from pulumi_rdns.records.preview.foresight import Foresight
from pulumi_rdns.records.preview.job import Job, listed_once
from pulumi_rdns.records.ptr_set_locations import PtrSetLocations
from pulumi_rdns.records.ptr_state import refuse_ttl
from pulumi_rdns.records.session import Session
from pulumi_rdns.records.store import read_each


class PtrAhead(NamedTuple):
    """A PTR record that is new, or will be changed."""

    #: URN
    resource: str
    spec: PtrSpec
    is_new: bool
    #: what the state has of one that is changed; None where that is not known
    old: PtrState | None = None
    #: its forward record is a part of the same program, so that it may be missing now
    expects_forward: bool = False


def ptr_jobs(
    session: Session, aheads: Sequence[PtrAhead], sight: Foresight, ours: Collection[DnsName]
) -> Iterable[Job]:
    """Yield the looks at these records: one at the places of all that are at one backend.

    ``ours`` are the hostnames of this program: where what this stack has written is not known, a
    record that points to one of them may be its own.
    """
    groups: defaultdict[tuple[str, DnsName | None], list[PtrAhead]] = defaultdict(list)
    for one in aheads:
        groups[one.spec.backend, one.spec.zone].append(one)
    for group in groups.values():
        yield Job(partial(_look_at_places, session, group, sight, ours), _resources(group))
    for one in aheads:
        if _asks_for_forward(one):
            yield Job(partial(_look_at_forward, session, one, sight), _resources([one]))


def _resources(aheads: Iterable[PtrAhead]) -> dict[str, int]:
    return {one.resource: 1 for one in aheads}


def _look_at_places(
    session: Session, aheads: Sequence[PtrAhead], sight: Foresight, ours: Collection[DnsName]
) -> None:
    spec = aheads[0].spec
    by_address = {str(one.spec.address): one for one in aheads if one.is_new or one.old}
    try:
        backend = session.backends.get(spec.backend)
    except ConfigError:
        return  # check says what is wrong with it
    try:
        listed = listed_once(backend)
        found = _locations(session, backend, spec.zone, by_address, listed)
        known = {key: one for key, one in found.items() if isinstance(one, RecordLocation)}
        there = {**found, **read_each(known, is_shared=True, listed=listed)}
    except RdnsError as error:
        there = dict.fromkeys(by_address, error)
    for address, live in there.items():
        ahead = by_address[address]
        if isinstance(live, RdnsError):
            sight.trouble(ahead.resource, "PTR", address, live)
        elif isinstance(live, LiveRecord):
            _foresee(session, ahead, known[address], live, sight, ours)


def _locations(
    session: Session,
    backend: Backend,
    zone: DnsName | None,
    aheads: dict[str, PtrAhead],
    listed: Listed | None,
) -> dict[str, RecordLocation | RdnsError]:
    new = [address for address, one in aheads.items() if one.is_new]
    finder = PtrSetLocations(backend, zone, session.aliases, listed)
    found = finder.find(new) if new else {}
    for address, one in aheads.items():
        if one.old is not None and not one.is_new:
            old = one.old
            found[address] = written_ptr(backend, old.address, old.zone, old.owner, session.aliases)
    return found


def _foresee(
    session: Session,
    ahead: PtrAhead,
    location: RecordLocation,
    live: LiveRecord,
    sight: Foresight,
    ours: Collection[DnsName],
) -> None:
    """Say what create or update would decide."""
    spec, address = ahead.spec, str(ahead.spec.address)
    learned = () if ahead.is_new or ahead.old is None else ahead.old.hostnames
    try:
        if ahead.is_new:
            refuse_ttl(location, spec)
        wanted = session.ptr.decide(spec, live, learned)
    except ConflictError as error:
        is_ours = not sight.knows and {*live.values} <= {*ours}
        if not is_ours and not session.ptr.has_secret(spec):
            sight.warn(ahead.resource, str(error), will_fail=True)
        return
    except RdnsError as error:
        sight.warn(ahead.resource, str(error), will_fail=True)
        return
    if live.values == (spec.hostname,):
        if ahead.is_new and sight.knows and session.ptr.memory(location, spec) is None:
            sight.adopt(ahead.resource, "PTR", address, spec.hostname)
    elif wanted is not None and session.ptr.is_foreign(spec, live, learned):
        sight.take_over(ahead.resource, "PTR", address, live.values)


def _asks_for_forward(ahead: PtrAhead) -> bool:
    if ahead.expects_forward or policy_of(ahead.spec) is ForwardPolicy.SKIP:
        return False
    return ahead.old is None or ahead.spec.hostname != ahead.old.written


def _look_at_forward(session: Session, ahead: PtrAhead, sight: Foresight) -> None:
    spec = ahead.spec
    try:
        backend = session.backends.get(spec.forward_backend)
    except ConfigError:
        return
    answer = session.source_of(backend).look(spec.hostname, spec.address, ask_resolver=True)
    policy = policy_of(spec)
    is_strict = policy is ForwardPolicy.STRICT
    if answer.verdict is Verdict.MISMATCH:
        text = (
            f"{spec.hostname} does not resolve to {spec.address}: {why_not(backend, spec, answer)}"
        )
        will_fail = policy is not ForwardPolicy.WARN
        sight.mismatch(ahead.resource, text, will_fail=will_fail, is_strict=is_strict)
    elif answer.verdict is Verdict.UNKNOWN:
        what = f"{spec.hostname} could not be checked to resolve to {spec.address}"
        sight.doubt(
            ahead.resource, "forward", spec.hostname, answer.detail, what, will_fail=is_strict
        )
    aliases = getattr(answer, "aliases", ())
    if aliases:
        sight.warn(
            ahead.resource,
            f"{spec.hostname} is a CNAME to {aliases[-1]}; a PTR record should point to the name "
            "itself (RFC 1912 section 2.4)",
        )


def why_not(backend: Backend, spec: PtrSpec, answer: Confirmation) -> str:
    """Return what the name servers said, and what makes them say so where that is known."""
    mask = mask_of(backend, spec.hostname, spec.address)
    return answer.detail if mask in answer.detail else f"{answer.detail}; {mask}"
