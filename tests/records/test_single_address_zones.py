"""Sets of records of which one is the top of a zone of its own, at the same server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import dns.zone
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.errors import ConflictError
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.model.specs import OnConflict, PtrPolicies, PtrSetSpec
from pulumi_rdns.model.tables import Table
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.servers.bind import DynamicBind
from tests.servers.dynamic import FULL, REVERSE, started, transfer
from tests.servers.knot import Knot
from tests.servers.powerdns import API_KEY, PowerDns
from tests.servers.process import DnsServer, zone_text

APEX = f"11.{REVERSE}"
#: what stands at the top of the zone before
BEFORE = {"nothing": "", "the right record": "h11.example.com.", "a stranger's": "s.example.net."}
KINDS: dict[str, type[DnsServer]] = {
    "BIND": DynamicBind,
    "Knot": Knot,
    "PowerDNS": PowerDns,
    "PowerDNS API": PowerDns,
}


class Place(NamedTuple):
    """A backend's settings, and the folder or the server that has the two zones."""

    settings: dict[str, object]
    root: Path
    server: DnsServer | None = None

    def session(self) -> Session:
        """Start as a new process does."""
        session = Session(read_settings({"rdns:backends": {"main": self.settings}}), self.root, {})
        session.claims.hand_over = 0.2
        return session

    def live(self, zone: str) -> Table:
        """Give the PTR records of a zone: owner -> hostname."""
        if self.server is not None:
            held = transfer(self.server, zone).items()
            return {owner: values[0] for (owner, kind), (_, values) in held if kind == "PTR"}
        read = dns.zone.from_file(str(self.root / "zones" / f"db.{zone}"), zone, relativize=False)
        found = read.iterate_rdatas(RdataType.PTR)
        return {name.to_text(): rdata.to_text() for name, _, rdata in found}


def place_of(kind: str, folder: Path, at_apex: str) -> Iterator[Place]:
    value = f"@ PTR {at_apex}" if at_apex else ""
    zones = {
        REVERSE: zone_text("@ NS ns1.example.com.\n11 NS ns1.example.com."),
        APEX: zone_text(f"@ NS ns1.example.com.\n{value}"),
    }
    if kind == "zone files":
        (folder / "zones").mkdir()
        for zone, text in zones.items():
            (folder / "zones" / f"db.{zone}").write_text(text)
        yield Place({"type": "zonefile", "directory": "zones"}, folder)
        return
    server = started(KINDS[kind], folder, zones)
    settings: dict[str, object] = {
        "type": "rfc2136",
        "server": f"{server.address}:{server.port}",
        "keyName": FULL.name,
        "keySecret": FULL.secret,
    }
    if isinstance(server, PowerDns) and kind == "PowerDNS API":
        settings = {"type": "powerdns", "apiUrl": server.api_url, "apiKey": API_KEY}
    yield Place(settings, folder, server)
    server.stop()


@pytest.fixture(params=BEFORE)
def before(request: pytest.FixtureRequest) -> str:
    text: str = request.param
    return text


@pytest.fixture(params=["zone files", *KINDS])
def place(request: pytest.FixtureRequest, tmp_path: Path, before: str) -> Iterator[Place]:
    yield from place_of(request.param, tmp_path, BEFORE[before])


def spec(first: int, count: int, on_conflict: OnConflict | None = None) -> PtrSetSpec:
    table = {f"192.0.2.{last}": f"h{last}.example.com" for last in range(first, first + count)}
    policies = PtrPolicies(on_conflict=on_conflict)
    return PtrSetSpec(backend="main", records=PtrSetRecords(table), policies=policies)


# The place is guessed from the first address; from 32 on, a zone is read by transfer.
@pytest.mark.parametrize(("first", "count"), [(11, 3), (10, 3), (10, 40)])
def test_each_record_is_in_its_zone_from_the_first_up_to_destroy(
    place: Place, before: str, heard: Heard, first: int, count: int
) -> None:
    wanted = spec(first, count)
    beside = {f"{last}.{REVERSE}.": f"h{last}.example.com." for last in range(first, first + count)}
    del beside[f"{APEX}."]
    state, error = place.session().ptr_sets.create(wanted, heard)
    assert place.live(REVERSE) == beside
    if before == "a stranger's":
        assert isinstance(error, ConflictError)
        assert "192.0.2.11: it already points to s.example.net" in str(error)
        assert place.live(APEX) == {f"{APEX}.": "s.example.net."}
        taken = spec(first, count, OnConflict.OVERWRITE)
        state, error = place.session().ptr_sets.update(state, taken, heard)
    assert error is None
    assert place.live(APEX) == {f"{APEX}.": "h11.example.com."}
    assert place.live(REVERSE) == beside
    assert place.session().ptr_sets.read(state, heard) == state

    place.session().ptr_sets.delete(state, heard)
    assert place.live(APEX) == place.live(REVERSE) == {}
