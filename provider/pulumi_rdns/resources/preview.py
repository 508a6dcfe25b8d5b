"""In a preview: look at what new and changed PTR records will meet, and warn."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pulumi

from pulumi_rdns.backends.base import Report
from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.lifecycle import ptr
from pulumi_rdns.lifecycle.call import Call
from pulumi_rdns.model.names import DnsName, parse_hostname
from pulumi_rdns.model.terminal_text import escaped_lines
from pulumi_rdns.properties.ptr import PTR
from pulumi_rdns.records.session import Session

#: seconds for all looks of a preview together
BUDGET = 5.0
#: records that are looked at side by side
SIDE_BY_SIDE = 16

_Job = tuple[Callable[[], list[str]], "asyncio.Future[list[str]]"]


class PreviewWarnings:
    """Looks at records side by side, within one budget for the whole preview."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ours: set[DnsName] = set()
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._deadline: float | None = None
        self._watched = 0
        self._missed = 0

    def watch(
        self,
        record: pulumi.CustomResource,
        inputs: dict[str, Any],
        unchanged: pulumi.Output[Any] | None,
        expects_forward: Callable[[], bool],
    ) -> None:
        """Look at a PTR record if it is new or changed; what will fail is a warning on it.

        ``unchanged`` is an output of the record that is no input: a preview knows it only of a
        record that does not change, and None counts as changed. ``expects_forward`` is asked when
        the program has run.
        """
        with contextlib.suppress(InvalidInputError):  # computed, or wrong: then check says so
            self._ours.add(parse_hostname(inputs["hostname"]))
        # an Output, because the program ends only after all of them are there
        looking: Awaitable[Any] = self._watch(record, inputs, unchanged, expects_forward)
        pulumi.Output.from_input(looking)
        self._watched += 1

    async def _watch(
        self,
        record: pulumi.CustomResource,
        inputs: dict[str, Any],
        unchanged: pulumi.Output[Any] | None,
        expects_forward: Callable[[], bool],
    ) -> None:
        try:
            await self._warn(record, inputs, unchanged, expects_forward)
        finally:
            self._watched -= 1
            if not self._watched:
                self._warn_of_missed()

    def _warn_of_missed(self) -> None:
        if self._missed:
            pulumi.log.warn(
                f"{self._missed} new or changed PTR records were not looked at in the "
                f"{BUDGET:g} s that a preview takes for it"
            )
        self._missed = 0

    async def _warn(
        self,
        record: pulumi.CustomResource,
        inputs: dict[str, Any],
        unchanged: pulumi.Output[Any] | None,
        expects_forward: Callable[[], bool],
    ) -> None:
        checked = await _checked(record, inputs)
        if checked is None or (unchanged is not None and await unchanged.is_known()):
            return
        is_new = not await record.id.is_known()
        expected = expects_forward()
        warnings = await self._look(
            lambda: (
                ptr.preview(
                    self._session,
                    Call("", Report()),
                    checked,
                    is_new=is_new,
                    expects_forward=expected,
                    ours=frozenset(self._ours),
                ).warnings
            )
        )
        for warning in warnings:
            pulumi.log.warn(escaped_lines(warning), resource=record)

    async def _look(self, job: Callable[[], list[str]]) -> list[str]:
        if self._deadline is None:
            self._deadline = time.monotonic() + BUDGET
            for _ in range(SIDE_BY_SIDE):
                threading.Thread(target=self._work, daemon=True).start()
        answer: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        self._jobs.put((job, answer))
        try:
            return await asyncio.wait_for(answer, max(0.0, self._deadline - time.monotonic()))
        except TimeoutError:
            self._missed += 1
            return []

    def _work(self) -> None:
        """Answer jobs for ever: a daemon thread, so a slow server never holds up the program."""
        while True:
            job, answer = self._jobs.get()
            if answer.cancelled():
                continue
            warnings = job()
            loop = answer.get_loop()
            if not loop.is_closed():
                loop.call_soon_threadsafe(_answer, answer, warnings)


def _answer(future: asyncio.Future[list[str]], warnings: list[str]) -> None:
    if not future.done():
        future.set_result(warnings)


async def _checked(record: pulumi.CustomResource, inputs: dict[str, Any]) -> dict[str, Any] | None:
    """Return the checked inputs; None where one is not known in this preview, or not right."""
    props = {}
    for key in inputs:
        output = pulumi.Output.from_input(inputs[key])
        if not await output.is_known():
            return None
        props[record.translate_input_property(key)] = await output.future()
    checked = PTR.check(props, pulumi.contains_unknowns)
    return None if checked.findings else checked.inputs
