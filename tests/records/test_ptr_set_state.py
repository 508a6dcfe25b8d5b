"""What a set remembers between two runs: where its records are, what is there, what is its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from dns.rdatatype import RdataType
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pulumi_rdns.backends.base import Backend, Settings
from pulumi_rdns.model.addresses import reverse_name
from pulumi_rdns.model.names import DnsName, stored_name
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.specs import PtrSetSpec
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.records.location import RecordLocation
from pulumi_rdns.records.ptr_set_state import (
    believed,
    located,
    locations_of,
    seen_after,
    written_after,
)
from tests.properties.strategies import members, record_sets
from tests.records.conftest import name, named

X, Y, Z = "192.0.2.10", "192.0.2.11", "192.0.2.12"
A, B, C = map(name, ("a.example.com", "b.example.com", "c.example.com"))
PARENT, CHILD = map(name, ("2.0.192.in-addr.arpa", "0/25.2.0.192.in-addr.arpa"))
AWAY = name("example.net")
EMPTY = PtrSetState(backend="files")


#: where all of it is
FILES = Backend("files", Settings(), Path())


def at(zone: DnsName | None, owner: str) -> RecordLocation:
    return RecordLocation(FILES, zone, owner, RdataType.PTR)


def where(old: PtrSetState, addresses: Iterable[str]) -> dict[str, RecordLocation]:
    return locations_of(FILES, old, list(addresses))


def spec(table: Mapping[str, str]) -> PtrSetSpec:
    return PtrSetSpec(backend="files", records=PtrSetRecords(named(table)))


def state(table: Mapping[str, str], **more: object) -> PtrSetState:
    """Return the state of a set that has written all of this, unless said otherwise."""
    records = PtrSetRecords(named(table))
    return replace(
        PtrSetState(backend="files", records=records, written=records.table, zones=(PARENT,)),
        **more,
    )


class TestWhere:
    """The places of records."""

    def test_a_record_is_in_the_closest_zone_that_was_written(self) -> None:
        old = state({X: A, Y: B}, zones=(PARENT, CHILD), owners={Y: name(f"11.{CHILD}")})
        assert where(old, [X, Y]) == {
            X: at(PARENT, name(f"10.{PARENT}")),
            Y: at(CHILD, name(f"11.{CHILD}")),
        }

    def test_what_was_not_written_or_has_no_zone_is_nowhere(self) -> None:
        assert where(state({X: A}), [Y]) == {}
        assert where(state({X: A}, zones=()), [X]) == {}

    def test_a_record_that_has_moved_is_remembered_at_its_new_place_alone(self) -> None:
        old = state({X: A, Y: B}, owners={X: name("10.away.example.net")}, zones=(AWAY, PARENT))
        moved = located(old, old, {X: at(PARENT, reverse_name(X))})
        assert moved.owners == {}
        assert where(moved, [X, Y]) == where(state({X: A, Y: B}), [X, Y])

    def test_of_an_address_that_is_no_longer_ours_no_name_is_kept(self) -> None:
        old = state({X: A}, owners={X: name(f"10.{CHILD}")}, zones=(CHILD,))
        assert located(state({Y: B}), old, {}).owners == {}

    def test_a_backend_without_zones_is_no_zone(self) -> None:
        there = located(state({X: A}, zones=()), EMPTY, {X: at(None, DnsName(X))})
        assert (there.zones, there.owners) == ((), {})

    @given(
        st.dictionaries(
            members, st.sampled_from([(PARENT, None), (CHILD, CHILD), (AWAY, AWAY)]), min_size=1
        )
    )
    def test_what_is_remembered_is_where_it_was_written(
        self, given: Mapping[str, tuple[DnsName, DnsName | None]]
    ) -> None:
        """At the reverse name, or where a CNAME leads: in a classless zone, or elsewhere."""
        places = {
            address: at(
                zone,
                reverse_name(address) if below is None else stored_name(f"h{address[8:]}.{below}"),
            )
            for address, (zone, below) in given.items()
        }
        new = located(state(dict.fromkeys(places, A), zones=()), EMPTY, places)
        assert where(new, places.keys()) == places


class TestWhatIsThere:
    """What is believed to stand at an address."""

    def test_it_is_one_hostname_several_or_none(self) -> None:
        there = state({X: A}, several={Y: (B, C)})
        assert [believed(there, address) for address in (X, Y, Z)] == [(A,), (B, C), ()]

    @given(
        record_sets(),
        record_sets(),
        st.dictionaries(members, st.just((A, B)), max_size=3),
        st.sets(members),
    )
    def test_what_failed_is_as_it_was_and_all_else_as_it_is_wanted(
        self,
        before: PtrSetRecords,
        after: PtrSetRecords,
        several: dict[str, tuple[DnsName, ...]],
        failed: set[str],
    ) -> None:
        old = PtrSetState(
            backend="files",
            records=before.live(
                {key: (value,) for key, value in before.table.items() if key not in several}
            ),
            several=several,
        )
        wanted = PtrSetSpec(backend="files", records=after)
        failures = {
            address for address in failed if address in after.table or believed(old, address)
        }
        new = seen_after(old, old, wanted, failures)
        for address in {*before.table, *after.table, *several}:
            hostname = after.table.get(address)
            should = () if hostname is None else (hostname,)
            expected = believed(old, address) if address in failures else should
            assert believed(new, address) == expected, address

    def test_without_a_failure_the_state_has_what_the_program_says(self) -> None:
        wanted = spec({X: B, Z: C})
        old = state({X: A, Y: B}, several={Y: (B, C)})
        new = seen_after(old, old, wanted, ())
        assert (new.records, new.several) == (wanted.records, {})


class TestWhatIsOurs:
    """Which values count as written by this set."""

    def test_what_was_written_is_ours_and_what_was_given_up_is_not(self) -> None:
        ours = written_after(state({X: A, Y: B}), spec({X: C}), {X: C}, (), ())
        assert ours == {X: C}

    def test_what_failed_stays_ours_with_the_value_that_was_written(self) -> None:
        """Both where a change failed and where a removal did."""
        ours = written_after(state({X: A, Y: B}), spec({X: C, Z: C}), {X: C, Z: C}, (X, Y, Z), ())
        assert ours == {X: A, Y: B}

    def test_what_may_have_been_written_in_spite_of_an_error_is_ours(self) -> None:
        ours = written_after(state({X: A}), spec({X: C, Y: B}), {X: C, Y: B}, (X, Y), (X, Y))
        assert ours == {X: C, Y: B}

    def test_what_needed_no_change_stays_ours(self) -> None:
        ours = written_after(state({X: A, Y: B}), spec({X: A, Y: C}), {Y: C}, (), ())
        assert ours == {X: A, Y: C}

    def test_a_strangers_value_that_the_program_keeps_is_not_ours(self) -> None:
        """A refresh has learned it, and the program declares it, as with ignore_changes."""
        learned = state({X: C}, written={X: A})
        assert written_after(learned, spec({X: C}), {X: C}, (), ()) == {X: A}

    def test_a_repair_of_drift_is_ours(self) -> None:
        learned = state({X: C}, written={X: A})
        assert written_after(learned, spec({X: A}), {X: A}, (), ()) == {X: A}
