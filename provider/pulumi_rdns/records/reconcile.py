"""The one loop that brings records to what they should be: look, decide, compare and set, and again
where somebody else came in between.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple, TypeAlias

from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Report
from pulumi_rdns.backends.batch import Outcome
from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.errors import BackendError, ConflictError, RdnsError, RejectedError
from pulumi_rdns.model.specs import DEFAULT_TTL
from pulumi_rdns.records.location import RecordLocation
from pulumi_rdns.records.ownership import Wanted
from pulumi_rdns.records.store import RecordChange, Store

#: how often a record is looked at and written while somebody else keeps changing it
_TRIES = 8
#: seconds between two messages about the progress
_EVERY = 1.0


#: gives what is to be written, by what stands there; None for nothing. Raises RdnsError where this
#: record fails
Decide: TypeAlias = Callable[[str, LiveRecord], Wanted | None]


class Strangers(NamedTuple):
    """What looks like somebody else's, until all is known of what this stack wrote."""

    is_foreign: Callable[[str, LiveRecord], bool]
    #: waits until a condition holds, for as long as more may become known
    wait: Callable[[Callable[[], bool]], object]


class Reconciled:
    """What came of each record."""

    def __init__(self, locations: Mapping[str, RecordLocation]) -> None:
        #: where each record is; another place may have been found
        self.locations = dict(locations)
        #: what stood there, as the last decision saw it
        self.before: dict[str, LiveRecord] = {}
        self.failures: dict[str, RdnsError] = {}
        #: records whose change failed, and may have been made all the same
        self.unknown: set[str] = set()


def reconcile(
    store: Store,
    locations: Mapping[str, RecordLocation],
    decide: Decide,
    *,
    seen: Mapping[str, LiveRecord] | None = None,
    assumed: Mapping[str, LiveRecord] | None = None,
    strangers: Strangers | None = None,
    report: Report | None = None,
) -> Reconciled:
    """Bring records to what ``decide`` wants; a failure of one is none of the others.

    ``seen`` is what a look has shown right now. ``assumed`` is what should stand there: a change
    compares with it, so that nothing is read where all is as it should be; that there is nothing to
    do is not believed without a look. ``report`` is told of the progress.
    """
    run = _Run(store, locations, decide, strangers, report)
    run.start({**(assumed or {}), **(seen or {})}, set(assumed or ()))
    return run.result


class _Run:
    def __init__(
        self,
        store: Store,
        locations: Mapping[str, RecordLocation],
        decide: Decide,
        strangers: Strangers | None,
        report: Report | None,
    ) -> None:
        self.result = Reconciled(locations)
        self._store = store
        self._decide = decide
        self._strangers = strangers
        self._report = report
        #: what stands there, where that need not be read
        self._live: dict[str, LiveRecord] = {}
        #: records of which that is not certain
        self._assumed: set[str] = set()
        #: what looks like somebody else's for now
        self._foreign: dict[str, LiveRecord] = {}
        #: the last change of each record
        self._changes: dict[str, RecordChange] = {}
        #: records whose change failed, and whose server has said no
        self._answered: set[str] = set()
        self._done = self._total = 0
        self._told = time.monotonic()

    def start(self, live: dict[str, LiveRecord], assumed: set[str]) -> None:
        self._live, self._assumed = live, assumed
        self._repeat(list(self.result.locations))
        foreign, strangers, self._strangers = self._foreign, self._strangers, None
        if strangers is not None and foreign:
            is_foreign = strangers.is_foreign
            strangers.wait(lambda: not any(is_foreign(*one) for one in foreign.items()))
            self._repeat(list(foreign))
        self._look_for_unknown()

    def _repeat(self, left: Sequence[str]) -> None:
        for _ in range(_TRIES):
            if not left:
                return
            with self._alone(left):
                changes = self._decided(left)
                self._total += len(changes)
                outcomes = self._store.apply(changes, self._progress) if changes else {}
            self._changes |= changes
            left = self._again(changes, outcomes)
            self._total -= len(left)
            self._done -= len(left)
        for key in left:
            self._fail(ConflictError, key, "somebody else keeps changing it")

    def _alone(self, keys: Sequence[str]) -> AbstractContextManager[None]:
        """Lock a single record from the look to the write; of many, a write locks its own."""
        return self._store.lock(keys[0]) if len(keys) == 1 else nullcontext()

    def _decided(self, left: Sequence[str]) -> dict[str, RecordChange]:
        """Look, and return what is to be changed."""
        changes = {}
        while left:
            doubted = []
            for key, live in self._looked(left):
                is_assumed = key in self._assumed
                self._assumed.discard(key)
                if self._strangers and self._strangers.is_foreign(key, live):
                    self._foreign[key] = live
                    continue
                self.result.before[key] = live
                try:
                    wanted = self._decide(key, live)
                except RdnsError as error:
                    self.result.failures[key] = error
                    continue
                change = self._change(key, live, wanted)
                if change is not None:
                    changes[key] = change
                elif is_assumed:
                    doubted.append(key)
            left = doubted
        return changes

    def _looked(self, keys: Sequence[str]) -> Iterator[tuple[str, LiveRecord]]:
        unread = {key: self.result.locations[key] for key in keys if key not in self._live}
        try:
            read = self._store.read(unread) if unread else {}
        except RdnsError as error:
            self.result.failures.update(dict.fromkeys(unread, error))
            read = {}
        for key in keys:
            if key in self._live:
                yield key, self._live.pop(key)
            elif key in read:
                yield key, read[key]

    def _change(self, key: str, live: LiveRecord, wanted: Wanted | None) -> RecordChange | None:
        if wanted is None:
            return None
        ttl = live.ttl if wanted.ttl is None else wanted.ttl
        is_timed = not wanted.values or live.ttl is None or live.ttl == ttl
        if set(wanted.values) == set(live.values) and is_timed:
            return None
        ttl = DEFAULT_TTL if ttl is None else ttl
        return RecordChange(self.result.locations[key], live.values, wanted.values, ttl)

    def _again(
        self, changes: Mapping[str, RecordChange], outcomes: Mapping[str, Outcome]
    ) -> list[str]:
        """Note what came of changes, and return those to be made again."""
        again = []
        hidden = {}
        for key, change in changes.items():
            outcome = outcomes[key]
            if outcome.is_done:
                continue
            if outcome.found is None:
                self._end(key, outcome)
            elif _is_hidden(change, outcome.found):
                hidden[key] = outcome.found
            else:
                self._live[key] = outcome.found
                again.append(key)
        return again + self._moved(hidden)

    def _moved(self, hidden: Mapping[str, LiveRecord]) -> list[str]:
        """Look for another place where an alias or a delegation hides a record."""
        relocated = self._store.relocated(hidden.keys()) if hidden else {}
        moved = []
        for key, found in hidden.items():
            before = self.result.locations[key]
            location = relocated.get(key, before)
            if isinstance(location, RdnsError):
                self.result.failures[key] = location
            elif location == before:
                there = f"CNAME {found.alias}" if found.alias else "a delegation"
                reason = f"{there} stands at {before.owner}, and keeps a PTR from being served"
                self._fail(RejectedError, key, reason)
            else:
                self.result.locations[key] = location
                moved.append(key)
        return moved

    def _look_for_unknown(self) -> None:
        """Find out whether changes were made that the server refused only the second time, or
        without its signature. Where they were not, what stood there before stays ours.

        Without an answer a look says nothing: the change may still be on its way.
        """
        unknown = self.result.unknown
        refused = {key: self.result.locations[key] for key in unknown & self._answered}
        try:
            found = self._store.read(refused) if refused else {}
        except BackendError:
            return
        unknown -= {key for key in found if found[key].values != self._changes[key].after}

    def _end(self, key: str, outcome: Outcome) -> None:
        if outcome.error is not None:
            self.result.failures[key] = outcome.error
        if outcome.is_unknown:
            self.result.unknown.add(key)
        if outcome.is_answered:
            self._answered.add(key)

    def _fail(self, kind: type[BackendError], key: str, reason: str) -> None:
        location = self.result.locations[key]
        operation = f"set the {location.rdtype.name} of"
        self.result.failures[key] = kind(location.backend.name, operation, key, reason)

    def _progress(self, more: int) -> None:
        self._done += more
        now = time.monotonic()
        if self._report is not None and now - self._told >= _EVERY:
            self._told = now
            self._report.progress(f"{self._done:,} of {self._total:,} records")


def _is_hidden(change: RecordChange, found: LiveRecord) -> bool:
    """Whether a PTR record that is to be written would not be served at this place."""
    is_written = change.location.rdtype is RdataType.PTR and bool(change.after)
    return is_written and bool(found.alias or found.is_delegated)
