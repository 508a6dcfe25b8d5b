"""The life of a PtrRecordSet."""

from __future__ import annotations

from pulumi_rdns.lifecycle.call import (
    Call,
    CheckResult,
    DiffResult,
    PartlyDoneError,
    PreviewResult,
    Stored,
)
from pulumi_rdns.lifecycle.common import check_place, stored
from pulumi_rdns.lifecycle.messages import hidden, messages_of
from pulumi_rdns.properties.ids import ptr_set_id
from pulumi_rdns.properties.ptr_set import PTR_SET
from pulumi_rdns.properties.schema import Properties, is_changed
from pulumi_rdns.records.ptr_set_state import Brought
from pulumi_rdns.records.session import Session


def check(session: Session, call: Call, news: Properties) -> CheckResult:
    """Check the inputs, and note that the program declares these records. No I/O."""
    inputs, values, findings = PTR_SET.check(news, call.is_unknown)
    findings += check_place(session, values, inputs)
    is_known = not any(map(call.is_unknown, inputs.values()))
    if not findings and is_known:
        session.ptr_sets.declare(PTR_SET.specified(values))
    return CheckResult(inputs, hidden(findings, PTR_SET, news))


def diff(session: Session, call: Call, id_: str, olds: Properties, news: Properties) -> DiffResult:
    """Compare, and note what the state says we wrote. No I/O."""
    session.ptr_sets.recall(PTR_SET.state(olds))
    changes = [key for key in PTR_SET.changed(olds, news, call.is_unknown) if key != "zone"]
    # As for a single record: elsewhere, the new records are written before the old ones go.
    is_same_place = not PTR_SET.replacing(changes)
    if _is_zone_changed(call, olds, news):
        changes.append("zone")
    return DiffResult(changes, PTR_SET.replacing(changes), is_same_place)


def preview(session: Session, call: Call, inputs: Properties) -> PreviewResult:
    """Return what is known before anything is written."""
    return PreviewResult({"count": len(PTR_SET.spec(inputs).records.table)}, [])


def create(session: Session, call: Call, inputs: Properties) -> Stored:
    """Write all records that can be written. Raises PartlyDoneError, and RdnsError for none."""
    spec = PTR_SET.spec(inputs)
    id_ = ptr_set_id(spec.backend)
    with messages_of(call, PTR_SET, inputs) as report:
        return _stored(id_, session.ptr_sets.create(spec, report), inputs)


def read(session: Session, call: Call, id_: str, outputs: Properties) -> Stored | None:
    """Look at the live records; None where all are gone. Raises RdnsError."""
    with messages_of(call, PTR_SET, outputs) as report:
        state = session.ptr_sets.read(PTR_SET.state(outputs), report)
    return None if state is None else stored(PTR_SET, id_, state, outputs)


def update(session: Session, call: Call, id_: str, olds: Properties, news: Properties) -> Stored:
    """Write what differs. Raises PartlyDoneError, and RdnsError where nothing is ours."""
    with messages_of(call, PTR_SET, olds, news) as report:
        brought = session.ptr_sets.update(PTR_SET.state(olds), PTR_SET.spec(news), report)
        return _stored(id_, brought, news)


def delete(session: Session, call: Call, id_: str, outputs: Properties) -> None:
    """Take away what we wrote, record by record. Raises RdnsError that tells of all that failed."""
    with messages_of(call, PTR_SET, outputs) as report:
        session.ptr_sets.delete(PTR_SET.state(outputs), report)


def _stored(id_: str, brought: Brought, known: Properties) -> Stored:
    made = stored(PTR_SET, id_, brought.state, known)
    if brought.error is None:
        return made
    if brought.state.written:
        raise PartlyDoneError(brought.error, made)
    raise brought.error


def _is_zone_changed(call: Call, olds: Properties, news: Properties) -> bool:
    """Whether the program names another zone than before; naming none is no opinion."""
    if news.get("zone") is None or [news["zone"]] == olds.get("zones"):
        return False
    return is_changed("zone", olds, news, call.is_unknown)
