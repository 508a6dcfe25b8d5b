"""What is read at a place: values of many records, and the zone's primary name server."""

from __future__ import annotations

from pathlib import Path

import dns.rrset
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import AddressBackend, Backend, Change, Settings, ZoneBackend
from pulumi_rdns.errors import BackendError, UnavailableError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import to_dns
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.records.location import primary_of, values_at
from pulumi_rdns.records.session import Session
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


def test_the_hostnames_of_many_ptr_records_are_read_together(files: Backend) -> None:
    assert values_at(files, REVERSE, OWNERS, RdataType.PTR) == {
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
    found = values_at(files, name("example.com"), owners, rdtype)
    assert found == {"mail.example.com": addresses, "www.example.com": frozenset()}


@pytest.mark.parametrize("rdtype", [RdataType.PTR, RdataType.A])
@pytest.mark.parametrize("zone", [None, "51.198.in-addr.arpa"])
def test_in_a_zone_that_is_not_there_is_nothing(
    files: Backend, zone: str | None, rdtype: RdataType
) -> None:
    given = None if zone is None else name(zone)
    assert values_at(files, given, OWNERS, rdtype) == {}
    assert primary_of(files, given) is None


def test_a_backend_without_zones_is_asked_for_each_address(session: Session) -> None:
    """An account that does not have an address has no record of it."""
    backend = session.backends.get("memory")
    assert isinstance(backend, AddressBackend)
    backend.set_ptr(parse_address("198.51.100.10"), to_dns(name("mail.example.com")))
    given = ["198.51.100.10", "198.51.100.11"]
    assert values_at(backend, None, given, RdataType.PTR) == {
        "198.51.100.10": {"mail.example.com"},
        "198.51.100.11": frozenset(),
    }


def test_an_address_that_the_account_does_not_have_has_no_record(tmp_path: Path) -> None:
    backend = session_of("198.51.100.0/24", tmp_path).backends.get("account")
    found = values_at(backend, None, ["192.0.2.10"], RdataType.PTR)
    assert found == {"192.0.2.10": frozenset()}


def session_of(network: str, root: Path) -> Session:
    account = {"type": "memory", "networks": [network]}
    return Session(read_settings({"rdns:backends": {"account": account}}), root, {})


def test_who_does_not_answer_does_not_say_that_nothing_is_there(
    session: Session, files: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
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
            values_at(backend, zone, ["198.51.100.10"], rdtype)
    with pytest.raises(BackendError, match="timed out"):
        primary_of(files, REVERSE)


def test_the_primary_is_the_mname_of_the_soa_in_one_spelling(files: Backend, folder: Path) -> None:
    assert primary_of(files, REVERSE) == "ns.example.com"
    text = ZONE.replace("ns.example.com. hostmaster", "NS.Example.COM. hostmaster")
    (folder / "db.100.51.198.in-addr.arpa").write_text(text)
    assert primary_of(files, REVERSE) == "ns.example.com"


def test_a_backend_that_is_neither_has_nothing() -> None:
    shelf = Backend("shelf", Settings(), Path())
    assert values_at(shelf, REVERSE, OWNERS, RdataType.PTR) == {}
    assert primary_of(shelf, REVERSE) is None


def test_a_backend_of_addresses_has_no_primary(tmp_path: Path) -> None:
    account = session_of("198.51.100.0/24", tmp_path).backends.get("account")
    assert primary_of(account, None) is None


def test_the_forward_records_of_a_backend_of_both_kinds_are_in_its_zones(session: Session) -> None:
    backend = session.backends.get("memory")
    assert isinstance(backend, AddressBackend)
    assert isinstance(backend, ZoneBackend)
    zone, owner = to_dns(name("example.com")), to_dns(name("mail.example.com"))
    address = dns.rrset.from_text(owner, 300, "IN", "A", "192.0.2.10")
    backend.apply(zone, [Change(owner, RdataType.A, None, address)])
    found = values_at(backend, name("example.com"), ["mail.example.com"], RdataType.A)
    assert found == {"mail.example.com": {"192.0.2.10"}}
