"""The settings of an instance, and what they make: servers, and a key."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Annotated

import dns.tsig
import msgspec

from pulumi_rdns.backends.base import Settings
from pulumi_rdns.errors import ConfigError, InvalidInputError
from pulumi_rdns.model.endpoints import endpoint_text, split_port

#: setting -> its variable, as lego, Traefik and cert-manager's users know it
ENVIRONMENT = {
    "server": "RFC2136_NAMESERVER",
    "keyName": "RFC2136_TSIG_KEY",
    "keySecret": "RFC2136_TSIG_SECRET",
    "keyAlgorithm": "RFC2136_TSIG_ALGORITHM",
    "keyFile": "RFC2136_TSIG_FILE",
}

#: a name or an address, and nothing of a URL
_HOST = re.compile(r"[^\s/@:?#\[\]]+")


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
        return endpoint_text(self.host, self.port)


@dataclass(frozen=True)
class TsigCredential:
    """A TSIG key (RFC 8945), and where its secret was read from."""

    key: dns.tsig.Key = field(repr=False)
    #: the key's name as the user knows it; that of the key is in lower case
    name: str
    origin: str

    @property
    def text(self) -> str:
        """Name and algorithm as a user knows them, without the secret."""
        return f"key {self.name} ({self.key.algorithm.to_text(True)}, from {self.origin})"


def parse_server(text: str) -> UpdateServer:
    """Read ``host`` or ``host:port``; an IPv6 address with a port stands in brackets.

    The host may be any name that the system finds: ``localhost``, or that of a container. Raises
    InvalidInputError.
    """
    try:
        host, port = split_port(text)
        host = _canonical_host(host)
    except (InvalidInputError, UnicodeError):
        reason = f"{text!r} is not a valid server address; write host or host:port"
        raise InvalidInputError(reason) from None
    return UpdateServer(host, port)


def _canonical_host(text: str) -> str:
    """Return an address or a name as it is shown and compared.

    Raises InvalidInputError and UnicodeError.
    """
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    text.encode("idna")
    if not _HOST.fullmatch(text):
        raise InvalidInputError(f"{text!r} is neither an address nor a name")
    return text.lower()


def update_servers(instance: str, settings: Rfc2136Settings) -> list[UpdateServer]:
    """Return the servers in the order in which they are tried. Raises ConfigError."""
    texts = [settings.server] if isinstance(settings.server, str) else settings.server
    found = []
    for text in texts:
        try:
            found.append(parse_server(text))
        except InvalidInputError as error:
            raise ConfigError(f"rdns:backends.{instance}.server: {error}") from None
    if not found:
        raise ConfigError(f"rdns:backends.{instance}.server: the list is empty")
    return found
