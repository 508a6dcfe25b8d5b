"""Which file has which zone, out of the zone statements of a named.conf (BIND)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import dns.exception
import dns.name

from .lexer import UnusableFileError

MAX_DEPTH = 20
_TOKEN = re.compile(
    r"""(?:\s|//[^\n]*|\#[^\n]*|/\*(?s:.)*?\*/)*+(?:
        (?P<quoted>"(?:[^"\\]|\\(?s:.))*+")
      | (?P<mark>[{};])
      | (?P<word>[^\s{};"]++)
      | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_PRIMARY = ("primary", "master")


class ConfiguredFile(NamedTuple):
    """The file of a zone; ``reason`` says why it is not to be written, empty where it may be."""

    path: Path
    reason: str = ""


@dataclass
class _Statement:
    words: list[str] = field(default_factory=list)
    body: list[_Statement] = field(default_factory=list)

    def value(self, key: str) -> str:
        """Return the value of a statement in the body; empty where it is not there."""
        return next((one.words[1] for one in self.body if one.words[:1] == [key]), "")


def read_named_conf(
    path: Path, folder: Path, text_of: Callable[[Path], str]
) -> dict[dns.name.Name, ConfiguredFile]:
    """Return the file of each zone that has one; a relative one is in ``folder``.

    ``text_of`` reads a file. Raises OSError and UnusableFileError.
    """
    found: dict[dns.name.Name, ConfiguredFile] = {}
    for zone, file in _files(_statements_of(path, text_of, 0), path, folder):
        other = found.get(zone)
        if other is not None and other.path != file.path:
            reason = f"{path.name} has the zone twice (in views), in {other.path} and {file.path}"
            file = ConfiguredFile(other.path, reason)
        found[zone] = file
    return found


def _files(
    statements: list[_Statement], path: Path, folder: Path
) -> Iterator[tuple[dns.name.Name, ConfiguredFile]]:
    for statement in statements:
        match statement.words:
            case ["view", _, *_]:
                yield from _files(statement.body, path, folder)
            case ["zone", name, *rest] if not rest or rest[0].upper() == "IN":
                apex = _apex(name, path)
                configured = _configured(statement, folder / statement.value("file"), path)
                # The root is where name servers begin to look, in a file of hints or a mirror.
                is_hint = apex == dns.name.root and configured.reason
                if statement.value("file") and not is_hint:
                    yield apex, configured


def _configured(statement: _Statement, file: Path, path: Path) -> ConfiguredFile:
    kind = statement.value("type")
    if kind in _PRIMARY:
        return ConfiguredFile(file)
    return ConfiguredFile(
        file, f"{path.name} has the zone as type {kind}; change it at its primary"
    )


def _apex(text: str, path: Path) -> dns.name.Name:
    try:
        return dns.name.from_text(text.encode()).canonicalize()
    except (dns.exception.DNSException, ValueError) as cause:
        raise UnusableFileError(f'{path.name}: zone "{text}" is not a valid name') from cause


def _statements_of(path: Path, text_of: Callable[[Path], str], depth: int) -> list[_Statement]:
    """Read a file and, in their places at the top or in a view, those that it includes."""
    if depth > MAX_DEPTH:
        raise UnusableFileError(f"{path}: more than {MAX_DEPTH} files include one another")

    def included(statements: list[_Statement]) -> Iterator[_Statement]:
        for statement in statements:
            match statement.words:
                case ["include", file, *_]:
                    yield from _statements_of(path.parent / file, text_of, depth + 1)
                case ["view", *_]:
                    yield _Statement(statement.words, list(included(statement.body)))
                case _:
                    yield statement

    return list(included(_parse(text_of(path), path)))


def _parse(text: str, path: Path) -> list[_Statement]:
    bodies: list[list[_Statement]] = [[]]
    open_ones = [_Statement()]
    position = 0
    while True:
        match = _TOKEN.match(text, position)
        if match is None:
            line = text.count("\n", 0, position) + 1
            raise UnusableFileError(f"{path.name}, line {line}: a quoted string without its end")
        position = match.end()
        match match.lastgroup, match["mark"]:
            case "quoted", _:
                open_ones[-1].words.append(re.sub(r"\\((?s:.))", r"\1", match["quoted"][1:-1]))
            case "word", _:
                open_ones[-1].words.append(match["word"])
            case _, "{":
                bodies.append([])
                open_ones.append(_Statement())
            case _, "}" if len(bodies) > 1:
                open_ones.pop()
                open_ones[-1].body = bodies.pop()
            case _, ";":
                if open_ones[-1].words:
                    bodies[-1].append(open_ones[-1])
                open_ones[-1] = _Statement()
            case "end", _ if len(bodies) == 1:
                return bodies[0]
            case _:
                line = text.count("\n", 0, position) + 1
                raise UnusableFileError(f"{path.name}, line {line}: '{{' and '}}' do not match")
