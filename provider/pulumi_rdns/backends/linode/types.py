"""The settings, and the API's JSON: fields that are not used may come and go. Pure.

https://techdocs.akamai.com/linode-api/reference/get-ip
"""

from __future__ import annotations

import ipaddress
import re
from typing import Generic, TypeVar

import dns.name
import msgspec

from pulumi_rdns.backends.base import Ptr
from pulumi_rdns.backends.kit.addresses import HostSettings
from pulumi_rdns.backends.kit.answers import decode_json
from pulumi_rdns.backends.kit.http import Refusal
from pulumi_rdns.backends.kit.rrsets import name_of
from pulumi_rdns.errors import RejectedError
from pulumi_rdns.model.names import from_dns

T = TypeVar("T")

#: setting -> the variable that the vendor's Terraform provider, lego and others know
ENVIRONMENT = {"apiToken": "LINODE_TOKEN"}

#: the names of addresses for which nobody has set one: of today, and of older IPv4 addresses
_DEFAULT_NAME = re.compile(
    r"[0-9a-f-]+\.ip\.linodeusercontent\.com|li\d+-\d+\.members\.linode\.com"
)
#: what is said where the API's resolvers do not find the forward record, in its two spellings
_UNRESOLVED = re.compile(
    r"no match was found for .*forward|unable to p(?:er|re)form a lookup", re.IGNORECASE
)


class LinodeSettings(HostSettings, kw_only=True):
    """The token, where the API is, and the seconds that one operation may take, all together.

    Its repr leaves the token out.
    """

    api_token: str
    api_url: str = "https://api.linode.com"

    def __repr__(self) -> str:
        return f"LinodeSettings(api_url={self.api_url!r}, timeout={self.timeout})"


class Ip(msgspec.Struct):
    """An address. Without ``rdns`` the answer is wrong: absent must not look like unset."""

    address: str
    rdns: str | None
    #: None where the address is reserved, and nobody's
    linode_id: int | None = None

    def __post_init__(self) -> None:
        """Read the address and the name, which may be none. Raises ValueError."""
        ipaddress.ip_address(self.address)
        if self.rdns:
            name_of(self.rdns)

    @property
    def ptr(self) -> Ptr | None:
        """The PTR; None for null and for an empty text."""
        if not self.rdns:
            return None
        name = name_of(self.rdns)
        return Ptr(name, is_default(name))


class Ipv6Range(msgspec.Struct):
    """Addresses that are routed to a Linode, or a pool."""

    range: str
    prefix: int

    def __post_init__(self) -> None:
        """Read the network, which may be none. Raises ValueError."""
        _ = self.network

    @property
    def network(self) -> ipaddress.IPv6Network:
        """The network; ``range`` may have its prefix already."""
        return ipaddress.IPv6Network(f"{self.range.partition('/')[0]}/{self.prefix}", strict=False)


class Linode(msgspec.Struct):
    """A virtual machine."""

    id: int
    label: str


class Page(msgspec.Struct, Generic[T]):
    """A page of a list."""

    data: list[T]
    page: int
    pages: int


class Reason(msgspec.Struct):
    """Why a request is refused, and the field that it is about."""

    reason: str = ""
    field: str | None = None


class Failure(msgspec.Struct):
    """The body of an answer that is no success."""

    errors: list[Reason] = []


def is_default(name: dns.name.Name) -> bool:
    """Whether a PTR is one that only Linode gives.

    >>> is_default(dns.name.from_text("192-0-2-1.ip.linodeusercontent.com"))
    True
    """
    return _DEFAULT_NAME.fullmatch(from_dns(name)) is not None


def is_unresolved(error: RejectedError) -> bool:
    """Whether a refusal says that the hostname does not resolve to the address (yet)."""
    return _UNRESOLVED.search(error.reason) is not None


def read_refusal(content: bytes) -> Refusal:
    """Read the API's own words about an error."""
    try:
        errors = decode_json(content, Failure).errors
    except msgspec.DecodeError:
        return Refusal()
    return Refusal(
        "; ".join(f"{one.field}: {one.reason}" if one.field else one.reason for one in errors)
    )
