"""The life of a ForwardRecord."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager

from pulumi_rdns.lifecycle.call import Call, CheckResult, DiffResult, PreviewResult, Stored
from pulumi_rdns.lifecycle.common import (
    check_backend,
    is_zone_changed,
    note_secrets,
    operation_of,
    stored,
    warn_of_left,
    was_interrupted,
)
from pulumi_rdns.lifecycle.messages import hidden, messages_of
from pulumi_rdns.lifecycle.preview import Ahead, warnings_of
from pulumi_rdns.model.addresses import record_type
from pulumi_rdns.model.specs import ForwardSpec, PtrSpec
from pulumi_rdns.model.states import ForwardState
from pulumi_rdns.properties.forward import FORWARD
from pulumi_rdns.properties.ids import forward_id
from pulumi_rdns.properties.ptr import PTR
from pulumi_rdns.properties.schema import DECLARATION, NEXT_PTRS, Properties, declaration_of
from pulumi_rdns.properties.values import ADDRESS
from pulumi_rdns.records.session import Session


def check(session: Session, call: Call, news: Properties) -> CheckResult:
    """Check the inputs, and note what the program declares for this hostname. No I/O."""
    note_secrets(session, call, news)
    inputs, values, findings = FORWARD.check(news, call.is_unknown, {DECLARATION, NEXT_PTRS})
    findings += check_backend(session, values)
    session.host_ptrs.note(call.urn, [*_next_ptrs(call, news)])
    if not findings and {"backend", "hostname", "address"} <= values.keys():
        session.forward.declare(
            values["backend"],
            values["hostname"],
            values["address"],
            values.get("zone"),
            resource=call.urn,
            line=declaration_of(news),
        )
    return CheckResult(inputs, hidden(findings, FORWARD, news))


def diff(session: Session, call: Call, id_: str, olds: Properties, news: Properties) -> DiffResult:
    """Compare, and note what the state says we wrote. No I/O."""
    note_secrets(session, call, olds, news)
    changes = [key for key in FORWARD.changed(olds, news, call.is_unknown) if key != "zone"]
    if is_zone_changed(call, olds, news):
        changes.append("zone")
    replaces = FORWARD.replacing(changes)
    old = FORWARD.state(olds)
    # An update takes the old address out at once; a delete comes last, and keeps what others have.
    if "address" in changes and (
        not _is_same_type(call, olds, news) or session.forward.may_be_wanted(old, call.urn)
    ):
        replaces.append("address")
    identity = session.backends.identity(old.backend)
    is_due = was_interrupted(session, call, old.backend) or session.ledger.was_interrupted_at(
        record_type(old.address), identity, old.hostname
    )
    if not changes and is_due:
        changes.append("address")
    session.host_ptrs.note_hostname(call.urn, old.hostname)
    session.forward.recall(old, resource=call.urn, is_current=not replaces, stays=not changes)
    return DiffResult(changes, replaces, delete_before_replace=False)


def preview(
    session: Session, call: Call, inputs: Properties, *, is_new: bool = True
) -> PreviewResult:
    """Look what will be in the way of checked inputs that are all known. Never writes.

    ``is_new``: the resource does not exist yet.
    """
    outputs = {"recordType": record_type(FORWARD.spec(inputs).address)}
    return PreviewResult(outputs, warnings_of(session, Ahead(call.urn, FORWARD, inputs, is_new)))


def create(session: Session, call: Call, inputs: Properties) -> Stored:
    """Add the address, or adopt it. Raises RdnsError; nothing is written then."""
    note_secrets(session, call, inputs)
    spec = FORWARD.spec(inputs)
    with (
        messages_of(call, FORWARD, inputs) as report,
        _operation(session, call, "create", spec, str(spec.address)),
    ):
        state = session.forward.create(spec, report, call.urn)
        warn_of_left(session, call, spec.backend, report)
    return stored(FORWARD, forward_id(state.backend, state.hostname, state.address), state, inputs)


def read(session: Session, call: Call, id_: str, outputs: Properties) -> Stored | None:
    """Look at the live RRset; None where our address is gone. Raises RdnsError."""
    with messages_of(call, FORWARD, outputs) as report:
        state = session.forward.read(FORWARD.state(outputs), report, call.urn)
    if state is None:
        return None
    is_zone_given = "zone" in (call.old_inputs or {})
    return stored(FORWARD, id_, state, outputs, is_zone_given=is_zone_given)


def update(session: Session, call: Call, id_: str, olds: Properties, news: Properties) -> Stored:
    """Put the new address in the place of the old one. Raises RdnsError."""
    note_secrets(session, call, olds, news)
    spec = FORWARD.spec(news)
    with (
        messages_of(call, FORWARD, olds, news) as report,
        _operation(session, call, "update", spec, str(spec.address)),
    ):
        state = session.forward.update(FORWARD.state(olds), spec, report, call.urn)
    return stored(FORWARD, id_, state, news)


def delete(session: Session, call: Call, id_: str, outputs: Properties) -> None:
    """Take out the address that we wrote. Raises RdnsError."""
    note_secrets(session, call, outputs)
    old = FORWARD.state(outputs)
    with (
        messages_of(call, FORWARD, outputs) as report,
        _operation(session, call, "delete", old, None),
    ):
        session.forward.delete(old, report, call.urn)


def _next_ptrs(call: Call, news: Properties) -> Iterator[PtrSpec]:
    """Yield the PTR records that the same host has next, but for one of which too little is known,
    or which its own check refuses.
    """
    for inputs in news.get(NEXT_PTRS) or ():
        if not call.is_unknown(inputs):
            _, values, findings = PTR.check(inputs, call.is_unknown)
            if not findings and {"address", "hostname", "backend"} <= values.keys():
                yield PTR.specified(values)


def _operation(
    session: Session,
    call: Call,
    operation: str,
    one: ForwardSpec | ForwardState,
    address: str | None,
) -> AbstractContextManager[None]:
    kind = record_type(one.address)
    return operation_of(session, call, operation, kind, one.backend, {one.hostname: address})


def _is_same_type(call: Call, olds: Properties, news: Properties) -> bool:
    """Whether both addresses belong into the same RRset; an unknown one may not."""
    if call.is_unknown(news["address"]):
        return False
    old, new = (record_type(ADDRESS.read(props["address"])) for props in (olds, news))
    return old == new
