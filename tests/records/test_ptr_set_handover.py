"""Records that pass from a set to another resource, or back: none is lost, and none is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_rdns.errors import (
    ConflictError,
)
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import new_session
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
    one_at_a_time,
    put,
    single,
    spec,
    updated,
)


def test_what_another_resource_declares_is_not_taken_away(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    """Those that are not created yet come later in the run: a delete cannot wait for them."""
    state = created(session, spec(backend, {X: A, Y: B, Z: C}), heard)
    later = new_session(tmp_path)
    later.ptr.declare(backend, parse_address(X), None, resource="urn::one")
    later.ptr_sets.declare(spec(backend, {Y: B}), resource="urn::some")
    with pytest.raises(ConflictError) as caught:
        later.ptr_sets.delete(state, heard, "urn::all")
    assert f"{X}: {A} is kept unchanged and stays in the state" in str(caught.value)
    assert "resource 'one', which declares it now, is not created yet" in str(caught.value)
    assert live(session, backend) == {X: A, Y: B}

    later.ptr.create(single(backend, X, A), heard, "urn::one")
    later.ptr_sets.create(spec(backend, {Y: B}), heard, "urn::some")
    later.ptr_sets.delete(state, heard, "urn::all")
    assert live(session, backend) == {X: A, Y: B}
    assert heard.warnings == []


def test_an_update_keeps_what_another_resource_is_still_to_take_over(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    """The set comes first, and waiting would be for ever: it lets go in a later update."""
    rest = spec(backend, {Z: B})
    state = created(session, spec(backend, {X: A, Y: B, Z: C}), heard)
    later = one_at_a_time(tmp_path)
    later.ptr.declare(backend, parse_address(X), None, resource="urn::one")
    smaller = updated(later, state, rest, heard, "urn::all")
    assert smaller.written == {X: A, Z: B}
    assert smaller.records.table == {Z: B}
    assert live(session, backend) == {X: A, Z: B}
    (warning,) = heard.warnings
    assert f"kept until the next update: {X}: {A} is kept unchanged" in warning

    last = new_session(tmp_path)
    last.ptr.declare(backend, parse_address(X), None, resource="urn::one")
    last.ptr_sets.recall(smaller, resource="urn::all")
    last.ptr.create(single(backend, X, C), heard, "urn::one")
    assert updated(last, smaller, rest, heard, "urn::all").written == {Z: B}
    assert live(session, backend) == {X: C, Z: B}
    assert heard.warnings == [warning]


def test_what_was_kept_for_a_resource_that_never_came_goes_in_the_end(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    rest = spec(backend, {Z: B})
    state = created(session, spec(backend, {X: A, Z: B}), heard)
    later = one_at_a_time(tmp_path)
    later.ptr.declare(backend, parse_address(X), None, resource="urn::one")
    smaller = updated(later, state, rest, heard, "urn::all")
    assert smaller.written == {X: A, Z: B}
    last = new_session(tmp_path)
    assert updated(last, smaller, rest, heard, "urn::all").written == {Z: B}
    assert live(session, backend) == {Z: B}


@pytest.mark.parametrize("what", ["record", "set"])
def test_who_lets_go_of_a_record_writes_back_what_a_declared_resource_wrote_before(
    session: Session, tmp_path: Path, backend: str, heard: Heard, what: str
) -> None:
    """A set took over a record, or a record one of a set; then the program is put back."""
    later = new_session(tmp_path)
    if what == "record":
        one = session.ptr.create(single(backend, X, A), heard, "urn::first")
        many = created(session, spec(backend, {X: B, Y: B}), heard, "urn::second")
        later.ptr.declare(backend, parse_address(X), None, resource="urn::first")
        later.ptr.recall(one, resource="urn::first")
        later.ptr_sets.delete(many, heard, "urn::second")
    else:
        many = created(session, spec(backend, {X: A}), heard, "urn::first")
        one = session.ptr.create(single(backend, X, B), heard, "urn::second")
        later.ptr_sets.declare(spec(backend, {X: A}), resource="urn::first")
        later.ptr_sets.recall(many, resource="urn::first")
        later.ptr.delete(one, heard, "urn::second")
    assert live(session, backend) == {X: A}
    assert heard.warnings == []


def test_a_record_and_a_set_hand_an_address_over_to_each_other(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    one = single(backend, X, A)
    old = session.ptr.create(one, heard)
    later = new_session(tmp_path)
    later.ptr.recall(old)
    later.ptr_sets.declare(spec(backend, {X: B}))
    state = created(later, spec(backend, {X: B}), heard)
    later.ptr.delete(old, heard)
    assert live(session, backend) == {X: B}

    last = new_session(tmp_path)
    last.ptr.declare(backend, parse_address(X), None)
    last.ptr_sets.recall(state)
    last.ptr.create(one, heard)
    last.ptr_sets.delete(state, heard)
    assert live(session, backend) == {X: A}


def test_what_could_not_be_taken_over_stays_in_the_state(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    """With --continue-on-error, the engine deletes the old set after the new one has failed."""
    state = created(session, spec(backend, {X: A, Y: B}), heard)
    put(session, backend, Z, STRANGER)
    later = new_session(tmp_path)
    wanted = spec(backend, {Y: C, Z: C})
    later.ptr_sets.declare(wanted, resource="urn::new")
    failed, error = later.ptr_sets.create(wanted, heard, "urn::new")
    assert isinstance(error, ConflictError)
    assert failed.written == {}
    with pytest.raises(ConflictError, match=f"(?s){Y}: {B} is kept unchanged and stays") as caught:
        later.ptr_sets.delete(state, heard, "urn::old")
    assert "resource 'new', which declares it now, could not be created" in str(caught.value)
    assert live(session, backend) == {Y: B, Z: STRANGER}

    # What is a stranger's now is nobody's business here.
    put(session, backend, Y, STRANGER)
    later.ptr_sets.delete(state, heard, "urn::old")
    assert live(session, backend) == {Y: STRANGER, Z: STRANGER}
