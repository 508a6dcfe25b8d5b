"""The simulator's HTTP side: routes, the token, the rate limit, faults, and a record of it all."""

from __future__ import annotations

import email.utils
import http.server
import itertools
import json
import re
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from .account import Account, RefusedError
from .scenario import Fault, Scenario
from .zone import InvalidRecordsError

_VM = "/api/vps/v1/virtual-machines"
_ZONE = "/api/dns/v1/zones"

Hook = Callable[[Account], None]


@dataclass(frozen=True)
class Recorded:
    """A request as it came in, and how it was answered (0: the connection was cut)."""

    method: str
    path: str
    body: Any
    user_agent: str
    status: int


@dataclass
class _Reply:
    status: int
    body: Any
    retry_after: str | None = None


class Simulator:
    """The server. Use it with `with`; `account` is what the vendor's panel would show.

    Times come from ``now``, so that a test may bring its own clock; only slow answers take real
    time.
    """

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        port: int = 0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.scenario = scenario or Scenario()
        self.account = Account(self.scenario, now)
        self.requests: list[Recorded] = []
        self._now = now
        self._faults = list(self.scenario.faults)
        self._hooks: list[tuple[str, str, Hook]] = []
        self._recent: deque[float] = deque()
        self._correlations = itertools.count(1)
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.simulator = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,))

    @property
    def url(self) -> str:
        """The value for `apiUrl`."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Simulator:
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

    def before(self, method: str, path: str, hook: Hook) -> None:
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
    ) -> tuple[_Reply | None, float]:
        """Work on a request: the answer or None for a cut, and the seconds that it takes."""
        with self.account.guard:
            self.account.settle()
            fault = self._fault(method, path)
            kind = fault.kind if fault else ""
            reply: _Reply | None = None
            if kind == "status" and fault:
                reply = self._refusal(RefusedError(fault.status, "Simulated failure"))
                reply.retry_after = fault.retry_after
                reply.body = reply.body if fault.body is None else fault.body
            elif kind == "answer" and fault:
                reply = _Reply(200, fault.body)
            elif kind != "cut":
                reply = self._limited() or self._served(method, path, body, headers)
            if kind == "cut_after":
                reply = None
            status = reply.status if reply else 0
            agent = headers.get("user-agent", "")
            self.requests.append(Recorded(method, path, body, agent, status))
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

    def _limited(self) -> _Reply | None:
        limit, window, now = self.scenario.rate_limit, self.scenario.rate_window, self._now()
        if limit is None:
            return None
        while self._recent and self._recent[0] <= now - window:
            self._recent.popleft()
        if len(self._recent) < limit:
            self._recent.append(now)
            return None
        reply = self._refusal(RefusedError(429, "Too Many Requests"))
        wait = self._recent[0] + window - now
        if self.scenario.retry_after == "seconds":
            reply.retry_after = str(int(wait) + 1)
        elif self.scenario.retry_after == "date":
            reply.retry_after = email.utils.formatdate(time.time() + wait + 1, usegmt=True)
        return reply

    def _served(self, method: str, path: str, body: Any, headers: dict[str, str]) -> _Reply:
        tokens = (self.scenario.token, self.scenario.second_token)
        if headers.get("authorization") not in [f"Bearer {token}" for token in tokens if token]:
            return self._refusal(RefusedError(401, "Unauthenticated"))
        for hook in [hook for hook in self._hooks if method == hook[0] and hook[1] in path]:
            self._hooks.remove(hook)
            hook[2](self.account)
        try:
            return _Reply(200, self._route(method, path, body))
        except RefusedError as refused:
            return self._refusal(refused)
        except InvalidRecordsError as invalid:
            errors = {invalid.field: [invalid.reason]}
            return self._refusal(RefusedError(422, invalid.reason, errors))

    def _route(self, method: str, path: str, body: Any) -> Any:
        account = self.account
        routes: dict[str, Callable[..., Any]] = {
            f"GET {_VM}": account.list_vms,
            f"GET {_VM}/(\\d+)": account.get_vm,
            f"GET {_VM}/(\\d+)/actions/(\\d+)": account.get_action,
            f"POST {_VM}/(\\d+)/ptr/(\\d+)": lambda vm, ip: account.create_ptr(vm, ip, body),
            f"DELETE {_VM}/(\\d+)/ptr/(\\d+)": account.delete_ptr,
            f"PUT {_VM}/(\\d+)/hostname": lambda vm: account.set_hostname(vm, body),
            f"DELETE {_VM}/(\\d+)/hostname": account.reset_hostname,
            "GET /api/domains/v1/portfolio": account.list_domains,
            f"GET {_ZONE}/([^/]+)": account.get_zone,
            f"PUT {_ZONE}/([^/]+)": lambda name: self._put(name, body),
            f"DELETE {_ZONE}/([^/]+)": lambda name: self._delete(name, body),
        }
        for pattern, handle in routes.items():
            if found := re.fullmatch(pattern, f"{method} {path}"):
                return handle(*(int(part) if part.isdigit() else part for part in found.groups()))
        raise RefusedError(404, "[VPS:2002] Route is not found")

    def _put(self, name: str, body: Any) -> Any:
        self.account.zone(name).put(self._now(), body)
        return {"message": "Request accepted"}

    def _delete(self, name: str, body: Any) -> Any:
        self.account.zone(name).delete(self._now(), body)
        return {"message": "Request accepted"}

    def _refusal(self, refused: RefusedError) -> _Reply:
        correlation = f"00000000-0000-4000-8000-{next(self._correlations):012d}"
        body: dict[str, Any] = {"message": refused.message, "correlation_id": correlation}
        if refused.errors:
            body["errors"] = refused.errors
        return _Reply(refused.status, body)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    simulator: Simulator

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
        if reply.retry_after is not None:
            self.send_header("Retry-After", reply.retry_after)
        if 300 <= reply.status < 400:
            self.send_header("Location", "https://www.example.com/")
        self.end_headers()
        self.wfile.write(content)
