"""How long to wait before the same is asked again."""

from __future__ import annotations

from collections.abc import Iterator


def growing(first: float, longest: float) -> Iterator[float]:
    """Give pauses in seconds that double up to the longest.

    >>> pauses = growing(1, 5)
    >>> [next(pauses) for _ in range(5)]
    [1, 2, 4, 5, 5]
    """
    pause = first
    while True:
        yield min(pause, longest)
        pause = min(pause * 2, longest)
