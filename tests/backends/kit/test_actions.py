"""What takes its time is looked at until it is done, and no longer than allowed."""

from __future__ import annotations

import math

import pytest

from pulumi_rdns.backends.base import reporting_to
from pulumi_rdns.backends.kit.actions import poll
from pulumi_rdns.backends.kit.operation import Operation
from tests.backends.heard import Heard
from tests.backends.kit.tools import FakeTime


def run(
    time: FakeTime, states: list[str], *, within: float = math.inf, limit: float = 100.0
) -> tuple[str, int]:
    """Poll an action of these states, of which the last stays; return the last and the looks."""
    operation = Operation("host", "set the PTR of", "192.0.2.1", time.clock, limit)
    looks = []

    def look() -> str:
        looks.append(time.now())
        return states[min(len(looks), len(states) - 1)]

    def pending(state: str) -> str:
        return "" if state == "done" else f"the action is {state}"

    last = poll(operation, states[0], look, pending, within=within, first=1, longest=4)
    return last, len(looks)


def test_what_is_done_already_is_not_looked_at() -> None:
    time = FakeTime()
    assert run(time, ["done"]) == ("done", 0)
    assert time.now() == 1000


def test_the_pauses_grow_and_what_is_waited_for_is_reported() -> None:
    time, heard = FakeTime(), Heard()
    with reporting_to(heard):
        assert run(time, ["queued", "running", "running", "running", "done"]) == ("done", 4)
    assert time.now() - 1000 == pytest.approx(1 + 2 + 4 + 4, abs=0.01)
    assert heard.told == ["the action is queued", "the action is running"]


@pytest.mark.parametrize(("within", "limit"), [(10.0, 100.0), (math.inf, 10.0)])
def test_what_does_not_end_in_time_is_returned_as_it_is(within: float, limit: float) -> None:
    time = FakeTime()
    last, _ = run(time, ["queued"], within=within, limit=limit)
    assert last == "queued"
    assert 10 <= time.now() - 1000 < 15
