"""What the looks of one preview have found, told once for many records."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Sequence
from typing import NamedTuple

from pulumi_rdns.errors import BackendError, RdnsError, UnavailableError
from pulumi_rdns.model.terminal_text import HIDDEN
from pulumi_rdns.records.ptr_set_messages import SHOWN, Counts, shown

#: records of which each has its own line; more are counted
_EACH = 5
#: of those that are counted, how many are named
_NAMED = 3


class Told(NamedTuple):
    """A sentence of a preview."""

    text: str
    #: the URN of the resource that it stands at; None for several
    resource: str | None = None
    is_warning: bool = True
    #: whether the update will fail for it
    will_fail: bool = False


class _Concerned(NamedTuple):
    """A record that a cause, or a plan, is about."""

    resource: str
    #: "PTR" or "forward"
    kind: str
    #: the address of a PTR record, the hostname of the others
    subject: str
    text: str


class Foresight:
    """Collects what is found; safe for several threads."""

    def __init__(
        self, hide: Callable[[str, str], str] = lambda _resource, text: text, *, knows: bool = True
    ) -> None:
        """``hide`` takes what is secret of a resource out of a text.

        ``knows``: whether what this stack has written is known.
        """
        self.knows = knows
        self._hide = hide
        self._told: list[Told] = []
        self._counts: dict[str, Counts] = {}
        self._plans: defaultdict[str, list[_Concerned]] = defaultdict(list)
        self._causes: defaultdict[Hashable, list[_Concerned]] = defaultdict(list)
        self._failing: dict[Hashable, bool] = {}
        self._mismatches: list[Told] = []
        self._adopted: set[str] = set()
        self._lock = threading.Lock()

    def warn(self, resource: str, text: str, *, will_fail: bool = False) -> None:
        """Note what a user should know of one resource."""
        text = self._hide(resource, text)
        self._told.append(Told(text, resource, will_fail=will_fail))

    def tell(self, told: Told) -> None:
        """Note a sentence as it is: nothing in it is secret."""
        self._told.append(told)

    def counted(self, resource: str) -> Counts:
        """Return what was noted of a set last."""
        return self._counts[resource]

    def count(self, resource: str, counts: Counts) -> None:
        """Note what is done to a set; more may be known later."""
        self._counts[resource] = counts

    def adopt(self, resource: str, kind: str, subject: str, value: str) -> None:
        """Note a record that is right already, and that this stack did not write."""
        self._adopted.add(resource)
        self._plan("adopt", resource, kind, subject, f"{subject} \u2192 {value}")

    def take_over(self, resource: str, kind: str, subject: str, values: Collection[str]) -> None:
        """Note a record of somebody else that is overwritten."""
        self._plan("take over", resource, kind, subject, f"{subject} from {', '.join(values)}")

    def _plan(self, verb: str, resource: str, kind: str, subject: str, text: str) -> None:
        text, subject = self._hide(resource, text), self._hide(resource, subject)
        with self._lock:
            self._plans[verb].append(_Concerned(resource, kind, subject, text))

    def mismatch(self, resource: str, text: str, *, will_fail: bool, is_strict: bool) -> None:
        """Note a hostname that does not resolve; what is adopted fails only where ``is_strict``."""
        text = self._hide(resource, text)
        told = Told(text, resource, will_fail=will_fail)
        (self._told if is_strict else self._mismatches).append(told)

    def doubt(
        self, resource: str, kind: str, subject: str, why: str, what: str, *, will_fail: bool
    ) -> None:
        """Note what could not be checked of a record: ``what`` is a clause, ``why`` its reason."""
        why = self._hide(resource, why)
        self._cause(("doubt", why), resource, kind, subject, f"{what}: {why}", will_fail)

    def trouble(self, resource: str, kind: str, subject: str, error: RdnsError) -> None:
        """Note why a record could not be looked at, or cannot be written."""
        text = self._hide(resource, str(error))
        key: Hashable = text
        if isinstance(error, BackendError):
            reason = self._hide(resource, _reason(error))
            key = (type(error), error.backend, reason)
        if isinstance(error, UnavailableError):
            text = f"not checked: {text}"
        self._cause(key, resource, kind, subject, text, True)

    def _cause(
        self, key: Hashable, resource: str, kind: str, subject: str, text: str, will_fail: bool
    ) -> None:
        shown = self._hide(resource, subject)
        concerned = _Concerned(resource, kind, shown, self._hide(resource, text))
        with self._lock:
            self._causes[key].append(concerned)
            self._failing[key] = self._failing.get(key, False) or will_fail

    def told(self) -> list[Told]:
        """Return what is known by now: all sentences, those about one resource first."""
        found = [*self._told]
        for one in [*self._mismatches]:
            found.append(
                one._replace(will_fail=one.will_fail and one.resource not in self._adopted)
            )
        for resource, counts in [*self._counts.items()]:
            if line := counts.line():
                found.append(
                    Told(
                        self._hide(resource, line),
                        resource,
                        is_warning=bool(counts.conflicts),
                        will_fail=bool(counts.conflicts),
                    )
                )
        with self._lock:
            plans = [(verb, [*planned]) for verb, planned in self._plans.items()]
            causes = [(key, [*each], self._failing[key]) for key, each in self._causes.items()]
        for verb, planned in plans:
            found += _planned(verb, planned)
        return found + [_caused(*cause) for cause in causes]


def _planned(verb: str, planned: Sequence[_Concerned]) -> list[Told]:
    if len(planned) <= _EACH:
        return [Told(f"will {verb} {one.text}", one.resource, is_warning=False) for one in planned]
    named = ", ".join(one.text for one in planned[:_NAMED])
    more = len(planned) - _NAMED
    text = f"will {verb} {len(planned):,} records: {named} and {more:,} more"
    return [Told(text, is_warning=False)]


def _caused(key: Hashable, concerned: Sequence[_Concerned], will_fail: bool) -> Told:
    """Tell of a cause: of one record in its own words, of many once."""
    first = concerned[0]
    resources = {one.resource for one in concerned}
    resource = first.resource if len(resources) == 1 else None
    if len(concerned) == 1:
        return Told(first.text, resource, will_fail=will_fail)
    subjects = _listed(concerned)
    match key:
        case (kind, str(backend), str(reason)) if isinstance(kind, type):
            is_down = issubclass(kind, UnavailableError)
            fate = "were not checked" if is_down else "cannot be set"
            text = f"{backend}: {reason}; {len(concerned):,} records {fate}: {subjects}"
        case ("doubt", str(why)):
            text = f"{len(concerned):,} hostnames could not be checked: {why}: {subjects}"
        case _:
            text = f"{first.text} ({len(concerned):,} records: {subjects})"
    return Told(text, resource, will_fail=will_fail)


def _listed(concerned: Sequence[_Concerned]) -> str:
    subjects = {one.subject for one in concerned}
    addresses = {
        one.subject for one in concerned if one.kind == "PTR" and HIDDEN not in one.subject
    }
    names = sorted(subjects - addresses)
    parts = [shown(addresses)] if addresses else []
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    parts += [", ".join(names[:SHOWN]) + more] if names else []
    return ", ".join(parts)


def _reason(error: BackendError) -> str:
    return f"{error.reason} ({error.code})" if error.code else error.reason
