"""What the resource types share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from pulumi_rdns.backends.base import Backend, Report, ZoneBackend
from pulumi_rdns.errors import ConfigError, Finding
from pulumi_rdns.lifecycle.call import Call, Stored
from pulumi_rdns.model.addresses import may_hold, reverse_name
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.properties.schema import SECRET_INPUTS, Properties, Schema, is_changed
from pulumi_rdns.records.left_records import is_elsewhere
from pulumi_rdns.records.session import Session


def check_backend(
    session: Session, values: Mapping[str, Any], attribute: str = "backend", key: str = "backend"
) -> list[Finding]:
    """Find what is wrong with a backend that a resource names. No I/O."""
    name = values.get(attribute)
    if name is None:
        return []  # not named, unknown in a preview, or not a valid name
    try:
        session.backends.get(name)
    except ConfigError as error:
        return [Finding(key, line) for line in str(error).splitlines()]
    return []


def check_place(
    session: Session, values: Mapping[str, Any], inputs: Properties, addresses: Iterable[str]
) -> list[Finding]:
    """Find what is wrong with where PTR records are to be kept. No I/O."""
    found = check_backend(session, values) + _check_zone(values.get("zone"), addresses)
    if found:
        return found
    name = values.get("backend")
    if name is None or _has_reverse_zones(session.backends.type_of(name)):
        return []
    reason = f"backend {name!r} sets the PTR of an address and has no such option; leave it out"
    return [Finding(key, reason) for key in ("zone", "ttl") if key in inputs]


def _has_reverse_zones(kind: type[Backend]) -> bool:
    return issubclass(kind, ZoneBackend) and kind.has_reverse_zones


def _check_zone(zone: DnsName | None, addresses: Iterable[str]) -> list[Finding]:
    if zone is None:
        return []
    # One of each /24 says it for all.
    one_of_each = {address.rpartition(".")[0] or address: address for address in addresses}
    for address in one_of_each.values():
        name = reverse_name(address)
        if not may_hold(zone, name):
            reason = f"{zone} is the reverse zone of another network: it cannot hold {name}"
            return [Finding("zone", reason)]
    return []


def is_zone_changed(call: Call, olds: Properties, news: Properties) -> bool:
    """Whether the program names another zone than before; naming none is no opinion.

    The output says where the record was written, which through a CNAME is another zone.
    """
    if news.get("zone") is None:
        return False
    given = (call.old_inputs or {}).get("zone")
    before = olds if given is None else {"zone": given}
    return is_changed("zone", before, news, call.is_unknown)


def note_secrets(session: Session, call: Call, *properties: Properties) -> None:
    """Let other processes of the run know no value of this resource where some are secret."""
    if any(props.get(SECRET_INPUTS) for props in properties):
        session.ledger.hide(call.urn)


def was_interrupted(session: Session, call: Call, backend: str) -> bool:
    """Whether a run of before left the resource's record as its state may not know."""
    return session.ledger.was_interrupted(call.urn, session.backends.identity(backend))


def warn_of_left(session: Session, call: Call, backend: str, report: Report) -> None:
    """Name records that a run of before may have left at another place than this one."""
    for begun in session.ledger.left_elsewhere(call.urn, session.backends.identity(backend)):
        report.warning(is_elsewhere(begun))


def operation_of(
    session: Session,
    call: Call,
    operation: str,
    kind: str,
    backend: str,
    records: Mapping[str, str | None],
) -> AbstractContextManager[None]:
    """Let a later run know of an operation that writes, should this one be killed.

    ``records`` has what it leaves: subject -> value, None for no record.
    """
    identity = session.backends.identity(backend)
    return session.ledger.operation(call.urn, operation, kind, identity, records)


def stored(
    schema: Schema[Any, Any],
    id_: str,
    state: object,
    known: Properties,
    *,
    is_zone_given: bool = True,
) -> Stored:
    """Return what the engine stores of a state; ``known`` says which inputs are secret."""
    kept = {SECRET_INPUTS: known[SECRET_INPUTS]} if known.get(SECRET_INPUTS) else {}
    return Stored(
        id_,
        {**schema.state_outputs(state), **kept},
        {**schema.live_inputs(state, without=() if is_zone_given else ("zone",)), **kept},
        frozenset(schema.secret_outputs(known)),
    )
