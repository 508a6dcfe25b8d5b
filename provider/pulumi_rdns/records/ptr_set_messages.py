"""What a user is told of many records: one error of all that failed, one warning of a kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

from pulumi_rdns.backends.base import Report
from pulumi_rdns.backends.changes import NOTHING, LiveRecord
from pulumi_rdns.errors import BackendError, ConflictError, RdnsError, RejectedError
from pulumi_rdns.model.missing_dots import with_dot_hint
from pulumi_rdns.model.specs import OnDelete, PtrSetSpec
from pulumi_rdns.model.tables import Table, address_list, address_order

if TYPE_CHECKING:
    from pulumi_rdns.records.reconcile import Reconciled

#: addresses that a warning names
SHOWN = 10
#: conflicts that a line with counts names
_CONFLICTS = 3


class Counts(NamedTuple):
    """What an update does to a set, or will do."""

    #: the records that the program declares
    total: int
    added: int = 0
    changed: int = 0
    removed: int = 0
    #: records that are right already, and that this stack did not write
    adopted: int = 0
    #: records of somebody else that are taken over
    overwritten: int = 0
    #: records that leave the set and stay where they are, as they were there before it
    kept: int = 0
    #: address -> what somebody else's PTR record there points to
    conflicts: Mapping[str, Collection[str]] = {}

    def line(self) -> str:
        """Return the counts as one line; empty where nothing is done.

        >>> Counts(300, added=2, removed=254, adopted=12).line()
        '300 records: +2 -254, 12 adopted'
        """
        signs = [("+", self.added), ("~", self.changed), ("-", self.removed)]
        parts = [" ".join(f"{sign}{count:,}" for sign, count in signs if count)]
        parts += [f"{self.adopted:,} adopted"] if self.adopted else []
        parts += [f"{self.overwritten:,} taken over"] if self.overwritten else []
        parts += [f"{self.kept:,} kept"] if self.kept else []
        parts += [self._conflicts()] if self.conflicts else []
        text = ", ".join(filter(None, parts))
        plural = "" if self.total == 1 else "s"
        return text and f"{self.total:,} record{plural}: {text}"

    def _conflicts(self) -> str:
        count = len(self.conflicts)
        first = sorted(self.conflicts, key=address_order)[:_CONFLICTS]
        named = "; ".join(
            f"{address} points to {', '.join(map(with_dot_hint, self.conflicts[address]))}"
            for address in first
        )
        more = f"; and {count - len(first):,} more" if count > len(first) else ""
        return f"{count:,} conflict{'' if count == 1 else 's'}: {named}{more}"


def counts(
    spec: PtrSetSpec,
    names: Table,
    made: Reconciled,
    is_foreign: Callable[[str, LiveRecord], bool],
) -> Counts:
    """Count what was written of a set, and what was in the way.

    ``names`` are the hostnames that were to be written, and ``is_foreign`` says whether what stood
    at an address was somebody else's.
    """
    added = changed = overwritten = 0
    conflicts = {}
    for address, hostname in names.items():
        live, error = made.before.get(address, NOTHING), made.failures.get(address)
        if error is not None:
            if isinstance(error, ConflictError) and live.values:
                conflicts[address] = live.values
        elif live.values == (hostname,):
            changed += spec.ttl is not None and live.ttl not in (None, spec.ttl)
        elif not live.values or live.is_default:
            added += 1
        elif is_foreign(address, live):
            overwritten += 1
        else:
            changed += 1
    total = len(spec.records.table)
    return Counts(total, added, changed, overwritten=overwritten, conflicts=conflicts)


def summary(
    operation: str, backend: str, failures: Mapping[str, RdnsError], total: int
) -> RdnsError:
    """Make one error of all: each address once, those that failed alike in one line."""
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for address, error in failures.items():
        alike[_reason(error)].append(address)
    groups = sorted(
        alike.items(), key=lambda group: address_order(min(group[1], key=address_order))
    )
    lines = [f"  {address_list(addresses)}: {reason}" for reason, addresses in groups]
    count = f"{len(failures):,} of {total:,} records failed, the others are done"
    if len(failures) == total:
        count = f"all {total:,} records failed"
    text = "\n".join([f"{count}:", *lines, *_advice(failures.values())])
    kinds = {type(error) for error in failures.values()}
    kind = kinds.pop() if len(kinds) == 1 else RejectedError
    if not issubclass(kind, BackendError):
        return kind(f"{operation} a set: {text}")
    return kind(backend, operation, "a set", text)


def _reason(error: RdnsError) -> str:
    if not isinstance(error, BackendError):
        return str(error)
    return f"{error.reason} ({error.code})" if error.code else error.reason


def _advice(errors: Collection[RdnsError]) -> list[str]:
    if not any(isinstance(error, ConflictError) for error in errors):
        return []
    return [
        'To take them over, set on_conflict to "overwrite"; otherwise remove the records there, or '
        "leave the addresses out (exclude)"
    ]


def warn_of_adopted(adopted: Collection[str], policy: OnDelete | None, report: Report) -> None:
    """Report the addresses whose record was right already, and not by us."""
    if adopted:
        fate = "remove" if policy is OnDelete.REMOVE else "leave"
        report.warning(
            f"already correct, so adopted: {_counted(adopted)}; destroy will {fate} them"
        )


def warn_of_kept(kept: Collection[str], report: Report) -> None:
    """Report the addresses whose record was there before the set, and is not removed."""
    if kept:
        report.warning(
            f"kept, because they were there before this set: {_counted(kept)}; to remove them too, "
            'set on_delete to "remove"'
        )


def _counted(addresses: Collection[str]) -> str:
    plural = "" if len(addresses) == 1 else "s"
    return f"{len(addresses):,} record{plural}, {shown(addresses)}"


def warn_of_left(left: Mapping[str, LiveRecord], report: Report) -> None:
    """Report what a removal did not take away, as somebody else wrote it."""
    if left:
        first = sorted(left, key=address_order)[:SHOWN]
        text = ", ".join(
            f"{key} ({', '.join(map(with_dot_hint, left[key].values))})" for key in first
        )
        more = len(left) - len(first)
        report.warning(
            f"kept unchanged, because what is there now was not written by this set: {text}"
            + (f" and {more:,} more" if more else "")
        )


def warn_of_gone(gone: Mapping[str, RdnsError], report: Report) -> None:
    """Report the addresses that the account has no longer."""
    if gone:
        error = next(iter(gone.values()))
        report.warning(f"{error}; there is nothing to delete at {shown(gone)}")


def warn_of_pending(pending: Mapping[str, RdnsError], report: Report) -> None:
    """Report what is kept for now, as another resource that declares it is not created yet."""
    if pending:
        error = next(iter(pending.values()))
        report.warning(f"kept until the next update: {shown(pending)}: {_reason(error)}")


def warn_of_unserved(unserved: Mapping[str, RdnsError], report: Report) -> None:
    """Report what a refresh could not look at, and why."""
    if unserved:
        error = next(iter(unserved.values()))
        report.warning(
            f"not looked at, and kept as they were: {shown(unserved)}; their names are no longer "
            f"served in the zone where they were written: {_reason(error)}"
        )


def shown(addresses: Collection[str]) -> str:
    """Write the first few of many addresses."""
    first = sorted(addresses, key=address_order)
    text = address_list(first)
    if text.count(",") < SHOWN:
        return text
    return ", ".join(text.split(", ")[:SHOWN]) + " and more"
