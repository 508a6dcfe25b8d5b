"""What `rdns doctor` found out, a row for each thing that it looked at. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from pulumi_rdns.cli.rows import RIGHT, WRONG

#: an argument or a setting is wrong
MISCONFIGURED = 2
#: of many things, those that are named
MAX_NAMED = 5


class Result(StrEnum):
    """What came of one look."""

    OK = "ok"
    #: nothing that works or does not: it is told because somebody will want to know
    INFO = "info"
    #: it could not be found out
    UNKNOWN = "unknown"
    FAILED = "failed"
    #: a setting is missing or wrong
    MISCONFIGURED = "misconfigured"


@dataclass(frozen=True)
class DoctorRow:
    """One thing about one backend instance."""

    instance: str
    #: what was looked at: ``setting``, ``addresses``, ``zones``, ``delegation``
    check: str
    #: which one of several; empty where there is one
    subject: str
    result: Result
    #: one sentence
    detail: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def cells(self) -> list[str]:
        return [self.instance, self.check, self.subject or "-", self.result.value, self.detail]


def doctor_exit_code(findings: Iterable[DoctorRow]) -> int:
    """Return 0 where all works, 1 where something does not or is not known, 2 where a setting is
    wrong.
    """
    results = {finding.result for finding in findings}
    if Result.MISCONFIGURED in results:
        return MISCONFIGURED
    return WRONG if results & {Result.FAILED, Result.UNKNOWN} else RIGHT


def counted(names: Sequence[str], noun: str) -> str:
    """Return how many there are, and the first of them.

    >>> counted(["192.0.2.10"], "address"), counted([], "zone")
    ('1 address: 192.0.2.10', 'no zone')
    >>> counted([f"{at}.example" for at in range(7)], "zone")
    '7 zones: 0.example, 1.example, 2.example, 3.example, 4.example and 2 more'
    """
    if not names:
        return f"no {noun}"
    ending = "" if len(names) == 1 else "es" if noun.endswith("s") else "s"
    more = len(names) - MAX_NAMED
    tail = f" and {more} more" if more > 0 else ""
    return f"{len(names)} {noun}{ending}: {', '.join(names[:MAX_NAMED])}{tail}"
