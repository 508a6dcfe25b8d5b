"""Whether a live record may be written over, or go: the only place that decides it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import Enum
from typing import NamedTuple, TypeAlias

from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.errors import ConflictError, RdnsError, RejectedError
from pulumi_rdns.model.missing_dots import with_dot_hint
from pulumi_rdns.model.states import Previous
from pulumi_rdns.records.claims import Claim
from pulumi_rdns.records.holdings import Memory, includes, is_hidden, is_same


class OwnRecord(NamedTuple):
    """A record that a resource gives up, as its state has it."""

    #: the instance's name
    backend: str
    #: "PTR", "A" or "AAAA"
    kind: str
    #: address of a PTR record, hostname of the others
    subject: str
    #: what the resource wrote: the only value that is ours
    value: str
    #: URN, or what the ledger has in its place
    resource: str = ""
    #: what to leave; None for nothing
    restore: Previous | None = None
    #: it was there before this stack, and is left
    is_adopted: bool = False
    #: what is remembered of the time before the resource
    memory: Memory = Memory()

    @property
    def name(self) -> str:
        """The record as a sentence has it."""
        return f"the {self.kind} of {self.subject}"


class Wanted(NamedTuple):
    """What is to stand somewhere; no values mean no record."""

    values: tuple[str, ...] = ()
    #: seconds; None keeps the TTL that is there
    ttl: int | None = None


class Where(Enum):
    """Where a claim is, seen from the record."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    #: another instance shows the same record, and may be the same server
    MAYBE_HERE = "maybe here"


class LocatedClaim(NamedTuple):
    """A declared resource, and whether it is about the very record."""

    claim: Claim
    where: Where
    #: why nobody can tell where it is
    error: RdnsError | None = None


class Remove(NamedTuple):
    """The record may go; this stands there afterwards."""

    leaving: tuple[str, ...] = ()
    #: seconds; None keeps the TTL that is there
    ttl: int | None = None


class Keep(NamedTuple):
    """The record stays, and the state need not have it any longer."""

    #: what a user should know; empty for nothing
    reason: str = ""
    #: it stays for the create of the resource itself, which comes next
    is_handed_over: bool = False


class Refuse(NamedTuple):
    """The record stays, in the state of the resource too: who declares it does not have it yet."""

    error: RdnsError
    #: it is created later in this run, perhaps
    is_pending: bool = False


_SET_PTR = "set the PTR of"

Decision: TypeAlias = Remove | Keep | Refuse


class OwnPtr(NamedTuple):
    """A PTR record that a resource is to have."""

    #: the instance's name
    backend: str
    address: str
    hostname: str
    #: seconds; None where the program has no opinion
    ttl: int | None = None
    #: whether what somebody else wrote is taken over
    overwrites: bool = False
    #: what to do about a conflict
    advice: str = ""


def decide_write(ptr: OwnPtr, ours: Collection[str], live: LiveRecord) -> Wanted | None:
    """Decide what is to be written where a PTR record stands; None for nothing.

    ``ours`` has the hostnames that this stack wrote there. Raises ConflictError where there are
    others, and RejectedError where what is there can never be changed.
    """
    if live.fixed and not all(includes(ours, value) for value in live.values):
        reason = fixed_reason(", ".join(live.values), live.fixed)
        raise RejectedError(ptr.backend, _SET_PTR, ptr.address, reason)
    if live.values != (ptr.hostname,):
        if not ptr.overwrites and are_foreign(ptr.hostname, ours, live):
            names = ", ".join(map(with_dot_hint, live.values))
            reason = f"it already points to {names}, which was not written by this stack"
            raise ConflictError(ptr.backend, _SET_PTR, ptr.address, reason + ptr.advice)
        return Wanted((ptr.hostname,), ptr.ttl)
    is_timed = ptr.ttl is None or live.ttl in (None, ptr.ttl)
    return None if is_timed else Wanted((ptr.hostname,), ptr.ttl)


def are_foreign(hostname: str, ours: Collection[str], live: LiveRecord) -> bool:
    """Whether a PTR record has a hostname that somebody else wrote, by what is known so far."""
    known = {*ours, hostname}
    return not live.is_default and not all(includes(known, value) for value in live.values)


def fixed_reason(value: str, where: str) -> str:
    """Return why a record that stands there, and can never be changed, is not taken over."""
    return (
        f"{value} is there already, in the included file {where}, which other zones may include "
        "too, so it is never edited. Nothing was changed. Leave the record to that file, or move "
        "it into the zone file as a line of its own"
    )


def decide_delete(
    record: OwnRecord, claims: Sequence[LocatedClaim], live: LiveRecord, trouble: str | None = None
) -> Decision:
    """Decide whether a live record may go that a resource of this stack wrote.

    ``claims`` are the resources of the running program that want the record or have it;
    ``trouble`` is why those of other processes are not known.
    """
    here = [one.claim for one in claims if one.where is Where.HERE]
    if record.value not in live.values:
        return _of_another_value(record, bool(here), live)
    successors = [one for one in here if _has(one, record.value)]
    if successors:
        return Keep(_forgotten(record, successors[0]))
    for one in claims:
        if error := _obstacle(record, one):
            return Refuse(error, one.claim.is_pending)
    if trouble is not None:
        return Refuse(_kept(record, trouble))
    if any(one.resource == record.resource and one.is_pending for one in here):
        return Keep(is_handed_over=True)
    others = tuple(value for value in live.values if value != record.value)
    for claim in here:
        # What a resource wrote before another one came in between is written again.
        if record.kind == "PTR" and claim.written is not None and not others:
            value = claim.written.value
            return Keep(_secret_before(record, claim)) if is_hidden(value) else Remove((value,))
    for located in claims:
        if located.where is Where.MAYBE_HERE and located.claim.place is not None:
            return Keep(_perhaps_one_place(record, located.claim.place.instance))
    return _left_behind(record, others)


def _of_another_value(record: OwnRecord, is_claimed: bool, live: LiveRecord) -> Keep:
    # Other addresses of a hostname do not stand there in the place of this one.
    if is_claimed or not live.values or live.is_default or record.kind != "PTR":
        return Keep()
    there = ", ".join(map(with_dot_hint, live.values))
    return Keep(
        f"{record.name} is now {there}, which was not written by this stack; it is kept unchanged"
    )


def _has(claim: Claim, value: str) -> bool:
    return claim.written is not None and is_same(claim.written.value, value)


def _forgotten(record: OwnRecord, successor: Claim) -> str:
    """Say what nobody remembers when the resource is gone; nothing where its successor does."""
    known = successor.written and successor.written.memory
    previous = record.memory.previous
    if known is None or record.memory.adopted or not known.adopted:
        return ""
    before = f"it was {', '.join(previous.hostnames)}" if previous.hostnames else "there was none"
    was = f" that {before} before, nor" if previous.known else ""
    is_renamed = successor.resource != record.resource
    cure = "; a resource that is renamed remembers it where it has `aliases`" if is_renamed else ""
    return (
        f"{record.name}, {record.value}, is left to resource {successor.name!r}, which does not "
        f"know{was} that this stack wrote it, so that destroy will leave it as it is{cure}"
    )


def _obstacle(record: OwnRecord, one: LocatedClaim) -> RdnsError | None:
    """Return why a claim keeps the record in the state; None where it does not."""
    claim = one.claim
    if claim.written is not None:
        return one.error
    if claim.has_failed:
        return _kept(record, f"{_who(claim)} could not be created; see its error")
    if one.where is Where.HERE and claim.resource == record.resource and not claim.is_twice:
        # This delete is the first half of a replacement: its create comes next.
        return None
    if claim.resource == record.resource:
        cure = "leave delete_before_replace out of its opts, so that the new one comes first"
        return _kept(record, f"its successor is not created yet; {cure}")
    return _kept(record, f"{_who(claim)} is not created yet")


def _who(claim: Claim) -> str:
    name = f"resource {claim.name!r}" if claim.name else "the resource"
    if claim.is_guess:
        return f"{name}, which may declare it, as what it declares is not known yet,"
    return f"{name}, which declares it now,"


def _kept(record: OwnRecord, why: str) -> RdnsError:
    return ConflictError(
        record.backend,
        f"delete the {record.kind} of",
        record.subject,
        f"{record.value} is kept unchanged and stays in the state, because {why}",
    )


def _secret_before(record: OwnRecord, claim: Claim) -> str:
    return (
        f"{record.name} is kept unchanged: {_who(claim)} wrote another value before, which is "
        "secret and not known here; `pulumi refresh`, then `pulumi up`, writes it again"
    )


def _perhaps_one_place(record: OwnRecord, instance: str) -> str:
    return (
        f"{record.name} at backend {record.backend}, {record.value}, is kept unchanged: backend "
        f"{instance} shows the same record and may be the same server or account; if it is "
        "another one, remove the record here by hand"
    )


def _left_behind(record: OwnRecord, others: tuple[str, ...]) -> Remove | Keep:
    if record.is_adopted:
        return Keep(
            f"{record.name}, {record.value}, was there before this resource, so it is kept; to "
            'remove it too, set on_delete to "remove"'
        )
    if record.restore is None or others:
        return Remove(others)
    if record.restore.known:
        return Remove(tuple(record.restore.hostnames), record.restore.ttl)
    return Keep(
        f"{record.name} was {record.value} already when this resource was created, so on_delete "
        "restore leaves it"
    )
