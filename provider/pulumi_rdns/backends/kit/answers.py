"""What came of one request."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import Any, NamedTuple, TypeVar

import msgspec

from pulumi_rdns.errors import BackendError, UnavailableError

from .operation import Operation

T = TypeVar("T")

#: the end of an error about a write whose answer is lost
OUTCOME_UNKNOWN = "whether the change was made is not known, and the next run finds out"


class Loss(Enum):
    """Why a request has no answer that counts."""

    #: there was no connection: nothing was sent
    UNREACHABLE = auto()
    #: the server's certificate is not trusted: nothing was sent, and no later try fares better
    UNTRUSTED = auto()
    #: there was no answer in time; the request may have been worked on
    TIMEOUT = auto()
    #: the connection ended early; the request may have been worked on
    CUT = auto()
    #: the answer is too large, or not HTTP; the request may have been worked on
    UNREADABLE = auto()
    #: HTTP 5xx; the request may have been worked on
    FAILED = auto()
    #: HTTP 429; the request was not worked on
    RATE_LIMIT = auto()


class Answer(NamedTuple):
    """What an API answered to one request."""

    status: int
    content: bytes
    #: method and path, for messages
    request: str
    #: what stands in brackets after an error: the vendor's own code, or the HTTP status
    code: str = ""
    #: when the request was sent, in seconds of the clock
    sent: float = 0.0
    #: the pause that the API asks for, in seconds
    retry_after: float | None = None
    #: the id of the request at the vendor, as its header has it
    request_id: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the status is none of a refusal or a redirect."""
        return self.status < 300

    def read(self, operation: Operation, kind: type[T], dec_hook: Any = None) -> T:
        """Decode the JSON. Raises BackendError with the path of what is not as described.

        ``dec_hook`` is msgspec's: it reads the types that JSON does not have.
        """
        try:
            return decode_json(self.content, kind, dec_hook)
        except msgspec.ValidationError as error:
            reason = (
                f"not as the API describes it: {error}; a newer release of pulumi-rdns may help"
            )
        except msgspec.DecodeError:
            reason = "not JSON; is apiUrl the address of the API?"
        # Not chained: what msgspec raises may quote a secret that the server echoed.
        raise operation.error(BackendError, f"the answer to {self.request} is {reason}")


class NoAnswer(NamedTuple):
    """A request without an answer that counts."""

    loss: Loss
    #: a clause with its subject: ``the API cannot be reached: connection refused``
    reason: str
    code: str = ""
    #: the pause that the API asks for, in seconds
    retry_after: float | None = None


class UnansweredError(UnavailableError):
    """A request had no answer, and was repeated as often as is safe.

    Where it was a write, it may have been made; ``loss`` tells.
    """

    loss: Loss = Loss.FAILED


def decode_json(content: bytes, kind: type[T], dec_hook: Any = None) -> T:
    """Decode JSON of a type. Raises `msgspec.DecodeError` alone, whatever it is.

    >>> decode_json(b'["a"]', list[str])
    ['a']
    """
    try:
        return msgspec.json.decode(content, type=kind, dec_hook=dec_hook)
    except UnicodeDecodeError:
        raise msgspec.DecodeError("JSON is malformed: it is not UTF-8") from None
    except RecursionError:
        raise msgspec.DecodeError("JSON is nested too deeply") from None


def layers(error: BaseException) -> Iterator[BaseException]:
    """Return an error, and the errors below it that made the layers of a library raise it."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        inner = [arg for arg in seen.args if isinstance(arg, BaseException)]
        reason = getattr(seen, "reason", None)
        if isinstance(reason, BaseException):
            inner.append(reason)
        seen = inner[-1] if inner else seen.__cause__ or seen.__context__


def cause(error: BaseException) -> str:
    """Return what the system said, in lower case, below the layers of a library.

    >>> cause(OSError(111, "Connection refused"))
    'connection refused'
    """
    for layer in layers(error):
        if isinstance(layer, OSError) and layer.strerror:
            return layer.strerror.lower()
        if type(layer) is OSError and layer.args:
            return str(layer)
    return type(error).__name__
