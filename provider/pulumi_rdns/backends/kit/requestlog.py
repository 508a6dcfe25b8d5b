"""One line at DEBUG for each request and its answer."""

from __future__ import annotations

import logging
from collections.abc import Callable

from .operation import Operation


class RequestLog:
    """Logs the requests of one type of backend to ``pulumi_rdns.backends.<type>``."""

    def __init__(self, kind: str, hide: Callable[[str], str] = str) -> None:
        """Take the type (``hostinger``), and what takes the secrets out of a text."""
        self._logger = logging.getLogger(f"pulumi_rdns.backends.{kind}")
        self._hide = hide

    @property
    def is_on(self) -> bool:
        """Whether lines are written at all."""
        return self._logger.isEnabledFor(logging.DEBUG)

    def answered(
        self, operation: Operation, method: str, target: str, status: object, seconds: float
    ) -> None:
        """Log a request that was answered, or was not: ``status`` says what came of it.

        ``method`` is what was asked (``GET``, ``UPDATE``), ``target`` the URL or the server. The
        line reads ``pdns: read PTR of <name>: GET <url>: 200 in 12 ms``.
        """
        if not self.is_on:
            return
        line = f"{operation}: {method} {target}: {status} in {seconds * 1000:.0f} ms"
        self._logger.debug("%s", self._hide(line))
