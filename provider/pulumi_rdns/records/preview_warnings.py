"""What will fail, told before it does: a read-only look at what is in the way of a PTR record."""

from __future__ import annotations

from collections.abc import Collection

from pulumi_rdns.backends.changes import NOTHING
from pulumi_rdns.errors import AddressNotFoundError, RdnsError, ZoneNotFoundError
from pulumi_rdns.model.confirmation import Verdict
from pulumi_rdns.model.missing_dots import with_dot_hint
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.specs import ForwardPolicy, OnConflict, PtrSpec
from pulumi_rdns.records.forward_check import mask_of, policy_of
from pulumi_rdns.records.location import find_ptr
from pulumi_rdns.records.session import Session
from pulumi_rdns.records.store import look


def preview_warnings(
    session: Session,
    spec: PtrSpec,
    *,
    is_new: bool,
    expects_forward: bool,
    ours: Collection[DnsName],
) -> list[str]:
    """Return, a sentence each, what will be in the way of this record. Never raises or writes.

    ``is_new``: the record does not exist yet, so a PTR that is there is somebody else's, unless it
    points to one of ``ours``, the hostnames of this program. ``expects_forward``: the forward
    record is a part of the same program, so that it is missing now is as it should be.
    """
    found = []
    if is_new:
        found += _about_the_place(session, spec, ours)
    if not expects_forward and policy_of(spec) is not ForwardPolicy.SKIP:
        found += _about_the_forward(session, spec)
    return found


def _about_the_place(session: Session, spec: PtrSpec, ours: Collection[DnsName]) -> list[str]:
    try:
        backend = session.backends.get(spec.backend)
        location, is_free = find_ptr(backend, spec.address, spec.zone, session.aliases)
        live = NOTHING if is_free else look(location)
    except (AddressNotFoundError, ZoneNotFoundError) as error:
        return [str(error)]
    except RdnsError:
        return []  # cannot be asked now; the update will say so if it still cannot
    others = [name for name in live.values if name not in {spec.hostname, *ours}]
    identity = session.backends.identity(spec.backend)
    written = session.ledger.written("PTR", identity, str(spec.address), others)
    foreign = [name for name in others if name not in written]
    if not foreign or live.is_default or spec.policies.on_conflict is OnConflict.OVERWRITE:
        return []
    there = ", ".join(map(with_dot_hint, live.values))
    return [
        f"the PTR of {spec.address} already points to {there}, which was not written by this "
        'stack: creating this record will fail, unless on_conflict is "overwrite"'
    ]


def _about_the_forward(session: Session, spec: PtrSpec) -> list[str]:
    try:
        backend = session.backends.get(spec.forward_backend)
        answer = session.source_of(backend).look(spec.hostname, spec.address)
    except RdnsError:
        return []
    found = []
    if answer.verdict is Verdict.MISMATCH:
        mask = mask_of(backend, spec.hostname, spec.address)
        because = answer.detail if mask in answer.detail else f"{answer.detail}; {mask}"
        found.append(f"{spec.hostname} does not resolve to {spec.address}: {because}")
    aliases = getattr(answer, "aliases", ())
    if aliases:
        found.append(
            f"{spec.hostname} is a CNAME to {aliases[-1]}; a PTR "
            "record should point to the name itself (RFC 1912 section 2.4)"
        )
    return found
