"""Answers with an end: the time-out of a connection is for a whole answer, and it has a size.

The HTTP library counts its time-out anew with each byte, in the status line and the headers too,
and reads whatever comes.
"""

from __future__ import annotations

import functools
import http.client
import io
import math
import socket
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import requests.adapters
import requests.exceptions
from urllib3.connectionpool import ConnectionPool, HTTPConnectionPool

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: bytes that an answer may have, packed and unpacked: a zone of 262,144 records has a third of it
MAX_ANSWER = 128 * 2**20
#: what a body may be packed with: of each byte come 1,032 at most
ENCODINGS = ("gzip", "deflate")
#: bytes that are unpacked at once
_CHUNK = 2**14


class TooLargeError(OSError):
    """An answer has more bytes than anybody would wait for."""


class _Reader(io.RawIOBase):
    """Reads an answer from a socket, whose time-out is that of the whole."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._seconds = connection.gettimeout()
        self._until = time.monotonic() + (math.inf if self._seconds is None else self._seconds)
        self._left = MAX_ANSWER
        self._raw = connection.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Read what is there. Raises TimeoutError and TooLargeError."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._connection.settimeout(None if left == math.inf else left)
        try:
            size = self._raw.readinto(buffer)
        finally:
            # The next request over this connection has all the time again.
            self._connection.settimeout(self._seconds)
        self._left -= size or 0
        if self._left < 0:
            raise TooLargeError
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.fp.close()
        self.fp = io.BufferedReader(_Reader(sock))


class Adapter(requests.adapters.HTTPAdapter):
    """Sends requests whose read time-out is for the whole answer, through whatever proxy."""

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: tuple[str, str] | str | None = None,
    ) -> ConnectionPool:
        """Return the pool of connections for a request."""
        pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
        assert isinstance(pool, HTTPConnectionPool)
        pool.ConnectionCls = _with_deadline(pool.ConnectionCls)
        return pool


@functools.cache
def _with_deadline(kind: type) -> type:
    """Return the class of connections with this kind of answers."""
    if getattr(kind, "response_class", None) is _Response:
        return kind
    return type(kind.__name__, (kind,), {"response_class": _Response})


def read_body(response: requests.Response) -> bytes:
    """Read a body, unpacked. Raises TooLargeError, and what the HTTP library raises."""
    content = bytearray()
    with response:
        for part in _unpacked(response):
            content += part
            if len(content) > MAX_ANSWER:
                raise TooLargeError
    return bytes(content)


def _unpacked(response: requests.Response) -> Iterator[bytes]:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "x-gzip", *ENCODINGS):
        raise requests.exceptions.ContentDecodingError(encoding)
    parts: Iterator[bytes] = response.iter_content(_CHUNK)
    return parts
