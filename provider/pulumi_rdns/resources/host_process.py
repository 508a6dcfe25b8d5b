"""The process that the engine starts for dynamic providers: what it lets us know and say.

Nothing of this is offered by the SDK: the call in progress is found in the frames of its servicer.
Each look-up is guarded, and what it serves has a fallback: a message without its resource, a
traceback around an error.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import os
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import grpc
from google.rpc import status_pb2  # type: ignore[import-untyped]
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2

from pulumi_rdns.backends.base import Report
from pulumi_rdns.errors import RdnsError

_CALLS = frozenset({"Check", "Diff", "Create", "Read", "Update", "Delete"})
#: threads of the host: its own four would be held up by four records that wait
_THREADS = 32
#: bytes that the engine takes beside an error; a set of 65,536 records needs half of them
_MOST_METADATA = 15 * 2**20

#: how the wire marks an object that stands for a secret value
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"

F = TypeVar("F", bound=Callable[..., Any])


class Call(NamedTuple):
    """The call of the engine that this thread is serving."""

    request: Any
    context: Any


def current_call() -> Call | None:
    """Find the call that this thread is serving; None where the SDK's frames look different."""
    frame = sys._getframe(1) if hasattr(sys, "_getframe") else None
    while frame is not None:
        names = frame.f_locals
        if frame.f_code.co_name in _CALLS and "request" in names and "context" in names:
            return Call(names["request"], names["context"])
        frame = frame.f_back
    return None


def old_inputs() -> dict[str, Any] | None:
    """Give the inputs that the state holds, in a Read or Diff; None where they cannot be had."""
    call = current_call()
    if call is None:
        return None
    try:
        field = "old_inputs" if hasattr(call.request, "old_inputs") else "inputs"
        return dict(rpc.deserialize_properties(getattr(call.request, field)))
    except (AttributeError, TypeError, ValueError):
        return None


class EngineReport(Report):
    """Sends messages to the engine, which shows them under the resource."""

    def __init__(self) -> None:
        call = current_call()
        #: the resource that the call is about; empty where the SDK's frames look different
        self.urn = str(getattr(call.request, "urn", "")) if call else ""
        self._last = ""

    def warning(self, text: str) -> None:
        self._send(engine_pb2.WARNING, text, ephemeral=False)

    def progress(self, text: str, clock: str = "") -> None:
        if text != self._last or (clock and _has_status_column()):
            self._last = text
            self._send(engine_pb2.INFO, text + clock, ephemeral=True)

    def _send(self, severity: Any, text: str, *, ephemeral: bool) -> None:
        engine = _engine()
        if engine is None:
            print(text, file=sys.stderr)
            return
        message = engine_pb2.LogRequest(
            severity=severity, message=text, urn=self.urn, ephemeral=ephemeral
        )
        try:
            engine.Log(message, timeout=10)
        except grpc.RpcError:
            print(text, file=sys.stderr)


def secret(value: Any) -> dict[str, Any]:
    """Mark a value that goes to the engine as a secret, as the SDK does on the wire."""
    return {_SIGNATURE: _SECRET, "value": value}


@functools.cache
def _engine() -> Any:
    """Connect to the engine, whose address is the last argument of the host's command line."""
    address = sys.argv[-1]
    if not address.rpartition(":")[2].isdigit():
        return None
    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))


@functools.cache
def _has_status_column() -> bool:
    """Does a text replace the last one, or is it a line more? The engine does not say.

    It draws when it talks to a terminal, which can be seen where there is a /proc.
    """
    with suppress(OSError, ValueError):
        pid = os.getppid()
        while Path(f"/proc/{pid}/comm").read_text() != "pulumi\n":
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        flags = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        ends = [str(Path(f"/proc/{pid}/fd/{stream}").readlink()) for stream in (0, 1)]
        on_terminal = all(end.startswith(("/dev/pts/", "/dev/tty")) for end in ends)
        return on_terminal and b"--non-interactive" not in flags
    return False


def plain_errors(method: F) -> F:
    """Let a user see an error's one sentence and no traceback, unless RDNS_DEBUG=1."""

    @functools.wraps(method)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except RdnsError as error:
            if os.environ.get("RDNS_DEBUG") == "1":
                raise
            _hide_traceback_of_this_call()
            kind = type(type(error).__name__, (Exception,), {"__module__": "builtins"})
            raise kind(str(error)) from None

    return wrapper  # type: ignore[return-value]


def tell_partial_success(
    id_: str, outputs: Mapping[str, Any], inputs: Mapping[str, Any], reason: str
) -> None:
    """Let the engine store what there is though this create or update is about to fail.

    It then also tries the update again in the next up. Where the SDK's frames look different, the
    state stays as it was; the next up then adopts what was written.
    """
    call = current_call()
    if call is None or not hasattr(call.context, "set_trailing_metadata"):
        return
    given = getattr(call.request, "news", None) or getattr(call.request, "properties", {})
    if "__provider" not in given:
        return
    key = {"__provider": given["__provider"]}
    failed = provider_pb2.ErrorResourceInitFailed(
        id=id_,
        properties=_struct({**outputs, **key}),
        inputs=_struct({**inputs, **key}),
        reasons=[reason],
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=reason)
    status.details.add().Pack(failed)
    details = status.SerializeToString()
    if len(details) < _MOST_METADATA:
        call.context.set_trailing_metadata((("grpc-status-details-bin", details),))


def _struct(properties: Mapping[str, Any]) -> Any:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(rpc.serialize_properties(properties, {}))
    finally:
        loop.close()


_hidden = 0
_hidden_lock = threading.Lock()


def _hide_traceback_of_this_call() -> None:
    """Silence tracebacks until this call has ended: the servicer formats one of every error."""
    call = current_call()
    if call is None or not call.context.add_callback(_show_tracebacks):
        return
    global _hidden
    with _hidden_lock:
        _hidden += 1
        sys.tracebacklimit = 0


def _show_tracebacks() -> None:
    """Give tracebacks back to the user's own dynamic providers, which share this process."""
    global _hidden
    with _hidden_lock:
        _hidden -= 1
        if not _hidden and hasattr(sys, "tracebacklimit"):
            del sys.tracebacklimit


def widen_thread_pool() -> None:
    """Let the host serve more than four calls at a time: check and diff must never queue up
    behind records that wait for a name server, or for each other.
    """
    frame = sys._getframe(1) if hasattr(sys, "_getframe") else None
    while frame is not None:
        reference = frame.f_locals.get("executor_reference")
        pool = reference() if callable(reference) else None
        if isinstance(pool, concurrent.futures.ThreadPoolExecutor):
            pool._max_workers = max(getattr(pool, "_max_workers", 0), _THREADS)
            return
        frame = frame.f_back
