"""A TCP relay before a DNS server, which can lose what a network or a server may lose."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TypeVar, cast

import dns.message
import dns.opcode
import dns.rcode
import dns.update


class CuttingProxy(socketserver.ThreadingTCPServer):
    """Hands each message on, and the answer back, unless told to cut the connection instead."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Relay)
        self.target = target
        #: updates whose answer is lost: the server has made the change
        self.lost_answers = 0
        #: updates that are made, and whose answer comes in half
        self.halved_answers = 0
        #: updates that are lost before the server sees them
        self.lost_updates = 0
        #: answers after which a connection is closed
        self.answers_per_connection = 1_000_000
        #: updates that are answered with `feigned_rcode`, unsigned, and not handed on
        self.feigned_updates = 0
        self.feigned_rcode = dns.rcode.NOERROR
        #: updates that wait here until that many have come
        self.racing_updates = 0
        self.start_of_race = threading.Barrier(1)
        #: seconds that an update waits here which does nothing but delete
        self.delay_of_deletes = 0.0
        self.connections = 0
        self.updates = 0
        #: is called with the number of each update before anything happens to it
        self.at_update: Callable[[int], None] = lambda _: None
        self.lock = threading.Lock()

    @property
    def port(self) -> int:
        return self.server_address[1]

    def relay(self, server: socket.socket, request: bytes) -> bytes | None:
        """Give the answer to a message, None where it is lost."""
        return _relayed(self, server, request)

    def race(self, updates: int) -> None:
        """Let the next updates go on together, each after what was read before it."""
        self.start_of_race = threading.Barrier(updates)
        self.racing_updates = updates

    def takes(self, counter: str) -> bool:
        """Count one down; False once there are none left."""
        with self.lock:
            left: int = getattr(self, counter)
            setattr(self, counter, max(left - 1, 0))
            return left > 0


Proxy = TypeVar("Proxy", bound=CuttingProxy)


def proxied(target: tuple[str, int]) -> AbstractContextManager[CuttingProxy]:
    """Put a relay before a server."""
    return running(CuttingProxy(target))


@contextlib.contextmanager
def running(proxy: Proxy) -> Iterator[Proxy]:
    """Let a relay run, and end it."""
    with proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()


class _Relay(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        proxy = cast(CuttingProxy, self.server)
        with proxy.lock:
            proxy.connections += 1
        with contextlib.suppress(OSError), socket.create_connection(proxy.target, 5) as server:
            for _ in range(proxy.answers_per_connection):
                request = received(self.request)
                if request is None:
                    return
                answer = proxy.relay(server, request)
                if answer is None:
                    return
                self.request.sendall(framed(answer))


def _relayed(proxy: CuttingProxy, server: socket.socket, request: bytes) -> bytes | None:
    """Give the answer, None where it is lost."""
    is_update = (request[2] >> 3) & 15 == dns.opcode.UPDATE
    if is_update:
        with proxy.lock:
            proxy.updates += 1
            number = proxy.updates
        proxy.at_update(number)
        if proxy.takes("lost_updates"):
            return None
        if proxy.takes("feigned_updates"):
            feigned = dns.message.make_response(dns.message.from_wire(request, keyring=False))
            feigned.set_rcode(proxy.feigned_rcode)
            return feigned.to_wire()
        if proxy.takes("racing_updates"):
            proxy.start_of_race.wait(60)
        if proxy.delay_of_deletes and _only_deletes(request):
            time.sleep(proxy.delay_of_deletes)
    server.sendall(framed(request))
    answer = received(server)
    if is_update and answer and proxy.takes("halved_answers"):
        return answer[: len(answer) // 2]
    return None if is_update and proxy.takes("lost_answers") else answer


def _only_deletes(request: bytes) -> bool:
    message = dns.message.from_wire(request, keyring=False)
    assert isinstance(message, dns.update.UpdateMessage)
    return bool(message.update) and all(rrset.deleting for rrset in message.update)


def framed(message: bytes) -> bytes:
    """Write a message as it goes over TCP (RFC 1035 section 4.2.2)."""
    return len(message).to_bytes(2, "big") + message


def received(connection: socket.socket) -> bytes | None:
    """Wait for a message; None where the connection ends."""
    size = _exactly(connection, 2)
    return _exactly(connection, int.from_bytes(size, "big")) if size else None


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    read = b""
    while len(read) < size:
        part = connection.recv(size - len(read))
        if not part:
            return None
        read += part
    return read
