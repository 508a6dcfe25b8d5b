"""What leaves the program, and is deleted at the end of an update."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from pulumi_rdns.model.addresses import record_type
from pulumi_rdns.model.states import ForwardState, PtrSetState, PtrState
from pulumi_rdns.records.deletion_guard import refusal
from pulumi_rdns.records.deletions import moves, whose_of
from pulumi_rdns.records.holdings import StoredRecord, is_same
from pulumi_rdns.records.preview.foresight import Foresight, Told
from pulumi_rdns.records.preview.ptr_set import leaving
from pulumi_rdns.records.ptr_set_messages import Counts
from pulumi_rdns.records.session import Session


def foresee_leaving(
    session: Session, stored: Sequence[StoredRecord], present: Collection[str], sight: Foresight
) -> None:
    """Count what goes; say where the guard against mass deletion will refuse it. No I/O.

    ``stored`` is the state, ``present`` has the URNs of the program's resources.
    """
    before: defaultdict[str, int] = defaultdict(int)
    going: defaultdict[str, int] = defaultdict(int)
    for one in stored:
        is_leaving = one.urn not in present and not (one.is_replaced or one.is_retained)
        if isinstance(one.state, PtrSetState):
            if is_leaving:
                _foresee_set(session, one.urn, one.state, sight)
            continue
        if one.state.written is None:
            continue
        place = whose_of(one.state)
        before[place] += 1
        going[place] += is_leaving and _is_removed(session, one.state)
    for place, count in going.items():
        limit = session.settings.max_delete_percent
        if why := refusal(count, before[place], limit, place):
            sight.tell(Told(why, will_fail=True))


def _foresee_set(session: Session, urn: str, old: PtrSetState, sight: Foresight) -> None:
    removed, kept = leaving(session, old, old.written, urn)
    counts = Counts(len(old.written), removed=len(removed), kept=len(kept))
    name = urn.rpartition("::")[2]
    if line := counts.line():
        sight.tell(Told(f"PtrRecordSet {name!r} is no longer in the program: {line}"))
    limit = session.deletions.limit_of(urn, old.policies.max_delete_percent)
    if why := refusal(len(removed), len(old.written), limit, f"of PtrRecordSet {name!r}"):
        sight.tell(Told(why, will_fail=True))


def _is_removed(session: Session, state: PtrState | ForwardState) -> bool:
    """Whether its delete takes the record out: nobody else declares it, and it was not adopted."""
    if isinstance(state, PtrState):
        claims = session.ledger.claims("PTR", str(state.address))
    else:
        address = state.written or state.address
        there = session.ledger.claims(record_type(address), state.hostname)
        claims = [one for one in there if one.wanted is None or is_same(one.wanted, str(address))]
    return not state.is_kept and not moves(claims, session.backends.identity(state.backend))
