"""Several writers, kills, and disks that say no."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pulumi_rdns.backends.zonefile import storage
from pulumi_rdns.errors import ConflictError, UnavailableError

from .tools import (
    ELEVEN,
    REVERSE,
    SAMPLE,
    Zones,
    accepted_by_bind,
    change,
    child_says,
    name,
    run_child,
    serial_of,
)

A = "a.example.com"
B = "b.example.com"
NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


WRITE = 'zones.set(ELEVEN, [], ["b.example.com"])'
WRITE_SOME = """
from concurrent.futures import ThreadPoolExecutor
backend = zones.backend(lockTimeout=60)
def write(number):
    wanted = change(f"{number}.{REVERSE}", "PTR", [], [f"h{number}.example.com"])
    backend.apply(name(REVERSE), [wanted])
with ThreadPoolExecutor(4) as pool:
    list(pool.map(write, range(int(sys.argv[2]), 201, 5)))
"""
#: what is imported late must be imported before the rights are given up
AS_NOBODY = f'zones.set(TEN, ["a.example.com"], ["a.example.com"])\nos.setuid({NOBODY})\n'


def test_two_hundred_records_from_five_processes_are_all_there(zones: Zones) -> None:
    path = zones.write("db.192.0.2", SAMPLE.replace("10   ", "240  "))
    children = [run_child(zones, WRITE_SOME, str(start)) for start in range(1, 6)]
    assert [child.communicate(timeout=100)[0] for child in children] == [""] * 5
    for number in range(1, 201):
        assert zones.values(f"{number}.{REVERSE}") == [f"h{number}.example.com."]
    assert serial_of(path.read_text()) == 207
    assert accepted_by_bind(path, REVERSE)
    assert zones.listing() == ["db.192.0.2"]


def test_of_two_writers_with_one_expectation_only_one_wins(sample: Zones) -> None:
    barrier = threading.Barrier(8)

    def write(number: int) -> bool:
        backend = sample.backend()
        barrier.wait()
        try:
            backend.apply(name(REVERSE), [change(ELEVEN, "PTR", [], [f"h{number}.example.com"])])
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(write, range(8))) == 1
    assert len(sample.values(ELEVEN)) == 1


def test_an_edit_by_hand_between_reading_and_renaming_is_kept(
    sample: Zones, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits = iter([SAMPLE + "20 PTR hand.example.com.\n"])
    replace = storage.replace

    def late_edit(path: Path, old: bytes, new: bytes, mark: Callable[[], None]) -> bool:
        def edit_then_mark() -> None:
            for text in edits:
                path.write_text(text)
            mark()

        return replace(path, old, new, edit_then_mark)

    monkeypatch.setattr(storage, "replace", late_edit)
    sample.set(ELEVEN, [], [B])
    assert sample.values(f"20.{REVERSE}") == ["hand.example.com."]
    assert sample.values(ELEVEN) == [f"{B}."]
    assert serial_of(sample.text("db.192.0.2")) == 8


def test_a_file_that_never_holds_still_is_left_alone(
    sample: Zones, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "replace", lambda *_: False)
    with pytest.raises(UnavailableError, match="keeps being changed by somebody else"):
        sample.set(ELEVEN, [], [B])


def test_a_file_that_vanishes_is_unavailable(
    sample: Zones, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = storage.replace

    def vanish(path: Path, old: bytes, new: bytes, mark: Callable[[], None]) -> bool:
        path.unlink()
        return replace(path, old, new, mark)

    monkeypatch.setattr(storage, "replace", vanish)
    with pytest.raises(UnavailableError, match=r"db\.192\.0\.2: No such file"):
        sample.set(ELEVEN, [], [B])
    assert sample.listing() == []


def test_killed_before_the_rename_leaves_the_file_and_the_next_write_goes_on(
    sample: Zones,
) -> None:
    child = run_child(sample, f"os.replace = lambda *_: os.kill(os.getpid(), 9)\n{WRITE}")
    child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL
    assert sample.text("db.192.0.2") == SAMPLE
    assert sample.listing() == [".db.192.0.2.rdns-new", "db.192.0.2"]
    assert sample.backend().find_zone(name(ELEVEN)) == name(REVERSE)
    sample.set(ELEVEN, [], [B])
    assert sample.values(ELEVEN) == [f"{B}."]
    assert sample.listing() == ["db.192.0.2"]


def test_a_full_disk_leaves_the_file_as_it_was(sample: Zones) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))"
    answer = child_says(sample, f"{limit}\n{WRITE}")
    assert answer.startswith(f"UnavailableError zones: write {ELEVEN}: ")
    assert "File too large" in answer
    assert sample.text("db.192.0.2") == SAMPLE
    assert sample.listing() == ["db.192.0.2"]


@needs_root
def test_a_read_only_folder_is_unavailable_but_what_is_right_needs_no_write(
    sample: Zones,
) -> None:
    open_way(sample.folder)
    answer = child_says(sample, AS_NOBODY + AS_NOBODY.splitlines()[0] + "\n" + WRITE)
    assert answer.startswith(f"UnavailableError zones: write {ELEVEN}: ")
    assert "Permission denied" in answer
    assert sample.text("db.192.0.2") == SAMPLE


@needs_root
def test_a_file_of_another_owner_is_refused_with_the_way_out(sample: Zones) -> None:
    open_way(sample.folder)
    sample.folder.chmod(0o777)
    answer = child_says(sample, AS_NOBODY + WRITE)
    assert "belongs to user 0" in answer
    assert "run it as that user" in answer
    assert sample.text("db.192.0.2") == SAMPLE
    assert sample.listing() == ["db.192.0.2"]


@needs_root
def test_owner_and_group_are_kept(sample: Zones) -> None:
    path = sample.folder / "db.192.0.2"
    os.chown(path, NOBODY, 12345)
    sample.set(ELEVEN, [], [B])
    assert (path.stat().st_uid, path.stat().st_gid) == (NOBODY, 12345)


def open_way(folder: Path) -> None:
    """Let other users into a folder of pytest's."""
    for path in (folder, *folder.parents):
        if path.stat().st_uid == 0 and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)


def test_a_held_lock_is_unavailable_after_the_time_out(sample: Zones) -> None:
    with (sample.folder / ".rdns.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(UnavailableError, match="locked by another process"):
            sample.backend(lockTimeout=0.2).apply(name(REVERSE), [change(ELEVEN, "PTR", [], [B])])
    assert sample.text("db.192.0.2") == SAMPLE
    sample.set(ELEVEN, [], [B])
