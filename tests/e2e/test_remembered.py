"""What a resource remembers survives where the engine makes it anew: it compares nothing then, and
shows the create none of the old outputs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import MakeProject
from .harness import Project, Result, forward, ptr
from .many_records import config, many
from .worlds import ZoneFileWorld

A, B = "a.example.com", "b.example.com"
BEFORE = "somebody.else.example.net"
RESTORES = {"on_conflict": "overwrite", "on_delete": "restore"}
#: an up in which the engine makes a resource anew, or takes it for another one
Anew = Callable[[Project, str], Result]


@pytest.fixture
def world(tmp_path: Path) -> ZoneFileWorld:
    return ZoneFileWorld("main", tmp_path / "project")


@pytest.fixture
def project(world: ZoneFileWorld, make_project: MakeProject) -> Iterator[Project]:
    yield make_project(config(world))
    world.verify()


def replaced(project: Project, declared: str) -> Result:
    project.program(declared)
    return project.up("--replace", project.urn("old"))


def target_replaced(project: Project, declared: str) -> Result:
    project.program(declared)
    return project.up("--target-replace", project.urn("old"))


def tainted(project: Project, declared: str) -> Result:
    project.run("state", "taint", "--yes", "--stack", project.stack, project.urn("old"))
    project.program(declared)
    return project.up()


def renamed(project: Project, declared: str) -> Result:
    project.program(declared.replace("'old'", "'new'"))
    return project.up()


WAYS = pytest.mark.parametrize("anew", [replaced, target_replaced, tainted, renamed])


@WAYS
@pytest.mark.parametrize("between", ["nothing", "an up", "a refresh"])
def test_what_was_there_before_is_put_back_in_the_end(
    project: Project, world: ZoneFileWorld, anew: Anew, between: str
) -> None:
    x = world.addresses[0]
    world.set_ptr(x, [BEFORE])
    declared = ptr("old", x, A, **RESTORES)
    project.program(declared)
    project.up()
    before = project.resources()["old"].outputs["previous"]
    result = anew(project, declared)
    (resource,) = project.resources().values()
    assert (resource.outputs["previous"], resource.outputs["adopted"]) == (before, False)
    assert "warning" not in result.text
    assert world.ptr(x) == [A]
    if between == "an up":
        project.up("--expect-no-changes")
    if between == "a refresh":
        project.refresh()
    project.destroy()
    assert world.ptr(x) == [BEFORE]


@WAYS
def test_what_was_there_before_a_secret_is_put_back_in_the_end(
    project: Project, world: ZoneFileWorld, anew: Anew
) -> None:
    x = world.addresses[0]
    world.set_ptr(x, [BEFORE])
    declared = (
        f"rdns.PtrRecord('old', address={x!r}, hostname=pulumi.Output.secret({A!r}), "
        "on_conflict='overwrite', on_delete='restore')\n"
    )
    project.program(declared)
    project.up()
    result = anew(project, declared)
    assert "warning" not in result.text
    project.destroy()
    assert world.ptr(x) == [BEFORE]


@WAYS
def test_a_hostname_that_changes_at_once_is_no_conflict_with_the_old_one(
    project: Project, world: ZoneFileWorld, anew: Anew
) -> None:
    x = world.addresses[0]
    world.set_ptr(x, [BEFORE])
    project.program(ptr("old", x, A, **RESTORES))
    project.up()
    changed = ptr("old", x, B, on_delete="restore")
    result = anew(project, changed)
    assert "warning" not in result.text
    assert world.ptr(x) == [B]
    project.destroy()
    assert world.ptr(x) == [BEFORE]


@WAYS
def test_an_adopted_record_is_told_of_once(
    project: Project, world: ZoneFileWorld, anew: Anew
) -> None:
    x = world.addresses[0]
    world.set_ptr(x, [A])
    world.set_forward(B, "A", [x])
    for declared in (ptr("old", x, A), forward("old", B, x)):
        project.program(declared)
        assert "already" in project.up().text
        result = anew(project, declared)
        assert "already" not in result.text
        (resource,) = project.resources().values()
        assert resource.outputs["adopted"] is True
        project.destroy()


@WAYS
@pytest.mark.parametrize("kind", ["forward", "set"])
def test_what_this_state_wrote_is_not_adopted(
    project: Project, world: ZoneFileWorld, anew: Anew, kind: str
) -> None:
    x, y, *_ = world.addresses
    declared = forward("old", A, x) if kind == "forward" else many("old", {x: A, y: B})
    project.program(declared)
    project.up()
    result = anew(project, declared)
    assert "adopted" not in result.text
    (resource,) = project.resources().values()
    assert not resource.outputs.get("adopted")
    project.destroy()
    assert world.ptr(x) == world.ptr(y) == world.forward(A, "A") == []


def test_a_preview_knows_what_this_state_wrote(project: Project, world: ZoneFileWorld) -> None:
    x = world.addresses[0]
    project.program(ptr("old", x, A))
    project.up()
    project.program(ptr("new", x, B))
    assert "already points to" not in project.preview().text


def test_what_cannot_be_known_is_named_in_the_up_that_forgets_it(
    project: Project, world: ZoneFileWorld
) -> None:
    """Which records are at one place is not known where the state has several providers."""
    x = world.addresses[0]
    world.set_ptr(x, [BEFORE])
    settings = {
        "rdns:backend": "main",
        "rdns:backends": json.dumps({"main": world.settings()}),
        "rdns:forwardSource": "backend",
    }
    provider = f"other = pulumi.ProviderResource('pulumi-python', 'other', {settings!r})\n"
    opts = "provider=other"
    project.program(
        ptr("kept", world.addresses[1], B), provider, ptr("old", x, A, opts=opts, **RESTORES)
    )
    project.up()
    project.program(
        ptr("kept", world.addresses[1], B), provider, ptr("new", x, A, opts=opts, **RESTORES)
    )
    result = project.up()
    assert (
        f"the PTR of {x}, {A}, is left to resource 'new', which does not know that it was {BEFORE} "
        "before, nor that this stack wrote it, so that destroy will leave it as it is"
    ) in result.text
    assert "`aliases`" in result.text
    assert world.ptr(x) == [A]
