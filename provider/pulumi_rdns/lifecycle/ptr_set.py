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
from pulumi_rdns.lifecycle.common import (
    check_place,
    note_secrets,
    operation_of,
    stored,
    warn_of_left,
    was_interrupted,
)
from pulumi_rdns.lifecycle.messages import hidden, messages_of
from pulumi_rdns.lifecycle.preview import Ahead, warnings_of
from pulumi_rdns.model.specs import PtrSetSpec
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.properties.ids import ptr_set_id
from pulumi_rdns.properties.ptr_set import PTR_SET
from pulumi_rdns.properties.schema import DECLARATION, Properties, declaration_of, is_changed
from pulumi_rdns.records.confirmed_again import set_confirmed_again, to_confirm
from pulumi_rdns.records.ptr_set_state import SetResult
from pulumi_rdns.records.session import Session


def check(session: Session, call: Call, news: Properties) -> CheckResult:
    """Check the inputs, and note that the program declares these records. No I/O."""
    note_secrets(session, call, news)
    inputs, values, findings = PTR_SET.check(news, call.is_unknown, {DECLARATION})
    addresses = values["records"].table if "records" in values else ()
    findings += check_place(session, values, inputs, addresses)
    is_known = not any(map(call.is_unknown, inputs.values()))
    if not findings and is_known:
        session.ptr_sets.declare(
            PTR_SET.specified(values), resource=call.urn, line=declaration_of(news)
        )
    return CheckResult(inputs, hidden(findings, PTR_SET, news))


def diff(session: Session, call: Call, id_: str, olds: Properties, news: Properties) -> DiffResult:
    """Compare, and note what the state says we wrote. No I/O."""
    note_secrets(session, call, olds, news)
    old = PTR_SET.state(olds)
    changes = [key for key in PTR_SET.changed(olds, news, call.is_unknown) if key != "zone"]
    if _is_zone_changed(call, olds, news):
        changes.append("zone")
    is_due = _has_left(old) or was_interrupted(session, call, old.backend)
    if not changes and (is_due or to_confirm(session.ledger, old)):
        changes.append("records")
    replaces = PTR_SET.replacing(changes)
    session.ptr_sets.recall(old, resource=call.urn, is_current=not replaces)
    # As for a single record: the new records are written before the old ones go.
    return DiffResult(changes, replaces, delete_before_replace=False)


def preview(
    session: Session, call: Call, inputs: Properties, *, is_new: bool = True
) -> PreviewResult:
    """Look what will be in the way of checked inputs that are all known. Never writes.

    ``is_new``: the resource does not exist yet.
    """
    outputs = {"count": len(PTR_SET.spec(inputs).records.table)}
    return PreviewResult(outputs, warnings_of(session, Ahead(call.urn, PTR_SET, inputs, is_new)))


def create(session: Session, call: Call, inputs: Properties) -> Stored:
    """Write all records that can be written. Raises PartlyDoneError, and RdnsError for none."""
    note_secrets(session, call, inputs)
    spec = PTR_SET.spec(inputs)
    id_ = ptr_set_id(spec.backend)
    with (
        messages_of(call, PTR_SET, inputs) as report,
        operation_of(session, call, "create", "PTR", spec.backend, spec.records.table),
    ):
        result = session.ptr_sets.create(spec, report, call.urn)
        warn_of_left(session, call, spec.backend, report)
        if result.error is not None and not result.state.written:
            raise result.error
        return _stored(id_, result, inputs)


def read(session: Session, call: Call, id_: str, outputs: Properties) -> Stored | None:
    """Look at the live records; None where all are gone. Raises RdnsError."""
    with messages_of(call, PTR_SET, outputs) as report:
        state = session.ptr_sets.read(PTR_SET.state(outputs), report)
    return None if state is None else stored(PTR_SET, id_, state, outputs)


def update(session: Session, call: Call, id_: str, olds: Properties, news: Properties) -> Stored:
    """Write what differs. Raises PartlyDoneError, and RdnsError where nothing was tried."""
    note_secrets(session, call, olds, news)
    old, spec = PTR_SET.state(olds), PTR_SET.spec(news)
    with (
        messages_of(call, PTR_SET, olds, news) as report,
        operation_of(session, call, "update", "PTR", spec.backend, _changed(old, spec)),
    ):
        result = session.ptr_sets.update(old, spec, report, call.urn)
        written = result.state.written
        again = [
            address
            for address in to_confirm(session.ledger, result.state)
            if written[address] == old.written.get(address)
        ]
        if again:
            state = set_confirmed_again(session, result.state, again, report)
            result = result._replace(state=state)
        return _stored(id_, result, news)


def delete(session: Session, call: Call, id_: str, outputs: Properties) -> None:
    """Take away what we wrote, record by record.

    Raises RdnsError that tells of all that failed, and RejectedError where they are too many to go
    at once: nothing was changed then.
    """
    note_secrets(session, call, outputs)
    old = PTR_SET.state(outputs)
    gone = dict.fromkeys(old.written)
    with messages_of(call, PTR_SET, outputs) as report:
        # Before the next run is told of a delete that was begun.
        session.deletions.refuse_of_set(old, old.written, call.urn, "delete")
        with operation_of(session, call, "delete", "PTR", old.backend, gone):
            session.ptr_sets.delete(old, report, call.urn)


def _stored(id_: str, result: SetResult, known: Properties) -> Stored:
    made = stored(PTR_SET, id_, result.state, known)
    if result.error is not None:
        raise PartlyDoneError(result.error, made)
    return made


def _changed(old: PtrSetState, spec: PtrSetSpec) -> dict[str, str | None]:
    """Return the records that an update may write: address -> hostname, None for none."""
    wanted = spec.records.table
    gone: dict[str, str | None] = dict.fromkeys(old.written.keys() - wanted.keys())
    return gone | {
        address: hostname
        for address, hostname in wanted.items()
        if old.written.get(address) != hostname
    }


def _has_left(old: PtrSetState) -> bool:
    """Whether records that the program declares no longer were kept for another resource."""
    return not old.written.keys() <= old.records.table.keys()


def _is_zone_changed(call: Call, olds: Properties, news: Properties) -> bool:
    """Whether the program names another zone than before; naming none is no opinion."""
    if news.get("zone") is None or [news["zone"]] == olds.get("zones"):
        return False
    return is_changed("zone", olds, news, call.is_unknown)
