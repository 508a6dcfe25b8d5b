"""The simulator as a program of its own, for trying the product without an account."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from pulumi_rdns.backends.linode import LinodeBackend, LinodeSettings

from .world import MAIL, TEN

ROOT = Path(__file__).parents[3]


def test_the_program_serves_a_scenario_until_it_is_told_to_end(tmp_path: Path) -> None:
    scenario = json.dumps({"token": "another-fake-token", "ptr_lag": 0.1})
    command = [sys.executable, "-m", "tests.fakes.linode", "--scenario", scenario]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        told = dict(program.stdout.readline().split() for _ in range(2))
        settings = LinodeSettings(api_token=told["apiToken"], api_url=told["apiUrl"])
        backend = LinodeBackend("linode", settings, tmp_path)
        backend.set_ptr(TEN, MAIL)
        ptr = backend.get_ptr(TEN)
        program.send_signal(signal.SIGTERM)
        assert program.wait(10) == 0
    assert ptr is not None
    assert ptr.hostname == MAIL
    assert told["apiToken"] == "another-fake-token"
