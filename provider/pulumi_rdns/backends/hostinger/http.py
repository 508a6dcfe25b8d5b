"""One request and what came of it, over HTTP."""

from __future__ import annotations

import importlib.metadata

import requests
import urllib3.exceptions
from urllib3.util import Retry

from .answers import Answer, NoAnswer, Outcome
from .token import Token
from .wire import Failure, read_failure

#: seconds to connect, and seconds without a byte
_TIMEOUTS = (10.0, 30.0)


class Http:
    """Sends requests once each. Shared by all threads: one connection pool."""

    def __init__(self, url: str, token: Token) -> None:
        self._url = url
        self._token = token
        self._session = requests.Session()
        self._session.auth = token
        self._session.headers.update(
            {
                "Accept": "application/json",
                "Content-Type": "application/json",
                "User-Agent": _user_agent(),
            }
        )

    def send(self, method: str, path: str, body: object, sent: float) -> Outcome:
        """Send once, at ``sent`` (seconds of the clock).

        The exceptions of requests hold the token, so none of them is chained.
        """
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
            return NoAnswer(f"no secure connection: {_cause(error)}", is_lasting=is_lasting)
        except requests.exceptions.Timeout:
            return NoAnswer("the API did not answer in time")
        except requests.exceptions.RequestException as error:
            return NoAnswer(f"the connection to the API failed: {_cause(error)}")
        return self._outcome(f"{method} {path}", sent, response)

    def _outcome(self, request: str, sent: float, response: requests.Response) -> Outcome:
        status = response.status_code
        failure = read_failure(response.content) if status >= 300 else Failure()
        code = f"HTTP {status}"
        if failure.correlation_id:
            code = f"correlation id {self._token.hide(failure.correlation_id)}"
        if status == 429:
            pause = _retry_after(response)
            return NoAnswer("too many requests", code, pause, is_rate_limit=True)
        if status >= 500:
            said = f": {self._token.hide(failure.reason)}" if failure.reason else ""
            return NoAnswer(f"the API answered {status}{said}", code, _retry_after(response))
        return Answer(status, response.content, code, request, sent)


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
