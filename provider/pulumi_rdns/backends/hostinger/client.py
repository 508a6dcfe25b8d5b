"""HTTP with the Hostinger API: the token, retries, the rate limit, and errors as sentences.

https://developers.hostinger.com/#description/rate-limiting
"""

from __future__ import annotations

import importlib.metadata
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

import requests
import requests.auth
import urllib3.exceptions
from urllib3.util import Retry

from pulumi_rdns.errors import (
    AuthenticationError,
    RateLimitError,
    RejectedError,
    UnavailableError,
)

from .pacing import Clock, Operation, RateGate, growing
from .wire import Failure, decode, read_failure

T = TypeVar("T")

#: seconds to connect, and seconds without a byte
_TIMEOUTS = (10.0, 30.0)
#: seconds for which a request that fails is repeated
_RETRY_WINDOW = 60.0
_FIRST_RETRY, _LONGEST_RETRY = 0.5, 8.0


class Token(requests.auth.AuthBase):
    """The bearer token. As `auth` and not as a header, so that no .netrc takes its place."""

    def __init__(self, secret: str, origin: str) -> None:
        self._secret = secret
        self.origin = origin

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._secret}"
        return request

    def __repr__(self) -> str:
        return f"Token(from {self.origin})"

    def hide(self, text: str) -> str:
        """Take the token out of a text that a server sent."""
        return text.replace(self._secret, "(token)")


@dataclass(frozen=True)
class Answer:
    """What the API said to one request."""

    status: int
    content: bytes
    #: the correlation id that the vendor's support asks for, or the HTTP status
    code: str
    request: str
    #: when the request was sent, in seconds of the clock
    sent: float

    @property
    def is_success(self) -> bool:
        """Is it one of those that are not errors?"""
        return self.status < 300

    def read(self, operation: Operation, kind: type[T]) -> T:
        """Read the body. Raises BackendError with the path of what is wrong in it."""
        return decode(operation, kind, self.content, self.request)


@dataclass(frozen=True)
class _Failure:
    """No answer at all, or one that may be another the next time."""

    reason: str
    code: str = ""
    #: seconds
    retry_after: float | None = None
    is_lasting: bool = False


class Client:
    """Sends requests. Shared by all threads: one connection pool, one pause after a 429."""

    def __init__(self, url: str, token: Token, clock: Clock) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._clock = clock
        self._gate = RateGate(clock)
        self._repeating = threading.Lock()
        self._session = requests.Session()
        self._session.auth = token
        self._session.headers.update(
            {
                "Accept": "application/json",
                "Content-Type": "application/json",
                "User-Agent": _user_agent(),
            }
        )

    def send(
        self,
        operation: Operation,
        method: str,
        path: str,
        body: object = None,
        *,
        absent: Collection[int] = (),
        repeat: bool = True,
        look_again: Callable[[], None] | None = None,
    ) -> Answer:
        """Send a request until it is answered, and give the answer.

        Statuses in ``absent`` are given back and not raised, except for a route that the API does
        not have, and a 404 that is not the API's. With ``repeat`` a request that was not answered,
        or by a 5xx, is sent again for up to 60 seconds; leave it out where the first one may have
        worked and twice is not once. A 429 was not worked on, so it is always repeated, until the
        operation's limit.
        ``look_again`` is called after a pause, right before the request is sent: it raises where
        something is there by then that the request would destroy.

        Raises AuthenticationError, RateLimitError, UnavailableError and RejectedError.
        """
        pauses = growing(_FIRST_RETRY, _LONGEST_RETRY)
        give_up = operation.elapsed + min(_RETRY_WINDOW, operation.left)
        tries = 0
        refusal = ""
        is_repeat = False
        while True:
            waited = self._await_turn(operation, refusal) or is_repeat
            if waited and look_again is not None:
                outcome = self._after_a_look(operation, look_again, method, path, body)
            else:
                outcome = self._exchange(method, path, body)
            is_repeat = True
            if isinstance(outcome, Answer):
                return self._checked(operation, outcome, absent)
            if isinstance(outcome, _RateLimited):
                refusal = outcome.code
                continue
            tries += 1
            pause = max(next(pauses), outcome.retry_after or 0)
            if not repeat or outcome.is_lasting or operation.elapsed + pause > give_up:
                often = f", tried {tries} times" if tries > 1 else ""
                raise operation.error(UnavailableError, outcome.reason + often, outcome.code)
            operation.pause(pause, f"{outcome.reason}; trying again")

    def _await_turn(self, operation: Operation, code: str) -> bool:
        """Wait while the API wants no requests; tells whether that was needed."""
        waited = False
        while pause := self._gate.remaining:
            if pause > operation.left:
                raise operation.error(
                    RateLimitError,
                    f"too many requests: tried for {operation.elapsed:.0f} s, and a pause of "
                    f"another {pause:.0f} s is due; run it again later, or raise `timeout`",
                    code,
                )
            operation.pause(pause, f"too many requests; pausing for {pause:.0f} s")
            waited = True
        return waited

    def _after_a_look(
        self,
        operation: Operation,
        look_again: Callable[[], None],
        method: str,
        path: str,
        body: object,
    ) -> Answer | _Failure:
        """Look and send, one thread at a time: the looks of all must not use up the rate."""
        with operation.holding(self._repeating, "the API"):
            look_again()
            while self._await_turn(operation, ""):
                look_again()
            return self._exchange(method, path, body)

    def _exchange(self, method: str, path: str, body: object) -> Answer | _Failure:
        """Send once, and tell the gate how that went."""
        sent = self._clock.now()
        outcome = self._answer(method, path, body, sent)
        if isinstance(outcome, Answer):
            self._gate.passed(sent)
        elif isinstance(outcome, _RateLimited):
            self._gate.close(sent, outcome.retry_after)
        return outcome

    def _answer(self, method: str, path: str, body: object, sent: float) -> Answer | _Failure:
        """Send once. The exceptions of requests hold the token, so none of them is chained."""
        try:
            response = self._session.request(
                method,
                self._url + path,
                json=body,
                timeout=_TIMEOUTS,
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            is_lasting = "CERTIFICATE_VERIFY_FAILED" in str(error)
            return _Failure(f"no secure connection: {_cause(error)}", is_lasting=is_lasting)
        except requests.exceptions.Timeout:
            return _Failure("the API did not answer in time")
        except requests.exceptions.RequestException as error:
            return _Failure(f"the connection to the API failed: {_cause(error)}")
        return self._outcome(f"{method} {path}", sent, response)

    def _outcome(self, request: str, sent: float, response: requests.Response) -> Answer | _Failure:
        status = response.status_code
        failure = read_failure(response.content) if status >= 300 else Failure()
        code = f"HTTP {status}"
        if failure.correlation_id:
            code = f"correlation id {self._token.hide(failure.correlation_id)}"
        if status == 429:
            return _RateLimited("too many requests", code, _retry_after(response))
        if status >= 500:
            said = f": {self._token.hide(failure.reason)}" if failure.reason else ""
            return _Failure(f"the API answered {status}{said}", code, _retry_after(response))
        return Answer(status, response.content, code, request, sent)

    def _checked(self, operation: Operation, answer: Answer, absent: Collection[int]) -> Answer:
        if answer.is_success:
            return answer
        reason = self._token.hide(read_failure(answer.content).reason)
        said = reason or f"status {answer.status}"
        # A 404 of the API itself has a message; a proxy's tells nothing about a VM or a zone.
        if answer.status == 404 and (not reason or "route" in reason.lower()):
            raise operation.error(
                RejectedError,
                f"the API at {self._url} has no {answer.request} ({said}); is apiUrl right? If it "
                "is, a newer release of pulumi-rdns may know what became of it",
                answer.code,
            )
        if answer.status in absent:
            return answer
        if answer.status in (401, 403):
            verdict = "is not accepted" if answer.status == 401 else "may not do this"
            raise operation.error(
                AuthenticationError,
                f"the API token {verdict}: {said}. It comes from {self._token.origin}; tokens are "
                "made in hPanel, under Account, API",
                answer.code,
            )
        if answer.status < 400:
            redirect = f"the API answered with a redirect ({answer.status}); correct apiUrl"
            raise operation.error(RejectedError, redirect, answer.code)
        raise operation.error(RejectedError, f"refused: {said}", answer.code)


class _RateLimited(_Failure):
    """A 429."""


def _user_agent() -> str:
    try:
        version = importlib.metadata.version("pulumi-rdns")
    except importlib.metadata.PackageNotFoundError:
        version = "unknown"
    return f"pulumi-rdns/{version}"


def _retry_after(response: requests.Response) -> float | None:
    """Read the header: seconds, or a date (RFC 9110 section 10.2.3)."""
    text = response.headers.get("Retry-After", "")
    try:
        return Retry().parse_retry_after(text) if text else None
    except urllib3.exceptions.InvalidHeader:
        return None


def _cause(error: BaseException) -> str:
    """Find what the system said, below the layers of the HTTP library."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            return seen.strerror.lower()
        inner = [arg for arg in seen.args if isinstance(arg, BaseException)]
        reason = getattr(seen, "reason", None)
        if isinstance(reason, BaseException):
            inner.append(reason)
        seen = inner[-1] if inner else seen.__cause__ or seen.__context__
    return "it was cut"
