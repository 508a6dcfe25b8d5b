"""The life of a ForwardRecord."""

from __future__ import annotations

from pulumi_rdns.lifecycle.call import Call, CheckResult, DiffResult, PreviewResult, Stored
from pulumi_rdns.lifecycle.common import check_backend, is_zone_changed, stored
from pulumi_rdns.lifecycle.messages import hidden, messages_of
from pulumi_rdns.model.addresses import record_type
from pulumi_rdns.properties.forward import FORWARD, SIBLINGS, siblings
from pulumi_rdns.properties.ids import forward_id
from pulumi_rdns.properties.schema import Properties
from pulumi_rdns.properties.values import ADDRESS
from pulumi_rdns.records.session import Session


def check(session: Session, call: Call, news: Properties) -> CheckResult:
    """Check the inputs, and note what the program declares for this hostname. No I/O."""
    inputs, values, findings = FORWARD.check(news, call.is_unknown, {SIBLINGS})
    findings += check_backend(session, values)
    if not findings and {"backend", "hostname"} <= values.keys():
        addresses = set(siblings(news))
        if "address" in values:
            addresses.add(values["address"])
        for address in addresses:
            session.forward.declare(
                values["backend"], values["hostname"], address, values.get("zone")
            )
    return CheckResult(inputs, hidden(findings, FORWARD, news))


def diff(session: Session, call: Call, id_: str, olds: Properties, news: Properties) -> DiffResult:
    """Compare, and note what the state says we wrote. No I/O."""
    session.forward.recall(FORWARD.state(olds))
    changes = [key for key in FORWARD.changed(olds, news, call.is_unknown) if key != "zone"]
    if is_zone_changed(call, olds, news):
        changes.append("zone")
    replaces = FORWARD.replacing(changes)
    if "address" in changes and not _is_same_type(call, olds, news):
        replaces.append("address")
    return DiffResult(changes, replaces, delete_before_replace=False)


def preview(session: Session, call: Call, inputs: Properties) -> PreviewResult:
    """Return what is known before anything is written."""
    return PreviewResult({"recordType": record_type(FORWARD.spec(inputs).address)}, [])


def create(session: Session, call: Call, inputs: Properties) -> Stored:
    """Add the address, or adopt it. Raises RdnsError; nothing is written then."""
    with messages_of(call, FORWARD, inputs) as report:
        state = session.forward.create(FORWARD.spec(inputs), report)
    return stored(FORWARD, forward_id(state.backend, state.hostname, state.address), state, inputs)


def read(session: Session, call: Call, id_: str, outputs: Properties) -> Stored | None:
    """Look at the live RRset; None where our address is gone. Raises RdnsError."""
    with messages_of(call, FORWARD, outputs) as report:
        state = session.forward.read(FORWARD.state(outputs), report)
    if state is None:
        return None
    is_zone_given = "zone" in (call.old_inputs or {})
    return stored(FORWARD, id_, state, outputs, is_zone_given=is_zone_given)


def update(session: Session, call: Call, id_: str, olds: Properties, news: Properties) -> Stored:
    """Put the new address in the place of the old one. Raises RdnsError."""
    with messages_of(call, FORWARD, olds, news) as report:
        state = session.forward.update(FORWARD.state(olds), FORWARD.spec(news), report)
    return stored(FORWARD, id_, state, news)


def delete(session: Session, call: Call, id_: str, outputs: Properties) -> None:
    """Take out the address that we wrote. Raises RdnsError."""
    with messages_of(call, FORWARD, outputs) as report:
        session.forward.delete(FORWARD.state(outputs), report)


def _is_same_type(call: Call, olds: Properties, news: Properties) -> bool:
    """Whether both addresses belong into the same RRset; an unknown one may not."""
    if call.is_unknown(news["address"]):
        return False
    old, new = (record_type(ADDRESS.read(props["address"])) for props in (olds, news))
    return old == new
