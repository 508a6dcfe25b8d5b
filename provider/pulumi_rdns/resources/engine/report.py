"""Messages to the engine, which shows them under the resource.

Seen in CLI and SDK 3.220 to 3.272: the last argument of the provider host's command line is the
address of the engine, whose `Log` call takes a message and a URN. The SDK connects `pulumi.log` in
programs alone. Without an address, or with an engine that does not answer, a message goes to
standard error, which the CLI shows under the stack.
"""

from __future__ import annotations

import functools
import logging
import sys
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from pulumi_rdns.backends.base import Report
from pulumi_rdns.model.terminal_text import escaped_lines
from pulumi_rdns.resources.engine.calls import current_call
from pulumi_rdns.resources.engine.terminal import has_status_column

#: seconds that the engine has for a message
_TIMEOUT = 10.0


class EngineReport(Report):
    """Sends the messages of one operation."""

    def __init__(self, urn: str) -> None:
        self._urn = urn
        self._last = ""

    def warning(self, text: str) -> None:
        """Show a warning."""
        _send(engine_pb2.WARNING, text, self._urn)

    def info(self, text: str) -> None:
        """Show what was done."""
        _send(engine_pb2.INFO, text, self._urn)

    def progress(self, text: str, clock: str = "") -> None:
        """Show what is being waited for: the last text, where the CLI draws."""
        if text != self._last or (clock and has_status_column()):
            self._last = text
            _send(engine_pb2.INFO, text + clock, self._urn, is_ephemeral=True)


class EngineLogHandler(logging.Handler):
    """Shows log records as info lines under the resource whose call logged them."""

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record, from any thread that was given the context of a call."""
        try:
            call = current_call()
            _send(engine_pb2.INFO, self.format(record), call.urn if call else "")
        except Exception:
            self.handleError(record)


def _send(severity: Any, text: str, urn: str, *, is_ephemeral: bool = False) -> None:
    text = escaped_lines(text)
    engine = _engine()
    if engine is None:
        print(text, file=sys.stderr)
        return
    message = engine_pb2.LogRequest(
        severity=severity, message=text, urn=urn, ephemeral=is_ephemeral
    )
    try:
        engine.Log(message, timeout=_TIMEOUT)
    except grpc.RpcError:
        print(text, file=sys.stderr)


@functools.cache
def _engine() -> Any:
    """Connect to the engine; None where the command line has no address."""
    address = sys.argv[-1]
    if not address.rpartition(":")[2].isdigit():
        return None
    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
