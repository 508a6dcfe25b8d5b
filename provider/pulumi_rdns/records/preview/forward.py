"""What will be in the way of a forward record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple, cast

from pulumi_rdns.backends.base import Report, ZoneBackend
from pulumi_rdns.errors import BackendError, RdnsError
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.specs import ForwardSpec, OnForwardConflict
from pulumi_rdns.model.states import ForwardState
from pulumi_rdns.records.forward_refusals import also_has, warn_of_mask
from pulumi_rdns.records.location import RecordLocation, forward_location
from pulumi_rdns.records.preview.foresight import Foresight
from pulumi_rdns.records.preview.job import Job
from pulumi_rdns.records.session import Session
from pulumi_rdns.records.store import look


class ForwardAhead(NamedTuple):
    """A forward record that is new, or will be changed."""

    #: URN
    resource: str
    spec: ForwardSpec
    is_new: bool
    #: what the state has of one that is changed; None where that is not known
    old: ForwardState | None = None


def forward_jobs(
    session: Session, aheads: Sequence[ForwardAhead], sight: Foresight
) -> Iterable[Job]:
    """Yield a look at each of these records."""
    for one in aheads:
        yield Job(partial(_look, session, one, sight), {one.resource: 1})


def _look(session: Session, ahead: ForwardAhead, sight: Foresight) -> None:
    if not ahead.is_new and ahead.old is None:
        return
    spec = ahead.spec
    try:
        location = _location(session, ahead)
        live = look(location)
    except BackendError as error:
        sight.trouble(ahead.resource, "forward", spec.hostname, error)
        return
    except RdnsError as error:
        sight.warn(ahead.resource, str(error), will_fail=True)
        return
    going = () if ahead.old is None or ahead.is_new else session.forward.going(ahead.old, spec)
    try:
        session.forward.decide(spec, live, going)
    except RdnsError as error:
        sight.warn(ahead.resource, str(error), will_fail=True)
        return
    foreign = session.forward.foreign(set(live.values).difference(going), spec)
    if foreign and spec.on_conflict is OnForwardConflict.ADD:
        sight.warn(ahead.resource, also_has(spec, foreign))
    elif foreign:
        sight.take_over(ahead.resource, "forward", spec.hostname, sorted(foreign))
    if str(spec.address) in live.values:
        zone = cast(DnsName, location.zone)
        backend = cast(ZoneBackend, location.backend)
        if ahead.is_new and sight.knows and session.forward.memory(location, spec) is None:
            sight.adopt(ahead.resource, "forward", spec.hostname, str(spec.address))
        warn_of_mask(backend, zone, spec.hostname, spec.address, _Warnings(ahead.resource, sight))


def _location(session: Session, ahead: ForwardAhead) -> RecordLocation:
    """Return where the record was written, or find where it belongs."""
    old, spec = ahead.old, ahead.spec
    if ahead.is_new or old is None or old.zone is None:
        return session.forward.find(spec)
    backend = cast(ZoneBackend, session.backends.get(spec.backend))
    return forward_location(backend, old.zone, spec.hostname, spec.address)


class _Warnings(Report):
    """Hands warnings on to what a preview tells of a resource."""

    def __init__(self, resource: str, sight: Foresight) -> None:
        self._resource = resource
        self._sight = sight

    def warning(self, text: str) -> None:
        self._sight.warn(self._resource, text)
