"""What a provider raised, read as far as can be: it may be anything that its library raises. Pure.

Where neither an HTTP status nor a vendor's code says so, nobody knows whether the request was
worked on.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from pulumi_rdns.backends.kit.answers import Loss, layers
from pulumi_rdns.errors import AuthenticationError, BackendError, RejectedError

#: vendors' codes (AWS) that say more than the HTTP status beside them
_CODES: dict[str, Loss | type[BackendError]] = {
    "AccessDenied": AuthenticationError,
    "ExpiredToken": AuthenticationError,
    "InvalidClientTokenId": AuthenticationError,
    "SignatureDoesNotMatch": AuthenticationError,
    "UnrecognizedClientException": AuthenticationError,
    "PriorRequestNotComplete": Loss.RATE_LIMIT,
    "RequestLimitExceeded": Loss.RATE_LIMIT,
    "Throttling": Loss.RATE_LIMIT,
    "ThrottlingException": Loss.RATE_LIMIT,
}
#: the ends of names of exceptions that have no status: octoDNS's clients make such
_ENDINGS: dict[str, Loss | type[BackendError]] = {
    "Unauthorized": AuthenticationError,
    "Forbidden": AuthenticationError,
    "NoCredentialsError": AuthenticationError,
    "RateLimitError": Loss.RATE_LIMIT,
    "BadRequest": RejectedError,
    "NotFound": RejectedError,
    # of octoDNS itself, before anything is sent
    "SupportsException": RejectedError,
    "RecordException": RejectedError,
    "SSLCertVerificationError": Loss.UNTRUSTED,
    "ConnectTimeout": Loss.UNREACHABLE,
    "ConnectTimeoutError": Loss.UNREACHABLE,
    "NewConnectionError": Loss.UNREACHABLE,
    "EndpointConnectionError": Loss.UNREACHABLE,
    "ConnectionRefusedError": Loss.UNREACHABLE,
    "gaierror": Loss.UNREACHABLE,
    "Timeout": Loss.TIMEOUT,
    "TimeoutError": Loss.TIMEOUT,
    "ConnectionError": Loss.CUT,
    "ConnectionClosedError": Loss.CUT,
    "ProtocolError": Loss.CUT,
}
_MOST_CHARACTERS = 400


class Failure(NamedTuple):
    """What is known of it."""

    #: why there is no answer, or the error that the answer is
    kind: Loss | type[BackendError]
    #: the words of the exception, and of the answer that it is about
    reason: str
    code: str = ""
    #: the pause that the vendor asks for, in seconds
    retry_after: float | None = None


def read_failure(error: Exception) -> Failure:
    """Read an exception, and those that it was raised from."""
    reason = _words(error)
    for layer in layers(error):
        response = getattr(layer, "response", None)
        status, code = _status(layer, response)
        kind = _CODES.get(code) or _kind_of(status)
        if kind is not None:
            body = str(getattr(response, "text", None) or "")
            said = reason if not body or body in reason else f"{reason}: {body}"
            return Failure(kind, said, code or f"HTTP {status}", _retry_after(response))
    names = {cls.__name__ for layer in layers(error) for cls in type(layer).__mro__}
    for ending, kind in _ENDINGS.items():
        if any(name.endswith(ending) for name in names):
            return Failure(kind, reason)
    return Failure(Loss.UNREADABLE, reason)


def shown(text: str) -> str:
    """Return others' words as a part of one line."""
    line = " ".join(text.split())
    return line if len(line) <= _MOST_CHARACTERS else f"{line[:_MOST_CHARACTERS]}…"


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _status(layer: BaseException, response: Any) -> tuple[int | None, str]:
    """Return the HTTP status, and the vendor's code: where libraries have them."""
    if isinstance(response, dict):  # botocore
        about, said = response.get("ResponseMetadata", {}), response.get("Error", {})
        return about.get("HTTPStatusCode"), str(said.get("Code", ""))
    for holder in (response, layer):
        for attribute in ("status_code", "status", "code"):
            value = getattr(holder, attribute, None)
            if isinstance(value, int) and 400 <= value <= 599:
                return int(value), ""
    return None, ""


def _kind_of(status: int | None) -> Loss | type[BackendError] | None:
    if status is None or status < 400:
        return None
    if status in (401, 403):
        return AuthenticationError
    if status == 429:
        return Loss.RATE_LIMIT
    return Loss.FAILED if status >= 500 else RejectedError


def _retry_after(response: Any) -> float | None:
    try:
        return float(response.headers["Retry-After"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
