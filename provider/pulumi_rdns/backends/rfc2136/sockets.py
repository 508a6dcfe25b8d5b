"""One TCP connection to a DNS server: all that is read has a deadline, and an end."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import NamedTuple

from .types import UpdateServer

#: Linux: a server may hold its next answer back until the last one is acknowledged (RFC 896), which
#: takes 40 ms where nothing more is sent; it has to be asked for each time
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)
#: time-outs that an answer of several messages may take as a whole
_MOST_TIMEOUTS = 6
#: bytes of such an answer, which is a zone of a million records
MOST_BYTES = 64 << 20


class AttemptFailedError(Exception):
    """One server did not answer."""

    def __init__(self, server: UpdateServer, error: OSError, *, was_sent: bool) -> None:
        what = "gave no answer" if was_sent else "cannot be reached"
        why = "timed out" if isinstance(error, TimeoutError) else error.strerror or str(error)
        self.reason = f"{what}: {why.lower()}"
        super().__init__(f"{server} {self.reason}")
        self.server = server
        self.was_sent = was_sent
        self.is_final = not was_sent or isinstance(error, TimeoutError)


class EndlessAnswerError(AttemptFailedError):
    """An answer is longer, or takes longer, than any that makes sense."""

    def __init__(self, server: UpdateServer, reason: str) -> None:
        super().__init__(server, TimeoutError(), was_sent=True)
        self.reason = reason
        self.args = (f"{server} {reason}",)


class Connection(NamedTuple):
    server: UpdateServer
    socket: socket.socket


def send(connection: Connection, message: bytes, until: float) -> None:
    """Send a message before ``until`` (`time.monotonic`). Raises AttemptFailedError."""
    try:
        connection.socket.settimeout(max(until - time.monotonic(), 0.001))
        connection.socket.sendall(len(message).to_bytes(2, "big") + message)
    except OSError as error:
        connection.socket.close()
        raise AttemptFailedError(connection.server, error, was_sent=True) from None


def receive(connection: Connection, until: float) -> bytes:
    """Receive a message before ``until`` (`time.monotonic`). Raises AttemptFailedError."""
    try:
        if _QUICKACK is not None:
            connection.socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        size = int.from_bytes(_exactly(connection.socket, 2, until), "big")
        return _exactly(connection.socket, size, until)
    except OSError as error:
        connection.socket.close()
        raise AttemptFailedError(connection.server, error, was_sent=True) from None


def receive_many(connection: Connection, timeout: float) -> Iterator[bytes]:
    """Yield the messages of one answer, until the caller has the last.

    Raises AttemptFailedError where one does not come within the time-out, or all together are
    without an end: EndlessAnswerError.
    """
    whole, size = _MOST_TIMEOUTS * timeout, 0
    deadline = time.monotonic() + whole
    late = EndlessAnswerError(connection.server, f"did not finish its answer within {whole:g} s")
    while (now := time.monotonic()) < deadline:
        try:
            message = receive(connection, min(now + timeout, deadline))
        except AttemptFailedError:
            if time.monotonic() < deadline:
                raise
            raise late from None
        size += len(message)
        if size > MOST_BYTES:
            reason = f"gave an answer of more than {MOST_BYTES >> 20} MiB"
            raise EndlessAnswerError(connection.server, reason)
        yield message
    raise late


def is_quiet(connected: socket.socket) -> bool:
    """Whether nothing came in: what comes without a question is the end of the connection."""
    connected.setblocking(False)
    try:
        connected.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _exactly(connected: socket.socket, size: int, until: float) -> bytes:
    received = b""
    while len(received) < size:
        # What came in time is read also where this thread was late.
        connected.settimeout(max(until - time.monotonic(), 0.001))
        part = connected.recv(size - len(received))
        if not part:
            raise ConnectionResetError("it closed the connection")
        received += part
    return received


def close_all(connections: list[Connection]) -> None:
    """Close connections that nobody uses any longer."""
    for connection in connections:
        connection.socket.close()
