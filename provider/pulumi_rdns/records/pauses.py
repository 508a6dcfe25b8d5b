"""How long to pause between two looks at something that is coming."""

from __future__ import annotations

import random
from collections.abc import Iterator

#: seconds: the first pause, and the longest
FIRST, LONGEST = 0.5, 10.0


def pauses() -> Iterator[float]:
    """Give pauses in seconds without end: each longer than the last, with jitter."""
    pause = FIRST
    while True:
        yield pause * random.uniform(0.8, 1.2)
        pause = min(pause * 1.5, LONGEST)
