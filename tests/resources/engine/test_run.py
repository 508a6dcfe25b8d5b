"""Canary: the engine's address, by which the processes of a run find each other."""

from __future__ import annotations

import os
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
