"""The commands of the Makefile, as a user gives them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tools.conftest import MakeProgram
from tools import cli, environment
from tools.project import ROOT, VENV

VERBS = ("up", "preview", "refresh", "destroy", "env", "test", "check", "clean", "bench", "help")


def environ(*without: str) -> dict[str, str]:
    """Give the environment of a user's shell, also where the tests run under `make test`."""
    without = ("MAKE", "ARGS", "STACK", "FAST", *without)
    return {name: value for name, value in os.environ.items() if not name.startswith(without)}


def run(*command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    env = environ() | more
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=100
    )


def test_make_alone_lists_the_targets() -> None:
    assert run("make").stdout == run("make", "help").stdout
    for verb in VERBS:
        assert f"make {verb} " in run("make").stdout


def test_an_old_python_is_told_so_in_a_sentence() -> None:
    pretend = "import runpy, sys; sys.version_info = (3, 9, 2); runpy.run_module('tools')"
    answer = run(sys.executable, "-c", pretend)
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: Python 3.11 or newer is needed, and ")
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("operation", ["up", "preview", "refresh", "destroy"])
def test_a_stack_without_a_file_is_a_sentence(operation: str) -> None:
    answer = run(sys.executable, "-m", "tools", operation, "--stack", "nowhere")
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: there is no stacks/Pulumi.nowhere.yaml: write it")
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(("given", "expected"), [([], "None"), (["FAST=1"], "true")])
def test_fast_writes_the_state_once(given: list[str], expected: str) -> None:
    planned = run("make", "-n", "up", "STACK=prod", *given)
    flags = planned.stdout.split("-m tools ")[1].replace('"', "").split()
    show = "print(os.environ.get('PULUMI_SKIP_CHECKPOINTS'), *given)"
    program = (
        "import os, sys; from tools import main\n"
        f"def operate(*given): {show}; return 0\n"
        "main.stack.operate = operate; sys.exit(main.main(sys.argv[1:]))"
    )
    assert run(sys.executable, "-c", program, *flags).stdout == f"{expected} up prod []\n"


def test_ctrl_c_is_left_to_pulumi(tmp_path: Path, make_program: MakeProgram) -> None:
    make_program(
        tmp_path / "pulumi",
        "trap 'echo cancelling; sleep 0.3; echo saved; exit 3' INT; echo started; "
        "while :; do sleep 0.1; done",
    )
    wrapper = (
        "import os, sys; from tools.stack import run_pulumi; "
        "sys.exit(run_pulumi(['up'], dict(os.environ)))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", wrapper],
        cwd=ROOT,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert out == "cancelling\nsaved\n"
    assert "Traceback" not in err
    assert process.returncode == 3


def test_ctrl_c_during_the_set_up_ends_it_without_a_traceback() -> None:
    program = (
        "import sys; from tools import main, stack; from tools.progress import run\n"
        "stack.prepare = lambda name: run('waiting', ['sleep', '60'])\n"
        "sys.exit(main.main(['env']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "waiting …\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert err == ""
    assert process.returncode == 130


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of this project in a folder with a blank, which borrows the environment."""
    if cli.on_path(os.environ) is None and shutil.which("pulumi") is None:
        if os.environ.get("CI"):
            pytest.fail("pulumi is not on PATH; `make test` puts it there")
        pytest.skip("pulumi is not on PATH; `make test` puts it there")
    folder = tmp_path / "a clone"
    folder.mkdir()
    for name in ("Makefile", "Pulumi.yaml", "__main__.py", "requirements.txt"):
        shutil.copy(ROOT / name, folder)
    for name in ("stacks", "tools"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(VENV)
    program = folder / "tools" / "venv.py"
    program.write_text(
        program.read_text() + "\n\ndef ensure(*, tests: bool = False) -> None:\n    pass\n"
    )
    return folder


def in_clone(
    clone: Path, verb: str, *more: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a verb there, as a user who has nothing of Pulumi set."""
    env = environ("PULUMI_") | {"PULUMI_HOME": str(clone.parent / "home"), **variables}
    command = ["make", "-s", verb, f"PYTHON={sys.executable}", *more]
    return subprocess.run(
        command, cwd=clone, env=env, capture_output=True, text=True, check=False, timeout=100
    )


def test_up_sets_the_records_and_shows_what_it_changed(clone: Path) -> None:
    committed = (clone / "stacks" / "Pulumi.dev.yaml").read_bytes()

    first = in_clone(clone, "up")
    assert first.returncode == 0, first.stdout + first.stderr
    shown = first.stdout.partition("Changed in the zone files:\n")[2].splitlines()
    added = [line for line in shown if line.startswith("+") and not line.startswith("+++")]
    records = [line for line in added if "\tIN\t" in line]
    assert len(records) == 6
    assert len(added) == 6 + 3  # and a serial in each zone

    second = in_clone(clone, "up")
    assert second.returncode == 0, second.stdout + second.stderr
    assert second.stdout.endswith("No zone file was changed.\n")

    last = in_clone(clone, "destroy")
    assert last.returncode == 0, last.stdout + last.stderr
    for line in records:
        assert f"-{line[1:]}" in last.stdout.splitlines()

    assert (clone / "stacks" / "Pulumi.dev.yaml").read_bytes() == committed


def test_after_the_exports_plain_pulumi_commands_work(clone: Path) -> None:
    exports = in_clone(clone, "env")
    assert exports.returncode == 0, exports.stderr
    script = f"{exports.stdout}\npulumi stack init dev && pulumi preview --non-interactive"
    answer = subprocess.run(
        ["sh", "-c", script],
        cwd=clone,
        env={"PATH": os.defpath, "HOME": str(clone.parent), "PULUMI_HOME": str(clone / ".home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "+ 9 to create" in answer.stdout, answer.stdout + answer.stderr


def test_another_stack_needs_its_own_passphrase_and_gets_its_own_state(clone: Path) -> None:
    settings = (clone / "stacks" / "Pulumi.dev.yaml").read_text().partition("encryptionsalt")[0]
    (clone / "stacks" / "Pulumi.prod.yaml").write_text(settings)
    refused = in_clone(clone, "preview", "STACK=prod")
    assert "the stack prod needs a passphrase of its own" in refused.stderr
    shutil.copytree(clone / "stacks" / "zones", clone / "zones")
    accepted = in_clone(clone, "preview", "STACK=prod", PULUMI_CONFIG_PASSPHRASE="mine")
    assert "+ 9 to create" in accepted.stdout, accepted.stdout + accepted.stderr


def test_a_foreign_passphrase_for_dev_is_explained(clone: Path) -> None:
    answer = in_clone(clone, "up", PULUMI_CONFIG_PASSPHRASE="of another project")
    assert answer.returncode != 0
    assert f'opens with the passphrase "{environment.SAMPLE_PASSPHRASE}"' in answer.stderr
