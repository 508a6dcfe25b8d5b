"""What a program tells of its resources before the engine does, and of what a killed run left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

import pulumi_rdns as rdns
from pulumi_rdns.records.holdings import hidden
from pulumi_rdns.records.ledger_file import (
    AnyEvent,
    Began,
    Cli,
    Expects,
    LedgerFile,
    Run,
    Starts,
)
from pulumi_rdns.resources.engine import run
from tests.resources.conftest import SETTINGS, run_program

DEAD = Cli(4711, 1_700_000_000.0)
URN = "urn:pulumi:stack::project::pulumi-python:dynamic/rdns:PtrRecord::mail"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let programs take part in a run, whose files are in a folder of the test."""
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    monkeypatch.setattr(run, "program_run_key", lambda: "now")
    monkeypatch.setattr(run, "is_alive", lambda one: one != DEAD)
    return tmp_path / "rdns"


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    heard: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_, **__: heard.append(text))
    return heard


def killed_in(folder: Path, operation: str, address: str) -> Path:
    file = LedgerFile(folder, Run("project", "stack", "before", DEAD))
    file.append(Starts(URN, operation, "PTR", "corp's", {address: None}))
    return file.path


def told(folder: Path) -> list[AnyEvent]:
    (path,) = folder.glob("*.now.*")
    lines = path.read_bytes()
    path.write_bytes(lines.replace(path.read_bytes().partition(b" ")[0], b"1"))
    return [*LedgerFile(folder, Run("project", "stack", "now")).news()]


def ptr(address: Any) -> Callable[[], None]:
    def program() -> None:
        rdns.PtrRecord("mail", address=address(), hostname="mail.example.com")

    return program


def test_a_program_tells_of_each_record_that_it_makes(folder: Path) -> None:
    def program() -> None:
        rdns.PtrRecord("mail", address="192.0.2.10", hostname="Mail.example.com")
        computed = pulumi.Output.from_input("192.0.2.11")
        rdns.PtrRecord("late", address=computed, hostname="late.example.com")
        rdns.PtrRecordSet("many", records={"192.0.2.12": "many.example.com"})
        rdns.ForwardRecord("www", hostname="www.example.com", address=computed)
        of_set = pulumi.Output.from_input({"192.0.2.13": "later.example.com"})
        rdns.PtrRecordSet("later", records=of_set)

    run_program(program)
    events = told(folder)
    assert [type(one) for one in events if isinstance(one, Began)] == [Began]
    made = [one for one in events if isinstance(one, Expects)]
    assert made[:5] == [
        Expects(1, "mail", ("PTR",), {"192.0.2.10": "mail.example.com"}),
        Expects(2, "late", ("PTR",)),
        Expects(3, "many", ("PTR",), {"192.0.2.12": "many.example.com"}),
        Expects(4, "www", ("A", "AAAA"), {"www.example.com": None}),
        Expects(5, "later", ("PTR",)),
    ]
    assert sorted(made[5:], key=lambda one: one.line) == [
        Expects(2, "late", ("PTR",), {"192.0.2.11": "late.example.com"}),
        Expects(4, "www", ("A",), {"www.example.com": "192.0.2.11"}),
        Expects(5, "later", ("PTR",), {"192.0.2.13": "later.example.com"}),
    ]


def test_a_program_tells_of_no_secret_of_a_set(folder: Path) -> None:
    def program() -> None:
        secret = pulumi.Output.secret({"192.0.2.13": "secret.example.com"})
        rdns.PtrRecordSet("many", records=secret)

    run_program(program)
    events = [one for one in told(folder) if isinstance(one, Expects)]
    assert events == [Expects(1, "many", ("PTR",))]


def test_a_program_tells_of_no_secret_when_it_is_known(folder: Path) -> None:
    run_program(ptr(lambda: pulumi.Output.secret("192.0.2.11")))
    events = [one for one in told(folder) if isinstance(one, Expects)]
    assert events == [Expects(1, "mail", ("PTR",))]


def test_what_a_killed_run_was_creating_and_nobody_declares_is_said_once(
    folder: Path, warnings: list[str]
) -> None:
    path = killed_in(folder, "create", "192.0.2.99")
    quiet = {**SETTINGS, "rdns:previewChecks": "false"}
    run_program(ptr(lambda: "192.0.2.10"), quiet, preview=True)
    (warning,) = warnings
    assert "was creating 'mail', the PTR record of 192.0.2.99" in warning
    assert path.exists(), "a preview settles nothing"
    run_program(ptr(lambda: "192.0.2.10"))
    assert warnings == [warning] * 2
    assert not path.exists()
    run_program(ptr(lambda: "192.0.2.10"))
    assert len(warnings) == 2


@pytest.mark.parametrize(
    ("operation", "left", "address"),
    [
        ("create", "192.0.2.10", lambda: "192.0.2.10"),
        ("create", "192.0.2.10", lambda: pulumi.Output.from_input("192.0.2.10")),
        ("create", hidden("192.0.2.10"), lambda: pulumi.Output.secret("192.0.2.10")),
        ("delete", "192.0.2.99", lambda: "192.0.2.10"),
    ],
    ids=["plain", "computed", "secret", "a delete"],
)
def test_what_the_program_still_declares_is_left_to_the_provider(
    folder: Path, warnings: list[str], operation: str, left: str, address: Any
) -> None:
    path = killed_in(folder, operation, left)
    run_program(ptr(address))
    assert warnings == []
    assert path.exists()
