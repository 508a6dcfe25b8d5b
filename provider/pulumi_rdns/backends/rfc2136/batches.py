"""Many changes of PTR records: sent hundreds at a time, and split where a message is refused."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

import dns.name

from pulumi_rdns.backends.batch import DONE, Outcome, Progress, PtrChange, matches_expected
from pulumi_rdns.backends.changes import LiveRecord, verb
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.errors import BackendError, RejectedError, UnavailableError
from pulumi_rdns.workers import Workers

from .causes import server_kind, why_skipped, why_unmet
from .packing import MOST_CHANGES
from .reader import RecordReader

if TYPE_CHECKING:
    from .client import Client

#: rounds of looking and sending again while others change the same records
_ROUNDS = 5
#: rounds in which changes are sent many at a time
_BATCHED_ROUNDS = 2
#: single changes refused in a row, after which all that is left counts as refused alike
_MOST_REFUSALS = 32
#: seconds before a change is looked for again that the server took and does not show
_PAUSES = (0.0, 0.5, 2.0)
#: looks at a time at what messages have done
_LOOKS_AT_A_TIME = 4


class PtrBatch:
    """The changes of one call, and what became of each."""

    def __init__(
        self,
        client: Client,
        reader: RecordReader,
        operation: Operation,
        zone: dns.name.Name,
        changes: Sequence[PtrChange],
        progress: Progress,
    ) -> None:
        """Take what sends and what looks; ``operation`` is the write of the whole zone."""
        self._client = client
        self._reader = reader
        self._operation = operation
        self._zone = zone
        self._changes = changes
        self._progress = progress
        self._outcomes = [DONE] * len(changes)
        self._refusals = 0
        #: changes that may have been made by a copy of their message
        self._unknown: set[int] = set()

    def outcomes(self) -> list[Outcome]:
        """Make the changes, and return an outcome for each."""
        waiting: Sequence[int] = range(len(self._changes))
        for number in range(_ROUNDS):
            # One that never matches shall not keep the others of its message from being made.
            mismatched = self._send(waiting, MOST_CHANGES if number < _BATCHED_ROUNDS else 1)
            waiting = self._look(mismatched) if mismatched else []
            if not waiting:
                return self._outcomes
        kind = server_kind(self._client.version(self._operation))
        self._fail(waiting, self._operation_of(waiting).error(UnavailableError, why_unmet(kind)))
        return self._outcomes

    def _send(self, waiting: Sequence[int], most: int) -> list[int]:
        """Send changes; return those that were in a message with an unmet prerequisite."""
        mismatched: list[int] = []
        refused: list[tuple[Sequence[int], BackendError]] = []
        looks: list[tuple[Sequence[int], Future[Outcome]]] = []
        batch = [self._changes[at] for at in waiting]
        start = 0
        # The looks come between the messages, which shall not wait for them.
        with Workers(_LOOKS_AT_A_TIME) as pool:
            results = self._client.update_all(self._operation, self._zone, batch, most)
            for size, error, is_made in results:
                part = waiting[start : start + size]
                start += size
                if error is None and is_made:
                    self._refusals = 0
                    looks.append((part, pool.submit(self._settled, part[-1])))
                    self._progress(size)
                elif error is None:
                    self._refusals = 0
                    mismatched += part
                    self._unknown.update(part if is_made is None else ())
                else:
                    self._unknown.update(part if is_made is None else ())
                    if isinstance(error, RejectedError) or error.code == "REFUSED":
                        refused.append((part, error))
                    else:
                        self._fail(part, error)
        for part, look in looks:
            self._note(part, look.result())
        for part, error in refused:
            mismatched += self._split(part, error)
        return mismatched

    def _split(self, part: Sequence[int], error: BackendError) -> list[int]:
        """Send a refused message again as two, until it is known which changes are to blame."""
        if len(part) > 1 and self._refusals < _MOST_REFUSALS:
            return self._send(part, (len(part) + 1) // 2)
        self._refusals += 1
        self._fail(part, error)
        return []

    def _settled(self, at: int) -> Outcome:
        """Verify one change, which shows what became of its message: all or nothing.

        NOERROR may have done nothing.
        """
        change = self._changes[at]
        for pause in _PAUSES:
            time.sleep(pause)
            try:
                found = self._found([at])[at]
            except BackendError as cause:
                return Outcome(None, cause, is_unknown=True)
            if set(found.values) == set(change.after) or not matches_expected(change, found):
                return DONE
        operation = self._operation_of([at])
        kind = server_kind(self._client.version(operation))
        reason = why_skipped(kind, is_removal=not change.after)
        error = operation.error(UnavailableError, reason, "NOERROR", subject=change.owner)
        return Outcome(None, error, is_unknown=True)

    def _look(self, mismatched: Sequence[int]) -> list[int]:
        """Note what stands there instead; return the changes that match after all."""
        try:
            there = self._found(mismatched)
        except BackendError as error:
            self._fail(mismatched, error)
            return []
        matching = []
        for at, found in there.items():
            if matches_expected(self._changes[at], found):
                matching.append(at)
            else:
                self._set([at], Outcome(found))
        return matching

    def _found(self, which: Sequence[int]) -> dict[int, LiveRecord]:
        owners = [self._changes[at].owner for at in which]
        there = self._reader.ptrs(self._zone, owners, only_here=True)
        return {at: there.get(owner, LiveRecord()) for at, owner in zip(which, owners, strict=True)}

    def _operation_of(self, part: Sequence[int]) -> Operation:
        """Name what these changes do: a removal is no write."""
        name = f"{verb(self._changes[at] for at in part)} PTR of"
        return Operation(self._operation.backend, name, self._operation.subject)

    def _fail(self, part: Sequence[int], error: BackendError) -> None:
        """Set an error for changes that this message, or an earlier one, may have made."""
        is_answered = error.code not in ("", "NOERROR")
        for at in part:
            self._set([at], Outcome(None, error, at in self._unknown, is_answered))

    def _set(self, part: Sequence[int], outcome: Outcome) -> None:
        self._note(part, outcome)
        self._progress(len(part))

    def _note(self, part: Sequence[int], outcome: Outcome) -> None:
        for at in part:
            self._outcomes[at] = outcome
