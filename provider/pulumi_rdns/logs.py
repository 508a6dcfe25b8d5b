"""What `RDNS_LOG` shows: requests of backends and questions to name servers, as log lines.

They are records of the logger `pulumi_rdns` and of those below it, at DEBUG, without secrets. Where
nobody asks for them they are not made.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from pulumi_rdns.errors import ConfigError
from pulumi_rdns.model.terminal_text import escaped_lines

VARIABLE = "RDNS_LOG"
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO}
_FORMAT = "%(asctime)s.%(msecs)03d %(levelname)s %(name)s: %(message)s"

_logger = logging.getLogger("pulumi_rdns")
_hide: ContextVar[Callable[[str], str] | None] = ContextVar("hide", default=None)


def show_logs(
    handler: logging.Handler | None = None, environ: Mapping[str, str] = os.environ
) -> None:
    """Show log records as `RDNS_LOG` says: through the handler, or on standard error.

    Nothing happens where it is not set, or where they are shown already. Raises ConfigError where
    its value is no level.
    """
    value = environ.get(VARIABLE, "")
    if not value:
        return
    level = _LEVELS.get(value.lower())
    if level is None:
        known = " or ".join(_LEVELS)
        raise ConfigError(f"{VARIABLE}: {value!r} is not a valid level; set it to {known}")
    _logger.setLevel(level)
    if any(shown.name == VARIABLE for shown in _logger.handlers):
        return
    shown = handler or logging.StreamHandler()
    shown.name = VARIABLE
    shown.setFormatter(_Formatter(_FORMAT, datefmt="%H:%M:%S"))
    _logger.addHandler(shown)


@contextmanager
def hidden_in_logs(hide: Callable[[str], str] | None) -> Iterator[None]:
    """Let ``hide`` take secret values out of each line that is shown in this context."""
    token = _hide.set(hide)
    try:
        yield
    finally:
        _hide.reset(token)


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = escaped_lines(super().format(record))
        hide = _hide.get()
        return line if hide is None else hide(line)
