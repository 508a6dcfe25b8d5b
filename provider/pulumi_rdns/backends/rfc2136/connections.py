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

from dns.rcode import Rcode

from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.requestlog import RequestLog

from .sockets import (
    AttemptFailedError,
    Connection,
    EndlessAnswerError,
    close_all,
    is_quiet,
    receive,
    receive_many,
    send,
)
from .types import UpdateServer

#: connections that are kept while nobody uses them
_MOST_IDLE = 8


class NoAnswerError(Exception):
    """No server answered; the text says of each one why."""

    def __init__(self, failures: Sequence[AttemptFailedError], *, was_sent: bool) -> None:
        super().__init__("; ".join(map(str, failures)))
        #: whether a server may have got the message all the same
        self.was_sent = was_sent
        #: a server did answer, without an end
        self.is_endless = any(isinstance(failed, EndlessAnswerError) for failed in failures)
        self._failures = failures

    def for_unsent(self) -> NoAnswerError:
        """Return the same error for a message that was not sent at all."""
        return NoAnswerError(self._failures, was_sent=False)


class DnsRequest(NamedTuple):
    """A message in wire form, and what the log says of it."""

    operation: Operation
    #: what is asked: ``UPDATE 2.0.192.in-addr.arpa``
    title: str
    wire: bytes


class WireAnswer(NamedTuple):
    """What a server answered."""

    wire: bytes
    #: the message was sent before, without an answer: a server may have taken that copy
    may_be_duplicate: bool = False


class Reader(Protocol):
    """Reads an answer of several messages."""

    def add(self, wire: bytes, /) -> bool:
        """Read the next message; True where it is the last one."""


R = TypeVar("R", bound=Reader)


class Connections:
    """Sends messages and returns the answers. Shared by several threads.

    A message may be sent twice, when a connection ends before the answer: so it must be a query,
    or an update whose prerequisites no longer hold once it is done.
    """

    def __init__(self, servers: Sequence[UpdateServer], timeout: float, log: RequestLog) -> None:
        """Take the servers in the order of preference; ``timeout`` is seconds for each answer."""
        self._servers = list(servers)
        self._timeout = timeout
        self._log = log
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        weakref.finalize(self, close_all, self._idle)

    def exchange(self, request: DnsRequest, more: float = 0.0) -> WireAnswer:
        """Send a message and return the answer.

        ``more`` is seconds that the answer may take beyond the time-out. Raises NoAnswerError.
        """
        failures: list[AttemptFailedError] = []
        may_be_duplicate = False
        kept = self._take()
        if kept is not None:
            try:
                return WireAnswer(self._ask(kept, request, more))
            except AttemptFailedError as failed:
                may_be_duplicate = failed.was_sent
                failures += [failed] if failed.is_final else []
        for server in self._in_order():
            is_tried = server in [failed.server for failed in failures]
            # Over another connection where the server cuts the first.
            for tries_left in () if is_tried else (1, 0):
                try:
                    connection = self._connect(server, request)
                    return WireAnswer(self._ask(connection, request, more), may_be_duplicate)
                except AttemptFailedError as failed:
                    may_be_duplicate |= failed.was_sent
                    if failed.is_final or not tries_left:
                        failures.append(failed)
                        break
        raise NoAnswerError(failures, was_sent=may_be_duplicate)

    def exchange_all(
        self, requests: Iterable[DnsRequest], more: float = 0.0, *, ahead: int
    ) -> Iterator[WireAnswer | NoAnswerError]:
        """Send messages over one connection, ``ahead`` of their answers; yield those in order.

        ``more`` is seconds that each answer may take beyond the time-out. What a connection left
        without an answer is sent again over another one. Once a message stays without an answer,
        nothing more is sent: a NoAnswerError stands for each that is left.
        """
        source = iter(requests)
        failed: NoAnswerError | None = None
        while failed is None:
            first = next(source, None)
            if first is None:
                return
            source = itertools.chain([first], source)
            connection = self._take() or self._preferred(first)
            pipe = _Pipe(connection, self._timeout + more, ahead, self._note)
            yield from map(WireAnswer, pipe.answers(source))
            if not pipe.unanswered:
                if pipe.connection is not None:
                    self._keep(pipe.connection)
                return
            for request in pipe.unanswered:
                if failed is not None:
                    yield failed if pipe.has_sent else failed.for_unsent()
                    continue
                try:
                    wire, may_be_duplicate = self.exchange(request, more)
                except NoAnswerError as error:
                    failed = error
                    failed.was_sent |= pipe.has_sent
                    yield failed
                else:
                    yield WireAnswer(wire, may_be_duplicate or pipe.has_sent)
        yield from (failed.for_unsent() for _ in source)

    def receive_all(self, request: DnsRequest, begin: Callable[[], R]) -> R:
        """Send a message and hand over its answers to a reader until it has the last one.

        ``begin`` makes a reader for each server that is asked. Raises NoAnswerError, and what the
        reader raises.
        """
        failures: list[AttemptFailedError] = []
        for server in self._in_order():
            reader = begin()
            try:
                self._receive(self._connect(server, request), request, reader)
            except AttemptFailedError as failed:
                failures.append(failed)
            else:
                return reader
        was_sent = any(failed.was_sent for failed in failures)
        raise NoAnswerError(failures, was_sent=was_sent)

    def _receive(self, connection: Connection, request: DnsRequest, reader: Reader) -> None:
        is_over = False
        started, status = time.monotonic(), "not read"
        try:
            send(connection, request.wire, started + self._timeout)
            for answer in receive_many(connection, self._timeout):
                status = _rcode(answer)
                is_over = reader.add(answer)
                if is_over:
                    break
        except AttemptFailedError as failed:
            status = failed.reason
            raise
        finally:
            self._note(request, connection.server, status, started)
            if is_over:
                self._keep(connection)
            else:
                connection.socket.close()

    def _preferred(self, request: DnsRequest) -> Connection | None:
        """Connect to the server that is preferred; None where that fails."""
        try:
            return self._connect(self._in_order()[0], request)
        except AttemptFailedError:
            return None

    def _in_order(self) -> list[UpdateServer]:
        with self._lock:
            return list(self._servers)

    def _connect(self, server: UpdateServer, request: DnsRequest) -> Connection:
        """Connect for a request, so that the log says which one could not be sent."""
        started = time.monotonic()
        try:
            connected = socket.create_connection((server.host, server.port), self._timeout)
        except OSError as error:
            failed = AttemptFailedError(server, error, was_sent=False)
            self._note(request, server, failed.reason, started)
            raise failed from None
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Connection(server, connected)

    def _ask(self, connection: Connection, request: DnsRequest, more: float) -> bytes:
        started = time.monotonic()
        try:
            send(connection, request.wire, started + self._timeout + more)
            answer = receive(connection, started + self._timeout + more)
        except AttemptFailedError as failed:
            self._note(request, connection.server, failed.reason, started)
            raise
        self._note(request, connection.server, _rcode(answer), started)
        self._keep(connection)
        return answer

    def _note(self, request: DnsRequest, server: UpdateServer, status: str, started: float) -> None:
        if self._log.is_on:
            seconds = time.monotonic() - started
            self._log.answered(request.operation, request.title, f"at {server}", status, seconds)

    def _take(self) -> Connection | None:
        """Return a connection that is still open; servers close them after some idle seconds."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if is_quiet(connection.socket):
                return connection
            connection.socket.close()

    def _keep(self, connection: Connection) -> None:
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

    def __init__(
        self,
        connection: Connection | None,
        seconds: float,
        ahead: int,
        note: Callable[[DnsRequest, UpdateServer, str, float], None],
    ) -> None:
        """Begin; without a connection nothing is answered.

        ``seconds`` is the time for each answer, ``ahead`` the most messages that wait for one.
        ``note`` logs what came of a request, and when it was sent.
        """
        self.connection = connection
        self.has_sent = connection is not None
        #: messages that were sent, or that it was too late to send
        self.unanswered: deque[DnsRequest] = deque()
        self._seconds = seconds
        self._ahead = ahead
        self._note = note
        self._server = connection.server if connection else None
        self._sent: deque[float] = deque()
        self._early: dict[bytes, bytes] = {}

    def answers(self, source: Iterator[DnsRequest]) -> Iterator[bytes]:
        """Send messages and yield their answers in order, until the connection ends."""
        while True:
            for request in itertools.islice(source, self._ahead - len(self.unanswered)):
                self.unanswered.append(request)
                self._sent.append(time.monotonic())
                self._send(request.wire)
            if not self.unanswered:
                return
            answer = self._answer(self.unanswered[0].wire[:2])
            if answer is None:
                return
            request, started = self.unanswered.popleft(), self._sent.popleft()
            if self._server is not None:
                self._note(request, self._server, _rcode(answer), started)
            yield answer

    def _send(self, message: bytes) -> None:
        if self.connection is not None:
            try:
                send(self.connection, message, time.monotonic() + self._seconds)
            except AttemptFailedError as failed:
                self._end(failed)

    def _answer(self, id_: bytes) -> bytes | None:
        """Wait for the answer of this id; a server may give those of later messages before it."""
        until = time.monotonic() + self._seconds
        expected = {request.wire[:2] for request in self.unanswered}
        try:
            while self.connection is not None and id_ not in self._early:
                answer = receive(self.connection, until)
                if answer[:2] in expected:
                    self._early[answer[:2]] = answer
                elif time.monotonic() > until:
                    self.connection.socket.close()
                    raise AttemptFailedError(self.connection.server, TimeoutError(), was_sent=True)
        except AttemptFailedError as failed:
            self._end(failed)
        return self._early.pop(id_, None)

    def _end(self, failed: AttemptFailedError) -> None:
        self.connection = None
        for request, started in zip(self.unanswered, self._sent, strict=True):
            if request.wire[:2] not in self._early:
                self._note(request, failed.server, failed.reason, started)


def _rcode(wire: bytes) -> str:
    return Rcode.to_text(wire[3] & 15) if len(wire) > 3 else "no DNS message"
