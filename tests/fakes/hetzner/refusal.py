"""What the API refuses."""

from __future__ import annotations

from typing import Any


class RefusedError(Exception):
    """A request that the API refuses: the status, and its code with the details, where told."""

    def __init__(self, status: int, message: str, more: tuple[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.more = more
