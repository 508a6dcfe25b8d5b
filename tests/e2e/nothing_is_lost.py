"""No live record is ever lost: what holds for every backend, seen through the real CLI.

A subclass of `NothingIsLost` per backend, with the fixtures ``world`` and ``other`` (a second
instance), runs it all; one of `InAWorld` runs the tests that it names.
After each step the live records are read by the world's own reader.
"""

from __future__ import annotations

import pytest

from .harness import Project, declare, forward, ptr
from .in_a_world import SECOND_STRANGER, STRANGER, A, B, C
from .what_pulumi_offers import WhatPulumiOffers
from .worlds import World

#: a resource of the program's own whose output is known only when it is created
COMPUTED = """
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class ComputedProvider(ResourceProvider):
    def create(self, props):
        return CreateResult("computed", {"value": props["source"]})


class Computed(Resource):
    value: pulumi.Output[str]

    def __init__(self, name, source, opts=None):
        super().__init__(ComputedProvider(), name, {"source": source, "value": None}, opts)


"""


class NothingIsLost(WhatPulumiOffers):
    """The hazards of the engine, conflicts and outages, on any backend."""

    # Renames and moves

    def test_a_resource_renamed_without_an_alias_keeps_its_record(
        self, project: Project, world: World
    ) -> None:
        x = world.addresses[0]
        project.program(ptr("old", x, A))
        project.up()
        project.program(ptr("new", x, A))
        with world.watched(x) as seen:
            project.up()
        assert seen[x] == [[A]]
        assert list(project.resources()) == ["new"]
        project.destroy()
        assert world.ptr(x) == []

    def test_a_renamed_record_survives_a_delete_that_comes_one_up_later(
        self, project: Project, world: World
    ) -> None:
        x, y, *_ = world.addresses
        world.set_ptr(y, [STRANGER])
        project.program(ptr("old", x, A))
        project.up()
        project.program(ptr("new", x, A), ptr("refused", y, B))
        project.up(fails=True)
        assert world.ptr(x) == [A]
        assert world.ptr(y) == [STRANGER]
        project.program(ptr("new", x, A))
        project.up()
        assert world.ptr(x) == [A]
        assert list(project.resources()) == ["new"]

    def test_a_renamed_record_changes_its_hostname_at_once(
        self, project: Project, world: World
    ) -> None:
        x = world.addresses[0]
        project.program(ptr("old", x, A))
        project.up()
        project.program(ptr("new", x, B))
        with world.watched(x) as seen:
            project.up()
        assert seen[x] == [[A], [B]]
        assert list(project.resources()) == ["new"]
        project.destroy()
        assert world.ptr(x) == []

    def test_a_record_that_moves_into_a_forward_confirmed_host_stays_live(
        self, project: Project, world: World
    ) -> None:
        x = world.addresses[0]
        project.program(forward("mail", A, x), ptr("mail", x, A))
        project.up()
        project.program(declare("ForwardConfirmedHost", "mail", hostname=A, addresses=[x]))
        with world.watched(x) as seen:
            project.up()
        assert seen[x] == [[A]]
        assert world.forward(A, "A") == [x]
        project.program(forward("mail", A, x), ptr("mail", x, A))
        project.up()
        assert world.ptr(x) == [A]
        assert world.forward(A, "A") == [x]

    def test_an_alias_renames_without_touching_anything(
        self, project: Project, world: World
    ) -> None:
        x = world.addresses[0]
        project.program(ptr("old", x, A))
        project.up()
        project.program(ptr("new", x, A, opts='aliases=[pulumi.Alias(name="old")]'))
        with world.offline():
            project.up("--expect-no-changes")
        assert world.ptr(x) == [A]
        assert list(project.resources()) == ["new"]

    # Swaps and rotations

    @pytest.mark.parametrize("slow", [False, True], ids=["quick", "slow deletes"])
    def test_two_resources_swap_addresses(
        self, project: Project, world: World, other: World, slow: bool
    ) -> None:
        self.make_slow(project, world, other, slow)
        x, y, *_ = world.addresses
        project.program(ptr("a", x, A), ptr("b", y, B))
        project.up()
        project.program(ptr("a", y, A), ptr("b", x, B))
        with world.watched(x, y) as seen:
            project.up()
        assert seen == {x: [[A], [B]], y: [[B], [A]]}
        project.up("--expect-no-changes")
        project.destroy()
        assert world.ptr(x) == world.ptr(y) == []

    @pytest.mark.parametrize("slow", [False, True], ids=["quick", "slow deletes"])
    def test_three_resources_rotate_addresses(
        self, project: Project, world: World, other: World, slow: bool
    ) -> None:
        self.make_slow(project, world, other, slow)
        x, y, z, *_ = world.addresses
        project.program(ptr("a", x, A), ptr("b", y, B), ptr("c", z, C))
        project.up()
        project.program(ptr("a", y, A), ptr("b", z, B), ptr("c", x, C))
        with world.watched(x, y, z) as seen:
            project.up()
        assert seen == {x: [[A], [C]], y: [[B], [A]], z: [[C], [B]]}

    def test_the_address_of_a_removed_resource_is_taken_over(
        self, project: Project, world: World
    ) -> None:
        x, y, *_ = world.addresses
        project.program(ptr("a", x, A), ptr("removed", y, B))
        project.up()
        project.program(ptr("a", y, A))
        with world.watched(y) as seen:
            project.up()
        assert seen[y] == [[B], [A]]
        assert world.ptr(x) == []
        assert list(project.resources()) == ["a"]

    # Strangers

    def test_a_strangers_ptr_stops_only_that_resource(self, project: Project, world: World) -> None:
        x, y, *_ = world.addresses
        world.set_ptr(x, [STRANGER])
        project.program(ptr("refused", x, A), ptr("fine", y, B))
        result = project.up("--continue-on-error", fails=True)
        assert world.ptr(x) == [STRANGER]
        assert world.ptr(y) == [B]
        (error,) = result.errors
        assert error.startswith(f"ConflictError: {world.instance}: ")
        for needed in (x, STRANGER, "Nothing was changed", "overwrite"):
            assert needed in error
        assert "Traceback" not in result.text

    def test_overwrite_takes_a_strangers_ptr_over_and_remembers_it(
        self, project: Project, world: World
    ) -> None:
        x = world.addresses[0]
        world.set_ptr(x, [STRANGER])
        project.program(ptr("taken", x, A, on_conflict="overwrite"))
        project.up()
        assert world.ptr(x) == [A]
        previous = project.resources()["taken"].outputs["previous"]
        assert (previous["known"], previous["hostnames"]) == (True, [STRANGER])
        project.destroy()
        assert world.ptr(x) == []

    def test_restore_puts_back_what_was_there(self, project: Project, world: World) -> None:
        x = world.addresses[0]
        world.set_ptr(x, [STRANGER])
        project.program(ptr("taken", x, A, on_conflict="overwrite", on_delete="restore"))
        project.up()
        project.program(ptr("taken", x, B, on_conflict="overwrite", on_delete="restore"))
        project.up()
        assert world.ptr(x) == [B]
        project.destroy()
        assert world.ptr(x) == [STRANGER]

    def test_restore_leaves_a_record_that_was_adopted(self, project: Project, world: World) -> None:
        x = world.addresses[0]
        world.set_ptr(x, [A])
        project.program(ptr("adopted", x, A, on_delete="restore"))
        project.up()
        project.destroy()
        assert world.ptr(x) == [A]

    def test_several_hostnames_are_never_appended_to(self, project: Project, world: World) -> None:
        x = self.with_several_hostnames(world)
        project.program(ptr("refused", x, A))
        result = project.up(fails=True)
        assert f"{SECOND_STRANGER}, {STRANGER}" in result.text
        assert world.ptr(x) == [SECOND_STRANGER, STRANGER]

    def test_restore_puts_back_several_hostnames(self, project: Project, world: World) -> None:
        x = self.with_several_hostnames(world)
        project.program(ptr("taken", x, A, on_conflict="overwrite", on_delete="restore"))
        project.up()
        assert world.ptr(x) == [A]
        project.destroy()
        assert world.ptr(x) == [SECOND_STRANGER, STRANGER]

    def test_a_hostname_added_beside_ours_shows_as_drift_and_survives_destroy(
        self, project: Project, world: World
    ) -> None:
        x = self.with_several_hostnames(world)
        world.set_ptr(x, [])
        project.program(ptr("ours", x, A))
        project.up()
        world.set_ptr(x, [A, STRANGER])
        project.refresh()
        assert project.resources()["ours"].outputs["hostname"] == f"{A}, {STRANGER}"
        project.destroy()
        assert world.ptr(x) == [STRANGER]

    def test_a_ptr_that_somebody_else_changed_survives_destroy(
        self, project: Project, world: World
    ) -> None:
        x = world.addresses[0]
        project.program(ptr("ours", x, A))
        project.up()
        world.set_ptr(x, [STRANGER])
        result = project.destroy()
        assert world.ptr(x) == [STRANGER]
        assert f"is now {STRANGER}" in result.text

    def test_a_ptr_that_somebody_else_changed_survives_destroy_after_a_refresh(
        self, project: Project, world: World
    ) -> None:
        x = world.addresses[0]
        project.program(ptr("ours", x, A))
        project.up()
        world.set_ptr(x, [STRANGER])
        project.refresh()
        outputs = project.resources()["ours"].outputs
        assert outputs["hostname"] == STRANGER
        assert outputs["writtenHostname"] == A
        project.destroy()
        assert world.ptr(x) == [STRANGER]

    def test_a_ptr_that_was_removed_by_hand_is_no_obstacle_to_destroy(
        self, project: Project, world: World
    ) -> None:
        x, y, *_ = world.addresses
        project.program(ptr("gone", x, A), ptr("there", y, B))
        project.up()
        world.set_ptr(x, [])
        project.destroy()
        assert world.ptr(x) == world.ptr(y) == []
        assert project.resources() == {}

    # Two resources, one address

    @pytest.mark.parametrize(
        "spelling", ["{}", " {} ", "::ffff:{}"], ids=["literal", "other spelling", "IPv4-mapped"]
    )
    def test_two_resources_on_one_address_fail_in_preview(
        self, project: Project, world: World, spelling: str
    ) -> None:
        x = world.addresses[0]
        project.program(ptr("one", x, A), ptr("two", spelling.format(x), B))
        result = project.preview(fails=True)
        assert "'one'" in result.text
        assert "'two'" in result.text
        assert "Traceback" not in result.text
        project.up(fails=True)
        assert world.ptr(x) in ([], [A])

    def test_of_two_resources_on_one_computed_address_the_first_stands(
        self, project: Project, world: World
    ) -> None:
        x = world.addresses[0]
        project.program(
            COMPUTED,
            f"server = Computed('server', {x!r})\n",
            f"rdns.PtrRecord('one', address=server.value, hostname={A!r})\n",
            f"rdns.PtrRecord('two', address=server.value, hostname={B!r})\n",
        )
        project.preview()
        result = project.up(fails=True)
        assert "'one'" in result.text
        assert "'two'" in result.text
        assert "Traceback" not in result.text
        assert world.ptr(x) == [A]
        assert "two" not in project.resources()

    # Forward records

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
