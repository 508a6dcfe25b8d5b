"""A key that is refused because the command has the configuration of the last update.

In `pulumi refresh` and `pulumi destroy` the engine gives a provider the configuration that the
state has. A key that was changed since is not in it, and only the CLI knows it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pulumi_rdns.backends.registry import override_variable
from pulumi_rdns.errors import AuthenticationError, ConfigError
from pulumi_rdns.model.settings import StackSettings, read_settings
from pulumi_rdns.pulumi_cli import read_stack_config
from pulumi_rdns.records.session import Session

#: seconds that the CLI has for its answer
_TIMEOUT = 30.0

_lock = threading.Lock()
#: stack -> its settings as they are configured now; None where the CLI does not say
_now: dict[str, StackSettings | None] = {}


@contextmanager
def told_of_rotated_keys(urn: str, session: Session) -> Iterator[None]:
    """Let an error about a key say where the stack's configuration has another one by now.

    ``session`` has the configuration that this process was given.
    """
    try:
        yield
    except AuthenticationError as error:
        now = configured_now(urn)
        changed = _changed(error.backend, session, now.backends if now else {})
        if changed:
            paths = " and ".join(f"rdns:backends.{error.backend}.{key}" for key in changed)
            variables = " and ".join(override_variable(error.backend, key) for key in changed)
            verb = "was" if len(changed) == 1 else "were"
            error.args = (
                f"{error}. `pulumi refresh` and `pulumi destroy` use the configuration of the last "
                f"update, and {paths} {verb} changed since: run `pulumi up` first, or set "
                f"{variables} to what is configured now",
            )
        raise


def _changed(instance: str, session: Session, now: Mapping[str, Any]) -> list[str]:
    """Return the settings of an instance that are others now, and that no variable overrides.

    Of those that say whom to ask and with which key: they are what an environment can have too.
    """
    before, after = session.settings.backends.get(instance), now.get(instance)
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return []
    return [
        key
        for key in sorted(session.backends.type_of(instance).environment)
        if before.get(key) != after.get(key) and override_variable(instance, key) not in os.environ
    ]


def configured_now(urn: str) -> StackSettings | None:
    """Return the settings of a resource's stack as they are configured now.

    Of an update whose program has no resource of this package, too, the engine gives a provider
    the configuration of the last one. Asks the CLI, once for all threads: it takes about a second.
    None where it does not say.
    """
    stack = urn.split("::")[0].rpartition(":")[2]
    with _lock:
        if stack not in _now:
            _now[stack] = _asked(stack)
        return _now[stack]


def _asked(stack: str) -> StackSettings | None:
    try:
        return read_settings(read_stack_config(stack, _TIMEOUT))
    except ConfigError:
        return None
