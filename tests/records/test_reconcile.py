"""The loop that brings records to what they should be, on zone files and on an account."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

import dns.name
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import AddressBackend, Backend, ZoneBackend
from pulumi_rdns.backends.changes import NOTHING, LiveRecord
from pulumi_rdns.errors import (
    AddressNotFoundError,
    ConflictError,
    RdnsError,
    RejectedError,
    UnavailableError,
)
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.records.location import RecordLocation
from pulumi_rdns.records.ownership import Wanted
from pulumi_rdns.records.reconcile import Decide, Strangers, reconcile
from pulumi_rdns.records.session import Session
from pulumi_rdns.records.store import SetStore, Store
from tests.backends.heard import Heard
from tests.records.conftest import ZONE, name

REVERSE = name("100.51.198.in-addr.arpa")
ONE, TWO = "198.51.100.10", "198.51.100.11"
MAIL, WWW = "mail.example.com", "www.example.com"


class World:
    """Two places: a zone file, and an account; what is in the file can be set behind our back."""

    def __init__(self, session: Session, folder: Path) -> None:
        self.files = session.backends.get("files")
        self.account = session.backends.get("memory")
        self.store = Store(partial(session.ledger.exclusive, "PTR", "here"))
        self._file = folder / "db.100.51.198.in-addr.arpa"

    def set(self, records: str) -> None:
        self._file.write_text(ZONE + records)

    def at(self, address: str, backend: Backend | None = None) -> RecordLocation:
        if backend is not None:
            return RecordLocation(backend, None, address, RdataType.PTR)
        owner = f"{address.rpartition('.')[2]}.{REVERSE}"
        return RecordLocation(self.files, REVERSE, owner, RdataType.PTR)

    def live(self, address: str) -> list[str]:
        owner = dns.name.from_text(self.at(address).owner)
        zones = cast(ZoneBackend, self.files)
        rrset = zones.get_rrset(dns.name.from_text(REVERSE), owner, RdataType.PTR)
        return sorted(rdata.to_text() for rdata in rrset or ())


@pytest.fixture
def world(session: Session, folder: Path) -> World:
    return World(session, folder)


def wants(*values: str, ttl: int | None = None) -> Decide:
    return lambda _key, _live: Wanted(values, ttl)


def test_one_that_fails_keeps_none_of_the_others_from_being_written(world: World) -> None:
    def decide(address: str, live: LiveRecord) -> Wanted | None:
        if address == TWO:
            raise ConflictError("files", "set the PTR of", address, "no")
        return Wanted((MAIL,))

    result = reconcile(world.store, {ONE: world.at(ONE), TWO: world.at(TWO)}, decide)
    assert list(result.failures) == [TWO]
    assert (world.live(ONE), world.live(TWO)) == ([f"{MAIL}."], [])
    assert result.before == {ONE: NOTHING, TWO: NOTHING}


@pytest.mark.parametrize(
    ("records", "ttl", "after"),
    [
        ("10 PTR old.example.com.\n", None, 3600),
        ("10 300 PTR old.example.com.\n", None, 300),
        ("10 300 PTR old.example.com.\n", 60, 60),
        ("", None, 3600),
        ("", 60, 60),
    ],
)
def test_a_ttl_is_kept_unless_there_is_another_one_to_be(
    world: World, records: str, ttl: int | None, after: int
) -> None:
    world.set(records)
    reconcile(world.store, {ONE: world.at(ONE)}, wants(MAIL, ttl=ttl))
    zones = cast(ZoneBackend, world.files)
    found = zones.get_rrset(
        dns.name.from_text(REVERSE), dns.name.from_text(world.at(ONE).owner), RdataType.PTR
    )
    assert found is not None
    assert (world.live(ONE), found.ttl) == ([f"{MAIL}."], after)


def test_what_somebody_else_wrote_in_between_is_decided_anew(world: World) -> None:
    shown = []

    def decide(_: str, live: LiveRecord) -> Wanted | None:
        shown.append(live.values)
        if len(shown) < 3:
            world.set(f"10 PTR stranger-{len(shown)}.example.net.\n")
        return None if live.values == ("stranger-2.example.net",) else Wanted((MAIL,))

    result = reconcile(world.store, {ONE: world.at(ONE)}, decide)
    assert shown == [(), ("stranger-1.example.net",), ("stranger-2.example.net",)]
    assert world.live(ONE) == ["stranger-2.example.net."], "and is left alone"
    assert result.failures == {}
    assert result.before[ONE].values == ("stranger-2.example.net",)


def test_somebody_who_keeps_changing_it_wins_in_the_end(world: World) -> None:
    tries = []

    def decide(_: str, live: LiveRecord) -> Wanted:
        tries.append(live.values)
        world.set(f"10 PTR stranger-{len(tries)}.example.net.\n")
        return Wanted((MAIL,))

    result = reconcile(world.store, {ONE: world.at(ONE)}, decide)
    assert isinstance(result.failures[ONE], ConflictError)
    assert "set the PTR of 198.51.100.10: somebody else keeps changing it" in str(
        result.failures[ONE]
    )
    assert world.live(ONE) == [f"stranger-{len(tries)}.example.net."]


def test_an_account_is_looked_at_right_before_it_is_set(world: World) -> None:
    account = cast(AddressBackend, world.account)
    shown = []

    def decide(_: str, live: LiveRecord) -> Wanted | None:
        shown.append(live.values)
        if len(shown) == 1:
            account.set_ptr(parse_address(ONE), dns.name.from_text("stranger.example.net."))
            return Wanted((MAIL,))
        return None

    reconcile(world.store, {ONE: world.at(ONE, world.account)}, decide)
    assert shown == [(), ("stranger.example.net",)]
    ptr = account.get_ptr(parse_address(ONE))
    assert ptr is not None
    assert ptr.hostname.to_text() == "stranger.example.net."


def test_what_is_assumed_is_compared_and_not_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.set("10 PTR old.example.com.\n11 PTR stranger.example.net.\n")
    monkeypatch.setattr(world.store, "read", lambda _: pytest.fail("it is read"))
    shown = []

    def decide(address: str, live: LiveRecord) -> Wanted | None:
        shown.append((address, live.values))
        return None if live.values == ("stranger.example.net",) else Wanted((MAIL,))

    assumed = {key: LiveRecord(("old.example.com",), 3600) for key in (ONE, TWO)}
    reconcile(world.store, {key: world.at(key) for key in assumed}, decide, assumed=assumed)
    assert world.live(ONE) == [f"{MAIL}."]
    assert world.live(TWO) == ["stranger.example.net."]
    assert shown == [
        (ONE, ("old.example.com",)),
        (TWO, ("old.example.com",)),
        (TWO, ("stranger.example.net",)),
    ]


def test_that_nothing_is_to_do_is_not_believed_without_a_look(world: World) -> None:
    """The record that should be right is gone."""
    result = reconcile(
        world.store,
        {ONE: world.at(ONE)},
        wants(MAIL),
        assumed={ONE: LiveRecord((MAIL,), 3600)},
    )
    assert result.before == {ONE: NOTHING}
    assert world.live(ONE) == [f"{MAIL}."]


def test_what_has_been_seen_right_now_is_believed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.store, "read", lambda _: pytest.fail("it is read"))
    seen = {ONE: LiveRecord((MAIL,), 3600)}
    result = reconcile(world.store, {ONE: world.at(ONE)}, wants(MAIL), seen=seen)
    assert (result.before, result.failures) == (seen, {})


@pytest.mark.parametrize("turns_out", [True, False])
def test_a_stranger_is_decided_on_once_nothing_more_can_become_known(
    world: World, turns_out: bool
) -> None:
    """Meanwhile the others are written, and what stands there is looked at again."""
    world.set("10 PTR other.example.com.\n")
    ours: set[str] = set()
    events = []

    def is_foreign(_: str, live: LiveRecord) -> bool:
        return bool(set(live.values) - ours)

    def wait(is_over: Callable[[], bool]) -> None:
        events.append(f"waits, {'over' if is_over() else 'not over'}, {world.live(TWO)}")
        if turns_out:
            ours.add("other.example.com")
        events.append("over" if is_over() else "given up")

    def decide(address: str, live: LiveRecord) -> Wanted:
        if set(live.values) - ours:
            raise ConflictError("files", "set the PTR of", address, "it is a stranger's")
        return Wanted((MAIL,))

    places = {key: world.at(key) for key in (ONE, TWO)}
    result = reconcile(world.store, places, decide, strangers=Strangers(is_foreign, wait))
    assert events == [f"waits, not over, ['{MAIL}.']", "over" if turns_out else "given up"]
    assert (ONE in result.failures) is not turns_out
    assert world.live(ONE) == [f"{MAIL}." if turns_out else "other.example.com."]


def test_a_server_that_fails_is_asked_for_none_of_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fails(*arguments: object) -> None:
        asked.append(arguments)
        raise UnavailableError("files", "write", "the zone", "no answer")

    monkeypatch.setattr(world.files, "apply", fails)
    places = {key: world.at(key) for key in (ONE, TWO)}
    result = reconcile(world.store, places, wants(MAIL))
    assert len(asked) == 1
    assert {str(error) for error in result.failures.values()} == {
        "files: write the zone: no answer"
    }
    assert result.unknown == {ONE}, "the one that may have been written all the same"


def test_an_address_that_is_gone_keeps_no_other_from_being_set(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = cast(AddressBackend, world.account)
    read = account.get_ptr

    def get_ptr(address: object) -> object:
        if str(address) == ONE:
            raise AddressNotFoundError("memory", "read the PTR of", ONE, "not in the account")
        return read(parse_address(str(address)))

    monkeypatch.setattr(account, "get_ptr", get_ptr)
    places = {key: world.at(key, world.account) for key in (ONE, TWO)}
    result = reconcile(world.store, places, wants(MAIL), assumed=dict.fromkeys(places, NOTHING))
    assert list(result.failures) == [ONE]
    assert [str(one.address) for one in account.addresses()] == [TWO]


@pytest.mark.parametrize("elsewhere", ["found", "nowhere", "fails"])
def test_a_record_that_an_alias_hides_is_written_where_it_leads(
    world: World, folder: Path, session: Session, elsewhere: str
) -> None:
    world.set("10 CNAME 10.0/25.2.0.192.in-addr.arpa.\n")
    there = RecordLocation(
        world.files,
        name("0/25.2.0.192.in-addr.arpa"),
        "10.0/25.2.0.192.in-addr.arpa",
        RdataType.PTR,
    )
    error = RejectedError("files", "find the zone of", ONE, "too many CNAMEs")
    leads: dict[str, RecordLocation | RdnsError] = {
        "found": there,
        "nowhere": world.at(ONE),
        "fails": error,
    }
    store = SetStore(world.store.lock, lambda _: {ONE: leads[elsewhere]})
    result = reconcile(store, {ONE: world.at(ONE)}, wants(MAIL), assumed={ONE: NOTHING})
    is_written = "mail.example.com." in (folder / "classless.zone").read_text()
    assert is_written is (elsewhere == "found")
    assert result.locations[ONE] == (there if is_written else world.at(ONE))
    if elsewhere == "fails":
        assert result.failures == {ONE: error}
    if elsewhere == "nowhere":
        assert "stands at 10.100.51.198.in-addr.arpa, and keeps a PTR from being served" in str(
            result.failures[ONE]
        )


def test_the_progress_of_many_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the second; here at once."""
    monkeypatch.setattr("pulumi_rdns.records.reconcile._EVERY", 0)
    heard = Heard()
    places = {f"198.51.100.{last}": world.at(f"198.51.100.{last}") for last in range(10, 13)}
    reconcile(world.store, places, wants(MAIL), report=heard)
    assert heard.told == ["1 of 3 records", "2 of 3 records", "3 of 3 records"]
