"""What holds for a PtrRecordSet on every backend, seen through the real CLI.

A subclass per backend, with the fixtures ``world`` and ``other`` (a second instance), runs it all.
After each step the live records are read by the world's own reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from .conftest import MakeProject
from .harness import Project, declare, ptr
from .worlds import World

A, B, C, D = (f"{letter}.example.com" for letter in "abcd")
STRANGER = "somebody.else.example.net"


def many(name: str, records: Mapping[str, str], **arguments: Any) -> str:
    """Write the line of a program that declares a PtrRecordSet."""
    return declare("PtrRecordSet", name, records=dict(records), **arguments)


def config(*worlds: World) -> dict[str, object]:
    return {
        "rdns:backend": worlds[0].instance,
        "rdns:backends": {world.instance: world.settings() for world in worlds},
        "rdns:forwardSource": "backend",
        "rdns:forwardCheck": "skip",
    }


class ManyRecords:
    """A set from its first up to its destroy.

    A subclass gives the fixtures ``world``, the instance that is the stack's default, and
    ``other``, a second one of the same type with the same addresses.
    """

    @pytest.fixture
    def project(self, world: World, other: World, make_project: MakeProject) -> Iterator[Project]:
        """Give a project whose stack has both instances."""
        yield make_project(config(world, other))
        world.verify()
        other.verify()

    def test_up_no_change_a_change_drift_and_destroy(self, project: Project, world: World) -> None:
        x, y, z, u, v, _ = world.addresses
        world.set_ptr(v, [STRANGER])
        project.program(many("set", {x: A, y: B, z: C, u: D}))
        project.up()
        assert world.ptrs(world.addresses[:5]) == {x: [A], y: [B], z: [C], u: [D], v: [STRANGER]}
        assert project.resources()["set"].outputs["count"] == 4
        project.up("--expect-no-changes")
        project.refresh("--expect-no-changes")

        project.program(many("set", {x: A, y: D, z: C}))
        shown = project.preview("--diff").text
        assert f"- {y} {B}" in shown
        assert f"+ {y} {D}" in shown
        assert f"- {u} {D}" in shown
        with world.watched(x, y, z, u, v) as seen:
            project.up()
        assert seen == {x: [[A]], y: [[B], [D]], z: [[C]], u: [[D], []], v: [[STRANGER]]}

        world.set_ptr(x, [STRANGER])
        world.set_ptr(y, [])
        shown = project.refresh("--diff").text
        assert f"+ {x} {STRANGER}" in shown
        assert f"- {y} {D}" in shown
        assert f"- {z}" not in shown
        project.up()
        assert world.ptrs([x, y, z]) == {x: [A], y: [D], z: [C]}

        world.set_ptr(x, [STRANGER])
        project.refresh()
        world.set_ptr(z, [STRANGER])
        result = project.destroy()
        for address in (x, z):
            assert f"{address} ({STRANGER})" in result.text
        assert world.ptrs([x, y, z, v]) == {x: [STRANGER], y: [], z: [STRANGER], v: [STRANGER]}

    def test_all_conflicts_are_told_at_once_and_the_rest_is_written_and_remembered(
        self, project: Project, world: World
    ) -> None:
        x, y, z, u, *_ = world.addresses
        world.set_ptr(y, [STRANGER])
        world.set_ptr(u, [A])
        project.program(many("set", {x: A, y: B, z: C, u: D}))
        result = project.up(fails=True)
        assert result.text.count("2 of 4 records failed, the others are done") == 1
        assert (
            f"{y}: it already points to {STRANGER}, which was not written by this stack"
            in result.text
        )
        assert f"{u}: it already points to {A}" in result.text
        assert "Traceback" not in result.text
        assert world.ptrs([x, y, z, u]) == {x: [A], y: [STRANGER], z: [C], u: [A]}
        assert project.resources()["set"].outputs["writtenRecords"] == f"{x} {A}\n{z} {C}\n"

        world.set_ptr(y, [])
        assert "1 of 4 records failed" in project.up(fails=True).text
        assert world.ptrs([x, y, z, u]) == {x: [A], y: [B], z: [C], u: [A]}
        project.program(many("set", {x: A, y: B, z: C, u: D}, on_conflict="overwrite"))
        project.up()
        assert world.ptr(u) == [D]
        project.up("--expect-no-changes")

        world.set_ptr(z, [STRANGER])
        project.program(many("set", {x: A, y: B, z: B, u: D}))
        assert "1 of 4 records failed" in project.up(fails=True).text
        assert world.ptr(z) == [STRANGER]
        project.destroy()
        assert world.ptrs([x, y, z, u]) == {x: [], y: [], z: [STRANGER], u: []}

    def test_records_that_pass_from_one_resource_to_another_stay_live(
        self, project: Project, world: World
    ) -> None:
        x, y, z, u, *_ = world.addresses
        project.program(ptr("one", x, A), ptr("two", y, B), many("set", {z: C, u: D}))
        project.up()
        with world.watched(x, y, z, u) as seen:
            # A record goes into the set, and a new name comes with it.
            project.program(ptr("two", y, B), many("set", {x: A, z: C, u: A}))
            project.up()
            # The set is renamed, and takes the other one too.
            project.program(many("renamed", {x: A, y: B, z: C, u: A}))
            project.up()
            # It is split, and one address changes its set and its name.
            project.program(many("renamed", {x: A, y: C}), many("more", {z: C, u: B}))
            project.up()
            # One leaves as a record of its own, with another name; the others swap their sets.
            project.program(ptr("one", x, D), many("renamed", {z: C, u: B}), many("more", {y: C}))
            project.up()
        assert seen == {x: [[A], [D]], y: [[B], [C]], z: [[C]], u: [[D], [A], [B]]}
        project.up("--expect-no-changes")
        project.destroy()
        assert not any(world.ptrs([x, y, z, u]).values())

    def test_a_record_survives_a_delete_that_comes_one_up_later(
        self, project: Project, world: World
    ) -> None:
        x, y, z, *_ = world.addresses
        world.set_ptr(z, [STRANGER])
        project.program(many("old", {x: A, y: B}))
        project.up()
        project.program(many("new", {x: A, y: B}), ptr("refused", z, C))
        project.up(fails=True)
        project.program(many("new", {x: A, y: B}))
        with world.watched(x, y) as seen:
            project.up()
        assert seen == {x: [[A]], y: [[B]]}
        assert list(project.resources()) == ["new"]

    def test_another_backend_instance_moves_the_records(
        self, project: Project, world: World, other: World
    ) -> None:
        x, y, z, *_ = world.addresses
        project.program(many("set", {x: A, y: B}))
        project.up()
        world.set_ptr(z, [STRANGER])
        project.program(many("set", {x: A, y: C}, backend=other.instance))
        result = project.up()
        assert other.ptrs([x, y]) == {x: [A], y: [C]}
        # An address is in one account: where two show the same of it, they are the same.
        kept = [] if world.has_ptr_zones else [A]
        assert world.ptrs([x, y, z]) == {x: kept, y: [], z: [STRANGER]}
        assert ("may be the same server or account" in result.text) is bool(kept)
        with other.offline():
            for command in (project.refresh, project.destroy):
                result = command(fails=True)
                assert "UnavailableError" in result.text
                assert "Traceback" not in result.text
                assert "set" in project.resources()
        assert other.ptrs([x, y]) == {x: [A], y: [C]}
