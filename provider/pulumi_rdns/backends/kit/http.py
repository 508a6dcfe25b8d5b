"""Requests to a vendor's API: retries, the rate limit, the log, and refusals as sentences.

It imports no HTTP library before the first request: a run that changes nothing does without.
"""

from __future__ import annotations

import math
import re
import threading
import time
import urllib.parse
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from pulumi_rdns.errors import (
    AuthenticationError,
    BackendError,
    ConfigError,
    RateLimitError,
    RejectedError,
)

from .answers import OUTCOME_UNKNOWN, Answer, Loss, NoAnswer, UnansweredError
from .caches import Once
from .credentials import Auth
from .operation import Clock, Operation
from .ratelimit import RateGate
from .requestlog import RequestLog
from .retry import RetryPolicy, tried

if TYPE_CHECKING:
    #: makes what sends the requests, of the URL, the credential and the time-outs
    MakeTransport = Callable[[str, Auth, tuple[float, float]], "Sender"]

DEFAULT_POLICY = RetryPolicy()
#: seconds to connect, and seconds for a whole answer
TIMEOUTS = (10.0, 30.0)


_TOO_MANY = "too many requests"
#: seconds; a pause that nobody raises `timeout` for
_LONG_PAUSE = 7200.0
#: characters of an API's own words that are shown
_MOST_WORDS = 500


class Refusal(NamedTuple):
    """What an API says of an error."""

    #: its own words, or nothing
    reason: str = ""
    #: what its support asks for (``correlation id …``); nothing where the HTTP status must do
    code: str = ""


class Vendor(NamedTuple):
    """What is particular to one API."""

    #: the type of backend, as in ``pulumi_rdns.backends.<type>``
    kind: str
    #: the subject of a refusal: ``the API``, ``the server``
    who: str
    #: what the credential is: ``API token``
    credential: str
    #: what to do where the credential is not accepted
    advice: str
    #: reads the body of an answer that is no success, whatever it is
    read_refusal: Callable[[bytes], Refusal]
    #: the usual reason for a connection that ends without an answer
    cut_advice: str = ""
    #: the header of an answer with the id that the vendor's support asks for
    id_header: str = ""
    #: how the methods begin that change nothing
    reads: tuple[str, ...] = ("GET",)


class Sender(Protocol):
    """What sends the requests: a `Transport`, or an SDK in its place."""

    def send(self, method: str, path: str, body: bytes | None) -> Answer | NoAnswer:
        """Send a request once; an answer that is no success is returned too."""


class Http:
    """Sends requests to one API with one credential.

    Shared by all threads: one pool of connections, and one pause after a 429.
    """

    def __init__(
        self,
        vendor: Vendor,
        url: str,
        auth: Auth,
        *,
        policy: RetryPolicy = DEFAULT_POLICY,
        timeouts: tuple[float, float] = TIMEOUTS,
        clock: Clock | None = None,
        make_transport: MakeTransport | None = None,
    ) -> None:
        """Take the URL that each path follows, without a slash at its end.

        ``make_transport`` is called with the first request: for an API whose SDK signs or sends
        them.
        """
        self.url = url
        self._vendor = vendor
        self._auth = auth
        self._policy = policy
        self._timeouts = timeouts
        self._clock = clock or Clock()
        self._gate = RateGate(self._clock)
        self._make_transport = make_transport
        self._repeating = threading.Lock()
        self._log = RequestLog(vendor.kind, auth.credential.hide)

    @Once
    def _transport(self) -> Sender:
        if self._make_transport is not None:
            return self._make_transport(self.url, self._auth, self._timeouts)
        from .transport import Transport

        return Transport(self.url, self._auth, self._timeouts, self._vendor.id_header)

    def send(
        self,
        operation: Operation,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str] = {},
        expected: Collection[int] = (),
        repeat: bool = True,
        look_again: Callable[[], None] | None = None,
    ) -> Answer:
        """Send a request until it is answered, and return the answer.

        ``body`` is sent as JSON, and nothing for None. Statuses in ``expected`` are returned like a
        success; every other refusal is raised. With ``repeat`` a request without an answer is sent
        again, as the policy says; without it the request is sent once, for what may have worked
        and must not be done twice. A 429 was not worked on, so it is always repeated, until the
        operation's limit. ``look_again`` is called after a pause, right before the request is
        sent: it raises where something is there by then that the request would destroy.

        Raises AuthenticationError, RateLimitError, UnansweredError and RejectedError.
        """
        content = None if body is None else msgspec.json.encode(body)
        request = _Request(method, path + _query(query), content)
        pauses = self._policy.pauses()
        give_up = operation.elapsed + min(self._policy.window, operation.left)
        tries = 0
        refusal = Refusal()
        is_repeat = False
        while True:
            waited = self._await_turn(operation, refusal) or is_repeat
            if waited and look_again is not None:
                outcome = self._after_a_look(operation, look_again, request)
            else:
                outcome = self._exchange(operation, request)
            is_repeat = True
            if isinstance(outcome, Answer):
                if outcome.is_success or outcome.status in expected:
                    return outcome
                raise self.refusal(operation, outcome)
            if outcome.loss is Loss.RATE_LIMIT:
                refusal = Refusal(outcome.reason, outcome.code)
                continue
            tries += 1
            pause = max(next(pauses), outcome.retry_after or 0)
            may_pass = repeat and outcome.loss in self._policy.losses
            if not may_pass or operation.elapsed + pause > give_up:
                raise self._unanswered(operation, request, outcome, tries)
            operation.pause(pause, f"{outcome.reason}; trying again")

    def reason(self, answer: Answer) -> str:
        """Return the API's own words about an error, or nothing; without the secret."""
        return self._read_refusal(answer).reason

    def _read_refusal(self, answer: Answer) -> Refusal:
        if answer.is_success:
            return Refusal("", f"HTTP {answer.status}")
        reason, code = self._vendor.read_refusal(answer.content)
        hide = self._auth.credential.hide
        code = _shown(hide(code)) or f"HTTP {answer.status}"
        if answer.request_id:
            code += f", correlation id {_shown(hide(answer.request_id))}"
        return Refusal(_shown(hide(reason)), code)

    def no_such_path(self, operation: Operation, answer: Answer) -> RejectedError:
        """Return the error for a 404 that is not the API's word on what was asked for.

        A proxy's, or that of an API without this path: it says nothing about a record.
        """
        reason, code = self._read_refusal(answer)
        return operation.error(
            RejectedError,
            f"{self._vendor.who} at {self.url} has no {answer.request} ({reason or 'status 404'}); "
            "is apiUrl right? If it is, a newer release of pulumi-rdns may know what became of it",
            code,
        )

    def refusal(self, operation: Operation, answer: Answer) -> BackendError:
        """Return the error for an answer that is no success."""
        who = self._vendor.who
        reason, code = self._read_refusal(answer)
        reason = reason or f"status {answer.status}"
        if answer.status in (401, 403):
            verdict = "is not accepted" if answer.status == 401 else "may not do this"
            return operation.error(
                AuthenticationError,
                f"the {self._vendor.credential} {verdict}: {reason.rstrip('.')}. It comes from "
                f"{self._auth.credential.hint}; {self._vendor.advice}",
                code,
            )
        if answer.status < 400:
            redirect = f"{who} answers with a redirect; correct apiUrl"
            return operation.error(RejectedError, redirect, code)
        return operation.error(RejectedError, f"{who} refused it: {reason}", code)

    def _await_turn(self, operation: Operation, refusal: Refusal) -> bool:
        """Wait while the API wants no requests; return whether that was needed."""
        waited = False
        most = self._policy.window if operation.limit == math.inf else math.inf
        while pause := self._gate.remaining:
            if pause > min(operation.left, most - operation.elapsed):
                reason = (
                    f"{refusal.reason or _TOO_MANY}: tried for {operation.elapsed:.0f} s, and a "
                    f"pause of another {_pause_and_advice(pause)}"
                )
                raise operation.error(RateLimitError, reason, refusal.code)
            operation.pause(pause, f"too many requests; pausing for {pause:.0f} s")
            waited = True
        return waited

    def _after_a_look(
        self, operation: Operation, look_again: Callable[[], None], request: _Request
    ) -> Answer | NoAnswer:
        """Look and send, one thread at a time: the looks of all must not use up the rate."""
        with operation.holding(self._repeating, self._vendor.who):
            look_again()
            while self._await_turn(operation, Refusal()):
                look_again()
            return self._exchange(operation, request)

    def _exchange(self, operation: Operation, request: _Request) -> Answer | NoAnswer:
        """Send once, log it, and note at the gate how that went."""
        sent = self._clock.now()
        began = time.perf_counter()
        outcome = self._transport.send(*request)
        seconds = time.perf_counter() - began
        status = outcome.status if isinstance(outcome, Answer) else outcome.reason
        self._log.answered(operation, request.method, self.url + request.path, status, seconds)
        if isinstance(outcome, NoAnswer):
            return outcome
        reason, code = self._read_refusal(outcome)
        if outcome.status == 429:
            self._gate.close(sent, outcome.retry_after)
            words = _TOO_MANY + (reason and f" ({reason})")
            return NoAnswer(Loss.RATE_LIMIT, words, code)
        self._gate.passed(sent)
        if outcome.status >= 500:
            words = f"{self._vendor.who} answered {outcome.status}{reason and f': {reason}'}"
            return NoAnswer(Loss.FAILED, words, code, outcome.retry_after)
        return outcome._replace(sent=sent, code=code)

    def _unanswered(
        self, operation: Operation, request: _Request, outcome: NoAnswer, tries: int
    ) -> UnansweredError:
        reason = outcome.reason + tried(tries)
        is_read = request.method.startswith(self._vendor.reads)
        if outcome.loss in (Loss.TIMEOUT, Loss.UNREADABLE) and not is_read:
            reason += f"; {OUTCOME_UNKNOWN}"
        if outcome.loss is Loss.CUT and self._vendor.cut_advice:
            reason += f"; {self._vendor.cut_advice}"
        error = operation.error(UnansweredError, reason, outcome.code)
        error.loss = outcome.loss
        return error


class _Request(NamedTuple):
    method: str
    #: with the query
    path: str
    body: bytes | None


def _pause_and_advice(seconds: float) -> str:
    """Return how long a pause is that is not waited for, and what to do.

    >>> _pause_and_advice(40)
    '40 s is due; run it again later, or raise `timeout`'
    >>> _pause_and_advice(86400)
    '86400 s (24 hours) is due; run it again after it'
    """
    if seconds < _LONG_PAUSE:
        return f"{seconds:.0f} s is due; run it again later, or raise `timeout`"
    return f"{seconds:.0f} s ({seconds / 3600:.0f} hours) is due; run it again after it"


def _shown(text: str) -> str:
    """Return others' words as a part of one line."""
    text = " ".join(text.split())
    return text if len(text) <= _MOST_WORDS else f"{text[:_MOST_WORDS]}…"


def _query(query: Mapping[str, str]) -> str:
    return f"?{urllib.parse.urlencode(query)}" if query else ""


def check_url(name: str, key: str, text: str) -> str:
    """Return the URL of an API without the slash at its end. Raises ConfigError.

    ``name`` is the instance's, ``key`` the setting's (camelCase).
    """
    text = text.strip()
    try:
        url = urllib.parse.urlsplit(text)
        is_port = url.port != 0
    except ValueError:
        url, is_port = urllib.parse.urlsplit(""), False
    is_plain = not ("@" in url.netloc or url.query or url.fragment or re.search(r"\s", text))
    if url.scheme in ("http", "https") and url.hostname and is_port and is_plain:
        return text.rstrip("/")
    raise ConfigError(
        f"rdns:backends.{name}.{key}: must be https://HOST or http://HOST, perhaps with a port and "
        "a path, and without a user or a password"
    )
