"""A PTR record through its life, on an address backend and on zones."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import dns.name
import pytest
from dns.rdatatype import RdataType
from msgspec.structs import replace

from pulumi_rdns.backends.base import AddressBackend, Change, ZoneBackend
from pulumi_rdns.backends.memory import MemoryBackend
from pulumi_rdns.errors import (
    AddressNotFoundError,
    ConflictError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.addresses import Address, parse_address, reverse_name
from pulumi_rdns.model.names import to_dns
from pulumi_rdns.model.specs import (
    OnConflict,
    OnDelete,
)
from pulumi_rdns.model.states import PtrState
from pulumi_rdns.records.preview_warnings import preview_warnings
from pulumi_rdns.records.session import Session
from tests.backends.contract import rrset
from tests.backends.heard import Heard
from tests.records.conftest import name, new_session
from tests.records.ptr_records import ADDRESS, live, put, spec


@pytest.fixture(params=["memory", "files"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


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
    assert "it is adopted: destroy will remove it" in heard.warnings[0]
    session.ptr.delete(state, heard)
    assert live(session, backend) == []


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
    assert 'on_conflict to "overwrite"' in str(caught.value)
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
    told = preview_warnings(
        session, spec("files"), is_new=True, expects_forward=True, ours=frozenset()
    )
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


CLASSLESS = name("0/25.2.0.192.in-addr.arpa")


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
