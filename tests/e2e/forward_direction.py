"""Addresses of hostnames, and hosts with both directions: seen through the real CLI."""

from __future__ import annotations

import pytest

from .harness import Project, declare, forward
from .in_a_world import A, B, InAWorld
from .worlds import World


class ForwardDirection(InAWorld):
    """What is live of a hostname stays live, whoever has its addresses, on any backend."""

    def test_forward_records_of_one_hostname_share_its_rrset(
        self, project: Project, world: World
    ) -> None:
        x, y, z, *_ = world.addresses
        project.program(forward("one", A, x), forward("two", A, y), forward("three", A, z))
        project.up()
        assert world.forward(A, "A") == [x, y, z]
        project.program(forward("one", A, x), forward("three", A, z))
        project.up()
        assert world.forward(A, "A") == [x, z]
        project.destroy()
        assert world.forward(A, "A") == []

    def test_a_host_with_two_addresses_works_out_of_the_box(
        self, project: Project, world: World
    ) -> None:
        x, y, *_ = world.addresses
        host = declare("ForwardConfirmedHost", "mail", hostname=A, addresses=[x, y])
        project.program(host)
        project.up()
        assert world.forward(A, "A") == [x, y]
        assert world.ptr(x) == world.ptr(y) == [A]
        project.program(host.replace(f"{x!r}, {y!r}", f"{y!r}, {x!r}"))
        project.up("--expect-no-changes")
        project.destroy()
        assert world.forward(A, "A") == world.ptr(x) == world.ptr(y) == []

    def test_a_strangers_address_is_a_conflict(self, project: Project, world: World) -> None:
        x, y, z, *_ = world.addresses
        world.set_forward(A, "A", [y])
        project.program(forward("refused", A, x), forward("fine", B, z))
        result = project.up("--continue-on-error", fails=True)
        (error,) = result.errors
        assert error.startswith(f"ConflictError: {world.instance}: ")
        assert y in error
        assert "Traceback" not in result.text
        assert world.forward(A, "A") == [y]
        assert world.forward(B, "A") == [z]

    def test_add_joins_a_strangers_address_and_destroy_leaves_it(
        self, project: Project, world: World
    ) -> None:
        x, y, *_ = world.addresses
        world.set_forward(A, "A", [y])
        project.program(forward("ours", A, x, on_conflict="add"))
        project.up()
        assert world.forward(A, "A") == [x, y]
        project.destroy()
        assert world.forward(A, "A") == [y]

    def test_overwrite_replaces_a_strangers_address(self, project: Project, world: World) -> None:
        x, y, *_ = world.addresses
        world.set_forward(A, "A", [y])
        project.program(forward("ours", A, x, on_conflict="overwrite"))
        project.up()
        assert world.forward(A, "A") == [x]

    def test_one_rrset_cannot_have_two_ttls(self, project: Project, world: World) -> None:
        x, y, *_ = world.addresses
        project.program(forward("one", A, x, ttl=300), forward("two", A, y, ttl=600))
        result = project.preview(fails=True)
        assert "'one'" in result.text
        assert "'two'" in result.text
        assert "RFC 2181" in result.text
        assert "Traceback" not in result.text
        assert world.forward(A, "A") == []

    def test_forward_records_swap_hostnames(self, project: Project, world: World) -> None:
        x, y, *_ = world.addresses
        project.program(forward("one", A, x), forward("two", B, y))
        project.up()
        project.program(forward("one", B, x), forward("two", A, y))
        project.up()
        assert world.forward(A, "A") == [y]
        assert world.forward(B, "A") == [x]

    def test_a_forward_record_renamed_without_an_alias_keeps_its_address(
        self, project: Project, world: World
    ) -> None:
        x = world.addresses[0]
        project.program(forward("old", A, x))
        project.up()
        project.program(forward("new", A, x))
        project.up()
        assert world.forward(A, "A") == [x]
        project.destroy()
        assert world.forward(A, "A") == []

    def test_a_changed_hostname_moves_both_directions(self, project: Project, world: World) -> None:
        x = world.addresses[0]
        project.program(declare("ForwardConfirmedHost", "mail", hostname=A, addresses=[x]))
        project.up()
        project.program(declare("ForwardConfirmedHost", "mail", hostname=B, addresses=[x]))
        with world.watched(x) as seen:
            project.up()
        assert seen[x] == [[A], [B]]
        assert world.forward(A, "A") == []
        assert world.forward(B, "A") == [x]

    @pytest.mark.parametrize("depends", ["", "opts=pulumi.ResourceOptions(depends_on=[one])"])
    def test_an_address_deleted_by_hand_never_costs_the_other_one(
        self, project: Project, world: World, depends: str
    ) -> None:
        x, y, *_ = world.addresses
        project.program(
            f"one = rdns.ForwardRecord('one', hostname='{A}', address='{x}')\n"
            f"two = rdns.ForwardRecord('two', hostname='{A}', address='{y}', {depends})\n"
        )
        project.up()
        world.set_forward(A, "A", [y])
        project.refresh()
        assert world.forward(A, "A") == [y]
        project.start_up().wait()
        assert y in world.forward(A, "A")
