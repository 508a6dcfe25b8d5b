"""A PTR record is forward-confirmed again in the up that repairs its forward record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import MakeProject
from .harness import Project, declare, forward
from .many_records import config
from .worlds import ZoneFileWorld

A = "a.example.com"
STRANGER = "198.51.100.1"


@pytest.fixture
def world(tmp_path: Path) -> ZoneFileWorld:
    return ZoneFileWorld("main", tmp_path / "project")


@pytest.fixture
def project(world: ZoneFileWorld, make_project: MakeProject) -> Iterator[Project]:
    yield make_project({**config(world), "rdns:forwardCheck": "warn"})
    world.verify()


X = ZoneFileWorld.addresses[0]
SET = f"rdns.PtrRecordSet('set', records={{{X!r}: {A!r}}}, forward_check='warn', "
#: what declares the PTR record of `X` and its forward record
PROGRAMS = {
    "record": f"mail = {forward('mail', A, X)}rdns.PtrRecord('ptr', forward=mail)\n",
    "host": declare("ForwardConfirmedHost", "mail", hostname=A, addresses=[X]),
    "set": f"mail = {forward('mail', A, X)}{SET}opts=pulumi.ResourceOptions(depends_on=[mail]))\n",
}


def confirmed(project: Project) -> Any:
    """Give what the state says of the PTR record: true, false, or nothing."""
    resources = project.deployment()["resources"]
    (outputs,) = (one["outputs"] for one in resources if "PtrRecord" in one["type"])
    if "forwardConfirmedCount" in outputs:
        return outputs["forwardConfirmedCount"] == 1
    return outputs.get("forwardConfirmed")


def operation(project: Project) -> str:
    """Give what a preview says that becomes of the PTR record."""
    steps = project.preview("--json").json()["steps"]
    (found,) = [step["op"] for step in steps if "PtrRecord" in step["urn"]] or ["same"]
    return str(found)


@pytest.mark.parametrize("by_hand", [[], [STRANGER]], ids=["deleted", "changed"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_up_that_repairs_the_forward_record_confirms_it(
    project: Project, world: ZoneFileWorld, program: str, by_hand: list[str]
) -> None:
    project.program(PROGRAMS[program])
    project.up()
    assert confirmed(project) is True
    world.set_forward(A, "A", by_hand)
    project.refresh()
    assert confirmed(project) is False
    assert operation(project) == "update"
    result = project.up()
    assert X in world.forward(A, "A")
    assert confirmed(project) is True
    assert "forward-confirmed" not in result.text
    assert operation(project) == "same"
    project.up("--expect-no-changes")


def test_a_forward_record_of_another_provider_is_heard_of(
    project: Project, world: ZoneFileWorld
) -> None:
    settings = {
        "rdns:backend": "main",
        "rdns:backends": json.dumps({"main": world.settings()}),
        "rdns:forwardSource": "backend",
    }
    project.program(
        f"other = pulumi.ProviderResource('pulumi-python', 'other', {settings!r})\n",
        f"mail = {forward('mail', A, X, opts='provider=other')}",
        "rdns.PtrRecord('ptr', forward=mail)\n",
    )
    project.up()
    world.set_forward(A, "A", [])
    project.refresh()
    assert confirmed(project) is False
    assert operation(project) == "update"
    project.up()
    assert confirmed(project) is True
    assert operation(project) == "same"


def test_where_nothing_is_repaired_nothing_changes(project: Project, world: ZoneFileWorld) -> None:
    world.set_forward(A, "A", [X])
    project.program(declare("PtrRecord", "ptr", address=X, hostname=A))
    project.up()
    world.set_forward(A, "A", [])
    project.refresh()
    assert confirmed(project) is False
    project.up("--expect-no-changes")
    assert confirmed(project) is False
