"""The settings, and what is known of the provider classes. Pure."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import Annotated, Any

import msgspec

from pulumi_rdns.backends.base import Settings


class OctoDnsSettings(Settings):
    """``provider`` is ``module.Class``, and ``options`` what its constructor is given.

    ``zones`` are those of a provider that cannot list its own, or the only ones of one that can.
    ``timeout`` is seconds for an operation. The repr leaves the options out.
    """

    provider: str
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    zones: list[str] = msgspec.field(default_factory=list)
    timeout: Annotated[float, msgspec.Meta(gt=0)] = 300.0

    def __repr__(self) -> str:
        return f"OctoDnsSettings(provider={self.provider!r}, zones={self.zones!r})"


class Writing(Enum):
    """How a provider class writes one RRset."""

    #: one request, which the server refuses where something else is there than is said
    COMPARED = auto()
    #: one request, in which the RRset takes the place of what is there
    REPLACED = auto()
    #: anything else: several requests, or one that adds values to those that are there
    IN_STEPS = auto()
    #: the whole zone is written anew
    WHOLE_ZONE = auto()


#: package of the class that writes -> how it does
_WRITING = {
    "octodns": Writing.WHOLE_ZONE,  # YAML files
    "octodns_azure": Writing.REPLACED,
    "octodns_desec": Writing.REPLACED,
    "octodns_edgedns": Writing.REPLACED,
    "octodns_gcore": Writing.REPLACED,
    "octodns_googlecloud": Writing.COMPARED,
    "octodns_ns1": Writing.REPLACED,
    "octodns_powerdns": Writing.REPLACED,
    "octodns_route53": Writing.COMPARED,
    "octodns_scaleway": Writing.REPLACED,
    "octodns_transip": Writing.WHOLE_ZONE,
    "octodns_ultra": Writing.REPLACED,
}
#: the one class that writes otherwise than the others of its package
_ZONE_FILES = ("octodns_bind", "ZoneFileProvider")
#: characters of an option from which it is hidden inside longer words too
_LONG = 6


def writing_of(provider: type) -> Writing:
    """Return how a provider class writes, by the class that defines ``_apply``."""
    for cls in provider.__mro__:
        if "_apply" in vars(cls):
            package = cls.__module__.partition(".")[0]
            if (package, cls.__name__) == _ZONE_FILES:
                return Writing.WHOLE_ZONE
            return _WRITING.get(package, Writing.IN_STEPS)
    return Writing.IN_STEPS


def hider(options: object) -> Callable[[str], str]:
    """Return what takes the values of all options out of a text.

    >>> hider({"token": "a-secret", "port": 80})("port 80 of 8080: no a-secret, no a-secrets")
    'port *** of 8080: no ***, no ***s'
    """
    words = {form for value in _values(options) for form in _forms(value)}
    patterns = [_pattern(word) for word in sorted(words, key=len, reverse=True)]
    found = re.compile("|".join(patterns) or r"(?!)")
    return lambda text: found.sub("***", text)


def _values(options: object) -> Iterator[str]:
    """Return the text of each value, however deep it is."""
    if isinstance(options, dict):
        for value in options.values():
            yield from _values(value)
    elif isinstance(options, list):
        for value in options:
            yield from _values(value)
    elif options is not None and not isinstance(options, bool):
        yield str(options)


def _forms(value: str) -> Iterator[str]:
    """Return a value as URLs and quotations have it, too, and its lines."""
    for text in [value.strip(), *value.split("\n")]:
        if text := text.strip():
            yield from (text, urllib.parse.quote(text, safe=""), urllib.parse.quote_plus(text))
            yield repr(text)[1:-1]


def _pattern(word: str) -> str:
    text = re.escape(word)
    return text if len(word) >= _LONG else rf"(?<!\w){text}(?!\w)"
