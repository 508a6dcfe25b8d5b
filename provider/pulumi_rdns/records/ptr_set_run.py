"""The writes of one operation on a set of PTR records, and what came of each address."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

from pulumi_rdns.backends.base import Report
from pulumi_rdns.backends.batch import Found, Outcome
from pulumi_rdns.errors import (
    AddressNotFoundError,
    BackendError,
    ConflictError,
    RdnsError,
    RejectedError,
)
from pulumi_rdns.model.missing_dots import with_dot_hint
from pulumi_rdns.model.specs import DEFAULT_TTL
from pulumi_rdns.model.tables import Table
from pulumi_rdns.records.holdings import includes
from pulumi_rdns.records.places import fixed_reason
from pulumi_rdns.records.ptr_set_places import Place, Step, Store

#: how often a change is tried when somebody else keeps changing the record
_TRIES = 5
#: seconds between two messages about the progress
_EVERY = 1.0

#: gives the next step of an address after an outcome; None where it has come to its end
_Judge: TypeAlias = Callable[[str, Step, Outcome], Step | None]


class Run:
    """Writes and removes records, each a compare-and-set of its own."""

    def __init__(
        self,
        store: Store,
        places: Mapping[str, Place],
        ours: Callable[[str, Collection[str]], set[str]],
        report: Report,
    ) -> None:
        """Take where the records are; ``ours`` gives the hostnames of an address that this stack
        wrote, once more is known of those that it is shown.
        """
        #: where each record is; a run may find another place
        self.places = dict(places)
        self.failures: dict[str, RdnsError] = {}
        #: addresses whose change failed, and may have been made all the same
        self.unknown: set[str] = set()
        #: addresses whose record was already correct, and not by us
        self.adopted: set[str] = set()
        #: addresses where a removal left what somebody else wrote
        self.left: dict[str, Found] = {}
        #: addresses that the account has no longer, so that there is nothing to remove
        self.gone: dict[str, AddressNotFoundError] = {}
        #: addresses whose change failed, and whose server has said no
        self._answered: set[str] = set()
        self.store = store
        self._ours = ours
        self._report = report
        self._conflicts: dict[str, tuple[Step, Found]] = {}
        self._done = self._total = 0
        self._told = time.monotonic()

    def write(
        self,
        wanted: Table,
        before: Mapping[str, tuple[str, ...]],
        ttl: int | None,
        *,
        overwrite: bool,
        await_ours: Callable[[Callable[[], bool]], bool],
    ) -> None:
        """Write hostnames where ``before`` still stands.

        ``ttl`` is seconds; None keeps what is there. ``overwrite``: what somebody else wrote counts
        as ours. ``await_ours`` waits until a condition holds, as long as more may become known of
        what this stack wrote.
        """
        ttls = self._live_ttls(before) if ttl is None else {}
        steps = {}
        for address, hostname in wanted.items():
            if address not in self.failures:
                kept = ttls.get(address, DEFAULT_TTL) if ttl is None else ttl
                steps[address] = Step(self.places[address], before[address], (hostname,), kept)

        def judge(address: str, step: Step, outcome: Outcome) -> Step | None:
            found = outcome.found
            if found is None:
                self._end(address, outcome)
                return None
            ours = self._ours(address, found.hostnames)
            if found.fixed and not _are_all(ours, found.hostnames):
                reason = fixed_reason(", ".join(found.hostnames), found.fixed)
                self.failures[address] = self._error(RejectedError, address, reason)
                return None
            if found.hostnames == step.after:
                return self._adopt(address, step, found, ttl)
            if overwrite or found.is_default or _are_all(ours, found.hostnames):
                kept = found.ttl if ttl is None and found.ttl is not None else step.ttl
                return step._replace(before=found.hostnames, ttl=kept)
            self._conflicts[address] = step, found
            return None

        self._drive(steps, judge)
        self._await_ours(judge, await_ours)
        self._look_for_unknown(wanted)

    def remove(self, values: Table, leaving: Mapping[str, tuple[str, ...]]) -> None:
        """Take away these values where they still stand; what else stands there is left.

        ``leaving`` has what is to stand there instead, where that is not nothing.
        """
        steps = {
            address: Step(self.places[address], (hostname,), leaving.get(address, ()), DEFAULT_TTL)
            for address, hostname in values.items()
        }

        def judge(address: str, step: Step, outcome: Outcome) -> Step | None:
            found = outcome.found
            if isinstance(outcome.error, AddressNotFoundError):
                self.gone[address] = outcome.error
                return None
            if found is None:
                self._end(address, outcome)
                return None
            value = values[address]
            if value in found.hostnames:
                others = leaving.get(address) or tuple(
                    one for one in found.hostnames if one != value
                )
                return Step(step.place, found.hostnames, others, found.ttl or DEFAULT_TTL)
            if found.hostnames and not found.is_default:
                self.left[address] = found
            return None

        self._drive(steps, judge)

    def _live_ttls(self, before: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
        """Read the TTLs of records that are going to change and keep theirs."""
        if not self.store.has_ttls:
            return {}
        places = {key: self.places[key] for key, held in before.items() if held}
        try:
            found = self.store.read(places)
        except BackendError as error:
            self.failures.update(dict.fromkeys(places, error))
            return {}
        return {address: one.ttl for address, one in found.items() if one.ttl is not None}

    def _look_for_unknown(self, wanted: Table) -> None:
        """Find out whether changes were made that the server refused only the second time, or
        without its signature. Where they were not, what stood there before stays ours.

        Without an answer a look says nothing: the change may still be on its way.
        """
        refused = self.unknown & self._answered
        if not refused:
            return
        try:
            found = self.store.read({address: self.places[address] for address in refused})
        except BackendError:
            return
        for address in refused:
            if found.get(address, Found()).hostnames != (wanted[address],):
                self.unknown.discard(address)

    def _drive(self, steps: dict[str, Step], judge: _Judge) -> None:
        """Make changes, and make those again that somebody else came in between."""
        self._total += len(steps)
        for _ in range(_TRIES):
            if not steps:
                return
            outcomes = self.store.apply(steps, self._progress)
            misplaced = {
                key: step for key, step in steps.items() if _is_hidden(step, outcomes[key])
            }
            later = {
                address: step
                for address in steps.keys() - misplaced.keys()
                if (step := judge(address, steps[address], outcomes[address])) is not None
            }
            steps = later | self._moved(misplaced, outcomes)
            self._done -= len(steps)
        for address in steps:
            reason = "somebody else keeps changing it"
            self.failures[address] = self._error(ConflictError, address, reason)

    def _moved(
        self, misplaced: Mapping[str, Step], outcomes: Mapping[str, Outcome]
    ) -> dict[str, Step]:
        """Look for another place where an alias or a delegation hides a record."""
        steps = {}
        for address, place in self.store.each_replaced(misplaced.keys()).items():
            if isinstance(place, RdnsError):
                self.failures[address] = place
            elif place == misplaced[address].place:
                found = outcomes[address].found
                there = f"CNAME {found.alias}" if found and found.alias else "a delegation"
                reason = f"{there} stands at {place.owner}, and keeps a PTR from being served"
                self.failures[address] = self._error(RejectedError, address, reason)
            else:
                self.places[address] = place
                steps[address] = misplaced[address]._replace(place=place)
        return steps

    def _await_ours(self, judge: _Judge, await_ours: Callable[[Callable[[], bool]], bool]) -> None:
        """Wait for what else this stack may have written, and look at the conflicts again."""
        if self._conflicts:

            def is_over() -> bool:
                there = self._conflicts.items()
                return all(
                    _are_all(self._ours(key, one[1].hostnames), one[1].hostnames)
                    for key, one in there
                )

            await_ours(is_over)
            self._judge_again(judge)
        for address, (_, found) in self._conflicts.items():
            names = ", ".join(map(with_dot_hint, found.hostnames))
            reason = f"it already points to {names}, which was not written by this stack"
            self.failures[address] = self._error(ConflictError, address, reason)

    def _judge_again(self, judge: _Judge) -> None:
        waiting, self._conflicts = self._conflicts, {}
        try:
            there = self.store.read({key: step.place for key, (step, _) in waiting.items()})
        except BackendError as error:
            self.failures.update(dict.fromkeys(waiting, error))
            return
        steps = {}
        for address, (step, _) in waiting.items():
            next_ = judge(address, step, Outcome(there.get(address, Found())))
            if next_ is not None:
                steps[address] = next_
        self._drive(steps, judge)

    def _adopt(self, address: str, step: Step, found: Found, ttl: int | None) -> Step | None:
        if not includes(self._ours(address, found.hostnames), step.after[0]):
            self.adopted.add(address)
        if ttl is None or found.ttl is None or found.ttl == ttl:
            return None
        return step._replace(before=found.hostnames)

    def _end(self, address: str, outcome: Outcome) -> None:
        if outcome.error is not None:
            self.failures[address] = outcome.error
        if outcome.is_unknown:
            self.unknown.add(address)
        if outcome.is_answered:
            self._answered.add(address)

    def _error(self, kind: type[BackendError], address: str, reason: str) -> BackendError:
        return kind(self.store.name, "set the PTR of", address, reason)

    def _progress(self, more: int) -> None:
        self._done += more
        now = time.monotonic()
        if now - self._told >= _EVERY:
            self._told = now
            self._report.progress(f"{self._done:,} of {self._total:,} records")


def _are_all(ours: set[str], hostnames: tuple[str, ...]) -> bool:
    return all(includes(ours, hostname) for hostname in hostnames)


def _is_hidden(step: Step, outcome: Outcome) -> bool:
    """Whether a record that is to be written would not be served at this place."""
    found = outcome.found
    return found is not None and bool(step.after) and bool(found.alias or found.is_delegated)
