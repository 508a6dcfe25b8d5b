"""Where the PTR record of an address is kept: named zones, and CNAMEs of RFC 2317."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from pulumi_rdns.errors import (
    InvalidInputError,
    RejectedError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import name
from tests.records.ptr_records import spec


def test_rfc_2317_puts_the_record_where_the_alias_points(
    session: Session, folder: Path, heard: Heard
) -> None:
    wanted = replace(spec("files"), address=parse_address("192.0.2.10"))
    state = session.ptr.create(wanted, heard)
    assert state.zone == name("0/25.2.0.192.in-addr.arpa")
    assert state.owner == name("10.0/25.2.0.192.in-addr.arpa")
    assert "mail.example.com." in (folder / "classless.zone").read_text()
    session.ptr.delete(state, heard)
    assert "mail.example.com." not in (folder / "classless.zone").read_text()


def test_an_alias_to_a_zone_that_is_not_here_is_an_error_that_names_it(
    session: Session, heard: Heard
) -> None:
    wanted = replace(spec("files"), address=parse_address("192.0.2.11"))
    with pytest.raises(ZoneNotFoundError, match=r"11\.away\.example\.net"):
        session.ptr.create(wanted, heard)


@pytest.mark.parametrize("zone", [None, "2.0.192.in-addr.arpa"])
def test_a_loop_of_aliases_is_an_error_that_shows_it(
    session: Session, heard: Heard, zone: str | None
) -> None:
    named = None if zone is None else name(zone)
    wanted = replace(spec("files"), address=parse_address("192.0.2.12"), zone=named)
    with pytest.raises(RejectedError) as caught:
        session.ptr.create(wanted, heard)
    first, second = "12.2.0.192.in-addr.arpa", "13.2.0.192.in-addr.arpa"
    assert f"its CNAMEs are a loop: {first} -> {second} -> {first}" in str(caught.value)


def test_a_chain_of_too_many_aliases_is_an_error(
    session: Session, folder: Path, heard: Heard
) -> None:
    with (folder / "db.2.0.192.in-addr.arpa").open("a") as file:
        file.write("".join(f"{number} CNAME {number + 1}\n" for number in range(20, 30)))
    wanted = replace(spec("files"), address=parse_address("192.0.2.20"))
    with pytest.raises(RejectedError, match="more than 8 CNAMEs in a row"):
        session.ptr.create(wanted, heard)


def test_a_named_zone_is_used(session: Session, heard: Heard) -> None:
    zone = name("0/25.2.0.192.in-addr.arpa")
    wanted = replace(spec("files"), address=parse_address("192.0.2.20"), zone=zone)
    state = session.ptr.create(wanted, heard)
    assert state.owner == name("20.0/25.2.0.192.in-addr.arpa")


ELSEWHERE = parse_address("203.0.113.7")


@pytest.mark.parametrize("zone", [None, "0/25.2.0.192.in-addr.arpa"])
def test_an_alias_in_a_parent_zone_that_is_served_elsewhere_is_looked_up(
    session: Session, heard: Heard, monkeypatch: pytest.MonkeyPatch, zone: str | None
) -> None:
    owner = name("7.0/25.2.0.192.in-addr.arpa")
    monkeypatch.setattr(session.ptr, "_aliases", lambda _: [owner])
    wanted = replace(spec("files"), address=ELSEWHERE, zone=name(zone) if zone else None)
    state = session.ptr.create(wanted, heard)
    assert (state.zone, state.owner) == (name("0/25.2.0.192.in-addr.arpa"), owner)
    session.ptr.delete(state, heard)


def test_without_an_alias_a_parent_zone_that_is_not_here_is_an_error(
    session: Session, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session.ptr, "_aliases", lambda _: [])
    with pytest.raises(ZoneNotFoundError, match=r"7\.113\.0\.203\.in-addr\.arpa"):
        session.ptr.create(replace(spec("files"), address=ELSEWHERE), heard)
    monkeypatch.setattr(session.ptr, "_aliases", lambda _: [name("7.away.example.net")])
    with pytest.raises(ZoneNotFoundError, match=r"7\.away\.example\.net"):
        session.ptr.create(replace(spec("files"), address=ELSEWHERE), heard)


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::7"])
def test_the_reverse_zone_of_another_network_is_refused(
    session: Session, heard: Heard, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(session.ptr, "_aliases", lambda _: [])
    zone = name("100.51.198.in-addr.arpa")
    wanted = replace(spec("files"), address=parse_address(address), zone=zone)
    with pytest.raises(InvalidInputError, match="does not contain"):
        session.ptr.create(wanted, heard)


def test_a_named_parent_zone_is_where_the_alias_is_looked_for(
    session: Session, heard: Heard
) -> None:
    parent = name("2.0.192.in-addr.arpa")
    wanted = replace(spec("files"), address=parse_address("192.0.2.10"), zone=parent)
    assert session.ptr.create(wanted, heard).zone == name("0/25.2.0.192.in-addr.arpa")


def test_a_zone_on_an_address_backend_is_refused(session: Session, heard: Heard) -> None:
    with pytest.raises(InvalidInputError, match="leave it out"):
        session.ptr.create(replace(spec("vps"), zone=name("example.com")), heard)
