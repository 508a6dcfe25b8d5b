"""The file that the processes of a run share, and what a killed run leaves in it."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.errors import ConfigError
from pulumi_rdns.records.ledger_file import (
    AnyEvent,
    Began,
    Cli,
    Closes,
    Declares,
    Expects,
    Failed,
    Has,
    LedgerFile,
    Leftover,
    Opens,
    Remembers,
    Resolves,
    Run,
    Starts,
    ledger_folder,
    leftovers,
)

CLI = Cli(4711, 1_700_000_000.25)
RUN = Run("reverse-dns", "dev", "0a1b2c", CLI)
NEXT = Run("reverse-dns", "dev", "ffffff", CLI)
URN = "urn:pulumi:dev::reverse-dns::pulumi-python:dynamic/rdns:PtrRecord::mail"
MAIL, X, Y = "mail.example.com", "192.0.2.10", "192.0.2.11"
STARTS = Starts(URN, "create", "PTR", "ns1's", {X: MAIL})

EVENTS: list[AnyEvent] = [
    Opens(CLI),
    Opens(),
    Began(parallel=4, organization="acme"),
    Expects(1, "mail", ("PTR",), {X: None}),
    Expects(2, "many", ("A", "AAAA")),
    Declares(URN, "PTR", "ns1", "ns1's", {X: MAIL, Y: None}, "2.0.192.in-addr.arpa", 1),
    Has(URN, "PTR", "ns1's", {X: MAIL}, memory=Remembers(True, True, ("old.example.com",), 60)),
    Has(URN, "PTR", "", {}, ("z.example",), {X: "o.z.example"}, current=False, failed=(Y,)),
    Failed(URN, X),
    STARTS,
    Starts(URN, "delete", "PTR", "ns1's", {X: None}),
    Resolves(URN),
    Closes(),
]

#: opens the file as another process does
Open = Callable[[], LedgerFile]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "rdns"


@pytest.fixture
def opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    return lambda: opened_by_another(folder, RUN, monkeypatch)


def opened_by_another(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> LedgerFile:
    """Open a file as a process of its own does."""
    pid = next(_pids)
    with monkeypatch.context() as patched:
        patched.setattr(os, "getpid", lambda: pid)
        return LedgerFile(folder, run)


_pids = iter(range(100_000, 200_000))


def is_dead(_: Cli) -> bool:
    return False


def test_the_file_is_named_after_the_run_and_readable_for_its_user_alone(folder: Path) -> None:
    previous = os.umask(0)
    try:
        file = LedgerFile(folder, RUN)
    finally:
        os.umask(previous)
    assert file.path == folder / "reverse-dns.dev.0a1b2c.v1.jsonl"
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_folder_is_in_pulumis_own() -> None:
    assert ledger_folder({"PULUMI_HOME": "/srv/pulumi"}) == Path("/srv/pulumi/rdns")
    for environ in ({}, {"PULUMI_HOME": ""}):
        assert ledger_folder(environ) == Path.home() / ".pulumi" / "rdns"


names = st.text("abAB01.-_/é[*", min_size=1, max_size=6)


@given(project=names, stack=names)
def test_any_name_is_a_file_of_the_folder(project: str, stack: str, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("any")
    file = LedgerFile(folder, Run(project, stack, "zy"))
    assert [*folder.iterdir()] == [file.path]
    file.append(STARTS)
    assert [one.path for one in leftovers(folder, Run(project, stack, "zz"), is_dead)] == [
        file.path
    ]


def test_what_one_process_adds_the_others_read_once(opened: Open) -> None:
    one, other = opened(), opened()
    assert [*one.news()] == [Opens(CLI)]
    for event in EVENTS:
        other.append(event)
    assert [*one.news()] == EVENTS
    assert [*one.news()] == []
    assert [*other.news()] == [Opens(CLI)]
    late = opened()
    assert [*late.news()] == [Opens(CLI), Opens(CLI), *EVENTS]


def test_a_line_counts_when_the_whole_of_it_is_there(opened: Open) -> None:
    one = opened()
    whole = b"7 " + msgspec.json.encode(Failed(URN, X)) + b"\n"
    for size in range(len(whole)):
        add(one.path, whole[:size])
        assert [*one.news()] == []
        add(one.path, whole[size:])
        assert [*one.news()] == [Failed(URN, X)]


def add(path: Path, text: bytes) -> None:
    with path.open("ab") as file:
        file.write(text)


def test_a_line_that_a_kill_cut_short_is_passed_over(opened: Open, folder: Path) -> None:
    one, killed = opened(), opened()
    cut_short(killed, STARTS)
    add(one.path, b"\n")
    one.append(Closes())
    assert [*opened().news()] == [Opens(CLI), Opens(CLI), Closes()]
    assert leftovers(folder, NEXT, is_dead) == []


def test_a_line_that_a_kill_cut_short_takes_no_other_process_s_line_with_it(opened: Open) -> None:
    one, other, killed = opened(), opened(), opened()
    assert len([*one.news()]) == 2
    cut_short(killed, STARTS)
    other.append(Failed(URN, X))
    assert [*one.news()] == [Failed(URN, X)]


def cut_short(file: LedgerFile, event: AnyEvent) -> None:
    """Add the first half of a line."""
    before = file.path.stat().st_size
    file.append(event)
    os.truncate(file.path, before + (file.path.stat().st_size - before) // 2)


def test_a_line_of_another_release_is_passed_over(opened: Open) -> None:
    one, other = opened(), opened()
    add(one.path, b'7 {"type":"greets","who":"all"}\n7 {"type":"failed","resource":1}\n7\n\n')
    add(one.path, b'7 {"type":"failed","resource":"r","subject":"s","why":"new"}\n')
    other.append(Closes())
    assert [*one.news()] == [Opens(CLI), Failed("r", "s"), Closes()]


WRITER = """
import sys
from pathlib import Path
from typing import Any
from pulumi_rdns.records.ledger_file import Has, LedgerFile, Run
file = LedgerFile(Path(sys.argv[1]), Run("p", "s", "k"))
records = {f"192.0.2.{at}": "h" * 40 + ".example.com" for at in range(256)}
for at in range(200):
    file.append(Has(f"{sys.argv[2]} {at}", "PTR", "ns1's", records))
"""


def test_two_processes_that_write_at_once_cut_no_line_of_each_other(folder: Path) -> None:
    reader = LedgerFile(folder, Run("p", "s", "k"))
    commands = [[sys.executable, "-c", WRITER, str(folder), who] for who in ("one", "two")]
    running = [subprocess.Popen(command) for command in commands]
    found: list[AnyEvent] = []
    while any(one.poll() is None for one in running):
        found += reader.news()
    found += reader.news()
    assert [one.returncode for one in running] == [0, 0]
    said = [one.resource for one in found if isinstance(one, Has)]
    for who in ("one", "two"):
        assert [text for text in said if text.startswith(who)] == [
            f"{who} {at}" for at in range(200)
        ]


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    folder = tmp_path / "rdns"
    folder.write_text("a file")
    with pytest.raises(ConfigError) as caught:
        LedgerFile(folder, RUN)
    assert str(caught.value) == (
        "what other processes of this run declare cannot be known: "
        f"{folder}/reverse-dns.dev.0a1b2c.v1.jsonl: File exists"
    )
    assert leftovers(folder, RUN, is_dead) == leftovers(tmp_path / "nowhere", RUN, is_dead) == []


@pytest.mark.parametrize("call", ["write", "lseek"])
def test_a_disk_that_fails_is_one_clear_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    file = LedgerFile(folder, RUN)

    def fails(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, call, fails)
        with pytest.raises(ConfigError, match=r"cannot be known: .*: No space left on device"):
            [*file.news()] if call == "lseek" else file.append(STARTS)
    file.append(STARTS)


def test_a_write_in_pieces_is_one_line(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = opened(), opened()
    write = os.write
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda fd, data: write(fd, data[:7]))
        other.append(STARTS)
    assert [*one.news()] == [Opens(CLI), STARTS]


class TestLeftovers:
    """What runs that were killed have left of this stack."""

    def test_an_operation_of_a_killed_run_is_one_that_the_state_may_not_know(
        self, opened: Open, folder: Path
    ) -> None:
        killed = opened()
        killed.append(STARTS)
        (left,) = leftovers(folder, NEXT, is_dead)
        assert left == Leftover(killed.path, {URN: [STARTS]})

    def test_each_operation_of_a_resource_counts(self, opened: Open, folder: Path) -> None:
        """A replaced one is created at its new place, and then deleted at the old one."""
        killed = opened()
        killed.append(STARTS)
        killed.append(Starts(URN, "delete", "PTR", "ns1's", {X: None}))
        (left,) = leftovers(folder, NEXT, is_dead)
        assert [begun.operation for begun in left.interrupted[URN]] == ["create", "delete"]

    def test_of_a_process_that_ended_well_the_state_knows_all(
        self, opened: Open, folder: Path
    ) -> None:
        well, killed = opened(), opened()
        well.append(STARTS)
        other = Starts(f"{URN}2", "update", "PTR", "ns1's", {Y: MAIL})
        killed.append(other)
        well.append(Closes())
        (left,) = leftovers(folder, NEXT, is_dead)
        assert left.interrupted == {f"{URN}2": [other]}

    def test_a_run_that_is_going_on_is_left_alone(self, opened: Open, folder: Path) -> None:
        """Also the very one that asks."""
        opened().append(STARTS)
        asked: list[Cli] = []

        def is_alive(cli: Cli) -> bool:
            asked.append(cli)
            return True

        assert leftovers(folder, NEXT, is_alive) == []
        assert asked == [CLI]
        assert leftovers(folder, RUN, is_dead) == []
        assert len([*folder.iterdir()]) == 1

    def test_the_files_of_other_stacks_are_left_alone(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for run in (RUN._replace(project="other"), RUN._replace(stack="prod")):
            opened_by_another(folder, run, monkeypatch).append(STARTS)
        assert leftovers(folder, NEXT, is_dead) == []
        assert len([*folder.iterdir()]) == 2

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (("my.app", "dev"), ("my_app", "dev")),
            (("app", "a.b"), ("app", "a_b")),
            (("app", "org/dev"), ("app", "org_dev")),
        ],
    )
    def test_two_stacks_have_no_file_in_common(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        one: tuple[str, str],
        other: tuple[str, str],
    ) -> None:
        """What another stack wrote is a stranger's, which must not be overwritten."""
        opened_by_another(folder, Run(*one, "0a", CLI), monkeypatch).append(STARTS)
        assert leftovers(folder, Run(*other, "1b", CLI), is_dead) == []

    def test_a_file_with_nothing_left_goes(self, opened: Open, folder: Path) -> None:
        file = opened()
        file.append(STARTS)
        file.append(Closes())
        assert leftovers(folder, NEXT, is_dead) == []
        assert [*folder.iterdir()] == []

    def test_where_nobody_knows_the_cli_a_file_with_nothing_left_goes_after_a_day(
        self, folder: Path
    ) -> None:
        """The run may be going on."""
        path = LedgerFile(folder, RUN._replace(cli=None)).path
        assert leftovers(folder, NEXT, is_dead) == []
        assert path.exists()
        old = time.time() - 100_000
        os.utime(path, (old, old))
        assert leftovers(folder, NEXT, is_dead) == []
        assert not path.exists()

    def test_what_has_been_looked_after_is_left_no_longer(self, opened: Open, folder: Path) -> None:
        killed = opened()
        urns = [URN, f"{URN}2"]
        for urn in urns:
            killed.append(Starts(urn, "create", "PTR", "ns1's", {X: MAIL}))
        (left,) = leftovers(folder, NEXT, is_dead)
        left.resolve("urn::unknown")
        left.resolve(URN)
        left.resolve(URN)
        (again,) = leftovers(folder, NEXT, is_dead)
        assert again.interrupted.keys() == left.interrupted.keys() == {f"{URN}2"}
        again.resolve(f"{URN}2")
        assert [*folder.iterdir()] == []
        again.resolve(f"{URN}2")
        assert [*folder.iterdir()] == []

    def test_what_has_been_looked_after_is_noted_behind_a_line_that_was_cut_short(
        self, opened: Open, folder: Path
    ) -> None:
        killed = opened()
        for urn in (URN, f"{URN}2"):
            killed.append(Starts(urn, "create", "PTR", "ns1's", {X: MAIL}))
        cut_short(killed, STARTS)
        (left,) = leftovers(folder, NEXT, is_dead)
        left.resolve(URN)
        (again,) = leftovers(folder, NEXT, is_dead)
        assert again.interrupted.keys() == {f"{URN}2"}

    def test_who_ends_last_removes_the_file(self, opened: Open, folder: Path) -> None:
        one, other = opened(), opened()
        for file in (one, other):
            file.append(STARTS)
        one.append(Closes())
        one.remove_if_all_is_known()
        assert [*folder.iterdir()] == [one.path]
        other.append(Closes())
        other.remove_if_all_is_known()
        assert [*folder.iterdir()] == []
        other.remove_if_all_is_known()


def test_the_lines_are_json_that_a_later_release_reads(opened: Open) -> None:
    """The format is permanent: a killed run of this release is looked after by the next one."""
    file = opened()
    for event in (Began(parallel=2), STARTS, Resolves(URN), Closes()):
        file.append(event)
    lines = [line.partition(" ") for line in file.path.read_text().splitlines() if line]
    assert {int(pid) for pid, _, _ in lines} == {int(lines[0][0])}
    assert [json.loads(text) for _, _, text in lines] == [
        {"type": "open", "cli": [4711, 1_700_000_000.25]},
        {"type": "run", "parallel": 2},
        {
            "type": "start",
            "resource": URN,
            "operation": "create",
            "kind": "PTR",
            "identity": "ns1's",
            "records": {X: MAIL},
        },
        {"type": "resolve", "resource": URN},
        {"type": "close"},
    ]
