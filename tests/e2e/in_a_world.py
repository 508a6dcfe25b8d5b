"""A project in a world of two instances: what the tests of every backend stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .conftest import MakeProject
from .harness import Project
from .worlds import World

A, B, C, D = (f"{letter}.example.com" for letter in "abcd")
STRANGER = "somebody.else.example.net"
SECOND_STRANGER = "another.else.example.net"


class InAWorld:
    """A project whose stack has two instances of one type of backend.

    A subclass gives the fixtures ``world``, the instance that is the stack's default, and
    ``other``, a second one of the same type with the same addresses.
    """

    @pytest.fixture
    def project(self, world: World, other: World, make_project: MakeProject) -> Iterator[Project]:
        """Give a project whose stack has both instances."""
        project = make_project(self.config(world, other))
        yield project
        world.verify()
        other.verify()

    def config(self, *worlds: World, slow: bool = False) -> dict[str, object]:
        """Give the configuration of a stack; ``slow`` makes deletes take their time."""
        more = dict(worlds[0].slow or {}) if slow else {}
        return {
            "rdns:backend": worlds[0].instance,
            "rdns:backends": {world.instance: {**world.settings(), **more} for world in worlds},
            "rdns:forwardSource": "backend",
            "rdns:forwardCheck": "skip",
        }

    def with_several_hostnames(self, world: World) -> str:
        """Give an address whose PTR is two strangers' names; skip where that cannot be."""
        if not world.has_ptr_zones:
            pytest.skip("an address has at most one PTR at this backend")
        world.set_ptr(world.addresses[0], [STRANGER, SECOND_STRANGER])
        return world.addresses[0]

    def make_slow(self, project: Project, world: World, other: World, slow: bool) -> None:
        """Make deletes take their time, where the test is about that."""
        if not slow:
            return
        if world.slow is None:
            pytest.skip("nothing makes this backend slow")
        project.configure(self.config(world, other, slow=True))
