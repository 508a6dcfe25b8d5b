"""The records of a backend as somebody else sees and changes them, without this package."""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import dns.exception
import dns.name
import dns.reversename
import dns.zone
from dns.rdatatype import RdataType

from .harness import moved_away

Hostnames = list[str]


@functools.lru_cache(maxsize=500)
def ptr_owner(address: str, zone: str) -> dns.name.Name:
    """Name the PTR of an address, also in a zone for less than an octet (RFC 2317)."""
    owner = dns.reversename.from_address(address)
    apex = dns.name.from_text(zone)
    return owner if owner.is_subdomain(apex) else dns.name.Name((owner.labels[0], *apex.labels))


class World(ABC):
    """One backend instance, and what is live there."""

    #: six addresses whose PTR nobody has set
    addresses: ClassVar[Sequence[str]]
    #: the zone of forward records
    domain: ClassVar[str] = "example.com"
    #: are PTR records RRsets of zones, with a TTL and perhaps several values?
    has_ptr_zones: ClassVar[bool] = False
    #: do its zones show an SOA record, by which two instances can be told apart?
    shows_soa: ClassVar[bool] = True
    #: a second zone where the PTR of addresses[0] could be kept, if there can be one
    second_zone: ClassVar[str | None] = None
    #: seconds between two looks at what is watched: as short as a look is cheap
    look_every: ClassVar[float] = 0.003
    #: further settings that make a delete take its time; None where nothing does
    slow: ClassVar[Mapping[str, object] | None] = None

    def __init__(self, instance: str) -> None:
        self.instance = instance

    @abstractmethod
    def settings(self) -> dict[str, object]:
        """Give the instance's part of ``rdns:backends``."""

    @abstractmethod
    def ptr(self, address: str, zone: str | None = None) -> Hostnames:
        """Read the live hostnames of an address, sorted, without trailing dots."""

    @abstractmethod
    def set_ptr(self, address: str, hostnames: Sequence[str], zone: str | None = None) -> None:
        """Change the hostnames of an address by hand; none takes the record away."""

    @abstractmethod
    def forward(self, hostname: str, kind: str) -> list[str]:
        """Read the live addresses of a hostname, sorted."""

    @abstractmethod
    def set_forward(self, hostname: str, kind: str, addresses: Sequence[str]) -> None:
        """Change the addresses of a hostname by hand."""

    @abstractmethod
    def offline(self) -> AbstractContextManager[None]:
        """Make it impossible to read and write, for a while."""

    def ptrs(self, addresses: Iterable[str], zone: str | None = None) -> dict[str, Hostnames]:
        """Read the live hostnames of several addresses."""
        return {address: self.ptr(address, zone) for address in addresses}

    def ttl(self, address: str) -> int | None:
        """Read the live TTL of an address's PTR; None where there are none."""
        return None

    def verify(self) -> None:  # noqa: B027 - most backends need none
        """Check that nothing is broken, with an independent tool if there is one."""

    @contextmanager
    def watched(self, *addresses: str) -> Iterator[dict[str, list[Hostnames]]]:
        """Note the values that addresses go through while something runs."""
        seen: dict[str, list[Hostnames]] = {address: [] for address in addresses}
        done = threading.Event()

        def look() -> None:
            for address, now in self.ptrs(addresses).items():
                if seen[address][-1:] != [now]:
                    seen[address].append(now)

        def watch() -> None:
            while not done.wait(self.look_every):
                look()

        look()
        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield seen
        finally:
            done.set()
            watcher.join()
            look()


class MemoryWorld(World):
    """The JSON file of the `memory` backend."""

    addresses = tuple(f"192.0.2.{host}" for host in range(10, 16))
    slow: ClassVar[Mapping[str, object] | None] = {"delays": {"unset": 1.5, "set": 0.2}}

    def __init__(self, instance: str, folder: Path) -> None:
        super().__init__(instance)
        self.folder = folder / instance
        self._file = self.folder / "store.json"
        if not self.folder.exists():
            self.folder.mkdir(parents=True)
            self._file.write_text("{}")

    def settings(self) -> dict[str, object]:
        path = f"{self.folder.name}/{self._file.name}"
        return {"type": "memory", "path": path, "zones": [self.domain]}

    def ptr(self, address: str, zone: str | None = None) -> Hostnames:
        return self.ptrs([address])[address]

    def ptrs(self, addresses: Iterable[str], zone: str | None = None) -> dict[str, Hostnames]:
        store = self._read()
        values = {address: store.get(address, {}).get("ptr", []) for address in addresses}
        return {key: sorted(value.rstrip(".") for value in held) for key, held in values.items()}

    def set_ptr(self, address: str, hostnames: Sequence[str], zone: str | None = None) -> None:
        self._change(address, "ptr", [f"{hostname}." for hostname in hostnames])

    def forward(self, hostname: str, kind: str) -> list[str]:
        return sorted(self._read().get(f"{hostname}.", {}).get(kind, [])[1:])

    def set_forward(self, hostname: str, kind: str, addresses: Sequence[str]) -> None:
        self._change(f"{hostname}.", kind, ["3600", *addresses] if addresses else [])

    def offline(self) -> AbstractContextManager[None]:
        return moved_away(self.folder)

    def _change(self, owner: str, key: str, values: list[str]) -> None:
        store = self._read()
        store.setdefault(owner, {}).pop(key, None)
        if values:
            store[owner][key] = values
        self._file.write_text(json.dumps(store))

    def _read(self) -> dict[str, Any]:
        for _ in range(200):
            try:
                store: dict[str, Any] = json.loads(self._file.read_text())
            except ValueError:  # half-way through a write
                time.sleep(0.002)
            else:
                return store
        raise AssertionError(f"{self._file} stays unreadable")


FORWARD_ZONE = """\
; The hosts of example.com, kept by hand and by a program.
$TTL 1h
@\tIN SOA ns1.example.com. hostmaster.example.com. (
\t\t2026010100 ; serial
\t\t1h 15m 2w 5m )
\tIN NS ns1.example.com.
ns1\tIN A 198.51.100.1   ; the server itself

;; everything below is people's
WWW     IN  CNAME web.example.net.
"""

REVERSE_ZONE = """\
$TTL 2h
@\tIN SOA ns1.example.com. hostmaster.example.com. 41 3600 900 1209600 300
\tIN NS ns1.example.com.

1       IN PTR\tgateway.example.com. ; do not touch
$GENERATE 200-210 $ PTR pool-$.example.com.
"""

REVERSE_ZONE_6 = """\
$ORIGIN 8.b.d.0.1.0.0.2.ip6.arpa.
$TTL 3600
@ IN SOA ns1.example.com. hostmaster.example.com. 2026010199 3600 900 1209600 300
  IN NS ns1.example.com.
"""


class ZoneFileWorld(World):
    """A folder of zone files: read with dnspython's own reader, edited as text."""

    addresses = tuple(f"192.0.2.{host}" for host in range(10, 16))
    has_ptr_zones = True
    second_zone = "0/25.2.0.192.in-addr.arpa"
    slow: ClassVar[Mapping[str, object] | None] = {"reloadCommand": ["sh", "-c", "sleep 0.6"]}

    def __init__(self, instance: str, folder: Path) -> None:
        super().__init__(instance)
        self.folder = folder / instance
        self._parsed: dict[str, tuple[tuple[int, int, int], dns.zone.Zone]] = {}
        #: what was looked up in which reading of a zone: a look that finds no change is cheap
        self._known: dict[str, tuple[dns.zone.Zone, dict[tuple[str, RdataType], list[str]]]] = {}
        self.files = {
            "example.com": self.folder / "example.com.zone",
            "2.0.192.in-addr.arpa": self.folder / "db.192.0.2",
            "8.b.d.0.1.0.0.2.ip6.arpa": self.folder / "v6.zone",
            "0/25.2.0.192.in-addr.arpa": self.folder / "classless.zone",
        }
        if self.folder.exists():
            return
        self.folder.mkdir(parents=True)
        classless = f"$ORIGIN 0/25.2.0.192.in-addr.arpa.\n{REVERSE_ZONE}"
        texts = [FORWARD_ZONE, REVERSE_ZONE, REVERSE_ZONE_6, classless]
        for file, text in zip(self.files.values(), texts, strict=True):
            # Two servers have different primaries, and may be one where they are alike.
            primary = f"IN SOA {instance}.primary.example.com. "
            file.write_bytes(text.replace("IN SOA ns1.example.com. ", primary).encode())

    def settings(self) -> dict[str, object]:
        return {"type": "zonefile", "directory": self.folder.name}

    def ptr(self, address: str, zone: str | None = None) -> Hostnames:
        zone, owner = self._place(address, zone)
        return self._values(address, zone, owner, RdataType.PTR)

    def ttl(self, address: str) -> int | None:
        zone, owner = self._place(address, None)
        found = self._zone(zone).get_rdataset(owner, RdataType.PTR)
        return found.ttl if found else None

    def set_ptr(self, address: str, hostnames: Sequence[str], zone: str | None = None) -> None:
        zone, owner = self._place(address, zone)
        self._edit(zone, owner, "PTR", [f"{hostname}." for hostname in hostnames])

    def forward(self, hostname: str, kind: str) -> list[str]:
        owner = dns.name.from_text(hostname)
        return self._values(hostname, self.domain, owner, RdataType[kind])

    def set_forward(self, hostname: str, kind: str, addresses: Sequence[str]) -> None:
        self._edit(self.domain, dns.name.from_text(hostname), kind, list(addresses))

    def offline(self) -> AbstractContextManager[None]:
        return moved_away(self.folder)

    def serial(self, zone: str) -> int:
        """Read a zone's serial."""
        found = self._zone(zone).get_soa()
        return int(found.serial)

    def texts(self) -> dict[str, bytes]:
        """Give all zone files with the bytes they hold."""
        return {zone: file.read_bytes() for zone, file in self.files.items()}

    def verify(self) -> None:
        """Let BIND's own checker load every zone, where it is installed."""
        program = shutil.which("named-checkzone")
        for zone, file in self.files.items() if program else ():
            command = [str(program), "-i", "none", "-k", "ignore", zone, str(file)]
            result = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=30
            )
            assert result.returncode == 0, f"{result.stdout}\n{file.read_text()}"

    @staticmethod
    def _place(address: str, zone: str | None) -> tuple[str, dns.name.Name]:
        if zone is None:
            zone = "8.b.d.0.1.0.0.2.ip6.arpa" if ":" in address else "2.0.192.in-addr.arpa"
        return zone, ptr_owner(address, zone)

    def _zone(self, zone: str) -> dns.zone.Zone:
        for _ in range(50):
            try:
                status = self.files[zone].stat()
                signature = (status.st_ino, status.st_size, status.st_mtime_ns)
                if zone not in self._parsed or self._parsed[zone][0] != signature:
                    text = self.files[zone].read_text()
                    parsed = dns.zone.from_text(text, zone, relativize=False)
                    self._parsed[zone] = (signature, parsed)
                return self._parsed[zone][1]
            except (OSError, dns.exception.DNSException):  # an editor is at work
                time.sleep(0.01)
        raise AssertionError(f"{self.files[zone]} stays unreadable")

    def _values(
        self, subject: str, zone: str, owner: dns.name.Name, rdtype: RdataType
    ) -> list[str]:
        reading = self._zone(zone)
        last, known = self._known.get(zone, (None, {}))
        if last is not reading:
            known = {}
            self._known[zone] = reading, known
        # By its text, as hashing a name takes longer than all else here.
        if (subject, rdtype) not in known:
            found = reading.get_rdataset(owner, rdtype)
            known[subject, rdtype] = sorted(rdata.to_text().rstrip(".") for rdata in found or ())
        return known[subject, rdtype]

    def _edit(self, zone: str, owner: dns.name.Name, kind: str, values: list[str]) -> None:
        """Take out the lines of an RRset, add new ones at the end, raise the serial."""
        file = self.files[zone]
        origin = dns.name.from_text(zone)
        kept, at = [], None
        for line in file.read_bytes().decode().splitlines(keepends=True):
            first = re.match(r"[^\s;$]+", line)
            if first:
                at = dns.name.from_text(first[0], origin)
            if at == owner and re.search(rf"\s{kind}\s", line):
                continue
            kept.append(line)
        kept += [f"{owner} IN {kind} {value}\n" for value in values]
        text = re.sub(
            r"(SOA\s+\S+\s+\S+\s*\(?\s*)(\d+)",
            lambda match: f"{match[1]}{int(match[2]) + 1}",
            "".join(kept),
            count=1,
        )
        file.write_bytes(text.encode())
