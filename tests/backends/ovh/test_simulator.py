"""The simulator as a program of its own, for trying the product without an account."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_rdns.backends.ovh import OvhBackend
from pulumi_rdns.backends.registry import Backends

from .world import MAIL, TEN

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("prefix", ["application consumer", "client"])
def test_the_program_serves_both_logins_until_it_is_told_to_end(
    tmp_path: Path, prefix: str
) -> None:
    scenario = json.dumps({"reverse_lag": 0.1})
    command = [sys.executable, "-m", "tests.fakes.ovh", "--scenario", scenario]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        told = dict(program.stdout.readline().split() for _ in range(6))
        wanted = ("api", *prefix.split())
        settings = {key: told[key] for key in told if key.startswith(wanted)}
        backend = Backends({"ovh": {"type": "ovh", **settings}}, tmp_path, {}).get("ovh")
        assert isinstance(backend, OvhBackend)
        backend.set_ptr(TEN, MAIL)
        ptr = backend.get_ptr(TEN)
        program.send_signal(signal.SIGTERM)
        assert program.wait(10) == 0
    assert ptr is not None
    assert ptr.hostname == MAIL
