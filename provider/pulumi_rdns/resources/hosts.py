"""The hosts that a stack file lists, for a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi

from pulumi_rdns.errors import ConfigError, Finding, InvalidInputError
from pulumi_rdns.lifecycle.common import check_backend, check_place
from pulumi_rdns.model import hosts as model
from pulumi_rdns.model.hosts import Host, ListedHost
from pulumi_rdns.properties.values import BACKEND, SECONDS, TTL, ZONE
from pulumi_rdns.resources import program
from pulumi_rdns.resources.engine.errors import as_run_error
from pulumi_rdns.resources.engine.running import connection
from pulumi_rdns.resources.provider import project_root
from pulumi_rdns.resources.record import camel
from pulumi_rdns.resources.stack_file import StackFile

#: what a value of the right type can still have wrong
_KINDS = {
    "backend": BACKEND,
    "forward_backend": BACKEND,
    "zone": ZONE,
    "forward_zone": ZONE,
    "ttl": TTL,
    "forward_timeout": SECONDS,
    "ptr_timeout": SECONDS,
}
#: the values that say where records are to be kept
_PLACES = {"backend", "forward_backend", "zone", "ttl"}


def read_hosts(raw: object, source: str) -> list[Host]:
    """Read the hosts of a stack: the value of ``pulumi.Config().get("hosts")``.

    ``source`` is the stack's file, relative to the folder of Pulumi.yaml. All mistakes of the file
    end the program at once: below the file's name, the line and the hostname of each host.
    """
    file = StackFile(source, project_root(), pulumi.get_project())

    def where(at: int) -> str:
        line = file.line(at)
        return f"hosts[{at}]" if line is None else f"line {line}"

    listed, wrong = model.read_hosts(raw, where)
    lines = [f"{source}: {file.key}: {finding.reason}" for finding in wrong]
    checked = [(one, _checked_values(one)) for one in listed]
    ends = bool(lines or any(one.findings for one in listed))
    # A backend is imported for this, so only for hosts that say where their records are to be kept,
    # or where the program ends anyhow.
    chosen = [(one, values) for one, values in checked if ends or _PLACES & values.keys()]
    if (chosen or ends) and connection() is not None:
        lines += _check_places(chosen)
    for one in listed:
        if one.findings:
            lines.append(f"{source}, {where(one.at)}{_name(one)}:")
            lines += [f"  {path}: {why}" if path else f"  {why}" for path, why in one.findings]
    if lines:
        raise as_run_error(ConfigError("\n".join(lines)))
    return [Host(**one.values) for one in listed]


def _name(one: ListedHost) -> str:
    return f", {one.name}" if one.name else ""


def _checked_values(one: ListedHost) -> dict[str, Any]:
    """Find what is wrong with values of the right type. Return those that are right, parsed."""
    parsed = {}
    for name, kind in _KINDS.items():
        if one.values.get(name) is not None:
            try:
                parsed[name] = kind.parse(one.values[name])
            except InvalidInputError as error:
                one.findings.append(Finding(camel(name), str(error)))
    return parsed


def _check_places(checked: Sequence[tuple[ListedHost, dict[str, Any]]]) -> list[str]:
    """Find what is wrong with where records are to be kept. Return what is with the settings.

    There must be a program, which has the settings.
    """
    try:
        stack = program.current().defaults
    except ConfigError as error:
        return str(error).splitlines()
    default = stack.settings.backend
    wrong = check_backend(stack.session, {"backend": default})
    for one, values in checked:
        backend = values.get("backend", None if wrong else default)
        keys: dict[str, Any] = {key: values[key] for key in ("zone", "ttl") if key in values}
        addresses = [str(address) for address in one.addresses.values()]
        found = check_place(stack.session, {**keys, "backend": backend}, keys, addresses)
        if one.values.get("manage_forward", True):
            found += check_backend(stack.session, values, "forward_backend", "forwardBackend")
        one.findings.extend(found)
    return [finding.reason for finding in wrong]
