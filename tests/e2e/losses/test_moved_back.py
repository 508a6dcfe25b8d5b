"""Loss 4: who lets go of a record that a declared resource wrote before writes its value back."""

from __future__ import annotations

import pytest

from ..harness import Project, declare, ptr
from ..many_records import many
from ..worlds import World
from .oracle import Oracle

A, B, C = (f"{letter}.example.com" for letter in "abc")
STRANGER = "somebody.else.example.net"
ON = "--continue-on-error"

#: what takes over the address with another name
TAKERS = {
    "record": lambda x: ptr("b", x, B),
    "set": lambda x: many("b", {x: B}),
    "host": lambda x: declare(
        "ForwardConfirmedHost", "b", hostname=B, addresses=[x], manage_forward=False
    ),
}


@pytest.mark.parametrize(
    ("taker", "kind"),
    [*((taker, "zonefile") for taker in TAKERS), ("record", "bind"), ("record", "hostinger")],
)
def test_a_record_that_was_lent_has_its_value_back_when_the_program_is_put_back(
    project: Project, world: World, taker: str, kind: str
) -> None:
    x, y, *_ = world.addresses
    world.set_ptr(y, [STRANGER])
    oracle = Oracle(project, world)
    oracle.program(ptr("a", x, A), ptrs={x: A})
    oracle.up(fails=False)
    oracle.program(ptr("a", y, A), TAKERS[taker](x), ptrs={y: A, x: B})
    oracle.up(ON, fails=True)
    assert (world.ptr(x), world.ptr(y)) == ([B], [STRANGER])
    oracle.program(ptr("a", x, A), ptrs={x: A})
    oracle.up(fails=False)
    assert world.ptr(x) == [A]
    oracle.destroy(fails=False)
    assert (world.ptr(x), world.ptr(y)) == ([], [STRANGER])


@pytest.mark.parametrize("taker", TAKERS)
def test_a_record_of_a_set_that_was_lent_has_its_value_back_when_the_program_is_put_back(
    project: Project, world: World, other: World, taker: str
) -> None:
    x, y, *_ = world.addresses
    other.set_ptr(x, [STRANGER])
    other.set_ptr(y, [STRANGER])
    oracle = Oracle(project, world, other)
    oracle.program(many("a", {x: A, y: C}), ptrs={x: A, y: C})
    oracle.up(fails=False)
    # It moves to another server, and is refused there.
    moved = many("a", {x: A, y: C}, backend=other.instance)
    oracle.program(moved, TAKERS[taker](x), ptrs={x: B, y: C})
    oracle.up(ON, fails=True)
    assert world.ptr(x) == [B]
    oracle.program(many("a", {x: A, y: C}), ptrs={x: A, y: C})
    oracle.up(fails=False)
    assert world.ptr(x) == [A]
