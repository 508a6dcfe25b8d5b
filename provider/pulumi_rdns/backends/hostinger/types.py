"""The settings, and the API's answers as structs: fields that are not used may come and go."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any, Generic, TypeVar

import dns.exception
import dns.name
import msgspec

from pulumi_rdns.backends.base import Settings
from pulumi_rdns.backends.kit.answers import decode_json
from pulumi_rdns.backends.kit.http import Refusal
from pulumi_rdns.model.addresses import Address

A = TypeVar("A", ipaddress.IPv4Address, ipaddress.IPv6Address)

#: setting -> the variable that the vendor's own tools know
ENVIRONMENT = {"apiToken": "HOSTINGER_API_TOKEN"}

#: the VM is on its way to another state
_PASSING = frozenset(
    {
        "creating",
        "initial",
        "recreating",
        "restoring",
        "starting",
        "stopping",
        "stopping_recovery",
        "suspending",
        "unsuspending",
    }
)


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


class Ip(msgspec.Struct, Generic[A]):
    """An address of a VM. Without ``ptr`` the answer is wrong: absent must not look like unset."""

    id: int
    address: A
    ptr: dns.name.Name | None

    @property
    def hostname(self) -> dns.name.Name | None:
        """The PTR; None for null and for an empty text."""
        return None if self.ptr == dns.name.root else self.ptr


AnyIp = Ip[ipaddress.IPv4Address] | Ip[ipaddress.IPv6Address]


class VirtualMachine(msgspec.Struct):
    """One VPS."""

    id: int
    hostname: str
    ipv4: list[Ip[ipaddress.IPv4Address]] | None
    ipv6: list[Ip[ipaddress.IPv6Address]] | None
    state: str = "running"
    actions_lock: str = "unlocked"

    @property
    def label(self) -> str:
        """What an error calls it."""
        return f"VM {self.id} ({self.hostname})"

    @property
    def ips(self) -> list[AnyIp]:
        """All addresses of both families."""
        return [*(self.ipv4 or ()), *(self.ipv6 or ())]

    @property
    def obstacle(self) -> str:
        """Why it cannot take a change just now, or nothing."""
        if self.actions_lock == "locked":
            return "is locked by another action"
        return f"is in state {self.state!r}" if self.state in _PASSING else ""

    def ip(self, address: Address) -> AnyIp | None:
        """Find one of its addresses."""
        return next((ip for ip in self.ips if ip.address == address), None)


class Action(msgspec.Struct):
    """What a VM was told to do."""

    id: int
    state: str
    name: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it came to an end: any other state, also one that nobody knows, runs on."""
        return self.state in ("success", "error")

    @property
    def label(self) -> str:
        """What an error calls it."""
        return f"action {self.id} ({self.name})" if self.name else f"action {self.id}"


class NameRecord(msgspec.Struct):
    """One value of an RRset; a disabled one is kept by the vendor but not served."""

    content: str
    is_disabled: bool = False


class RecordSet(msgspec.Struct):
    """An RRset; ``name`` is relative to the zone, ``@`` is the zone itself."""

    name: str
    type: str
    ttl: int
    records: list[NameRecord]


class Domain(msgspec.Struct):
    """A domain of the account; a free one that is not claimed yet has no name."""

    domain: str | None


class Failure(msgspec.Struct):
    """The body of an answer that is no success."""

    message: str | None = None
    error: str | None = None
    correlation_id: str | None = None
    errors: Any = None

    @property
    def reason(self) -> str:
        """The messages of the fields, or the message of the whole."""
        if isinstance(self.errors, dict) and self.errors:
            return "; ".join(f"{field}: {_joined(texts)}" for field, texts in self.errors.items())
        return self.message or self.error or ""


def _joined(texts: object) -> str:
    return " ".join(str(text) for text in texts) if isinstance(texts, list) else str(texts)


def read_refusal(content: bytes) -> Refusal:
    """Read the body of a refusal, whatever it is."""
    try:
        failure = decode_json(content, Failure)
    except msgspec.DecodeError:
        return Refusal()
    code = f"correlation id {failure.correlation_id}" if failure.correlation_id else ""
    return Refusal(failure.reason, code)


def read_value(kind: type, value: object) -> object:
    """Read a name or an address out of an answer: msgspec's ``dec_hook``. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError(f"Expected text, got {type(value).__name__}")
    if kind is dns.name.Name:
        try:
            return dns.name.from_text(value).canonicalize()
        except dns.exception.DNSException as error:
            raise ValueError(f"{value!r} is not a name ({error})") from None
    address = ipaddress.ip_interface(value).ip
    if not isinstance(address, kind):
        raise ValueError(f"{value!r} is not an address of this family")
    return address
