"""Answers that have no end: the deadline and the size of a whole answer."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pulumi_rdns.backends.kit import deadline, transport
from pulumi_rdns.backends.kit.answers import Answer, Loss, NoAnswer
from pulumi_rdns.backends.kit.credentials import Credential, HeaderAuth

# A client that waits for ever shall not hold up the tests.
pytestmark = pytest.mark.timeout(30)

AUTH = HeaderAuth(Credential("s3cret", "rdns:backends.corp.apiToken"))
OK = b"HTTP/1.1 200 OK\r\n"
#: seconds that a client here waits for a whole answer
PATIENCE = 0.6

#: answers over a connection, after the request
Hostile = Callable[[socket.socket], None]


@contextmanager
def answering(answer: Hostile) -> Iterator[str]:
    """Serve each connection in a thread of its own; give the URL."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            connection.settimeout(10)
            try:
                while connection.recv(65536):
                    answer(connection)
            except OSError:
                return  # the client has gone

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def client(url: str, seconds: float = PATIENCE) -> transport.Transport:
    return transport.Transport(url, AUTH, (5.0, seconds))


def send(url: str, seconds: float = PATIENCE) -> tuple[Answer | NoAnswer, float]:
    began = time.monotonic()
    outcome = client(url, seconds).send("GET", "/zones", None)
    return outcome, time.monotonic() - began


def trickling(first: bytes, again: bytes) -> Hostile:
    def answer(connection: socket.socket) -> None:
        connection.sendall(first)
        for _ in range(100):
            time.sleep(0.1)
            connection.sendall(again)

    return answer


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"", b"H"),
        (OK, b"X-More: 1\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["status line", "headers", "100 Continue"],
)
def test_headers_that_trickle_in_end_at_the_deadline(first: bytes, again: bytes) -> None:
    with answering(trickling(first, again)) as url:
        outcome, took = send(url)
    assert outcome == NoAnswer(Loss.TIMEOUT, f"{url} gave no answer: timed out")
    assert PATIENCE - 0.1 <= took < 5


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (OK + b"Content-Length: 1000\r\n\r\n", b"x"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-More: 1\r\n"),
        (OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10], b"\0\0\0\xff\xff"),
        (b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", b"x"),
        (b"HTTP/1.1 500 Oh\r\n\r\n", b"x"),
    ],
    ids=[
        "body",
        "chunks",
        "trailers",
        "gzip",
        "redirect",
        "refusal",
    ],
)
def test_a_body_that_trickles_in_ends_at_the_deadline(first: bytes, again: bytes) -> None:
    with answering(trickling(first, again)) as url:
        outcome, took = send(url)
    assert outcome == NoAnswer(Loss.TIMEOUT, f"{url} gave no complete answer within 0.6 s")
    assert PATIENCE - 0.1 <= took < 5


def slow(connection: socket.socket) -> None:
    connection.sendall(OK + b"Content-Length: 3\r\n\r\n")
    for part in (b"a", b"b", b"c"):
        time.sleep(0.05)
        connection.sendall(part)


def test_an_answer_that_is_slow_and_in_time_is_read() -> None:
    with answering(slow) as url:
        outcome, _ = send(url, 10)
    assert isinstance(outcome, Answer)
    assert outcome.content == b"abc"


def test_each_answer_over_one_connection_has_all_the_time() -> None:
    with answering(slow) as url:
        several = client(url, 0.4)
        began = time.monotonic()
        for _ in range(4):
            outcome = several.send("GET", "/zones", None)
            assert isinstance(outcome, Answer), outcome
        assert time.monotonic() - began > 0.4


def test_a_proxy_has_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(trickling(OK, b"X-More: 1\r\n")) as url:
        monkeypatch.setenv("http_proxy", url)
        monkeypatch.setenv("no_proxy", "")
        outcome, took = send("http://ns1.example.net")
    assert isinstance(outcome, NoAnswer)
    assert outcome.loss is Loss.TIMEOUT
    assert took < 5


def endless(first: bytes, again: bytes) -> Hostile:
    def answer(connection: socket.socket) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(again)

    return answer


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 4096),
        (OK + b"\r\n", b"x" * 65536),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"8\r\n01234567\r\n" * 4096),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-More: 1\r\n" * 4096),
        (OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"0" * (32 * 2**20))),
        (b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", b"x" * 65536),
    ],
    ids=["100 Continue", "body", "chunks", "trailers", "gzip", "redirect"],
)
def test_an_answer_is_read_up_to_a_bound(
    monkeypatch: pytest.MonkeyPatch, first: bytes, again: bytes
) -> None:
    for module in (deadline, transport):
        monkeypatch.setattr(module, "MAX_ANSWER", 2**20)
    tracemalloc.start()
    try:
        with answering(endless(first, again)) as url:
            outcome, _ = send(url, 25)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert outcome == NoAnswer(Loss.UNREADABLE, f"{url} answered with more than 1 MiB")
    assert peak < 40 * 2**20


def packed(encoding: str, content: bytes) -> Hostile:
    head = f"Content-Encoding: {encoding}\r\nContent-Length: {len(content)}\r\n\r\n"
    return lambda connection: connection.sendall(OK + head.encode() + content)


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("gzip", gzip.compress(b"abc")),
        ("X-GZIP", gzip.compress(b"abc")),
        ("deflate", zlib.compress(b"abc")),
        ("identity", b"abc"),
    ],
    ids=["gzip", "x-gzip", "deflate", "identity"],
)
def test_a_packed_answer_is_unpacked(encoding: str, content: bytes) -> None:
    with answering(packed(encoding, content)) as url:
        outcome, _ = send(url, 10)
    assert isinstance(outcome, Answer)
    assert outcome.content == b"abc"


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd"])
def test_an_answer_that_is_packed_in_another_way_is_not_unpacked(encoding: str) -> None:
    """Of each byte of those may come millions."""
    with answering(packed(encoding, gzip.compress(gzip.compress(b"abc")))) as url:
        outcome, _ = send(url, 10)
    assert isinstance(outcome, NoAnswer)
    assert outcome.loss is Loss.UNREADABLE
