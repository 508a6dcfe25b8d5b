"""Canary: the engine's address, by which the processes of a run find each other."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import grpc
import psutil
import pytest
from pulumi.runtime import settings as runtime_settings
from pulumi.runtime.proto import engine_pb2_grpc

from pulumi_rdns.records.ledger_file import Cli
from pulumi_rdns.resources.engine import run


def test_a_program_and_a_host_of_one_engine_have_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "127.0.0.1:45785"
    channel = grpc.insecure_channel(address)
    try:
        stub = engine_pb2_grpc.EngineStub(channel)
        monkeypatch.setattr(runtime_settings, "get_engine", lambda: stub)
        monkeypatch.setattr(sys, "argv", ["pulumi.dynamic", address])
        run.host_run_key.cache_clear()
        assert run.program_run_key() == run.host_run_key() is not None
    finally:
        channel.close()
        run.host_run_key.cache_clear()


def test_a_program_without_an_engine_has_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_settings, "get_engine", lambda: None)
    assert run.program_run_key() is None


def test_a_program_is_told_how_many_operations_run_side_by_side(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        runtime_settings, "SETTINGS", runtime_settings.Settings("p", "s", parallel=8)
    )
    assert run.parallel() == 8


def test_the_file_of_the_cli_is_that_of_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "cli", lambda: Cli(os.getpid(), 0))
    assert run.cli_program() == psutil.Process().exe()
    monkeypatch.setattr(run, "cli", lambda: Cli(2**22 + 1, 0))
    assert run.cli_program() is None
    monkeypatch.setattr(run, "cli", lambda: None)
    assert run.cli_program() is None


def test_this_process_has_ended_when_another_one_has_its_number() -> None:
    alive = Cli(os.getpid(), psutil.Process().create_time())
    assert run.is_alive(alive)
    assert not run.is_alive(alive._replace(started=alive.started - 60))


@pytest.mark.parametrize(
    ("line", "is_destroy"),
    [
        ("destroy --yes", True),
        ("down", True),
        ("dn --stack dev", True),
        ("up --yes", False),
        ("up destroy", False),
        ("-C destroy up", False),
        ("--cwd down up", False),
        ("--cwd=up destroy", True),
        ("-v 9 --logtostderr destroy", True),
        ("-v=9 -e destroy", True),
        ("--non-interactive destroy", True),
        ("--stack destroy up", False),
        ("-s destroy refresh", False),
        ("-eQ destroy", True),
        ("--color never up --target urn:pulumi:dev::p::t::destroy", False),
        ("-C", False),
        ("-- destroy", False),
    ],
)
def test_the_command_is_told_from_the_values_of_flags(
    monkeypatch: pytest.MonkeyPatch, line: str, is_destroy: bool
) -> None:
    monkeypatch.setattr(run, "_arguments", lambda: line.split())
    assert run.is_destroy() is is_destroy


def test_where_the_command_line_cannot_be_read_nobody_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for pid in (None, 2**22 + 1):
        monkeypatch.setattr(run, "cli", lambda pid=pid: None if pid is None else Cli(pid, 0))
        assert run.is_destroy() is None


def test_the_command_line_is_that_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "cli", lambda: Cli(os.getpid(), 0))
    assert run._arguments() == psutil.Process().cmdline()[1:]


@pytest.mark.skipif(shutil.which("pulumi") is None, reason="pulumi is not on PATH")
def test_the_flags_without_a_value_are_those_of_the_cli() -> None:
    """Canary: one that is not known takes the command for its value."""
    shown = subprocess.run(["pulumi", "--help"], capture_output=True, text=True, check=True).stdout
    flags = shown.rpartition("\nFlags:\n")[2]
    found = re.findall(r"^ +(?:(-\w), )?(--[\w-]+)   ", flags, re.MULTILINE)
    assert {one for pair in found for one in pair if one} == run._SWITCHES
    aliases = subprocess.run(
        ["pulumi", "destroy", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert re.search(r"Aliases:\s+(.*)", aliases)[1].split(", ") == ["destroy", "down", "dn"]  # type: ignore[index]
    assert {"destroy", "down", "dn"} == run._DESTROY
