"""The life of a PtrRecord, as any front end calls it."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from pulumi_rdns.errors import ConflictError, InvalidInputError, UnavailableError
from pulumi_rdns.lifecycle import ptr
from pulumi_rdns.lifecycle.call import Call
from pulumi_rdns.properties.schema import DECLARATION, SECRET_INPUTS
from pulumi_rdns.records.claims import Expected, Place
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.lifecycle.conftest import (
    NO,
    SOME,
    UNKNOWN,
    YES,
    Source,
    World,
    call_of,
    counted,
    previewed,
)

INPUTS = {"address": "192.0.2.10", "hostname": "mail.example.com", "backend": "files"}
SKIPPED = {**INPUTS, "forwardCheck": "skip"}
OWNER = "10.2.0.192.in-addr.arpa"
URN = "urn:pulumi:dev::test::pulumi-python:dynamic/rdns:PtrRecord"


def test_a_check_stores_one_spelling_and_finds_all_that_is_wrong(
    session: Session, call: Call
) -> None:
    given = {**INPUTS, "address": "::ffff:192.0.2.10", "hostname": "Mail.Example.COM."}
    assert ptr.check(session, call, given) == (INPUTS, [])
    wrong = {"address": "192.0.2.256", "hostname": "a b", "backend": "files", "ttl": 1.5}
    findings = ptr.check(session, call, wrong).findings
    assert [one.property for one in findings] == ["address", "hostname", "ttl"]
    found = ptr.check(session, call, {**INPUTS, "forwardBackend": "elsewhere"}).findings
    assert [one.property for one in found] == ["forwardBackend"]


def test_a_check_keeps_what_is_unknown_and_declares_what_is_known(
    session: Session, heard: Heard
) -> None:
    call = previewed(heard)
    assert ptr.check(session, call, {**INPUTS, "address": UNKNOWN}).inputs["address"] == UNKNOWN
    assert session.ledger.claims("PTR", "192.0.2.10") == []
    ptr.check(session, call, {**INPUTS, "hostname": UNKNOWN})
    (claim,) = session.ledger.claims("PTR", "192.0.2.10")
    place = Place("files", session.backends.identity("files"))
    assert (claim.place, claim.wanted, claim.is_pending) == (place, None, True)


def test_a_check_takes_the_place_of_what_the_program_has_told(session: Session, call: Call) -> None:
    session.ledger.expect(7, Expected("mail", "PTR", None))
    (told,) = session.ledger.claims("PTR", "192.0.2.10")
    assert (told.name, told.place) == ("mail", None)
    # The engine has all numbers as floating point.
    assert ptr.check(session, call, {**INPUTS, DECLARATION: 7.0}) == (INPUTS, [])
    (claim,) = session.ledger.claims("PTR", "192.0.2.10")
    assert claim.place is not None
    assert session.ledger.claims("PTR", "192.0.2.99") == []


@pytest.mark.parametrize(
    ("change", "is_pending"), [({"hostname": "www.example.com"}, False), ({"backend": "a"}, True)]
)
def test_a_diff_says_to_the_ledger_whether_the_record_is_about_to_be_replaced(
    session: Session, call: Call, change: dict[str, Any], is_pending: bool
) -> None:
    olds = ptr.create(session, call, SKIPPED).outputs
    named = replace(call, urn=f"{URN}::mail")
    ptr.check(session, named, SKIPPED)
    ptr.diff(session, named, "files/192.0.2.10", olds, {**SKIPPED, **change})
    (claim,) = session.ledger.claims("PTR", "192.0.2.10")
    assert (claim.name, claim.is_pending) == ("mail", is_pending)
    identity = session.backends.identity("files")
    assert session.ledger.written("PTR", identity, "192.0.2.10").keys() == {"mail.example.com"}


def test_a_check_refuses_options_of_zones_where_there_are_none(
    session: Session, call: Call
) -> None:
    given = {**INPUTS, "backend": "vps", "zone": "2.0.192.in-addr.arpa", "ttl": 300}
    found = ptr.check(session, call, given).findings
    assert [one.property for one in found] == ["zone", "ttl"]


@pytest.mark.parametrize(
    ("change", "changes", "replaces"),
    [
        ({}, [], []),
        ({"hostname": "www.example.com"}, ["hostname"], []),
        ({"address": "192.0.2.11"}, ["address"], ["address"]),
        ({"zone": "2.0.192.in-addr.arpa"}, [], []),
        ({"zone": "0.192.in-addr.arpa"}, ["zone"], ["zone"]),
        ({"hostname": UNKNOWN}, ["hostname"], []),
        ({SECRET_INPUTS: ["hostname"]}, [SECRET_INPUTS], []),
    ],
)
def test_a_diff_says_what_replaces_and_lets_nothing_go_first(
    session: Session, call: Call, change: dict[str, Any], changes: list[str], replaces: list[str]
) -> None:
    olds = ptr.create(session, call, SKIPPED).outputs
    found = ptr.diff(session, call, "files/192.0.2.10", olds, {**SKIPPED, **change})
    assert found == (changes, replaces, False)


def test_a_record_is_created_read_updated_and_deleted(
    session: Session, heard: Heard, world: World
) -> None:
    call = call_of(heard, old_inputs=SKIPPED)
    made = ptr.create(session, call, SKIPPED)
    assert made.id == "files/192.0.2.10"
    assert made.outputs["ownerName"] == made.outputs["reverseName"] == OWNER
    assert made.inputs == {**SKIPPED, "zone": "2.0.192.in-addr.arpa"}
    assert "mail.example.com." in world.reverse.read_text()
    read = ptr.read(session, call, made.id, made.outputs)
    assert read is not None
    assert (read.outputs, read.inputs) == (made.outputs, SKIPPED)
    named = call_of(heard, old_inputs={**SKIPPED, "zone": "2.0.192.in-addr.arpa"})
    assert ptr.read(session, named, made.id, made.outputs) == made

    news = {**SKIPPED, "hostname": "www.example.com"}
    made = ptr.update(session, call, made.id, made.outputs, news)
    assert made.outputs["writtenHostname"] == "www.example.com"
    ptr.delete(session, call, made.id, made.outputs)
    assert "www.example.com." not in world.reverse.read_text()
    assert ptr.read(session, call, made.id, made.outputs) is None


def test_a_record_is_read_by_its_id_alone(session: Session, call: Call) -> None:
    ptr.create(session, call, SKIPPED)
    read = ptr.read(session, call, "files/::ffff:192.0.2.10", {})
    assert read is not None
    assert read.outputs["hostname"] == "mail.example.com"
    with pytest.raises(InvalidInputError, match="not an id of a PtrRecord"):
        ptr.read(session, call, "files", {})


def test_a_strangers_record_is_a_conflict_and_stays(
    session: Session, call: Call, world: World
) -> None:
    world.reverse.write_text(world.reverse.read_text() + "10 PTR stranger.example.net.\n")
    with pytest.raises(ConflictError, match="was not written by this stack"):
        ptr.create(session, call, SKIPPED)
    assert "stranger.example.net." in world.reverse.read_text()


def test_a_preview_knows_the_reverse_name_and_warns(
    session: Session, heard: Heard, world: World
) -> None:
    call = previewed(heard)
    world.reverse.write_text(world.reverse.read_text() + "10 PTR stranger.example.net.\n")
    outputs, warnings = ptr.preview(session, call, INPUTS)
    assert outputs == {"reverseName": OWNER}
    assert "already points to stranger.example.net" in warnings[0]
    assert "mail.example.com does not resolve to 192.0.2.10" in warnings[1]
    secret = {**INPUTS, SECRET_INPUTS: ["hostname"]}
    assert "mail.example.com" not in str(ptr.preview(session, call, secret))
    known = ptr.preview(session, call, INPUTS, is_new=False, expects_forward=True)
    assert known.warnings == []


@pytest.mark.parametrize("answer", [NO, SOME])
def test_a_call_that_is_cancelled_while_it_waits_writes_nothing(
    session: Session, heard: Heard, world: World, answer: Any
) -> None:
    source = Source(answer)
    source.answer_in(session)
    cancelled = threading.Event()
    threading.Timer(0.3, cancelled.set).start()
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="cancelled while waiting; nothing was written"):
        ptr.create(
            session, call_of(heard, cancelled=cancelled), {**INPUTS, "forwardCheck": "verify"}
        )
    assert time.monotonic() - began < 30
    assert source.asked
    assert "mail.example.com" not in world.reverse.read_text()


def test_a_call_ends_at_its_deadline(session: Session, heard: Heard, world: World) -> None:
    Source(NO).answer_in(session)
    call = call_of(heard, deadline=time.monotonic() + 0.2)
    with pytest.raises(UnavailableError, match="nothing was written"):
        ptr.create(session, call, {**INPUTS, "forwardCheck": "verify"})
    assert "mail.example.com" not in world.reverse.read_text()


def test_what_resolves_is_confirmed(session: Session, call: Call) -> None:
    Source(YES).answer_in(session)
    made = ptr.create(session, call, {**INPUTS, "forwardCheck": "strict"})
    assert (made.outputs["forwardConfirmed"], made.outputs["forwardDetail"]) == (True, "ns1 has it")


def test_an_address_is_parsed_once_on_its_way(session: Session, heard: Heard) -> None:
    call = call_of(heard, old_inputs=SKIPPED)
    with counted() as parsed:
        inputs = ptr.check(session, call, SKIPPED).inputs
    assert len(parsed) == 1
    with counted() as parsed:
        made = ptr.create(session, call, inputs)
        ptr.diff(session, call, made.id, made.outputs, inputs)
        ptr.read(session, call, made.id, made.outputs)
        ptr.update(session, call, made.id, made.outputs, {**inputs, "ttl": 60})
        ptr.delete(session, call, made.id, made.outputs)
    assert parsed == []
