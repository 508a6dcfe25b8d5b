r"""``$GENERATE`` of BIND: a range, and templates with ``$`` for each number of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

#: numbers of one range: a network of a million addresses
MAX_NUMBERS = 2**20
_RANGE = re.compile(r"(\d+)-\+?(\d+)(?:/(\d+))?")
_PLACE = re.compile(
    r"\\(?s:.)|\$\$|\$(?:\{([+-]?\d+)(?:,(\d+)(?:,([doxXnN]))?)?\}|(?P<bad>\{))?", re.ASCII
)


def read_range(text: str) -> range:
    """Read ``start-stop`` or ``start-stop/step``. Raises ValueError.

    >>> list(read_range("20-30/5"))
    [20, 25, 30]
    """
    match = _RANGE.fullmatch(text)
    start, stop, step = (int(one or 1) for one in match.groups()) if match else (1, 0, 0)
    if start > stop or step < 1 or stop >= 2**31:
        raise ValueError(f"{text!r} is not a range of $GENERATE, as 20-30 or 20-30/2")
    numbers = range(start, stop + 1, step)
    if len(numbers) > MAX_NUMBERS:
        raise ValueError(f"$GENERATE {text} makes more than {MAX_NUMBERS:,} records")
    return numbers


def ranges_of(numbers: Iterable[int], step: int) -> Iterator[tuple[int, str]]:
    """Return the ranges that make up some numbers of a range, each with its first number.

    >>> list(ranges_of([20, 21, 23], 1)), list(ranges_of([20, 25], 5))
    ([(20, '20-21'), (23, '23-23')], [(20, '20-25/5')])
    """
    suffix = "" if step == 1 else f"/{step}"
    runs = groupby(enumerate(sorted(numbers)), lambda pair: pair[1] - pair[0] * step)
    for _, run in runs:
        found = [number for _, number in run]
        yield found[0], f"{found[0]}-{found[-1]}{suffix}"


def expand(template: str, number: int) -> str:
    r"""Return a template with a number in its places. Raises ValueError.

    As BIND does it, an offset holds for the ``$`` behind it too.

    >>> expand("h$-${1,3}-$-${0,2,x}", 30), expand("${0,3,n}", 30), expand(r"a\$b$$", 1)
    ('h30-031-31-1e', 'e.1', 'a\\$b\\$')
    """

    offset = 0

    def put(match: re.Match[str]) -> str:
        nonlocal offset
        if match["bad"]:
            raise ValueError(f"{template!r} has a ${{…}} that $GENERATE does not know")
        if match[0] == "$$":
            return "\\$"
        if match[0].startswith("\\"):
            return match[0]
        if match[1]:
            offset = int(match[1])
        value, width, form = number + offset, int(match[2] or 0), match[3] or "d"
        if form in "nN":
            return _nibbles(value, width, form)
        return f"{value:0{min(width, 255)}{form}}" if width else f"{value:{form}}"

    return _PLACE.sub(put, template)


def _nibbles(value: int, width: int, form: str) -> str:
    """Return hexadecimal digits from the last to the first, each with its dot, in ``width``.

    So an even width ends with a dot, and a number that needs more has no dot at its end.
    """
    digits = f"{value & 0xFFFFFFFF:{'x' if form == 'n' else 'X'}}"
    count = max(len(digits), (min(width, 255) + 1) // 2)
    text = ".".join(reversed(digits.zfill(count)))
    return text + "." if len(text) < width else text
