"""Lives that once lost a record, and each cure taken out: the model of the engine misses it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.lifecycle import ptr as life_of_ptr
from pulumi_rdns.lifecycle.call import DiffResult
from pulumi_rdns.records import claimants, ownership
from pulumi_rdns.records.claims import Claim
from pulumi_rdns.records.ledger import Ledger
from pulumi_rdns.records.ownership import Decision, LocatedClaim, OwnRecord
from pulumi_rdns.records.shared_ledger import SharedLedger
from tests.records.engine_oracle import (
    CLASSLESS,
    NAMES,
    PARENT,
    BrokenPromiseError,
    Spot,
)
from tests.records.engine_program import MACHINE, Resource, Up
from tests.records.engine_world import Stack, forward, ptr, ptr_set

A, B, C = (f"192.0.2.{octet}" for octet in (10, 11, 12))
X, Y, Z = (f"{letter}.{NAMES}" for letter in "xyz")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write to no disk: nobody pulls the plug here."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def stack() -> Iterator[Stack]:
    stack = Stack()
    yield stack
    stack.close()


def _spot(address: str, zone: str = PARENT) -> Spot:
    return Spot("one", zone, f"{address.rpartition('.')[2]}.{zone}.", "PTR")


def a_set_gives_an_address_to_a_record_behind_a_failure(stack: Stack) -> None:
    stack.declare("set", ptr_set({A: X, B: X}))
    assert stack.up().is_success
    stack.declare("new", ptr(A, Y, behind=MACHINE))
    assert not stack.up(Up(machine_fails=True)).is_success
    assert stack.up().is_success
    stack.settle()


def a_set_gives_an_address_to_a_record_whose_own_is_known_late(stack: Stack) -> None:
    stack.declare("set", ptr_set({A: X, B: X}))
    assert stack.up().is_success
    stack.declare("new", ptr(A, Y, behind=MACHINE, is_late=True))
    assert not stack.up(Up(machine_fails=True)).is_success
    assert stack.up().is_success
    stack.settle()


def a_renamed_record_is_refused(stack: Stack) -> None:
    stack.declare("old", ptr(A, X))
    assert stack.up().is_success
    stack.rename("old", "new")
    stack.declare("new", ptr(A, Y, is_refused=True))
    assert not stack.up(Up(continues=True)).is_success
    stack.drop("new")
    assert stack.up().is_success
    assert not stack.world.live().get(_spot(A))


def a_record_is_lent_and_comes_back(stack: Stack) -> None:
    stack.by_hand(_spot(C), ["stranger.example.net."])
    stack.declare("first", ptr(B, X))
    assert stack.up().is_success
    stack.declare("first", ptr(C, X))
    stack.declare("second", ptr(B, Y))
    assert not stack.up(Up(continues=True, is_reversed=True)).is_success
    stack.put_back(2)
    assert stack.up().is_success
    stack.settle()


def a_record_moves_to_another_zone(stack: Stack) -> None:
    stack.declare("record", ptr(A, X))
    assert stack.up().is_success
    stack.declare("record", ptr(A, X, zone=CLASSLESS))
    stack.up()
    stack.settle()
    stack.declare("record", ptr(A, X, zone=PARENT))
    stack.up()
    stack.settle()


def a_record_is_renamed(stack: Stack) -> None:
    stack.declare("old", ptr(A, X))
    assert stack.up().is_success
    stack.rename("old", "new")
    assert stack.up().is_success
    stack.settle()


def a_run_is_killed_in_a_delete_and_the_program_is_put_back(stack: Stack) -> None:
    stack.declare("record", ptr(A, X))
    assert stack.up().is_success
    stack.drop("record")
    assert stack.up(Up(killed_in=0, killed_late=True)).was_killed
    stack.put_back(2)
    assert stack.up().is_success
    stack.settle()


def a_record_that_restores_takes_an_address_of_a_set(stack: Stack) -> None:
    stack.declare("set", ptr_set({A: Y, B: Z}))
    assert stack.up().is_success
    stack.declare("record", ptr(A, X, onDelete="restore"))
    assert stack.up().is_success
    stack.drop("record")
    stack.settle()


def a_record_that_restores_adopts_what_a_set_wrote(stack: Stack) -> None:
    stack.declare("set", ptr_set({A: X, B: Z}))
    assert stack.up().is_success
    stack.declare("record", ptr(A, X, onDelete="restore"))
    assert stack.up().is_success
    stack.drop("record")
    stack.settle()
    assert not stack.world.live().get(_spot(A))


def a_set_exchanges_all_its_records_and_is_put_back(stack: Stack) -> None:
    stack.declare("set", ptr_set({A: X}))
    assert stack.up().is_success
    stack.declare("set", ptr_set({B: Z}, is_refused=True))
    assert not stack.up().is_success
    stack.put_back(2)
    assert stack.up().is_success


def a_record_is_deleted_first_and_its_successor_is_refused(stack: Stack) -> None:
    stack.declare("record", ptr(A, X, deletes_first=True))
    assert stack.up().is_success
    stack.declare("record", ptr(A, Y, "again", deletes_first=True, is_refused=True))
    assert not stack.up().is_success
    stack.declare("record", ptr(A, Y, "again", deletes_first=True))
    if not stack.up(Up(reads_state=False)).is_success:
        raise BrokenPromiseError("what this stack wrote is taken for a stranger's")


def a_set_that_keeps_an_address_for_another_resource_is_gone_but_for_that(stack: Stack) -> None:
    stack.declare("set", ptr_set({A: X, B: X}))
    assert stack.up().is_success
    stack.declare("record", ptr(A, Y, is_refused=True))
    assert not stack.up().is_success
    stack.by_hand(_spot(B), [])
    stack.refresh()


_Change = Callable[[pytest.MonkeyPatch], None]
_Scenario = Callable[[Stack], None]


def _decides_without(ignored: Callable[[OwnRecord, Claim], bool]) -> _Change:
    """Let no delete know of some of the claims."""

    def change(monkeypatch: pytest.MonkeyPatch) -> None:
        decide = ownership.decide_delete

        def changed(
            record: OwnRecord,
            claims: Sequence[LocatedClaim],
            live: LiveRecord,
            trouble: str | None = None,
        ) -> Decision:
            left = [one for one in claims if not ignored(record, one.claim)]
            return decide(record, left, live, trouble)

        monkeypatch.setattr(claimants, "decide_delete", changed)

    return change


def _expects_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ledger, "expect", lambda *_: None)


def _knows_of_no_kill(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SharedLedger, "was_interrupted", lambda *_: False)


def _hands_nothing_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SharedLedger, "hand_over", lambda *_: None)


def _deletes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    diff = life_of_ptr.diff

    def changed(*arguments: Any) -> DiffResult:
        found = diff(*arguments)
        return found._replace(delete_before_replace="zone" in found.changes)

    monkeypatch.setattr(life_of_ptr, "diff", changed)


#: a cure that is taken out, and a life in which that loses a record
TAKEN_OUT: dict[str, tuple[_Change, _Scenario]] = {
    "claims that are pending": (
        _decides_without(lambda _, claim: claim.is_pending),
        a_set_gives_an_address_to_a_record_behind_a_failure,
    ),
    "what the program tells before the engine": (
        _expects_nothing,
        a_set_gives_an_address_to_a_record_whose_own_is_known_late,
    ),
    "claims that have failed": (
        _decides_without(lambda _, claim: claim.has_failed),
        a_renamed_record_is_refused,
    ),
    "the value that was lent": (
        _decides_without(
            lambda record, claim: claim.written is not None and claim.written.value != record.value
        ),
        a_record_is_lent_and_comes_back,
    ),
    "claims that are fulfilled": (
        _decides_without(lambda _, claim: claim.written is not None),
        a_record_is_renamed,
    ),
    "what a killed run has left": (
        _knows_of_no_kill,
        a_run_is_killed_in_a_delete_and_the_program_is_put_back,
    ),
    "what a record left to its successor": (
        _hands_nothing_over,
        a_record_is_deleted_first_and_its_successor_is_refused,
    ),
    "the new zone first": (_deletes_first, a_record_moves_to_another_zone),
}


OTHERS: list[_Scenario] = [
    a_record_that_restores_takes_an_address_of_a_set,
    a_record_that_restores_adopts_what_a_set_wrote,
    a_set_exchanges_all_its_records_and_is_put_back,
    a_set_that_keeps_an_address_for_another_resource_is_gone_but_for_that,
]


@pytest.mark.parametrize(
    "scenario", [*dict.fromkeys(one for _, one in TAKEN_OUT.values()), *OTHERS]
)
def test_nothing_is_lost_in_a_life_that_once_lost_a_record(
    stack: Stack, scenario: _Scenario
) -> None:
    scenario(stack)


@pytest.mark.parametrize("cure", TAKEN_OUT)
def test_a_cure_that_is_taken_out_is_missed(
    stack: Stack, cure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, scenario = TAKEN_OUT[cure]
    change(monkeypatch)
    with pytest.raises(BrokenPromiseError):
        scenario(stack)


@pytest.mark.parametrize("more", [{"behind": MACHINE}, {"onConflict": "fail"}])
def test_an_address_stays_for_a_forward_record_that_is_still_to_be_updated(
    stack: Stack, more: dict[str, Any]
) -> None:
    stack.declare("first", forward(X, A))
    stack.declare("second", forward(X, B))
    assert stack.up().is_success
    if "behind" not in more:
        there = stack.world.live()[_forward_spot(X)]
        stack.by_hand(_forward_spot(X), {*there, "198.51.100.1"})
    stack.drop("second")
    stack.declare("first", forward(X, B, **more))
    assert not stack.up(Up(continues=True, machine_fails=True)).is_success
    assert B in stack.world.live()[_forward_spot(X)]


def _forward_spot(hostname: str) -> Spot:
    return Spot("one", NAMES, f"{hostname}.", "A")


@pytest.mark.parametrize("is_late", [True, False])
def test_an_address_stays_in_the_state_for_a_forward_record_that_is_still_to_come(
    stack: Stack, is_late: bool
) -> None:
    stack.declare("first", forward(X, B))
    assert stack.up().is_success
    stack.declare("first", forward(X, A))
    stack.declare("second", forward(X, B, behind=MACHINE, is_late=is_late))
    assert not stack.up(Up(machine_fails=True)).is_success
    stack.settle()


def test_two_forward_records_exchange_their_addresses_and_one_fails(stack: Stack) -> None:
    stack.declare("first", forward(X, A))
    stack.declare("second", forward(X, B))
    assert stack.up().is_success
    stack.declare("first", forward(X, B))
    stack.declare("second", forward(X, A, behind=MACHINE))
    assert not stack.up(Up(machine_fails=True)).is_success
    stack.settle()
    assert stack.world.live()[_forward_spot(X)] == {A, B}


def test_a_set_whose_delete_failed_in_part_is_put_back(stack: Stack) -> None:
    stack.declare("set", ptr_set({A: X, B: X}))
    assert stack.up().is_success
    stack.drop("set")
    stack.declare("new", ptr(A, Y, is_refused=True))
    assert not stack.up(Up(continues=True)).is_success
    stack.put_back(2)
    stack.up()


def test_who_declares_a_record_that_a_hand_took_does_not_keep_that_of_another_server(
    stack: Stack,
) -> None:
    stack.declare("here", ptr(A, X))
    stack.declare("there", ptr(A, X, "two"))
    assert stack.up().is_success
    stack.by_hand(_spot(A), [])
    stack.drop("there")
    assert stack.up().is_success
    assert not stack.world.live()


def test_what_a_record_left_to_its_successor_is_known_when_that_goes_elsewhere_and_comes_back(
    stack: Stack,
) -> None:
    stack.declare("it", ptr(A, X, deletes_first=True))
    assert stack.up().is_success
    stack.declare("it", ptr(A, Y, deletes_first=True, is_refused=True))
    assert not stack.up(Up(replaces="it")).is_success
    stack.declare("it", ptr(A, X, "two"))
    (warning,) = stack.up().warnings
    assert "deleted to be recreated, but the create did not succeed" in warning
    assert stack.up().warnings == []
    stack.declare("it", ptr(A, X))
    assert stack.up().is_success
    stack.drop("it")
    assert stack.up().is_success
    assert not stack.world.live()


@pytest.mark.parametrize(
    ("declared", "how"),
    [
        (ptr(A, X, "two", behind=MACHINE), Up(continues=True, machine_fails=True)),
        (ptr(A, X, "two", deletes_first=True), Up(continues=True)),
        (ptr_set({A: X}, "two", deletes_first=True), Up(continues=True)),
    ],
)
def test_what_was_replaced_stays_in_the_state_when_its_resource_comes_back_and_cannot_be_created(
    stack: Stack, declared: Resource, how: Up
) -> None:
    plain = declared._replace(behind=None, deletes_first=False)
    stack.declare("it", plain)
    assert stack.up().is_success
    stack.declare("it", plain._replace(inputs={**plain.inputs, "backend": "one"}))
    assert stack.up(Up(killed_in=1)).was_killed
    stack.declare("it", declared)
    assert not stack.up(how).is_success
    stack.declare("it", plain)
    stack.settle()
    assert [spot.place for spot in stack.world.live()] == ["two"]


@pytest.mark.parametrize(
    "declared", [ptr(A, X, deletes_first=True), ptr_set({A: X}, deletes_first=True)]
)
def test_a_record_that_is_deleted_first_stays_where_its_successor_goes_to_another_zone(
    stack: Stack, declared: Resource
) -> None:
    stack.declare("it", declared._replace(inputs={**declared.inputs, "zone": CLASSLESS}))
    assert stack.up().is_success
    # Without the name of its zone, it is looked for, and found in the parent.
    again = declared._replace(inputs={**declared.inputs, "backend": "again"})
    stack.declare("it", again)
    stack.up(Up(continues=True))
    stack.settle()
    stack.drop("it")
    stack.up(Up(continues=True))
    assert not stack.world.live()


def test_what_a_record_remembers_survives_a_run_that_was_killed_in_a_rename(stack: Stack) -> None:
    stack.declare("first", ptr(A, X))
    assert stack.up().is_success
    stack.rename("first", "second")
    stack.declare("second", ptr(A, X, onDelete="restore"))
    assert stack.up(Up(killed_in=0, killed_late=True)).was_killed
    assert stack.up().is_success
    stack.drop("second")
    assert stack.up().is_success
    assert not stack.world.live()
