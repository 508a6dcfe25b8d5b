"""A PTR record through its life, on an address backend and on zones."""

from __future__ import annotations

from pathlib import Path

import dns.name
import pytest
from dns.rdatatype import RdataType
from msgspec.structs import replace

from pulumi_rdns.backends.base import Change, ZoneBackend
from pulumi_rdns.errors import (
    AddressNotFoundError,
    ConflictError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.addresses import reverse_name
from pulumi_rdns.model.names import to_dns
from pulumi_rdns.model.specs import (
    OnConflict,
    OnDelete,
)
from pulumi_rdns.model.states import PtrState
from pulumi_rdns.records.session import Session
from tests.backends.contract import rrset
from tests.backends.heard import Heard
from tests.records.conftest import name
from tests.records.preview.looking import warned
from tests.records.ptr_records import ADDRESS, live, put, spec


def test_a_record_is_created_read_changed_and_deleted(
    session: Session, backend: str, heard: Heard
) -> None:
    state = session.ptr.create(spec(backend), heard)
    assert live(session, backend) == ["mail.example.com."]
    assert state.written == name("mail.example.com")
    assert not state.adopted
    assert state.previous.known
    assert session.ptr.read(state, heard) == state

    state = session.ptr.update(state, spec(backend, "www.example.com"), heard)
    assert live(session, backend) == ["www.example.com."]
    assert state.written == name("www.example.com")

    session.ptr.delete(state, heard)
    assert live(session, backend) == []
    assert session.ptr.read(state, heard) is None
    session.ptr.delete(state, heard)
    assert heard.warnings == []


def test_a_record_that_is_right_already_is_adopted_with_a_warning(
    session: Session, backend: str, heard: Heard
) -> None:
    put(session, backend, "mail.example.com")
    state = session.ptr.create(spec(backend), heard)
    assert state.adopted
    assert not state.previous.known
    assert "it is adopted: destroy will leave it" in heard.warnings[0]
    session.ptr.delete(state, heard)
    assert live(session, backend) == ["mail.example.com."]


def test_restore_leaves_an_adopted_record(session: Session, backend: str, heard: Heard) -> None:
    put(session, backend, "mail.example.com")
    state = session.ptr.create(spec(backend, on_delete=OnDelete.RESTORE), heard)
    session.ptr.delete(state, heard)
    assert live(session, backend) == ["mail.example.com."]
    assert "restore leaves it" in heard.warnings[-1]


def test_another_name_is_a_conflict_and_nothing_is_changed(
    session: Session, backend: str, heard: Heard
) -> None:
    put(session, backend, "other.example.net")
    with pytest.raises(ConflictError) as caught:
        session.ptr.create(spec(backend), heard)
    assert "it already points to other.example.net" in str(caught.value)
    assert 'on_conflict to "overwrite" (in a stack file: onConflict)' in str(caught.value)
    assert "aliases" in str(caught.value)
    assert live(session, backend) == ["other.example.net."]


def test_overwrite_remembers_and_restore_puts_back(
    session: Session, backend: str, heard: Heard
) -> None:
    put(session, backend, "other.example.net")
    wanted = spec(backend, on_conflict=OnConflict.OVERWRITE, on_delete=OnDelete.RESTORE)
    state = session.ptr.create(wanted, heard)
    assert live(session, backend) == ["mail.example.com."]
    assert state.previous.hostnames == (name("other.example.net"),)
    session.ptr.delete(state, heard)
    assert live(session, backend) == ["other.example.net."]


def test_a_conflict_says_that_a_name_is_probably_missing_its_final_dot(
    session: Session, folder: Path, heard: Heard
) -> None:
    with (folder / "db.100.51.198.in-addr.arpa").open("a") as file:
        file.write("10 IN PTR mail.example.com\n")
    with pytest.raises(ConflictError) as caught:
        session.ptr.create(spec("files"), heard)
    assert (
        "it already points to mail.example.com.100.51.198.in-addr.arpa (the name in the zone is "
        "probably missing its final dot), which was not written by this stack"
    ) in str(caught.value)
    told = warned(session, spec("files"), expects_forward=True)
    assert len(told) == 1
    assert "in-addr.arpa (the name in the zone is probably missing its final dot), wh" in told[0]


def test_several_values_are_a_conflict_even_when_ours_is_among_them(
    session: Session, heard: Heard
) -> None:
    put(session, "files", "mail.example.com", "other.example.net")
    with pytest.raises(ConflictError, match=r"mail\.example\.com, other\.example\.net"):
        session.ptr.create(spec("files"), heard)
    wanted = spec("files", on_conflict=OnConflict.OVERWRITE, on_delete=OnDelete.RESTORE)
    state = session.ptr.create(wanted, heard)
    assert live(session, "files") == ["mail.example.com."]
    session.ptr.delete(state, heard)
    assert live(session, "files") == ["mail.example.com.", "other.example.net."]


def test_restore_puts_back_several_values(session: Session, heard: Heard) -> None:
    put(session, "files", "a.example.net", "b.example.net")
    wanted = spec("files", on_conflict=OnConflict.OVERWRITE, on_delete=OnDelete.RESTORE)
    session.ptr.delete(session.ptr.create(wanted, heard), heard)
    assert live(session, "files") == ["a.example.net.", "b.example.net."]


def test_a_strangers_value_survives_delete_also_when_refresh_has_learned_it(
    session: Session, backend: str, heard: Heard
) -> None:
    state = session.ptr.create(spec(backend), heard)
    put(session, backend, "other.example.net")
    learned = session.ptr.read(state, heard)
    assert learned is not None
    assert learned.hostnames == (name("other.example.net"),)
    for remembered in (state, learned):
        session.ptr.delete(remembered, heard)
        assert live(session, backend) == ["other.example.net."]
    assert "which was not written by this stack; it is kept unchanged" in heard.warnings[-1]


def test_a_value_added_beside_ours_is_drift_and_survives_delete(
    session: Session, heard: Heard
) -> None:
    state = session.ptr.create(spec("files"), heard)
    put(session, "files", "mail.example.com", "other.example.net")
    learned = session.ptr.read(state, heard)
    assert learned is not None
    assert len(learned.hostnames) == 2
    session.ptr.delete(learned, heard)
    assert live(session, "files") == ["other.example.net."]


def test_drift_that_refresh_has_shown_is_repaired_by_update(
    session: Session, backend: str, heard: Heard
) -> None:
    state = session.ptr.create(spec(backend), heard)
    put(session, backend, "other.example.net")
    learned = session.ptr.read(state, heard)
    assert learned is not None
    repaired = session.ptr.update(learned, spec(backend), heard)
    assert live(session, backend) == ["mail.example.com."]
    assert repaired.hostnames == (name("mail.example.com"),)


def test_an_update_does_not_touch_a_value_that_nobody_has_shown(
    session: Session, backend: str, heard: Heard
) -> None:
    state = session.ptr.create(spec(backend), heard)
    put(session, backend, "other.example.net")
    with pytest.raises(ConflictError, match=r"other\.example\.net"):
        session.ptr.update(state, spec(backend, "www.example.com"), heard)
    assert live(session, backend) == ["other.example.net."]


def test_a_policy_alone_is_an_update_without_io(
    session: Session, backend: str, heard: Heard, tmp_path: Path
) -> None:
    state = session.ptr.create(spec(backend), heard)
    (tmp_path / "zones").rename(tmp_path / "away")
    (tmp_path / "store.json").unlink(missing_ok=True)
    changed = session.ptr.update(state, spec(backend, on_delete=OnDelete.RESTORE), heard)
    assert changed.policies.on_delete is OnDelete.RESTORE


def test_a_writer_in_between_is_noticed_and_the_write_is_tried_again(
    session: Session, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = session.backends.get("files")
    assert isinstance(there, ZoneBackend)
    apply = there.apply
    raced: list[int] = []

    def race(zone: dns.name.Name, changes: list[Change]) -> None:
        if not raced:
            raced.append(1)
            monkeypatch.setattr(there, "apply", apply)
            put(session, "files", "other.example.net")
            monkeypatch.setattr(there, "apply", race)
        apply(zone, changes)

    monkeypatch.setattr(there, "apply", race)
    with pytest.raises(ConflictError, match=r"already points to other\.example\.net"):
        session.ptr.create(spec("files"), heard)
    raced.clear()
    put(session, "files")
    raced.clear()
    session.ptr.create(spec("files", on_conflict=OnConflict.OVERWRITE), heard)
    assert live(session, "files") == ["mail.example.com."]


def test_a_zone_that_has_gone_is_an_error_and_not_a_deleted_record(
    session: Session, folder: Path, heard: Heard
) -> None:
    state = session.ptr.create(spec("files"), heard)
    (folder / "db.100.51.198.in-addr.arpa").rename(folder / "away")
    with pytest.raises(ZoneNotFoundError):
        session.ptr.read(state, heard)
    with pytest.raises(ZoneNotFoundError):
        session.ptr.delete(state, heard)


def test_an_address_that_has_gone_is_an_error_and_at_delete_a_warning(
    session: Session, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = session.ptr.create(spec("memory"), heard)
    monkeypatch.setattr(session.backends.get("memory"), "_networks", [])
    with pytest.raises(AddressNotFoundError):
        session.ptr.read(state, heard)
    session.ptr.delete(state, heard)
    assert "there is nothing to delete" in heard.warnings[0]


def test_what_a_refresh_has_learned_and_the_program_keeps_is_not_ours(
    session: Session, backend: str, heard: Heard
) -> None:
    state = session.ptr.create(spec(backend), heard)
    put(session, backend, "other.example.net")
    learned = session.ptr.read(state, heard)
    assert learned is not None
    kept = session.ptr.update(
        learned, spec(backend, "other.example.net", on_delete=OnDelete.REMOVE), heard
    )
    assert kept.written == name("mail.example.com")
    session.ptr.delete(kept, heard)
    assert live(session, backend) == ["other.example.net."]


def test_restore_puts_back_the_ttl(session: Session, heard: Heard) -> None:
    there = session.backends.get("files")
    assert isinstance(there, ZoneBackend)
    owner = to_dns(reverse_name(ADDRESS))
    before = rrset(owner, "PTR", "other.example.net.", ttl=86400)
    zone = there.find_zone(owner)
    there.apply(zone, [Change(owner, RdataType.PTR, None, before)])
    wanted = spec("files", on_conflict=OnConflict.OVERWRITE, on_delete=OnDelete.RESTORE)
    session.ptr.delete(session.ptr.create(replace(wanted, ttl=60), heard), heard)
    found = there.get_rrset(zone, owner, RdataType.PTR)
    assert found is not None
    assert (str(found[0]), found.ttl) == ("other.example.net.", 86400)


def test_the_ttl_is_3600_unless_given_and_kept_unless_given(session: Session, heard: Heard) -> None:
    there = session.backends.get("files")
    assert isinstance(there, ZoneBackend)

    def ttl() -> int:
        owner = to_dns(reverse_name(ADDRESS))
        found = there.get_rrset(there.find_zone(owner), owner, RdataType.PTR)
        assert found is not None
        return found.ttl

    state = session.ptr.create(spec("files"), heard)
    assert (ttl(), state.ttl) == (3600, None)
    state = session.ptr.update(state, replace(spec("files"), ttl=300), heard)
    assert (ttl(), state.ttl) == (300, 300)
    state = session.ptr.update(state, spec("files", "www.example.com"), heard)
    assert (ttl(), state.ttl) == (300, None)


def test_a_state_without_a_written_name_deletes_nothing(
    session: Session, backend: str, heard: Heard
) -> None:
    put(session, backend, "other.example.net")
    state = PtrState(backend=backend, address=ADDRESS, hostnames=(name("other.example.net"),))
    session.ptr.delete(state, heard)
    assert live(session, backend) == ["other.example.net."]
