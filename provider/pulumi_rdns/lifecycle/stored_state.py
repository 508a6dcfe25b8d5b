"""What the whole state says that this stack has written.

The engine shows a resource its old outputs where it compares it. It does not for one that is
replaced on demand (``--replace``), tainted, or renamed without an alias: that is created first, and
what it was is told when that is deleted.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.states import ForwardState, PtrSetState, PtrState
from pulumi_rdns.properties.forward import FORWARD
from pulumi_rdns.properties.ptr import PTR, ptr_state
from pulumi_rdns.properties.ptr_set import PTR_SET
from pulumi_rdns.properties.schema import Properties
from pulumi_rdns.pulumi_cli import in_clear
from pulumi_rdns.records.holdings import (
    UNREADABLE,
    Holding,
    StoredHoldings,
    StoredRecord,
    holding_of_forward,
    holding_of_ptr,
    holding_of_set,
)
from pulumi_rdns.records.session import Session

#: the type of the providers of dynamic resources
_PROVIDER = "pulumi:providers:pulumi-python"


def stored_records(session: Session, deployment: Mapping[str, Any]) -> Iterator[StoredRecord]:
    """Yield the resources of an exported state.

    Nothing of a state with several providers: an instance's name may be another server there.
    Values that are secret cannot be read: `UNREADABLE` stands for what a PtrRecord has written, and
    other resources that have some are left out.
    """
    if has_several_providers(deployment):
        return
    for one in deployment.get("resources") or []:
        with contextlib.suppress(InvalidInputError):
            found = _record(session, one["type"], one.get("id", ""), one.get("outputs") or {})
            if found is not None:
                is_retained = bool(one.get("retainOnDelete"))
                yield StoredRecord(one["urn"], *found, bool(one.get("delete")), is_retained)


def stored_holdings(session: Session, deployment: Mapping[str, Any]) -> StoredHoldings:
    """Return what the resources of an exported state have written.

    It is the whole where all of ours can be read: no secret, one provider.
    """
    found = [(one.urn, one.holding) for one in stored_records(session, deployment)]
    types = [one["type"] for one in deployment.get("resources") or []]
    ours = sum(types.count(schema.token) for schema in (PTR, FORWARD, PTR_SET))
    is_readable = all(UNREADABLE not in holding.values.values() for _, holding in found)
    return StoredHoldings(found, len(found) == ours and is_readable)


def has_several_providers(deployment: Mapping[str, Any]) -> bool:
    """Whether dynamic resources of the state have more than one provider."""
    types = [one["type"] for one in deployment.get("resources") or []]
    return types.count(_PROVIDER) > 1


def _record(
    session: Session, token: str, id_: str, outputs: Properties
) -> tuple[PtrState | ForwardState | PtrSetState, Holding] | None:
    known = in_clear(outputs)
    identity = session.backends.identity
    if token == PTR.token:
        state = ptr_state(known, id_)
        holding = holding_of_ptr(identity(state.backend), state)
        if "writtenHostname" in outputs.keys() - known.keys():
            holding = holding._replace(values={str(state.address): UNREADABLE})
        return state, holding
    if token == FORWARD.token and {"backend", "hostname", "address"} <= known.keys():
        forward = FORWARD.state(known)
        return forward, holding_of_forward(identity(forward.backend), forward)
    if token == PTR_SET.token and {"backend", "writtenRecords"} <= known.keys():
        many = PTR_SET.state(known)
        return many, holding_of_set(identity(many.backend), many)
    return None
