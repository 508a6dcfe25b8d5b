"""A host that has addresses and reverse zones: which of the two a PTR is in, seen through the CLI.

An address of the account has its PTR there, any other one has it in the host's reverse zone, and so
has every address of a resource with `zone`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.ministack import MiniStack

from . import aws_world, simulated_world
from .aws_world import AwsWorld
from .conftest import MakeProject
from .harness import Project, declare, ptr
from .hetzner_world import HetznerWorld
from .in_a_world import STRANGER, A, B, C, D

#: addresses of the account, for which there is a reverse zone too
X, Y, Z, W = (f"203.0.113.{host}" for host in range(10, 14))
OWN = "113.0.203.in-addr.arpa"
#: addresses of somebody else's, and their reverse zones
P, Q, R, P6 = "192.0.2.10", "192.0.2.11", "192.0.2.12", "2001:db8::10"
ELSEWHERE, ELSEWHERE_6 = "2.0.192.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"
ZONES = ["example.com", OWN, ELSEWHERE, ELSEWHERE_6]

BothWorld = HetznerWorld | AwsWorld


@pytest.fixture(params=["hetzner", "aws"])
def world(request: pytest.FixtureRequest, ministack: MiniStack) -> Iterator[BothWorld]:
    if request.param == "aws":
        with AwsWorld.running("main", ministack, zones=ZONES) as aws:
            yield aws
    else:
        with HetznerWorld.running("main", zones={name: [] for name in ZONES}) as hetzner:
            yield hetzner


@pytest.fixture
def project(world: BothWorld, make_project: MakeProject) -> Project:
    unchecked = {"rdns:forwardCheck": "skip"}
    if isinstance(world, AwsWorld):
        return make_project(aws_world.config(world, **unchecked))
    return make_project(simulated_world.config(world, **unchecked))


def declared(own: str, other: str) -> list[str]:
    """Declare single records and sets: of the account, of elsewhere, and with a zone."""
    return [
        ptr("own", X, own),
        ptr("other", P, other),
        ptr("other-6", P6, other),
        ptr("named", Y, other, zone=OWN),
        declare("PtrRecordSet", "mixed", records={Z: own, Q: other}),
        declare("PtrRecordSet", "named-set", records={W: other}, zone=OWN),
    ]


def live(world: BothWorld) -> dict[str, list[str]]:
    """Read every PTR at the account and in the zones; what has none is left out."""
    found = {f"{one} at the account": world.ptr(one) for one in (X, Y, Z, W)}
    found |= {f"{one} in {OWN}": world.ptr(one, OWN) for one in (X, Y, Z, W)}
    found |= {f"{one} in a zone": world.ptr(one, ELSEWHERE) for one in (P, Q, R)}
    found |= {f"{P6} in a zone": world.ptr(P6, ELSEWHERE_6)}
    return {where: hostnames for where, hostnames in found.items() if hostnames}


def expected(own: str, other: str) -> dict[str, list[str]]:
    return {
        f"{X} at the account": [own],
        f"{Z} at the account": [own],
        f"{Y} in {OWN}": [other],
        f"{W} in {OWN}": [other],
        f"{P} in a zone": [other],
        f"{Q} in a zone": [other],
        f"{P6} in a zone": [other],
    }


def test_each_ptr_is_where_it_belongs_and_stays_there(project: Project, world: BothWorld) -> None:
    project.program(*declared(A, B))
    project.up()
    assert live(world) == expected(A, B)
    outputs = {name: one.outputs.get("zone") for name, one in project.resources().items()}
    assert (outputs["own"], outputs["named"]) == (None, OWN)
    assert (outputs["other"], outputs["other-6"]) == (ELSEWHERE, ELSEWHERE_6)
    project.up("--refresh", "--expect-no-changes")

    # Created today, these would be at the account: they were not.
    for address in (P, Q):
        world.acquire(address)
        world.set_ptr(address, [STRANGER])
    project.up("--refresh", "--expect-no-changes")
    project.program(*declared(C, D))
    project.up()
    assert live(world) == expected(C, D)

    world.set_ptr(P, [STRANGER], ELSEWHERE)
    world.set_ptr(W, [STRANGER], OWN)
    project.refresh()
    assert project.resources()["other"].outputs["hostname"] == STRANGER
    project.up()
    assert live(world) == expected(C, D)

    project.destroy()
    assert live(world) == {}
    assert world.ptrs([P, Q]) == {P: [STRANGER], Q: [STRANGER]}


def test_an_address_that_leaves_the_account_is_not_written_to_a_zone(
    project: Project, world: BothWorld
) -> None:
    world.acquire(R)
    project.program(ptr("single", R, A))
    project.up()
    assert (world.ptr(R), world.ptr(R, ELSEWHERE)) == ([A], [])
    world.release(R)
    world.set_ptr(R, [A], ELSEWHERE)
    project.program(ptr("single", R, B))
    (error,) = project.up(fails=True).errors
    assert error.startswith("AddressNotFoundError: main: ")
    project.refresh(fails=True)
    assert list(project.resources()) == ["single"]
    assert "warning" in project.destroy().text
    assert world.ptr(R, ELSEWHERE) == [A]


def test_a_ttl_is_for_a_zone_and_refused_for_the_accounts_own_address(
    project: Project, world: BothWorld
) -> None:
    project.program(ptr("own", X, A, ttl=300), ptr("other", P, B, ttl=300))
    (error,) = project.up("--continue-on-error", fails=True).errors
    assert error.startswith("InvalidInputError: ")
    assert "ttl" in error
    assert live(world) == {f"{P} in a zone": [B]}
    assert project.resources()["other"].outputs["ttl"] == 300
    project.up("--refresh", "--continue-on-error", fails=True)
    assert project.resources()["other"].outputs["ttl"] == 300
