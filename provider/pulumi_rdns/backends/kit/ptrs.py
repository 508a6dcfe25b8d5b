"""A PTR that is an attribute of an address, where the API can only read and write it."""

from __future__ import annotations

from collections.abc import Callable

import dns.name

from pulumi_rdns.backends.base import Ptr
from pulumi_rdns.errors import ConflictError, RejectedError
from pulumi_rdns.model.names import from_dns

from .actions import not_shown_by, poll
from .operation import Operation
from .retry import growing

#: is called after a pause, right before a write is sent: raises where it would destroy something
LookAgain = Callable[[], None]
#: seconds after a write in which the API should show it
READ_BACK = 30.0


def write_ptr(
    operation: Operation,
    hostname: dns.name.Name | None,
    read: Callable[[], Ptr | None],
    write: Callable[[LookAgain], None],
    *,
    is_unresolved: Callable[[RejectedError], bool] = lambda error: False,
    read_back: float = READ_BACK,
) -> None:
    """Set the PTR of an address, or take it back to the vendor's default where it is None.

    ``read`` and ``write`` each send a request; ``write`` calls what it is given after each pause
    of its own, as `Http.send` does with ``look_again``. ``is_unresolved`` is as in
    `retry_unresolved`. After the write the API is read until it shows it, and warned of where it
    does not within ``read_back`` seconds.

    Raises ConflictError where somebody else sets another PTR while this waits.
    """
    before = read()
    if hostname is None and _is_unset(before):
        return
    # What may be there without being a stranger's: what was there, and what is wanted.
    ours = {hostname} if before is None else {hostname, before.hostname}

    def refuse_stranger() -> None:
        now = read()
        if now is not None and not now.is_default and now.hostname not in ours:
            reason = f"it changed meanwhile, to {from_dns(now.hostname)}"
            raise operation.error(ConflictError, reason)

    def is_done(now: Ptr | None) -> bool:
        if hostname is None:
            return _is_unset(now) or (now and now.hostname) != (before and before.hostname)
        return now is not None and now.hostname == hostname

    def pending(now: Ptr | None) -> str:
        return "" if is_done(now) else not_shown_by("the API")

    retry_unresolved(
        operation,
        lambda: write(refuse_stranger),
        is_unresolved=is_unresolved,
        look_again=refuse_stranger,
    )
    now = poll(operation, read(), read, pending, within=read_back)
    if pending(now):
        shown = "nothing" if now is None else from_dns(now.hostname)
        operation.warn(
            f"the API took the change, but still shows {shown}; `pulumi refresh` tells whether it "
            "came later"
        )


def retry_unresolved(
    operation: Operation,
    write: Callable[[], None],
    *,
    is_unresolved: Callable[[RejectedError], bool],
    look_again: LookAgain,
) -> None:
    """Write, and again for as long as the vendor finds no forward record of the hostname.

    For vendors that check it themselves: a new record may not have reached their resolvers.
    ``is_unresolved`` is whether a refusal says exactly that; every other one is raised at once.
    ``look_again`` is called after each pause. At the operation's limit the last refusal is raised.
    """
    pauses = growing(2.0, 15.0)
    while True:
        try:
            return write()
        except RejectedError as error:
            if not is_unresolved(error):
                raise
            refusal = error
        pause = next(pauses)
        if pause >= operation.left:
            raise operation.error(
                RejectedError,
                f"{refusal.reason.rstrip('.')}, tried for {operation.elapsed:.0f} s. The vendor "
                "checks the forward record itself: where it is right in the public DNS, run it "
                "again later, or raise `timeout`",
                refusal.code,
            ) from refusal
        operation.pause(pause, f"the vendor does not see the forward record yet: {refusal.reason}")
        look_again()


def _is_unset(ptr: Ptr | None) -> bool:
    return ptr is None or ptr.is_default
