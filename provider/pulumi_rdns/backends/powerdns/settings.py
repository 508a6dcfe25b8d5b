"""The settings of an instance, and the API key that never shows."""

from __future__ import annotations

import os
import urllib.parse
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from pulumi_rdns.backends.base import Settings
from pulumi_rdns.backends.registry import override_variable
from pulumi_rdns.errors import ConfigError

#: setting -> its variable, as lego, certbot's plugin and the vendor's own tools know it
ENVIRONMENT = {"apiUrl": "PDNS_API_URL", "apiKey": "PDNS_API_KEY"}


class PowerDnsSettings(Settings):
    """Where the API is, as in ``http://ns1.example.net:8081``, and its key.

    ``timeout`` is seconds for each answer, and for how long a busy server is asked again. The repr
    leaves the key out.
    """

    api_url: str
    api_key: str
    server_id: str = "localhost"
    timeout: Annotated[float, msgspec.Meta(gt=0)] = 30.0

    def __repr__(self) -> str:
        return f"PowerDnsSettings(api_url={self.api_url!r}, server_id={self.server_id!r})"


@dataclass(frozen=True)
class ApiKey:
    """The key, and where it was read from."""

    secret: str = field(repr=False)
    origin: str


def api_key(name: str, settings: PowerDnsSettings) -> ApiKey:
    """Check the key: the HTTP library would show a bad one in its message. Raises ConfigError."""
    secret = settings.api_key.strip()
    if not secret or not secret.isascii() or not secret.isprintable():
        raise ConfigError(
            f"rdns:backends.{name}.apiKey: is empty or has characters that no HTTP header can have"
        )
    for variable in (override_variable(name, "apiKey"), ENVIRONMENT["apiKey"]):
        if os.environ.get(variable) == settings.api_key:
            return ApiKey(secret, f"the environment variable {variable}")
    return ApiKey(secret, f"rdns:backends.{name}.apiKey")


def server_url(name: str, settings: PowerDnsSettings) -> str:
    """Give the URL of the server's part of the API. Raises ConfigError."""
    url = urllib.parse.urlsplit(settings.api_url.strip())
    if url.scheme not in ("http", "https") or not url.hostname or "@" in url.netloc:
        raise ConfigError(
            f"rdns:backends.{name}.apiUrl: must be http://HOST:PORT or https://…, without a user "
            "or a password"
        )
    base = settings.api_url.strip().rstrip("/").removesuffix("/api/v1")
    return f"{base}/api/v1/servers/{urllib.parse.quote(settings.server_id, safe='')}"
