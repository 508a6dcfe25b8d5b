"""A stack as the Pulumi CLI tells of it, without the CLI."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

_PULUMI = """\
#!/bin/sh
case "$1" in
config) cat "{folder}/.config.json" ;;
stack) cat "{folder}/.state.json" ;;
esac
"""


def enter_stack(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    config: Mapping[str, object],
    resources: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Go into a project whose stack has this configuration and these resources."""
    write_stack(folder, config, resources)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(folder)


def write_stack(
    folder: Path, config: Mapping[str, object], resources: Sequence[Mapping[str, Any]] = ()
) -> None:
    """Write a project, and a program `pulumi` that tells of its stack."""
    shown = {key: {"objectValue": value} for key, value in config.items()}
    (folder / ".config.json").write_text(json.dumps(shown))
    (folder / ".state.json").write_text(json.dumps({"deployment": {"resources": list(resources)}}))
    (folder / "Pulumi.yaml").write_text("name: p\nruntime: python\n")
    program = folder / "pulumi"
    program.write_text(_PULUMI.format(folder=folder))
    program.chmod(0o755)


def ptr_resource(name: str, **outputs: object) -> dict[str, object]:
    """Return a PtrRecord as a state has it."""
    return {
        "urn": f"urn:pulumi:dev::p::pulumi-python:dynamic/rdns:PtrRecord::{name}",
        "type": "pulumi-python:dynamic/rdns:PtrRecord",
        "outputs": outputs,
    }
