"""`kill -9` and Ctrl-C in the middle of an up, and the way on: nothing lost, nothing twice."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .harness import Project, Running, forward, ptr
from .worlds import MemoryWorld, World, ZoneFileWorld

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="finds orphaned processes in /proc"
)

POOL = "all.example.com"
SKIP = {"PULUMI_SKIP_CHECKPOINTS": "true"}
#: how many of the changes are live when the kill comes
MOMENTS = [round(1 + step * 43 / 19) for step in range(20)]


def address(host: int) -> str:
    return f"192.0.2.{host}"


def hostname(host: int, prefix: str = "h") -> str:
    return f"{prefix}{host}.example.com"


RENAMED, CHANGED, SWAPPED = range(10, 15), range(15, 20), range(20, 24)
KEPT, REMOVED, NEW, POOLED = range(24, 35), range(35, 40), range(40, 65), range(65, 75)

BEFORE = {address(host): hostname(host) for host in range(10, 40)}
AFTER = {
    **{address(host): hostname(host) for host in (*RENAMED, *KEPT, *NEW)},
    **{address(host): hostname(host, "changed") for host in CHANGED},
    **{address(host): hostname(host ^ 1) for host in SWAPPED},
}


def program_before() -> str:
    """Declare 30 records."""
    return "".join(ptr(f"r{host}", address(host), hostname(host)) for host in range(10, 40))


def program_after() -> str:
    """Declare 60 records: some kept, renamed, changed, swapped, some new; five are gone."""
    lines = [ptr(f"renamed{host}", address(host), hostname(host)) for host in RENAMED]
    lines += [ptr(f"r{host}", address(host), hostname(host, "changed")) for host in CHANGED]
    lines += [ptr(f"r{host}", address(host ^ 1), hostname(host)) for host in SWAPPED]
    lines += [ptr(f"r{host}", address(host), hostname(host)) for host in (*KEPT, *NEW)]
    lines += [forward(f"a{host}", POOL, address(host)) for host in POOLED]
    assert len(lines) == 60
    return "".join(lines)


def changes(world: World) -> int:
    """Count what an up has changed so far."""
    live = world.ptrs([*AFTER, *BEFORE])
    done = [live[key] == [name] for key, name in AFTER.items() if BEFORE.get(key) != name]
    done += [live[address(host)] == [] for host in REMOVED]
    return sum(done) + len(world.forward(POOL, "A"))


def check_all_is_as_declared(project: Project, world: World) -> None:
    live = world.ptrs([*AFTER, *BEFORE])
    expected = {key: [AFTER[key]] if key in AFTER else [] for key in live}
    assert live == expected
    assert world.forward(POOL, "A") == [address(host) for host in POOLED]
    held = {
        resource.outputs["address"]: resource.outputs["writtenHostname"]
        for resource in project.resources().values()
        if "writtenHostname" in resource.outputs
    }
    assert held == AFTER
    assert len(project.resources()) == 60
    world.verify()


def check_nothing_was_ever_lost(seen: dict[str, list[list[str]]]) -> None:
    """No record of before was away for a moment, unless the program no longer has it."""
    for key, values in seen.items():
        old, new = [BEFORE[key]], [AFTER[key]] if key in AFTER else []
        assert values in ([old], [old, new]), f"{key}: {values}"


Prepared = Callable[[Path], tuple[Project, ZoneFileWorld]]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Give a maker of copies of one project whose 30 records are live."""
    origin = tmp_path_factory.mktemp("prepared") / "project"
    world = ZoneFileWorld("zones", origin)
    config = {
        "rdns:backend": "zones",
        "rdns:backends": {"zones": world.settings()},
        "rdns:forwardCheck": "skip",
    }
    project = Project(origin, config)
    project.program(program_before())
    project.up(environ=SKIP)
    project.program(program_after())

    def copy(folder: Path) -> tuple[Project, ZoneFileWorld]:
        shutil.copytree(origin, folder)
        return Project(folder), ZoneFileWorld("zones", folder)

    return copy


def wait_until(running: Running, condition: Callable[[], bool]) -> None:
    """Wait until the condition holds or the command has ended."""
    deadline = time.monotonic() + 60
    while not condition() and running.process.poll() is None:
        assert time.monotonic() < deadline, "nothing happens"
        time.sleep(0.005)


@pytest.mark.parametrize("victim", ["CLI", "provider host"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_after_a_kill_at_any_moment_cancel_and_up_converge(
    prepared: Prepared, tmp_path: Path, moment: int, victim: str
) -> None:
    # Of two kills at one moment, one is without checkpoints.
    turn = MOMENTS.index(moment)
    environ = SKIP if (turn % 2 == 0) is (victim == "CLI") else {}
    for attempt in range(5):
        project, world = prepared(tmp_path / f"project{attempt}")
        with world.watched(*BEFORE) as seen:
            running = project.start_up(environ=environ)
            try:
                wait_until(running, lambda world=world: changes(world) >= moment)  # type: ignore[misc]
                if running.process.poll() is not None:
                    continue  # on a busy machine the up may be over before the kill
                if victim == "provider host":
                    if not running.kill_provider_host():
                        continue
                    running.wait()  # with success, where it had answered its last call
                else:
                    running.kill()
                    running.process.wait(10)
                world.verify()
                project.run("cancel", "--yes", "--stack", project.stack)
                project.up(environ=environ)
            finally:
                running.settle()
        break
    else:
        pytest.fail("each up was over before the kill")
    check_nothing_was_ever_lost(seen)
    check_all_is_as_declared(project, world)
    if turn >= 16:
        project.refresh("--clear-pending-creates")
        assert "pending" not in project.up("--expect-no-changes").text
        project.destroy(environ=SKIP)
        assert set(map(tuple, world.ptrs([*AFTER, *BEFORE]).values())) == {()}
        assert world.forward(POOL, "A") == []


@pytest.fixture
def slow(tmp_path: Path) -> tuple[Project, MemoryWorld]:
    """Give a project whose backend takes a moment for each of 16 records."""
    world = MemoryWorld("slow", tmp_path / "project")
    settings = {**world.settings(), "delays": {"set": 0.5}}
    config = {"rdns:backend": "slow", "rdns:backends": {"slow": settings}}
    project = Project(tmp_path / "project", {**config, "rdns:forwardCheck": "skip"})
    hosts = range(10, 26)
    # One after the other, so that many are still to come.
    lines = [
        f"r{host} = {ptr(f'r{host}', address(host), hostname(host), opts=needs)}"
        for host, needs in zip(
            hosts, [None, None, *(f"depends_on=[r{host}]" for host in hosts)], strict=False
        )
    ]
    project.program(*lines)
    return project, world


def check_the_slow_ones(project: Project, world: MemoryWorld) -> None:
    live = world.ptrs([address(host) for host in range(10, 26)])
    assert live == {address(host): [hostname(host)] for host in range(10, 26)}
    assert len(project.resources()) == 16
    project.up("--expect-no-changes")


def test_one_ctrl_c_finishes_what_has_begun_and_saves_it(
    slow: tuple[Project, MemoryWorld],
) -> None:
    project, world = slow
    running = project.start_up()
    wait_until(running, lambda: world.ptr(address(11)) != [])
    running.interrupt()
    result = running.wait()
    assert result.code != 0
    live = world.ptrs([address(host) for host in range(10, 26)])
    written = [key for key, hostnames in live.items() if hostnames]
    assert 2 <= len(written) < 16
    held = [resource.outputs["address"] for resource in project.resources().values()]
    assert sorted(held) == sorted(written)
    assert not project.deployment().get("pending_operations")
    project.up()
    check_the_slow_ones(project, world)


def test_two_ctrl_c_end_at_once_and_cancel_and_up_converge(
    slow: tuple[Project, MemoryWorld],
) -> None:
    project, world = slow
    running = project.start_up()
    try:
        wait_until(running, lambda: world.ptr(address(11)) != [])
        running.interrupt()
        time.sleep(0.1)
        running.interrupt()
        assert running.wait().code != 0
        project.run("cancel", "--yes", "--stack", project.stack)
        project.up()
    finally:
        running.settle()
    project.refresh("--clear-pending-creates")
    check_the_slow_ones(project, world)
