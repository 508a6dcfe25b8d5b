"""A report that keeps what it is told."""

from __future__ import annotations

import time
from collections.abc import Callable

from pulumi_rdns.backends.base import Report


class Heard(Report):
    """Keeps the messages of an operation."""

    def __init__(self) -> None:
        #: how it pauses
        self.sleep: Callable[[float], None] = time.sleep
        self.warnings: list[str] = []
        self.infos: list[str] = []
        #: each with the clock as it stood when the text was new
        self.told: list[str] = []
        self._last = ""

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def info(self, text: str) -> None:
        self.infos.append(text)

    def progress(self, text: str, clock: str = "") -> None:
        if text != self._last:
            self.told.append(text + clock)
        self._last = text

    def pause(self, seconds: float) -> bool:
        self.sleep(seconds)
        return True


class Cancelled(Heard):
    """That of an operation which nobody waits for any longer."""

    def pause(self, seconds: float) -> bool:
        return False
