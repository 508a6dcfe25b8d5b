"""Signals that would end the process, held back while it must not end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from pulumi_rdns.cli.rows import INTERRUPTED

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class HeldSignals:
    """What came in meanwhile."""

    def __init__(self, message: str) -> None:
        self._message = f"\nrdns: {message}\n".encode()
        self.received: int | None = None

    @property
    def came(self) -> bool:
        """Whether anybody wants the process to end."""
        return self.received is not None

    @property
    def exit_code(self) -> int:
        """The exit code of a process that the first of them has ended, as a shell has it."""
        return INTERRUPTED if self.received is None else 128 + self.received

    def note(self, number: int, frame: FrameType | None) -> None:
        """Take a signal: the handler. What it prints goes past the buffers, which may be in use."""
        if self.received is None:
            self.received = number
        with suppress(OSError):
            os.write(2, self._message)


@contextmanager
def held_signals(message: str) -> Iterator[HeldSignals]:
    """Hold back SIGINT, SIGTERM and SIGHUP in the block; whoever sends one reads ``message``.

    Called in the main thread. What is ignored stays so.
    """
    held = HeldSignals(message)
    before = {one: signal.getsignal(one) for one in _SIGNALS}
    for one, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(one, held.note)
    try:
        yield held
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
