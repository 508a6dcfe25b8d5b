"""Loss 2: an address that passes to another resource stays live until that one has it.

The program knows its new owner; the provider may not have heard of it when the old owner would
let go: it waits for something that fails, or for an address that is known late.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ..harness import Project, declare, ptr
from ..many_records import many
from ..worlds import World
from .oracle import Oracle

A, B, C, D = (f"{letter}.example.com" for letter in "abcd")
STRANGER = "somebody.else.example.net"
BEHIND = "depends_on=[refused]"

#: a resource of the program's own that takes its time, and knows its address then
MACHINE = """
import time
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class MachineProvider(ResourceProvider):
    def create(self, props):
        time.sleep(8)
        return CreateResult("machine", {"value": props["source"]})


class Machine(Resource):
    value: pulumi.Output[str]

    def __init__(self, name, source, opts=None):
        super().__init__(MachineProvider(), name, {"source": source, "value": None}, opts)


"""


def _fill(**more: Any) -> str:
    """Declare h10.example.com and h11.example.com for the first two addresses."""
    return declare("PtrRecordSet", "net", network="192.0.2.10/31", fill="h{d}.example.com", **more)


#: writes what shall have the record, behind the resource that is called ``refused``
TAKERS: dict[str, Callable[[str], str]] = {
    "record": lambda x: ptr("new", x, A, opts=BEHIND),
    "record of a forward": lambda x: (
        f"rdns.PtrRecord('new', address={x!r}, hostname={A!r}, forward=refused)\n"
    ),
    "set": lambda x: many("new", {x: A}, opts=BEHIND),
    "host": lambda x: declare(
        "ForwardConfirmedHost",
        "new",
        hostname=A,
        addresses=[x],
        on_forward_conflict="fail",
        opts=BEHIND,
    ),
}


@pytest.mark.parametrize(
    ("taker", "kind"),
    [
        *((taker, "zonefile") for taker in TAKERS),
        ("record", "bind"),
        ("record", "powerdns"),
        ("record of a forward", "hostinger"),
    ],
)
def test_an_address_stays_live_while_its_new_owner_waits_for_something_that_fails(
    project: Project, world: World, taker: str, kind: str
) -> None:
    x, y, z, *_ = world.addresses
    world.set_ptr(z, [STRANGER])
    oracle = Oracle(project, world)
    oracle.program(many("set", {x: A, y: B}), ptrs={x: A, y: B})
    oracle.up(fails=False)
    refused = f"refused = {ptr('refused', z, D)}"
    oracle.program(refused, many("set", {y: B}), TAKERS[taker](x), ptrs={x: A, y: B, z: D})
    oracle.up(fails=True)
    oracle.by_hand(world, z, [])
    oracle.up(fails=False)
    assert world.ptr(x) == [A]
    oracle.up(fails=False)
    oracle.destroy(fails=False)
    assert world.ptr(x) == []


def test_an_address_stays_live_while_the_forward_record_of_its_host_is_refused(
    project: Project, world: World
) -> None:
    x, y, z, *_ = world.addresses
    world.set_forward(A, "A", [z])
    oracle = Oracle(project, world)
    oracle.program(many("set", {x: A, y: B}), ptrs={x: A, y: B})
    oracle.up(fails=False)
    host = declare(
        "ForwardConfirmedHost", "new", hostname=A, addresses=[x], on_forward_conflict="fail"
    )
    oracle.program(many("set", {y: B}), host, ptrs={x: A, y: B})
    oracle.up(fails=True)
    oracle.program(many("set", {y: B}), ptrs={y: B})
    oracle.up(fails=False)
    assert world.ptr(x) == []


def test_an_address_that_a_fill_leaves_out_stays_live_until_its_new_owner_has_it(
    project: Project, world: World
) -> None:
    x, y, z, *_ = world.addresses
    h10, h11 = "h10.example.com", "h11.example.com"
    world.set_ptr(z, [STRANGER])
    oracle = Oracle(project, world)
    oracle.program(_fill(), ptrs={x: h10, y: h11})
    oracle.up(fails=False)
    oracle.program(
        f"refused = {ptr('refused', z, D)}",
        _fill(exclude=[x]),
        ptr("new", x, h10, opts=BEHIND),
        ptrs={x: h10, y: h11, z: D},
    )
    oracle.up(fails=True)
    oracle.by_hand(world, z, [])
    oracle.up(fails=False)
    oracle.destroy(fails=False)


@pytest.mark.parametrize(
    ("taker", "kind"),
    [
        ("record", "zonefile"),
        ("host", "zonefile"),
        ("set", "zonefile"),
        ("record", "bind"),
        ("record", "hostinger"),
    ],
)
def test_an_address_that_is_known_late_stays_live_until_its_new_owner_has_it(
    project: Project, world: World, taker: str, kind: str
) -> None:
    x, y, *_ = world.addresses
    takers = {
        "record": f"rdns.PtrRecord('new', address=machine.value, hostname={A!r})\n",
        "host": "rdns.ForwardConfirmedHost('new', "
        f"hostname={A!r}, addresses={{'public': machine.value}})\n",
        "set": f"rdns.PtrRecordSet('new', records={{{x!r}: machine.value.apply(lambda _: {A!r})}})"
        "\n",
    }
    oracle = Oracle(project, world)
    oracle.program(many("set", {x: A, y: B}), ptrs={x: A, y: B})
    oracle.up(fails=False)
    oracle.program(
        MACHINE,
        f"machine = Machine('machine', {x!r})\n",
        many("set", {y: B}),
        takers[taker],
        ptrs={x: A, y: B},
    )
    oracle.up(fails=False)
    oracle.up(fails=False)
    oracle.destroy(fails=False)


def test_an_address_that_a_fill_leaves_out_and_is_known_late_stays_live(
    project: Project, world: World
) -> None:
    x, y, *_ = world.addresses
    h10, h11 = "h10.example.com", "h11.example.com"
    oracle = Oracle(project, world)
    oracle.program(_fill(), ptrs={x: h10, y: h11})
    oracle.up(fails=False)
    oracle.program(
        MACHINE,
        f"machine = Machine('machine', {x!r})\n",
        _fill(exclude=[x]),
        f"rdns.PtrRecord('new', address=machine.value, hostname={h10!r})\n",
        ptrs={x: h10, y: h11},
    )
    oracle.up(fails=False)
    oracle.up(fails=False)
    oracle.destroy(fails=False)


@pytest.mark.parametrize("taker", ["record", "set"])
def test_one_step_at_a_time_is_no_deadlock(project: Project, world: World, taker: str) -> None:
    """Where a set would wait for a step that the engine has not begun."""
    x, y, *_ = world.addresses
    takers = {"record": ptr("new", x, A), "set": many("new", {x: A})}
    oracle = Oracle(project, world)
    oracle.program(many("set", {x: A, y: B}), ptrs={x: A, y: B})
    oracle.up(fails=False)
    oracle.program(many("set", {y: B}), takers[taker], ptrs={x: A, y: B})
    oracle.up("--parallel", "1", fails=False)
    oracle.up("--parallel", "1", fails=False)
    oracle.destroy("--parallel", "1", fails=False)


STRICT = {"forward_check": "strict", "forward_timeout": 4}


@pytest.mark.parametrize(
    ("taker", "then", "kind"),
    [
        pytest.param("record", "mended", "zonefile"),
        pytest.param("record", "taken out", "zonefile"),
        pytest.param("record", "mended", "bind"),
        pytest.param("record", "taken out", "hostinger"),
        ("set", "mended", "zonefile"),
        ("set", "taken out", "zonefile"),
    ],
)
def test_what_a_refused_new_owner_shall_have_is_taken_over_or_removed_in_the_end(
    project: Project, world: World, taker: str, then: str, kind: str
) -> None:
    x, y, *_ = world.addresses

    def new(**more: Any) -> str:
        return ptr("new", x, C, **more) if taker == "record" else many("new", {x: C}, **more)

    oracle = Oracle(project, world)
    oracle.program(many("set", {x: A, y: B}), ptrs={x: A, y: B})
    oracle.up(fails=False)
    oracle.program(many("set", {y: B}), new(**STRICT), ptrs={x: C, y: B})
    oracle.up(fails=True)
    if then == "mended":
        oracle.program(many("set", {y: B}), new(forward_check="skip"), ptrs={x: C, y: B})
    else:
        oracle.program(many("set", {y: B}), ptrs={y: B})
    oracle.up(fails=False)
    assert world.ptr(x) == ([C] if then == "mended" else [])
