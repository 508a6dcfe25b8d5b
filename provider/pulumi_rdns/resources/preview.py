"""In a preview: look at what new and changed records will meet, and tell of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import pulumi

from pulumi_rdns.backends.base import Report
from pulumi_rdns.errors import InvalidInputError, RdnsError
from pulumi_rdns.lifecycle import forward, ptr, ptr_set
from pulumi_rdns.lifecycle.call import Call
from pulumi_rdns.lifecycle.preview import Ahead, foresight_of, jobs_of
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import DnsName, parse_hostname
from pulumi_rdns.model.terminal_text import escaped_lines
from pulumi_rdns.properties.forward import FORWARD
from pulumi_rdns.properties.ptr import PTR
from pulumi_rdns.properties.ptr_set import PTR_SET
from pulumi_rdns.records.holdings import StoredRecord
from pulumi_rdns.records.preview.foresight import Foresight, Told
from pulumi_rdns.records.preview.job import Job
from pulumi_rdns.records.preview.leaving import foresee_leaving
from pulumi_rdns.records.session import Session
from pulumi_rdns.resources.engine.errors import as_run_error
from pulumi_rdns.workers import Workers

_log = logging.getLogger(__name__)

#: seconds without a new record after which a program is taken to have made all
_SETTLED = 0.1
#: seconds for all looks of a preview together
BUDGET = 5.0
#: looks at a time
SIDE_BY_SIDE = 16

_KINDS: dict[str, tuple[Any, Any]] = {
    "PtrRecord": (PTR, ptr),
    "PtrRecordSet": (PTR_SET, ptr_set),
    "ForwardRecord": (FORWARD, forward),
}


class _Watched(NamedTuple):
    """A record of the program; `Preview.watch` says what each of this is."""

    kind: str
    record: pulumi.CustomResource
    inputs: dict[str, Any] | None
    unchanged: pulumi.Output[Any] | None
    expects_forward: Callable[[DnsName, Address | str], bool]


class Preview:
    """Looks at all records of a program when they are known, side by side, within one budget."""

    def __init__(
        self,
        session: Session,
        read_state: Callable[[], list[StoredRecord] | None],
        *,
        is_strict: bool,
        deletes: bool,
    ) -> None:
        """``deletes``: whether what leaves the program will be deleted."""
        self._session = session
        self._is_strict = is_strict
        self._deletes = deletes
        self._stored = _InBackground(read_state)
        self._deadline: float | None = None
        self._watched = 0
        self._made = 0
        self._aheads: list[Ahead] = []
        self._hostnames: set[DnsName] = set()
        #: by URN
        self._resources: dict[str, pulumi.Resource] = {}
        self._is_open = False

    def watch(
        self,
        kind: str,
        record: pulumi.CustomResource,
        inputs: dict[str, Any] | None,
        unchanged: pulumi.Output[Any] | None,
        expects_forward: Callable[[DnsName, Address | str], bool],
    ) -> None:
        """Look at a record if it is new or changed, and its ``inputs`` are given.

        ``unchanged`` is an output of the record that is no input: a preview knows it only of a
        record that does not change, and None counts as changed. ``expects_forward`` is asked when
        the program has run.
        """
        one = _Watched(kind, record, inputs, unchanged, expects_forward)
        # an Output, because the program ends only after all of them are there
        looking: Awaitable[Any] = self._watch(one)
        pulumi.Output.from_input(looking)
        self._watched += 1
        self._made += 1

    async def _watch(self, one: _Watched) -> None:
        try:
            await self._note(one)
        finally:
            self._watched -= 1
        if self._watched:
            return
        # One that is made in an `apply` comes after those that it depends on.
        made = self._made
        await asyncio.sleep(_SETTLED)
        if made == self._made:
            await self._look()

    async def _note(self, one: _Watched) -> None:
        schema, lifecycle = _KINDS[one.kind]
        props = None if one.inputs is None else await _known(one.record, one.inputs)
        urn = await one.record.urn.future()
        if urn is None:
            return
        self._resources[urn] = one.record
        if props is None:
            self._is_open = True
            return
        call = Call(urn, Report(), is_preview=True, is_unknown=pulumi.contains_unknowns)
        checked = lifecycle.check(self._session, call, props)
        if checked.findings:
            return
        with contextlib.suppress(InvalidInputError, KeyError):
            self._hostnames.add(parse_hostname(checked.inputs["hostname"]))
        if one.unchanged is None or not await one.unchanged.is_known():
            is_new = not await one.record.id.is_known()
            self._aheads.append(Ahead(urn, schema, checked.inputs, is_new, one.expects_forward))

    async def _look(self) -> None:
        """Look at all that is known by now, as long as there is time."""
        if self._deadline is None:
            self._deadline = time.monotonic() + BUDGET
        aheads, self._aheads = self._aheads, []
        look = _Look(self._session, aheads, self._stored, self._hostnames, self._deadline)
        if self._deletes and not self._is_open:
            look.present = {*self._resources}
        self._deletes = False
        answer = look.begin()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(answer, max(0.0, self._deadline - time.monotonic()))
        self._tell(look.told())

    def _tell(self, told: Sequence[Told]) -> None:
        failing = 0
        for one in told:
            resource = None if one.resource is None else self._resources[one.resource]
            text = escaped_lines(one.text)
            if one.will_fail and self._is_strict:
                failing += 1
                pulumi.log.error(text, resource=resource)
            elif one.is_warning:
                pulumi.log.warn(text, resource=resource)
            else:
                pulumi.log.info(text, resource=resource)
        if failing:
            raise as_run_error(
                RdnsError("this update would fail, as shown above (rdns:previewChecks is strict)")
            )


class _InBackground:
    """A call that begins at once, in a thread of its own."""

    def __init__(self, read: Callable[[], list[StoredRecord] | None]) -> None:
        self._read = read
        self._found: list[StoredRecord] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._found = self._read()

    def result(self) -> list[StoredRecord] | None:
        self._thread.join()
        return self._found


class _Look:
    """The looks at what is known at one moment, in threads that hold nothing up."""

    def __init__(
        self,
        session: Session,
        aheads: Sequence[Ahead],
        stored: _InBackground,
        hostnames: set[DnsName],
        deadline: float,
    ) -> None:
        #: the URNs of the program's resources; None where it is not known what leaves it
        self.present: set[str] | None = None
        self._session = session
        self._aheads = aheads
        self._stored = stored
        self._hostnames = frozenset(hostnames)
        self._deadline = deadline
        self._left: dict[str, int] = {one.urn: 1 for one in aheads}
        self._sight: Foresight = foresight_of(aheads, None)

    def begin(self) -> asyncio.Future[None]:
        """Begin; return what is done when all of it is."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[None] = loop.create_future()

        def run() -> None:
            error = None
            try:
                self._run()
            except BaseException as failed:
                error = failed
            with contextlib.suppress(RuntimeError):  # the program has ended
                loop.call_soon_threadsafe(_answer, answer, error)

        threading.Thread(target=run, daemon=True).start()
        return answer

    def told(self) -> list[Told]:
        """Return what was found by now, and how much was not looked at."""
        found = self._sight.told()
        missed = sum([*self._left.values()])
        if missed:
            text = (
                f"{missed:,} new or changed records were not looked at in the {BUDGET:g} s that a "
                "preview takes for it"
            )
            found.append(Told(text))
        return found

    def _run(self) -> None:
        stored = self._stored.result()
        sight = self._sight = foresight_of(self._aheads, stored)
        if stored is not None:
            ledger = self._session.ledger
            for one in stored:
                ledger.recall(one.urn, one.holding, is_current=not one.is_replaced)
            if self.present is not None:
                foresee_leaving(self._session, stored, self.present, sight)
        jobs = [
            *jobs_of(
                self._session,
                self._aheads,
                stored,
                sight,
                ours=self._hostnames,
                is_over=lambda: time.monotonic() > self._deadline,
            )
        ]
        waiting = Counter(urn for job in jobs for urn in job.records)
        self._left = {urn: count for job in jobs for urn, count in job.records.items()}
        lock = threading.Lock()

        def run(job: Job) -> None:
            try:
                job.run()
            except RdnsError as error:
                sight.warn(next(iter(job.records)), f"not looked at: {error}")
            except Exception:
                _log.exception("a look of the preview failed")
                return  # counted among what was not looked at
            with lock:
                waiting.subtract(job.records.keys())
                for urn in job.records:
                    if not waiting[urn]:
                        self._left.pop(urn, None)

        with Workers(SIDE_BY_SIDE) as pool:
            list(pool.map(run, jobs))


def _answer(future: asyncio.Future[None], error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)


async def _known(record: pulumi.CustomResource, inputs: dict[str, Any]) -> dict[str, Any] | None:
    """Return the inputs as they are on the wire; None where one is not known in this preview."""
    props = {}
    for key in inputs:
        output = pulumi.Output.from_input(inputs[key])
        if not await output.is_known():
            return None
        props[record.translate_input_property(key)] = await output.future()
    return {key: value for key, value in props.items() if value is not None}
