"""Outputs that the SDK need not wait for one by one.

Seen in SDK 3.272: an `Output` is on a list of what a program waits for at its end, and `_untrack`
takes it off; the SDK does so where another one took over. It goes through the whole list whenever
one of them is settled: a third of the time of a program with a thousand records. Older SDKs (3.220
to 3.265) keep another kind of list and have no `_untrack`: there, nothing is done, which costs time
alone and is logged at DEBUG.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

import pulumi

_log = logging.getLogger(__name__)


def leave_to_the_registration(outputs: Iterable[object]) -> None:
    """Take outputs that a registration settles, and that is awaited itself, off the SDK's list."""
    # Looked up at the class: an output has an attribute of any name, its value's.
    untrack = getattr(pulumi.Output, "_untrack", None)
    if untrack is None:
        _log.debug("this pulumi has no Output._untrack: many records take longer")
        return
    for output in outputs:
        if isinstance(output, pulumi.Output):
            untrack(output)
