"""The stack that the Pulumi CLI knows: its configuration and its records."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi_rdns.errors import ConfigError
from pulumi_rdns.model.ptr_sets import known_written
from pulumi_rdns.model.settings import StackSettings, read_settings
from pulumi_rdns.model.tables import known_table, reverse_text, zone_in

_PTR_RECORD = "pulumi-python:dynamic/rdns:PtrRecord"
_PTR_RECORD_SET = "pulumi-python:dynamic/rdns:PtrRecordSet"


@dataclass(frozen=True)
class StackRecord:
    """A PTR record as the state has it; None where it is not there, or is a secret."""

    resource: str
    #: is it only read (`ResourceOptions(id=…)`)? Then nobody wrote a hostname
    is_read: bool
    address: str | None
    hostname: str | None
    backend: str | None
    zone: str | None
    owner: str | None


def find_project() -> Path | None:
    """Find the folder with Pulumi.yaml: this one, or one above it."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").exists() or (folder / "Pulumi.yml").exists():
            return folder
    return None


def read_stack_settings(stack: str) -> StackSettings:
    """Read the stack's ``rdns:`` configuration; an empty name is the selected stack.

    Raises ConfigError with one sentence: no project, no CLI, no stack, no passphrase.
    """
    config = _pulumi("config", "--show-secrets", "--json", stack=stack)
    return read_settings(
        {key: entry.get("objectValue", entry.get("value")) for key, entry in config.items()}
    )


def read_stack_records(stack: str) -> list[StackRecord]:
    """List the PTR records of the stack's state, in its order. Raises as the settings do."""
    deployment = _pulumi("stack", "export", stack=stack).get("deployment") or {}
    return list(_records(deployment))


def _records(deployment: Mapping[str, Any]) -> Iterator[StackRecord]:
    for resource in deployment.get("resources") or []:
        if resource.get("delete"):
            continue
        outputs = resource.get("outputs") or {}
        if resource["type"] == _PTR_RECORD_SET:
            yield from _records_of_set(_name_in(resource["urn"]), outputs)
        if resource["type"] != _PTR_RECORD:
            continue
        keys = ("address", "writtenHostname", "backend", "zone", "ownerName")
        values = [outputs.get(key) for key in keys]
        texts = [value if isinstance(value, str) else None for value in values]
        is_read = bool(resource.get("external"))
        yield StackRecord(_name_in(resource["urn"]), is_read, *texts)


def _records_of_set(name: str, outputs: Mapping[str, Any]) -> Iterator[StackRecord]:
    written = outputs.get("writtenRecords")
    if not isinstance(written, str):
        yield StackRecord(name, False, None, None, None, None, None)
        return
    owners = known_table(outputs.get("ownerNames") or "")
    zones = frozenset(outputs.get("zones") or ())
    for address, hostname in known_written(written).items():
        owner = owners.get(address) or reverse_text(address)
        zone = zone_in(owner, zones)
        backend = outputs.get("backend")
        yield StackRecord(name, False, address, hostname, backend, zone, owner)


def _name_in(urn: str) -> str:
    """Give the name that ends a URN; it may hold ``::`` itself, as an IPv6 address does."""
    return urn.split("::", 3)[-1]


def _pulumi(*arguments: str, stack: str) -> dict[str, Any]:
    """Run the CLI and read its JSON. What it printed stands in no message: it may hold secrets."""
    if find_project() is None:
        raise ConfigError("no Pulumi.yaml here or in a folder above: this is not a Pulumi project")
    program = shutil.which("pulumi")
    if program is None:
        raise ConfigError("pulumi is not on PATH; the stack is read through it")
    command = [program, *arguments, "--non-interactive", "--color", "never"]
    done = subprocess.run(
        [*command, *(["--stack", stack] if stack else [])],
        env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    shown = f"pulumi {' '.join(arguments)}"
    if done.returncode:
        raise ConfigError(f"{shown}: {_reason(done.stderr)}")
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise ConfigError(f"{shown}: answered something else than a JSON object")
    return answer


def _reason(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error:")]
    return (errors or lines or ["failed without a word"])[-1].removeprefix("error:").strip()
