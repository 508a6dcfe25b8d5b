"""The stack, or the environment, whose backend instances `rdns doctor` looks at."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path

from pulumi_rdns.backends.kit.caches import Once
from pulumi_rdns.backends.registry import types_in
from pulumi_rdns.cli.stack import read_stack_records, read_stack_settings
from pulumi_rdns.errors import ConfigError
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.settings import StackSettings
from pulumi_rdns.pulumi_cli import find_project
from pulumi_rdns.records.session import Session


class Stack:
    """The settings of the selected stack, or of the environment where there is no project."""

    def __init__(self, name: str | None) -> None:
        """Take the stack's name; None is the selected one, if there is a project."""
        project = find_project()
        self._name = name or ""
        self._is_there = name is not None or project is not None
        settings = read_stack_settings(self._name) if self._is_there else StackSettings()
        self.session = Session(settings, project or Path.cwd(), os.environ)

    def instances(self, chosen: str | None) -> list[str]:
        """Return the instances to look at. Raises ConfigError where there are none."""
        settings = self.session.settings
        if chosen is not None:
            return [chosen]
        default = [settings.backend] if settings.backend else []
        found = list(dict.fromkeys([*settings.backends, *default])) or types_in(os.environ)
        if not found:
            raise ConfigError(
                "no backend is set up: neither under rdns:backends nor by an environment variable"
            )
        return found

    def only_instance(self, chosen: str | None) -> str:
        """Return the instance to write to. Raises ConfigError where it is not clear which."""
        found = self.instances(chosen or self.session.settings.backend)
        if len(found) > 1:
            there = ", ".join(found)
            raise ConfigError(f"several backends are set up: pass --backend, one of {there}")
        return found[0]

    def zones_of(self, instance: str) -> Collection[DnsName]:
        """Return the zones in which the stack has PTR records at an instance.

        Called from any thread. Raises ConfigError.
        """
        return self._zones.get(instance, ())

    @Once
    def _zones(self) -> Mapping[str, Collection[DnsName]]:
        """The zones of the stack's records, by instance; the state is read for that."""
        found: defaultdict[str, set[DnsName]] = defaultdict(set)
        for record in read_stack_records(self._name) if self._is_there else ():
            if record.backend is not None and record.zone is not None:
                found[record.backend].add(record.zone)
        return found
