"""The garbage collector of a process that lives for one command.

It looks at everything that lives again and again, and nearly everything that these processes make
lives as long as they do: hundreds of objects a resource in SDK 3.220 to 3.272. Nothing here is
private; it is a process of the user's that is changed, so a threshold of the user's own stays.
"""

from __future__ import annotations

import gc

#: objects that are made before the youngest are looked at; Python's own 700 cost a program of a
#: thousand records three quarters of its time
_BETWEEN_LOOKS = 50_000


def keep_what_was_imported() -> None:
    """Spare the collector the 100,000 objects of the imports, in a process that makes few more."""
    gc.freeze()


def expect_many_objects() -> None:
    """Let the collector look less often, unless it is off or already told so."""
    youngest, *older = gc.get_threshold()
    if 0 < youngest < _BETWEEN_LOOKS:
        gc.set_threshold(_BETWEEN_LOOKS, *older)
