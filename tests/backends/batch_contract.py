"""What every backend with zones promises of many PTR records in one call."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import dns.name
import dns.rrset
import pytest

from pulumi_rdns.backends.base import ZoneBackend
from pulumi_rdns.backends.batch import DONE, Outcome, PtrChange
from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.errors import RdnsError, ZoneNotFoundError


class BatchContract:
    """Many PTR records in one call. Fixtures of `ZoneContract`, of a zone with PTR records."""

    @pytest.fixture
    def owners(self, names: list[dns.name.Name]) -> list[str]:
        """Return the names as a batch has them."""
        return [name.to_text(omit_final_dot=True) for name in names]

    def apply(
        self, backend: ZoneBackend, zone: dns.name.Name, *changes: PtrChange
    ) -> list[Outcome]:
        """Make changes, and check that each is counted at least once."""
        counted: list[int] = []
        outcomes = backend.apply_ptrs(zone, changes, counted.append)
        assert sum(counted) >= len(changes)
        return outcomes

    def test_records_are_created_changed_and_deleted(
        self,
        backend: ZoneBackend,
        zone: dns.name.Name,
        names: list[dns.name.Name],
        owners: list[str],
        live: Callable[[dns.name.Name, str], tuple[int, list[str]] | None],
    ) -> None:
        made = [
            PtrChange(owner, (), (f"h{at}.example.com",), 3600) for at, owner in enumerate(owners)
        ]
        assert self.apply(backend, zone, *made) == [DONE] * len(owners)
        for at, name in enumerate(names):
            assert live(name, "PTR") == (3600, [f"h{at}.example.com."])
        read = backend.read_ptrs(zone, owners)
        assert read == {
            owner: LiveRecord((f"h{at}.example.com",), 3600) for at, owner in enumerate(owners)
        }

        changes = [
            PtrChange(owners[0], ("h0.example.com",), ("new.example.com",), 300),
            PtrChange(owners[1], ("h1.example.com",), ("h1.example.com",), 300),
            PtrChange(owners[2], ("h2.example.com",), (), 300),
        ]
        assert self.apply(backend, zone, *changes) == [DONE] * 3
        assert live(names[0], "PTR") == (300, ["new.example.com."])
        assert live(names[1], "PTR") == (300, ["h1.example.com."])
        assert live(names[2], "PTR") is None
        assert live(names[3], "PTR") == (3600, ["h3.example.com."])
        assert owners[2] not in backend.read_ptrs(zone, owners)

    def test_a_record_that_names_the_root_is_one_like_any_other(
        self,
        backend: ZoneBackend,
        zone: dns.name.Name,
        names: list[dns.name.Name],
        owners: list[str],
        live: Callable[[dns.name.Name, str], tuple[int, list[str]] | None],
    ) -> None:
        made = [
            PtrChange(owners[0], (), (".",), 3600),
            PtrChange(owners[1], (), ("one.example.com",), 3600),
        ]
        assert self.apply(backend, zone, *made) == [DONE] * 2
        assert live(names[0], "PTR") == (3600, ["."])
        for many in (owners[:2], owners[:2] + [f"x{at}.{owners[2]}" for at in range(40)]):
            assert backend.read_ptrs(zone, many)[owners[0]] == LiveRecord((".",), 3600)
        changed = PtrChange(owners[0], (".",), ("two.example.com",), 3600)
        assert self.apply(backend, zone, changed) == [DONE]
        assert live(names[0], "PTR") == (3600, ["two.example.com."])

    def test_what_does_not_stand_as_expected_is_told_and_the_rest_is_made(
        self,
        backend: ZoneBackend,
        zone: dns.name.Name,
        names: list[dns.name.Name],
        owners: list[str],
        alias: dns.name.Name,
        live: Callable[[dns.name.Name, str], tuple[int, list[str]] | None],
    ) -> None:
        one, two, three, four, five, *_ = owners
        before = [
            PtrChange(one, (), ("a.example.com",), 3600),
            PtrChange(two, (), ("a.example.com", "b.example.com"), 3600),
            PtrChange(three, (), ("c.example.com",), 3600),
        ]
        assert self.apply(backend, zone, *before) == [DONE] * 3
        beside = alias.to_text(omit_final_dot=True)
        outcomes = self.apply(
            backend,
            zone,
            PtrChange(one, (), ("x.example.com",), 3600),
            PtrChange(two, ("a.example.com",), (), 3600),
            PtrChange(three, ("c.example.com",), ("x.example.com",), 3600),
            PtrChange(four, ("gone.example.com",), ("x.example.com",), 3600),
            PtrChange(five, (), ("x.example.com",), 3600),
            PtrChange(beside, (), ("x.example.com",), 3600),
        )
        found = [outcome.found for outcome in outcomes]
        assert found[:5] == [
            LiveRecord(("a.example.com",), 3600),
            LiveRecord(("a.example.com", "b.example.com"), 3600),
            None,
            LiveRecord(),
            None,
        ]
        assert found[5] is not None
        assert found[5].alias
        assert not found[5].values
        assert all(outcome.error is None for outcome in outcomes)
        assert live(names[0], "PTR") == (3600, ["a.example.com."])
        assert live(names[1], "PTR") == (3600, ["a.example.com.", "b.example.com."])
        assert live(names[2], "PTR") == (3600, ["x.example.com."])
        assert live(names[3], "PTR") is None
        assert live(names[4], "PTR") == (3600, ["x.example.com."])
        assert live(alias, "PTR") is None

    def test_one_of_several_values_is_taken_out(
        self,
        backend: ZoneBackend,
        zone: dns.name.Name,
        names: list[dns.name.Name],
        owners: list[str],
        live: Callable[[dns.name.Name, str], tuple[int, list[str]] | None],
    ) -> None:
        both = ("a.example.com", "b.example.com")
        assert self.apply(backend, zone, PtrChange(owners[0], (), both, 3600)) == [DONE]
        kept = PtrChange(owners[0], both[::-1], ("b.example.com",), 3600)
        assert self.apply(backend, zone, kept) == [DONE]
        assert live(names[0], "PTR") == (3600, ["b.example.com."])

    def test_hundreds_of_changes_with_a_few_that_do_not_fit(
        self, backend: ZoneBackend, zone: dns.name.Name, owners: list[str]
    ) -> None:
        below = owners[0]
        many = [f"x{at}.{below}" for at in range(600)]
        taken = [PtrChange(many[at], (), ("taken.example.com",), 3600) for at in (3, 300, 599)]
        assert self.apply(backend, zone, *taken) == [DONE] * 3
        outcomes = self.apply(
            backend, zone, *[PtrChange(one, (), ("new.example.com",), 3600) for one in many]
        )
        unfit = {at: outcome for at, outcome in enumerate(outcomes) if not outcome.is_done}
        assert unfit == dict.fromkeys(
            (3, 300, 599), Outcome(LiveRecord(("taken.example.com",), 3600))
        )
        read = backend.read_ptrs(zone, many)
        assert len(read) == 600
        gone = [PtrChange(one, found.values, (), 3600) for one, found in read.items()]
        assert self.apply(backend, zone, *gone) == [DONE] * 600
        assert backend.read_ptrs(zone, many) == {}

    def test_eight_threads_write_batches_of_their_own(
        self, backend: ZoneBackend, zone: dns.name.Name, owners: list[str]
    ) -> None:
        def write(at: int) -> list[Outcome]:
            names = [f"y{number}.{owners[at]}" for number in range(20)]
            return self.apply(
                backend, zone, *[PtrChange(one, (), (f"h{at}.example.com",), 3600) for one in names]
            )

        with ThreadPoolExecutor(8) as pool:
            outcomes = [one for batch in pool.map(write, range(8)) for one in batch]
        assert outcomes == [DONE] * 160
        names = [f"y{number}.{owners[at]}" for at in range(8) for number in range(20)]
        read = backend.read_ptrs(zone, names)
        assert {one.values for one in read.values()} == {(f"h{at}.example.com",) for at in range(8)}
        gone = [PtrChange(one, found.values, (), 3600) for one, found in read.items()]
        assert self.apply(backend, zone, *gone) == [DONE] * 160

    def test_of_eight_batches_that_race_one_wins_each_name(
        self, backend: ZoneBackend, zone: dns.name.Name, owners: list[str]
    ) -> None:
        def write(at: int) -> list[Outcome]:
            return self.apply(
                backend,
                zone,
                *[PtrChange(one, (), (f"h{at}.example.com",), 3600) for one in owners],
            )

        with ThreadPoolExecutor(8) as pool:
            batches = list(pool.map(write, range(8)))
        read = backend.read_ptrs(zone, owners)
        for number, owner in enumerate(owners):
            winners = [at for at in range(8) if batches[at][number].is_done]
            assert read[owner].values == (f"h{winners[0]}.example.com",)
            assert len(winners) == 1

    def test_a_zone_that_is_not_here_is_an_error_of_each_change_or_of_all(
        self, backend: ZoneBackend
    ) -> None:
        away = dns.name.from_text("nowhere.invalid")
        with pytest.raises(ZoneNotFoundError):
            backend.read_ptrs(away, ["a.nowhere.invalid", "b.nowhere.invalid"])
        change = PtrChange("a.nowhere.invalid", (), ("a.example.com",), 3600)
        try:
            (outcome,) = backend.apply_ptrs(away, [change], lambda _: None)
        except ZoneNotFoundError:
            return
        assert isinstance(outcome.error, RdnsError)
