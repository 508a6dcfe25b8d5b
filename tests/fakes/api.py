"""What the simulators of vendors' APIs have in common: faults, limits, a record of all requests."""

from __future__ import annotations

import argparse
import copy
import email.utils
import http.server
import json
import re
import signal
import socket
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, Self, TypeVar, cast
from urllib.parse import urlsplit

import msgspec


class Fault(msgspec.Struct, kw_only=True):
    """Something that goes wrong with the next requests of this kind.

    ``status`` answers with an error, ``answer`` with another body and 200; ``slow`` answers after
    ``seconds``; ``cut`` closes the connection before anything is done, ``cut_after`` when it is
    done.
    """

    kind: Literal["status", "answer", "slow", "cut", "cut_after"]
    #: None matches every method
    method: str | None = None
    #: a regular expression that is found anywhere in the path
    path: str = ""
    times: int = 1
    #: this many matching requests pass first
    after: int = 0
    status: int = 500
    seconds: float = 0.0
    #: the header, as it is
    retry_after: str | None = None
    body: Any = None


#: what an API does in the middle of an `up` with many addresses
STORMS = {
    "429": Fault(kind="status", status=429, after=40, times=12, retry_after="1"),
    "503": Fault(kind="status", status=503, after=40, times=12),
}


class Behaviour(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What can be chosen of every API. All times are in seconds."""

    #: requests per window; None for no limit
    rate_limit: int | None = None
    rate_window: float = 60.0
    retry_after: Literal["seconds", "date", "none"] = "seconds"
    #: of every answer, in real time
    latency: float = 0.0
    faults: list[Fault] = msgspec.field(default_factory=list)


@dataclass(frozen=True)
class Request:
    """A request as it came in. ``path`` has the query; names of headers are in lower case."""

    method: str
    path: str
    #: what JSON there is; text where it is none
    body: Any
    raw: str
    headers: dict[str, str]

    @property
    def route(self) -> str:
        """Method and path without the query."""
        return f"{self.method} {urlsplit(self.path).path}"


@dataclass(frozen=True)
class Recorded:
    """A request as it came in, and how it was answered (0: the connection was cut)."""

    method: str
    path: str
    body: Any
    user_agent: str
    status: int
    #: the body of the answer
    answer: Any = None


@dataclass
class Reply:
    """An answer. A body that is text is sent as it is."""

    status: int
    body: Any
    retry_after: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


class _Guarded(Protocol):
    @property
    def guard(self) -> threading.RLock: ...


A = TypeVar("A", bound=_Guarded)
B = TypeVar("B", bound=Behaviour)


class ApiSimulator(ABC, Generic[A, B]):
    """The server. Use it with `with`; ``account`` is what the vendor's panel would show.

    Times come from ``now``, so that a test may bring its own clock; only slow answers take real
    time.
    """

    def __init__(
        self, scenario: B, account: A, *, port: int = 0, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.scenario = scenario
        self.account = account
        self.requests: list[Recorded] = []
        self._now = now
        self._faults: list[Fault] = []
        self._hooks: list[tuple[str, str, Callable[[A], None]]] = []
        self._recent: deque[float] = deque()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.simulator = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,))
        self.inject(*scenario.faults)

    @property
    def url(self) -> str:
        """The value for `apiUrl`."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.drop_connections()
        self._server.server_close()
        self._thread.join()
        assert not self._server.crashes, self._server.crashes

    @abstractmethod
    def refuse(self, status: int, message: str) -> Reply:
        """Return an error as this API answers it."""

    @abstractmethod
    def rejection(self, request: Request) -> Reply | None:
        """Return the error for a request that is not authorized; None where it is."""

    @abstractmethod
    def serve(self, request: Request) -> Reply:
        """Work on an authorized request."""

    def settle(self) -> None:
        """End what has come to its end by now."""

    def inject(self, *faults: Fault) -> None:
        """Let the next requests go wrong."""
        with self.account.guard:
            # Each is counted down, and another simulator may be given the same one.
            self._faults += map(copy.copy, faults)

    def heal(self) -> None:
        """Let nothing go wrong any more."""
        with self.account.guard:
            self._faults.clear()

    def before(self, method: str, path: str, hook: Callable[[A], None]) -> None:
        """Let somebody else act right before the next such request is worked on."""
        with self.account.guard:
            self._hooks.append((method, path, hook))

    def sent(self, method: str = "", path: str = "") -> list[Recorded]:
        """List the requests so far, of one method or with paths that match."""
        with self.account.guard:
            return [
                request
                for request in self.requests
                if request.method.startswith(method) and re.search(path, request.path)
            ]

    def answer(self, request: Request) -> tuple[Reply | None, float]:
        """Work on a request: the answer or None for a cut, and the seconds that it takes."""
        with self.account.guard:
            self.settle()
            fault = self._fault(request)
            kind = fault.kind if fault else ""
            reply: Reply | None = None
            if kind == "status" and fault:
                reply = self.refuse(fault.status, "Simulated failure")
                reply.retry_after = fault.retry_after
                reply.body = reply.body if fault.body is None else fault.body
            elif kind == "answer" and fault:
                reply = Reply(200, fault.body)
            elif kind != "cut":
                reply = self._limited() or self.rejection(request) or self._served(request)
            if kind == "cut_after":
                reply = None
            status = reply.status if reply else 0
            agent = request.headers.get("user-agent", "")
            answered = reply.body if reply else None
            one = Recorded(request.method, request.path, request.body, agent, status, answered)
            self.requests.append(one)
            return reply, self.scenario.latency + (fault.seconds if fault else 0)

    def _fault(self, request: Request) -> Fault | None:
        for fault in self._faults:
            if fault.method in (None, request.method) and re.search(fault.path, request.path):
                if fault.after:
                    fault.after -= 1
                    continue
                fault.times -= 1
                if not fault.times:
                    self._faults.remove(fault)
                return fault
        return None

    def _limited(self) -> Reply | None:
        limit, window, now = self.scenario.rate_limit, self.scenario.rate_window, self._now()
        if limit is None:
            return None
        while self._recent and self._recent[0] <= now - window:
            self._recent.popleft()
        if len(self._recent) < limit:
            self._recent.append(now)
            return None
        reply = self.refuse(429, "Too Many Requests")
        wait = self._recent[0] + window - now
        if self.scenario.retry_after == "seconds":
            reply.retry_after = str(int(wait) + 1)
        elif self.scenario.retry_after == "date":
            reply.retry_after = email.utils.formatdate(time.time() + wait + 1, usegmt=True)
        return reply

    def _served(self, request: Request) -> Reply:
        matching = [
            hook for hook in self._hooks if request.method == hook[0] and hook[1] in request.path
        ]
        for hook in matching:
            self._hooks.remove(hook)
            hook[2](self.account)
        return self.serve(request)


def load(text: str, kind: type[B]) -> B:
    """Read a scenario: a path of a JSON file, or JSON itself."""
    content = text if text.lstrip().startswith("{") else Path(text).read_text()
    return msgspec.json.decode(content, type=kind)


def main(
    name: str,
    description: str | None,
    kind: type[B],
    make: Callable[[B, int], ApiSimulator[Any, B]],
    settings: Callable[[B], dict[str, str]],
    *,
    url_setting: str = "apiUrl",
) -> None:
    """Serve until SIGINT or SIGTERM; print the settings of an instance, a line each."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.fakes.{name}", description=description)
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--scenario", help="a JSON file, or JSON; see scenario.py for the fields")
    options = parser.parse_args()
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    scenario = load(options.scenario or "{}", kind)
    with make(scenario, options.port) as simulator:
        for setting, value in {url_setting: simulator.url, **settings(scenario)}.items():
            print(setting, value, flush=True)
        signal.sigwait(ends)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    simulator: ApiSimulator[Any, Any]

    def __init__(self, *args: Any) -> None:
        self.connections: set[socket.socket] = set()
        #: what went wrong in here, and must not be taken for a cut connection
        self.crashes: list[BaseException | None] = []
        super().__init__(*args)

    def drop_connections(self) -> None:
        """Close what clients keep open."""
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away."""
        error = sys.exception()
        if not isinstance(error, OSError):
            self.crashes.append(error)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    #: one packet per answer
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self._connections.add(self.connection)

    def finish(self) -> None:
        self._connections.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        self._respond()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log: the requests are recorded."""

    @property
    def _connections(self) -> set[socket.socket]:
        return cast(_Server, self.server).connections

    def _respond(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        content = self.rfile.read(length)
        if len(content) < length:  # whoever sent it was killed
            self.close_connection = True
            return
        raw = content.decode()
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = raw
        headers = {key.lower(): value for key, value in self.headers.items()}
        simulator = cast(_Server, self.server).simulator
        request = Request(self.command, self.path, body, raw, headers)
        reply, seconds = simulator.answer(request)
        time.sleep(seconds)
        if reply is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        is_text = isinstance(reply.body, str)
        content = reply.body.encode() if is_text else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "text/html" if is_text else "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.retry_after is not None:
            self.send_header("Retry-After", reply.retry_after)
        if 300 <= reply.status < 400:
            self.send_header("Location", "https://www.example.com/")
        self.end_headers()
        self.wfile.write(content)
