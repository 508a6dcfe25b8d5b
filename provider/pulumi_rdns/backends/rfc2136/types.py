"""The settings of an instance, and what they make: servers, and a key."""

from __future__ import annotations

import ipaddress
import urllib.parse
from dataclasses import dataclass, field
from typing import Annotated

import dns.tsig
import msgspec

from pulumi_rdns.backends.base import Settings
from pulumi_rdns.errors import ConfigError

#: setting -> its variable, as lego, Traefik and cert-manager's users know it
ENVIRONMENT = {
    "server": "RFC2136_NAMESERVER",
    "keyName": "RFC2136_TSIG_KEY",
    "keySecret": "RFC2136_TSIG_SECRET",
    "keyAlgorithm": "RFC2136_TSIG_ALGORITHM",
    "keyFile": "RFC2136_TSIG_FILE",
}


class Rfc2136Settings(Settings):
    """``server`` is ``host[:port]``, or several; ``timeout`` is seconds for each answer.

    ``key_file`` is a BIND key file, relative to the folder of Pulumi.yaml. Without a key, updates
    are not signed. The repr leaves the secret out.
    """

    server: str | list[str]
    key_name: str | None = None
    key_secret: str | None = None
    key_algorithm: str | None = None
    key_file: str | None = None
    timeout: Annotated[float, msgspec.Meta(gt=0)] = 10.0

    def __repr__(self) -> str:
        return f"Rfc2136Settings(server={self.server!r}, key_name={self.key_name!r})"


class UpdateServer(msgspec.Struct, frozen=True):
    """Where a server listens.

    >>> str(parse_server("ns1.example.net")), str(parse_server("[2001:db8::53]:5353"))
    ('ns1.example.net', '[2001:db8::53]:5353')
    """

    host: str
    port: int = 53

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host and self.port != 53 else self.host
        return host if self.port == 53 else f"{host}:{self.port}"


@dataclass(frozen=True)
class TsigCredential:
    """A TSIG key (RFC 8945), and where its secret was read from."""

    key: dns.tsig.Key = field(repr=False)
    origin: str

    @property
    def text(self) -> str:
        """Name and algorithm as a user knows them, without the secret."""
        name, algorithm = (one.to_text(True) for one in (self.key.name, self.key.algorithm))
        return f"key {name} ({algorithm}, from {self.origin})"


def parse_server(text: str) -> UpdateServer:
    """Read ``host`` or ``host:port``; an IPv6 address with a port stands in brackets.

    Raises ValueError.
    """
    try:
        return UpdateServer(str(ipaddress.ip_address(text)))
    except ValueError:
        url = urllib.parse.urlsplit(f"//{text}")
    if not url.hostname or url.netloc != text or "@" in text or url.port == 0:
        raise ValueError(text)
    url.hostname.encode("idna")
    return UpdateServer(url.hostname, url.port or 53)


def update_servers(instance: str, settings: Rfc2136Settings) -> list[UpdateServer]:
    """Return the servers in the order in which they are tried. Raises ConfigError."""
    texts = [settings.server] if isinstance(settings.server, str) else settings.server
    found = []
    for text in texts:
        try:
            found.append(parse_server(text.strip()))
        except ValueError:
            reason = f"{text!r} is not a valid server address; write host or host:port"
            raise ConfigError(f"rdns:backends.{instance}.server: {reason}") from None
    if not found:
        raise ConfigError(f"rdns:backends.{instance}.server: the list is empty")
    return found
