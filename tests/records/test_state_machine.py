"""Random programs, edits by hand and kills, through a model of the engine: nothing is ever lost."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.lifecycle import ptr as life_of_ptr
from pulumi_rdns.lifecycle.call import DiffResult
from pulumi_rdns.records import claimants, ownership
from pulumi_rdns.records.ledger import Claim, Ledger
from pulumi_rdns.records.ownership import Decision, LocatedClaim, OwnRecord
from pulumi_rdns.records.shared_ledger import SharedLedger
from tests.records.engine_model import MACHINE, Resource, Up
from tests.records.engine_oracle import (
    ACCOUNT,
    CLASSLESS,
    NAMES,
    PARENT,
    PLACES,
    BrokenPromiseError,
    Spot,
)
from tests.records.engine_world import Stack, forward, ptr, ptr_set

ADDRESSES = [f"192.0.2.{octet}" for octet in (10, 11)]
HOSTNAMES = [f"{letter}.{NAMES}" for letter in "xyz"]
STRANGERS = ["stranger1.example.net.", "stranger2.example.net."]
A, B, C = (f"192.0.2.{octet}" for octet in (10, 11, 12))
X, Y, Z = HOSTNAMES
RESOURCES = ["a", "b", "c"]

addresses, hostnames, names = map(st.sampled_from, (ADDRESSES, HOSTNAMES, RESOURCES))


def mostly(usual: Any, *others: Any, share: int = 2) -> st.SearchStrategy[Any]:
    """Draw the usual value most of the time: so often as all others ``share`` times."""
    return st.sampled_from([usual] * (share * len(others)) + [*others])


@st.composite
def resources(draw: st.DrawFn) -> Resource:
    backend = draw(mostly("one", "again", "two", "copy", "account", share=3))
    options = {
        "backend": backend,
        "behind": draw(st.sampled_from([None] * 5 + [*RESOURCES, MACHINE, MACHINE, MACHINE])),
        "is_late": draw(st.booleans()),
        "retains": draw(mostly(False, True, share=9)),
        "deletes_first": draw(mostly(False, True, share=9)),
        "onConflict": draw(mostly(None, "overwrite", share=9)),
    }
    options["is_late"] = options["is_late"] and options["behind"] is not None
    kind = draw(st.sampled_from(["ptr", "ptr", "ptr", "set", "set", "forward"]))
    if kind == "forward":
        options["backend"] = "one" if backend == "account" else backend
        return forward(draw(hostnames), draw(addresses), **options)
    options["is_refused"] = draw(mostly(False, True, share=6))
    if backend != "account":
        options["zone"] = draw(mostly(None, PARENT, CLASSLESS))
    if kind == "set":
        found = draw(st.dictionaries(addresses, hostnames, min_size=1, max_size=2))
        return ptr_set(found, **options)
    options["onDelete"] = draw(mostly(None, "restore"))
    return ptr(draw(addresses), draw(hostnames), **options)


ups = st.builds(
    Up,
    continues=st.booleans(),
    machine_fails=st.booleans(),
    is_serial=st.booleans(),
    is_reversed=st.booleans(),
    tells_of_skipped=st.booleans(),
    reads_state=st.booleans(),
    replaces=mostly(None, *RESOURCES),
    killed_in=mostly(None, 0, 1, 2, share=4),
    killed_late=st.booleans(),
)


@st.composite
def spots(draw: st.DrawFn) -> Spot:
    place = draw(mostly("one", *({*PLACES.values()} - {"one"})))
    if place != ACCOUNT and draw(mostly(False, True)):
        return Spot(place, NAMES, f"{draw(hostnames)}.", "A")
    address = draw(addresses)
    if place == ACCOUNT:
        return Spot(place, "", address, "PTR")
    zone = draw(mostly(PARENT, CLASSLESS)) if place == "one" else PARENT
    return Spot(place, zone, f"{address.rpartition('.')[2]}.{zone}.", "PTR")


KEYS = ["address", "hostname", "zone", "backend", "records", "forwardCheck", "behind", "is_late"]
#: name of a method of `Stack`, and its arguments
changes = st.one_of(
    st.tuples(st.just("declare"), names, resources()),
    st.tuples(st.just("declare"), names, resources()),
    st.tuples(st.just("change"), names, st.sampled_from(KEYS), resources()),
    st.tuples(st.just("drop"), names),
    st.tuples(st.just("rename"), names, names),
    st.tuples(st.just("swap"), names, names),
    st.tuples(st.just("put_back"), st.integers(1, 3)),
)


class Life(RuleBasedStateMachine):
    """The life of one stack."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = Stack()

    @initialize(found=st.dictionaries(names, resources(), min_size=2))
    def begin(self, found: dict[str, Resource]) -> None:
        for name, resource in found.items():
            self.stack.declare(name, resource)
        self.stack.up()

    @rule(made=st.lists(changes, min_size=1, max_size=3), how=ups)
    def change(self, made: list[tuple[Any, ...]], how: Up) -> None:
        for name, *arguments in made:
            getattr(self.stack, name)(*arguments)
        self.stack.up(how)

    @rule(made=st.lists(st.tuples(changes, ups), min_size=3, max_size=5))
    def change_on(self, made: list[tuple[tuple[Any, ...], Up]]) -> None:
        for (name, *arguments), how in made:
            getattr(self.stack, name)(*arguments)
            self.stack.up(how)

    @rule(how=ups)
    def up(self, how: Up) -> None:
        self.stack.up(how)

    @rule(spot=spots(), is_added=st.booleans(), stranger=st.sampled_from(STRANGERS))
    def come_by(self, spot: Spot, is_added: bool, stranger: str) -> None:
        value = stranger if spot.kind == "PTR" else f"198.51.100.{len(stranger)}"
        there = self.stack.world.live().get(spot, frozenset())
        is_added = is_added and spot.place != ACCOUNT
        self.stack.by_hand(spot, {*there, value} if is_added else {value})

    @rule(spot=spots())
    def clear(self, spot: Spot) -> None:
        self.stack.by_hand(spot, [])

    def teardown(self) -> None:
        try:
            self.stack.settle()
        finally:
            self.stack.close()


def run(examples: int) -> None:
    """Live many lives."""
    how = settings(
        max_examples=examples,
        stateful_step_count=8,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[*HealthCheck],
        print_blob=False,
    )
    run_state_machine_as_test(Life, settings=how)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write to no disk: nobody pulls the plug here."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def stack() -> Iterator[Stack]:
    stack = Stack()
    yield stack
    stack.close()


def test_nothing_is_lost_in_random_lives() -> None:
    run(80)


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
    "the new zone first": (_deletes_first, a_record_moves_to_another_zone),
}


@pytest.mark.parametrize("scenario", {scenario for _, scenario in TAKEN_OUT.values()})
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


def test_an_address_stays_for_a_forward_record_that_is_known_late(stack: Stack) -> None:
    stack.declare("first", forward(X, B))
    assert stack.up().is_success
    stack.declare("first", forward(X, A))
    stack.declare("second", forward(X, B, behind=MACHINE, is_late=True))
    stack.up(Up(machine_fails=True))


def test_a_set_whose_delete_failed_in_part_is_put_back(stack: Stack) -> None:
    stack.declare("set", ptr_set({A: X, B: X}))
    assert stack.up().is_success
    stack.drop("set")
    stack.declare("new", ptr(A, Y, is_refused=True))
    assert not stack.up(Up(continues=True)).is_success
    stack.put_back(2)
    stack.up()
