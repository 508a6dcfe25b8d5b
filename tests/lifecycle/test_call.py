"""A call of the engine: how it pauses, and what is said without one."""

from __future__ import annotations

import threading
import time

import pytest

from pulumi_rdns.backends.base import Report
from pulumi_rdns.errors import RdnsError
from pulumi_rdns.lifecycle.call import Call, PartlyDoneError, Stored

#: seconds that a pause would take if nothing ended it
LONG = 60.0
#: seconds that a machine under load may take for nothing
MOMENT = 10.0


def paused(call: Call, seconds: float) -> tuple[bool, float]:
    """Pause; return whether the call goes on, and the seconds that it took."""
    since = time.monotonic()
    goes_on = call.pause(seconds)
    return goes_on, time.monotonic() - since


def test_a_pause_takes_its_time_and_the_call_goes_on() -> None:
    goes_on, took = paused(Call("urn", Report()), 0.05)
    assert goes_on
    assert took >= 0.05


def test_a_cancelled_call_does_not_pause() -> None:
    call = Call("urn", Report())
    call.cancelled.set()
    goes_on, took = paused(call, LONG)
    assert not goes_on
    assert took < MOMENT


def test_a_pause_ends_when_the_call_is_cancelled() -> None:
    call = Call("urn", Report())
    timer = threading.Timer(0.1, call.cancelled.set)
    timer.start()
    goes_on, took = paused(call, LONG)
    timer.join()
    assert not goes_on
    assert took < MOMENT


def test_a_pause_ends_at_the_deadline() -> None:
    goes_on, took = paused(Call("urn", Report(), deadline=time.monotonic() + 0.1), LONG)
    assert not goes_on
    assert 0.05 < took < MOMENT


def test_after_the_deadline_there_is_no_pause() -> None:
    goes_on, took = paused(Call("urn", Report(), deadline=time.monotonic() - 1), LONG)
    assert not goes_on
    assert took < MOMENT


def test_a_deadline_that_is_later_does_not_end_the_pause() -> None:
    goes_on, _ = paused(Call("urn", Report(), deadline=time.monotonic() + LONG), 0.01)
    assert goes_on


@pytest.mark.parametrize("value", [None, "text", ["text"]])
def test_everything_is_known_where_a_front_end_does_not_say(value: object) -> None:
    assert not Call("urn", Report()).is_unknown(value)


def test_two_calls_are_not_cancelled_together() -> None:
    one, other = Call("one", Report()), Call("other", Report())
    one.cancelled.set()
    assert not other.cancelled.is_set()


def test_a_failure_in_part_says_what_failed_and_what_is_to_be_stored() -> None:
    stored = Stored("id", {}, {}, frozenset())
    failed = PartlyDoneError(RdnsError("one of two failed"), stored)
    assert str(failed) == "one of two failed"
    assert failed.stored is stored
