"""What the Pulumi CLI is asked: the configuration and the state of a stack."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi_rdns.errors import ConfigError

#: marks, with one value, an object of the exported state that is not plain data but a secret
_SIGNATURE = "4dabf18193072939515e22adb298388d"


def find_project() -> Path | None:
    """Find the folder with Pulumi.yaml: this one, or one above it."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").exists() or (folder / "Pulumi.yml").exists():
            return folder
    return None


def read_stack_config(stack: str, timeout: float | None = None) -> dict[str, Any]:
    """Read the whole configuration of a stack, secrets in clear: key -> value.

    An empty name is the selected stack; ``timeout`` is in seconds. Raises as `ask`.
    """
    config = ask("config", "--show-secrets", "--json", stack=stack, timeout=timeout)
    return {key: entry.get("objectValue", entry.get("value")) for key, entry in config.items()}


def export_state(
    stack: str, *, program: str | None = None, timeout: float | None = None
) -> dict[str, Any]:
    """Return the deployment that the state holds; secrets are encrypted in it. Raises as `ask`."""
    exported = ask("stack", "export", stack=stack, program=program, timeout=timeout)
    return exported.get("deployment") or {}


def ask(
    *arguments: str, stack: str, program: str | None = None, timeout: float | None = None
) -> dict[str, Any]:
    """Run the CLI and read its JSON. What it printed stands in no message: it may hold secrets.

    An empty ``stack`` is the selected one. ``program`` is the CLI's file, by default what is on
    PATH; ``timeout`` is seconds, by default none.

    Raises ConfigError with one sentence: no project, no CLI, no stack, no passphrase, no answer.
    """
    if find_project() is None:
        raise ConfigError("no Pulumi.yaml here or in a folder above: this is not a Pulumi project")
    program = program or shutil.which("pulumi")
    if program is None:
        raise ConfigError("pulumi is not on PATH; the stack is read through it")
    shown = f"pulumi {' '.join(arguments)}"
    command = [program, *arguments, "--non-interactive", "--color", "never"]
    try:
        done = subprocess.run(
            [*command, *(["--stack", stack] if stack else [])],
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        raise ConfigError(f"{shown}: no answer within {timeout:g} s") from None
    except OSError as error:
        raise ConfigError(f"{shown}: {program}: {error.strerror}") from error
    if done.returncode:
        raise ConfigError(f"{shown}: {_reason(done.stderr)}")
    try:
        answer = json.loads(done.stdout)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise ConfigError(f"{shown}: answered something else than a JSON object")
    return answer


def in_clear(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is a secret in an exported state."""
    return {
        key: value
        for key, value in properties.items()
        if not (isinstance(value, Mapping) and _SIGNATURE in value)
    }


def _reason(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error:")]
    return (errors or lines or ["failed without a word"])[-1].removeprefix("error:").strip()
