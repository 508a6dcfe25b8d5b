"""Loss 5: with `--continue-on-error`, what is kept for a pending owner stays in the state.

The engine deletes although something failed. The delete sees that the program declares the record
elsewhere and leaves it; when its new owner was not even begun, nobody has it in a state any more.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ..harness import Project, forward, ptr
from ..many_records import many
from ..worlds import World
from .oracle import Oracle

A, B, C, D = (f"{letter}.example.com" for letter in "abcd")
STRANGER = "somebody.else.example.net"
ON = "--continue-on-error"
BEHIND = "depends_on=[refused]"

#: what has the record A of an address, and what comes in its place
GIVERS: dict[str, Callable[[str], tuple[str, str]]] = {
    "record": lambda x: (ptr("old", x, A), ""),
    "moved record": lambda x: (ptr("old", x, A), ptr("old", x.replace(".10", ".15"), A)),
    "set": lambda x: (many("old", {x: A}), ""),
}
TAKERS: dict[str, Callable[..., str]] = {
    "record": lambda x, **more: ptr("new", x, A, **more),
    "set": lambda x, **more: many("new", {x: A}, **more),
}


@pytest.mark.parametrize(
    ("giver", "taker", "kind", "then"),
    [
        ("record", "record", "zonefile", "mended"),
        ("record", "record", "zonefile", "taken out"),
        ("record", "set", "zonefile", "mended"),
        ("record", "set", "zonefile", "taken out"),
        ("set", "record", "zonefile", "mended"),
        ("set", "record", "zonefile", "taken out"),
        ("set", "set", "zonefile", "mended"),
        ("moved record", "record", "zonefile", "mended"),
        ("moved record", "record", "zonefile", "taken out"),
        ("record", "record", "bind", "mended"),
        ("set", "record", "powerdns", "mended"),
        ("record", "set", "hostinger", "mended"),
    ],
)
def test_what_the_old_owner_leaves_for_one_that_was_not_begun_stays_in_the_state(
    project: Project, world: World, giver: str, taker: str, then: str, kind: str
) -> None:
    x, _, z, *_ = world.addresses
    world.set_ptr(z, [STRANGER])
    before, after = GIVERS[giver](x)
    oracle = Oracle(project, world)
    oracle.program(before, ptrs={x: A})
    oracle.up(fails=False)
    moved = {x.replace(".10", ".15"): A} if after else {}
    refused = f"refused = {ptr('refused', z, D)}"
    oracle.program(refused, after, TAKERS[taker](x, opts=BEHIND), ptrs={x: A, z: D, **moved})
    oracle.up(ON, fails=True)
    assert world.ptr(x) == [A]
    if then == "mended":
        oracle.by_hand(world, z, [])
        oracle.up(fails=False)
        oracle.up(fails=False)
    else:
        oracle.program(after, ptrs=moved)
        oracle.up(fails=False)
        assert world.ptr(x) == []
    oracle.destroy(fails=False)


def test_an_address_of_a_hostname_that_is_left_for_one_not_begun_stays_in_the_state(
    project: Project, world: World
) -> None:
    x, _, z, *_ = world.addresses
    world.set_ptr(z, [STRANGER])
    oracle = Oracle(project, world)
    oracle.program(forward("old", A, x), forwards={A: [x]})
    oracle.up(fails=False)
    oracle.program(
        f"refused = {ptr('refused', z, D)}",
        forward("new", A, x, opts=BEHIND),
        forwards={A: [x]},
        ptrs={z: D},
    )
    oracle.up(ON, fails=True)
    oracle.program("", forwards={})
    oracle.up(fails=False)
    assert world.forward(A, "A") == []


@pytest.mark.parametrize(
    ("giver", "taker", "kind"),
    [
        ("record", "record", "zonefile"),
        ("record", "set", "zonefile"),
        ("set", "record", "zonefile"),
        ("set", "set", "zonefile"),
        ("record", "record", "bind"),
        ("record", "record", "hostinger"),
    ],
)
def test_what_the_old_owner_leaves_for_one_that_was_refused_stays_in_the_state(
    project: Project, world: World, giver: str, taker: str, kind: str
) -> None:
    x, *_ = world.addresses
    before, after = GIVERS[giver](x)
    strict = {"forward_check": "strict", "forward_timeout": 0}
    oracle = Oracle(project, world)
    oracle.program(before, ptrs={x: A})
    oracle.up(fails=False)
    new = ptr("new", x, C, **strict) if taker == "record" else many("new", {x: C}, **strict)
    oracle.program(after, new, ptrs={x: C})
    oracle.up(ON, fails=True)
    assert world.ptr(x) == [A]
    oracle.program("")
    oracle.up(fails=False)
    assert world.ptr(x) == []


def test_a_forward_record_that_is_left_for_one_that_was_refused_stays_in_the_state(
    project: Project, world: World
) -> None:
    """The new one may not share the name with a stranger's address, which was added since."""
    x, y, *_ = world.addresses
    oracle = Oracle(project, world)
    oracle.program(forward("old", A, x), forwards={A: [x]})
    oracle.up(fails=False)
    oracle.add_address(world, A, y)
    oracle.program(forward("new", A, x), forwards={A: [x]})
    oracle.up(ON, fails=True)
    oracle.program("", forwards={})
    oracle.up(fails=False)
    assert world.forward(A, "A") == [y]
