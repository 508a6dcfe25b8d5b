"""When `.venv` is made, and when it is left alone."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools import venv
from tools.progress import CommandError, SetupError


class Machine:
    """Stands for `python -m venv` and pip; notes what was done."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.broken = False

    def run(self, what: str, command: Sequence[str], **options: object) -> str:
        if self.broken:
            raise CommandError("Could not find a version\nNo matching distribution")
        self.done.append(what)
        if "venv" in command:
            python = Path(command[-1]) / "bin" / "python"
            python.parent.mkdir(parents=True)
            python.write_text("")
        return ""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(venv, "ROOT", tmp_path)
    monkeypatch.setattr(venv, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(venv, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(venv, "run", machine.run)
    (tmp_path / "requirements.txt").write_text("pulumi==3.272.0\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "requirements.txt").write_text("pytest==9.2.0\n")
    (tmp_path / "pyproject.toml").write_text("[build-system]\n[project]\n[tool.hatch]\n")
    return machine


CREATED = ["creating .venv", "installing requirements.txt into .venv"]
FOR_TESTS = ["installing tests/requirements.txt into .venv"]


def test_it_is_made_once(machine: Machine) -> None:
    venv.ensure()
    venv.ensure()
    assert machine.done == CREATED


def test_what_the_tests_need_is_added_when_it_is_asked_for(machine: Machine) -> None:
    venv.ensure()
    venv.ensure(tests=True)
    venv.ensure(tests=True)
    venv.ensure()
    assert machine.done == CREATED + FOR_TESTS


def test_other_requirements_make_it_anew(machine: Machine, tmp_path: Path) -> None:
    venv.ensure(tests=True)
    (tmp_path / "requirements.txt").write_text("pulumi==3.273.0\n")
    venv.ensure(tests=True)
    assert machine.done == 2 * (CREATED + FOR_TESTS)


def test_other_requirements_of_the_tests_are_added(machine: Machine, tmp_path: Path) -> None:
    venv.ensure(tests=True)
    (tmp_path / "tests" / "requirements.txt").write_text("pytest==9.3.0\n")
    venv.ensure(tests=True)
    assert machine.done == CREATED + 2 * FOR_TESTS


def test_a_setting_of_a_linter_changes_nothing(machine: Machine, tmp_path: Path) -> None:
    venv.ensure()
    with (tmp_path / "pyproject.toml").open("a") as file:
        file.write("[tool.ruff]\nline-length = 99\n")
    venv.ensure()
    assert machine.done == CREATED


def test_one_that_is_half_made_or_has_lost_its_python_is_made_anew(
    machine: Machine, tmp_path: Path
) -> None:
    leftover = tmp_path / ".venv" / "leftover"
    leftover.parent.mkdir()
    leftover.write_text("")
    venv.ensure()
    assert not leftover.exists()
    venv.PYTHON.unlink()
    venv.ensure()
    assert machine.done == 2 * CREATED


def test_one_that_was_moved_is_made_anew(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv.ensure()
    moved = tmp_path / "moved"
    (tmp_path / ".venv").rename(moved)
    monkeypatch.setattr(venv, "VENV", moved)
    monkeypatch.setattr(venv, "PYTHON", moved / "bin" / "python")
    venv.ensure()
    anew = [text.replace(".venv", "moved") for text in CREATED]
    assert machine.done == CREATED + anew


def test_a_python_without_venv_says_what_to_install(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SetupError, match="apt install python3-venv"):
        venv.ensure()


def test_pip_without_a_network_is_one_sentence_and_what_pip_said(machine: Machine) -> None:
    venv.ensure()
    machine.broken = True
    with pytest.raises(SetupError, match=r"(?s)is there a network.*No matching distribution"):
        venv.ensure(tests=True)
    machine.broken = False
    venv.ensure(tests=True)
    assert machine.done == CREATED + FOR_TESTS


@pytest.mark.parametrize(
    ("name", "folder", "requirements"),
    [
        ("BENCH", "benchmarks/.venv", "benchmarks/requirements.txt"),
        ("OLDEST", ".venv-oldest", "tests/requirements-oldest.txt"),
    ],
)
def test_an_environment_for_a_purpose_is_another_one_and_made_once(
    machine: Machine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    folder: str,
    requirements: str,
) -> None:
    ensure = {"BENCH": venv.ensure_benchmarks, "OLDEST": venv.ensure_oldest}[name]
    monkeypatch.setattr(venv, f"{name}_VENV", tmp_path / folder)
    monkeypatch.setattr(venv, f"{name}_PYTHON", tmp_path / folder / "bin" / "python")
    made = [f"creating {folder}", f"installing {requirements} into {folder}"]
    (tmp_path / requirements).parent.mkdir(exist_ok=True)
    (tmp_path / requirements).write_text("pulumi==3.220.0\n")
    ensure()
    ensure()
    assert machine.done == made
    assert not (tmp_path / ".venv").exists()
    (tmp_path / requirements).write_text("pulumi==3.230.0\n")
    ensure()
    assert machine.done == 2 * made
