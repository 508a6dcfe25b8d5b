"""A backend for tests: addresses and zones in memory, or in a file that processes share.

It is an address backend for PTR records and a zone backend for forward records, as a hosting
company with a DNS service is.
"""

from __future__ import annotations

import copy
import ipaddress
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeAlias, TypeVar

import dns.name
import dns.rrset
import filelock
import msgspec
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import (
    AddressBackend,
    Change,
    OwnedAddress,
    Ptr,
    Settings,
    ZoneBackend,
    same_rrset,
)
from pulumi_rdns.errors import (
    AddressNotFoundError,
    ConfigError,
    ConflictError,
    InvalidInputError,
    UnavailableError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import name_text, parse_zone, to_dns


class MemorySettings(Settings):
    """What is there at the start, where it is kept, and how slow it is."""

    #: the networks whose addresses the account has (CIDR); all addresses where absent
    networks: list[str] | None = None
    #: the zones that are there
    zones: list[str] = msgspec.field(default_factory=list)
    #: a JSON file, relative to the folder of Pulumi.yaml, that keeps the records
    path: str | None = None
    #: operation (``get``, ``set``, ``unset``, ``apply``) -> seconds that it takes
    delays: dict[str, float] = msgspec.field(default_factory=dict)
    #: seconds to wait for another process that has the file
    lock_timeout: Annotated[float, msgspec.Meta(ge=0)] = 10.0


#: owner -> (hostname of the PTR) and owner -> type -> (TTL, rdata): as kept in the file
_Store = dict[str, dict[str, list[str]]]
_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_T = TypeVar("_T")


class MemoryBackend(AddressBackend[MemorySettings], ZoneBackend[MemorySettings]):
    """Keeps PTRs by address and RRsets by name. What it calls default is never there."""

    settings_type = MemorySettings

    def __init__(self, name: str, settings: MemorySettings, root: Path) -> None:
        super().__init__(name, settings, root)
        networks = ["0.0.0.0/0", "::/0"] if settings.networks is None else settings.networks
        self._networks = _parsed(name, "networks", networks, _network)
        self._zones = _parsed(name, "zones", settings.zones, _zone)
        self._timeout = settings.lock_timeout
        self._delays = settings.delays
        self._path = None if settings.path is None else root / settings.path
        self._lock = threading.RLock()
        self._store: _Store = {}

    @property
    def identity(self) -> str:
        return self.name if self._path is None else f"memory {self._path.resolve()}"

    def get_ptr(self, address: Address) -> Ptr | None:
        self._find(address, "read the PTR of")
        time.sleep(self._delays.get("get", 0))
        with self._open() as store:
            values = store.get(str(address), {}).get("ptr")
        return Ptr(dns.name.from_text(values[0])) if values else None

    def set_ptr(self, address: Address, hostname: dns.name.Name) -> None:
        self._find(address, "set the PTR of")
        time.sleep(self._delays.get("set", 0))
        with self._open() as store:
            store.setdefault(str(address), {})["ptr"] = [hostname.to_text()]

    def unset_ptr(self, address: Address) -> None:
        self._find(address, "unset the PTR of")
        time.sleep(self._delays.get("unset", 0))
        with self._open() as store:
            store.pop(str(address), None)

    def addresses(self) -> Sequence[OwnedAddress]:
        with self._open() as store:
            held = [
                (ipaddress.ip_address(owner), values["ptr"][0])
                for owner, values in store.items()
                if "ptr" in values
            ]
        held.sort(key=lambda pair: (pair[0].version, int(pair[0])))
        return [
            OwnedAddress(address, "memory", "memory", Ptr(dns.name.from_text(hostname)))
            for address, hostname in held
        ]

    def find_zone(self, name: dns.name.Name) -> dns.name.Name:
        holding = [zone for zone in self._zones if name.is_subdomain(zone)]
        if not holding:
            raise ZoneNotFoundError(self.name, "find the zone of", name_text(name), "none is here")
        return max(holding, key=len)

    def get_rrset(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        self._require(zone)
        with self._open() as store:
            values = store.get(name.to_text(), {}).get(rdtype.name)
        return (
            dns.rrset.from_text(name, int(values[0]), "IN", rdtype, *values[1:]) if values else None
        )

    def apply(self, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        self._require(zone)
        time.sleep(self._delays.get("apply", 0))
        with self._open() as store:
            for change in changes:
                live = self.get_rrset(zone, change.name, change.rdtype)
                if same_rrset(live, change.after):
                    continue
                cname = self.get_rrset(zone, change.name, RdataType.CNAME)
                if live != change.before or (cname and change.rdtype != RdataType.CNAME):
                    there = [str(rdata) for rdata in cname or live or []]
                    raise ConflictError(
                        self.name,
                        f"change {change.rdtype.name} of",
                        name_text(change.name),
                        f"there is now {', '.join(there) or 'nothing'}",
                    )
            for change in changes:
                held = store.setdefault(change.name.to_text(), {})
                held.pop(change.rdtype.name, None)
                if change.after is not None:
                    texts = [rdata.to_text() for rdata in change.after]
                    held[change.rdtype.name] = [str(change.after.ttl), *texts]

    def _find(self, address: Address, operation: str) -> None:
        if not any(address in network for network in self._networks):
            raise AddressNotFoundError(
                self.name, operation, str(address), "the account does not have this address"
            )

    def _require(self, zone: dns.name.Name) -> None:
        if zone not in self._zones:
            raise ZoneNotFoundError(self.name, "open the zone", name_text(zone), "it is not here")

    @contextmanager
    def _open(self) -> Iterator[_Store]:
        with self._lock:
            if self._path is None:
                yield self._store
                return
            if not self._path.parent.is_dir():
                raise self._unavailable("the folder of the file is not there")
            try:
                with filelock.FileLock(f"{self._path}.lock", self._timeout, is_singleton=True):
                    before = self._read(self._path)
                    store = copy.deepcopy(before)
                    yield store
                    if store != before:
                        _replace(self._path, json.dumps(store))
            except filelock.Timeout:
                raise self._unavailable("the file is locked by another process") from None
            except OSError as cause:
                raise self._unavailable(cause.strerror or str(cause)) from cause

    def _read(self, path: Path) -> _Store:
        try:
            return msgspec.json.decode(path.read_bytes(), type=_Store)
        except FileNotFoundError:
            return {}
        except msgspec.DecodeError as cause:
            raise self._unavailable(f"it is no file of this backend: {cause}") from cause

    def _unavailable(self, reason: str) -> UnavailableError:
        name = self._path.name if self._path else self.name
        return UnavailableError(self.name, "open", name, reason)


def _replace(path: Path, text: str) -> None:
    """Replace the file in one step, so that a kill or a full disk leaves the old one."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_text(text)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _zone(text: str) -> dns.name.Name:
    return to_dns(parse_zone(text))


def _network(text: str) -> _Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise InvalidInputError(f"{text!r} is no network, as in 192.0.2.0/24") from None


def _parsed(name: str, key: str, texts: Sequence[str], parse: Callable[[str], _T]) -> list[_T]:
    """Read a list of the settings. Raises ConfigError, a line per mistake."""
    values, wrong = [], []
    for at, text in enumerate(texts):
        try:
            values.append(parse(text))
        except InvalidInputError as error:
            wrong.append(f"rdns:backends.{name}.{key}[{at}]: {error}")
    if wrong:
        raise ConfigError("\n".join(wrong))
    return values
