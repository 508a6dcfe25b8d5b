"""Where in a stack's file a host is listed. Read only for errors."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class StackFile:
    """A stack's file, and where it lists hosts."""

    def __init__(self, name: str, folder: Path, project: str) -> None:
        """Take a path relative to ``folder``, and the project, whose keys have its name."""
        #: the key of the hosts
        self.key = f"{project}:hosts"
        self._path = folder / name

    def line(self, at: int) -> int | None:
        """Return the line where the entry ``at`` of the hosts begins, from 1; None for not known.

        The hosts may come from elsewhere: from Pulumi.yaml, or from the Automation API.
        """
        return self._lines[at] if at < len(self._lines) else None

    @functools.cached_property
    def _lines(self) -> Sequence[int]:
        import yaml

        try:
            file: Any = yaml.compose(self._path.read_text(encoding="utf-8"), yaml.SafeLoader)
        except (OSError, ValueError, yaml.YAMLError, RecursionError):
            return []
        hosts = _value(_value(file, "config"), self.key)
        if not isinstance(hosts, yaml.SequenceNode):
            return []
        return [entry.start_mark.line + 1 for entry in hosts.value]


def _value(node: Any, key: str) -> Any:
    """Return the node of a key; None where it is not there."""
    pairs = node.value if getattr(node, "id", None) == "mapping" else []
    return next((value for name, value in pairs if name.value == key), None)
