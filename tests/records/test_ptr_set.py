"""Sets of PTR records, over zone files and over an address backend."""

from __future__ import annotations

from pathlib import Path

import dns.name
import pytest

from pulumi_rdns.backends.base import ZoneBackend
from pulumi_rdns.backends.batch import Outcome, PtrChange
from pulumi_rdns.errors import (
    ConflictError,
    RejectedError,
    UnavailableError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.specs import OnConflict, PtrPolicies, PtrSetSpec
from pulumi_rdns.properties.ptr_set import check_records
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import name, new_session
from tests.records.ptr_set_records import (
    STRANGER,
    A,
    B,
    C,
    X,
    Y,
    Z,
    created,
    live,
    put,
    spec,
    updated,
)


def test_records_are_created_changed_and_deleted(
    session: Session, backend: str, heard: Heard
) -> None:
    state = created(session, spec(backend, {X: A, Y: B}), heard)
    assert live(session, backend) == {X: A, Y: B}
    assert state.written == {X: A, Y: B}
    state = updated(session, state, spec(backend, {X: C, Z: B}), heard)
    assert live(session, backend) == {X: C, Z: B}
    assert state.written == {X: C, Z: B}
    session.ptr_sets.delete(state, heard)
    assert live(session, backend) == {}
    assert heard.warnings == []


def test_what_is_right_already_is_adopted_and_said(
    session: Session, backend: str, heard: Heard
) -> None:
    put(session, backend, X, A)
    state = created(session, spec(backend, {X: A, Y: B}), heard)
    (warning,) = heard.warnings
    assert X in warning
    assert "destroy will leave" in warning
    session.ptr_sets.delete(state, heard)
    assert live(session, backend) == {X: A}


def test_a_conflict_and_what_is_kept_say_that_a_final_dot_is_probably_missing(
    session: Session, backend: str, heard: Heard
) -> None:
    undotted = f"{A}.2.0.192.in-addr.arpa"
    shown = f"{undotted} (the name in the zone is probably missing its final dot)"
    put(session, backend, X, undotted)
    state, error = session.ptr_sets.create(spec(backend, {X: A, Y: B}), heard)
    assert f"it already points to {shown}, which was not written by this stack" in str(error)
    put(session, backend, Y, undotted)
    session.ptr_sets.delete(state, heard)
    assert f"{Y} ({shown})" in heard.warnings[-1]


def test_conflicts_are_one_error_and_the_next_update_goes_on(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    put(session, backend, X, STRANGER)
    put(session, backend, Z, STRANGER)
    state, error = session.ptr_sets.create(spec(backend, {X: A, Y: B, Z: C}), heard)
    assert isinstance(error, ConflictError)
    assert "2 of 3 records failed" in str(error)
    assert f"{X}, {Z}: it already points to {STRANGER}" in str(error)
    assert live(session, backend) == {X: STRANGER, Y: B, Z: STRANGER}
    assert (state.written, state.records.table) == ({Y: B}, {Y: B})

    put(session, backend, X, None)
    later = new_session(tmp_path)
    state, error = later.ptr_sets.update(state, spec(backend, {X: A, Y: B, Z: C}), heard)
    assert isinstance(error, ConflictError)
    assert state.written == {X: A, Y: B}
    overwrite = PtrPolicies(on_conflict=OnConflict.OVERWRITE)
    state = updated(later, state, spec(backend, {X: A, Y: B, Z: C}, policies=overwrite), heard)
    assert live(session, backend) == {X: A, Y: B, Z: C}


def test_a_strangers_value_survives_the_delete_also_after_a_refresh_has_learned_it(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    state = created(session, spec(backend, {X: A, Y: B}), heard)
    put(session, backend, X, STRANGER)
    learned = session.ptr_sets.read(state, heard)
    assert learned is not None
    assert learned.records.table == {X: STRANGER, Y: B}
    assert learned.written == {X: A, Y: B}
    new_session(tmp_path).ptr_sets.delete(learned, heard)
    assert live(session, backend) == {X: STRANGER}
    assert f"{X} ({STRANGER})" in heard.warnings[-1]


def test_what_a_refresh_has_learned_and_the_program_keeps_is_not_ours(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    """As with ignore_changes."""
    state = created(session, spec(backend, {X: A, Y: B}), heard)
    put(session, backend, X, STRANGER)
    learned = session.ptr_sets.read(state, heard)
    assert learned is not None
    later = new_session(tmp_path)
    kept = updated(later, learned, spec(backend, {X: STRANGER, Y: C}), heard)
    assert live(session, backend) == {X: STRANGER, Y: C}
    assert kept.written == {X: A, Y: C}
    new_session(tmp_path).ptr_sets.delete(kept, heard)
    assert live(session, backend) == {X: STRANGER}


def test_another_ttl_of_what_a_refresh_has_learned_does_not_make_it_ours(
    session: Session, tmp_path: Path, heard: Heard
) -> None:
    state = created(session, spec("files", {X: A, Y: B}, ttl=300), heard)
    put(session, "files", X, STRANGER)
    learned = session.ptr_sets.read(state, heard)
    assert learned is not None
    later = new_session(tmp_path)
    kept = updated(later, learned, spec("files", {X: STRANGER, Y: B}, ttl=600), heard)
    assert kept.written == {X: A, Y: B}
    new_session(tmp_path).ptr_sets.delete(kept, heard)
    assert live(session, "files") == {X: STRANGER}


def test_drift_is_repaired(session: Session, tmp_path: Path, backend: str, heard: Heard) -> None:
    wanted = spec(backend, {X: A, Y: B})
    state = created(session, wanted, heard)
    put(session, backend, X, STRANGER)
    put(session, backend, Y, None)
    learned = session.ptr_sets.read(state, heard)
    assert learned is not None
    assert learned.records.table == {X: STRANGER}
    later = new_session(tmp_path)
    assert updated(later, learned, wanted, heard).written == {X: A, Y: B}
    assert live(session, backend) == {X: A, Y: B}


def test_a_set_is_gone_when_all_of_it_is_gone(session: Session, backend: str, heard: Heard) -> None:
    state = created(session, spec(backend, {X: A, Y: B}), heard)
    put(session, backend, X, None)
    assert session.ptr_sets.read(state, heard) is not None
    put(session, backend, Y, None)
    assert session.ptr_sets.read(state, heard) is None
    empty = created(session, spec(backend, {}), heard)
    assert session.ptr_sets.read(empty, heard) == empty


def test_what_may_have_been_written_counts_as_ours(
    session: Session, tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = session.backends.get("files")
    assert isinstance(there, ZoneBackend)
    apply = there.apply_ptrs

    def cut(zone: dns.name.Name, changes: list[PtrChange], progress: object) -> list[Outcome]:
        """Make the changes, and lose the answer to the first one."""
        made = apply(zone, changes, lambda _: None)
        error = UnavailableError("files", "write", "it", "gave no answer")
        return [Outcome(None, error, is_unknown=True), *made[1:]]

    monkeypatch.setattr(there, "apply_ptrs", cut)
    state, error = session.ptr_sets.create(spec("files", {X: A, Y: B}), heard)
    assert isinstance(error, UnavailableError)
    assert state.written == {X: A, Y: B}
    assert state.records.table == {Y: B}
    later = new_session(tmp_path)
    assert updated(later, state, spec("files", {X: A, Y: B}), heard).written == {X: A, Y: B}
    new_session(tmp_path).ptr_sets.delete(state, heard)
    assert live(session, "files") == {}


def test_a_zone_that_is_missing_is_an_error_and_nothing_is_gone(
    session: Session, tmp_path: Path, heard: Heard
) -> None:
    state = created(session, spec("files", {X: A}), heard)
    zone = tmp_path / "zones" / "db.100.51.198.in-addr.arpa"
    zone.rename(tmp_path / "away")
    later = new_session(tmp_path)
    with pytest.raises(ZoneNotFoundError):
        later.ptr_sets.read(state, heard)
    with pytest.raises(ZoneNotFoundError):
        later.ptr_sets.delete(state, heard)
    _, error = later.ptr_sets.create(spec("files", {X: A, "203.0.113.1": B}), heard)
    assert isinstance(error, ZoneNotFoundError)
    assert "all 2 records failed" in str(error)


def test_aliases_of_a_classless_delegation_are_followed_and_remembered(
    session: Session, tmp_path: Path, heard: Heard
) -> None:
    table = {"192.0.2.9": A, "192.0.2.10": B, "192.0.2.11": C}
    state, error = session.ptr_sets.create(spec("files", table), heard)
    assert isinstance(error, (RejectedError, ZoneNotFoundError))
    assert "192.0.2.11" in str(error)
    assert state.owners == {"192.0.2.10": "10.0/25.2.0.192.in-addr.arpa"}
    assert [*state.zones] == [
        "2.0.192.in-addr.arpa",
        "0/25.2.0.192.in-addr.arpa",
    ]
    text = (tmp_path / "zones" / "classless.zone").read_text()
    assert B in text
    later = new_session(tmp_path)
    read = later.ptr_sets.read(state, heard)
    assert read is not None
    assert read.records.table == {"192.0.2.9": A, "192.0.2.10": B}
    later.ptr_sets.delete(read, heard)
    assert B not in (tmp_path / "zones" / "classless.zone").read_text()


def test_policies_alone_and_another_way_to_say_the_same_cost_no_write(
    session: Session, backend: str, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    records, found = check_records({"network": "198.51.100.10/31", "fill": "h{d}.example.com"})
    assert not found
    state = created(session, spec(backend, records.table), heard)
    there = session.backends.get(backend)
    for call in ("apply", "set_ptr"):
        if hasattr(there, call):
            monkeypatch.setattr(there, call, None)
    same = PtrSetSpec(
        backend=backend,
        records=records,
        policies=PtrPolicies(on_conflict=OnConflict.OVERWRITE),
    )
    state = updated(session, state, same, heard)
    assert state.records == records
    assert state.written == records.table


def test_a_set_renamed_while_its_zone_is_above_an_alias_keeps_its_records(
    session: Session, tmp_path: Path, heard: Heard
) -> None:
    parent = name("2.0.192.in-addr.arpa")
    wanted = spec("files", {"192.0.2.9": A, "192.0.2.10": B}, zone=parent)
    state = created(session, wanted, heard)
    before = {file: file.read_text() for file in (tmp_path / "zones").glob("*")}
    later = new_session(tmp_path)
    later.ptr_sets.declare(wanted)
    later.ptr_sets.recall(state)
    created(later, wanted, heard)
    later.ptr_sets.delete(state, heard)
    assert {file: file.read_text() for file in before} == before
