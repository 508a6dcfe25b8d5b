"""Which run of the CLI this process belongs to: the same key for the program and for every host.

Seen in SDK 3.220 to 3.272 and CLI 3.259: the engine's address is the target of the channel of the
SDK's connection in a program, and the first argument of a dynamic provider's host; the CLI has
started both. `runtime.settings.SETTINGS.parallel` is what `--parallel` is. The command line of the
CLI's process says whether it is `destroy`. When the address moves, the processes of a run do not
hear of each other, and what is declared is known as the engine tells.
"""

from __future__ import annotations

import functools
import hashlib
import re
import sys
from collections.abc import Sequence
from typing import Any

from pulumi.runtime import settings as runtime_settings

from pulumi_rdns.records.ledger_file import Cli
from pulumi_rdns.resources.engine import moved

#: names of the CLI's program
_NAMES = ("pulumi", "pulumi.exe")
#: the command that deletes what the state has, and its other names
_DESTROY = frozenset(("destroy", "down", "dn"))
#: the CLI's global flags that have no value
_SWITCHES = frozenset(
    (
        *("-e", "--emoji", "-h", "--help", "--version", "-Q", "--fully-qualify-stack-names"),
        *("--non-interactive", "--logflow", "--logtostderr", "--disable-integrity-checking"),
    )
)
#: what psutil calls the status of a process that has ended
_ENDED = ("zombie", "dead")
_ADDRESS = re.compile(r"[\w.\[\]:-]+:\d+\Z")


@functools.cache
def host_run_key() -> str | None:
    """Return the key of the run that this provider host serves; None where nobody says."""
    address = next((one for one in sys.argv[1:2] if _ADDRESS.match(one)), None)
    if address is None:
        moved.warn("the engine's address in the arguments of a host", "processes work apart")
        return None
    return _key(address)


def program_run_key() -> str | None:
    """Return the key of the run that this program belongs to; None where nobody says.

    Nobody does in a program that runs against mocks.
    """
    engine: Any = runtime_settings.get_engine()
    channel: Any = getattr(getattr(engine, "Log", None), "_channel", None)
    try:
        target = channel.target()
    except (AttributeError, TypeError):
        return None
    text = target.decode() if isinstance(target, bytes) else str(target)
    return _key(text.rpartition("/")[2])


def parallel() -> int | None:
    """Return how many operations the engine runs side by side; None where nobody says."""
    given = getattr(runtime_settings.SETTINGS, "parallel", None)
    return given if isinstance(given, int) and given > 0 else None


def _key(address: str) -> str:
    """Name a run by the engine's address, and by the CLI's process: addresses come again."""
    text = f"{address} {cli()}"
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


@functools.cache
def cli() -> Cli | None:
    """Return the process of the CLI; None where there is none above this one."""
    import psutil

    try:
        parents = psutil.Process().parents()
        pulumi = next((one for one in parents if one.name() in _NAMES), None)
        return None if pulumi is None else Cli(pulumi.pid, pulumi.create_time())
    except (psutil.Error, OSError):
        return None


def cli_program() -> str | None:
    """Return the file of the CLI that has started this process; None where that is not known."""
    import psutil

    found = cli()
    try:
        return None if found is None else psutil.Process(found.pid).exe() or None
    except (psutil.Error, OSError):
        return None


def is_targeted() -> bool:
    """Whether the command names the resources that it is for, so that others stay as they are."""
    return any(one.startswith(("--target", "--exclude", "-t")) for one in _arguments())


def is_destroy() -> bool | None:
    """Whether the command is `pulumi destroy`; None where its command line cannot be read."""
    arguments = _arguments()
    return _command_of(arguments) in _DESTROY if arguments else None


def _command_of(arguments: Sequence[str]) -> str:
    """Return the command among arguments of the CLI; empty for none.

    A flag before it takes the next argument for its value, as in Cobra, the CLI's library: but for
    one with ``=``, and one of the CLI's own that has no value.
    """
    left = iter(arguments)
    for one in left:
        is_long = one.startswith("--")
        if not one.startswith("-"):
            return one
        if one == "--":
            break
        if one not in _SWITCHES and "=" not in one and (is_long or len(one) == 2):
            next(left, None)
    return ""


def _arguments() -> list[str]:
    """Return the command line of the CLI; nothing where it is not known."""
    import psutil

    found = cli()
    try:
        return [] if found is None else psutil.Process(found.pid).cmdline()[1:]
    except (psutil.Error, OSError):
        return []


def is_alive(one: Cli) -> bool:
    """Whether a process of the CLI is still there."""
    import psutil

    try:
        found = psutil.Process(one.pid)
        return abs(found.create_time() - one.started) < 1 and found.status() not in _ENDED
    except psutil.NoSuchProcess:
        return False
    except (psutil.Error, OSError):
        return True
