"""Replacements, targets, protection, other instances and zones: seen through the real CLI."""

from __future__ import annotations

import pytest

from .harness import Project, forward, ptr
from .in_a_world import STRANGER, A, B, C, D, InAWorld
from .worlds import World


class WhatPulumiOffers(InAWorld):
    """What a user of Pulumi expects of its options, on any backend."""

    def test_another_backend_instance_moves_the_record(
        self, project: Project, world: World, other: World
    ) -> None:
        x = world.addresses[0]
        project.program(ptr("moved", x, A))
        project.up()
        project.program(ptr("moved", x, A, backend=other.instance))
        result = project.up()
        assert other.ptr(x) == [A]
        if world.has_ptr_zones and world.shows_soa:
            assert world.ptr(x) == []
        else:
            # An address is in one account: where two show the same of it, they are the same. So
            # are zones that nothing tells apart.
            assert world.ptr(x) == [A]
            assert "may be the same server or account" in result.text

    def test_a_renamed_backend_instance_keeps_its_records(
        self, project: Project, world: World, other: World
    ) -> None:
        """Another name for the same place: what is created there is not deleted again."""
        x = world.addresses[0]
        config = self.config(world, other)
        project.program(ptr("kept", x, A), forward("kept-forward", A, x))
        project.up()
        backends = config["rdns:backends"]
        assert isinstance(backends, dict)
        renamed = {"type": world.instance, **backends[world.instance]}
        config["rdns:backends"] = {**backends, "renamed": renamed}
        project.configure(config)
        project.program(
            ptr("kept", x, A, backend="renamed"), forward("kept-forward", A, x, backend="renamed")
        )
        project.up()
        assert world.ptr(x) == [A]
        assert world.forward(A, "A") == [x]
        project.destroy()
        assert world.ptr(x) == []
        assert world.forward(A, "A") == []

    def test_another_zone_moves_the_record(self, project: Project, world: World) -> None:
        if world.second_zone is None:
            pytest.skip("this backend keeps PTR records in no zones of the user's choice")
        x = world.addresses[0]
        project.program(ptr("moved", x, A))
        project.up()
        project.program(ptr("moved", x, A, zone=world.second_zone))
        project.up()
        assert world.ptr(x) == []
        assert world.ptr(x, world.second_zone) == [A]
        project.program(ptr("moved", x, A))
        project.up()
        assert world.ptr(x) + world.ptr(x, world.second_zone) == [A]

    @pytest.mark.parametrize("first", [True, False])
    def test_delete_before_replace_moves_the_record_to_another_address(
        self, project: Project, world: World, first: bool
    ) -> None:
        x, y, *_ = world.addresses
        opts = f"delete_before_replace={first}"
        project.program(ptr("moved", x, A, opts=opts))
        project.up()
        project.program(ptr("moved", y, A, opts=opts))
        project.up()
        assert world.ptr(x) == []
        assert world.ptr(y) == [A]

    def test_up_with_replace_never_takes_the_record_away(
        self, project: Project, world: World
    ) -> None:
        x = world.addresses[0]
        project.program(forward("a", A, x), ptr("p", x, A))
        project.up()
        with world.watched(x) as seen:
            project.up("--replace", project.urn("p"), "--replace", project.urn("a"))
        assert seen[x] == [[A]]
        assert world.forward(A, "A") == [x]
        project.destroy()
        assert world.ptr(x) == world.forward(A, "A") == []

    def test_target_changes_and_destroys_that_record_alone(
        self, project: Project, world: World
    ) -> None:
        x, y, *_ = world.addresses
        project.program(ptr("one", x, A), ptr("two", y, B))
        project.up()
        one = project.urn("one")
        project.program(ptr("one", x, C), ptr("two", y, D))
        project.up("--target", one)
        assert (world.ptr(x), world.ptr(y)) == ([C], [B])
        project.destroy("--target", one)
        assert (world.ptr(x), world.ptr(y)) == ([], [B])

    def test_a_protected_record_is_not_destroyed(self, project: Project, world: World) -> None:
        x = world.addresses[0]
        project.program(ptr("kept", x, A, opts="protect=True"))
        project.up()
        project.destroy(fails=True)
        assert world.ptr(x) == [A]
        assert "kept" in project.resources()

    def test_retain_on_delete_leaves_the_record(self, project: Project, world: World) -> None:
        x = world.addresses[0]
        project.program(ptr("left", x, A, opts="retain_on_delete=True"))
        project.up()
        project.destroy()
        assert world.ptr(x) == [A]
        assert project.resources() == {}

    def test_ignore_changes_keeps_the_hostname(self, project: Project, world: World) -> None:
        x = world.addresses[0]
        opts = 'ignore_changes=["hostname"]'
        project.program(ptr("fixed", x, A, opts=opts))
        project.up()
        project.program(ptr("fixed", x, B, opts=opts))
        project.up("--expect-no-changes")
        assert world.ptr(x) == [A]
        world.set_ptr(x, [STRANGER])
        project.refresh()
        project.up("--expect-no-changes")
        assert world.ptr(x) == [STRANGER]

    # Outages

    def test_while_the_backend_is_offline_commands_fail_and_the_state_drops_nothing(
        self, project: Project, world: World
    ) -> None:
        x, y, *_ = world.addresses
        project.program(ptr("p", x, A), forward("f", A, x))
        project.up()
        project.program(ptr("p", x, B), forward("f", A, x), ptr("more", y, C))
        with world.offline():
            for command in (project.refresh, project.up, project.destroy):
                result = command(fails=True)
                assert world.instance in result.text
                assert "UnavailableError" in result.text
                assert "Traceback" not in result.text
                assert {"p", "f"} <= set(project.resources())
        project.up()
        assert (world.ptr(x), world.ptr(y)) == ([B], [C])
        assert world.forward(A, "A") == [x]
