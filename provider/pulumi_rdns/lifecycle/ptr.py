"""The life of a PtrRecord."""

from __future__ import annotations

from pulumi_rdns.lifecycle.call import Call, CheckResult, DiffResult, PreviewResult, Stored
from pulumi_rdns.lifecycle.common import (
    check_backend,
    check_place,
    is_zone_changed,
    note_secrets,
    operation_of,
    stored,
    warn_of_left,
    was_interrupted,
)
from pulumi_rdns.lifecycle.messages import hidden, messages_of
from pulumi_rdns.lifecycle.preview import Ahead, warnings_of
from pulumi_rdns.model.addresses import reverse_name
from pulumi_rdns.properties.ids import ptr_id
from pulumi_rdns.properties.ptr import PTR, ptr_state
from pulumi_rdns.properties.schema import DECLARATION, Properties, declaration_of
from pulumi_rdns.records.confirmed_again import confirmed_again, is_to_confirm
from pulumi_rdns.records.session import Session


def check(session: Session, call: Call, news: Properties) -> CheckResult:
    """Check the inputs, and note that the program declares this record. No I/O."""
    note_secrets(session, call, news)
    inputs, values, findings = PTR.check(news, call.is_unknown, {DECLARATION})
    addresses = [str(values["address"])] if "address" in values else []
    findings += check_place(session, values, inputs, addresses)
    findings += check_backend(session, values, "policies.forward_backend", "forwardBackend")
    if not findings and {"backend", "address"} <= values.keys():
        session.ptr.declare(
            values["backend"],
            values["address"],
            values.get("zone"),
            hostname=values.get("hostname"),
            resource=call.urn,
            line=declaration_of(news),
        )
    return CheckResult(inputs, hidden(findings, PTR, news))


def diff(session: Session, call: Call, id_: str, olds: Properties, news: Properties) -> DiffResult:
    """Compare, and note what the state says we wrote. No I/O."""
    note_secrets(session, call, olds, news)
    changes = [key for key in PTR.changed(olds, news, call.is_unknown) if key != "zone"]
    if is_zone_changed(call, olds, news):
        changes.append("zone")
    old = ptr_state(olds, id_)
    is_due = was_interrupted(session, call, old.backend) or is_to_confirm(session.ledger, old)
    if is_due and not changes:
        changes.append("hostname")
    replaces = PTR.replacing(changes)
    session.ptr.recall(old, resource=call.urn, is_current=not replaces)
    # Another record is made before this one goes, so that a create that fails loses nothing; the
    # delete leaves what is in the same place after all.
    return DiffResult(changes, replaces, delete_before_replace=False)


def preview(
    session: Session,
    call: Call,
    inputs: Properties,
    *,
    is_new: bool = True,
    expects_forward: bool = False,
) -> PreviewResult:
    """Look what will be in the way of checked inputs that are all known. Never writes.

    ``is_new``: the record does not exist yet. ``expects_forward``: the forward record is a part of
    the same program, so that it is missing now is as it should be.
    """
    ahead = Ahead(call.urn, PTR, inputs, is_new, lambda _hostname, _address: expects_forward)
    outputs = {"reverseName": reverse_name(PTR.spec(inputs).address)}
    return PreviewResult(outputs, warnings_of(session, ahead))


def create(session: Session, call: Call, inputs: Properties) -> Stored:
    """Write the record, or adopt it. Raises RdnsError; nothing is written then."""
    note_secrets(session, call, inputs)
    spec = PTR.spec(inputs)
    records = {str(spec.address): spec.hostname}
    with (
        messages_of(call, PTR, inputs) as report,
        operation_of(session, call, "create", "PTR", spec.backend, records),
    ):
        state = session.ptr.create(spec, report, call.urn)
        warn_of_left(session, call, spec.backend, report)
    return stored(PTR, ptr_id(state.backend, state.address), state, inputs)


def read(session: Session, call: Call, id_: str, outputs: Properties) -> Stored | None:
    """Look at the live record; None where it is gone. Raises RdnsError."""
    with messages_of(call, PTR, outputs) as report:
        state = session.ptr.read(ptr_state(outputs, id_), report)
    if state is None:
        return None
    is_zone_given = "zone" in (call.old_inputs or {})
    return stored(PTR, id_, state, outputs, is_zone_given=is_zone_given)


def update(session: Session, call: Call, id_: str, olds: Properties, news: Properties) -> Stored:
    """Bring the record to what the program asks for. Raises RdnsError."""
    note_secrets(session, call, olds, news)
    old, spec = ptr_state(olds, id_), PTR.spec(news)
    records = {str(spec.address): spec.hostname}
    with (
        messages_of(call, PTR, olds, news) as report,
        operation_of(session, call, "update", "PTR", spec.backend, records),
    ):
        state = session.ptr.update(old, spec, report, call.urn)
        if spec.hostname == old.written and is_to_confirm(session.ledger, state):
            state = confirmed_again(session, state, report)
    return stored(PTR, id_, state, news)


def delete(session: Session, call: Call, id_: str, outputs: Properties) -> None:
    """Take away what we wrote, or put back what was there. Raises RdnsError."""
    note_secrets(session, call, outputs)
    old = ptr_state(outputs, id_)
    with (
        messages_of(call, PTR, outputs) as report,
        operation_of(session, call, "delete", "PTR", old.backend, {str(old.address): None}),
    ):
        session.ptr.delete(old, report, call.urn)
