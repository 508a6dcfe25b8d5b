"""Compare-and-set where the API can only read and write: look, compare, write, look again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import dns.name
import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.backends.changes import Change, same_rrset
from pulumi_rdns.errors import ConflictError, RejectedError
from pulumi_rdns.model.names import from_dns
from pulumi_rdns.model.specs import MAX_TTL

from .answers import UnansweredError
from .operation import Operation
from .retry import RetryPolicy, tried

T = TypeVar("T")


def refuse_long_ttls(operation: Operation, changes: Sequence[Change]) -> None:
    """Raise RejectedError for a TTL that no server keeps (RFC 2181 section 8)."""
    for change in changes:
        if change.after is not None and change.after.ttl > MAX_TTL:
            reason = f"a TTL of {change.after.ttl} s is too long; {MAX_TTL} is the most"
            raise operation.error(RejectedError, f"{reason} (RFC 2181 section 8)")


def still_to_do(
    operation: Operation,
    changes: Sequence[Change],
    look: Callable[[dns.name.Name, RdataType], dns.rrset.RRset | None],
) -> list[Change]:
    """Return the changes that are not there yet.

    ``look`` reads the live RRset. Raises ConflictError with what is there, where that is neither
    ``before`` nor ``after``, or is a CNAME, beside which nothing else may be written (RFC 1034
    section 3.6.2); one that the same changes remove is no obstacle.
    """
    leaving = {
        change.name
        for change in changes
        if change.rdtype == RdataType.CNAME and change.after is None
    }
    open_changes = []
    for change in changes:
        live = look(change.name, change.rdtype)
        if same_rrset(live, change.after):
            continue
        is_beside = change.after is not None and change.rdtype != RdataType.CNAME
        may_stand_in_the_way = is_beside and change.name not in leaving
        cname = look(change.name, RdataType.CNAME) if may_stand_in_the_way else None
        if cname is not None or live != change.before:
            raise conflict(operation, change.name, cname or live)
        open_changes.append(change)
    return open_changes


def conflict(
    operation: Operation, name: dns.name.Name, live: dns.rrset.RRset | None
) -> ConflictError:
    """Return the error for something else being there."""
    reason = f"there is now {shown(live)}"
    return operation.error(ConflictError, reason, subject=from_dns(name))


def shown(rrset: dns.rrset.RRset | None) -> str:
    """Return an RRset as messages show it.

    >>> shown(dns.rrset.from_text("a.example.", 60, "IN", "PTR", "mail.example.com."))
    'PTR mail.example.com'
    >>> shown(None)
    'nothing'
    """
    if rrset is None:
        return "nothing"
    values = sorted(rdata.to_text().rstrip(".") or "." for rdata in rrset)
    return f"{RdataType(rrset.rdtype).name} {', '.join(values)}"


def write_once(
    operation: Operation,
    look: Callable[[], Sequence[T]],
    write: Callable[[Sequence[T]], None],
    policy: RetryPolicy,
) -> Sequence[T]:
    """Look what is still to do, write that, and return it: once, also where answers are lost.

    A write without an answer may have been made, so it is not repeated: it is looked again, for as
    long as the policy says. ``write`` raises the same UnansweredError for what was answered and
    shall be tried again after a look. Nothing is written where nothing is to do.
    """
    pauses = policy.pauses()
    give_up = operation.elapsed + min(policy.window, operation.left)
    tries = 0
    while wanted := look():
        try:
            write(wanted)
        except UnansweredError as error:
            tries += 1
            pause = next(pauses)
            if error.loss not in policy.losses or operation.elapsed + pause > give_up:
                again = operation.error(UnansweredError, error.reason + tried(tries), error.code)
                again.loss = error.loss
                raise again from None
            operation.pause(pause, f"{error.reason}; looking again")
        else:
            return wanted
    return ()
