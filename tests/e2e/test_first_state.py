"""A stack as version 0.1.0 left it: its state, its program and its zone files, of each type one.

`first_state/dev.json` is the state file of then, never to be made anew: the state format is
permanent.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .harness import Project

FIRST = Path(__file__).parent / "first_state"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "project"
    shutil.copytree(FIRST / "zones", folder / "zones")
    for name in ("account.json", "Pulumi.dev.yaml"):
        shutil.copy(FIRST / name, folder)
    state = folder / ".home" / "state" / ".pulumi"
    (state / "stacks" / "probe").mkdir(parents=True)
    shutil.copy(FIRST / "dev.json", state / "stacks" / "probe")
    (state / "meta.yaml").write_text("version: 1\n")
    project = Project(folder)
    project.program((FIRST / "program.txt").read_text())
    return project


def records(project: Project) -> dict[str, str]:
    """Return all records, as the files have them."""
    files = [*(project.folder / "zones").glob("*.zone"), project.folder / "account.json"]
    return {file.name: file.read_text() for file in files}


def test_the_stack_shows_no_diff_and_nothing_is_written(project: Project) -> None:
    before = records(project)
    assert len(project.deployment()["resources"]) == 15
    preview = project.preview("--diff", "--expect-no-changes")
    assert "14 unchanged" in preview.text
    assert "14 unchanged" in project.up("--expect-no-changes").text
    project.refresh("--expect-no-changes")
    assert "14 unchanged" in project.preview("--refresh", "--expect-no-changes").text
    assert records(project) == before


def test_destroy_leaves_what_was_there_before_the_stack(project: Project) -> None:
    project.destroy()
    left = records(project)
    assert left["account.json"] == "{}"
    lines = "".join(text for name, text in left.items() if name.endswith(".zone")).splitlines()
    owners = [line.split()[0] for line in lines if {"PTR", "A"}.intersection(line.split())]
    assert sorted(owners) == ["11", "12", "ns1", "www"], "12 is one that it adopted"
    assert "old.example.com." in left["2.0.192.in-addr.arpa.zone"]
