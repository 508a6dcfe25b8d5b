"""The Pulumi CLI, asked for what it knows of a stack."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from pulumi_rdns.errors import ConfigError


def find_project() -> Path | None:
    """Find the folder with Pulumi.yaml: this one, or one above it."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").exists() or (folder / "Pulumi.yml").exists():
            return folder
    return None


def read_stack_config(stack: str, timeout: float | None = None) -> dict[str, Any]:
    """Read the whole configuration of a stack, secrets in clear: key -> value.

    An empty name is the selected stack; ``timeout`` is in seconds. Raises ConfigError with one
    sentence: no project, no CLI, no stack, no passphrase, no answer.
    """
    config = ask_pulumi("config", "--show-secrets", "--json", stack=stack, timeout=timeout)
    return {key: entry.get("objectValue", entry.get("value")) for key, entry in config.items()}


def ask_pulumi(*arguments: str, stack: str, timeout: float | None = None) -> dict[str, Any]:
    """Run the CLI and read its JSON. What it printed stands in no message: it may hold secrets."""
    if find_project() is None:
        raise ConfigError("no Pulumi.yaml here or in a folder above: this is not a Pulumi project")
    program = shutil.which("pulumi")
    if program is None:
        raise ConfigError("pulumi is not on PATH; the stack is read through it")
    command = [program, *arguments, "--non-interactive", "--color", "never"]
    shown = f"pulumi {' '.join(arguments)}"
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
    if done.returncode:
        raise ConfigError(f"{shown}: {_reason(done.stderr)}")
    try:
        answer = json.loads(done.stdout)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise ConfigError(f"{shown}: answered something else than a JSON object")
    return answer


def _reason(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error:")]
    return (errors or lines or ["failed without a word"])[-1].removeprefix("error:").strip()
