"""``ptr_timeout``: what was written is waited for, and never failed for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pulumi_rdns.model.addresses import Address, parse_address
from pulumi_rdns.model.specs import PtrPolicies, PtrSpec
from pulumi_rdns.records.ptr_wait import await_served
from pulumi_rdns.resolve.forward import PtrAnswer
from pulumi_rdns.resolve.verdicts import Status
from tests.backends.heard import Cancelled, Heard
from tests.records.conftest import name


def wait(
    answers: Sequence[PtrAnswer],
    timeout: float,
    heard: Heard,
    propagated: Callable[[Address, float], bool] = lambda address, seconds: False,
) -> int:
    """Wait with answers that come one after the other; returns how many are left."""
    left = list(answers)
    wanted = PtrSpec(
        backend="memory",
        address=parse_address("192.0.2.10"),
        hostname=name("mail.example.com"),
        policies=PtrPolicies(ptr_timeout=timeout),
    )
    heard.sleep = lambda _: None
    await_served(lambda _: left.pop(0), wanted, heard, propagated)
    return len(left)


def answer(status: Status, *hostnames: str) -> PtrAnswer:
    return PtrAnswer(status, f"servers: {status}", (), tuple(map(name, hostnames)))


NOT_YET = answer(Status.NONE)
SERVED = answer(Status.FOUND, "mail.example.com")


def test_it_ends_when_all_servers_have_it(heard: Heard) -> None:
    answers = [
        NOT_YET,
        answer(Status.DISAGREE, "mail.example.com"),
        answer(Status.FOUND, "old.example.com"),
        SERVED,
    ]
    assert wait(answers, 60, heard) == 0
    assert heard.warnings == []
    assert heard.told[0] == f"waiting for the PTR: {NOT_YET.detail}, asking again, 0 s of 60 s"


def test_what_is_served_at_once_is_not_waited_for(heard: Heard) -> None:
    assert wait([SERVED, NOT_YET], 60, heard) == 1
    assert (heard.told, heard.warnings) == ([], [])


def test_not_in_time_is_a_warning(heard: Heard) -> None:
    assert wait([NOT_YET, SERVED], 0, heard) == 1
    assert heard.warnings == [
        "the PTR of 192.0.2.10 was written, but its servers do not all serve mail.example.com "
        f"after 0 s: {NOT_YET.detail}"
    ]


def test_a_wait_that_was_cancelled_ends_with_the_warning() -> None:
    heard = Cancelled()
    assert wait([NOT_YET, SERVED], 60, heard) == 1
    assert "was written, but its servers do not all serve" in heard.warnings[0]


def test_the_vendors_word_comes_first_and_may_do_alone(heard: Heard) -> None:
    told: list[tuple[str, float]] = []

    def propagated(address: Address, seconds: float) -> bool:
        told.append((str(address), seconds))
        return len(told) == 2

    assert wait([SERVED], 60, heard, propagated) == 0
    assert wait([SERVED], 60, heard, propagated) == 1
    assert told == [("192.0.2.10", 60)] * 2
