"""Sets of records of which one is the top of a zone of its own, at the same server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_rdns.errors import ConflictError
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.specs import OnConflict, OnDelete, PtrPolicies, PtrSetSpec
from tests.backends.heard import Heard
from tests.records.conftest import named
from tests.records.zone_places import KINDS, Place, place_of
from tests.servers.dynamic import REVERSE

APEX = f"11.{REVERSE}"
#: what stands at the top of the zone before
BEFORE = {"nothing": "", "the right record": "h11.example.com.", "a stranger's": "s.example.net."}


@pytest.fixture(params=BEFORE)
def before(request: pytest.FixtureRequest) -> str:
    text: str = request.param
    return text


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path, before: str) -> Iterator[Place]:
    value = f"@ PTR {BEFORE[before]}" if BEFORE[before] else ""
    zones = {
        REVERSE: "@ NS ns1.example.com.\n11 NS ns1.example.com.",
        APEX: f"@ NS ns1.example.com.\n{value}",
    }
    with place_of(request.param, tmp_path, zones) as place:
        yield place


def spec(first: int, count: int, on_conflict: OnConflict | None = None) -> PtrSetSpec:
    table = {f"192.0.2.{last}": f"h{last}.example.com" for last in range(first, first + count)}
    policies = PtrPolicies(on_conflict=on_conflict, on_delete=OnDelete.REMOVE)
    return PtrSetSpec(backend="main", records=PtrSetRecords(named(table)), policies=policies)


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
