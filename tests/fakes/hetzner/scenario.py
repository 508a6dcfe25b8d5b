"""What the simulated project has, and how it behaves where the API's document is silent."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from tests.fakes.api import Behaviour

FAKE_TOKEN = "sample-token-that-is-not-real"


class Server(msgspec.Struct, kw_only=True):
    """A server. Its addresses are primary IPs; the IPv6 one is a /64."""

    id: int
    name: str
    ipv4: str | None = None
    ipv6: str | None = None


class PrimaryIp(msgspec.Struct, kw_only=True):
    """A primary IP that no server has."""

    id: int
    name: str
    ip: str


class FloatingIp(msgspec.Struct, kw_only=True):
    """A floating IP, which a server may have."""

    id: int
    name: str
    ip: str
    server: int | None = None


class LoadBalancer(msgspec.Struct, kw_only=True):
    """A load balancer with one address of each family; None without a public interface."""

    id: int
    name: str
    ipv4: str | None = None
    ipv6: str | None = None


class Scenario(Behaviour, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be chosen. All times are in seconds."""

    token: str = FAKE_TOKEN
    #: another token of the same account
    second_token: str | None = None
    servers: list[Server] = msgspec.field(
        default_factory=lambda: [
            Server(id=42, name="web1", ipv4="203.0.113.10", ipv6="2001:db8:1::/64"),
            Server(id=43, name="mail", ipv4="203.0.113.20"),
        ]
    )
    primary_ips: list[PrimaryIp] = msgspec.field(default_factory=list)
    floating_ips: list[FloatingIp] = msgspec.field(default_factory=list)
    load_balancers: list[LoadBalancer] = msgspec.field(default_factory=list)
    #: zone -> RRsets as the API shows them: name, type, ttl, records
    zones: dict[str, list[dict[str, Any]]] = msgspec.field(
        default_factory=lambda: {"example.com": []}
    )
    zone_ttl: int = 3600
    #: zone -> the servers that it is a copy of
    secondaries: dict[str, list[str]] = msgspec.field(default_factory=dict)
    #: a token that may only read
    read_only: bool = False

    # What the document does not say
    #: `null` unsets the PTR of a primary IP and of a floating IP
    null_for_ips: bool = True
    #: `GET /primary_ips?ip=` finds a network by an address in it
    filter_finds_networks: bool = False
    #: IPv6 networks are shown with their length
    network_length: bool = True
    #: how addresses in networks are spelled
    spelling: Literal["short", "long", "upper"] = "short"
    #: hostnames are shown with a dot at the end
    final_dot: bool = False
    #: what an action changes takes no other action meanwhile
    acting_locks: bool = False
    #: a new RRset is shown before its action has ended
    shows_pending: bool = False
    #: a name that has a CNAME may get other records
    beside_cname: bool = False
    #: a value that is not there can be removed
    removes_absent: bool = False
    #: how the RRsets at the top of a zone are named
    top: Literal["@", "zone"] = "@"
    #: from an action's success until the API shows it
    ptr_lag: float = 0.0
    zone_lag: float = 0.0

    action_delay: float = 0.0
    action_result: Literal["success", "error"] = "success"
