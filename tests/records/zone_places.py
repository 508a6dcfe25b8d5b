"""Two zones of one server or folder, written through any backend that has zones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import dns.zone
from dns.rdatatype import RdataType

from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.records.session import Session
from tests.servers.bind import DynamicBind
from tests.servers.dynamic import FULL, NARROW, started, transfer
from tests.servers.knot import Knot
from tests.servers.powerdns import API_KEY, PowerDns
from tests.servers.process import DnsServer, zone_text

FILES = "zone files"
SERVERS: dict[str, type[DnsServer]] = {
    "BIND": DynamicBind,
    "Knot": Knot,
    "PowerDNS": PowerDns,
    "PowerDNS API": PowerDns,
}
KINDS = (FILES, *SERVERS)


class Place(NamedTuple):
    """A backend's settings, and the folder or the server that has the two zones."""

    settings: dict[str, object]
    root: Path
    server: DnsServer | None = None
    #: settings of a second instance for the same place, with another key where there can be one
    other: dict[str, object] | None = None

    def session(self) -> Session:
        """Start as a new process does."""
        backends: dict[str, object] = {"main": self.settings, "same": self.other or self.settings}
        session = Session(read_settings({"rdns:backends": backends}), self.root, {})
        session.ledger.patience = 0.2
        return session

    def live(self, zone: str) -> Mapping[str, str]:
        """Give the PTR records of a zone: owner -> hostname."""
        if self.server is not None:
            held = transfer(self.server, zone).items()
            return {owner: values[0] for (owner, kind), (_, values) in held if kind == "PTR"}
        read = dns.zone.from_file(str(self.root / "zones" / f"db.{zone}"), zone, relativize=False)
        found = read.iterate_rdatas(RdataType.PTR)
        return {name.to_text(): rdata.to_text() for name, _, rdata in found}


@contextmanager
def place_of(kind: str, folder: Path, zones: dict[str, str]) -> Iterator[Place]:
    """Serve zones: origin -> records, in the text of a master file."""
    texts = {zone: zone_text(records) for zone, records in zones.items()}
    if kind == FILES:
        (folder / "zones").mkdir()
        for zone, text in texts.items():
            (folder / "zones" / f"db.{zone}").write_text(text)
        yield Place({"type": "zonefile", "directory": "zones"}, folder)
        return
    server = started(SERVERS[kind], folder, texts)
    settings: dict[str, object] = {
        "type": "rfc2136",
        "server": f"{server.address}:{server.port}",
        "keyName": FULL.name,
        "keySecret": FULL.secret,
    }
    if isinstance(server, PowerDns) and kind == "PowerDNS API":
        settings = {"type": "powerdns", "apiUrl": server.api_url, "apiKey": API_KEY}
    other = settings
    if kind in ("BIND", "Knot"):
        other = {**settings, "keyName": NARROW.name, "keySecret": NARROW.secret}
    try:
        yield Place(settings, folder, server, other)
    finally:
        server.stop()
