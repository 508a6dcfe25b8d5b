"""What a single PTR record asks for, and what is remembered of it."""

from __future__ import annotations

from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.confirmation import Confirmation, Verdict
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.specs import OnConflict, OnDelete, PtrSpec
from pulumi_rdns.model.states import PtrState
from pulumi_rdns.records.location import RecordLocation
from pulumi_rdns.records.ownership import OwnPtr


def refuse_ttl(location: RecordLocation, spec: PtrSpec) -> None:
    """Raise InvalidInputError where a TTL is given, and the record can have none."""
    if location.zone is None and spec.ttl is not None:
        reason = f"the PTR of {spec.address} is set at its account, without a TTL; leave it out"
        raise InvalidInputError(reason, "ttl")


def own_ptr(spec: PtrSpec) -> OwnPtr:
    """Return the record as what decides about it wants it."""
    return OwnPtr(
        spec.backend,
        str(spec.address),
        spec.hostname,
        spec.ttl,
        spec.policies.on_conflict is OnConflict.OVERWRITE,
        '. Nothing was changed. To take it over, set on_conflict to "overwrite" (in a '
        "stack file: onConflict); if another resource of this stack was renamed, add `aliases` to "
        "this one; otherwise remove the record there first",
    )


def others(spec: PtrSpec, live: LiveRecord) -> list[str]:
    """Return the hostnames that stand there, without the one that is asked for."""
    return [value for value in live.values if value != spec.hostname]


def owner_of(location: RecordLocation) -> DnsName | None:
    """Return the name that has the record; None where an address has it."""
    return None if location.zone is None else DnsName(location.owner)


def told_of_adoption(spec: PtrSpec, answer: Confirmation | None) -> str:
    """Say that a record was right already, and what becomes of it."""
    fate = {
        OnDelete.REMOVE: "will remove it",
        OnDelete.RESTORE: "will leave it (on_delete restore)",
    }.get(spec.policies.on_delete or OnDelete.REMOVE_WRITTEN, "will leave it")
    text = f"the PTR of {spec.address} was {spec.hostname} already; it is adopted: destroy {fate}"
    if answer is not None and answer.verdict is Verdict.MISMATCH:
        text += f". {spec.hostname} does not resolve to {spec.address}: {answer.detail}"
    return text


def fresh_state(spec: PtrSpec, location: RecordLocation, answer: Confirmation | None) -> PtrState:
    """Return the state of a record that was just written, or was right already."""
    return PtrState(
        backend=spec.backend,
        address=spec.address,
        zone=location.zone,
        owner=owner_of(location),
        hostnames=(spec.hostname,),
        written=spec.hostname,
        ttl=spec.ttl,
        forward_confirmed=answer.confirmed if answer else None,
        forward_detail=answer.detail if answer else "not checked",
        policies=spec.policies,
    )
