"""What the simulated account has, and how it behaves where the API's document is silent."""

from __future__ import annotations

from typing import Literal

import msgspec

from tests.fakes.api import Behaviour


class Block(msgspec.Struct, kw_only=True):
    """Addresses of the account. Without a service it is parked."""

    #: ``203.0.113.10/32``
    ip: str
    service: str | None = "ns3012345.ip-203-0-113.eu"
    type: str = "dedicated"


class Scenario(Behaviour, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be chosen. All times are in seconds."""

    application_key: str = "application-key-that-is-not-real"
    application_secret: str = "application-secret-that-is-not-real"
    consumer_key: str = "consumer-key-that-is-not-real"
    client_id: str = "EU.client-id-that-is-not-real"
    client_secret: str = "client-secret-that-is-not-real"
    #: what a consumer key may do
    rules: list[str] = msgspec.field(
        default_factory=lambda: [
            "GET /ip",
            "GET /ip/*",
            "POST /ip/*/reverse",
            "DELETE /ip/*/reverse/*",
        ]
    )
    #: what the policies of an OAuth2 client allow
    actions: list[str] = msgspec.field(
        default_factory=lambda: [
            "ip:apiovh:get",
            "ip:apiovh:reverse/get",
            "ip:apiovh:reverse/create",
            "ip:apiovh:reverse/delete",
        ]
    )
    blocks: list[Block] = msgspec.field(
        default_factory=lambda: [
            Block(ip="203.0.113.10/32"),
            Block(ip="203.0.113.20/32", service="vps-1a2b3c4d.vps.ovh.net", type="vps"),
            Block(ip="198.51.100.16/29", type="failover"),
            Block(ip="2001:db8:41d0::/64"),
        ]
    )
    #: hostname -> the addresses that OVHcloud's resolvers find; None where nothing is checked
    forward: dict[str, list[str]] | None = None
    #: seconds that the server's clock is ahead of ours
    clock_ahead: int = 0
    #: seconds for which a token of an OAuth2 client is good
    token_lifetime: int = 3600

    # What the document does not say
    initial_reverse: Literal["nothing", "default"] = "nothing"
    delete_leaves: Literal["nothing", "default"] = "nothing"
    #: from a change until it can be read
    reverse_lag: float = 0.0
    #: from a change of the account until the list of blocks shows it
    list_lag: float = 0.0
    #: how a forward record that does not match is refused
    unresolved: Literal["check", "resolve"] = "check"
    #: what a delete is answered with where there is nothing to delete
    delete_absent: Literal["404", "200"] = "404"
    #: how single IPv4 addresses are in the list of blocks
    single: Literal["block", "address"] = "block"
    #: how the API writes IPv6 addresses
    ipv6_form: Literal["short", "long"] = "short"
