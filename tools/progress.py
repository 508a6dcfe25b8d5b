"""Long commands, with a sign of life on stderr while they run. stdout is left to the caller."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class SetupError(Exception):
    """Something is missing on this machine. The message says in a sentence or two what to do."""


class CommandError(Exception):
    """A command of the set-up failed or took too long; the caller knows what that means."""

    def __init__(self, output: str) -> None:
        super().__init__(output)
        self.output = output

    def last_lines(self, count: int = 12) -> str:
        return "\n".join(f"    {line}" for line in self.output.strip().splitlines()[-count:])


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(
    what: str,
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
    detail: Callable[[str], str | None] = lambda line: None,
) -> str:
    """Run a command to its end and return what it printed; `what` it is for is shown meanwhile.

    `detail` is given each line that the command prints, and returns what to show of it, if any.
    Raises CommandError, also after `timeout` seconds.
    """
    process = subprocess.Popen(
        command,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    reader = _Reader(process, detail)
    reader.start()
    try:
        with Ticker(what) as ticker:
            while _is_running(process, ticker.interval):
                ticker.tick(reader.shown)
                if timeout is not None and ticker.seconds > timeout:
                    raise CommandError(f"no answer within {timeout:.0f} seconds")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
    reader.join()
    output = "".join(reader.lines)
    if process.returncode:
        raise CommandError(output)
    return output


def _is_running(process: subprocess.Popen[str], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


class _Reader(threading.Thread):
    def __init__(self, process: subprocess.Popen[str], detail: Callable[[str], str | None]) -> None:
        super().__init__(daemon=True)
        self.process = process
        self.detail = detail
        self.lines: list[str] = []
        self.shown = ""

    def run(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.lines.append(line)
                self.shown = self.detail(line.rstrip()) or self.shown


INTERVAL = 10.0
"""Seconds between two lines where there is no terminal."""


class Ticker:
    """One line that counts the seconds on a terminal, a line every now and then elsewhere."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.terminal = sys.stderr.isatty()
        self.interval = 0.5 if self.terminal else INTERVAL
        self.start = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.start

    def __enter__(self) -> Ticker:
        if not self.terminal:
            say(f"{self.what} …")
        return self

    def tick(self, shown: str = "") -> None:
        minutes, seconds = divmod(int(self.seconds), 60)
        elapsed = f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
        line = ", ".join(filter(None, [f"{self.what}: {elapsed}", shown]))
        if self.terminal:
            print(f"\r\033[K{line[:100]}", end="", file=sys.stderr, flush=True)
        else:
            say(f"  {line}")

    def __exit__(self, kind: object, *rest: object) -> None:
        if self.terminal:
            self.tick("done" if kind is None else "")
            say("")
