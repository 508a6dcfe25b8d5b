"""What an update will do and meet, of all resources of a program that are new or changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial, reduce
from itertools import chain
from typing import Any, NamedTuple

from pulumi_rdns.lifecycle.messages import Hide, hiding
from pulumi_rdns.logs import hidden_in_logs
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.specs import ForwardSpec, PtrSetSpec, PtrSpec
from pulumi_rdns.model.states import ForwardState, PtrSetState, PtrState
from pulumi_rdns.properties.schema import Properties, Schema
from pulumi_rdns.records.holdings import StoredRecord
from pulumi_rdns.records.preview.foresight import Foresight
from pulumi_rdns.records.preview.forward import ForwardAhead, forward_jobs
from pulumi_rdns.records.preview.job import Job
from pulumi_rdns.records.preview.ptr import PtrAhead, ptr_jobs
from pulumi_rdns.records.preview.ptr_set import PtrSetAhead, ptr_set_jobs
from pulumi_rdns.records.session import Session


class Ahead(NamedTuple):
    """A resource that is new, or will be changed."""

    urn: str
    schema: Schema[Any, Any]
    #: checked, and all known
    inputs: Properties
    is_new: bool
    #: whether the forward record of a hostname and an address is a part of the same program
    expects_forward: Callable[[DnsName, Address | str], bool] = lambda _hostname, _address: False


def foresight_of(aheads: Sequence[Ahead], stored: Sequence[StoredRecord] | None) -> Foresight:
    """Return what collects what is found, and shows no secret input.

    ``stored`` is what the state has; None where that is not known.
    """
    hides = _hides(aheads)

    def hide(urn: str, text: str) -> str:
        return hides[urn](text) if urn in hides else text

    return Foresight(hide, knows=stored is not None)


def _hides(aheads: Sequence[Ahead]) -> dict[str, Hide]:
    return {one.urn: hide for one in aheads if (hide := hiding(one.schema, one.inputs))}


def jobs_of(
    session: Session,
    aheads: Sequence[Ahead],
    stored: Sequence[StoredRecord] | None,
    sight: Foresight,
    *,
    ours: Collection[DnsName] = (),
    is_over: Callable[[], bool] = lambda: False,
) -> Iterator[Job]:
    """Yield the looks at these resources, which may be made side by side. None of them writes.

    ``ours`` are the hostnames of this program; ``is_over`` says when no time is left for more.
    """
    olds = {one.urn: one.state for one in stored or () if not one.is_replaced}
    singles, forwards, sets = [], [], []
    for one in aheads:
        spec, old = one.schema.spec(one.inputs), olds.get(one.urn)
        if isinstance(spec, PtrSpec):
            expects = one.expects_forward(spec.hostname, spec.address)
            # What is secret cannot be read in the state: nothing is said of its place.
            known = old if isinstance(old, PtrState) and old.written is not None else None
            singles.append(PtrAhead(one.urn, spec, one.is_new, known, expects))
        elif isinstance(spec, ForwardSpec):
            of_address = old if isinstance(old, ForwardState) else None
            forwards.append(ForwardAhead(one.urn, spec, one.is_new, of_address))
        elif isinstance(spec, PtrSetSpec):
            many = old if isinstance(old, PtrSetState) else None
            sets.append(PtrSetAhead(one.urn, spec, one.is_new, many, one.expects_forward))
    jobs = chain(
        ptr_jobs(session, singles, sight, ours),
        forward_jobs(session, forwards, sight),
        ptr_set_jobs(session, sets, sight, is_over),
    )
    hides = [*_hides(aheads).values()]
    for job in jobs:
        yield job._replace(run=partial(_without_secrets, hides, job.run)) if hides else job


def _without_secrets(hides: Sequence[Hide], run: Callable[[], None]) -> None:
    """Do a look that is at several resources, perhaps, with no secret of any in the log."""
    with hidden_in_logs(lambda line: reduce(lambda text, hide: hide(text), hides, line)):
        run()


def warnings_of(session: Session, ahead: Ahead) -> list[str]:
    """Look at one resource alone, and return what will be in its way, a sentence each."""
    sight = foresight_of([ahead], None)
    for job in jobs_of(session, [ahead], None, sight):
        job.run()
    return [one.text for one in sight.told() if one.is_warning]
