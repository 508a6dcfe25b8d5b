"""The Pulumi CLI, asked what it knows of a stack. `tests/cli/test_stack.py` asks the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_rdns.errors import ConfigError
from pulumi_rdns.pulumi_cli import ask_pulumi, find_project


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a project's folder, which is the current one and the first on PATH."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "Pulumi.yaml").write_text("name: project\n")
    return tmp_path


def write_cli(folder: Path, script: str) -> None:
    (folder / "pulumi").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "pulumi").chmod(0o755)


def test_a_project_is_found_from_a_folder_below_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    assert find_project() == folder
    (folder / "Pulumi.yaml").unlink()
    assert find_project() is None


def test_an_answer_is_json_and_the_stack_is_named_where_one_is(folder: Path) -> None:
    write_cli(folder, 'echo "{\\"asked\\": \\"$*\\"}"')
    plain = "stack export --non-interactive --color never"
    assert ask_pulumi("stack", "export", stack="") == {"asked": plain}
    assert ask_pulumi("stack", "export", stack="dev") == {"asked": f"{plain} --stack dev"}


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'error: no such stack' >&2; exit 1", "pulumi config: no such stack"),
        ("exit 1", "pulumi config: failed without a word"),
        ("echo secret", "pulumi config: answered something else than a JSON object"),
        ("exec sleep 60", "pulumi config: no answer within 0.2 s"),
    ],
)
def test_why_there_is_no_answer_is_one_sentence_without_what_was_printed(
    folder: Path, script: str, reason: str
) -> None:
    write_cli(folder, script)
    with pytest.raises(ConfigError) as caught:
        ask_pulumi("config", stack="dev", timeout=0.2 if "sleep" in script else None)
    assert str(caught.value) == reason


def test_no_project_and_no_cli_are_a_sentence_each(folder: Path) -> None:
    with pytest.raises(ConfigError, match="pulumi is not on PATH"):
        ask_pulumi("config", stack="")
    (folder / "Pulumi.yaml").unlink()
    with pytest.raises(ConfigError, match="this is not a Pulumi project"):
        ask_pulumi("config", stack="")
