"""A small DNS server whose every reply a test decides: late, wrong, from elsewhere, or none."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Self, TypeAlias

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from dns.rdatatype import RdataType

from tests.servers.process import family_of, free_port

#: seconds that a relayed question may take
RELAY_TIMEOUT = 5.0


@dataclass(frozen=True)
class Question:
    """A query as it came in."""

    wire: bytes
    over_tcp: bool

    @cached_property
    def message(self) -> dns.message.Message:
        return dns.message.from_wire(self.wire)

    @property
    def name(self) -> str:
        return str(self.message.question[0].name)

    @property
    def rdtype(self) -> str:
        return RdataType(self.message.question[0].rdtype).name

    @property
    def recursive(self) -> bool:
        return bool(self.message.flags & dns.flags.RD)

    def reply(
        self, *answer: str, rcode: str = "NOERROR", authority: str = "", authoritative: bool = True
    ) -> dns.message.Message:
        """Make a reply with records such as ``mail.example.com. 300 IN A 192.0.2.10``."""
        message = dns.message.make_response(self.message)
        message.set_rcode(dns.rcode.from_text(rcode))
        message.answer = [_rrset(record) for record in answer]
        message.authority = [_rrset(authority)] if authority else []
        if authoritative:
            message.flags |= dns.flags.AA
        return message


def _rrset(record: str) -> dns.rrset.RRset:
    name, ttl, rdclass, rdtype, rdata = record.split(maxsplit=4)
    return dns.rrset.from_text(name, int(ttl), rdclass, rdtype, rdata)


class Elsewhere(bytes):
    """A reply that is sent from another port than the one that was asked."""


class Slowly(bytes):
    """A reply that goes out byte by byte over TCP, ``pause`` seconds between two."""

    pause: float

    def __new__(cls, wire: bytes, *, pause: float) -> Self:
        made = super().__new__(cls, wire)
        made.pause = pause
        return made


#: what a server does with a question: the replies that it sends, in wire form
Answer: TypeAlias = Callable[[Question], Iterable[bytes]]


def silent(question: Question) -> list[bytes]:
    """Drop every question."""
    return []


def relay_to(host: str, port: int) -> Answer:
    """Hand every question to another server, so that it is reachable at this address too."""

    def answer(question: Question) -> list[bytes]:
        kind = socket.SOCK_STREAM if question.over_tcp else socket.SOCK_DGRAM
        with socket.socket(type=kind) as upstream, contextlib.suppress(OSError, EOFError):
            upstream.settimeout(RELAY_TIMEOUT)
            upstream.connect((host, port))
            if not question.over_tcp:
                upstream.send(question.wire)
                return [upstream.recv(65535)]
            upstream.sendall(_framed(question.wire))
            return [_read_framed(upstream)]
        return []

    return answer


class FakeDns:
    """Listens on UDP and TCP, and remembers in ``asked`` what it was asked."""

    def __init__(
        self, answer: Answer, *, address: str = "127.0.0.1", port: int | None = None
    ) -> None:
        self.answer = answer
        self.address = address
        self.port = free_port(address) if port is None else port
        self.asked: list[Question] = []
        self._servers: list[socketserver.BaseServer] = []

    def replies(self, wire: bytes, *, over_tcp: bool) -> Iterable[bytes]:
        question = Question(wire, over_tcp)
        self.asked.append(question)
        return self.answer(question)

    def __enter__(self) -> Self:
        self._servers = [_Udp(self), _Tcp(self)]
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()


class _Udp(socketserver.ThreadingUDPServer):
    max_packet_size = 65535
    daemon_threads = True

    def __init__(self, fake: FakeDns) -> None:
        self.fake = fake
        self.address_family = family_of(fake.address)
        super().__init__((fake.address, fake.port), _UdpHandler)


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, fake: FakeDns) -> None:
        self.fake = fake
        self.address_family = family_of(fake.address)
        super().__init__((fake.address, fake.port), _TcpHandler)


class _UdpHandler(socketserver.BaseRequestHandler):
    server: _Udp

    def handle(self) -> None:
        wire, listening = self.request
        with (
            socket.socket(self.server.address_family, socket.SOCK_DGRAM) as elsewhere,
            contextlib.suppress(OSError),
        ):
            elsewhere.bind((self.server.fake.address, 0))
            for reply in self.server.fake.replies(wire, over_tcp=False):
                sender = elsewhere if isinstance(reply, Elsewhere) else listening
                sender.sendto(reply, self.client_address)


class _TcpHandler(socketserver.BaseRequestHandler):
    server: _Tcp

    def handle(self) -> None:
        with contextlib.suppress(OSError, EOFError):
            wire = _read_framed(self.request)
            for reply in self.server.fake.replies(wire, over_tcp=True):
                self._send(_framed(reply), getattr(reply, "pause", 0.0))

    def _send(self, framed: bytes, pause: float) -> None:
        if not pause:
            self.request.sendall(framed)
            return
        for byte in framed:
            self.request.sendall(bytes([byte]))
            time.sleep(pause)


def _framed(wire: bytes) -> bytes:
    return struct.pack("!H", len(wire)) + wire


def _read_framed(stream: socket.socket) -> bytes:
    (length,) = struct.unpack("!H", _read(stream, 2))
    return _read(stream, length)


def _read(stream: socket.socket, count: int) -> bytes:
    parts = b""
    while len(parts) < count:
        part = stream.recv(count - len(parts))
        if not part:
            raise EOFError
        parts += part
    return parts
