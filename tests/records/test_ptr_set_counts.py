"""What an update of a set says that it has done."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.specs import OnConflict, PtrPolicies, PtrSetSpec
from pulumi_rdns.model.states import PtrSetState
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
    put,
    single,
    spec,
)


def counted(state: PtrSetState | None, spec: PtrSetSpec, root: Path) -> list[str]:
    """Create or update a set, and return what was told of it."""
    heard, sets = Heard(), new_session(root).ptr_sets
    if state is None:
        sets.create(spec, heard, "urn::set")
    else:
        sets.update(state, spec, heard, "urn::set")
    return heard.infos


def test_an_update_says_what_it_has_done_as_one_line(
    tmp_path: Path, session: Session, backend: str, heard: Heard
) -> None:
    put(session, backend, X, A)
    put(session, backend, Z, STRANGER)
    wanted = spec(backend, {X: A, Y: B, Z: C})
    state, error = session.ptr_sets.create(wanted, heard, "urn::set")
    assert error is not None
    conflict = f"1 conflict: {Z} points to {STRANGER}"
    assert heard.infos == [f"3 records: +1, 1 adopted, {conflict}"]
    assert counted(state, wanted, tmp_path) == [f"3 records: {conflict}"], (
        "what is there is no news"
    )
    put(session, backend, Z, None)
    state, _ = new_session(tmp_path).ptr_sets.update(state, wanted, heard, "urn::set")
    assert heard.infos[1:] == ["3 records: +1"]
    assert counted(state, wanted, tmp_path) == [], "nothing was done"
    smaller = spec(backend, {Z: B})
    state, _ = new_session(tmp_path).ptr_sets.update(state, smaller, heard, "urn::set")
    assert heard.infos[2:] == ["1 record: ~1 -1, 1 kept"]
    put(session, backend, Z, STRANGER)
    overwrite = replace(
        spec(backend, {Z: A}), policies=PtrPolicies(on_conflict=OnConflict.OVERWRITE)
    )
    state, _ = new_session(tmp_path).ptr_sets.update(state, overwrite, heard, "urn::set")
    assert heard.infos[3:] == ["1 record: 1 taken over"]
    new_session(tmp_path).ptr_sets.delete(state, heard, "urn::set")
    assert heard.infos[4:] == ["1 record: -1"]


def test_a_ttl_that_changes_is_a_change(tmp_path: Path, session: Session, heard: Heard) -> None:
    state = created(session, spec("files", {X: A, Y: B}, ttl=300), heard, "urn::set")
    assert counted(state, spec("files", {X: A, Y: B}, ttl=600), tmp_path) == ["2 records: ~2"]


def test_what_another_resource_takes_is_in_no_count(
    tmp_path: Path, session: Session, backend: str, heard: Heard
) -> None:
    state = created(session, spec(backend, {X: A, Y: B}), heard, "urn::set")
    later = new_session(tmp_path)
    later.ptr_sets.recall(state, resource="urn::set")
    later.ptr.declare(backend, parse_address(X), None, hostname=name(A), resource="urn::other")
    later.ptr.create(single(backend, X, A), heard, "urn::other")
    infos = Heard()
    later.ptr_sets.update(state, spec(backend, {Y: B, Z: C}), infos, "urn::set")
    assert infos.infos == ["2 records: +1"]
