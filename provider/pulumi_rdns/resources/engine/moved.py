"""What is logged when an internal of the SDK is not where it was."""

from __future__ import annotations

import functools
import importlib.metadata
import logging

_log = logging.getLogger(__name__)


@functools.cache
def warn(internal: str, consequence: str) -> None:
    """Log, once a process, that an internal was not found, and what does not work therefore.

    A process without logging of its own prints it to standard error, which the CLI shows.
    """
    version = importlib.metadata.version("pulumi")
    _log.warning("pulumi %s: %s was not found, so %s", version, internal, consequence)
