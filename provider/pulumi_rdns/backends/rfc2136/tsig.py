"""The TSIG key (RFC 8945) of an instance: out of its settings, or out of a BIND key file."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path

import dns.exception
import dns.name
import dns.tsig

from pulumi_rdns.backends.kit.credentials import variable_of
from pulumi_rdns.errors import ConfigError

from .types import ENVIRONMENT, Rfc2136Settings, TsigCredential

DEFAULT_ALGORITHM = "hmac-sha256"
ALGORITHMS = ("hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512")

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|#[^\n]*", re.DOTALL)
_CLAUSE = re.compile(r'\bkey\s+"?([^\s"{]+)"?\s*\{(.*?)\}', re.DOTALL)
_STATEMENT = re.compile(r'\b(algorithm|secret)\s+"?([^\s";]+)"?\s*;')


def tsig_credential(instance: str, settings: Rfc2136Settings, root: Path) -> TsigCredential | None:
    """Return the key of the settings or of the key file; None without any. Raises ConfigError."""
    path = f"rdns:backends.{instance}"
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
    key, name = _key(path, settings.key_name, settings.key_secret, settings.key_algorithm)
    variable = variable_of(instance, "keySecret", settings.key_secret, ENVIRONMENT)
    origin = f"the environment variable {variable}" if variable else f"{path}.keySecret"
    return TsigCredential(key, name, origin)


def _from_file(path: str, file: Path) -> TsigCredential:
    """Read the one ``key`` clause that `tsig-keygen` and `rndc-confgen` write."""
    try:
        text = _COMMENT.sub("", file.read_text())
    except (OSError, UnicodeError) as cause:
        why = getattr(cause, "strerror", None) or "is not text"
        raise ConfigError(f"{path}.keyFile: {file}: {why}") from None
    clauses = _CLAUSE.findall(text)
    if len(clauses) != 1:
        raise ConfigError(f'{path}.keyFile: {file}: must contain one clause key "NAME" {{ … }};')
    name, body = clauses[0]
    statements = dict(_STATEMENT.findall(body))
    if "secret" not in statements:
        raise ConfigError(f"{path}.keyFile: {file}: the key has no secret")
    key, name = _key(path, name, statements["secret"], statements.get("algorithm"))
    return TsigCredential(key, name, str(file))


def _key(path: str, name: str, secret: str, algorithm: str | None) -> tuple[dns.tsig.Key, str]:
    """Return the key, and its name as it was given. No error is chained: it may hold the secret.

    The key's own name is in canonical form (RFC 8945 sections 4.2 and 4.3.3): PowerDNS finds no
    other.
    """
    known = (algorithm or DEFAULT_ALGORITHM).lower().rstrip(".")
    if known.startswith("hmac-md5"):
        raise ConfigError(
            f"{path}.keyAlgorithm: hmac-md5 is broken (RFC 8945 section 6); make a new key with: "
            f"tsig-keygen -a {DEFAULT_ALGORITHM} NAME"
        )
    if known not in ALGORITHMS:
        reason = f"{algorithm!r} is not supported; supported are {', '.join(ALGORITHMS)}"
        raise ConfigError(f"{path}.keyAlgorithm: {reason}")
    try:
        owner = dns.name.from_text(name.strip())
    except dns.exception.DNSException:
        raise ConfigError(f"{path}.keyName: {name!r} is not a valid key name") from None
    try:
        raw = base64.b64decode("".join(secret.split()), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not raw:
        raise ConfigError(f"{path}.keySecret: is not base64 text, as tsig-keygen writes it")
    return dns.tsig.Key(owner.canonicalize(), raw, known), owner.to_text(True)
