"""What takes its time at the vendor, and is looked at until it is done."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from .operation import Operation
from .retry import growing

T = TypeVar("T")

_NOT_SHOWN = " to show the change"


def not_shown_by(who: object) -> str:
    """Return what is waited for where a change was made and cannot be read yet: for `poll`."""
    return f"waiting for {who}{_NOT_SHOWN}"


def is_not_shown(progress: str) -> bool:
    """Whether a text of progress is one of `not_shown_by`."""
    return progress.endswith(_NOT_SHOWN)


def poll(
    operation: Operation,
    state: T,
    look: Callable[[], T],
    pending: Callable[[T], str],
    *,
    within: float = math.inf,
    first: float = 1.0,
    longest: float = 10.0,
) -> T:
    """Look until nothing is pending, with growing pauses; return what was seen last.

    ``state`` is what was seen first. ``pending`` returns what is waited for, which is reported as
    progress, and nothing when there is nothing left to wait for. After ``within`` seconds, or at
    the operation's limit, that which is still pending is returned too: the caller says what that
    means.
    """
    pauses = growing(first, longest)
    until = operation.elapsed + min(within, operation.left)
    while (waiting_for := pending(state)) and operation.elapsed < until:
        operation.pause(next(pauses), waiting_for)
        state = look()
    return state
