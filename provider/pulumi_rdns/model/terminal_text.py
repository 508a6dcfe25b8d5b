"""Text from elsewhere (an API's words, a command's output, a file's name), made safe to print.

A terminal obeys control characters (ECMA-48), and the controls of Unicode's bidirectional algorithm
(UAX #9) show a text in another order than it has.
"""

from __future__ import annotations

import re

#: stands for a value that the user keeps secret
HIDDEN = "[secret]"
#: C0 and C1; what is invisible or gives a direction; separators of lines; halves of pairs, which
#: no terminal can be sent; what is not interchanged, and tags
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def escaped(text: str) -> str:
    r"""Return a text as one line: what a terminal would obey is shown as an escape.

    >>> escaped("no\x1b[2J such\nname")
    'no\\x1b[2J such\\nname'
    """
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def escaped_lines(text: str) -> str:
    r"""Return a message of several lines, each escaped.

    >>> escaped_lines("one\ntwo\x07")
    'one\ntwo\\x07'
    """
    return "\n".join(map(escaped, text.split("\n")))
