"""What the Pulumi CLI is asked, and what becomes of each answer; `tests/e2e` asks a real one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_rdns.errors import ConfigError
from pulumi_rdns.pulumi_cli import ask, export_state, find_project, in_clear

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder below a project's."""
    project = tmp_path / "project"
    (project / "below").mkdir(parents=True)
    (project / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    monkeypatch.chdir(project / "below")
    return project


@pytest.fixture
def cli(tmp_path: Path) -> Callable[[str], str]:
    """Give what writes a program that stands for the CLI."""

    def write(script: str) -> str:
        program = tmp_path / "pulumi"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o700)
        return str(program)

    return write


def test_the_project_is_in_a_folder_above(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_project() == project
    monkeypatch.chdir(project.parent)
    assert find_project() is None


def test_a_stack_is_named_and_no_question_is_asked(cli: Callable[[str], str]) -> None:
    program = cli("""printf '{"arguments": "%s", "skips": "%s"}' "$*" $PULUMI_SKIP_UPDATE_CHECK""")
    plain = "--non-interactive --color never"
    assert ask("stack", "ls", stack="dev", program=program) == {
        "arguments": f"stack ls {plain} --stack dev",
        "skips": "true",
    }
    assert ask("config", stack="", program=program)["arguments"] == f"config {plain}"


def test_the_state_of_a_new_stack_is_empty(cli: Callable[[str], str]) -> None:
    assert export_state("dev", program=cli("""echo '{"version": 3}'""")) == {}
    program = cli("""echo '{"deployment": {"resources": []}}'""")
    assert export_state("dev", program=program) == {"resources": []}


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo error: no stack named >&2; exit 1", "no stack named"),
        ("exit 1", "failed without a word"),
        ("echo private", "answered something else than a JSON object"),
        ("echo []", "answered something else than a JSON object"),
        ("exec sleep 20", "no answer within 0.2 s"),
    ],
)
def test_what_goes_wrong_is_one_sentence_without_what_was_printed(
    cli: Callable[[str], str], script: str, reason: str
) -> None:
    with pytest.raises(ConfigError, match=f"^pulumi stack export: {reason}$"):
        export_state("dev", program=cli(script), timeout=0.2 if "sleep" in script else None)


def test_a_program_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="missing: No such file or directory"):
        export_state("dev", program=str(tmp_path / "missing"))
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(ConfigError, match="pulumi is not on PATH"):
        export_state("dev")


def test_outside_of_a_project_nothing_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Callable[[str], str]
) -> None:
    program = cli("touch asked")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="this is not a Pulumi project"):
        export_state("dev", program=program)
    assert not (tmp_path / "asked").exists()


def test_secrets_are_left_out() -> None:
    assert in_clear({"a": 1, "b": SECRET, "c": {"d": 2}}) == {"a": 1, "c": {"d": 2}}
