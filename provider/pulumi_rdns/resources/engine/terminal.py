"""Whether the Pulumi CLI draws: one text replaces another, or is a line more.

No version of the engine tells a provider. The CLI draws when it talks to a terminal, which psutil
can see from outside, but for a device like /dev/null. Where it cannot look, the CLI does not draw:
a message is sent once, without the seconds that go by.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

#: standard input and output
_STREAMS = (0, 1)


@functools.cache
def has_status_column() -> bool:
    """Whether the CLI above this process keeps a line for each resource."""
    import psutil

    try:
        parents = psutil.Process().parents()
        pulumi = next((one for one in parents if one.name() == "pulumi"), None)
        if pulumi is None or pulumi.terminal() is None or "--non-interactive" in pulumi.cmdline():
            return False
        return not (_is_redirected(pulumi) or _is_in_a_pipe(pulumi))
    except (psutil.Error, OSError):
        return False


def _is_redirected(pulumi: psutil.Process) -> bool:
    return any(file.fd in _STREAMS for file in pulumi.open_files())


def _is_in_a_pipe(pulumi: psutil.Process) -> bool:
    """Whether the shell gave the CLI a neighbour: whoever is in its group and no relative."""
    import psutil

    group = os.getpgid(pulumi.pid)
    relatives = [*pulumi.parents(), pulumi, *pulumi.children(recursive=True)]
    strangers = set(psutil.pids()) - {one.pid for one in relatives}
    return any(_group_of(pid) == group for pid in strangers)


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:
        return None
