"""The settings of an instance, and the server and the key that they make."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import os
import re
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import dns.exception
import dns.name
import dns.tsig
import msgspec

from pulumi_rdns.backends.base import Settings
from pulumi_rdns.backends.registry import override_variable
from pulumi_rdns.errors import ConfigError

#: setting -> its variable, as lego, Traefik and cert-manager's users know it
ENVIRONMENT = {
    "server": "RFC2136_NAMESERVER",
    "keyName": "RFC2136_TSIG_KEY",
    "keySecret": "RFC2136_TSIG_SECRET",
    "keyAlgorithm": "RFC2136_TSIG_ALGORITHM",
    "keyFile": "RFC2136_TSIG_FILE",
}
DEFAULT_ALGORITHM = "hmac-sha256"
ALGORITHMS = ("hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512")

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|#[^\n]*", re.DOTALL)
_CLAUSE = re.compile(r'\bkey\s+"?([^\s"{]+)"?\s*\{(.*?)\}', re.DOTALL)
_STATEMENT = re.compile(r'\b(algorithm|secret)\s+"?([^\s";]+)"?\s*;')


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


class Server(msgspec.Struct, frozen=True):
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
class Credential:
    """A TSIG key (RFC 8945), and where its secret was read from."""

    key: dns.tsig.Key = field(repr=False)
    origin: str

    @property
    def text(self) -> str:
        """Write name and algorithm as a user knows them."""
        name, algorithm = (one.to_text(True) for one in (self.key.name, self.key.algorithm))
        return f"key {name} ({algorithm}, from {self.origin})"


def parse_server(text: str) -> Server:
    """Read ``host`` or ``host:port``; an IPv6 address with a port stands in brackets.

    Raises ValueError.
    """
    try:
        return Server(str(ipaddress.ip_address(text)))
    except ValueError:
        url = urllib.parse.urlsplit(f"//{text}")
    if not url.hostname or url.netloc != text or "@" in text or url.port == 0:
        raise ValueError(text)
    url.hostname.encode("idna")
    return Server(url.hostname, url.port or 53)


def servers(name: str, settings: Rfc2136Settings) -> list[Server]:
    """Give the servers in the order in which they are tried. Raises ConfigError."""
    texts = [settings.server] if isinstance(settings.server, str) else settings.server
    found = []
    for text in texts:
        try:
            found.append(parse_server(text.strip()))
        except ValueError:
            reason = f"{text!r} is not a server; write host or host:port"
            raise ConfigError(f"rdns:backends.{name}.server: {reason}") from None
    if not found:
        raise ConfigError(f"rdns:backends.{name}.server: the list is empty")
    return found


def credential(name: str, settings: Rfc2136Settings, root: Path) -> Credential | None:
    """Make the key out of the settings or of the key file; None without any. Raises ConfigError."""
    path = f"rdns:backends.{name}"
    if settings.key_file is not None:
        if settings.key_name is not None or settings.key_secret is not None:
            raise ConfigError(f"{path}: keyFile stands for keyName and keySecret; give only one")
        return _from_file(path, root / settings.key_file)
    if settings.key_name is None and settings.key_secret is None:
        return None
    if settings.key_name is None or settings.key_secret is None:
        missing = "keyName" if settings.key_name is None else "keySecret"
        secret = "" if settings.key_name is None else "--secret "
        raise ConfigError(
            f"{path}.{missing}: is missing; set it with: pulumi config set --path "
            f"{secret}'{path}.{missing}' VALUE (or set {ENVIRONMENT[missing]})"
        )
    key = _key(path, settings.key_name, settings.key_secret, settings.key_algorithm)
    return Credential(key, _origin(name, settings.key_secret))


def _from_file(path: str, file: Path) -> Credential:
    """Read the one ``key`` clause that `tsig-keygen` and `rndc-confgen` write."""
    try:
        text = _COMMENT.sub("", file.read_text())
    except (OSError, UnicodeError) as cause:
        why = getattr(cause, "strerror", None) or "is not text"
        raise ConfigError(f"{path}.keyFile: {file}: {why}") from None
    clauses = _CLAUSE.findall(text)
    if len(clauses) != 1:
        raise ConfigError(f'{path}.keyFile: {file}: must hold one clause key "NAME" {{ … }};')
    name, body = clauses[0]
    statements = dict(_STATEMENT.findall(body))
    if "secret" not in statements:
        raise ConfigError(f"{path}.keyFile: {file}: the key has no secret")
    key = _key(path, name, statements["secret"], statements.get("algorithm"))
    return Credential(key, str(file))


def _key(path: str, name: str, secret: str, algorithm: str | None) -> dns.tsig.Key:
    """Check all three parts. No error is chained: its text may hold the secret."""
    known = (algorithm or DEFAULT_ALGORITHM).lower().rstrip(".")
    if known.startswith("hmac-md5"):
        raise ConfigError(
            f"{path}.keyAlgorithm: hmac-md5 is broken (RFC 8945 section 6); make a new key with: "
            f"tsig-keygen -a {DEFAULT_ALGORITHM} NAME"
        )
    if known not in ALGORITHMS:
        reason = f"{algorithm!r} is not known; known are {', '.join(ALGORITHMS)}"
        raise ConfigError(f"{path}.keyAlgorithm: {reason}")
    try:
        owner = dns.name.from_text(name.strip())
    except dns.exception.DNSException:
        raise ConfigError(f"{path}.keyName: {name!r} is not a name") from None
    try:
        raw = base64.b64decode("".join(secret.split()), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not raw:
        raise ConfigError(f"{path}.keySecret: is not base64 text, as tsig-keygen writes it")
    return dns.tsig.Key(owner, raw, known)


def _origin(name: str, secret: str) -> str:
    """Say where the secret was read from, as far as that can be told."""
    for variable in (override_variable(name, "keySecret"), ENVIRONMENT["keySecret"]):
        if os.environ.get(variable) == secret:
            return f"the environment variable {variable}"
    return f"rdns:backends.{name}.keySecret"
