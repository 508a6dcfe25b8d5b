"""The stack that the Pulumi CLI knows: its configuration and its records."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi_rdns.errors import ConfigError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.settings import StackSettings, read_settings
from pulumi_rdns.properties.ptr import PTR
from pulumi_rdns.properties.ptr_set import PTR_SET
from pulumi_rdns.records.ptr_set_state import kept_at

#: marks, with one value, an object of the exported state that is not plain data but a secret
_SIGNATURE = "4dabf18193072939515e22adb298388d"


@dataclass(frozen=True)
class StackRecord:
    """A PTR record as the state has it; None where it is not there, or is a secret."""

    resource: str
    #: whether it is only read (`ResourceOptions(id=…)`): then nobody wrote a hostname
    is_read: bool
    address: Address | None = None
    hostname: DnsName | None = None
    backend: str | None = None
    zone: DnsName | None = None
    owner: DnsName | None = None


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
        name, outputs = _name_in(resource["urn"]), _in_clear(resource.get("outputs") or {})
        if resource["type"] == PTR_SET.token:
            yield from _records_of_set(name, outputs)
        if resource["type"] == PTR.token:
            is_read = bool(resource.get("external"))
            known = PTR.remembered(outputs)
            attributes = ("address", "written", "backend", "zone", "owner")
            yield StackRecord(name, is_read, *(known.get(one) for one in attributes))


def _records_of_set(name: str, outputs: Mapping[str, Any]) -> Iterator[StackRecord]:
    if not {"backend", "writtenRecords"} <= outputs.keys():
        yield StackRecord(name, is_read=False)
        return
    state = PTR_SET.state(outputs)
    kept = kept_at(state, state.written)
    for text, hostname in state.written.items():
        address, (zone, owner) = ipaddress.ip_address(text), kept.get(text, (None, None))
        yield StackRecord(name, False, address, hostname, state.backend, zone, owner)


def _in_clear(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is a secret."""
    return {
        key: value
        for key, value in outputs.items()
        if not (isinstance(value, Mapping) and _SIGNATURE in value)
    }


def _name_in(urn: str) -> str:
    """Return the name that ends a URN; it may hold ``::`` itself, as an IPv6 address does."""
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
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    shown = f"pulumi {' '.join(arguments)}"
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
