"""One request over HTTP, by the library. Imported when the first request is sent."""

from __future__ import annotations

import email.utils
import http.client
import importlib.metadata
import re
import ssl
import time

import requests
import requests.exceptions
import urllib3.exceptions

from .answers import Answer, Loss, NoAnswer, cause, layers
from .credentials import Auth, HeaderAuth
from .deadline import ENCODINGS, MAX_ANSWER, Adapter, TooLargeError, read_body

#: what the libraries raise: some errors of the lower ones come through as they are
_FAILURES = (
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
    ValueError,
)
#: what is raised when an answer has begun
_ANSWERED = (urllib3.exceptions.ProtocolError, urllib3.exceptions.InvalidHeader)
#: the longest pause that is taken at its word, in seconds: some 30 years
_LONGEST_PAUSE = 1e9
_SECONDS = re.compile(r"\s*[0-9]+\s*")


def _no_redirect(response: requests.Response) -> None:
    """Look at no redirect: the secret must not travel on to where it points."""


def prepare(session: requests.Session) -> None:
    """Make a session, an SDK's too, send requests as every other one here does.

    Answers have a deadline and a size, redirects are not followed, and bodies are left to
    `read_body`.
    """
    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter())
    session.get_redirect_target = _no_redirect  # type: ignore[method-assign, assignment]
    session.stream = True
    session.headers.update(
        {
            "Accept": "application/json",
            "Accept-Encoding": ", ".join(ENCODINGS),
            "User-Agent": _user_agent(),
        }
    )


class Transport:
    """Sends requests once each. Shared by all threads: one pool of connections.

    A subclass for an API whose SDK signs requests has a `request` of its own.
    """

    def __init__(
        self, url: str, auth: Auth, timeouts: tuple[float, float], id_header: str = ""
    ) -> None:
        """Take the URL that each path follows, and seconds to connect and for a whole answer.

        ``id_header`` has the vendor's id of a request, if any header has.
        """
        self._url = url
        self._id_header = id_header
        self._timeouts = timeouts
        self._session = requests.Session()
        prepare(self._session)
        if isinstance(auth, HeaderAuth):
            self._session.auth = auth

    def request(self, method: str, path: str, body: bytes | None) -> requests.Response:
        """Send a request; its answer's body is not read yet."""
        return self._session.request(
            method,
            self._url + path,
            data=body,
            headers={"Content-Type": "application/json"},
            timeout=self._timeouts,
        )

    def send(self, method: str, path: str, body: bytes | None) -> Answer | NoAnswer:
        """Send once. The exceptions of the library hold the secret, so none of them is raised."""
        answered = False
        try:
            response = self.request(method, path, body)
            answered = True
            content = read_body(response)
        except _FAILURES as error:
            loss, reason = self._loss_of_body(error) if answered else self._loss(error)
            return NoAnswer(loss, f"{self._url} {reason}")
        return Answer(
            response.status_code,
            content,
            f"{method} {path}",
            retry_after=_retry_after(response.headers.get("Retry-After", "")),
            request_id=response.headers.get(self._id_header, ""),
        )

    def _loss(self, error: Exception) -> tuple[Loss, str]:
        """Return why a request has no status and no headers, as a predicate."""
        if isinstance(error, requests.exceptions.SSLError):
            is_untrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
            loss = Loss.UNTRUSTED if is_untrusted else Loss.UNREACHABLE
            return loss, f"cannot be reached securely: {cause(error)}"
        if isinstance(error, requests.exceptions.ConnectTimeout):
            return Loss.UNREACHABLE, "cannot be reached: timed out"
        if isinstance(error, requests.exceptions.Timeout):
            return Loss.TIMEOUT, "gave no answer: timed out"
        if _has(error, *_ANSWERED):
            return self._loss_of_body(error)
        return Loss.UNREACHABLE, f"cannot be reached: {cause(error)}"

    def _loss_of_body(self, error: Exception) -> tuple[Loss, str]:
        """Return why an answer that began is no answer, as a predicate."""
        if _has(error, TooLargeError):
            return Loss.UNREADABLE, f"answered with more than {MAX_ANSWER // 2**20} MiB"
        if _has(error, TimeoutError, urllib3.exceptions.TimeoutError):
            return Loss.TIMEOUT, f"gave no complete answer within {self._timeouts[1]:g} s"
        if _is_cut(error):
            return Loss.CUT, "gave no answer: it closed the connection"
        return Loss.UNREADABLE, "answered with something that is not HTTP"


def _is_cut(error: Exception) -> bool:
    """Whether there was a connection, and it ended early."""
    if _has(error, urllib3.exceptions.InvalidChunkLength):  # which is an IncompleteRead
        return False
    if _has(error, ConnectionError, http.client.IncompleteRead, ssl.SSLError):
        return True
    return any(isinstance(layer, OSError) and layer.errno for layer in layers(error))


def _has(error: Exception, *kinds: type[Exception]) -> bool:
    return any(isinstance(layer, kinds) for layer in layers(error))


def _retry_after(text: str) -> float | None:
    """Read the header: seconds, or a date (RFC 9110 section 10.2.3)."""
    try:
        if _SECONDS.fullmatch(text):
            seconds = float(text)
        elif (date := email.utils.parsedate_tz(text)) is not None:
            seconds = email.utils.mktime_tz(date) - time.time()
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, seconds), _LONGEST_PAUSE)


def _user_agent() -> str:
    try:
        version = importlib.metadata.version("pulumi-rdns")
    except importlib.metadata.PackageNotFoundError:
        version = "unknown"
    return f"pulumi-rdns/{version}"
