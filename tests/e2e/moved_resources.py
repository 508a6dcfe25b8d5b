"""Resources that are renamed, moved and swapped, or have one address: seen through the real CLI."""

from __future__ import annotations

import pytest

from .harness import Project, declare, forward, ptr
from .in_a_world import STRANGER, A, B, C, InAWorld
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


class MovedResources(InAWorld):
    """What is live stays live while the engine deletes and creates, on any backend."""

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
