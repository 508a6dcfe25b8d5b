"""The guard against mass deletion. Pure.

The idea and the figures are those of octoDNS (``MAX_SAFE_DELETE_PCENT``, ``MIN_EXISTING_RECORDS``).
"""

from __future__ import annotations

#: of 100: as many records may go in one update, where nobody says otherwise
MAX_DELETE_PERCENT = 30
#: fewer records than these are never guarded
FEWEST = 10


def refusal(removed: int, before: int, limit: int | None, whose: str) -> str | None:
    """Return why so many records may not go at once; None where they may.

    ``before`` is how many there were, ``limit`` is of 100, and ``whose`` names what they belong to,
    as in "of the set", "of zone 2.0.192.in-addr.arpa".
    """
    percent = MAX_DELETE_PERCENT if limit is None else limit
    if before < FEWEST or removed * 100 <= percent * before:
        return None
    return (
        f"{removed:,} of {before:,} records {whose} would be deleted, which is more than "
        f"{percent} %. If that is intended, raise rdns:maxDeletePercent, or max_delete_percent of "
        "a set (100 turns this guard off)"
    )


def highest(*limits: int | None) -> int | None:
    """Return the limit that allows most; None where nobody says one."""
    return max((one for one in limits if one is not None), default=None)
