"""One request over HTTP, by the library. Imported when the first request is sent."""

from __future__ import annotations

import importlib.metadata

import requests
import requests.exceptions
import urllib3.exceptions
from urllib3.util import Retry

from .answers import Answer, Loss, NoAnswer, cause
from .credentials import HeaderAuth


class Transport:
    """Sends requests once each. Shared by all threads: one pool of connections."""

    def __init__(self, url: str, auth: HeaderAuth, timeouts: tuple[float, float]) -> None:
        """Take the URL that each path follows, and seconds to connect and without a byte."""
        self._url = url
        self._timeouts = timeouts
        self._session = requests.Session()
        self._session.auth = auth
        self._session.headers.update(
            {
                "Accept": "application/json",
                "Content-Type": "application/json",
                "User-Agent": _user_agent(),
            }
        )

    def send(self, method: str, path: str, body: bytes | None) -> Answer | NoAnswer:
        """Send once. The exceptions of the library hold the secret, so none of them is raised."""
        try:
            response = self._session.request(
                method,
                self._url + path,
                data=body,
                timeout=self._timeouts,
                # The secret must not travel on to where a redirect points.
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            is_untrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
            loss = Loss.UNTRUSTED if is_untrusted else Loss.UNREACHABLE
            return NoAnswer(loss, f"{self._url} cannot be reached securely: {cause(error)}")
        except requests.exceptions.ConnectTimeout:
            return NoAnswer(Loss.UNREACHABLE, f"{self._url} cannot be reached: timed out")
        except requests.exceptions.Timeout:
            return NoAnswer(Loss.TIMEOUT, f"{self._url} gave no answer: timed out")
        except requests.exceptions.RequestException as error:
            if _is_cut(error):
                return NoAnswer(Loss.CUT, f"{self._url} gave no answer: it closed the connection")
            return NoAnswer(Loss.UNREACHABLE, f"{self._url} cannot be reached: {cause(error)}")
        return Answer(
            response.status_code,
            response.content,
            f"{method} {path}",
            retry_after=_retry_after(response.headers.get("Retry-After", "")),
        )


def _is_cut(error: requests.exceptions.RequestException) -> bool:
    """Whether there was a connection, and it ended early."""
    inner = error.args[0] if error.args else None
    is_protocol = isinstance(inner, urllib3.exceptions.ProtocolError)
    return is_protocol or isinstance(error, requests.exceptions.ChunkedEncodingError)


def _retry_after(text: str) -> float | None:
    """Read the header: seconds, or a date (RFC 9110 section 10.2.3)."""
    try:
        return Retry().parse_retry_after(text) if text else None
    except urllib3.exceptions.InvalidHeader:
        return None


def _user_agent() -> str:
    try:
        version = importlib.metadata.version("pulumi-rdns")
    except importlib.metadata.PackageNotFoundError:
        version = "unknown"
    return f"pulumi-rdns/{version}"
