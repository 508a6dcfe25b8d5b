"""HTTP with the PowerDNS API: the key, the time-outs, and which failures may pass."""

from __future__ import annotations

from collections.abc import Mapping

import requests
import requests.exceptions
import urllib3.exceptions

from .answers import Answer, BusyError, UnreachableError
from .settings import ApiKey
from .wire import reason_in

#: seconds to connect, at most
_CONNECT = 10.0


class Client:
    """Sends requests. Shared by several threads."""

    def __init__(self, url: str, key: ApiKey, timeout: float) -> None:
        self._url = url
        self._timeouts = (min(_CONNECT, timeout), timeout)
        self._session = requests.Session()
        self._session.headers.update({"X-API-Key": key.secret, "Accept": "application/json"})

    def send(
        self, method: str, path: str, parameters: Mapping[str, str], body: bytes | None
    ) -> Answer:
        """Send one request. Raises BusyError and UnreachableError."""
        outcome = self._exchange(method, path, parameters, body)
        if isinstance(outcome, Exception):
            # Not in the handler: what the library raised holds the key.
            raise outcome
        if outcome.status >= 500:
            said = reason_in(outcome.content) or "no reason given"
            raise BusyError(f"the server failed: {said}", f"HTTP {outcome.status}")
        return outcome

    def _exchange(
        self, method: str, path: str, parameters: Mapping[str, str], body: bytes | None
    ) -> Answer | BusyError | UnreachableError:
        try:
            response = self._session.request(
                method,
                self._url + path,
                params=parameters,
                data=body,
                headers={"Content-Type": "application/json"} if body else None,
                timeout=self._timeouts,
                # The key must not travel on to where a redirect points.
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            return UnreachableError(f"cannot be reached securely: {_cause(error)}")
        except requests.exceptions.ConnectTimeout:
            return UnreachableError("cannot be reached: timed out")
        except requests.exceptions.Timeout:
            return UnreachableError("gave no answer: timed out", was_sent=True)
        except requests.exceptions.RequestException as error:
            if _is_cut(error):
                return BusyError("it closed the connection; is webserver-allow-from right?")
            return UnreachableError(f"cannot be reached: {_cause(error)}")
        return Answer(response.status_code, response.content)


def _is_cut(error: requests.exceptions.RequestException) -> bool:
    """Tell whether there was a connection, and it ended early."""
    inner = error.args[0] if error.args else None
    is_protocol = isinstance(inner, urllib3.exceptions.ProtocolError)
    return is_protocol or isinstance(error, requests.exceptions.ChunkedEncodingError)


def _cause(error: BaseException) -> str:
    """Find what the system said, below the layers of the HTTP library."""
    seen: BaseException | None = error
    text = type(error).__name__
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            text = seen.strerror.lower()
        reason = getattr(seen, "reason", None) or next(iter(seen.args), None)
        seen = reason if isinstance(reason, BaseException) else seen.__cause__
    return text
