"""Which of the two logins an instance has, and what it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from pulumi_rdns.backends.kit.credentials import (
    Credential,
    Credentials,
    read_credential,
    variable_of,
)
from pulumi_rdns.backends.kit.http import check_url
from pulumi_rdns.backends.registry import how_to_set
from pulumi_rdns.errors import ConfigError

from .types import APPLICATION, ENVIRONMENT, HOSTS, OAUTH2, SECRETS, TOKEN_HOSTS, OvhSettings


@dataclass
class Login:
    """A login, and where it is used: requests are signed, or have an OAuth2 token."""

    #: the instance's name
    name: str
    #: setting -> its value, of the one login
    values: Mapping[str, str] = field(repr=False)
    credential: Credentials
    #: the host of the API
    url: str
    #: the host that an OAuth2 token is asked for at; nothing where requests are signed
    token_host: str = ""

    #: seconds that the server's clock is ahead of ours; None where it was not asked yet
    ahead: int | None = None
    token: str = field(default="", repr=False)
    #: when the token is not to be used any more, in seconds of the clock
    ends: float = 0.0

    def take(self, token: str, ends: float) -> None:
        """Use a token from here on."""
        self.credential.made.append(Credential(token, ""))
        self.token, self.ends = token, ends


def read_login(name: str, settings: OvhSettings) -> Login:
    """Return the login of an instance. Raises ConfigError, which lists all that is missing.

    What the stack or a variable of this instance's says beats a login out of the variables that
    all instances share (``OVH_…``).
    """
    fields = {field.encode_name: field.name for field in msgspec.structs.fields(OvhSettings)}
    given = {key: getattr(settings, fields[key]) for key in APPLICATION + OAUTH2}
    given = {key: value for key, value in given.items() if value}
    own = {
        key for key in given if variable_of(name, key, given[key], ENVIRONMENT) != ENVIRONMENT[key]
    }
    logins = [login for login in (APPLICATION, OAUTH2) if given.keys() & login]
    if len(logins) == 2:
        logins = [login for login in logins if own & {*login}] or logins
    if len(logins) == 2:
        raise ConfigError(
            f"rdns:backends.{name}: has an application's key and an OAuth2 client; leave either "
            f"{', '.join(APPLICATION)} or {' and '.join(OAUTH2)} out"
        )
    (login,) = logins or [APPLICATION]
    missing = [key for key in login if key not in given]
    if missing:
        raise ConfigError(
            "\n".join(
                how_to_set(f"rdns:backends.{name}.{key}", SECRETS, ENVIRONMENT) for key in missing
            )
        )
    read = {key: read_credential(name, key, given[key], ENVIRONMENT) for key in login}
    host = check_url(name, "apiUrl", settings.api_url) if settings.api_url else ""
    token_host = host or TOKEN_HOSTS.get(settings.endpoint, "")
    if login is OAUTH2 and not token_host:
        raise ConfigError(
            f"rdns:backends.{name}.endpoint: {settings.endpoint} has no OAuth2 clients; use an "
            f"application's key, or one of {', '.join(TOKEN_HOSTS)}"
        )
    return Login(
        name,
        {key: one.secret for key, one in read.items()},
        Credentials(tuple(one for key, one in read.items() if key in SECRETS)),
        host or HOSTS[settings.endpoint],
        token_host if login is OAUTH2 else "",
    )
