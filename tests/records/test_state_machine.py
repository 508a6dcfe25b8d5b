"""Random programs, edits by hand and kills, through a model of the engine: nothing is ever lost."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.records.engine_oracle import (
    ACCOUNT,
    CLASSLESS,
    NAMES,
    PARENT,
    PLACES,
    Spot,
)
from tests.records.engine_program import MACHINE, Resource, Up
from tests.records.engine_world import Stack, forward, ptr, ptr_set

ADDRESSES = [f"192.0.2.{octet}" for octet in (10, 11)]
HOSTNAMES = [f"{letter}.{NAMES}" for letter in "xyz"]
STRANGERS = ["stranger1.example.net.", "stranger2.example.net."]
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
    # Where it cannot be read, an up forgets what is remembered, and says so.
    reads_state=st.just(True),
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
    st.tuples(st.just("alias"), names, names),
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

    @rule()
    def refresh(self) -> None:
        self.stack.refresh()

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
        phases=(Phase.generate,),
        suppress_health_check=[*HealthCheck],
        print_blob=False,
    )
    # Other seeds still find what is open: lives with delete_before_replace that go back and forth.
    run_state_machine_as_test(seed(1201)(Life), settings=how)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write to no disk: nobody pulls the plug here."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def test_nothing_is_lost_in_random_lives() -> None:
    run(80)
