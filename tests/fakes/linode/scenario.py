"""What the simulated account has, and how it behaves where the API's document is silent."""

from __future__ import annotations

from typing import Literal

import msgspec

from tests.fakes.api import Behaviour

FAKE_TOKEN = "sample-token-that-is-not-real"


class Machine(msgspec.Struct, kw_only=True):
    """A Linode. Without an id its addresses are reserved, and nobody's."""

    id: int | None
    label: str = ""
    ipv4: list[str] = []
    #: the SLAAC address
    ipv6: str | None = None
    #: routed to it: ``2001:db8:1::/64``
    ranges: list[str] = []


class Scenario(Behaviour, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be chosen. All times are in seconds."""

    token: str = FAKE_TOKEN
    #: another token of the same account
    second_token: str | None = None
    #: what the tokens may do
    scopes: list[str] = msgspec.field(
        default_factory=lambda: ["ips:read_write", "linodes:read_only"]
    )
    machines: list[Machine] = msgspec.field(
        default_factory=lambda: [
            Machine(id=5231, label="mail", ipv4=["203.0.113.10"], ipv6="2001:db8::10"),
            Machine(id=5232, label="web", ipv4=["203.0.113.20"], ranges=["2001:db8:1::/64"]),
        ]
    )
    #: hostname -> the addresses that Linode's resolvers find; None where nothing is checked
    forward: dict[str, list[str]] | None = None
    #: hostnames that Linode's resolvers get no answer for
    unanswered: list[str] = msgspec.field(default_factory=list)
    #: older accounts: ``li….members.linode.com``
    default_name: Literal["address", "members"] = "address"
    #: the most that the API puts on a page
    largest_page: int = 500

    # What the document does not say
    #: whether an address of an IPv6 range without RDNS can be read by itself
    range_address: Literal["404", "shown"] = "404"
    #: how the API writes IPv6 addresses
    ipv6_form: Literal["short", "long"] = "short"
    #: from a change until it can be read
    ptr_lag: float = 0.0
    #: whether an IPv6 address has a default name too
    ipv6_default: bool = False
