"""Many look-ups at a time, in threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import TypeAlias

from pulumi_rdns.cli.rows import Job, Row
from pulumi_rdns.cli.terminal import Progress
from pulumi_rdns.model.confirmation import Verdict
from pulumi_rdns.records.pauses import pauses
from pulumi_rdns.workers import in_this_context

#: look-ups under way; each mostly waits for a server
THREADS = 64

#: where in the answer a job's rows go: the number of the job, then of the one it gave, and so on
_Position: TypeAlias = tuple[int, ...]
_Items: TypeAlias = Row | Sequence[Row | Job]


def run(jobs: Sequence[Job], on_progress: Callable[[int, int], None]) -> list[list[Row]]:
    """Do the jobs, and the jobs that they give, and list the rows of each in order.

    ``on_progress`` is called with how many pieces of work are done, and how many there are so far.
    """
    work = _Work()
    for number, job in enumerate(jobs):
        work.add((number,), job)
    rows: dict[_Position, Row] = {}
    done = 0
    while done < work.size:
        position, items = work.result()
        done += 1
        for number, item in enumerate([items] if isinstance(items, Row) else items):
            if isinstance(item, Row):
                rows[*position, number] = item
            else:
                work.add((*position, number), item)
        on_progress(done, work.size)
    work.end()
    found: list[list[Row]] = [[] for _ in jobs]
    for position in sorted(rows):
        found[position[0]].append(rows[position])
    return found


class _Work:
    """Threads that do jobs. Daemons: an interrupted command does not wait for them."""

    def __init__(self) -> None:
        self.size = 0
        self._threads = 0
        self._waiting: SimpleQueue[tuple[_Position, Job] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[_Position, _Items | BaseException]] = SimpleQueue()

    def add(self, position: _Position, job: Job) -> None:
        """Let a thread do a job, in the context of the caller: what it reports gets there."""
        self.size += 1
        self._waiting.put((position, in_this_context(job)))
        if self._threads < THREADS:
            self._threads += 1
            threading.Thread(target=self._serve, daemon=True).start()

    def result(self) -> tuple[_Position, _Items]:
        position, items = self._done.get()
        if isinstance(items, BaseException):
            raise items
        return position, items

    def end(self) -> None:
        for _ in range(self._threads):
            self._waiting.put(None)

    def _serve(self) -> None:
        while (entry := self._waiting.get()) is not None:
            position, job = entry
            try:
                self._done.put((position, job()))
            except BaseException as error:
                self._done.put((position, error))


def run_until_confirmed(jobs: Sequence[Job], wait: float, progress: Progress) -> list[Row]:
    """Do the jobs, and those that are not all confirmed again, for ``wait`` seconds."""
    deadline = time.monotonic() + wait

    def show(done: int, size: int) -> None:
        progress.count(f"{done} of {size} looked up")

    found = run(jobs, show)
    for pause in pauses():
        pending = [number for number, rows in enumerate(found) if not _confirmed(rows)]
        left = deadline - time.monotonic()
        if not pending or left <= 0:
            break
        progress.progress(f"not yet: {_first_wrong(found)}; asking again for {left:.0f} s")
        time.sleep(min(left, pause))
        again = run([jobs[number] for number in pending], lambda done, size: None)
        for number, rows in zip(pending, again, strict=True):
            found[number] = rows
    return [row for rows in found for row in rows]


def _confirmed(rows: Sequence[Row]) -> bool:
    return all(row.verdict is Verdict.CONFIRMED for row in rows)


def _first_wrong(found: Sequence[Sequence[Row]]) -> str:
    wrong = [row for rows in found for row in rows if row.verdict is not Verdict.CONFIRMED]
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    subject = wrong[0].address or wrong[0].asked
    return f"{subject}: {wrong[0].detail}{more}"
