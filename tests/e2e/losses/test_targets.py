"""`pulumi up --target`: the engine tells nothing of what is no target, the program does."""

from __future__ import annotations

import pytest

from ..harness import Project, ptr
from ..moved_resources import COMPUTED
from ..worlds import World

A, B, C = (f"{letter}.example.com" for letter in "abc")
#: a record whose address is an output of another resource
LATE = f"""
late = Computed("late", "192.0.2.14")
rdns.PtrRecord("computed", address=late.value, hostname={C!r})
"""
#: a set whose records are one
LATE_SET = f"""
late = Computed("late", "192.0.2.14")
rdns.PtrRecordSet("computed", records=late.value.apply(lambda address: {{address: {C!r}}}))
"""


@pytest.mark.parametrize("late", [LATE, LATE_SET], ids=["record", "set"])
def test_a_target_goes_beside_a_record_whose_address_is_computed(
    project: Project, world: World, late: str
) -> None:
    x, *_ = world.addresses
    project.program(COMPUTED, late, ptr("a", x, A))
    project.up()
    target = project.urn("a")
    project.program(COMPUTED, late)
    project.up("--target", target)
    assert world.ptr(x) == []
    assert "a" not in project.resources()


def test_a_target_stays_while_its_successor_is_none(project: Project, world: World) -> None:
    x, *_ = world.addresses
    project.program(ptr("old", x, A))
    project.up()
    target = project.urn("old")
    project.program(ptr("new", x, A))
    refused = project.up("--target", target, fails=True)
    assert "resource 'new', which declares it now, is not created yet" in refused.text
    assert world.ptr(x) == [A]
    project.up()
    assert world.ptr(x) == [A]
    assert [*project.resources()] == ["new"]
