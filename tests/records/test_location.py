"""Where a record belongs, and where it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pulumi_rdns.backends.base import AddressBackend, Backend, Settings, ZoneBackend
from pulumi_rdns.errors import (
    AddressNotFoundError,
    BackendError,
    ConfigError,
    InvalidInputError,
    UnavailableError,
)
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import to_dns
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.model.specs import PtrSetSpec, PtrSpec
from pulumi_rdns.model.tables import Table
from pulumi_rdns.records.location import find_ptr, no_aliases, primary_of
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import ZONE, name

REVERSE = name("100.51.198.in-addr.arpa")
OWNED, OTHER = "192.0.2.10", "198.51.100.10"


def session_of(root: Path, **settings: object) -> Session:
    """Start as a new process does, with an account that has 192.0.2.0/24 and a reverse zone."""
    account: dict[str, object] = {
        "type": "memory",
        "networks": ["192.0.2.0/24"],
        "path": "store.json",
    }
    account |= {"path": "store.json", "zones": ["100.51.198.in-addr.arpa"], **settings}
    return Session(read_settings({"rdns:backends": {"account": account}}), root, {})


def spec(address: str, hostname: str = "mail.example.com", **given: Any) -> PtrSpec:
    known: dict[str, Any] = {"backend": "account", "address": parse_address(address)}
    return PtrSpec(hostname=name(hostname), **known, **given)


def live(session: Session, address: str) -> str:
    """Give the PTR at either place, as the backend itself has it."""
    backend = session.backends.get("account")
    assert isinstance(backend, AddressBackend)
    assert isinstance(backend, ZoneBackend)
    found = [
        f"set {one.ptr.hostname}"
        for one in backend.addresses()
        if one.ptr and str(one.address) == address
    ]
    owner = parse_address(address).reverse_pointer
    there = backend.read_ptrs(to_dns(REVERSE), [owner]) if owner.endswith(REVERSE) else {}
    return " ".join([*found, *(f"zone {value}." for one in there.values() for value in one.values)])


@pytest.mark.parametrize(
    ("address", "zone", "there"),
    [
        (OWNED, None, "set mail.example.com."),
        (OTHER, REVERSE, "zone mail.example.com."),
    ],
)
def test_a_host_of_both_kinds_has_its_own_addresses_and_zones_for_others(
    tmp_path: Path, heard: Heard, address: str, zone: str | None, there: str
) -> None:
    session = session_of(tmp_path)
    state = session.ptr.create(spec(address), heard)
    assert (state.zone, live(session, address)) == (zone, there)
    assert session.ptr.read(state, heard) == state
    changed = session.ptr.update(state, spec(address, "www.example.com"), heard)
    assert live(session, address) == there.replace("mail", "www")
    session.ptr.delete(changed, heard)
    assert live(session, address) == ""


def test_a_named_zone_has_the_record_of_an_address_of_the_account_too(
    tmp_path: Path, heard: Heard
) -> None:
    session = session_of(tmp_path, networks=["198.51.100.0/24"])
    state = session.ptr.create(spec(OTHER, zone=REVERSE, ttl=300), heard)
    assert (state.zone, live(session, OTHER)) == (REVERSE, "zone mail.example.com.")


@pytest.mark.parametrize(("address", "later"), [(OTHER, ["198.51.100.0/24"]), (OWNED, [])])
def test_the_place_that_create_chose_is_kept(
    tmp_path: Path, heard: Heard, address: str, later: list[str]
) -> None:
    """Also where the account gets the address later; where it loses it, that is told."""
    state = session_of(tmp_path).ptr.create(spec(address), heard)
    session = session_of(tmp_path, networks=[*later, "203.0.113.0/24"])
    if later:
        changed = session.ptr.update(state, spec(address, "www.example.com"), heard)
        assert live(session, address) == "zone www.example.com."
        session.ptr.delete(changed, heard)
        assert live(session, address) == ""
    else:
        with pytest.raises(AddressNotFoundError):
            session.ptr.update(state, spec(address, "www.example.com"), heard)
        session.ptr.delete(state, heard)
        assert "there is nothing to delete" in heard.warnings[-1]


def test_an_own_address_has_no_ttl_and_another_one_has(tmp_path: Path, heard: Heard) -> None:
    session = session_of(tmp_path)
    with pytest.raises(InvalidInputError, match=r"ttl: .*192\.0\.2\.10.* without a TTL"):
        session.ptr.create(spec(OWNED, ttl=300), heard)
    assert live(session, OWNED) == ""
    assert session.ptr.create(spec(OTHER, ttl=300), heard).ttl == 300


def test_an_address_that_is_in_neither_is_an_error_that_says_both(
    tmp_path: Path, heard: Heard
) -> None:
    with pytest.raises(AddressNotFoundError, match="does not have this address, and no reverse"):
        session_of(tmp_path).ptr.create(spec("203.0.113.7"), heard)


def test_a_set_may_have_both(tmp_path: Path, heard: Heard) -> None:
    session = session_of(tmp_path)
    owned = session.backends.get("account")
    assert isinstance(owned, AddressBackend)
    table: Table = {
        OWNED: name("a.example.com"),
        OTHER: name("b.example.com"),
        "192.0.2.11": name("c.example.com"),
    }
    wanted = PtrSetSpec(backend="account", records=PtrSetRecords(records=table))
    state, error = session.ptr_sets.create(wanted, heard)
    assert error is None
    there = {address: live(session, address) for address in table}
    assert there == {
        OWNED: "set a.example.com.",
        OTHER: "zone b.example.com.",
        "192.0.2.11": "set c.example.com.",
    }
    assert session.ptr_sets.read(state, heard) == state
    later = session_of(tmp_path, networks=["192.0.2.0/24", "198.51.100.0/24"])
    renamed = {address: name(f"new.{hostname}") for address, hostname in table.items()}
    again = replace(wanted, records=PtrSetRecords(records=renamed))
    changed, error = later.ptr_sets.update(state, again, heard)
    assert error is None
    assert live(later, OTHER) == "zone new.b.example.com."
    assert live(later, OWNED) == "set new.a.example.com."
    later.ptr_sets.delete(changed, heard)
    assert {live(later, address) for address in table} == {""}


def test_a_set_knows_its_own_addresses_inside_of_a_zone_that_it_writes_too(
    tmp_path: Path, heard: Heard
) -> None:
    network = {"networks": ["198.51.100.0/28"]}
    session = session_of(tmp_path, **network)
    table: Table = {OTHER: name("a.example.com"), "198.51.100.200": name("b.example.com")}
    backend = session.backends.get("account")
    assert isinstance(backend, AddressBackend)
    backend.set_ptr(parse_address(OTHER), to_dns(name("a.example.com")))
    wanted = PtrSetSpec(backend="account", records=PtrSetRecords(records=table))
    state, error = session.ptr_sets.create(wanted, heard)
    assert error is None
    assert live(session, OTHER) == "set a.example.com."
    assert live(session, "198.51.100.200") == "zone b.example.com."
    renamed = {address: name(f"new.{hostname}") for address, hostname in table.items()}
    again = replace(wanted, records=PtrSetRecords(records=renamed))
    later = session_of(tmp_path, **network)
    changed, error = later.ptr_sets.update(state, again, heard)
    assert error is None
    assert live(later, OTHER) == "set new.a.example.com."
    later.ptr_sets.delete(changed, heard)
    assert {live(later, address) for address in table} == {""}


def test_a_backend_that_is_neither_has_no_ptr_records() -> None:
    shelf = Backend("shelf", Settings(), Path())
    with pytest.raises(ConfigError, match="'shelf' has no PTR records"):
        find_ptr(shelf, parse_address(OWNED), None, no_aliases)
    assert primary_of(shelf, REVERSE) is None


@pytest.fixture
def files(session: Session) -> Backend:
    return session.backends.get("files")


def test_the_primary_is_the_mname_of_the_soa_in_one_spelling(files: Backend, folder: Path) -> None:
    assert primary_of(files, REVERSE) == "ns.example.com"
    text = ZONE.replace("ns.example.com. hostmaster", "NS.Example.COM. hostmaster")
    (folder / "db.100.51.198.in-addr.arpa").write_text(text)
    assert primary_of(files, REVERSE) == "ns.example.com"


@pytest.mark.parametrize("zone", [None, "51.198.in-addr.arpa"])
def test_without_a_zone_there_is_no_primary(files: Backend, zone: str | None) -> None:
    assert primary_of(files, None if zone is None else name(zone)) is None


def test_who_does_not_answer_does_not_say_that_there_is_no_primary(
    files: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise UnavailableError("ns1", "read", "it", "timed out")

    monkeypatch.setattr(files, "get_rrset", fails)
    with pytest.raises(BackendError, match="timed out"):
        primary_of(files, REVERSE)
