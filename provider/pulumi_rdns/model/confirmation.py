"""Does a hostname resolve to an address? The answer, whoever was asked."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Verdict(StrEnum):
    """What the servers say, taken together."""

    #: every server that answered has the address
    CONFIRMED = "confirmed"
    #: all servers agree: other addresses, no such name, or no record of that type
    MISMATCH = "mismatch"
    #: the servers disagree: some have the address, some do not yet
    PROPAGATING = "propagating"
    #: nobody could be asked; never to be taken for a mismatch
    UNKNOWN = "unknown"


class Confirmation(msgspec.Struct, frozen=True):
    """A verdict, and one sentence that says what it rests on (each server and its answer)."""

    verdict: Verdict
    detail: str

    @property
    def confirmed(self) -> bool | None:
        """True, False, or None where nobody could be asked, as the state has it."""
        if self.verdict is Verdict.UNKNOWN:
            return None
        return self.verdict is Verdict.CONFIRMED
