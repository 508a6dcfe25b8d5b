"""Cut the text of a zone file into entries and tokens, each with its exact place.

Text is the file's bytes read as latin-1, so that every byte survives (RFC 1035 section 5.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""[ \t]*+(?:
        (?P<newline>\r\n|\n|\r)
      | (?P<comment>;[^\r\n]*+)
      | (?P<paren>[()])
      | (?P<word>(?:[^ \t\r\n;()"\\]++|\\[^\r\n])++)
      | (?P<quoted>"(?:[^"\\\r\n]++|\\(?s:.))*+")
      | (?P<end>\Z)
    )""",
    re.VERBOSE,
)


class UnusableFileError(Exception):
    """A file that cannot be read as a zone; the message is for the user."""


class ZoneSyntaxError(UnusableFileError):
    """A line that no zone file can have."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}, line {line}: {reason}")


class Token(NamedTuple):
    """One word or quoted string; ``text`` is as it stands in the file, with its quotes."""

    start: int
    end: int
    text: str


class Entry(NamedTuple):
    """One record or directive: a line, or several within parentheses.

    ``start`` is where its first line starts, ``end`` is behind its line ending.
    """

    start: int
    end: int
    line: int
    is_indented: bool
    tokens: tuple[Token, ...]


def entries(text: str, file: str) -> Iterator[Entry]:
    """Yield the entries of a zone file in order, without blank and comment lines.

    ``file`` is named in errors. Raises ZoneSyntaxError.

    >>> [[token.text for token in entry.tokens] for entry in entries("a A ( 192.0.2.1 ) ; x", "f")]
    [['a', 'A', '192.0.2.1']]
    """
    tokens: list[Token] = []
    position = start = depth = 0
    line = first_line = 1
    while True:
        match = _TOKEN.match(text, position)
        if match is None:
            raise ZoneSyntaxError(file, line, _reason(text[position:].lstrip(" \t")))
        kind = match.lastgroup
        position = match.end()
        if kind in ("word", "quoted"):
            tokens.append(Token(match.start(kind), position, match[kind]))
            line += match[kind].count("\n")
        elif kind == "paren":
            depth += 1 if match[kind] == "(" else -1
            if depth < 0:
                raise ZoneSyntaxError(file, line, "')' without '('")
        elif kind in ("newline", "end"):
            if kind == "end" and depth:
                raise ZoneSyntaxError(file, first_line, "'(' is never closed")
            line += 1
            if depth:
                continue
            if tokens:
                yield Entry(start, position, first_line, text[start] in " \t", tuple(tokens))
                tokens = []
            if kind == "end":
                return
            start, first_line = position, line


def replaced(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    """Return a text with parts of it, from a start to an end, replaced.

    >>> replaced("a b c", [(2, 3, "x"), (0, 0, "y")])
    'ya x c'
    """
    parts: list[str] = []
    position = 0
    for start, end, new in sorted(edits):
        parts += [text[position:start], new]
        position = end
    return "".join([*parts, text[position:]])


def ascii_only(text: str) -> str:
    """Return a text with the bytes above 127 as escapes, as dnspython needs them.

    >>> ascii_only("caf\\xe9")
    'caf\\\\233'
    """
    if text.isascii():
        return text
    pattern = r"(\\[\x00-\x7f])|\\?([\x80-\xff])"
    return re.sub(pattern, lambda match: match[1] or f"\\{ord(match[2]):03d}", text)


def _reason(rest: str) -> str:
    if rest.startswith('"'):
        return 'a quoted string without its closing "'
    return "a backslash at the end of the line"
