"""The settings, and the API's JSON: fields that are not used may come and go. Pure.

https://eu.api.ovh.com/console/?section=%2Fip&branch=v1
"""

from __future__ import annotations

import ipaddress
import re
from typing import Literal, NamedTuple

import msgspec

from pulumi_rdns.backends.base import Ptr
from pulumi_rdns.backends.kit.addresses import HostSettings
from pulumi_rdns.backends.kit.answers import decode_json
from pulumi_rdns.backends.kit.http import Refusal
from pulumi_rdns.backends.kit.rrsets import name_of
from pulumi_rdns.errors import RejectedError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import from_dns

#: the two ways to log in: the settings of each
APPLICATION = ("applicationKey", "applicationSecret", "consumerKey")
OAUTH2 = ("clientId", "clientSecret")
SECRETS = frozenset({"applicationSecret", "consumerKey", "clientSecret"})

#: setting -> the variable that the vendor's own tools know
ENVIRONMENT = {
    "endpoint": "OVH_ENDPOINT",
    "applicationKey": "OVH_APPLICATION_KEY",
    "applicationSecret": "OVH_APPLICATION_SECRET",
    "consumerKey": "OVH_CONSUMER_KEY",
    "clientId": "OVH_CLIENT_ID",
    "clientSecret": "OVH_CLIENT_SECRET",
}

#: endpoint -> the host of its API
HOSTS = {
    "ovh-eu": "https://eu.api.ovh.com",
    "ovh-us": "https://api.us.ovhcloud.com",
    "ovh-ca": "https://ca.api.ovh.com",
    "kimsufi-eu": "https://eu.api.kimsufi.com",
    "kimsufi-ca": "https://ca.api.kimsufi.com",
    "soyoustart-eu": "https://eu.api.soyoustart.com",
    "soyoustart-ca": "https://ca.api.soyoustart.com",
}
#: endpoint -> the host that OAuth2 tokens are asked for at, where there is one
TOKEN_HOSTS = {
    "ovh-eu": "https://www.ovh.com",
    "ovh-ca": "https://ca.ovh.com",
    "ovh-us": "https://us.ovhcloud.com",
}

#: the names of addresses for which nobody has set one, as far as they do not spell the address
_DEFAULT_NAME = re.compile(
    r"vps-?[0-9a-f]+(?:\.vps)?\.ovh\.(?:ca|net|us)|ns\d+\.ovh\.(?:ca|net|us)|ks\d+\.kimsufi\.com"
)
#: what is said where the API's resolvers do not find the forward record
_UNRESOLVED = re.compile(r"cannot check if .+ resolves? to|does not resolve to", re.IGNORECASE)


class OvhSettings(HostSettings):
    """One of the two logins, where the API is, and the seconds that one operation may take.

    Its repr leaves the secrets out.
    """

    endpoint: Literal[
        "ovh-eu",
        "ovh-us",
        "ovh-ca",
        "kimsufi-eu",
        "kimsufi-ca",
        "soyoustart-eu",
        "soyoustart-ca",
    ] = "ovh-eu"
    application_key: str = ""
    application_secret: str = ""
    consumer_key: str = ""
    client_id: str = ""
    client_secret: str = ""
    api_url: str = ""

    def __repr__(self) -> str:
        return (
            f"OvhSettings(endpoint={self.endpoint!r}, api_url={self.api_url!r}, "
            f"timeout={self.timeout})"
        )


class Block(NamedTuple):
    """Addresses that the account has; ``text`` is how the API names them."""

    text: str
    network: ipaddress.IPv4Network | ipaddress.IPv6Network


class Reverse(msgspec.Struct):
    """The PTR of an address, with a final dot."""

    reverse: str

    def __post_init__(self) -> None:
        """Read the name, which may be none. Raises ValueError."""
        name_of(self.reverse)

    def ptr(self, address: Address) -> Ptr:
        """Return the PTR of an address."""
        name = name_of(self.reverse)
        return Ptr(name, is_default(from_dns(name), address))


class Service(msgspec.Struct, rename="camel"):
    """What a block is routed to: a server, a VPS, a vRack."""

    service_name: str | None = None


class BlockDetails(msgspec.Struct, rename="camel"):
    """What is known of a block. ``routed_to`` is None where it is parked."""

    routed_to: Service | None = None


class Token(msgspec.Struct):
    """A token of an OAuth2 client, and the seconds for which it is good."""

    access_token: str
    expires_in: float = 3600.0


class Failure(msgspec.Struct):
    """The body of an answer that is no success: the API's, or that of the token's host."""

    message: str = ""
    #: ``INVALID_SIGNATURE``
    error_code: str = msgspec.field(name="errorCode", default="")
    error: str = ""
    error_description: str = ""


def is_default(hostname: str, address: Address) -> bool:
    """Whether a PTR is one that OVHcloud gives: of a server, or of the address.

    >>> is_default("ip10.ip-203-0-113.eu", ipaddress.ip_address("203.0.113.10"))
    True
    """
    spelled = "-".join(str(address).split(".")[:3])
    by_address = rf"(?:ip|ns)?\d+\.ip-{re.escape(spelled)}\.[a-z]+"
    return bool(_DEFAULT_NAME.fullmatch(hostname) or re.fullmatch(by_address, hostname))


def is_unresolved(error: RejectedError) -> bool:
    """Whether a refusal says that the hostname does not resolve to the address (yet)."""
    return _UNRESOLVED.search(error.reason) is not None


def read_failure(content: bytes) -> Failure:
    """Read the body of a refusal, whatever it is."""
    try:
        return decode_json(content, Failure)
    except msgspec.DecodeError:
        return Failure()


def read_refusal(content: bytes) -> Refusal:
    """Read the API's own words about an error."""
    failure = read_failure(content)
    return Refusal(failure.message or failure.error_description or failure.error)


def read_block(text: str) -> Block | None:
    """Read a block of the list; None for what is no network.

    >>> read_block("192.0.2.1/32").network
    IPv4Network('192.0.2.1/32')
    """
    try:
        return Block(text, ipaddress.ip_network(text, strict=False))
    except ValueError:
        return None
