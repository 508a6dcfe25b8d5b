"""``rdns doctor`` on simulated accounts, real servers and zone files, as a process of its own."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.aws_world import AwsWorld
from tests.e2e.cloudflare_world import CloudflareWorld
from tests.e2e.conftest import ministack as ministack
from tests.e2e.hetzner_world import HetznerWorld
from tests.e2e.hostinger_world import HostingerWorld
from tests.e2e.served_worlds import ApiWorld, BindWorld
from tests.e2e.test_linode import LinodeWorld
from tests.e2e.test_ovh import OvhWorld
from tests.e2e.worlds import World, ZoneFileWorld
from tests.fakes.api import Fault
from tests.servers.ministack import MiniStack

from .stacks import write_stack

BEFORE, PROBE = "before.example.net", "probe.example.net"
#: a resolver that is not there: what the DNS of the machine says must not count
NOBODY = "127.0.0.1:9"
HOSTS = ("hetzner", "aws", "ovh", "linode", "cloudflare", "hostinger")
KINDS = (*HOSTS, "bind", "powerdns", "zone files")
#: those where each write takes long enough to be interrupted
SLOW = tuple(kind for kind in KINDS if kind != "powerdns")


@contextmanager
def zone_files(folder: Path) -> Iterator[World]:
    yield ZoneFileWorld("main", folder / "project")


def started(
    kind: str, folder: Path, request: pytest.FixtureRequest
) -> AbstractContextManager[World]:
    """Start a world of one type of backend, whose instance is ``main``."""
    if kind == "aws":
        ministack: MiniStack = request.getfixturevalue("ministack")
        return AwsWorld.running("main", ministack)
    simulated: dict[str, Callable[..., AbstractContextManager[World]]] = {
        "hetzner": HetznerWorld.running,
        "ovh": OvhWorld.running,
        "linode": LinodeWorld.running,
        "cloudflare": CloudflareWorld.running,
        "hostinger": HostingerWorld.running,
    }
    if kind in simulated:
        return simulated[kind]("main")
    if kind == "zone files":
        return zone_files(folder)
    served = BindWorld if kind == "bind" else ApiWorld
    return served.running("main", folder / "servers")


class Patient:
    """A world, a stack with it, and the command."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.address = world.addresses[0]

    def configure(self, settings: Mapping[str, object]) -> None:
        config = {"rdns:backends": {"main": dict(settings)}, "rdns:resolvers": [NOBODY]}
        write_stack(self.folder, config)

    def start(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "pulumi_rdns.cli", "doctor", *arguments],
            cwd=self.folder,
            env={**os.environ, "PATH": f"{self.folder}{os.pathsep}{os.environ['PATH']}"},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
        """Return the exit code, the rows, and all that was printed."""
        return self.ended(self.start(*arguments, "--json"))

    def ended(self, process: subprocess.Popen[str]) -> tuple[int, list[dict[str, Any]], str]:
        stdout, stderr = process.communicate(timeout=120)
        printed = stdout + stderr
        for secret in self.secrets:
            assert secret not in printed
        return process.returncode, json.loads(stdout) if stdout.startswith("[") else [], printed

    def write(self, *more: str) -> list[str]:
        return ["--write", PROBE, self.address, "--yes", *more]

    @property
    def secrets(self) -> list[str]:
        """List the texts of settings that nobody may see: those that say so, or are keys."""
        words = ("token", "secret", "consumer", "apikey")
        return [
            str(value)
            for key, value in self.world.settings().items()
            if any(word in key.lower() for word in words)
        ]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def patient(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Patient]:
    with started(kind, tmp_path, request) as world:
        (tmp_path / "project").mkdir(exist_ok=True)
        found = Patient(world, tmp_path / "project")
        found.configure(world.settings())
        yield found


def results(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return the worst result of each check."""
    order = ("ok", "info", "unknown", "failed", "misconfigured")
    found: dict[str, str] = {}
    for row in rows:
        before = found.get(row["check"], "ok")
        found[row["check"]] = max(before, row["result"], key=order.index)
    return found


def test_what_works_is_told_and_nothing_is_written(patient: Patient, kind: str) -> None:
    world = patient.world
    world.set_ptr(patient.address, [BEFORE])
    code, rows, printed = patient.run()
    found = results(rows)
    if kind in ("hetzner", "aws", "ovh", "linode", "hostinger"):
        assert found["addresses"] == "ok"
        assert patient.address in printed
    if kind in ("aws", "cloudflare", "hetzner", "hostinger", "powerdns", "zone files"):
        assert found["writable zones"] == "ok"
    if kind == "bind":
        assert found["server"] == "ok"
    # Nobody answers for the DNS here.
    is_reverse = kind in ("cloudflare", "powerdns", "zone files")
    assert found.get("delegation") == ("unknown" if is_reverse else None)
    assert "failed" not in found.values()
    assert code == (1 if is_reverse else 0)
    assert world.ptr(patient.address) == [BEFORE]
    if kind in HOSTS:
        sent = world.simulator.sent()  # type: ignore[attr-defined]
        assert {one.method for one in sent if "/auth/" not in one.path} <= {"GET", "POST"}
        assert kind == "aws" or not [one for one in sent if one.method != "GET"]


def test_an_address_is_found_where_it_is_kept(patient: Patient) -> None:
    patient.world.set_ptr(patient.address, [BEFORE])
    _, rows, _ = patient.run(patient.address)
    (row,) = (row for row in rows if row["check"] == "address")
    assert (row["result"], BEFORE in row["detail"]) == ("ok", True)
    code, rows, _ = patient.run("198.18.0.1")
    (row,) = (row for row in rows if row["check"] == "subject")
    assert (code, row["detail"]) == (1, "no backend instance has it")


def test_a_secret_that_is_not_accepted_is_told(patient: Patient, kind: str) -> None:
    if kind == "zone files":
        pytest.skip("zone files have no secret")
    wrong = "bm90LXRoZS1yaWdodC1zZWNyZXQtYXQtYWxsLS0tLS0="
    changed = {
        key: wrong if str(value) in patient.secrets else value
        for key, value in patient.world.settings().items()
    }
    patient.configure(changed)
    code, rows, printed = patient.run()
    failed = [row for row in rows if row["result"] == "failed"]
    assert code == 1
    assert failed
    assert wrong not in printed
    assert any("rdns:backends.main." in row["detail"] for row in failed)


def test_a_server_that_is_away_is_told_in_time(patient: Patient, kind: str) -> None:
    began = time.monotonic()
    with patient.world.offline():
        code, rows, _ = patient.run("--timeout", "3")
    assert code == 1
    assert "failed" in results(rows).values()
    assert time.monotonic() - began < 60
    settings = [row["subject"] for row in rows if row["check"] == "setting"]
    assert settings


@pytest.mark.parametrize("there", [[], [BEFORE]], ids=["none before", "one before"])
def test_a_ptr_is_set_for_a_moment_and_what_was_there_is_put_back(
    patient: Patient, there: list[str]
) -> None:
    world = patient.world
    world.set_ptr(patient.address, there)
    before = world.ttl(patient.address)
    code, rows, printed = patient.run(*patient.write())
    assert {check: results(rows).get(check) for check in ("set", "unset", "put back")} == {
        "set": "ok",
        "unset": "ok",
        "put back": "ok",
    }
    assert code == 0, printed
    assert (world.ptr(patient.address), world.ttl(patient.address)) == (there, before)
    assert PROBE in printed.split("\n[")[0]  # what is announced, on standard error
    assert not [row for row in rows if PROBE in row["detail"] or BEFORE in row["detail"]]
    assert not [row for row in rows if patient.address in row["detail"]]


def seen(world: World, address: str, hostname: str, process: subprocess.Popen[str]) -> bool:
    """Wait until an address has a hostname, or the process has ended; return which it was."""
    while process.poll() is None:
        if world.ptr(address) == [hostname]:
            return True
        time.sleep(world.look_every)
    return False


def slow_down(patient: Patient, kind: str) -> None:
    """Let each write, or each request, take its time."""
    world = patient.world
    if kind == "bind":
        assert isinstance(world, BindWorld)
        world.is_relayed = True
    patient.configure({**world.settings(), **(world.slow or {})})
    if kind in HOSTS:
        world.scenario.latency = 0.4  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", SLOW)
def test_an_interrupt_between_set_and_unset_puts_back_what_was_there(
    patient: Patient, kind: str
) -> None:
    world = patient.world
    world.set_ptr(patient.address, [BEFORE])
    slow_down(patient, kind)
    process = patient.start(*patient.write("--json"))
    assert seen(world, patient.address, PROBE, process)
    process.send_signal(signal.SIGINT)
    code, rows, printed = patient.ended(process)
    assert code == 130, printed
    assert world.ptr(patient.address) == [BEFORE]
    assert "what was there before is put back first" in printed
    assert results(rows)["put back"] == "ok"
    assert "Traceback" not in printed


@pytest.mark.parametrize("kind", ["hetzner"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_no_signal_however_often_stops_the_putting_back(
    patient: Patient, kind: str, number: signal.Signals
) -> None:
    world = patient.world
    slow_down(patient, kind)
    process = patient.start(*patient.write("--json"))
    assert seen(world, patient.address, PROBE, process)
    while process.poll() is None and world.ptr(patient.address) == [PROBE]:
        process.send_signal(number)
        time.sleep(0.1)
    code, rows, printed = patient.ended(process)
    assert code == 128 + number, printed
    assert "unset" not in results(rows)
    assert world.ptr(patient.address) == []


@pytest.mark.parametrize("kind", ["hetzner"])
def test_a_terminal_that_is_gone_stops_nothing(patient: Patient, kind: str) -> None:
    world = patient.world
    world.set_ptr(patient.address, [BEFORE])
    slow_down(patient, kind)
    process = patient.start(*patient.write())
    assert seen(world, patient.address, PROBE, process)
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()
    process.send_signal(signal.SIGHUP)
    process.wait(60)
    assert world.ptr(patient.address) == [BEFORE]


@pytest.mark.parametrize("kind", ["linode"])
def test_what_cannot_be_put_back_is_told_with_how_to_do_it(patient: Patient, kind: str) -> None:
    world = patient.world
    world.set_ptr(patient.address, [BEFORE])
    assert isinstance(world, LinodeWorld)
    refused = Fault(kind="status", status=403, method="PUT", after=2, times=100)
    world.simulator.inject(refused)
    code, rows, printed = patient.run(*patient.write())
    assert len([one for one in world.simulator.sent("PUT") if one.status == 403]) >= 1
    assert (code, results(rows)["put back"]) == (1, "failed")
    assert "could NOT be put back" in printed
    assert f"set the PTR of {patient.address} to {BEFORE} in the panel of the vendor" in printed


@pytest.mark.parametrize("kind", ["hetzner"])
def test_without_a_terminal_and_a_yes_nothing_is_done(patient: Patient, kind: str) -> None:
    arguments = patient.write()
    arguments.remove("--yes")
    code, rows, printed = patient.run(*arguments)
    assert (code, rows) == (2, [])
    assert "there is no terminal to ask on: pass --yes to agree" in printed
    sent = patient.world.simulator.sent()  # type: ignore[attr-defined]
    assert {one.method for one in sent} == {"GET"}


@pytest.mark.parametrize("kind", ["hetzner"])
@pytest.mark.parametrize(
    ("typed", "code"), [("y\n", 0), ("yes\n", 0), ("n\n", 2), ("\n", 2), ("\x04", 2)]
)
def test_a_terminal_is_asked(patient: Patient, kind: str, typed: str, code: int) -> None:
    patient.world.set_ptr(patient.address, [BEFORE])
    arguments = patient.write()
    arguments.remove("--yes")
    outer, inner = pty.openpty()
    process = patient.start(*arguments, stdin=inner)
    os.close(inner)
    os.write(outer, typed.encode())
    found, _, printed = patient.ended(process)
    os.close(outer)
    assert found == code, printed
    assert f"at main, {patient.address} has {BEFORE}" in printed
    assert "Go on? [y/N]" in printed
    writes = [one for one in patient.world.simulator.sent() if one.method != "GET"]  # type: ignore[attr-defined]
    assert bool(writes) == (code == 0)
    assert patient.world.ptr(patient.address) == [BEFORE]
