"""What the vendor's document leaves open: the same commands of the real CLI under either answer."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import MakeProject
from .harness import declare, ptr
from .hostinger_world import HostingerWorld, X, config
from .hostinger_world import world as world
from .in_a_world import A

#: answers to what the vendor's document leaves open, each of them once this way and once that way
ANSWERS: dict[str, dict[str, Any]] = {
    "quick and careless": {
        "delete_leaves": "nothing",
        "initial_ptr": "nothing",
        "action_delay": 0.3,
        "acting_locks": False,
        "locked_refuses": False,
    },
    "slow and strict": {
        "delete_leaves": "default",
        "requires_forward": True,
        "action_delay": 0.3,
        "ptr_lag": 0.8,
        "list_lag": 60.0,
    },
    "a rate limit that is not told": {
        "rate_limit": 8,
        "rate_window": 1.0,
        "retry_after": "none",
        "zone_absent": "empty",
    },
}


@pytest.mark.parametrize("switches", ANSWERS.values(), ids=list(ANSWERS))
def test_each_unknown_is_right_under_either_answer(
    make_project: MakeProject, switches: dict[str, Any]
) -> None:
    with HostingerWorld.running("main", **switches) as world:
        project = make_project(config(world))
        host = declare("ForwardConfirmedHost", "mail", hostname=A, addresses=[X, "2001:db8::10"])
        project.program(host)
        result = project.up()
        assert "warning" not in result.text
        refused = [sent for sent in world.simulator.sent() if sent.status == 429]
        assert bool(refused) is ("rate_limit" in switches)
        assert world.ptr(X) == world.ptr("2001:db8::10") == [A]
        project.up("--refresh", "--expect-no-changes")
        project.destroy()
        assert world.ptr(X) == world.ptr("2001:db8::10") == []
        assert world.forward(A, "A") == world.forward(A, "AAAA") == []
        left = world.account.ptr(X)
        assert left == (
            None if world.scenario.delete_leaves == "nothing" else "srv17923.hstgr.cloud"
        )


def test_a_ptr_that_the_vendor_refuses_shows_its_words_and_what_may_help(
    make_project: MakeProject,
) -> None:
    with HostingerWorld.running("main", requires_forward=True) as world:
        project = make_project(config(world, **{"rdns:forwardCheck": "skip"}))
        project.program(ptr("a", X, A))
        (error,) = project.up(fails=True).errors
        assert f"refused it: domain: The domain {A} does not resolve to {X}." in error
        assert "the forward record may be too new for Hostinger to see" in error
        world.set_forward(A, "A", [X])
        project.up()
        assert world.ptr(X) == [A]


@pytest.mark.parametrize("refuses", [True, False])
def test_a_locked_vm_is_waited_for(
    make_project: MakeProject, world: HostingerWorld, refuses: bool
) -> None:
    world.scenario.locked_refuses = refuses
    project = make_project(config(world, **{"rdns:forwardCheck": "skip"}))
    project.program(ptr("a", X, A))
    world.account.lock(17923, 3600.0)
    # Seen once more, it is free in a moment.
    vm = "/virtual-machines/17923"
    world.simulator.before("GET", vm, lambda account: account.lock(17923, 0.9))
    result = project.up()
    assert "VM 17923 (srv17923.hstgr.cloud) is locked by another action" in result.text
    assert world.ptr(X) == [A]
    assert len(world.simulator.sent("POST")) == 1
