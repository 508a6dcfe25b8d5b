"""What the running program declares and what this stack has written: the memory that keeps live
records alive.

The engine deletes after it creates, deletes what was merely renamed, and moves a failed delete to
the next run. A record is safe through all of that when nobody deletes what a declared resource
claims, and nobody takes for a stranger's what this stack itself wrote. All operations of a process
share one ledger; `pulumi_rdns.records.shared_ledger` joins those of the processes of a run.

A record is named by its kind ("PTR", "A" or "AAAA"), the place that it is written to
(`Backend.identity`), and a subject: the address of a PTR record, the hostname of the others.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager

from pulumi_rdns.records.claims import Claim, Declared, Expected
from pulumi_rdns.records.holdings import Holding, Memory, hidden, is_same

#: seconds without news after which nobody waits for resources that depend on others
PATIENCE = 3.0
#: seconds that an operation waits for other resources at most
LONGEST_WAIT = 30.0
#: seconds between two looks at what other processes have told
_PAUSE = 0.05
#: seconds that the engine takes at most between telling of a resource and of its state
_SETTLED = 0.1
#: seconds without news after which a resource is taken to wait for others
_QUIET = 0.3


class _Entry:
    """One resource: what it declares, what it has, and where it failed."""

    def __init__(self) -> None:
        self.declared: Declared | None = None
        self.holding: Holding | None = None
        self.failed: set[str] = set()
        #: what the state says that it has: more than one where it was replaced
        self.stored: list[Holding] = []
        self.stays = False


class Ledger:
    """Declared and written records, and a lock for each. Safe for several threads."""

    def __init__(self) -> None:
        self.patience = PATIENCE
        #: operations that the engine runs side by side; None where nobody says
        self.parallel: int | None = None
        #: why other processes of this run cannot be heard; None where they can
        self.trouble: str | None = None
        self._changed = threading.Condition(threading.RLock())
        self._entries: defaultdict[str, _Entry] = defaultdict(_Entry)
        self._by_subject: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        self._many: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._held: defaultdict[tuple[str, str, str], dict[str, Memory | None]] = defaultdict(dict)
        self._held_by_sets: defaultdict[tuple[str, str], list[Holding]] = defaultdict(list)
        self._writers: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        self._exchanged: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._expected: dict[int, tuple[Expected, ...]] = {}
        self._declared_lines: set[int] = set()
        self._locks: dict[tuple[str, str, str], threading.RLock] = {}
        self._waiting: dict[str, int] = {}
        #: whether the program tells which resources it makes
        self.is_told = False
        self._heard = time.monotonic()
        #: whether `learn` has brought in all that this stack wrote before this run
        self._knows_state = False

    def expect(self, line: int, *expected: Expected) -> None:
        """Note that the program has made a resource, of which the engine will tell.

        Again where more is known of it; no longer when the engine has told of it.
        """
        with self._news():
            if line not in self._declared_lines:
                self._expected[line] = expected

    def declare(self, resource: str, declared: Declared, line: int | None = None) -> None:
        """Note that the engine tells of a resource of the running program.

        ``line`` is under which `expect` has noted it.
        """
        with self._news():
            if line is not None:
                self._declared_lines.add(line)
                self._expected.pop(line, None)
            self._entries[resource].declared = declared
            if len(declared.records) == 1 and not declared.is_hidden:
                (subject,) = declared.records
                self._by_subject[declared.kind, subject][resource] = None
            else:
                self._many[declared.kind][resource] = None

    def recall(
        self, resource: str, holding: Holding, *, is_current: bool, stays: bool = False
    ) -> None:
        """Note what the state says that a resource has written.

        ``is_current``: it is what the resource has now; else it is about to be given up, and what
        the resource declares is still to be written. ``stays``: the engine leaves it as it is.
        """
        with self._news():
            self._own(holding)
            self._note_exchange(resource, holding)
            if holding not in self._entries[resource].stored:
                self._entries[resource].stored.append(holding)
            if is_current:
                self._entries[resource].holding = holding
                self._entries[resource].stays = stays

    def wrote(self, resource: str, holding: Holding, failed: Mapping[str, object] = {}) -> None:
        """Note what a create or update has written, and where it failed."""
        with self._changes():
            self._own(holding)
            entry = self._entries[resource]
            entry.holding = holding
            entry.failed = set(failed)
            entry.stays = False

    def fail(self, resource: str, subject: str) -> None:
        """Note that a create or update wrote nothing."""
        with self._changes():
            self._entries[resource].failed.add(subject)

    def _own(self, holding: Holding) -> None:
        if holding.is_hidden or (holding.kind == "PTR" and holding.memory is None):
            self._held_by_sets[holding.kind, holding.identity].append(holding)
            return
        for subject, value in holding.values.items():
            there = self._held[holding.kind, holding.identity, subject]
            there[value] = holding.memory or there.get(value)

    def _note_exchange(self, resource: str, holding: Holding) -> None:
        """Note where the state says that two resources wrote one PTR record."""
        is_single = holding.kind == "PTR" and holding.memory is not None
        for subject, value in holding.values.items() if is_single else ():
            writers = self._writers[holding.identity, subject]
            writers[resource] = value
            if len({*writers.values()}) > 1:
                self._exchanged[holding.kind, holding.identity].update(writers.values())

    def written(
        self, kind: str, identity: str, subject: str, shown: Collection[str] = ()
    ) -> dict[str, Memory | None]:
        """Return the values of a record that this stack wrote, each with what is remembered.

        Those among ``shown`` that are secret of another process are returned too, beside their
        digests. Where one of them is not known, the whole state is asked: the engine tells only
        of what it compares, and of nothing that is replaced on demand or has another name now.

        After a run that was killed between two resources that exchange their records, what one of
        them wrote may still stand where it was before: that counts too.
        """
        known = self._written(kind, identity, subject, shown)
        # A killed run tells what it was about to write, and nothing of what was there before.
        if all(known.get(one) is not None for one in shown) or not self.learn():
            return known
        return self._written(kind, identity, subject, shown)

    def _written(
        self, kind: str, identity: str, subject: str, shown: Iterable[str]
    ) -> dict[str, Memory | None]:
        with self._read():
            of_sets = self._held_by_sets.get((kind, identity), ())
            found = {one.value: one.memory for holding in of_sets if (one := holding.get(subject))}
            values = {
                **dict.fromkeys(self._exchanged.get((kind, identity), ())),
                **found,
                **self._held.get((kind, identity, subject), {}),
            }
            known = {one: values[key] for one in shown if (key := hidden(one)) in values}
            return {**known, **values}

    def places_of(self, kind: str, subject: str, value: str) -> dict[str, Memory | None]:
        """Return the places (`Backend.identity`) where this stack wrote a value, each with what is
        remembered.
        """
        with self._read():
            places = {
                identity
                for one, identity, about in self._held
                if (one, about) == (kind, subject) and value in self._held[one, identity, about]
            } | {
                identity
                for (one, identity), holdings in self._held_by_sets.items()
                if one == kind and any(_has(each, subject, value) for each in holdings)
            }
            return {one: self.written(kind, one, subject, [value])[value] for one in places}

    def claims(self, kind: str, subject: str) -> list[Claim]:
        """Return the resources of the running program that declare a record, at any place.

        A resource whose subjects are computed, and of which the engine has not told, may declare
        it too.
        """
        return self.claims_of(kind, [subject]).get(subject, [])

    def claims_of(self, kind: str, subjects: Iterable[str]) -> dict[str, list[Claim]]:
        """Return the same of many records; those that nobody declares are left out."""
        with self._read():
            many = self._many.get(kind, {})
            expected = [one for each in self._expected.values() for one in each if one.kind == kind]
            found = {}
            for subject in subjects:
                resources = {**self._by_subject.get((kind, subject), {}), **many}
                told = [self._claim(one, kind, subject) for one in resources]
                claims = [claim for claim in told if claim is not None] + [
                    Claim(one.name, is_guess=True)
                    if one.records is None
                    else Claim(one.name, wanted=one.records[subject])
                    for one in expected
                    if one.records is None or subject in one.records
                ]
                if claims:
                    found[subject] = claims
            return found

    def is_declared(self, resource: str) -> bool:
        """Whether the engine has told of a resource of the running program."""
        with self._read():
            return resource in self._entries and self._entries[resource].declared is not None

    def _claim(self, resource: str, kind: str, subject: str) -> Claim | None:
        entry = self._entries[resource]
        declared = entry.declared
        if declared is None or declared.kind != kind:
            return None
        key = hidden(subject) if declared.is_hidden else subject
        if key not in declared.records:
            return None
        return Claim(
            resource,
            declared.place,
            declared.records[key],
            entry.holding.get(subject) if entry.holding else None,
            key in entry.failed,
            stays=entry.stays,
            had_before=any(
                one.identity == declared.place.identity and one.get(subject) is not None
                for one in entry.stored
            ),
            is_twice=len(entry.stored) > 1,
        )

    @contextmanager
    def exclusive(self, kind: str, identity: str, subject: str) -> Iterator[None]:
        """Let one operation at a time look at the record and write it."""
        with self._changed:
            lock = self._locks.setdefault((kind, identity, subject), threading.RLock())
        with lock:
            try:
                yield
            finally:
                with self._changed:
                    self._changed.notify_all()

    def wait(
        self, resource: str, is_over: Callable[[], bool], is_of_use: Callable[[float], bool]
    ) -> bool:
        """Wait until ``is_over()``; return False where waiting is of no use any longer.

        ``is_of_use`` is given when the wait began, a time of `time.monotonic`. Nobody waits where
        that keeps the engine from telling of other resources.
        """
        since = time.monotonic()
        with self._changed:
            self._waiting[resource] = self._waiting.get(resource, 0) + 1
        try:
            while not is_over():
                if self._is_held_up(since) or not is_of_use(since):
                    return is_over()
                with self._changed:
                    self._changed.wait(_PAUSE)
            return True
        finally:
            with self._changed:
                self._waiting[resource] -= 1
                self._changed.notify_all()

    def _is_held_up(self, since: float) -> bool:
        with self._changed:
            busy = sum(self._waiting.values())
        is_full = self.parallel is not None and busy >= self.parallel
        return is_full or time.monotonic() - since > LONGEST_WAIT

    def may_hear_more(self, since: float) -> bool:
        """Whether the engine is still to tell of resources, or of what they have written.

        ``since`` is when the wait for it began, a time of `time.monotonic`.
        """
        with self._read():
            quiet = time.monotonic() - max(since, self._heard)
            is_all = self.is_told and not self._expected
            return quiet < (_SETTLED if is_all else self.patience)

    def may_learn_more(self, since: float) -> bool:
        """Whether it may still turn out that this stack wrote a record, before this run.

        ``since`` as for `may_hear_more`.
        """
        return not self._knows_state and self.may_hear_more(since)

    def is_to_come(self, claim: Claim) -> bool:
        """Whether a claim that is pending is about to be fulfilled or to fail."""
        with self._read():
            if not claim.is_pending or self._waiting.get(claim.resource):
                return False
            return claim.place is not None or time.monotonic() - self._heard < _QUIET

    @contextmanager
    def _news(self) -> Iterator[None]:
        """Note what the engine tells, or the program."""
        with self._changes():
            self._heard = time.monotonic()
            yield

    @contextmanager
    def _changes(self) -> Iterator[None]:
        with self._changed:
            yield
            self._changed.notify_all()

    @contextmanager
    def _read(self) -> Iterator[None]:
        with self._changed:
            self.catch_up()
            yield

    def learn(self) -> bool:
        """Bring in what the state says that all its resources have written, once.

        Return whether more may be known now.
        """
        return False

    def catch_up(self) -> None:
        """Bring in what other processes have told."""


def _has(holding: Holding, subject: str, value: str) -> bool:
    there = holding.get(subject)
    return there is not None and is_same(there.value, value)
