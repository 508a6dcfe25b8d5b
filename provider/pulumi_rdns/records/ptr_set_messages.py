"""What a user is told of many records: one error of all that failed, one warning of a kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from pulumi_rdns.backends.base import Report
from pulumi_rdns.errors import BackendError, ConflictError, RdnsError, RejectedError
from pulumi_rdns.model.missing_dots import with_dot_hint
from pulumi_rdns.model.tables import address_list, address_order
from pulumi_rdns.records.ptr_set_run import Run

#: addresses that a warning names
SHOWN = 10


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


def warn_of_adopted(run: Run, report: Report) -> None:
    if run.adopted:
        report.warning(
            f"already correct, so adopted: {shown(run.adopted)}; destroy will remove them"
        )


def warn_of_left(run: Run, report: Report) -> None:
    """Report what a removal did not take away."""
    if run.left:
        first = sorted(run.left, key=address_order)[:SHOWN]
        text = ", ".join(
            f"{key} ({', '.join(map(with_dot_hint, run.left[key].hostnames))})" for key in first
        )
        more = len(run.left) - len(first)
        report.warning(
            f"kept unchanged, because what is there now was not written by this set: {text}"
            + (f" and {more:,} more" if more else "")
        )
    if run.gone:
        error = next(iter(run.gone.values()))
        report.warning(f"{error}; there is nothing to delete at {shown(run.gone)}")


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
