"""What came of one request."""

from __future__ import annotations

from typing import NamedTuple


class Answer(NamedTuple):
    """What the server said to one request."""

    status: int
    content: bytes


class BusyError(Exception):
    """The request failed, and another try may fare better: HTTP 5xx, or a cut connection.

    A write may have been done all the same.
    """

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.code = code


class UnreachableError(Exception):
    """There is no answer, and none is to be expected of another try."""

    def __init__(self, reason: str, *, was_sent: bool = False) -> None:
        super().__init__(reason)
        #: whether the server may have got the request all the same
        self.was_sent = was_sent
