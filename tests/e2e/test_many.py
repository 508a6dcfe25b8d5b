"""Many records at once, and several writers of one folder."""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import MakeProject
from .harness import Project
from .worlds import ZoneFileWorld

SKIP = {"PULUMI_SKIP_CHECKPOINTS": "true"}
REVERSE = "2.0.192.in-addr.arpa"

PTRS = """\
for host in range({first}, {last}):
    rdns.PtrRecord(f"p{{host}}", address=f"192.0.2.{{host}}", hostname=f"h{{host}}.example.com")
"""

#: a stateful provider of the program's own: its instance has an attribute
STATEFUL = """
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Counting(ResourceProvider):
    def __init__(self, prefix):
        super().__init__()
        self.prefix = prefix

    def create(self, props):
        return CreateResult(self.prefix + props["text"], {"text": self.prefix + props["text"]})


class Counted(Resource):
    text: pulumi.Output[str]


Counted(Counting("from an attribute: "), "counted", {"text": "one"})
"""


@pytest.fixture
def world(tmp_path: Path) -> ZoneFileWorld:
    return ZoneFileWorld("zones", tmp_path / "project")


def config(world: ZoneFileWorld) -> dict[str, object]:
    return {
        "rdns:backend": world.instance,
        "rdns:backends": {world.instance: world.settings()},
        "rdns:forwardCheck": "skip",
    }


def test_two_hundred_ptrs_of_one_zone_are_all_written(
    world: ZoneFileWorld, make_project: MakeProject
) -> None:
    serial = world.serial(REVERSE)
    project = make_project(config(world))
    project.program(PTRS.format(first=2, last=200), PTRS.format(first=211, last=213))
    project.up("--parallel", "32", environ=SKIP)
    hosts = [*range(2, 200), 211, 212]
    assert len(hosts) == 200
    live = world.ptrs(f"192.0.2.{host}" for host in hosts)
    assert live == {f"192.0.2.{host}": [f"h{host}.example.com"] for host in hosts}
    assert serial < world.serial(REVERSE) <= serial + 200
    world.verify()
    project.destroy(environ=SKIP)
    assert not any(world.ptrs(f"192.0.2.{host}" for host in hosts).values())


def test_two_stacks_a_script_and_a_person_lose_nothing_in_one_folder(
    world: ZoneFileWorld, make_project: MakeProject
) -> None:
    one = make_project(config(world))
    one.program(
        "first = 10 if pulumi.get_stack() == 'dev' else 60\n",
        PTRS.replace("range({first}, {last})", "range(first, first + 40)").format(),
    )
    two = Project(one.folder, config(world), home=one.folder / ".home", stack="prod")
    file = world.files[REVERSE]
    running = [one.start_up(environ=SKIP), two.start_up(environ=SKIP)]
    done = threading.Event()
    script = threading.Thread(target=_append_under_the_lock, args=(file, done))
    script.start()
    try:
        _wait_until(lambda: world.ptr("192.0.2.15") != [] or world.ptr("192.0.2.65") != [])
        _save_as_an_editor_does(file, b"250 IN PTR person.example.com.\n")
        for result in [command.wait() for command in running]:
            assert result.code == 0, result.text
    finally:
        done.set()
        script.join()
    hosts = [*range(10, 50), *range(60, 100)]
    expected = {f"192.0.2.{host}": [f"h{host}.example.com"] for host in hosts}
    assert world.ptrs(expected) == expected
    assert world.ptr("192.0.2.250") == ["person.example.com"]
    for host in range(220, 230):
        assert world.ptr(f"192.0.2.{host}") == ["script.example.com"]
    world.verify()


def test_1200_resources_leave_room_for_a_stateful_provider_of_the_users_own(
    make_project: MakeProject,
) -> None:
    backends: dict[str, object] = {"memory": {}}
    project = make_project(
        {"rdns:backend": "memory", "rdns:backends": backends, "rdns:forwardCheck": "skip"}
    )
    project.program(
        """\
        for number in range(1200):
            address = f"10.0.{number // 250}.{number % 250 + 1}"
            rdns.PtrRecord(f"p{number}", address=address, hostname=f"h{number}.example.com")
        """,
        STATEFUL,
    )
    project.up("--parallel", "32", "--suppress-progress", environ=SKIP)
    resources = project.resources()
    assert len(resources) == 1201
    assert resources["counted"].outputs["text"] == "from an attribute: one"


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "nothing happens"
        time.sleep(0.005)


def _append_under_the_lock(file: Path, done: threading.Event) -> None:
    """Add ten records one by one, with the lock that the documentation names."""
    for host in range(220, 230):
        with (file.parent / ".rdns.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with file.open("ab") as text:
                text.write(b"%d IN PTR script.example.com.\n" % host)
        done.wait(0.1)


def _save_as_an_editor_does(file: Path, line: bytes) -> None:
    """Open, think, and save only when nobody else saved in between; else open again."""
    for _ in range(1000):
        before = file.read_bytes()
        draft = file.with_name(f".{file.name}.swp")
        draft.write_bytes(before + line)
        if file.read_bytes() == before:
            draft.replace(file)
            return
    raise AssertionError("the person never came to save")
