"""The hosts that a stack file lists, for a program."""

from __future__ import annotations

from pulumi_rdns.errors import ConfigError
from pulumi_rdns.model import hosts as model
from pulumi_rdns.resources.engine.errors import as_run_error


def read_hosts(raw: object, source: str) -> list[model.Host]:
    """Read the hosts of a stack: the value of ``pulumi.Config().get("hosts")``.

    ``source`` is the file's name for error messages. A mistake ends the program with a line for
    each; a line names the file and the path in it (``hosts[1].addresses``).
    """
    try:
        return model.read_hosts(raw, source)
    except ConfigError as error:
        raise as_run_error(error) from None
