"""The settings, and what they are made of."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from typing import Annotated, TypeAlias, TypeVar

import dns.name
import msgspec

from pulumi_rdns.backends.base import Settings
from pulumi_rdns.errors import ConfigError, InvalidInputError
from pulumi_rdns.model.names import parse_zone, to_dns

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
T = TypeVar("T")


class MemorySettings(Settings):
    """What is there at the start, where it is kept, and how slow it is."""

    #: the networks whose addresses the account has (CIDR); all addresses where absent
    networks: list[str] | None = None
    #: the zones that are there
    zones: list[str] = msgspec.field(default_factory=list)
    #: a JSON file, relative to the folder of Pulumi.yaml, that keeps the records
    path: str | None = None
    #: operation (``get``, ``set``, ``unset``, ``apply``) -> seconds that it takes
    delays: dict[str, float] = msgspec.field(default_factory=dict)
    #: seconds to wait for another process that has the file
    lock_timeout: Annotated[float, msgspec.Meta(ge=0)] = 10.0


def networks(name: str, settings: MemorySettings) -> list[Network]:
    """Return the networks of an account. Raises ConfigError, a line per mistake."""
    texts = ["0.0.0.0/0", "::/0"] if settings.networks is None else settings.networks
    return _parsed(name, "networks", texts, _network)


def zones(name: str, settings: MemorySettings) -> list[dns.name.Name]:
    """Return the zones that are there. Raises ConfigError, a line per mistake."""
    return _parsed(name, "zones", settings.zones, _zone)


def _zone(text: str) -> dns.name.Name:
    return to_dns(parse_zone(text))


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise InvalidInputError(f"{text!r} is not a network, as in 192.0.2.0/24") from None


def _parsed(name: str, key: str, texts: Sequence[str], parse: Callable[[str], T]) -> list[T]:
    values, wrong = [], []
    for at, text in enumerate(texts):
        try:
            values.append(parse(text))
        except InvalidInputError as error:
            wrong.append(f"rdns:backends.{name}.{key}[{at}]: {error}")
    if wrong:
        raise ConfigError("\n".join(wrong))
    return values
