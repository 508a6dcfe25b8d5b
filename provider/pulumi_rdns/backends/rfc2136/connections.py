"""DNS messages over TCP connections that are kept (RFC 7766), to the first server that answers."""

from __future__ import annotations

import socket
import threading
import time
import weakref
from collections.abc import Sequence
from typing import NamedTuple

from .settings import Server

#: connections that are kept while nobody uses them
_MOST_IDLE = 8


class NoAnswerError(Exception):
    """No server answered; the text says of each one why."""

    def __init__(self, failures: Sequence[_FailedError]) -> None:
        super().__init__("; ".join(map(str, failures)))
        #: whether a server may have got the message all the same
        self.was_sent = any(failure.was_sent for failure in failures)


class _FailedError(Exception):
    """One server did not answer."""

    def __init__(self, server: Server, error: OSError, *, was_sent: bool) -> None:
        what = "gave no answer" if was_sent else "cannot be reached"
        why = "timed out" if isinstance(error, TimeoutError) else error.strerror or str(error)
        super().__init__(f"{server} {what}: {why.lower()}")
        self.server = server
        self.was_sent = was_sent
        self.is_final = not was_sent or isinstance(error, TimeoutError)


class _Connection(NamedTuple):
    server: Server
    socket: socket.socket


class Connections:
    """Sends messages and gives the answers. Shared by several threads.

    A message may be sent twice, when a connection ends before the answer: so it must be a query,
    or an update whose prerequisites no longer hold once it is done.
    """

    def __init__(self, servers: Sequence[Server], timeout: float) -> None:
        """Take the servers in the order of preference; ``timeout`` is seconds for each answer."""
        self._servers = list(servers)
        self._timeout = timeout
        self._lock = threading.Lock()
        self._idle: list[_Connection] = []
        weakref.finalize(self, _close, self._idle)

    def exchange(self, message: bytes, more: float = 0.0) -> bytes:
        """Send a message in wire form and give the answer.

        ``more`` is seconds that the answer may take beyond the time-out. Raises NoAnswerError.
        """
        failures: list[_FailedError] = []
        kept = self._take()
        if kept is not None:
            try:
                return self._ask(kept, message, more)
            except _FailedError as failed:
                failures += [failed] if failed.is_final else []
        for server in self._in_order():
            if server not in [failed.server for failed in failures]:
                try:
                    return self._ask_anew(server, message, more)
                except _FailedError as failed:
                    failures.append(failed)
        raise NoAnswerError(failures)

    def _ask_anew(self, server: Server, message: bytes, more: float) -> bytes:
        """Ask over a new connection, and over another one when the server cuts the first."""
        try:
            return self._ask(self._connect(server), message, more)
        except _FailedError as failed:
            if failed.is_final:
                raise
        return self._ask(self._connect(server), message, more)

    def _in_order(self) -> list[Server]:
        with self._lock:
            return list(self._servers)

    def _connect(self, server: Server) -> _Connection:
        try:
            connected = socket.create_connection((server.host, server.port), self._timeout)
        except OSError as error:
            raise _FailedError(server, error, was_sent=False) from None
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _Connection(server, connected)

    def _ask(self, connection: _Connection, message: bytes, more: float) -> bytes:
        until = time.monotonic() + self._timeout + more
        connected = connection.socket
        try:
            connected.settimeout(self._timeout + more)
            connected.sendall(len(message).to_bytes(2, "big") + message)
            size = int.from_bytes(_receive(connected, 2, until), "big")
            answer = _receive(connected, size, until)
        except OSError as error:
            connected.close()
            raise _FailedError(connection.server, error, was_sent=True) from None
        self._keep(connection)
        return answer

    def _take(self) -> _Connection | None:
        """Give a connection that is still open; servers close them after some idle seconds."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if _is_quiet(connection.socket):
                return connection
            connection.socket.close()

    def _keep(self, connection: _Connection) -> None:
        with self._lock:
            if self._servers[0] != connection.server:
                self._servers.remove(connection.server)
                self._servers.insert(0, connection.server)
            if len(self._idle) < _MOST_IDLE:
                self._idle.append(connection)
                return
        connection.socket.close()


def _is_quiet(connected: socket.socket) -> bool:
    """Tell whether nothing came in: what comes without a question is the end of the connection."""
    connected.setblocking(False)
    try:
        connected.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _receive(connected: socket.socket, size: int, until: float) -> bytes:
    received = b""
    while len(received) < size:
        connected.settimeout(max(until - time.monotonic(), 0.001))
        part = connected.recv(size - len(received))
        if not part:
            raise ConnectionResetError("it closed the connection")
        received += part
    return received


def _close(connections: list[_Connection]) -> None:
    for connection in connections:
        connection.socket.close()
