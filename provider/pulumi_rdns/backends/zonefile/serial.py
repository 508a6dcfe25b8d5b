"""The serial number of a zone."""

from __future__ import annotations

import datetime

_SIZE = 2**32


def next_serial(serial: int, today: datetime.date) -> int:
    """Return the serial that follows, in the zone's own convention.

    A serial of the form YYYYMMDDnn goes to today's first, or up by one where that is more; more
    than a hundred writes in a day run over into later days. Any other goes up by one. After the
    largest comes 1 (RFC 1982; 0 is avoided because some programs give it a meaning).

    >>> next_serial(7, datetime.date(2024, 2, 1))
    8
    >>> next_serial(2024013105, datetime.date(2024, 2, 1))
    2024020100
    """
    following = (serial + 1) % _SIZE or 1
    if not _is_dated(serial):
        return following
    return max(following, int(today.strftime("%Y%m%d")) * 100)


def _is_dated(serial: int) -> bool:
    # Days up to 99 count: the hundredth write of January 31st makes it 0132nn.
    year, month, day = serial // 1_000_000, serial // 10_000 % 100, serial // 100 % 100
    return 1980 <= year <= 4000 and 1 <= month <= 12 and day >= 1
