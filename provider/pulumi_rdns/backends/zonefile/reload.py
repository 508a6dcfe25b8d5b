"""Run the reload command once for several writes, and again later when it has failed.

Zones that wait for a reload stand in a marker file. Each write gets a ticket: the number of its
mark. Whoever gets the reload lock first runs the command for all zones that are marked by then;
the others find the outcome in the marker.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import dns.name
import msgspec

from pulumi_rdns.backends.kit.answers import decode_json
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.requestlog import RequestLog
from pulumi_rdns.model.names import from_dns

from .storage import Lock, LockedError, write_small

GATHERING_PAUSE = 0.2
TIMEOUT = 60.0
_OUTPUT_LINES = 5
_OUTPUT_BYTES = 4096
#: what a command may need of the environment; the rest has the passphrase of the stack, and tokens
_ENVIRONMENT = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|TZ|TMPDIR|LANG|LANGUAGE|LC_[A-Z]+|XDG_RUNTIME_DIR|"
    r"SSH_AUTH_SOCK|DOCKER_HOST|DOCKER_CONTEXT|KUBECONFIG"
)
_LOG = RequestLog("zonefile")


class _Marker(msgspec.Struct):
    """``tried`` is the last ticket that a run covered, ``failure`` what that run said."""

    ticket: int = 0
    tried: int = 0
    failure: str = ""
    zones: dict[str, int] = {}


class Reload:
    """The reload command of one folder.

    ``lock`` is the folder's lock, under which the marker is read and written.
    """

    def __init__(
        self, backend: str, command: list[str], folder: Path, root: Path, lock: Lock
    ) -> None:
        """Take the backend's name, for the log; the command runs in ``root``."""
        self.backend = backend
        self.command = command
        self.root = root
        self.lock = lock
        self.running = Lock(folder / ".rdns-reload.lock")
        self.marker = folder / ".rdns-reload"

    def mark(self, zone: dns.name.Name) -> int:
        """Note that the zone needs a reload; the caller holds the folder's lock."""
        marker = self._read() or _Marker()
        marker.ticket += 1
        marker.zones[from_dns(zone)] = marker.ticket
        self._write(marker)
        return marker.ticket

    def settle(self, ticket: int) -> str:
        """Reload what the ticket stands for; return why it failed, empty where it did not."""
        return self._alone(lambda: self._outcome(ticket))

    def retry(self) -> str:
        """Reload what an earlier run left marked; return as `settle` does."""
        if not self.marker.exists():
            return ""
        return self._alone(lambda: self._run() if self._read() else "")

    def _alone(self, action: Callable[[], str]) -> str:
        try:
            with self.running.held(3 * TIMEOUT):
                return action()
        except LockedError:
            return "another process is busy with a reload that does not end"
        except OSError as cause:
            return f"the reload could not be prepared: {cause}"

    def _outcome(self, ticket: int) -> str:
        marker = self._read()
        if marker is None or marker.ticket < ticket:
            return ""  # another run covered it and took the marker away
        if marker.tried >= ticket:
            return marker.failure
        time.sleep(GATHERING_PAUSE)
        return self._run()

    def _run(self) -> str:
        with self.lock.held(TIMEOUT):
            marker = self._read() or _Marker()
        failure = self._logged_run(sorted(marker.zones))
        with self.lock.held(TIMEOUT):
            now = self._read() or marker
            now.tried, now.failure = marker.ticket, failure
            if not failure:
                now.zones = {z: t for z, t in now.zones.items() if t > marker.ticket}
            if now.zones:
                self._write(now)
            else:
                self.marker.unlink(missing_ok=True)
        return failure

    def _logged_run(self, zones: list[str]) -> str:
        """Run the command; its arguments and output may be secret, so the log has neither."""
        started = time.monotonic()
        failure = run(self.command, zones, self.root)
        operation = Operation(self.backend, "reload", ", ".join(zones))
        status = failure.partition(": ")[0] or "exit status 0"
        _LOG.answered(operation, "RUN", self.command[0], status, time.monotonic() - started)
        return failure

    def _read(self) -> _Marker | None:
        try:
            return decode_json(self.marker.read_bytes(), _Marker)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def _write(self, marker: _Marker) -> None:
        write_small(self.marker, msgspec.json.encode(marker))


def run(command: list[str], zones: list[str], folder: Path) -> str:
    """Run the command with the zones as further arguments; return why it failed, or nothing."""
    # A file, not a pipe: a child left in the background would keep a pipe open.
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                [*command, *zones],
                cwd=folder,
                env={k: value for k, value in os.environ.items() if _ENVIRONMENT.fullmatch(k)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as cause:
            return f"{command[0]} cannot be started: {cause.strerror}"
        try:
            status = process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"{command[0]} did not end within {TIMEOUT:g} s{_tail(output.fileno())}"
        if status == 0:
            return ""
        return f"{command[0]} ended with exit status {status}{_tail(output.fileno())}"


def _tail(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    data = os.pread(descriptor, _OUTPUT_BYTES, max(0, size - _OUTPUT_BYTES))
    lines = data.decode("utf-8", "replace").strip().splitlines()[-_OUTPUT_LINES:]
    return f": {' / '.join(line.strip() for line in lines)}" if lines else ""
