"""The two kinds of backend that Hostinger is, as one class over its parts."""

from __future__ import annotations

import os
import re
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar

import dns.name
import dns.rrset
import msgspec
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import (
    AddressBackend,
    Change,
    OwnedAddress,
    Ptr,
    Settings,
    ZoneBackend,
)
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.registry import override_variable
from pulumi_rdns.errors import ConfigError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import name_text

from .client import Client
from .inventory import Inventory, owned_addresses, ptr_of
from .ptrs import Ptrs
from .token import Token
from .zone_writer import ZoneWriter
from .zones import Zones

_VARIABLE = "HOSTINGER_API_TOKEN"


class HostingerSettings(Settings):
    """The token, and where the API is. Its repr leaves the token out.

    ``timeout`` is the most that one operation may take, in seconds: waiting for a VM that is
    locked, for an action to end, and for the rate limit, all together.
    """

    api_token: str
    api_url: str = "https://developers.hostinger.com"
    timeout: Annotated[float, msgspec.Meta(gt=0, le=86400)] = 300.0

    def __repr__(self) -> str:
        return f"HostingerSettings(api_url={self.api_url!r}, timeout={self.timeout})"


class HostingerBackend(AddressBackend[HostingerSettings], ZoneBackend[HostingerSettings]):
    """PTR records of VPS addresses, and the A and AAAA records of the account's zones."""

    settings_type: ClassVar[type[Settings]] = HostingerSettings
    environment: ClassVar[dict[str, str]] = {"apiToken": _VARIABLE}
    secrets: ClassVar[frozenset[str]] = frozenset({"apiToken"})

    def __init__(
        self, name: str, settings: HostingerSettings, root: Path, clock: Clock | None = None
    ) -> None:
        super().__init__(name, settings, root)
        _check(name, settings)
        self._clock = clock or Clock()
        self._limit = settings.timeout
        token = Token(settings.api_token.strip(), _origin(name, settings.api_token))
        client = Client(settings.api_url, token, self._clock)
        self._identity = f"hostinger {settings.api_url.rstrip('/')}"
        self._inventory = Inventory(client, self._clock)
        self._ptrs = Ptrs(client, self._inventory)
        self._zones = Zones(client, self._clock)
        self._zone_writer = ZoneWriter(client, self._zones)

    @property
    def identity(self) -> str:
        """The API, whatever the token: an address or a domain is in one account at a time."""
        return self._identity

    def get_ptr(self, address: Address) -> Ptr | None:
        """Read the PTR, as it was at most 5 seconds ago; None for null."""
        vm, ip = self._inventory.find(self._operation("read the PTR of", str(address)), address)
        return ptr_of(vm, ip)

    def set_ptr(self, address: Address, hostname: dns.name.Name) -> None:
        """Set the PTR and wait for it; a warning where the VM does not show it in time."""
        self._ptrs.set(self._operation("set the PTR of", str(address)), address, hostname)

    def unset_ptr(self, address: Address) -> None:
        """Delete the PTR and wait for it; nothing to do where it is the vendor's own name."""
        self._ptrs.unset(self._operation("delete the PTR of", str(address)), address)

    def addresses(self) -> Sequence[OwnedAddress]:
        """List all addresses of the account, sorted; the owner is the VM."""
        return owned_addresses(self._inventory.all(self._operation("list", "all addresses")))

    def find_zone(self, name: dns.name.Name) -> dns.name.Name:
        """Find the zone of a name among the account's domains, and among their delegations."""
        return self._zones.find(self._operation("find the zone of", name_text(name)), name)

    def get_rrset(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read the RRset, as it was at most 2 seconds ago, without disabled records."""
        operation = self._operation(f"read {rdtype.name} of", name_text(name))
        return self._zones.rrset(operation, zone, name, rdtype)

    def apply(self, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Write A and AAAA RRsets. Changes of several kinds are several requests."""
        if not changes:
            return
        one = changes[0]
        subject = name_text(one.name if len(changes) == 1 else zone)
        operation = self._operation(f"write {one.rdtype.name} of", subject)
        self._zone_writer.apply(operation, zone, changes)

    def _operation(self, name: str, subject: str) -> Operation:
        return Operation(self.name, name, subject, self._clock, self._limit)


def _check(name: str, settings: HostingerSettings) -> None:
    """Refuse what would fail later with the secret in a message of the HTTP library."""
    token = settings.api_token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError(
            f"rdns:backends.{name}.apiToken: is empty or has characters that no token has"
        )
    if not _is_url(settings.api_url):
        raise ConfigError(
            f"rdns:backends.{name}.apiUrl: must be https://HOST, perhaps with a port and a path, "
            "and without a user or a password"
        )


def _is_url(text: str) -> bool:
    try:
        url = urllib.parse.urlsplit(text)
        is_port = url.port != 0
    except ValueError:
        return False
    is_plain = not ("@" in url.netloc or url.query or url.fragment or re.search(r"\s", text))
    return url.scheme in ("http", "https") and bool(url.hostname) and is_port and is_plain


def _origin(name: str, token: str) -> str:
    """Say where the token was read from, as far as that can be told."""
    override = override_variable(name, "apiToken")
    for variable in (override, _VARIABLE):
        if os.environ.get(variable) == token:
            return f"the environment variable {variable}"
    return (
        f"rdns:backends.{name}.apiToken in the stack's configuration (refresh and destroy are "
        f"given the one of the last update; {override} beats it)"
    )
