"""Single property values: how each is parsed from a program, read from the state, and written."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import name_order, parse_hostname, parse_zone, stored_name
from pulumi_rdns.model.specs import MAX_TTL
from pulumi_rdns.model.structs import describe

_INSTANCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")


class Kind(NamedTuple):
    """One kind of value."""

    #: what a program gave, in any spelling -> the value; raises InvalidInputError
    parse: Callable[[Any], Any]
    #: what `write` wrote -> the value; numbers come back from the engine as floats
    read: Callable[[Any], Any]
    #: the value -> what is stored
    write: Callable[[Any], Any]


def parse_backend(value: object) -> str:
    """Read the name of a backend instance; it becomes a part of ids, so it holds no slash."""
    if not isinstance(value, str):
        raise InvalidInputError(f"must be the name of a backend, not {describe(value)}")
    if not _INSTANCE.match(value):
        raise InvalidInputError(
            f"{value!r} is not a valid backend name: letters, digits, dot, hyphen and underscore "
            "only"
        )
    return value


def parse_ttl(value: object) -> int:
    """Read a TTL: whole seconds, 0 to 2147483647 (RFC 2181 section 8)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInputError(f"must be a whole number of seconds, not {describe(value)}")
    if not math.isfinite(value) or value != int(value):
        raise InvalidInputError(f"must be a whole number of seconds, not {value}")
    if not 0 <= value <= MAX_TTL:
        raise InvalidInputError(
            f"{int(value)} is out of range: 0 to {MAX_TTL} seconds (RFC 2181 section 8)"
        )
    return int(value)


def parse_seconds(value: object) -> float:
    """Read a time-out: seconds, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidInputError(f"must be a number of seconds, not {describe(value)}")
    if value < 0:
        raise InvalidInputError(f"{value:g} is negative; it is a number of seconds")
    return float(value)


def parse_percent(value: object) -> int:
    """Read a share of 100: a whole number, 0 to 100."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise InvalidInputError(f"must be a whole number from 0 to 100, not {describe(value)}")
    if not 0 <= value <= 100:
        raise InvalidInputError(f"{value:g} is out of range: 0 to 100 percent")
    return int(value)


def one_of(choices: type[StrEnum]) -> Kind:
    """Return the kind of a value that is one of a few words.

    A word in the state that this release does not know counts as absent.
    """

    def parse(value: object) -> StrEnum:
        words = ", ".join(choice.value for choice in choices)
        if not isinstance(value, str):
            raise InvalidInputError(f"must be one of {words}, not {describe(value)}")
        try:
            return choices(value)
        except ValueError:
            raise InvalidInputError(f"{value!r} is not one of {words}") from None

    known = {choice.value: choice for choice in choices}
    return Kind(parse, known.get, str)


def output(read: Callable[[Any], Any], write: Callable[[Any], Any]) -> Kind:
    """Return the kind of a value that no program gives."""
    return Kind(read, read, write)


ADDRESS = Kind(parse_address, ipaddress.ip_address, str)
BACKEND = Kind(parse_backend, str, str)
HOSTNAME = Kind(parse_hostname, stored_name, str)
ZONE = Kind(parse_zone, stored_name, str)
TTL = Kind(parse_ttl, int, int)
SECONDS = Kind(parse_seconds, float, float)
PERCENT = Kind(parse_percent, int, int)
COUNT = output(int, int)
FLAG = output(bool, bool)
TEXT = output(str, str)
#: text that a person reads, in which values stand
SENTENCE = output(str, str)
#: any names that stand at one name: a refresh may have learned several, joined by ", "
HOSTNAMES = output(
    lambda text: tuple(sorted(map(stored_name, text.split(", ") if text else ()), key=name_order)),
    ", ".join,
)
#: a list of names, or of addresses
NAMES = output(lambda texts: tuple(map(stored_name, texts)), list)
TEXTS = output(tuple, list)
