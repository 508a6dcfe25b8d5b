"""The life of a PtrRecordSet, as any front end calls it."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from pulumi_rdns.errors import ConflictError, UnavailableError
from pulumi_rdns.lifecycle import ptr_set
from pulumi_rdns.lifecycle.call import Call, PartlyDoneError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.confirmation import Confirmation
from pulumi_rdns.properties.schema import DECLARATION, SECRET_INPUTS
from pulumi_rdns.records.claims import Expected, Place
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.lifecycle.conftest import NO, SOME, UNKNOWN, Source, World, call_of, counted, previewed

TWO = "192.0.2.10 a.example.com\n192.0.2.11 b.example.com\n"
INPUTS = {"records": TWO, "backend": "files"}


def strange(world: World) -> None:
    world.reverse.write_text(world.reverse.read_text() + "11 PTR stranger.example.net.\n")


def test_a_check_declares_what_is_known_as_a_whole(session: Session, heard: Heard) -> None:
    call = previewed(heard)
    assert ptr_set.check(session, call, {**INPUTS, "ttl": UNKNOWN}).findings == []
    assert session.ledger.claims("PTR", "192.0.2.10") == []
    assert ptr_set.check(session, call, {**INPUTS, "records": UNKNOWN}).inputs == {
        **INPUTS,
        "records": UNKNOWN,
    }
    assert ptr_set.check(session, call, INPUTS) == (INPUTS, [])
    (claim,) = session.ledger.claims("PTR", "192.0.2.10")
    place = Place("files", session.backends.identity("files"))
    assert (claim.place, claim.wanted) == (place, "a.example.com")
    wrong = ptr_set.check(session, call, {**INPUTS, "records": "x y\n", "ttl": -1}).findings
    assert {one.property for one in wrong} == {"records", "ttl"}


def test_a_check_takes_the_place_of_what_the_program_has_told(session: Session, call: Call) -> None:
    session.ledger.expect(7, Expected("many", "PTR", None))
    assert [one.name for one in session.ledger.claims("PTR", "192.0.2.99")] == ["many"]
    assert ptr_set.check(session, call, {**INPUTS, DECLARATION: 7.0}) == (INPUTS, [])
    assert session.ledger.claims("PTR", "192.0.2.99") == []


def test_records_that_were_kept_for_another_resource_are_a_change_until_they_are_gone(
    session: Session, call: Call, world: World
) -> None:
    """The new owner of an address is not created yet when the set gives it up."""
    made = ptr_set.create(session, call, INPUTS)
    later = world.session()
    later.ledger.parallel = 1  # nobody comes while the set waits
    later.ptr.declare("files", parse_address("192.0.2.11"), None, resource="urn::owner")
    one = {**INPUTS, "records": "192.0.2.10 a.example.com\n"}
    kept = ptr_set.update(later, call, made.id, made.outputs, one)
    assert kept.outputs["writtenRecords"] == TWO
    assert "b.example.com" in world.reverse.read_text()

    last = world.session()
    assert ptr_set.diff(last, call, made.id, kept.outputs, one) == (["records"], [], False)
    gone = ptr_set.update(last, call, made.id, kept.outputs, one)
    assert gone.outputs["writtenRecords"] == one["records"]
    assert "b.example.com" not in world.reverse.read_text()
    assert ptr_set.diff(last, call, made.id, gone.outputs, one).changes == []


@pytest.mark.parametrize(
    ("change", "changes", "replaces"),
    [
        ({}, [], []),
        ({"records": "192.0.2.10 a.example.com\n"}, ["records"], []),
        ({"backend": "memory"}, ["backend"], ["backend"]),
        ({"zone": "2.0.192.in-addr.arpa"}, [], []),
        ({"zone": "0.192.in-addr.arpa"}, ["zone"], ["zone"]),
    ],
)
def test_a_diff_says_what_replaces_and_lets_nothing_go_first(
    session: Session, call: Call, change: dict[str, Any], changes: list[str], replaces: list[str]
) -> None:
    olds = ptr_set.create(session, call, INPUTS).outputs
    found = ptr_set.diff(session, call, "id", olds, {**INPUTS, **change})
    assert found == (changes, replaces, False)


def test_a_preview_knows_how_many(session: Session, heard: Heard) -> None:
    assert ptr_set.preview(session, previewed(heard), INPUTS) == ({"count": 2}, [])


def test_a_set_is_created_read_updated_and_deleted(
    session: Session, call: Call, world: World
) -> None:
    made = ptr_set.create(session, call, INPUTS)
    assert made.id.startswith("files/")
    assert (made.outputs["count"], made.outputs["writtenRecords"]) == (2, TWO)
    assert ptr_set.read(session, call, made.id, made.outputs) == made
    one = {**INPUTS, "records": "192.0.2.10 c.example.com\n"}
    made = ptr_set.update(session, call, made.id, made.outputs, one)
    assert made.outputs["writtenRecords"] == "192.0.2.10 c.example.com\n"
    ptr_set.delete(session, call, made.id, made.outputs)
    assert " PTR " not in world.reverse.read_text().replace("\t", " ")
    assert ptr_set.read(session, call, made.id, made.outputs) is None


def test_what_was_written_before_an_error_is_to_be_stored(
    session: Session, call: Call, world: World
) -> None:
    strange(world)
    with pytest.raises(PartlyDoneError) as caught:
        ptr_set.create(session, call, INPUTS)
    stored = caught.value.stored
    assert isinstance(caught.value.error, ConflictError)
    assert stored.outputs["writtenRecords"] == "192.0.2.10 a.example.com\n"
    assert stored.inputs["records"] == "192.0.2.10 a.example.com\n"
    with pytest.raises(PartlyDoneError):
        ptr_set.update(session, call, stored.id, stored.outputs, INPUTS)


def test_where_nothing_was_written_there_is_nothing_to_store(
    session: Session, call: Call, world: World
) -> None:
    strange(world)
    with pytest.raises(ConflictError):
        ptr_set.create(session, call, {**INPUTS, "records": "192.0.2.11 b.example.com\n"})


def test_what_an_update_removed_is_to_be_stored_where_it_wrote_nothing(
    session: Session, call: Call, world: World
) -> None:
    made = ptr_set.create(session, call, {**INPUTS, "records": "192.0.2.10 a.example.com\n"})
    strange(world)
    news = {**INPUTS, "records": "192.0.2.11 b.example.com\n"}
    with pytest.raises(PartlyDoneError) as caught:
        ptr_set.update(session, call, made.id, made.outputs, news)
    assert caught.value.stored.outputs["writtenRecords"] == ""


def test_secret_records_do_not_show_in_an_error_or_what_is_stored(
    session: Session, call: Call, world: World
) -> None:
    strange(world)
    with pytest.raises(PartlyDoneError) as caught:
        ptr_set.create(session, call, {**INPUTS, SECRET_INPUTS: ["records"]})
    assert "192.0.2.11" not in str(caught.value.error)
    assert {"writtenRecords", "zones", "ownerNames"} <= caught.value.stored.secrets


def test_each_address_is_parsed_once_on_its_way(session: Session, call: Call) -> None:
    records = "2001:DB8::1 A.example.com.\n2001:db8:0::2 b.example.com\n"
    with counted() as parsed:
        inputs = ptr_set.check(session, call, {"records": records, "backend": "memory"}).inputs
    assert len(parsed) == 2
    with counted() as parsed:
        made = ptr_set.create(session, call, inputs)
        news = {**inputs, "records": "2001:db8::1 c.example.com\n"}
        ptr_set.diff(session, call, made.id, made.outputs, news)
        ptr_set.read(session, call, made.id, made.outputs)
        made = ptr_set.update(session, call, made.id, made.outputs, news)
        ptr_set.delete(session, call, made.id, made.outputs)
    assert parsed == []


@pytest.mark.parametrize("answer", [NO, SOME])
def test_a_call_that_is_cancelled_while_it_waits_writes_nothing(
    session: Session, heard: Heard, world: World, answer: Confirmation
) -> None:
    source = Source(answer)
    source.answer_in(session)
    cancelled = threading.Event()
    timer = threading.Timer(0.3, cancelled.set)
    timer.start()
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="cancelled while waiting; nothing was written"):
        ptr_set.create(
            session, call_of(heard, cancelled=cancelled), {**INPUTS, "forwardCheck": "verify"}
        )
    timer.join()
    assert time.monotonic() - began < 30
    assert source.asked
    assert "example.com" not in world.reverse.read_text().replace("ns1.example.com", "")


def test_a_call_ends_at_its_deadline(session: Session, heard: Heard, world: World) -> None:
    Source(SOME).answer_in(session)
    call = call_of(heard, deadline=time.monotonic() + 0.2)
    with pytest.raises(UnavailableError, match="cancelled while waiting; nothing was written"):
        ptr_set.create(session, call, {**INPUTS, "forwardCheck": "verify"})
    assert "a.example.com" not in world.reverse.read_text()
