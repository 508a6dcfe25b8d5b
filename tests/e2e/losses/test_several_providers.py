"""One run has a process for each provider: what one declares, no other takes away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..harness import Project, ptr
from ..worlds import World

A, B, C = (f"{letter}.example.com" for letter in "abc")
FIRST, SECOND, THIRD = (f"192.0.2.{last}" for last in (10, 11, 12))

#: a resource that fails where the ledger shows a text, or does not tell of the record ``s``
_LOOK = """
import os, pathlib

class Looking(pulumi.dynamic.ResourceProvider):
    def create(self, props):
        home = pathlib.Path(os.environ["PULUMI_HOME"]) / "rdns"
        text = "".join(one.read_text() for one in home.iterdir())
        assert "::s" in text and "declare" in text, text
        assert "{secret}" not in text
        return pulumi.dynamic.CreateResult("seen", {{}})

class Look(pulumi.dynamic.Resource):
    def __init__(self, name, opts):
        super().__init__(Looking(), name, {{}}, opts)

"""


def provider(name: str, world: World) -> str:
    """Declare a provider of its own, with the settings as a stack has them."""
    settings = {"rdns:backend": "main", "rdns:backends": json.dumps({"main": world.settings()})}
    return f"{name} = pulumi.ProviderResource('pulumi-python', {name!r}, {settings!r})\n"


def by(name: str) -> str:
    return f"provider={name}"


@pytest.mark.parametrize("kind", ["zonefile", "bind", "powerdns", "hostinger"])
def test_two_providers_that_swap_addresses_keep_both(project: Project, world: World) -> None:
    first, second = world.addresses[:2]
    both = provider("one", world) + provider("two", world)
    project.program(both, ptr("a", first, A, opts=by("one")), ptr("b", second, B, opts=by("two")))
    project.up()
    project.program(both, ptr("a", second, A, opts=by("one")), ptr("b", first, B, opts=by("two")))
    project.up()
    assert (world.ptr(first), world.ptr(second)) == ([B], [A])
    assert "replaced" not in project.up().text
    project.program(both)
    project.up()
    assert not {A, B} & {*world.ptr(first), *world.ptr(second)}


def test_a_record_that_is_renamed_and_moves_to_another_provider_stays(
    project: Project, world: World
) -> None:
    one = provider("one", world)
    project.program(one, ptr("a", FIRST, A), ptr("old", SECOND, B))
    project.up()
    project.program(one, ptr("a", FIRST, A), ptr("new", SECOND, B, opts=by("one")))
    told = project.up().text
    assert (world.ptr(FIRST), world.ptr(SECOND)) == ([A], [B])
    # Nobody can know that it was this stack's: so it is kept, and the up that forgets it says so.
    assert f"the PTR of {SECOND}, {B}, is left to resource 'new'" in told
    assert "`aliases`" in told
    project.destroy()
    assert (world.ptr(FIRST), world.ptr(SECOND)) == ([], [B])


def test_nothing_is_deleted_where_the_processes_cannot_know_of_each_other(
    project: Project, world: World, tmp_path: Path
) -> None:
    project.program(ptr("a", FIRST, A), ptr("b", SECOND, B))
    project.up()
    folder = Path(project.environ["PULUMI_HOME"]) / "rdns"
    if folder.exists():
        folder.rmdir()
    folder.write_text("in the way")
    project.program(ptr("a", FIRST, A))
    result = project.up(fails=True)
    assert "what other processes of this run declare cannot be known" in result.text
    assert world.ptr(SECOND) == [B]
    folder.unlink()
    project.up()
    assert (world.ptr(FIRST), world.ptr(SECOND)) == ([A], [])


def test_no_secret_value_is_in_the_ledger_of_a_run(project: Project, world: World) -> None:
    project.program(
        _LOOK.format(secret=C),
        f"s = rdns.PtrRecord('s', address={THIRD!r}, hostname=pulumi.Output.secret({C!r}), ",
        "forward_check='skip')\n",
        "Look('look', pulumi.ResourceOptions(depends_on=[s]))\n",
    )
    project.up()
    assert world.ptr(THIRD) == [C]
