"""What `make test` runs: all tests in four runs, or those that were asked for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tools import checks, cli, servers, venv
from tools.project import OLDEST_VENV, ROOT, VENV

NEW, OLD = str(VENV / "bin" / "python"), str(OLDEST_VENV / "bin" / "python")
PIN = re.compile(r"([\w.-]+)==([\w.]+)")


class Machine:
    """Stands for the programs that are started; notes them, and how each shall end."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self.started: list[list[str]] = []

    def run(self, command: list[Any], **_: object) -> Any:
        command = [str(part) for part in command]
        self.started.append(command)
        code = next((code for part, code in self.codes.items() if part in command), 0)
        return type("Ended", (), {"returncode": code})

    @property
    def tested(self) -> list[list[str]]:
        """Return the runs of pytest, each without what it has in common with the others."""
        same = ["-m", "pytest", "-n", "auto"]
        return [[command[0], *command[5:]] for command in self.started if command[1:5] == same]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    machine = Machine()
    monkeypatch.setattr("tools.checks.subprocess.run", machine.run)
    monkeypatch.setattr(venv, "ensure", lambda **_: None)
    monkeypatch.setattr(venv, "ensure_oldest", lambda: machine.started.append(["oldest"]))
    monkeypatch.setattr(servers, "ensure", lambda **_: None)
    monkeypatch.setattr(cli, "ensure", lambda: tmp_path)
    return machine


def test_all_tests_are_four_runs_and_the_first_is_measured(machine: Machine) -> None:
    assert checks.test([]) == 0
    first, others, oldest, last = machine.tested
    folders = [f"tests/{name}" for name in checks.COVERED]
    assert first[: 1 + len(folders)] == [NEW, *folders]
    assert "--cov=provider/pulumi_rdns/model" in first
    assert {"--cov-branch", "--cov-fail-under=95"} < set(first)
    assert others == [NEW, "--ignore=tests/e2e", *(f"--ignore={folder}" for folder in folders)]
    assert oldest == [OLD, "tests/resources/engine"]
    assert last == [NEW, "tests/e2e"]
    assert machine.started.index(["oldest"]) < machine.started.index(
        [OLD, "-m", "pytest", "-n", "auto", "tests/resources/engine"]
    )


def test_a_run_of_some_tests_is_only_that(machine: Machine) -> None:
    assert checks.test(["tests/model", "-k", "names"]) == 0
    assert machine.tested == [[NEW, "tests/model", "-k", "names"]]


@pytest.mark.parametrize(
    "fails", ["--cov-branch", "--ignore=tests/e2e", "tests/resources/engine", "tests/e2e"]
)
def test_one_run_that_fails_lets_the_others_run_and_make_fail(machine: Machine, fails: str) -> None:
    machine.codes[fails] = 1
    assert checks.test([]) == 1
    assert len(machine.tested) == 4


def test_what_the_checks_find_comes_before_any_test(machine: Machine) -> None:
    machine.codes["mypy"] = 1
    assert checks.test([]) == 1
    assert machine.tested == []


def pins(file: str) -> dict[str, str]:
    text = (ROOT / file).read_text()
    found = [PIN.match(line) for line in text.splitlines()]
    return {match[1]: match[2] for match in found if match}


def test_the_oldest_sdk_is_the_one_that_is_allowed_and_all_else_is_pinned_alike() -> None:
    oldest = pins("tests/requirements-oldest.txt")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needs = [re.split(r"[<>=,]+", need) for need in project["dependencies"]]
    (bound,) = [need[1] for need in needs if need[0] == "pulumi"]
    assert oldest.pop("pulumi") == f"{bound}.0"
    assert {need[0] for need in needs} - {"pulumi"} <= oldest.keys()
    newest = pins("requirements.txt") | pins("tests/requirements.txt")
    assert oldest.items() <= newest.items()
