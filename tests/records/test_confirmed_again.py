"""Which PTR records are looked at again, as their forward record is written in this run."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.confirmation import Confirmation, Verdict
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.specs import ForwardPolicy, PtrPolicies
from pulumi_rdns.model.states import ForwardState, PtrSetState, PtrState
from pulumi_rdns.records.claims import Declared, Expected, Place
from pulumi_rdns.records.confirmed_again import (
    confirmed_again,
    is_to_confirm,
    set_confirmed_again,
    to_confirm,
)
from pulumi_rdns.records.holdings import Holding
from pulumi_rdns.records.session import Session
from pulumi_rdns.records.shared_ledger import SharedLedger
from tests.backends.heard import Heard
from tests.lifecycle.conftest import NO, YES, Source
from tests.records.conftest import Join, name, named

X, Y, SIX = "192.0.2.10", "192.0.2.11", "2001:db8::10"
MAIL, URN = name("mail.example.com"), "urn::mail"
HERE = Place("files", "its identity")
WARN = PtrPolicies(forward_check=ForwardPolicy.WARN)


def single(confirmed: bool | None = False, **more: Any) -> PtrState:
    state = PtrState(
        backend="files",
        address=parse_address(X),
        hostnames=(MAIL,),
        written=MAIL,
        forward_confirmed=confirmed,
        forward_detail="before",
        policies=WARN,
    )
    return replace(state, **more)


def many(*unconfirmed: str, policies: PtrPolicies = WARN) -> PtrSetState:
    table = named(dict.fromkeys((X, Y, SIX), MAIL))
    return PtrSetState(
        backend="files",
        records=PtrSetRecords(table),
        written=table,
        confirmed=len(table) - len(unconfirmed),
        unconfirmed=unconfirmed,
        policies=policies,
    )


def declare(ledger: SharedLedger, address: str = X, kind: str = "A", **more: Any) -> None:
    ledger.declare(URN, Declared(kind, HERE, {MAIL: address}, **more))


def recall(ledger: SharedLedger, address: str = X, *, stays: bool) -> None:
    there = Holding("A", HERE.identity, {MAIL: address})
    ledger.recall(URN, there, is_current=True, stays=stays)


@pytest.fixture
def ledger(join: Join) -> SharedLedger:
    return join(SharedLedger())


def test_a_forward_record_that_is_new_or_changes_is_written_and_one_that_stays_is_not(
    ledger: SharedLedger, join: Join
) -> None:
    other = join(SharedLedger())
    assert not is_to_confirm(ledger, single())
    declare(ledger)
    for one in (ledger, other):
        assert is_to_confirm(one, single())
    recall(ledger, stays=True)
    for one in (ledger, other):
        assert not is_to_confirm(one, single())
    recall(ledger, stays=False)
    for one in (ledger, other):
        assert is_to_confirm(one, single())
    recall(ledger, stays=True)
    ledger.wrote(URN, Holding("A", HERE.identity, {MAIL: X}))
    for one in (ledger, other):
        assert is_to_confirm(one, single())
    ledger.fail(URN, MAIL)
    for one in (ledger, other):
        assert not is_to_confirm(one, single())


def test_another_address_or_type_of_the_hostname_is_another_record(ledger: SharedLedger) -> None:
    declare(ledger, Y)
    assert not is_to_confirm(ledger, single())
    declare(ledger, SIX, "AAAA")
    assert not is_to_confirm(ledger, single())
    assert is_to_confirm(ledger, single(address=parse_address(SIX)))


def test_what_only_the_program_has_told_of_is_not_waited_for(ledger: SharedLedger) -> None:
    """The engine may never tell of it, as of one that is no target."""
    ledger.expect(1, Expected("mail", "A", {MAIL: X}))
    assert not is_to_confirm(ledger, single())


@pytest.mark.parametrize(
    ("state", "is_due"),
    [
        (single(confirmed=None), True),
        (single(confirmed=True), False),
        (single(policies=PtrPolicies(forward_check=ForwardPolicy.SKIP)), False),
        (single(written=None), False),
    ],
    ids=["not asked", "confirmed", "skip", "not ours"],
)
def test_what_needs_no_look_gets_none(ledger: SharedLedger, state: PtrState, is_due: bool) -> None:
    declare(ledger)
    assert is_to_confirm(ledger, state) is is_due


def test_a_secret_forward_record_of_another_process_is_known(
    ledger: SharedLedger, join: Join
) -> None:
    other = join(SharedLedger())
    other.hide(URN)
    declare(other)
    assert is_to_confirm(ledger, single())
    assert to_confirm(ledger, many(X, Y)) == [X]


@pytest.mark.parametrize("policy", [None, ForwardPolicy.SKIP])
def test_of_a_set_those_are_due_that_were_not_confirmed(
    ledger: SharedLedger, policy: ForwardPolicy | None
) -> None:
    declare(ledger)
    ledger.declare("urn::six", Declared("AAAA", HERE, {MAIL: SIX}))
    assert to_confirm(ledger, many(X, Y, SIX)) == [X, SIX]
    assert to_confirm(ledger, many(Y)) == []
    assert to_confirm(ledger, replace(many(X), written={})) == []
    assert to_confirm(ledger, many(X, policies=PtrPolicies(forward_check=policy))) == []


def answering(session: Session, answer: Confirmation) -> Source:
    source = Source(answer)
    source.answer_in(session)
    return source


def test_a_record_is_confirmed_again(session: Session, heard: Heard) -> None:
    source = answering(session, YES)
    state = confirmed_again(session, single(), heard)
    assert (state.forward_confirmed, state.forward_detail) == (True, YES.detail)
    assert (source.asked, heard.warnings) == (1, [])


def test_one_that_still_is_not_is_told(session: Session, heard: Heard) -> None:
    answering(session, NO)
    state = confirmed_again(session, single(), heard)
    assert (state.forward_confirmed, state.forward_detail) == (False, NO.detail)
    assert heard.warnings == [f"still not forward-confirmed: {NO.detail}"]


@pytest.mark.parametrize("confirmed", [False, None])
def test_where_nobody_can_say_it_is_as_before(
    session: Session, heard: Heard, confirmed: bool | None
) -> None:
    answering(session, Confirmation(Verdict.UNKNOWN, "ns1 does not answer"))
    assert confirmed_again(session, single(confirmed), heard) == single(confirmed)
    assert confirmed_again(session, single(written=None), heard) == single(written=None)


def test_the_records_of_a_set_are_confirmed_again(session: Session, heard: Heard) -> None:
    source = answering(session, YES)
    state = set_confirmed_again(session, many(X, Y), [X], heard)
    assert (state.confirmed, state.unconfirmed) == (2, (Y,))
    assert (source.asked, heard.warnings) == (1, [])


def test_those_of_a_set_that_still_are_not_are_told_together(
    session: Session, heard: Heard
) -> None:
    answering(session, NO)
    state = set_confirmed_again(session, many(X, Y), [X, Y], heard)
    assert (state.confirmed, state.unconfirmed) == (1, (X, Y))
    assert heard.warnings == [f"still not forward-confirmed: {X} to {Y}"]


def test_a_forward_record_says_whether_it_stays(session: Session) -> None:
    state = ForwardState(
        backend="files", hostname=MAIL, address=parse_address(X), written=parse_address(X)
    )
    session.forward.declare("files", MAIL, parse_address(X), None, resource=URN)
    session.forward.recall(state, resource=URN, stays=True)
    assert not is_to_confirm(session.ledger, single())
    session.forward.recall(state, resource=URN)
    assert is_to_confirm(session.ledger, single())
