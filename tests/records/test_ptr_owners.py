"""One PTR record and several resources: who has it, who takes it over, who lets go of it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from dns.rdatatype import RdataType
from msgspec.structs import replace

from pulumi_rdns.backends.base import AddressBackend, ZoneBackend
from pulumi_rdns.backends.memory import MemoryBackend
from pulumi_rdns.errors import (
    ConflictError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.addresses import Address, parse_address
from pulumi_rdns.model.names import to_dns
from pulumi_rdns.model.specs import (
    OnConflict,
    OnDelete,
)
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import name, new_session
from tests.records.ptr_records import ADDRESS, live, put, spec

CLASSLESS = name("0/25.2.0.192.in-addr.arpa")


def test_what_a_declared_resource_claims_is_not_deleted(
    session: Session, backend: str, heard: Heard
) -> None:
    """A resource that was renamed: the new one comes first, the old one goes last."""
    state = session.ptr.create(spec(backend), heard, "urn::old")
    session.ptr.declare(backend, ADDRESS, None, resource="urn::new")
    with pytest.raises(ConflictError) as caught:
        session.ptr.delete(state, heard, "urn::old")
    assert "mail.example.com is kept unchanged and stays in the state" in str(caught.value)
    assert "resource 'new', which declares it now, is not created yet" in str(caught.value)
    assert live(session, backend) == ["mail.example.com."]
    session.ptr.create(spec(backend), heard, "urn::new")
    session.ptr.delete(state, heard, "urn::old")
    assert live(session, backend) == ["mail.example.com."]
    assert heard.warnings == []


@pytest.mark.parametrize("hostname", ["mail.example.com", "www.example.com"])
def test_a_forced_replacement_keeps_the_record_and_what_is_remembered_of_it(
    session: Session, tmp_path: Path, backend: str, heard: Heard, hostname: str
) -> None:
    """As after `pulumi state taint`: the engine asks for no diff, and the delete comes first."""
    put(session, backend, "other.example.net")
    overwrite = {"on_conflict": OnConflict.OVERWRITE, "on_delete": OnDelete.RESTORE}
    old = session.ptr.create(spec(backend, **overwrite), heard, "urn::mail")
    later = new_session(tmp_path)
    later.ptr.declare(backend, ADDRESS, None, resource="urn::mail")
    later.ptr.delete(old, heard, "urn::mail")
    assert live(later, backend) == ["mail.example.com."]
    wanted = spec(backend, hostname, on_delete=OnDelete.RESTORE)
    new = later.ptr.create(wanted, heard, "urn::mail")
    assert live(later, backend) == [f"{hostname}."]
    assert (new.previous, new.adopted) == (old.previous, False)
    new_session(tmp_path).ptr.delete(new, heard, "urn::mail")
    assert live(session, backend) == ["other.example.net."]
    assert heard.warnings == []


def test_a_record_that_is_declared_in_another_zone_goes_when_it_is_there(
    session: Session, folder: Path, heard: Heard
) -> None:
    wanted = replace(spec("files"), address=parse_address("192.0.2.20"))
    state = session.ptr.create(wanted, heard, "urn::mail")
    session.ptr.declare("files", wanted.address, CLASSLESS, resource="urn::new")
    with pytest.raises(ConflictError, match="is not created yet"):
        session.ptr.delete(state, heard, "urn::mail")
    assert live(session, "files", wanted.address) == ["mail.example.com."]
    session.ptr.create(replace(wanted, zone=CLASSLESS), heard, "urn::new")
    session.ptr.delete(state, heard, "urn::mail")
    assert live(session, "files", wanted.address) == []
    assert "mail.example.com." in (folder / "classless.zone").read_text()


def test_a_record_whose_new_zone_cannot_be_written_stays(session: Session, heard: Heard) -> None:
    state = session.ptr.create(spec("files"), heard, "urn::old")
    zone = name("51.198.in-addr.arpa")
    session.ptr.declare("files", ADDRESS, zone, resource="urn::new")
    with pytest.raises(ZoneNotFoundError):
        session.ptr.create(replace(spec("files"), zone=zone), heard, "urn::new")
    with pytest.raises(ConflictError, match="could not be created; see its error"):
        session.ptr.delete(state, heard, "urn::old")
    assert live(session, "files") == ["mail.example.com."]


def test_a_claim_of_the_parent_zone_keeps_the_record_that_its_alias_leads_to(
    session: Session, heard: Heard
) -> None:
    """RFC 2317: the zone that the program names is not the one that holds the record."""
    parent = name("2.0.192.in-addr.arpa")
    address = parse_address("192.0.2.10")
    wanted = replace(spec("files"), address=address, zone=parent)
    state = session.ptr.create(wanted, heard, "urn::old")
    assert state.zone == CLASSLESS
    session.ptr.declare("files", address, parent, resource="urn::new")
    session.ptr.create(wanted, heard, "urn::new")
    session.ptr.delete(state, heard, "urn::old")
    there = session.backends.get("files")
    assert isinstance(there, ZoneBackend)
    assert there.get_rrset(
        to_dns(state.zone), to_dns(name("10.0/25.2.0.192.in-addr.arpa")), RdataType.PTR
    )


@pytest.fixture
def two_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `memory` and `same` be one account, which two tokens do not show."""
    monkeypatch.setattr(MemoryBackend, "identity", property(lambda backend: backend.name))


@pytest.mark.usefixtures("two_tokens")
@pytest.mark.parametrize("is_next_run", [False, True])
def test_an_address_that_moves_to_another_token_of_its_account_keeps_its_ptr(
    session: Session, tmp_path: Path, is_next_run: bool, heard: Heard
) -> None:
    old = session.ptr.create(spec("memory"), heard)
    session.ptr.declare("same", ADDRESS, None)
    new = session.ptr.create(spec("same"), heard)
    if is_next_run:
        session = new_session(tmp_path)
        session.ptr.declare("same", ADDRESS, None)
        session.ptr.recall(new)
    session.ptr.delete(old, heard)
    assert live(session, "memory") == ["mail.example.com."]
    assert "is kept unchanged: backend same shows the same record" in heard.warnings[-1]


@pytest.mark.usefixtures("two_tokens")
def test_of_two_tokens_the_one_that_found_the_ptr_leaves_it(
    session: Session, tmp_path: Path, heard: Heard
) -> None:
    kept = session.ptr.create(spec("memory"), heard)
    removed = session.ptr.create(spec("same"), heard)
    later = new_session(tmp_path)
    later.ptr.declare("memory", ADDRESS, None)
    later.ptr.recall(kept)
    later.ptr.delete(removed, heard)
    assert live(later, "memory") == ["mail.example.com."]


@pytest.mark.usefixtures("two_tokens")
def test_without_a_declared_resource_the_last_of_two_tokens_takes_the_ptr_away(
    session: Session, tmp_path: Path, heard: Heard
) -> None:
    states = [session.ptr.create(spec(backend), heard) for backend in ("memory", "same")]
    destroy = new_session(tmp_path)
    for state in reversed(states):
        destroy.ptr.delete(state, heard)
    assert live(destroy, "memory") == []


def test_a_record_that_moves_to_another_backend_is_deleted_at_the_first(
    session: Session, heard: Heard
) -> None:
    old = session.ptr.create(spec("memory"), heard)
    session.ptr.declare("files", ADDRESS, None)
    session.ptr.create(spec("files"), heard)
    session.ptr.delete(old, heard)
    assert live(session, "memory") == []
    assert live(session, "files") == ["mail.example.com."]


def test_what_could_not_be_taken_over_stays_in_the_state(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    """After `up --continue-on-error`, the advice of the conflict still has to work: aliases."""
    old = session.ptr.create(spec(backend, "old.example.com"), heard, "urn::old")
    later = new_session(tmp_path)
    later.ptr.declare(backend, ADDRESS, None, resource="urn::new")
    with pytest.raises(ConflictError, match="add `aliases`"):
        later.ptr.create(spec(backend, "new.example.com"), heard, "urn::new")
    with pytest.raises(ConflictError, match="stays in the state") as caught:
        later.ptr.delete(old, heard, "urn::old")
    assert "resource 'new', which declares it now, could not be created" in str(caught.value)
    assert live(session, backend) == ["old.example.com."]
    put(session, backend, "other.example.net")
    later.ptr.delete(old, heard, "urn::old")
    assert live(session, backend) == ["other.example.net."]


def test_a_value_of_this_state_is_taken_over_with_what_it_remembers(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    put(session, backend, "before.example.net")
    wanted = spec(backend, "old.example.com", on_conflict=OnConflict.OVERWRITE)
    old = session.ptr.create(wanted, heard)
    later = new_session(tmp_path)
    later.ptr.declare(backend, ADDRESS, None)
    later.ptr.recall(old)
    state = later.ptr.create(spec(backend, "new.example.com"), heard)
    assert live(later, backend) == ["new.example.com."]
    assert state.previous.hostnames == (name("before.example.net"),)
    later.ptr.delete(old, heard)
    assert live(later, backend) == ["new.example.com."]


def test_after_a_kill_in_the_middle_of_an_exchange_the_rest_of_it_is_done(
    session: Session, tmp_path: Path, heard: Heard
) -> None:
    """One of two had moved: the state says that both wrote the address that it moved to."""
    other = parse_address("198.51.100.11")
    one = session.ptr.create(spec("memory", "one.example.com"), heard)
    two = session.ptr.create(replace(spec("memory", "two.example.com"), address=other), heard)
    moved = replace(one, address=other)
    put(session, "memory", "one.example.com", address=other)
    later = new_session(tmp_path)
    stranger = replace(spec("memory", "three.example.com"), address=parse_address("198.51.100.12"))
    put(later, "memory", "other.example.net", address=stranger.address)
    for urn, state in (("urn::one", moved), ("urn::two", two)):
        later.ptr.recall(state, resource=urn)
    later.ptr.create(spec("memory", "two.example.com"), heard)
    assert live(later, "memory") == ["two.example.com."]
    with pytest.raises(ConflictError):
        later.ptr.create(stranger, heard)


def test_who_lets_go_of_a_record_writes_back_what_a_declared_resource_wrote_before(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    """One moved away and failed there, another took its record; then the program is put back."""
    one = session.ptr.create(spec(backend, "one.example.com"), heard, "urn::one")
    two = session.ptr.create(spec(backend, "two.example.com"), heard, "urn::two")
    assert live(session, backend) == ["two.example.com."]
    later = new_session(tmp_path)
    later.ptr.declare(backend, ADDRESS, None, resource="urn::one")
    later.ptr.recall(one, resource="urn::one")
    later.ptr.delete(two, heard, "urn::two")
    assert live(session, backend) == ["one.example.com."]
    assert heard.warnings == []


def test_the_old_hostname_of_a_record_at_another_address_is_a_strangers(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    """The stack renames a host and takes over the PTR of its other address, kept by hand."""
    other = parse_address("198.51.100.11")
    old = session.ptr.create(spec(backend, "old.example.com"), heard)
    put(session, backend, "old.example.com", address=other)
    later = new_session(tmp_path)
    later.ptr.update(old, spec(backend, "new.example.com"), heard)
    with pytest.raises(ConflictError, match=r"it already points to old\.example\.com"):
        later.ptr.create(replace(spec(backend, "new.example.com"), address=other), heard)
    assert live(later, backend, other) == ["old.example.com."]


def test_a_create_waits_a_moment_for_the_owner_to_be_heard_of(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    old = session.ptr.create(spec(backend, "old.example.com"), heard)
    later = new_session(tmp_path)
    later.ledger.patience = 5
    timer = threading.Timer(0.2, later.ptr.recall, [old])
    timer.start()
    later.ptr.create(spec(backend, "new.example.com"), heard)
    timer.join()
    assert live(later, backend) == ["new.example.com."]


def test_a_create_waits_while_the_engine_still_tells_of_other_records(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    """On a busy machine the owner may be the last of hundreds that the engine tells of."""
    old = session.ptr.create(spec(backend, "old.example.com"), heard)
    later = new_session(tmp_path)
    later.ledger.patience = 1

    def tell() -> None:
        for last in range(100, 120):
            later.ptr.declare(backend, parse_address(f"198.51.100.{last}"), None)
            time.sleep(0.1)
        later.ptr.recall(old)

    teller = threading.Thread(target=tell)
    teller.start()
    later.ptr.create(spec(backend, "new.example.com"), heard)
    teller.join()
    assert live(later, backend) == ["new.example.com."]


def test_a_create_waits_for_a_slow_delete_of_the_same_record(
    session: Session, tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = session.ptr.create(spec("memory"), heard)
    later = new_session(tmp_path)
    there = later.backends.get("memory")
    assert isinstance(there, AddressBackend)
    deleting, go_on = threading.Event(), threading.Event()
    unset = there.unset_ptr

    def slow(address: Address) -> None:
        deleting.set()
        assert go_on.wait(10)
        unset(address)

    monkeypatch.setattr(there, "unset_ptr", slow)
    delete = threading.Thread(target=later.ptr.delete, args=[state, heard])
    delete.start()
    assert deleting.wait(10)
    later.ptr.declare("memory", ADDRESS, None)
    create = threading.Thread(target=later.ptr.create, args=[spec("memory"), heard])
    create.start()
    go_on.set()
    delete.join()
    create.join()
    assert live(later, "memory") == ["mail.example.com."]


def test_two_instances_of_one_place_share_their_claims(session: Session, heard: Heard) -> None:
    state = session.ptr.create(spec("memory"), heard)
    session.ptr.declare("same", ADDRESS, None)
    with pytest.raises(ConflictError, match="stays in the state"):
        session.ptr.delete(state, heard)
    assert live(session, "memory") == ["mail.example.com."]
    session.ptr.create(spec("same"), heard)
    session.ptr.delete(state, heard)
    assert live(session, "memory") == ["mail.example.com."]
    assert heard.warnings == []


def test_a_folder_and_a_symlink_to_it_are_one_place(
    session: Session, tmp_path: Path, folder: Path, heard: Heard
) -> None:
    (tmp_path / "linked").symlink_to(folder)
    state = session.ptr.create(spec("files"), heard)
    session.ptr.declare("linked", ADDRESS, None)
    with pytest.raises(ConflictError, match="stays in the state"):
        session.ptr.delete(state, heard)
    assert live(session, "files") == ["mail.example.com."]
    session.ptr.create(spec("linked"), heard)
    session.ptr.delete(state, heard)
    assert live(session, "files") == ["mail.example.com."]
    assert heard.warnings == []
