"""Loss 1: a change of `zone` or `backend` writes the new place first, and clears the old one last.

Where the new place cannot be written, nothing goes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ..harness import Project, declare, forward, ptr
from ..many_records import many
from ..worlds import World, ZoneFileWorld
from .oracle import Oracle

A, B, C = (f"{letter}.example.com" for letter in "abc")
STRANGER = "somebody.else.example.net"
#: one digit wrong
TYPO = "2.0.193.in-addr.arpa"

#: writes the program that declares two PTR records, with further arguments for both
Writer = Callable[..., str]


def two_records(x: str, y: str, **more: Any) -> str:
    return ptr("one", x, A, **more) + ptr("two", y, B, **more)


def one_set(x: str, y: str, **more: Any) -> str:
    return many("set", {x: A, y: B}, **more)


def hosts(x: str, y: str, **more: Any) -> str:
    given = {**more, "manage_forward": False}
    return "".join(
        declare("ForwardConfirmedHost", name, hostname=name, addresses=[address], **given)
        for name, address in ((A, x), (B, y))
    )


WRITERS: dict[str, Writer] = {"records": two_records, "set": one_set, "hosts": hosts}
#: a kind of backend adds nothing to what a host is: two records
EVERYWHERE = [
    *((writer, "zonefile") for writer in WRITERS),
    *((writer, kind) for writer in ("records", "set") for kind in ("bind", "powerdns")),
]


def test_a_typo_in_the_zone_of_a_whole_network_takes_nothing_away(
    project: Project, world: World
) -> None:
    # 192.0.2.1 and .200 to .210 are people's.
    hosts = [2, *range(3, 200), *range(211, 256)]
    records = {f"192.0.2.{host}": f"h{host}.example.com" for host in hosts}
    oracle = Oracle(project, world)
    oracle.program(many("set", records), ptrs=records)
    oracle.up(fails=False)
    oracle.program(many("set", records, zone=TYPO), ptrs=records)
    oracle.up(fails=True)
    oracle.up(fails=True)
    assert TYPO in project.preview(fails=True).text


@pytest.mark.parametrize(("writer", "kind"), EVERYWHERE)
def test_a_typo_in_the_zone_takes_nothing_away(
    project: Project, world: World, writer: str, kind: str
) -> None:
    x, y, *_ = world.addresses
    oracle = Oracle(project, world)
    oracle.program(WRITERS[writer](x, y), ptrs={x: A, y: B})
    oracle.up(fails=False)
    oracle.program(WRITERS[writer](x, y, zone=TYPO), ptrs={x: A, y: B})
    oracle.up(fails=True)
    oracle.up(fails=True)
    oracle.program(WRITERS[writer](x, y), ptrs={x: A, y: B})
    oracle.up(fails=False)


@pytest.mark.parametrize(("writer", "kind"), EVERYWHERE)
def test_a_right_zone_where_a_stranger_is_takes_nothing_away(
    project: Project, world: World, writer: str, kind: str
) -> None:
    x, y, *_ = world.addresses
    assert world.second_zone is not None
    world.set_ptr(x, [STRANGER], world.second_zone)
    world.set_ptr(y, [STRANGER], world.second_zone)
    oracle = Oracle(project, world)
    oracle.program(WRITERS[writer](x, y), ptrs={x: A, y: B})
    oracle.up(fails=False)
    oracle.program(WRITERS[writer](x, y, zone=world.second_zone), ptrs={x: A, y: B})
    oracle.up(fails=True)
    assert world.ptrs([x, y]) == {x: [A], y: [B]}
    assert world.ptrs([x, y], world.second_zone) == {x: [STRANGER], y: [STRANGER]}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_right_zone_that_cannot_be_written_takes_nothing_away(
    project: Project, world: ZoneFileWorld, writer: str
) -> None:
    x, y, *_ = world.addresses
    assert world.second_zone is not None
    file = world.files[world.second_zone]
    right = file.read_text()
    oracle = Oracle(project, world)
    oracle.program(WRITERS[writer](x, y), ptrs={x: A, y: B})
    oracle.up(fails=False)
    oracle.program(WRITERS[writer](x, y, zone=world.second_zone), ptrs={x: A, y: B})
    file.write_text(f"{right}10 IN NS ns.elsewhere.example.\n11 IN NS ns.elsewhere.example.\n")
    oracle.up(fails=True)
    file.write_text(right)
    oracle.up(fails=False)
    assert world.ptrs([x, y], world.second_zone) == {x: [A], y: [B]}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_right_zone_has_the_records_before_the_old_one_loses_them(
    project: Project, world: World, writer: str
) -> None:
    x, y, *_ = world.addresses
    assert world.second_zone is not None
    oracle = Oracle(project, world)
    oracle.program(WRITERS[writer](x, y), ptrs={x: A, y: B})
    oracle.up(fails=False)
    oracle.program(WRITERS[writer](x, y, zone=world.second_zone), ptrs={x: A, y: B})
    oracle.up(fails=False)
    assert world.ptrs([x, y], world.second_zone) == {x: [A], y: [B]}
    assert world.ptrs([x, y]) == {x: [], y: []}
    oracle.destroy(fails=False)


@pytest.mark.parametrize(
    ("writer", "kind"), [("hosts", "zonefile"), ("records", "hostinger"), ("set", "hostinger")]
)
def test_another_instance_where_a_stranger_is_takes_nothing_away(
    project: Project, world: World, other: World, writer: str, kind: str
) -> None:
    x, y, *_ = world.addresses
    other.set_ptr(x, [STRANGER])
    other.set_ptr(y, [STRANGER])
    oracle = Oracle(project, world, other)
    oracle.program(WRITERS[writer](x, y), ptrs={x: A, y: B})
    oracle.up(fails=False)
    oracle.program(WRITERS[writer](x, y, backend=other.instance), ptrs={x: A, y: B})
    oracle.up(fails=True)
    assert world.ptrs([x, y]) == {x: [A], y: [B]}


@pytest.mark.parametrize("writer", WRITERS)
def test_another_instance_and_a_typo_in_its_zone_take_nothing_away(
    project: Project, world: World, other: World, writer: str
) -> None:
    x, y, *_ = world.addresses
    oracle = Oracle(project, world, other)
    oracle.program(WRITERS[writer](x, y), ptrs={x: A, y: B})
    oracle.up(fails=False)
    oracle.program(WRITERS[writer](x, y, backend=other.instance, zone=TYPO), ptrs={x: A, y: B})
    oracle.up(fails=True)
    assert world.ptrs([x, y]) == {x: [A], y: [B]}


def test_a_typo_in_the_zone_of_a_forward_record_takes_nothing_away(
    project: Project, world: World
) -> None:
    x, *_ = world.addresses
    oracle = Oracle(project, world)
    oracle.program(forward("mail", A, x), forwards={A: [x]})
    oracle.up(fails=False)
    oracle.program(forward("mail", A, x, zone="example.org"), forwards={A: [x]})
    oracle.up(fails=True)
    assert world.forward(A, "A") == [x]
