"""What a check found out, a row per address. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.confirmation import Verdict
from pulumi_rdns.model.names import DnsName

#: exit codes
RIGHT, WRONG, UNCLEAR, INTERRUPTED = 0, 1, 2, 130

#: of several things that must all be so, the first that is there decides
_ALL = (Verdict.MISMATCH, Verdict.PROPAGATING, Verdict.UNKNOWN, Verdict.CONFIRMED)
#: of several things of which one is enough
_ANY = (Verdict.CONFIRMED, Verdict.PROPAGATING, Verdict.UNKNOWN, Verdict.MISMATCH)


@dataclass(frozen=True)
class Row:
    """One address and one hostname; None where there is none."""

    #: where it comes from: an argument, a mail exchanger, a resource
    asked: str
    address: Address | None
    hostname: DnsName | None
    verdict: Verdict
    #: one sentence
    detail: str
    #: what is worth knowing under any verdict, a sentence each
    findings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "asked": self.asked,
            "address": None if self.address is None else str(self.address),
            "hostname": None if self.hostname is None else self.hostname,
            "verdict": self.verdict.value,
            "detail": self.detail,
            "findings": list(self.findings),
        }


#: a piece of work, which gives a row, or rows and further pieces of work
Job: TypeAlias = Callable[[], "Row | Sequence[Row | Job]"]


def all_of(found: Collection[Verdict]) -> Verdict:
    """Return the verdict of things that must all be so: a definite "no" decides.

    >>> all_of([Verdict.CONFIRMED, Verdict.UNKNOWN]).value
    'unknown'
    """
    return next(verdict for verdict in _ALL if verdict in found)


def likeliest(verdict: Verdict) -> int:
    """Order verdicts of which one is enough, the best one first."""
    return _ANY.index(verdict)


def exit_code(rows: Iterable[Row]) -> int:
    """Return 0 where all are confirmed, 1 where something is wrong, 2 where that is not known."""
    worst = all_of({Verdict.CONFIRMED, *(row.verdict for row in rows)})
    return {Verdict.CONFIRMED: RIGHT, Verdict.UNKNOWN: UNCLEAR}.get(worst, WRONG)
