"""A value with its past, so that a reader who lags behind sees what was there before."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class History(Generic[T]):
    """One value over time."""

    def __init__(self, first: T) -> None:
        self._entries: list[tuple[float, T]] = [(float("-inf"), first)]

    @property
    def now(self) -> T:
        """The value as it really is."""
        return self._entries[-1][1]

    def put(self, moment: float, value: T) -> None:
        """Change it."""
        self._entries.append((moment, value))

    def at(self, moment: float) -> T:
        """Give the value as it was."""
        return next(value for since, value in reversed(self._entries) if since <= moment)
