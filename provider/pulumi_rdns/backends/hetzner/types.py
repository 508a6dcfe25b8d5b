"""The settings, and what the API has, out of the SDK's models. Pure.

A model is `Any` here: the SDK checks nothing, so what is not as described is whatever Python raises
where it is read.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from typing import Annotated, Any, NamedTuple, TypeAlias

import dns.name
import dns.rdata
import dns.rrset
import msgspec
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Ptr, Settings
from pulumi_rdns.backends.kit.answers import Loss, UnansweredError, decode_json
from pulumi_rdns.backends.kit.http import Refusal
from pulumi_rdns.backends.kit.rrsets import name_of, rrset_of
from pulumi_rdns.errors import RejectedError
from pulumi_rdns.model.addresses import Address

#: setting -> the variable that the vendor's own tools know
ENVIRONMENT = {"apiToken": "HCLOUD_TOKEN"}

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

#: the names that the vendor gives: static.10.113.0.203.clients.your-server.de
_DEFAULT_NAMES = dns.name.from_text("clients.your-server.de")


class HetznerSettings(Settings):
    """The token, and where the API is. Its repr leaves the token out.

    ``timeout`` is the most that one operation may take, in seconds: waiting for what is locked, for
    an action to end, and for the rate limit, all together.
    """

    api_token: str
    api_url: str = "https://api.hetzner.cloud"
    timeout: Annotated[float, msgspec.Meta(gt=0, le=86400)] = 300.0

    def __repr__(self) -> str:
        return f"HetznerSettings(api_url={self.api_url!r}, timeout={self.timeout})"


class Ref(NamedTuple):
    """What has addresses: its kind, as the API's paths and the SDK have it, and its id."""

    kind: str
    id: int

    def __str__(self) -> str:
        """Return what an error calls it: ``primary IP 42``."""
        return f"{self.kind.removesuffix('s').replace('_', ' ').replace('ip', 'IP')} {self.id}"


class Owner(NamedTuple):
    """What has addresses, with all their PTRs; an IPv6 network has a PTR for each address in it."""

    ref: Ref
    name: str
    networks: Collection[Network]
    ptrs: Mapping[Address, dns.name.Name]
    #: what a primary IP is assigned to
    assignee: Ref | None = None

    def has(self, address: Address) -> bool:
        """Whether an address is one of its own."""
        return any(address in network for network in self.networks)

    def ptr(self, address: Address) -> Ptr | None:
        """Return the PTR of an address; None where it has none."""
        hostname = self.ptrs.get(address)
        return None if hostname is None else Ptr(hostname, hostname.is_subdomain(_DEFAULT_NAMES))

    @property
    def addresses(self) -> set[Address]:
        """The addresses that are in use as far as can be told.

        Of an IPv6 network those with a PTR, and the first one, which servers have at first.
        """
        firsts = (network[1 if network.num_addresses > 1 else 0] for network in self.networks)
        return {*self.ptrs, *firsts}


def owner_of(kind: str, model: Any) -> Owner:
    """Read a primary IP, a floating IP, a load balancer or a server."""
    networks: list[Network] = []
    ptrs: dict[Address, dns.name.Name] = {}
    if kind in ("primary_ips", "floating_ips"):
        parts = [model]
    else:
        parts = [model.public_net.ipv4, model.public_net.ipv6]
    for part in parts:
        if part is None or part.ip is None:
            continue
        network = _network(part.ip)
        networks.append(network)
        if part.dns_ptr is None or isinstance(part.dns_ptr, str):
            entries = [(network[0], part.dns_ptr)]
        else:
            entries = [(ipaddress.ip_address(one["ip"]), one["dns_ptr"]) for one in part.dns_ptr]
        ptrs |= {address: name_of(hostname) for address, hostname in entries if hostname}
    assignee = None
    if kind == "primary_ips" and model.assignee_id is not None:
        assignee = Ref(f"{model.assignee_type}s", model.assignee_id)
    return Owner(Ref(kind, int(model.id)), str(model.name), networks, ptrs, assignee)


def _network(text: str) -> Network:
    """Read an address or a network; an IPv6 address that no host can have is its /64."""
    network = ipaddress.ip_network(text, strict=False)
    if network.version == 6 and "/" not in text and not int(network[0]) % 2**64:
        return ipaddress.IPv6Network((network[0], 64))
    return network


def default_name(address: Address) -> dns.name.Name | None:
    """Return the name that the vendor gives an address; None for IPv6, which has none.

    >>> str(default_name(ipaddress.ip_address("203.0.113.10")))
    'static.10.113.0.203.clients.your-server.de.'
    """
    if address.version == 6:
        return None
    octets = str(address).split(".")[::-1]
    return dns.name.from_text(".".join(["static", *octets]), _DEFAULT_NAMES)


class Action(NamedTuple):
    """What the API was told to do."""

    id: int
    command: str
    status: str
    #: why it failed: the vendor's words, and its code
    reason: str
    code: str

    @property
    def label(self) -> str:
        """What an error calls it."""
        return f"action {self.id} ({self.command})"

    @property
    def is_over(self) -> bool:
        """Whether it came to an end: any other status, also one that nobody knows, runs on."""
        return self.status in ("success", "error")


def action_of(model: Any) -> Action:
    """Read an action."""
    error = model.error or {}
    reason, code = str(error.get("message") or ""), str(error.get("code") or "")
    return Action(int(model.id), str(model.command), str(model.status), reason, code)


class Zone(NamedTuple):
    """A zone in the list of zones."""

    id: int
    name: dns.name.Name
    #: seconds, of an RRset that has no TTL of its own
    ttl: int
    #: records of all types, as they were when the zones were listed
    record_count: int
    #: for a copy of another server's zone, which the API neither shows nor changes: those servers
    primaries: Collection[str] | None

    @property
    def id_or_name(self) -> int:
        """What the SDK asks a zone for."""
        return self.id


def zone_of(model: Any) -> Zone:
    """Read a zone."""
    primaries = [str(server.address) for server in model.primary_nameservers or ()]
    is_copy = model.mode == "secondary"
    return Zone(
        int(model.id),
        name_of(model.name),
        int(model.ttl),
        int(model.record_count),
        primaries if is_copy else None,
    )


class RecordSet(NamedTuple):
    """All values of one name and type, each with its comment."""

    zone: Zone
    name: dns.name.Name
    type: str
    ttl: int
    values: Mapping[str, str | None]

    @property
    def rrset(self) -> dns.rrset.RRset:
        """The RRset. Raises UnreadableRecordError."""
        return rrset_of(self.name, RdataType[self.type], self.ttl, self.values, self.zone.name)

    def comment(self, rdata: dns.rdata.Rdata) -> str | None:
        """Return the comment on a value."""
        zone, rdtype = self.zone.name, RdataType[self.type]
        for text, comment in self.values.items():
            if dns.rdata.from_text(RdataClass.IN, rdtype, text, zone, False) == rdata:
                return comment
        return None


def record_set_of(zone: Zone, model: Any) -> RecordSet:
    """Read an RRset of a zone; ``@`` is the name of the zone."""
    name = zone.name if model.name == "@" else name_of(model.name, zone.name)
    ttl = zone.ttl if model.ttl is None else int(model.ttl)
    values = {str(record.value): record.comment or None for record in model.records}
    return RecordSet(zone, name, str(model.type), ttl, values)


class RefusedError(RejectedError):
    """The API refused a request, for a reason that it has a code for."""

    #: ``not_found``, ``invalid_input``, …
    api_code: str = ""


class BusyError(UnansweredError):
    """The API takes no change just now, because another one is under way."""

    loss = Loss.FAILED


class _Error(msgspec.Struct):
    code: str = ""
    message: str = ""
    details: Any = None


class Failure(msgspec.Struct):
    """The body of an answer that is no success."""

    error: _Error = msgspec.field(default_factory=_Error)


def read_failure(content: bytes) -> Failure:
    """Read the body of a refusal, whatever it is."""
    try:
        return decode_json(content, Failure)
    except msgspec.DecodeError:
        return Failure()


def read_refusal(content: bytes) -> Refusal:
    """Read the API's own words about an error: the message, and those about single fields."""
    error = read_failure(content).error
    fields = error.details.get("fields") if isinstance(error.details, dict) else None
    told = [error.message]
    for field in fields if isinstance(fields, list) else ():
        if isinstance(field, dict) and isinstance(field.get("messages"), list):
            told.append(f"{field.get('name')}: {' '.join(map(str, field['messages']))}")
    return Refusal("; ".join(filter(None, told)), error.code)
