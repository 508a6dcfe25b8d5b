"""A part of a zone that became a zone of its own after the records were written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from pulumi_rdns.errors import BackendError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.specs import ForwardPolicy, PtrPolicies, PtrSetSpec, PtrSpec
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import name, named
from tests.records.zone_places import FILES, KINDS, Place, place_of

PARENT, CHILD = "51.198.in-addr.arpa", "100.51.198.in-addr.arpa"
COUNT = 40
OLD = named({f"198.51.100.{at}": f"h{at}.example.com" for at in range(COUNT)})
NEW = {address: f"new-{hostname}" for address, hostname in OLD.items()}
STATE = PtrSetState(
    backend="main",
    records=PtrSetRecords(OLD),
    written=OLD,
    zones=(name(PARENT),),
    ttl=300,
)
#: records below the parent's other names, which no split concerns
BESIDE = "7.101 PTR beside.example.com."


@pytest.fixture(params=["with a delegation", "without one"])
def cut(request: pytest.FixtureRequest) -> str:
    return "100 NS ns1.example.com." if request.param == "with a delegation" else ""


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path, cut: str) -> Iterator[Place]:
    """The old records are still in the parent, where they are no longer served."""
    hidden = [f"{at}.100 PTR h{at}.example.com." for at in range(COUNT)]
    moved = [f"{at} PTR h{at}.example.com." for at in range(COUNT)]
    if request.param == FILES and cut:
        hidden = []  # a file that holds both is refused as a whole
    zones = {
        PARENT: "\n".join(["@ NS ns1.example.com.", cut, BESIDE, *hidden]),
        CHILD: "\n".join(["@ NS ns1.example.com.", *moved]),
    }
    with place_of(request.param, tmp_path, zones) as place:
        yield place


def spec(table: Mapping[str, str], zone: DnsName | None = None) -> PtrSetSpec:
    return PtrSetSpec(backend="main", records=PtrSetRecords(named(table)), ttl=300, zone=zone)


def served(place: Place) -> Mapping[str, str]:
    return {owner.partition(".")[0]: target for owner, target in place.live(CHILD).items()}


def test_an_update_goes_to_the_zone_that_serves_the_names(place: Place, heard: Heard) -> None:
    before = place.live(PARENT)
    state, error = place.session().ptr_sets.update(STATE, spec(NEW), heard)
    assert error is None
    assert served(place) == {str(at): f"new-h{at}.example.com." for at in range(COUNT)}
    assert place.live(PARENT) == before
    assert state.written == NEW
    assert place.session().ptr_sets.read(state, heard) == state
    place.session().ptr_sets.delete(state, heard)
    assert served(place) == {}


def test_a_destroy_takes_them_away_where_they_are_served(place: Place, heard: Heard) -> None:
    before = place.live(PARENT)
    place.session().ptr_sets.delete(STATE, heard)
    assert served(place) == {}
    assert place.live(PARENT) == before


def test_a_zone_that_was_named_and_no_longer_serves_the_names_is_an_error(
    place: Place, cut: str, heard: Heard
) -> None:
    before = place.live(PARENT), place.live(CHILD)
    parent = name(PARENT)
    state, error = place.session().ptr_sets.update(STATE, spec(NEW, parent), heard)
    if place.server is None and not cut:
        # Two files may be two servers': the one that is named is written.
        assert (error, place.live(CHILD)) == (None, before[1])
        return
    assert isinstance(error, BackendError)
    assert "all 40 records failed" in str(error)
    assert state.written == OLD
    assert (place.live(PARENT), place.live(CHILD)) == before


def declared_elsewhere(place: Place, zone: str | None, backend: str) -> Session:
    """Run a program that has created the records anew before the old set goes."""
    session = place.session()
    given = None if zone is None else name(zone)
    new = PtrSetSpec(backend=backend, records=PtrSetRecords(OLD), ttl=300, zone=given)
    session.ptr_sets.declare(new)
    session.ptr_sets.recall(STATE)
    state, error = session.ptr_sets.create(new, Heard())
    assert (error, state.written) == (None, OLD)
    return session


@pytest.mark.parametrize(
    ("zone", "backend"), [(CHILD, "main"), (None, "same"), (CHILD, "same")], ids=str
)
def test_a_set_that_goes_leaves_what_another_one_declares_in_the_new_zone(
    place: Place, heard: Heard, zone: str | None, backend: str
) -> None:
    session = declared_elsewhere(place, zone, backend)
    before = place.live(CHILD)
    assert len(before) == COUNT
    session.ptr_sets.delete(STATE, heard)
    assert place.live(CHILD) == before


def test_an_address_that_leaves_the_set_stays_where_a_record_declares_it(
    place: Place, heard: Heard
) -> None:
    session = place.session()
    address, rest = "198.51.100.1", {**OLD}
    hostname = name(rest.pop(address))
    one = PtrSpec(
        backend="main",
        address=parse_address(address),
        hostname=hostname,
        zone=name(CHILD),
        policies=PtrPolicies(forward_check=ForwardPolicy.SKIP),
    )
    session.ptr.declare("main", one.address, one.zone)
    session.ptr_sets.declare(spec(rest))
    session.ptr_sets.recall(STATE)
    session.ptr.create(one, heard)
    before = place.live(CHILD)
    assert len(before) == COUNT
    _, error = session.ptr_sets.update(STATE, spec(rest), heard)
    assert error is None
    assert place.live(CHILD) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_that_went_to_other_servers_holds_nothing_up(
    kind: str, tmp_path: Path, heard: Heard
) -> None:
    """What is left of it in the parent is ours, and goes with the set; there it cannot change."""
    hidden = [f"{at}.100 PTR h{at}.example.com." for at in range(COUNT)]
    records = ["@ NS ns1.example.com.", BESIDE, *hidden]
    beside = named({"198.51.101.7": "beside.example.com"})
    both = {**OLD, **beside}
    old = replace(STATE, records=PtrSetRecords(both), written=both)
    cut = "100 NS ns.elsewhere.example."
    if kind == FILES:
        hidden = []
        records = ["@ NS ns1.example.com.", BESIDE]
    with place_of(kind, tmp_path, {PARENT: "\n".join([*records, cut])}) as place:
        seen = place.session().ptr_sets.read(old, heard)
        assert seen is not None
        assert seen.records.table["198.51.101.7"] == "beside.example.com"
        state, error = place.session().ptr_sets.update(old, spec({**NEW, **beside}), heard)
        assert "40 of 41 records failed" in str(error)
        assert state.written == both
        place.session().ptr_sets.delete(state, heard)
        assert place.live(PARENT) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_zone_that_was_named_and_no_longer_serves_the_names_holds_no_refresh_and_destroy_up(
    kind: str, tmp_path: Path, heard: Heard
) -> None:
    hidden = [f"{at}.100 PTR h{at}.example.com." for at in range(COUNT)]
    records = ["@ NS ns1.example.com.", *hidden]
    zones = {PARENT: "\n".join(records), CHILD: "@ NS ns1.example.com."}
    old = replace(STATE, zone=name(PARENT))
    with place_of(kind, tmp_path, zones) as place:
        place.session().ptr_sets.read(old, heard)
        place.session().ptr_sets.delete(old, heard)
        assert place.live(PARENT) == {}


# Up to 31 names are read by single queries, more by a transfer.
@pytest.mark.parametrize("count", [3, 40])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_named", [True, False])
def test_a_refresh_forgets_nothing_that_is_no_longer_served(
    kind: str, tmp_path: Path, heard: Heard, count: int, is_named: bool
) -> None:
    """Served again it is, when a delegation ends."""
    table = dict(list(OLD.items())[:count])
    hidden = [f"{at}.100 PTR h{at}.example.com." for at in range(count)]
    cut = "100 NS ns.elsewhere.example."
    records = ["@ NS ns1.example.com."]
    records += hidden if is_named or kind != FILES else []
    zones = {PARENT: "\n".join(records if is_named else [*records, cut])}
    if is_named:
        zones[CHILD] = "@ NS ns1.example.com."
    zone = name(PARENT) if is_named else None
    old = replace(STATE, records=PtrSetRecords(named(table)), written=table, zone=zone)
    with place_of(kind, tmp_path, zones) as place:
        seen = place.session().ptr_sets.read(old, heard)
        assert seen == old
        if is_named and kind in (FILES, "PowerDNS API"):
            return  # they show what is in the zone that is named
        (warning,) = heard.warnings
        assert "not looked at, and kept as they were: 198.51.100.0 to 198.51.100" in warning


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ttl", [None, 300])
def test_what_is_delegated_elsewhere_fails_alone(
    kind: str, tmp_path: Path, heard: Heard, ttl: int | None
) -> None:
    """Without a TTL, those that are there are read first. The first name is one that is served."""
    table = {"198.51.99.7": "x.example.com", **dict(list(OLD.items())[:12])}
    hidden = [f"{at}.100 PTR h{at}.example.com." for at in range(12 * (kind != FILES))]
    cut = "100 NS ns.elsewhere.example."
    records = ["@ NS ns1.example.com.", cut, "7.99 PTR x.example.com.", *hidden]
    old = replace(STATE, records=PtrSetRecords(named(table)), written=table, ttl=ttl)
    with place_of(kind, tmp_path, {PARENT: "\n".join(records)}) as place:
        before = place.live(PARENT)
        new = replace(spec({key: f"new-{name}" for key, name in table.items()}), ttl=ttl)
        state, error = place.session().ptr_sets.update(old, new, heard)
        assert "12 of 13 records failed" in str(error)
        assert state.written == {**table, "198.51.99.7": "new-x.example.com"}
        changed = {f"7.99.{PARENT}.": "new-x.example.com."}
        assert place.live(PARENT) == {**before, **changed}
