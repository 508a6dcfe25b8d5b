"""What runs of before may have written, and no state has: said in one sentence."""

from __future__ import annotations

from pulumi_rdns.records.holdings import is_hidden
from pulumi_rdns.records.ledger_file import Starts

#: subjects that a sentence names
_SHOWN = 5


def is_undeclared(begun: Starts) -> str:
    """Say that the program does not declare a record that a run of before created."""
    return _said(begun, "which this program no longer declares", "declare it again, or ")


def is_elsewhere(begun: Starts) -> str:
    """Say that a resource is at another place now than what a run of before created."""
    return _said(begun, "in a different place than it is now", "")


def _said(begun: Starts, now: str, cure: str) -> str:
    shown = [key for key in begun.records if not is_hidden(key)]
    names = f" of {', '.join(shown[:_SHOWN])}" if shown else ""
    more = f" and {len(shown) - _SHOWN:,} more" if len(shown) > _SHOWN else ""
    name, record = begun.resource.rpartition("::")[2], f"the {begun.kind} record{names}{more}"
    if begun.handed_over:
        before = f"{name!r} was deleted to be recreated, but the create did not succeed; it left"
        before, written = f"{before} {record}", "it"
    else:
        before = f"a killed run was creating {name!r}, {record}"
        written = "what it has written"
    fate = f"{written} is in no state, so no run will remove it"
    return f"{before}, {now}: {fate}; {cure}remove it by hand"
