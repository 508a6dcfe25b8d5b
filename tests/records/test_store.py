"""What stands at a location, read by the very instance that has it, and by another one."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import dns.rrset
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import AddressBackend, Backend, Change, Settings, ZoneBackend
from pulumi_rdns.errors import BackendError, UnavailableError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import DnsName, to_dns
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.records.location import RecordLocation
from pulumi_rdns.records.session import Session
from pulumi_rdns.records.store import read_elsewhere
from tests.records.conftest import ZONE, name

REVERSE = name("100.51.198.in-addr.arpa")
OWNERS = [f"{last}.{REVERSE}" for last in (10, 11, 12)]


@pytest.fixture
def files(session: Session, folder: Path) -> Backend:
    records = "10 PTR Mail.Example.com.\n11 PTR b.example.com.\n11 PTR a.example.com.\n"
    (folder / "db.100.51.198.in-addr.arpa").write_text(ZONE + records)
    hosts = "mail A 192.0.2.10\nmail A 192.0.2.11\nmail AAAA 2001:db8::10\n"
    (folder / "example.com.zone").write_text(ZONE + hosts)
    return session.backends.get("files")


def shown(
    backend: Backend, zone: DnsName | None, owners: Collection[str], rdtype: RdataType
) -> dict[str, set[str]]:
    written = Backend("another", Settings(), Path())
    there = {owner: RecordLocation(written, zone, owner, rdtype) for owner in owners}
    found = read_elsewhere(backend, there)
    return {owner: set(live.values) for owner, live in found.items() if live.values}


def test_the_hostnames_of_many_ptr_records_are_read_together(files: Backend) -> None:
    assert shown(files, REVERSE, OWNERS, RdataType.PTR) == {
        OWNERS[0]: {"mail.example.com"},
        OWNERS[1]: {"a.example.com", "b.example.com"},
    }


@pytest.mark.parametrize(
    ("rdtype", "addresses"),
    [(RdataType.A, {"192.0.2.10", "192.0.2.11"}), (RdataType.AAAA, {"2001:db8::10"})],
)
def test_the_addresses_of_hostnames_are_read(
    files: Backend, rdtype: RdataType, addresses: set[str]
) -> None:
    owners = ["mail.example.com", "www.example.com"]
    found = shown(files, name("example.com"), owners, rdtype)
    assert found == {"mail.example.com": addresses}


@pytest.mark.parametrize("rdtype", [RdataType.PTR, RdataType.A])
@pytest.mark.parametrize("zone", [None, "51.198.in-addr.arpa"])
def test_in_a_zone_that_is_not_there_is_nothing(
    files: Backend, zone: str | None, rdtype: RdataType
) -> None:
    given = None if zone is None else name(zone)
    assert shown(files, given, OWNERS, rdtype) == {}


def test_a_backend_without_zones_is_asked_for_each_address(session: Session) -> None:
    backend = session.backends.get("memory")
    assert isinstance(backend, AddressBackend)
    backend.set_ptr(parse_address("198.51.100.10"), to_dns(name("mail.example.com")))
    given = ["198.51.100.10", "198.51.100.11"]
    assert shown(backend, None, given, RdataType.PTR) == {"198.51.100.10": {"mail.example.com"}}


def test_the_forward_records_of_a_backend_of_both_kinds_are_in_its_zones(session: Session) -> None:
    backend = session.backends.get("memory")
    assert isinstance(backend, AddressBackend)
    assert isinstance(backend, ZoneBackend)
    zone, owner = to_dns(name("example.com")), to_dns(name("mail.example.com"))
    address = dns.rrset.from_text(owner, 300, "IN", "A", "192.0.2.10")
    backend.apply(zone, [Change(owner, RdataType.A, None, address)])
    found = shown(backend, name("example.com"), ["mail.example.com"], RdataType.A)
    assert found == {"mail.example.com": {"192.0.2.10"}}


def test_an_address_that_the_account_does_not_have_has_no_record(tmp_path: Path) -> None:
    """And hides none of the others."""
    settings = {"account": {"type": "memory", "networks": ["198.51.100.0/24"]}}
    session = Session(read_settings({"rdns:backends": settings}), tmp_path, {})
    account = session.backends.get("account")
    assert isinstance(account, AddressBackend)
    account.set_ptr(parse_address("198.51.100.10"), to_dns(name("mail.example.com")))
    found = shown(account, None, ["192.0.2.10", "198.51.100.10"], RdataType.PTR)
    assert found == {"198.51.100.10": {"mail.example.com"}}


def test_who_does_not_answer_does_not_say_that_nothing_is_there(
    session: Session, files: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise UnavailableError("ns1", "read", "it", "timed out")

    account = session.backends.get("memory")
    for backend, call in ((files, "read_ptrs"), (files, "get_rrset"), (account, "get_ptr")):
        monkeypatch.setattr(backend, call, fails)
    for backend, zone, rdtype in (
        (files, REVERSE, RdataType.PTR),
        (files, REVERSE, RdataType.A),
        (account, None, RdataType.PTR),
    ):
        with pytest.raises(BackendError, match="timed out"):
            shown(backend, zone, ["198.51.100.10"], rdtype)


def test_a_backend_that_is_neither_has_nothing() -> None:
    shelf = Backend("shelf", Settings(), Path())
    assert shown(shelf, REVERSE, OWNERS, RdataType.PTR) == {}
    assert shown(shelf, None, ["192.0.2.10"], RdataType.PTR) == {}
