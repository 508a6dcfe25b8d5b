"""One pause for all threads while an API wants no requests."""

from __future__ import annotations

import pytest

from pulumi_rdns.backends.kit.ratelimit import LONGEST_PAUSE, RateGate
from tests.backends.kit.tools import FakeTime


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def gate(time: FakeTime) -> RateGate:
    return RateGate(time.clock)


def test_a_gate_is_open_at_first(gate: RateGate) -> None:
    assert gate.remaining == 0


@pytest.mark.parametrize(("asked", "pause"), [(7.0, 7.0), (0.0, 1.0)])
def test_it_is_closed_for_as_long_as_the_api_says_and_at_least_a_second(
    gate: RateGate, time: FakeTime, asked: float, pause: float
) -> None:
    gate.close(time.now(), asked)
    assert gate.remaining == pause
    time.sleep(pause)
    assert gate.remaining == 0


def test_without_a_word_of_the_api_the_pause_doubles_with_each_round(
    gate: RateGate, time: FakeTime
) -> None:
    for longest in (2.0, 4.0, 8.0, 16.0, 32.0, LONGEST_PAUSE, LONGEST_PAUSE):
        gate.close(time.now(), None)
        assert 0.75 * longest <= gate.remaining <= longest
        time.sleep(gate.remaining)


def test_refusals_of_requests_on_their_way_are_one_round(gate: RateGate, time: FakeTime) -> None:
    sent = time.now()
    gate.close(sent, None)
    closed = gate.remaining
    for _ in range(4):
        gate.close(sent, None)
    assert gate.remaining == closed


def test_a_shorter_pause_does_not_open_it_earlier(gate: RateGate, time: FakeTime) -> None:
    gate.close(time.now(), 30.0)
    gate.close(time.now(), 2.0)
    assert gate.remaining == 30


def test_after_a_success_the_next_refusal_begins_with_a_short_pause(
    gate: RateGate, time: FakeTime
) -> None:
    early = time.now()
    for _ in range(3):
        gate.close(time.now(), None)
        time.sleep(gate.remaining)
    gate.passed(early)  # was on its way when the gate closed: tells nothing
    gate.close(time.now(), None)
    assert gate.remaining > 8
    time.sleep(gate.remaining)
    gate.passed(time.now())
    gate.close(time.now(), None)
    assert gate.remaining <= 2
