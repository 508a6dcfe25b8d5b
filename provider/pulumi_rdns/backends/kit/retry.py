"""Which requests are sent again, for how long, and after which pauses."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from .answers import Loss

#: losses after which another try may fare better. Not UNTRUSTED; and a RATE_LIMIT is no failure:
#: `RateGate` says when to go on.
PASSING = frozenset({Loss.UNREACHABLE, Loss.TIMEOUT, Loss.CUT, Loss.FAILED})


class RetryPolicy(NamedTuple):
    """Says after which losses a request is sent again, and with which pauses.

    It says nothing of what is safe to repeat: who sends a request whose second copy would do harm
    asks for no repetition.
    """

    #: seconds after the first try in which another one may begin
    window: float = 60.0
    #: seconds of the first pause, which doubles up to the longest
    first: float = 0.5
    longest: float = 8.0
    #: the share of a pause that is left to chance, so that several clients do not keep step
    jitter: float = 0.0
    losses: frozenset[Loss] = PASSING

    def pauses(self) -> Iterator[float]:
        """Return the pauses between the tries, in seconds, without end."""
        for pause in growing(self.first, self.longest):
            yield pause * random.uniform(1 - self.jitter, 1)


def growing(first: float, longest: float) -> Iterator[float]:
    """Return pauses in seconds that double up to the longest, without end.

    >>> pauses = growing(1, 5)
    >>> [next(pauses) for _ in range(5)]
    [1, 2, 4, 5, 5]
    """
    pause = first
    while True:
        yield min(pause, longest)
        pause = min(pause * 2, longest)


def tried(times: int) -> str:
    """Return the end of a reason: how often it was tried; nothing for once.

    >>> tried(1), tried(3)
    ('', ', tried 3 times')
    """
    return f", tried {times} times" if times > 1 else ""
