"""Questions that many vendors' documents leave open, and how one write answers them.

Each function returns the `Point` of a backend; its question is as the backend's page has it. All
but `shown_at_once` are about a PTR that is an attribute of an address.
"""

from __future__ import annotations

from collections.abc import Callable

from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.backends.observed import Observed, Point, Step
from pulumi_rdns.errors import RejectedError

from .actions import is_not_shown


def shown_at_once(question: str) -> Point:
    """Return the question whether a read right after a write has what was written."""

    def answer(observed: Observed) -> str:
        step = _done(observed, "set")
        if step is None:
            return ""
        if any(map(is_not_shown, step.said)):
            return f"it was shown later; the write and its showing took {step.seconds:.0f} s"
        return "the first read after the write had it"

    return Point("shown-at-once", question, answer)


def time_of_a_change(question: str) -> Point:
    """Return the question how long a change takes."""

    def answer(observed: Observed) -> str:
        taken = [f"{name} {step.seconds:.0f} s" for name, step in observed.steps.items()]
        return ", ".join(taken) if _done(observed, "set") else ""

    return _of_an_attribute("time-of-a-change", question, answer)


def left_by_delete(question: str) -> Point:
    """Return the question what an address has whose PTR was deleted."""

    def answer(observed: Observed) -> str:
        live = _after_unset(observed)
        if live is None:
            return ""
        return f"after the delete it had {'the default name' if live.is_default else 'none'}"

    return _of_an_attribute("left-by-delete", question, answer)


def before_any_write(question: str) -> Point:
    """Return the question what an address has that nobody named."""

    def answer(observed: Observed) -> str:
        if observed.before.is_default:
            return "it had the default name"
        return "" if observed.before.values else "it had none"

    return _of_an_attribute("before-any-write", question, answer)


def ipv6_default(question: str) -> Point:
    """Return the question whether an IPv6 address has a default name."""

    def answer(observed: Observed) -> str:
        live = _after_unset(observed)
        if observed.address.version == 4 or live is None:
            return ""
        return f"after the delete it had {'a default name' if live.is_default else 'none'}"

    return _of_an_attribute("ipv6-default", question, answer)


def unresolved_hostname(question: str) -> Point:
    """Return the question what becomes of a hostname that does not resolve to the address."""

    def answer(observed: Observed) -> str:
        step = observed.steps.get("set")
        if step is None or observed.is_confirmed is not False:
            return ""
        if step.error is None:
            return "it was taken, though it does not resolve to the address"
        if not isinstance(step.error, RejectedError):
            return ""
        code = f" ({step.error.code})" if step.error.code else ""
        return f"it was refused: {step.error.reason}{code}"

    return _of_an_attribute("unresolved-hostname", question, answer)


def _of_an_attribute(id_: str, question: str, answer: Callable[[Observed], str]) -> Point:
    return Point(id_, question, lambda seen: answer(seen) if seen.zone is None else "")


def _done(observed: Observed, name: str) -> Step | None:
    """Return a step that succeeded."""
    step = observed.steps.get(name)
    return step if step is not None and step.error is None else None


def _after_unset(observed: Observed) -> LiveRecord | None:
    """Return what there was after the delete; None where that is not known, or somebody's."""
    step = _done(observed, "unset")
    if step is None or step.live is None or (step.live.values and not step.live.is_default):
        return None
    return step.live
