"""DNS messages over TCP connections that are kept (RFC 7766), to the first server that answers."""

from __future__ import annotations

import itertools
import socket
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeVar

from .settings import Server

#: connections that are kept while nobody uses them
_MOST_IDLE = 8
#: Linux: a server may hold its next answer back until the last one is acknowledged (RFC 896), which
#: takes 40 ms where nothing more is sent; it has to be asked for each time
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)


class NoAnswerError(Exception):
    """No server answered; the text says of each one why."""

    def __init__(self, failures: Sequence[_FailedError], *, was_sent: bool) -> None:
        super().__init__("; ".join(map(str, failures)))
        #: whether a server may have got the message all the same
        self.was_sent = was_sent
        self._failures = failures

    def for_unsent(self) -> NoAnswerError:
        """Give the same error for a message that was not sent at all."""
        return NoAnswerError(self._failures, was_sent=False)


class Answer(NamedTuple):
    """What a server answered."""

    wire: bytes
    #: the message was sent before, without an answer: a server may have taken that copy
    is_to_copy: bool = False


class Reader(Protocol):
    """Reads an answer of several messages."""

    def add(self, wire: bytes, /) -> bool:
        """Read the next message; True where it is the last one."""


R = TypeVar("R", bound=Reader)


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

    def exchange(self, message: bytes, more: float = 0.0) -> Answer:
        """Send a message in wire form and give the answer.

        ``more`` is seconds that the answer may take beyond the time-out. Raises NoAnswerError.
        """
        failures: list[_FailedError] = []
        is_copy = False
        kept = self._take()
        if kept is not None:
            try:
                return Answer(self._ask(kept, message, more))
            except _FailedError as failed:
                is_copy = failed.was_sent
                failures += [failed] if failed.is_final else []
        for server in self._in_order():
            is_tried = server in [failed.server for failed in failures]
            # Over another connection where the server cuts the first.
            for tries_left in () if is_tried else (1, 0):
                try:
                    return Answer(self._ask(self._connect(server), message, more), is_copy)
                except _FailedError as failed:
                    is_copy |= failed.was_sent
                    if failed.is_final or not tries_left:
                        failures.append(failed)
                        break
        raise NoAnswerError(failures, was_sent=is_copy)

    def exchange_all(
        self, messages: Iterable[bytes], more: float = 0.0, *, ahead: int
    ) -> Iterator[Answer | NoAnswerError]:
        """Send messages over one connection, ``ahead`` of their answers; give those in order.

        ``more`` is seconds that each answer may take beyond the time-out. What a connection left
        without an answer is sent again over another one. Once a message stays without an answer,
        nothing more is sent: a NoAnswerError stands for each that is left.
        """
        source = iter(messages)
        failed: NoAnswerError | None = None
        while failed is None:
            first = next(source, None)
            if first is None:
                return
            source = itertools.chain([first], source)
            pipe = _Pipe(self._take() or self._first(), self._timeout + more, ahead)
            yield from map(Answer, pipe.answers(source))
            if not pipe.unanswered:
                if pipe.connection is not None:
                    self._keep(pipe.connection)
                return
            for message in pipe.unanswered:
                if failed is not None:
                    yield failed if pipe.has_sent else failed.for_unsent()
                    continue
                try:
                    wire, is_to_copy = self.exchange(message, more)
                except NoAnswerError as error:
                    failed = error
                    failed.was_sent |= pipe.has_sent
                    yield failed
                else:
                    yield Answer(wire, is_to_copy or pipe.has_sent)
        yield from (failed.for_unsent() for _ in source)

    def receive_all(self, message: bytes, begin: Callable[[], R]) -> R:
        """Send a message and hand over its answers to a reader until it has the last one.

        ``begin`` makes a reader for each server that is asked. Raises NoAnswerError, and what the
        reader raises.
        """
        failures: list[_FailedError] = []
        for server in self._in_order():
            reader = begin()
            try:
                self._receive(self._connect(server), message, reader)
            except _FailedError as failed:
                failures.append(failed)
            else:
                return reader
        was_sent = any(failed.was_sent for failed in failures)
        raise NoAnswerError(failures, was_sent=was_sent)

    def _receive(self, connection: _Connection, message: bytes, reader: Reader) -> None:
        is_over = False
        try:
            _send(connection, message, time.monotonic() + self._timeout)
            while not is_over:
                is_over = reader.add(_answer(connection, time.monotonic() + self._timeout))
        finally:
            if is_over:
                self._keep(connection)
            else:
                connection.socket.close()

    def _first(self) -> _Connection | None:
        """Connect to the server that is preferred; None where that fails."""
        try:
            return self._connect(self._in_order()[0])
        except _FailedError:
            return None

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
        _send(connection, message, until)
        answer = _answer(connection, until)
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


class _Pipe:
    """One connection on which several messages are on their way."""

    def __init__(self, connection: _Connection | None, seconds: float, ahead: int) -> None:
        """``seconds`` is the time for each answer, and ``ahead`` the most messages that wait for
        one; without a connection nothing is answered.
        """
        self.connection = connection
        self.has_sent = connection is not None
        #: messages that were sent, or that it was too late to send
        self.unanswered: deque[bytes] = deque()
        self._seconds = seconds
        self._ahead = ahead
        self._early: dict[bytes, bytes] = {}

    def answers(self, source: Iterator[bytes]) -> Iterator[bytes]:
        """Send messages and give their answers in order, until the connection ends."""
        while True:
            for message in itertools.islice(source, self._ahead - len(self.unanswered)):
                self.unanswered.append(message)
                self._send(message)
            if not self.unanswered:
                return
            answer = self._answer(self.unanswered[0][:2])
            if answer is None:
                return
            self.unanswered.popleft()
            yield answer

    def _send(self, message: bytes) -> None:
        if self.connection is not None:
            try:
                _send(self.connection, message, time.monotonic() + self._seconds)
            except _FailedError:
                self.connection = None

    def _answer(self, id_: bytes) -> bytes | None:
        """Wait for the answer of this id; a server may give those of later messages before it."""
        try:
            while self.connection is not None and id_ not in self._early:
                answer = _answer(self.connection, time.monotonic() + self._seconds)
                self._early[answer[:2]] = answer
        except _FailedError:
            self.connection = None
        return self._early.pop(id_, None)


def _send(connection: _Connection, message: bytes, until: float) -> None:
    try:
        connection.socket.settimeout(max(until - time.monotonic(), 0.001))
        connection.socket.sendall(len(message).to_bytes(2, "big") + message)
    except OSError as error:
        connection.socket.close()
        raise _FailedError(connection.server, error, was_sent=True) from None


def _answer(connection: _Connection, until: float) -> bytes:
    try:
        if _QUICKACK is not None:
            connection.socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        size = int.from_bytes(_receive(connection.socket, 2, until), "big")
        return _receive(connection.socket, size, until)
    except OSError as error:
        connection.socket.close()
        raise _FailedError(connection.server, error, was_sent=True) from None


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
