"""What every backend promises, as tests: a subclass per backend, with fixtures, runs them all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import dns.name
import dns.rrset
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import AddressBackend, Backend, Change, ZoneBackend
from pulumi_rdns.errors import AddressNotFoundError, ConflictError, RdnsError, ZoneNotFoundError
from pulumi_rdns.model.addresses import Address

MAIL = dns.name.from_text("mail.example.com")
WWW = dns.name.from_text("www.example.com")


class BackendContract:
    """What holds for both kinds. Fixtures: ``backend``, ``secrets``."""

    #: the settings without which no instance can be made, as in the stack's configuration
    minimal_settings: ClassVar[Mapping[str, object]]
    #: whether what it does is to be seen in the log: only what asks nobody has nothing to log
    logs_requests: ClassVar[bool] = True

    @pytest.fixture
    def secrets(self, backend: Backend) -> list[str]:
        """Return every secret that the backend was made with; required where it has some."""
        assert not backend.secrets, "the contract's subclass must have a fixture `secrets`"
        return []

    def test_no_secret_is_in_its_repr(self, backend: Backend, secrets: list[str]) -> None:
        assert bool(secrets) == bool(backend.secrets)
        for secret in secrets:
            assert secret not in repr(backend)
            assert secret not in repr(vars(backend))

    def check_log(
        self,
        backend: Backend,
        secrets: list[str],
        caplog: pytest.LogCaptureFixture,
        operation: Callable[[], object],
    ) -> None:
        """Check that an operation logs each of its requests, and no secret."""
        with caplog.at_level(logging.DEBUG):
            operation()
        kind = type(backend).__module__.split(".")[2]
        logger = f"pulumi_rdns.backends.{kind}"
        ours = [record for record in caplog.records if f"{record.name}.".startswith(f"{logger}.")]
        assert bool(ours) == self.logs_requests
        for record in ours:
            assert record.levelno == logging.DEBUG
            assert record.getMessage().startswith(f"{backend.name}: ")
            assert record.getMessage().endswith(" ms")
        for record in caplog.records:
            for secret in secrets:
                assert secret not in record.getMessage()
                assert secret not in repr(vars(record))


class AddressContract(BackendContract):
    """An address backend. A subclass has these fixtures:

    ``backend``; ``owned``, 8 or more addresses of the account, without a PTR or with the vendor's
    default; ``not_owned``, an address that the account does not have; ``live``, a reader of its
    own, which gives the hostname without trailing dot, None for none or the default.
    """

    def test_an_address_that_nobody_named_has_no_ptr_or_the_default(
        self, backend: AddressBackend, owned: list[Address]
    ) -> None:
        ptr = backend.get_ptr(owned[0])
        assert ptr is None or ptr.is_default

    def test_what_is_set_is_live_and_read_back(
        self,
        backend: AddressBackend,
        owned: list[Address],
        live: Callable[[Address], str | None],
    ) -> None:
        for address in (owned[0], owned[-1]):
            backend.set_ptr(address, MAIL)
            assert live(address) == "mail.example.com"
            ptr = backend.get_ptr(address)
            assert ptr is not None
            assert ptr.hostname == MAIL
            assert not ptr.is_default

    def test_setting_twice_equals_setting_once(
        self,
        backend: AddressBackend,
        owned: list[Address],
        live: Callable[[Address], str | None],
    ) -> None:
        backend.set_ptr(owned[0], MAIL)
        backend.set_ptr(owned[0], MAIL)
        assert live(owned[0]) == "mail.example.com"

    def test_setting_another_name_replaces_the_first(
        self,
        backend: AddressBackend,
        owned: list[Address],
        live: Callable[[Address], str | None],
    ) -> None:
        backend.set_ptr(owned[0], MAIL)
        backend.set_ptr(owned[0], WWW)
        assert live(owned[0]) == "www.example.com"

    def test_unset_takes_only_this_ptr_away_and_may_be_called_twice(
        self,
        backend: AddressBackend,
        owned: list[Address],
        live: Callable[[Address], str | None],
    ) -> None:
        backend.set_ptr(owned[0], MAIL)
        backend.set_ptr(owned[1], WWW)
        backend.unset_ptr(owned[0])
        backend.unset_ptr(owned[0])
        assert live(owned[0]) is None
        assert live(owned[1]) == "www.example.com"
        ptr = backend.get_ptr(owned[0])
        assert ptr is None or ptr.is_default

    def test_an_address_of_somebody_else_is_an_error_in_every_call(
        self, backend: AddressBackend, not_owned: Address
    ) -> None:
        calls: list[Callable[[], object]] = [
            lambda: backend.get_ptr(not_owned),
            lambda: backend.set_ptr(not_owned, MAIL),
            lambda: backend.unset_ptr(not_owned),
        ]
        for call in calls:
            with pytest.raises(AddressNotFoundError) as caught:
                call()
            assert str(caught.value).startswith(f"{backend.name}: ")
            assert str(not_owned) in str(caught.value)

    def test_an_operation_logs_its_requests_and_no_secret(
        self,
        backend: AddressBackend,
        owned: list[Address],
        secrets: list[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        self.check_log(backend, secrets, caplog, lambda: backend.set_ptr(owned[0], MAIL))

    def test_the_list_of_addresses_shows_what_was_set(
        self, backend: AddressBackend, owned: list[Address]
    ) -> None:
        backend.set_ptr(owned[0], MAIL)
        found = {entry.address: entry for entry in backend.addresses()}
        ptr = found[owned[0]].ptr
        assert ptr is not None
        assert ptr.hostname == MAIL
        assert found[owned[0]].owner_id

    def test_eight_threads_set_eight_ptrs(
        self,
        backend: AddressBackend,
        owned: list[Address],
        live: Callable[[Address], str | None],
    ) -> None:
        names = [dns.name.from_text(f"host{at}.example.com") for at in range(8)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(backend.set_ptr, owned[:8], names))
        assert [live(address) for address in owned[:8]] == [
            f"host{at}.example.com" for at in range(8)
        ]


def rrset(name: dns.name.Name, kind: str, *values: str, ttl: int = 3600) -> dns.rrset.RRset:
    """Return an RRset as the callers of a backend make it."""
    return dns.rrset.from_text(name, ttl, "IN", kind, *values)


class ZoneContract(BackendContract):
    """A zone backend. A subclass has these fixtures:

    ``backend``; ``zone``, one that is there; ``names``, at least 8 of the zone at which nothing
    stands; ``alias``, one at which a CNAME stands; ``live``, a reader of its own, which gives the
    TTL and the sorted values of one RRset, or None.
    """

    #: whether there is a list of its zones
    lists_zones: ClassVar[bool] = True
    #: type and two values that the zone may hold
    kind, one, two = "PTR", "mail.example.com.", "www.example.com."

    def change(
        self, name: dns.name.Name, before: list[str], after: list[str], ttl: int = 3600
    ) -> Change:
        """Return one compare-and-set."""
        return Change(
            name,
            RdataType[self.kind],
            rrset(name, self.kind, *before) if before else None,
            rrset(name, self.kind, *after, ttl=ttl) if after else None,
        )

    def test_the_zone_of_a_name_is_found(
        self, backend: ZoneBackend, zone: dns.name.Name, names: list[dns.name.Name]
    ) -> None:
        assert backend.find_zone(names[0]) == zone
        assert backend.find_zone(zone) == zone

    def test_the_zone_is_in_the_list_and_can_be_written(
        self, backend: ZoneBackend, zone: dns.name.Name
    ) -> None:
        assert backend.find_zone(zone) == zone  # which no list may have
        listed = backend.list_zones()
        assert (listed is not None) == self.lists_zones
        if listed is not None:
            (found,) = (one for one in listed if one.name == zone)
            assert (found.is_copy, found.is_private, found.obstacle) == (False, False, "")

    def test_a_zone_that_is_not_here_is_an_error_and_never_gone(self, backend: ZoneBackend) -> None:
        away = dns.name.from_text("nowhere.invalid")
        calls: list[Callable[[], object]] = [
            lambda: backend.find_zone(away),
            lambda: backend.get_rrset(away, away, RdataType[self.kind]),
            lambda: backend.apply(away, [self.change(away, [], [self.one])]),
        ]
        for call in calls:
            with pytest.raises(ZoneNotFoundError) as caught:
                call()
            assert str(caught.value).startswith(f"{backend.name}: ")

    def test_an_rrset_that_is_not_there_is_none(
        self, backend: ZoneBackend, zone: dns.name.Name, names: list[dns.name.Name]
    ) -> None:
        assert backend.get_rrset(zone, names[0], RdataType[self.kind]) is None

    def test_create_change_ttl_and_delete_are_live(
        self,
        backend: ZoneBackend,
        zone: dns.name.Name,
        names: list[dns.name.Name],
        live: Callable[[dns.name.Name, str], tuple[int, list[str]] | None],
    ) -> None:
        name = names[0]
        backend.apply(zone, [self.change(name, [], [self.one])])
        assert live(name, self.kind) == (3600, [self.one])
        backend.apply(zone, [self.change(name, [self.one], [self.two])])
        assert live(name, self.kind) == (3600, [self.two])
        backend.apply(zone, [self.change(name, [self.two], [self.two], ttl=300)])
        assert live(name, self.kind) == (300, [self.two])
        found = backend.get_rrset(zone, name, RdataType[self.kind])
        assert found is not None
        assert found.ttl == 300
        backend.apply(zone, [self.change(name, [self.two], [])])
        assert live(name, self.kind) is None

    def test_what_is_already_so_succeeds(
        self,
        backend: ZoneBackend,
        zone: dns.name.Name,
        names: list[dns.name.Name],
        live: Callable[[dns.name.Name, str], tuple[int, list[str]] | None],
    ) -> None:
        create = self.change(names[0], [], [self.one])
        for _ in range(2):
            backend.apply(zone, [create])
            assert live(names[0], self.kind) == (3600, [self.one])
        for before in ([self.one], [self.one], []):
            backend.apply(zone, [self.change(names[0], before, [])])
            assert live(names[0], self.kind) is None

    def test_several_values_are_written_and_one_of_them_taken_out(
        self,
        backend: ZoneBackend,
        zone: dns.name.Name,
        names: list[dns.name.Name],
        live: Callable[[dns.name.Name, str], tuple[int, list[str]] | None],
    ) -> None:
        both = [self.one, self.two]
        backend.apply(zone, [self.change(names[0], [], both)])
        assert live(names[0], self.kind) == (3600, sorted(both))
        backend.apply(zone, [self.change(names[0], both, [self.two])])
        assert live(names[0], self.kind) == (3600, [self.two])

    @pytest.mark.parametrize("before", [[], ["two"]])
    def test_something_else_being_there_is_a_conflict_that_names_it(
        self,
        backend: ZoneBackend,
        zone: dns.name.Name,
        names: list[dns.name.Name],
        live: Callable[[dns.name.Name, str], tuple[int, list[str]] | None],
        before: list[str],
    ) -> None:
        expected = [self.two] if before else []
        backend.apply(zone, [self.change(names[0], [], [self.one])])
        with pytest.raises(ConflictError) as caught:
            backend.apply(zone, [self.change(names[0], expected, [self.two, self.one])])
        assert self.one.rstrip(".") in str(caught.value)
        assert str(caught.value).startswith(f"{backend.name}: ")
        assert live(names[0], self.kind) == (3600, [self.one])

    def test_nothing_is_written_beside_a_cname(
        self,
        backend: ZoneBackend,
        zone: dns.name.Name,
        alias: dns.name.Name,
        live: Callable[[dns.name.Name, str], tuple[int, list[str]] | None],
    ) -> None:
        with pytest.raises(ConflictError):
            backend.apply(zone, [self.change(alias, [], [self.one])])
        assert live(alias, self.kind) is None
        assert live(alias, "CNAME") is not None

    def test_several_changes_are_all_or_nothing(
        self,
        backend: ZoneBackend,
        zone: dns.name.Name,
        names: list[dns.name.Name],
        live: Callable[[dns.name.Name, str], tuple[int, list[str]] | None],
    ) -> None:
        backend.apply(zone, [self.change(name, [], [self.one]) for name in names[:3]])
        assert all(live(name, self.kind) for name in names[:3])
        with pytest.raises(ConflictError):
            backend.apply(
                zone,
                [
                    self.change(names[3], [], [self.one]),
                    self.change(names[0], [], [self.two]),
                ],
            )
        assert live(names[3], self.kind) is None

    def test_eight_threads_write_eight_names(
        self,
        backend: ZoneBackend,
        zone: dns.name.Name,
        names: list[dns.name.Name],
        live: Callable[[dns.name.Name, str], tuple[int, list[str]] | None],
    ) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(
                pool.map(
                    lambda name: backend.apply(zone, [self.change(name, [], [self.one])]),
                    names[:8],
                )
            )
        assert all(live(name, self.kind) == (3600, [self.one]) for name in names[:8])

    def test_of_eight_racing_writers_exactly_one_wins(
        self,
        backend: ZoneBackend,
        zone: dns.name.Name,
        names: list[dns.name.Name],
        live: Callable[[dns.name.Name, str], tuple[int, list[str]] | None],
    ) -> None:
        if self.kind == "PTR":
            values = [f"host{at}.example.com." for at in range(8)]
        else:
            values = [f"198.51.100.{at + 1}" for at in range(8)]

        def write(value: str) -> str | None:
            try:
                backend.apply(zone, [self.change(names[0], [], [value])])
            except ConflictError:
                return None
            return value

        with ThreadPoolExecutor(8) as pool:
            winners = [value for value in pool.map(write, values) if value]
        assert len(winners) == 1
        assert live(names[0], self.kind) == (3600, winners)

    def test_an_operation_logs_its_requests_and_no_secret(
        self,
        backend: ZoneBackend,
        zone: dns.name.Name,
        names: list[dns.name.Name],
        secrets: list[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        change = self.change(names[0], [], [self.one])
        self.check_log(backend, secrets, caplog, lambda: backend.apply(zone, [change]))

    def test_every_failure_is_an_error_of_ours(self, backend: ZoneBackend) -> None:
        with pytest.raises(RdnsError):
            backend.find_zone(dns.name.from_text("nowhere.invalid"))
