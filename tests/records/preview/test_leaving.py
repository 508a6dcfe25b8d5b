"""What leaves the program: how much of it goes, and when that is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.specs import OnDelete, OnForwardDelete, PtrPolicies
from pulumi_rdns.model.states import ForwardState, PtrSetState, PtrState
from pulumi_rdns.records.claims import Declared, Place
from pulumi_rdns.records.holdings import (
    StoredRecord,
    holding_of_forward,
    holding_of_ptr,
    holding_of_set,
)
from pulumi_rdns.records.preview.foresight import Foresight, Told
from pulumi_rdns.records.preview.leaving import foresee_leaving
from pulumi_rdns.records.session import Session
from tests.records.conftest import name
from tests.records.preview.looking import session_of
from tests.records.preview.test_ptr_set import hosts, state_of

ZONE = "2.0.192.in-addr.arpa"


def single(at: int, **more: Any) -> StoredRecord:
    given = {
        "backend": "files",
        "address": parse_address(f"192.0.2.{at}"),
        "zone": name(ZONE),
        "written": name(f"h{at}.example.com"),
        **more,
    }
    state = PtrState(**given)
    return StoredRecord(f"urn::PtrRecord::{at}", state, holding_of_ptr("files", state))


def forward(at: int, **more: Any) -> StoredRecord:
    address = parse_address(f"192.0.2.{at}")
    state = ForwardState(
        **{
            "backend": "files",
            "hostname": name("mail.example.com"),
            "address": address,
            "written": address,
            "zone": name("example.com"),
            **more,
        }
    )
    return StoredRecord(f"urn::ForwardRecord::{at}", state, holding_of_forward("files", state))


def many(state: PtrSetState) -> StoredRecord:
    return StoredRecord("urn::PtrRecordSet::hosts", state, holding_of_set("files", state))


def told(session: Session, *stored: StoredRecord, present: int = 0) -> list[Told]:
    """Look at a state, of which the first ones are still in the program."""
    sight = Foresight()
    foresee_leaving(session, stored, {one.urn for one in stored[:present]}, sight)
    return sight.told()


def test_single_records_are_counted_against_their_zone(session: Session) -> None:
    stored = [single(at) for at in range(20)]
    assert told(session, *stored, present=14) == []
    (one,) = told(session, *stored, present=13)
    assert one.text.startswith(f"7 of 20 records of zone {ZONE} would be deleted")
    assert (one.will_fail, one.resource) == (True, None)


def test_records_at_a_backend_without_zones_are_counted_together(session: Session) -> None:
    stored = [single(at, zone=None) for at in range(12)]
    (one,) = told(session, *stored)
    assert one.text.startswith("12 of 12 records of backend files would be deleted")


def test_forward_records_are_counted_too(session: Session) -> None:
    (one,) = told(session, *(forward(at) for at in range(12)))
    assert one.text.startswith("12 of 12 records of zone example.com would be deleted")


def test_what_moves_is_kept_or_was_never_written_is_no_deletion(session: Session) -> None:
    place = Place("other", "elsewhere")
    session.ledger.declare("urn::new", Declared("PTR", place, {"192.0.2.1": "new.example.com"}))
    session.ledger.declare("urn::set", Declared("A", place, {"mail.example.com": "192.0.2.3"}))
    stay = [single(at) for at in range(100, 107)]
    going = [single(1), single(2, adopted=True), forward(3), forward(4, adopted=True)]
    going += [single(5, written=None)]
    assert told(session, *stay, *going, *stay, present=7) == []
    removed = [
        single(2, adopted=True, policies=PtrPolicies(on_delete=OnDelete.REMOVE)),
        *(
            forward(at, adopted=True, on_delete=OnForwardDelete.REMOVE, zone=name(ZONE))
            for at in range(4, 8)
        ),
    ]
    (one,) = told(session, *stay, *removed, present=7)
    assert one.text.startswith(f"5 of 12 records of zone {ZONE} would be deleted")


@pytest.mark.parametrize("how", ["is_replaced", "is_retained"])
def test_what_was_replaced_already_or_is_retained_is_no_deletion(
    session: Session, how: str
) -> None:
    state = state_of(hosts(*range(12)))
    stored = [*(single(at) for at in range(20)), many(state)]
    is_retained = how == "is_retained"
    left = [one._replace(is_retained=is_retained, is_replaced=not is_retained) for one in stored]
    assert told(session, *left) == []


def test_a_set_that_leaves_is_told_of_and_refused(session: Session) -> None:
    state = state_of(hosts(*range(12)), adopted=frozenset(["198.51.100.3"]))
    count, refused = told(session, many(state))
    assert count.text == (
        "PtrRecordSet 'hosts' is no longer in the program: 12 records: -11, 1 kept"
    )
    assert not count.will_fail
    assert refused.text.startswith("11 of 12 records of PtrRecordSet 'hosts' would be deleted")
    assert refused.will_fail
    allowed = replace(state, policies=PtrPolicies(max_delete_percent=100))
    assert [one.text for one in told(session, many(allowed))] == [count.text]


def test_the_stack_says_how_much_may_go(tmp_path: Path) -> None:
    session = session_of(tmp_path, maxDeletePercent=100)
    state = state_of(hosts(*range(12)))
    assert len(told(session, many(state))) == 1
    assert told(session, *(single(at) for at in range(20))) == []


@pytest.mark.parametrize("count", [9, 10])
def test_few_records_are_not_guarded(session: Session, count: int) -> None:
    found = told(session, *(single(at) for at in range(count)))
    assert bool(found) is (count == 10)
