"""An operation begins every message about it, and ends in time."""

from __future__ import annotations

import threading

import pytest

from pulumi_rdns.backends.base import reporting_to
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.errors import ConflictError, UnavailableError
from tests.backends.heard import Heard
from tests.backends.kit.tools import FakeTime


def operation(time: FakeTime, limit: float = 10.0) -> Operation:
    return Operation("pdns", "write PTR of", "1.2.0.192.in-addr.arpa", time.clock, limit)


def test_an_error_begins_with_what_was_attempted() -> None:
    error = operation(FakeTime()).error(ConflictError, "there is now nothing", "HTTP 409")
    assert isinstance(error, ConflictError)
    assert (
        str(error) == "pdns: write PTR of 1.2.0.192.in-addr.arpa: there is now nothing (HTTP 409)"
    )


def test_an_error_may_be_about_one_subject_of_many() -> None:
    error = operation(FakeTime()).error(ConflictError, "no", subject="9.2.0.192.in-addr.arpa")
    assert str(error) == "pdns: write PTR of 9.2.0.192.in-addr.arpa: no"


def test_what_others_wrote_is_one_line_that_no_terminal_obeys() -> None:
    heard = Heard()
    one = operation(FakeTime())
    error = one.error(ConflictError, "no\n\x1b[2Jerror:", "id\u202e7", subject="a\r")
    assert str(error) == r"pdns: write PTR of a\r: no\n\x1b[2Jerror: (id\u202e7)"
    with reporting_to(heard):
        one.warn("VM \x9bA\n")
        one.pause(1, "waiting for VM \x9bA\n")
    shown = r"VM \x9bA\n"
    assert heard.warnings == [f"pdns: write PTR of 1.2.0.192.in-addr.arpa: {shown}"]
    assert heard.told[-1] == f"waiting for {shown}"


def test_a_pause_is_reported_and_ends_with_the_limit() -> None:
    time, heard = FakeTime(), Heard()
    one = operation(time)
    with reporting_to(heard):
        one.pause(4, "waiting for the VM")
        one.pause(60, "waiting for the VM again")
    assert heard.told == ["waiting for the VM", "waiting for the VM again"]
    assert one.elapsed == pytest.approx(10, abs=0.01)
    assert one.left == 0


def test_a_warning_reads_like_an_error() -> None:
    heard = Heard()
    with reporting_to(heard):
        operation(FakeTime()).warn("the zone does not show it yet")
    assert heard.warnings == [
        "pdns: write PTR of 1.2.0.192.in-addr.arpa: the zone does not show it yet"
    ]


@pytest.mark.parametrize("limit", [10.0, float("inf")])
def test_a_lock_is_held_and_let_go_also_after_an_error(limit: float) -> None:
    lock = threading.Lock()

    def fails() -> None:
        with operation(FakeTime(), limit).holding(lock, "the zone"):
            assert lock.locked()
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert not lock.locked()


def test_a_lock_that_is_not_free_in_time_is_an_error() -> None:
    lock = threading.Lock()
    holding = operation(FakeTime(), limit=0.01).holding(lock, "the zone")
    with lock, pytest.raises(UnavailableError) as caught:
        holding.__enter__()
    assert str(caught.value) == (
        "pdns: write PTR of 1.2.0.192.in-addr.arpa: the zone was busy with other changes for 0 s"
    )
