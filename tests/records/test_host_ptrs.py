"""What refuses the PTR record of a host is found before its forward record is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from pulumi_rdns.errors import ConflictError, InvalidInputError, ZoneNotFoundError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.specs import ForwardSpec, OnConflict, PtrPolicies
from pulumi_rdns.records.holdings import StoredHoldings
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import name, new_session
from tests.records.ptr_records import ADDRESS, put, spec

URN = "urn::host-a"
MAIL = name("mail.example.com")
HERE = ForwardSpec(backend="files", hostname=MAIL, address=ADDRESS)
THERE = replace(HERE, address=parse_address("198.51.100.11"))
STRANGER = "somebody.else.example.net"


def published(tmp_path: Path) -> bool:
    return "198.51.100.1" in (tmp_path / "zones" / "example.com.zone").read_text().replace(
        "198.51.100.53", ""
    )


def test_a_conflict_is_told_in_the_words_of_the_ptr_record_and_nothing_is_published(
    tmp_path: Path, session: Session, heard: Heard
) -> None:
    put(session, "files", STRANGER)
    with pytest.raises(ConflictError) as alone:
        session.ptr.create(spec("files"), heard)
    session.host_ptrs.note(URN, [spec("files")])
    with pytest.raises(ConflictError) as caught:
        session.forward.create(HERE, heard, URN)
    assert str(caught.value) == (
        f"{alone.value}. So the A record of mail.example.com, {ADDRESS}, was not written"
    )
    assert not published(tmp_path)
    session.host_ptrs.note(URN, [])
    session.forward.create(HERE, heard, URN)
    assert published(tmp_path), "a record alone has no such step"


def test_a_place_that_is_not_there_is_told_as_well(
    tmp_path: Path, session: Session, heard: Heard
) -> None:
    away = replace(spec("files"), address=parse_address("203.0.113.1"))
    session.host_ptrs.note(URN, [away])
    with pytest.raises(ZoneNotFoundError, match=r"So the A record of mail\.example\.com, 203"):
        session.forward.create(replace(HERE, address=away.address), heard, URN)
    session.host_ptrs.note(URN, [replace(spec("memory"), ttl=300)])
    with pytest.raises(InvalidInputError, match="So the A record of"):
        session.forward.create(HERE, heard, URN)
    assert not published(tmp_path)


@pytest.mark.parametrize("before", ["", "mail.example.com", STRANGER])
def test_what_will_be_no_obstacle_is_none(
    tmp_path: Path, session: Session, heard: Heard, before: str
) -> None:
    put(session, "files", *filter(None, [before]))
    session.host_ptrs.note(URN, [spec("files", on_conflict=OnConflict.OVERWRITE)])
    session.forward.create(HERE, heard, URN)
    assert published(tmp_path)


def test_an_update_looks_where_the_address_is_another_one(
    tmp_path: Path, session: Session, heard: Heard
) -> None:
    put(session, "files", STRANGER, address=THERE.address)
    old = session.forward.create(HERE, heard, URN)
    later = new_session(tmp_path)
    later.host_ptrs.note(URN, [replace(spec("files"), address=THERE.address)])
    with pytest.raises(ConflictError, match=r"198\.51\.100\.11, was not written"):
        later.forward.update(old, THERE, heard, URN)
    session.host_ptrs.note(URN, [replace(spec("files"), address=THERE.address)])
    assert later.forward.update(old, replace(HERE, ttl=60), heard, URN).ttl == 60


def test_the_ptr_record_has_the_hostname_that_the_host_had(
    tmp_path: Path, session: Session, heard: Heard
) -> None:
    put(session, "files", "old.example.com")
    session.host_ptrs.note(URN, [spec("files")])
    session.host_ptrs.note_hostname(URN, name("old.example.com"))
    session.forward.create(HERE, heard, URN)
    assert published(tmp_path)
    put(session, "files", STRANGER)
    new = replace(HERE, hostname=name("new.example.com"))
    with pytest.raises(ConflictError):
        session.forward.create(new, heard, URN)


def test_a_record_that_this_stack_wrote_there_is_no_obstacle(
    tmp_path: Path, session: Session, heard: Heard
) -> None:
    written = session.ptr.create(spec("files", "old.example.com"), heard, "urn::other")
    later = new_session(tmp_path)
    later.ledger.read_state = StoredHoldings
    later.ptr.recall(written, resource="urn::other")
    later.host_ptrs.note(URN, [replace(spec("files"), policies=PtrPolicies())])
    later.forward.create(HERE, heard, URN)
    assert published(tmp_path)


def test_what_somebody_changed_since_is_left_to_the_update_of_the_ptr_record(
    tmp_path: Path, session: Session, heard: Heard
) -> None:
    written = session.ptr.create(spec("files"), heard, "urn::other")
    put(session, "files", STRANGER)
    later = new_session(tmp_path)
    later.ledger.read_state = StoredHoldings
    later.ptr.recall(written, resource="urn::other")
    later.host_ptrs.note(URN, [spec("files")])
    later.forward.create(HERE, heard, URN)
    assert published(tmp_path)


def test_another_address_of_the_host_that_will_be_refused_keeps_all_from_being_published(
    tmp_path: Path, session: Session, heard: Heard
) -> None:
    put(session, "files", STRANGER, address=THERE.address)
    both = [spec("files"), replace(spec("files"), address=THERE.address)]
    session.host_ptrs.note(URN, both)
    with pytest.raises(
        ConflictError, match=r"PTR of 198\.51\.100\.11: .*, 198\.51\.100\.10, was not"
    ):
        session.forward.create(HERE, heard, URN)
    assert not published(tmp_path)


def test_another_address_of_the_host_that_somebody_changed_since_is_no_obstacle(
    tmp_path: Path, session: Session, heard: Heard
) -> None:
    there = replace(spec("files"), address=THERE.address)
    written = session.ptr.create(there, heard, "urn::there")
    put(session, "files", STRANGER, address=THERE.address)
    later = new_session(tmp_path)
    later.ptr.recall(written, resource="urn::there")
    later.host_ptrs.note(URN, [spec("files"), there])
    later.forward.create(HERE, heard, URN)
    assert published(tmp_path)
