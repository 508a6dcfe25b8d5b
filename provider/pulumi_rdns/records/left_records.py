"""What runs of before may have written, and no state has: said in one sentence."""

from __future__ import annotations

from pulumi_rdns.records.holdings import is_hidden
from pulumi_rdns.records.ledger_file import Starts

#: subjects that a sentence names
_SHOWN = 5


def is_undeclared(begun: Starts) -> str:
    """Say that the program does not declare a record that a run of before created."""
    return _said(begun, "which this program does not declare any longer", "declare it again, or ")


def is_elsewhere(begun: Starts) -> str:
    """Say that a resource is at another place now than what a run of before created."""
    return _said(begun, "at another place than the one where it is now", "")


def _said(begun: Starts, now: str, cure: str) -> str:
    shown = [key for key in begun.records if not is_hidden(key)]
    names = f" of {', '.join(shown[:_SHOWN])}" if shown else ""
    more = f" and {len(shown) - _SHOWN:,} more" if len(shown) > _SHOWN else ""
    name, record = begun.resource.rpartition("::")[2], f"the {begun.kind} record{names}{more}"
    if begun.handed_over:
        before = f"{name!r} was deleted to be created again, which did not succeed; that left"
        before, written = f"{before} {record}", "it"
    else:
        before = f"a run that was killed was creating {name!r}, {record}"
        written = "what it has written"
    return (
        f"{before}, {now}: {written} is in no state, so nobody removes it; {cure}remove it by hand"
    )
