"""The pauses between two looks, and the clock that counts while somebody waits."""

from __future__ import annotations

import itertools

import pytest

from pulumi_rdns.records.pauses import FIRST, LONGEST, Stopwatch, pauses


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


class TestPauses:
    """How long it is between two looks."""

    def test_each_is_longer_than_the_last_and_none_is_too_long(self) -> None:
        found = list(itertools.islice(pauses(), 100))
        growing = [pause for pause in found if pause < 0.8 * LONGEST]
        assert growing == sorted(growing)
        assert len(growing) > 5
        assert 0.8 * FIRST <= found[0] <= 1.2 * FIRST
        assert all(0.8 * LONGEST <= pause <= 1.2 * LONGEST for pause in found[10:])

    def test_many_that_wait_do_not_ask_in_step(self) -> None:
        assert len({next(pauses()) for _ in range(50)}) > 1


class TestStopwatch:
    """The seconds in which at least one waits."""

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    def test_it_counts_while_the_block_runs(self, clock: Clock) -> None:
        with Stopwatch(clock).waiting() as seconds:
            assert seconds() == 0
            clock.time += 7
            assert seconds() == 7

    def test_it_stands_still_while_nobody_waits(self, clock: Clock) -> None:
        stopwatch = Stopwatch(clock)
        with stopwatch.waiting():
            clock.time += 7
        clock.time += 600
        with stopwatch.waiting() as seconds:
            assert seconds() == 7
            clock.time += 3
            assert seconds() == 10

    def test_who_waits_side_by_side_is_counted_once(self, clock: Clock) -> None:
        stopwatch = Stopwatch(clock)
        with stopwatch.waiting() as first:
            clock.time += 1
            with stopwatch.waiting() as second:
                clock.time += 2
                assert first() == second() == 3
            clock.time += 4
            assert first() == 7
        with stopwatch.waiting() as third:
            assert third() == 7

    def test_who_comes_before_the_other_has_ended_goes_on_with_the_same_clock(
        self, clock: Clock
    ) -> None:
        """The blocks overlap, as those of two threads do, and neither is inside the other."""
        stopwatch = Stopwatch(clock)
        one, other = stopwatch.waiting(), stopwatch.waiting()
        one.__enter__()
        clock.time += 1
        seconds = other.__enter__()
        clock.time += 2
        one.__exit__(None, None, None)
        clock.time += 4
        assert seconds() == 7
        other.__exit__(None, None, None)
        clock.time += 600
        with stopwatch.waiting() as later:
            assert later() == 7

    def test_a_wait_that_ends_with_an_error_has_ended(self, clock: Clock) -> None:
        stopwatch = Stopwatch(clock)

        def fail() -> None:
            with stopwatch.waiting():
                clock.time += 5
                raise TimeoutError

        with pytest.raises(TimeoutError):
            fail()
        clock.time += 600
        with stopwatch.waiting() as seconds:
            assert seconds() == 5
