"""What the demonstrations have in common: a stack in a temporary folder, and a terminal."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.progress import SetupError
from tools.stack import run_pulumi


class Stage:
    """A Pulumi project in a folder, with a state and a home of its own beside it."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder / "project"
        state = folder / "state"
        for made in (self.folder, state):
            made.mkdir()
        self._env = {
            **os.environ,
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "demo",
            **environ,
        }

    def pulumi(self, *arguments: str) -> None:
        """Run a command on this terminal. Raises SetupError where it fails or is interrupted."""
        say(f"$ pulumi {' '.join(arguments)}")
        code = run_pulumi(["--cwd", str(self.folder), *arguments], self._env)
        arm()
        if code:
            raise SetupError(f"pulumi {arguments[0]} ended with {code}; the demonstration is over.")


def say(text: str) -> None:
    print(text, flush=True)


def chapter(title: str) -> None:
    say(f"\n=== {title}\n")


def arm() -> None:
    """Let Ctrl-C and an end from outside leave through the clean-up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


def perform(show: Callable[[Path], None]) -> int:
    """Run a demonstration in a folder that is gone afterwards; returns the exit code."""
    arm()
    try:
        # A provider that was interrupted twice may still be writing there.
        with tempfile.TemporaryDirectory(prefix="rdns-demo-", ignore_cleanup_errors=True) as folder:
            show(Path(folder))
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
