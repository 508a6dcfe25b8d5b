"""What never returns has an end."""

from __future__ import annotations

import threading

import pytest

from pulumi_rdns.backends.base import report_progress, reporting_to
from pulumi_rdns.backends.kit.answers import Loss, UnansweredError
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.octodns.bounded import bounded
from tests.backends.heard import Heard


def operation(limit: float) -> Operation:
    return Operation("octo", "read PTR of", "10.2.0.192.in-addr.arpa", limit=limit)


def test_what_comes_in_time_is_returned_or_raised() -> None:
    assert bounded(operation(60), lambda: 7) == 7
    assert bounded(Operation("octo", "read", "it"), lambda: 8) == 8
    with pytest.raises(TimeoutError, match="its own"):
        bounded(operation(60), lambda: (_ for _ in ()).throw(TimeoutError("its own")))


def test_it_is_done_in_the_context_of_who_asked() -> None:
    heard = Heard()
    with reporting_to(heard):
        bounded(operation(60), lambda: report_progress("waiting"))
    assert heard.told == ["waiting"]


def test_what_does_not_come_is_an_error_that_says_that_nobody_knows() -> None:
    hangs, ended = threading.Event(), threading.Event()

    def act() -> None:
        hangs.wait()
        ended.set()

    with pytest.raises(UnansweredError) as caught:
        bounded(operation(0.05), act, grace=0.0)
    assert caught.value.loss is Loss.TIMEOUT
    assert str(caught.value) == (
        "octo: read PTR of 10.2.0.192.in-addr.arpa: the provider gave no answer within 0.05 s; "
        "whether it changes anything later is not known, and the next run finds out"
    )
    hangs.set()
    assert ended.wait(10)
