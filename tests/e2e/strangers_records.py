"""PTR records that somebody else wrote, changed or removed: seen through the real CLI."""

from __future__ import annotations

from .harness import Project, ptr
from .in_a_world import SECOND_STRANGER, STRANGER, A, B, InAWorld
from .worlds import World


class StrangersRecords(InAWorld):
    """What this stack did not write is never touched unless it is told to, on any backend."""

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
