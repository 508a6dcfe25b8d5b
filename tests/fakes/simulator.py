"""What the simulators of vendors' APIs have in common: the server, faults, limits, a record of all.

A vendor's simulator is a subclass of `Simulator` with a scenario of its own; see
tests/fakes/hostinger and tests/fakes/hetzner.
"""

from __future__ import annotations

import argparse
import email.utils
import http.server
import itertools
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
from typing import Any, ClassVar, Generic, Literal, Protocol, Self, TypeVar, cast

import msgspec

FAKE_TOKEN = "sample-token-that-is-not-real"


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


class Scenario(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What can be chosen of every vendor. All times are in seconds."""

    token: str = FAKE_TOKEN
    #: another token of the same account
    second_token: str | None = None
    #: requests per window; None for no limit
    rate_limit: int | None = None
    rate_window: float = 60.0
    retry_after: Literal["seconds", "date", "none"] = "seconds"
    #: of every answer, in real time
    latency: float = 0.0
    faults: list[Fault] = msgspec.field(default_factory=list)

    @classmethod
    def load(cls, text: str) -> Self:
        """Read a scenario: a path of a JSON file, or JSON itself."""
        content = text if text.lstrip().startswith("{") else Path(text).read_text()
        return msgspec.json.decode(content, type=cls)


class Account(Protocol):
    """What the vendor has: whoever asks it or changes it holds the guard."""

    guard: threading.RLock

    def settle(self) -> None:
        """End the actions whose time has come."""


A = TypeVar("A", bound=Account)
S = TypeVar("S", bound=Scenario)

Hook = Callable[[A], None]


@dataclass(frozen=True)
class Recorded:
    """A request as it came in, and how it was answered (0: the connection was cut)."""

    method: str
    #: with the query
    path: str
    body: Any
    user_agent: str
    status: int
    #: the answer's body
    answer: Any


@dataclass
class Reply:
    """An answer."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """A request that the API refuses: the status, and what the vendor's own words are made of."""

    def __init__(self, status: int, message: str, more: Any = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.more = more


class Simulator(ABC, Generic[A, S]):
    """The server. Use it with `with`; `account` is what the vendor's panel would show.

    Times come from ``now``, so that a test may bring its own clock; only slow answers take real
    time.
    """

    scenario_type: ClassVar[type[Any]]
    #: is made of a scenario and a clock
    account_type: ClassVar[Callable[..., Any]]
    #: what is refused whatever was asked for
    unauthenticated: ClassVar[RefusedError]
    rate_limited: ClassVar[RefusedError]

    def __init__(
        self,
        scenario: S | None = None,
        *,
        port: int = 0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.scenario: S = self.scenario_type() if scenario is None else scenario
        self.account: A = type(self).account_type(self.scenario, now)
        self.requests: list[Recorded] = []
        #: for ids of requests
        self.numbers = itertools.count(1)
        self._now = now
        self._faults: list[Fault] = list(self.scenario.faults)
        self._hooks: list[tuple[str, str, Hook[A]]] = []
        self._recent: deque[float] = deque()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.simulator = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,))

    @abstractmethod
    def serve(self, method: str, path: str, body: Any) -> Reply:
        """Work on a request that has a token. Raises RefusedError."""

    @abstractmethod
    def refusal(self, refused: RefusedError) -> Reply:
        """Return the answer to what is refused."""

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

    def inject(self, *faults: Fault) -> None:
        """Let the next requests go wrong."""
        with self.account.guard:
            self._faults += faults

    def heal(self) -> None:
        """Let nothing go wrong any more."""
        with self.account.guard:
            self._faults.clear()

    def before(self, method: str, path: str, hook: Hook[A]) -> None:
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

    def answer(
        self, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> tuple[Reply | None, float]:
        """Work on a request: the answer or None for a cut, and the seconds that it takes."""
        with self.account.guard:
            self.account.settle()
            fault = self._fault(method, path)
            kind = fault.kind if fault else ""
            reply: Reply | None = None
            if kind == "status" and fault:
                reply = self.refusal(RefusedError(fault.status, "Simulated failure"))
                if fault.retry_after is not None:
                    reply.headers["Retry-After"] = fault.retry_after
                reply.body = reply.body if fault.body is None else fault.body
            elif kind == "answer" and fault:
                reply = Reply(200, fault.body)
            elif kind != "cut":
                reply = self._limited() or self._served(method, path, body, headers)
            if kind == "cut_after":
                reply = None
            status, said = (reply.status, reply.body) if reply else (0, None)
            agent = headers.get("user-agent", "")
            self.requests.append(Recorded(method, path, body, agent, status, said))
            return reply, self.scenario.latency + (fault.seconds if fault else 0)

    def _fault(self, method: str, path: str) -> Fault | None:
        for fault in self._faults:
            if fault.method in (None, method) and re.search(fault.path, path):
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
        reply = self.refusal(self.rate_limited)
        wait = self._recent[0] + window - now
        if self.scenario.retry_after == "seconds":
            reply.headers["Retry-After"] = str(int(wait) + 1)
        elif self.scenario.retry_after == "date":
            moment = email.utils.formatdate(time.time() + wait + 1, usegmt=True)
            reply.headers["Retry-After"] = moment
        return reply

    def _served(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Reply:
        tokens = (self.scenario.token, self.scenario.second_token)
        if headers.get("authorization") not in [f"Bearer {token}" for token in tokens if token]:
            return self.refusal(self.unauthenticated)
        for hook in [hook for hook in self._hooks if method == hook[0] and hook[1] in path]:
            self._hooks.remove(hook)
            hook[2](self.account)
        try:
            return self.serve(method, path, body)
        except RefusedError as refused:
            return self.refusal(refused)


def run(vendor: str, kind: type[Simulator[Any, Any]]) -> None:
    """Serve as a program of its own until interrupted: ``python -m tests.fakes.VENDOR``."""
    parser = argparse.ArgumentParser(
        prog=f"python -m tests.fakes.{vendor}", description="Run the simulator until interrupted."
    )
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--scenario", help="a JSON file, or JSON; see scenario.py for the fields")
    options = parser.parse_args()
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    chosen = kind.scenario_type.load(options.scenario) if options.scenario else None
    with kind(chosen, port=options.port) as simulator:
        print(f"apiUrl {simulator.url}", flush=True)
        print(f"apiToken {simulator.scenario.token}", flush=True)
        signal.sigwait(ends)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    simulator: Simulator[Any, Any]

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

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log: the requests are recorded."""

    @property
    def _connections(self) -> set[socket.socket]:
        return cast(_Server, self.server).connections

    def _respond(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        if len(raw) < length:  # whoever sent it was killed
            self.close_connection = True
            return
        body = json.loads(raw) if raw else None
        headers = {key.lower(): value for key, value in self.headers.items()}
        simulator = cast(_Server, self.server).simulator
        reply, seconds = simulator.answer(self.command, self.path, body, headers)
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
        if 300 <= reply.status < 400:
            self.send_header("Location", "https://www.example.com/")
        self.end_headers()
        self.wfile.write(content)
