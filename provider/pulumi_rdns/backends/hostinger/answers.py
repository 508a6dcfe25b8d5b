"""What came of one request."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias, TypeVar

from pulumi_rdns.backends.kit.operation import Operation

from .wire import decode

T = TypeVar("T")


class Answer(NamedTuple):
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


class NoAnswer(NamedTuple):
    """No answer at all, or one that may be another the next time."""

    reason: str
    code: str = ""
    #: seconds
    retry_after: float | None = None
    is_lasting: bool = False
    #: a 429: the request was not worked on
    is_rate_limit: bool = False


Outcome: TypeAlias = Answer | NoAnswer
