"""What this stack wrote at the addresses of a set: in the set itself, and in other resources."""

from __future__ import annotations

from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.records.holdings import Holding, Memory
from pulumi_rdns.records.location import find_ptr, no_aliases
from pulumi_rdns.records.session import Session
from tests.records.conftest import named
from tests.records.ptr_records import ADDRESS, put

X, MAIL, WWW = str(ADDRESS), "mail.example.com", "www.example.com"
NOTHING = PtrSetState(backend="files")


def recall(session: Session, hostname: str, *, adopted: bool = False) -> None:
    identity = session.backends.identity("files")
    holding = Holding("PTR", identity, {X: hostname}, memory=Memory(adopted=adopted))
    session.ledger.recall("urn::other", holding, is_current=True)


def test_ours_is_what_the_set_believes_and_what_others_wrote(session: Session) -> None:
    owners, live = session.ptr_sets.owners, LiveRecord((WWW,))
    seen = PtrSetState(backend="files", records=PtrSetRecords(named({X: MAIL})))
    assert owners.ours(seen, X, live) == {MAIL}
    recall(session, WWW)
    assert owners.ours(seen, X, live) == {MAIL, WWW}


def test_a_record_that_is_right_is_adopted_unless_this_stack_wrote_it(session: Session) -> None:
    owners = session.ptr_sets.owners
    location = find_ptr(session.backends.get("files"), ADDRESS, None, no_aliases).location
    there, places = {X: LiveRecord((MAIL,))}, {X: location}
    taken, adopted = owners.taken_over(NOTHING, named({X: MAIL}), there, places)
    assert (taken, list(adopted)) == ({}, [X])
    recall(session, MAIL, adopted=True)
    taken, adopted = owners.taken_over(NOTHING, named({X: MAIL}), there, places)
    assert (taken, list(adopted)) == ({X: Memory(adopted=True)}, [])


def test_what_another_resource_wrote_is_inherited_where_this_one_failed(session: Session) -> None:
    owners = session.ptr_sets.owners
    location = find_ptr(session.backends.get("files"), ADDRESS, None, no_aliases).location
    put(session, "files", MAIL)
    assert owners.inherited(NOTHING, [X], {X: location}) == {}
    recall(session, MAIL)
    assert owners.inherited(NOTHING, [X], {X: location}) == {X: (MAIL, Memory())}
    assert owners.inherited(NOTHING, [X], {}) == {}
