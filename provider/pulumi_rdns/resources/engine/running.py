"""The program that is running: its stack's configuration, and its connection to the engine.

Seen in SDK 3.220 to 3.272: `pulumi.runtime.config.CONFIG` holds the whole configuration, which the
public `pulumi.Config` gives out only key by key, so that a misspelled key would go unseen; and
`pulumi.runtime.settings.get_monitor` is one object for each program that runs, also in one process
(Automation API, tests). When `CONFIG` moves, the configuration is what the process was started with
(`PULUMI_CONFIG`), and a warning is logged.
"""

from __future__ import annotations

from typing import Any

import pulumi.runtime
from pulumi.runtime import config as runtime_config
from pulumi.runtime import settings as runtime_settings

from pulumi_rdns.resources.engine import moved


def stack_config() -> dict[str, str]:
    """Return the whole configuration of the stack, secrets in clear."""
    config: dict[str, str] = dict(pulumi.runtime.get_config_env())
    given = getattr(runtime_config, "CONFIG", None)
    if given is None:
        moved.warn("the configuration", "programs of the Automation API see none")
        return config
    config.update(given.get())
    return config


def connection() -> Any:
    """Return what is one and the same object as long as one program runs."""
    return runtime_settings.get_monitor()
