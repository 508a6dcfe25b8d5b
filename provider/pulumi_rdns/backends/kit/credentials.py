"""Secrets: checked, hidden, and named by where they came from."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from pulumi_rdns.backends.registry import override_variable
from pulumi_rdns.errors import ConfigError

if TYPE_CHECKING:
    import requests


@dataclass(frozen=True)
class Credential:
    """A secret, and where it was read from. Its repr leaves the secret out."""

    secret: str = field(repr=False)
    #: ``rdns:backends.<instance>.<key>``
    setting: str
    #: the environment variable that it was read from, or nothing
    variable: str = ""
    #: the variable that beats the stack's configuration
    override: str = ""

    @property
    def origin(self) -> str:
        """Where it was read from, as far as that can be told."""
        return f"the environment variable {self.variable}" if self.variable else self.setting

    @property
    def hint(self) -> str:
        """Where it was read from, and what may surprise about that."""
        if self.variable:
            return self.origin
        return (
            f"{self.setting} in the stack's configuration (refresh and destroy are given the one "
            f"of the last update; {self.override} beats it)"
        )

    def hide(self, text: str) -> str:
        """Return a text without the secret, also as a URL has it."""
        for shown in (self.secret, urllib.parse.quote(self.secret, safe="")):
            text = text.replace(shown, "***")
        return text


@dataclass(frozen=True)
class Credentials:
    """Several secrets that together are one login."""

    parts: tuple[Credential, ...]
    #: what was made of them, and is secret too: a token
    made: list[Credential] = field(default_factory=list)

    @property
    def hint(self) -> str:
        """Where they were read from, and what may surprise about that."""
        return "; ".join(part.hint for part in self.parts)

    def hide(self, text: str) -> str:
        """Return a text without any of the secrets."""
        for part in (*self.parts, *self.made):
            text = part.hide(text)
        return text


class Auth(Protocol):
    """What signs the requests of an instance: a `HeaderAuth`, or what an SDK needs for that."""

    @property
    def credential(self) -> Credential | Credentials:
        """What refusals name and what is hidden in messages."""


def variable_of(name: str, key: str, value: str, environment: Mapping[str, str]) -> str:
    """Return the environment variable that a setting's value was read from, or nothing.

    ``environment`` is the backend's: setting (camelCase) -> the variable that the ecosystem knows.
    """
    for variable in (override_variable(name, key), environment.get(key, "")):
        if variable and os.environ.get(variable) == value:
            return variable
    return ""


def read_credential(
    name: str,
    key: str,
    value: str,
    environment: Mapping[str, str],
    *,
    may_have_spaces: bool = False,
) -> Credential:
    """Return the secret of an instance's setting, without white space around it.

    Raises ConfigError for characters that no header can have: the HTTP library would show such a
    secret in its message.
    """
    secret = value.strip()
    is_clean = secret.isascii() and secret.isprintable() and (may_have_spaces or " " not in secret)
    if not secret or not is_clean:
        raise ConfigError(
            f"rdns:backends.{name}.{key}: is empty or has characters that it cannot have"
        )
    variable = variable_of(name, key, value, environment)
    return Credential(secret, f"rdns:backends.{name}.{key}", variable, override_variable(name, key))


@dataclass(frozen=True)
class HeaderAuth:
    """Sends a credential with each request, in a header: requests' own ``auth``.

    As ``auth`` and not among a session's headers, so that no .netrc takes its place.
    """

    credential: Credential
    header: str = "Authorization"
    prefix: str = "Bearer "

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request."""
        request.headers[self.header] = self.prefix + self.credential.secret
        return request
