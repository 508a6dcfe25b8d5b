"""The life of a ForwardRecord, as any front end calls it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pulumi_rdns.errors import ConflictError
from pulumi_rdns.lifecycle import forward
from pulumi_rdns.lifecycle.call import Call
from pulumi_rdns.properties.schema import DECLARATION, NEXT_PTRS, SECRET_INPUTS
from pulumi_rdns.records.claims import Expected, Place
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.lifecycle.conftest import SOA, UNKNOWN, World, call_of, counted, previewed

INPUTS = {"hostname": "mail.example.com", "address": "192.0.2.10", "backend": "files"}


def test_a_check_declares_what_is_known_as_a_whole(session: Session, heard: Heard) -> None:
    call = previewed(heard)
    for unknown in ("hostname", "address"):
        assert forward.check(session, call, {**INPUTS, unknown: UNKNOWN}) == (
            {**INPUTS, unknown: UNKNOWN},
            [],
        )
        assert session.ledger.claims("A", "mail.example.com") == []
    forward.check(session, call, INPUTS)
    (claim,) = session.ledger.claims("A", "mail.example.com")
    place = Place("files", session.backends.identity("files"))
    assert (claim.place, claim.wanted) == (place, "192.0.2.10")
    assert session.ledger.claims("AAAA", "mail.example.com") == []


def test_a_check_takes_the_place_of_what_the_program_has_told(session: Session, call: Call) -> None:
    """Where the address was not known, it may have been of either type."""
    for kind in ("A", "AAAA"):
        session.ledger.expect(7, Expected("mail", kind, {"mail.example.com": None}))
        (told,) = session.ledger.claims(kind, "mail.example.com")
        assert (told.name, told.place, told.wanted) == ("mail", None, None)
    assert forward.check(session, call, {**INPUTS, DECLARATION: 7.0}) == (INPUTS, [])
    (claim,) = session.ledger.claims("A", "mail.example.com")
    assert claim.wanted == "192.0.2.10"
    assert session.ledger.claims("AAAA", "mail.example.com") == []


NEXT = {"address": "192.0.2.10", "hostname": "mail.example.com", "backend": "files", "ttl": 300.0}


def test_the_ptr_record_that_comes_next_is_looked_at_first_and_in_no_state(
    session: Session, heard: Heard, world: World
) -> None:
    world.reverse.write_text(f"{SOA}10 PTR somebody.else.example.net.\n")
    call = replace(call_of(heard), urn="urn::host")
    assert forward.check(session, call, {**INPUTS, NEXT_PTRS: [NEXT]}) == (INPUTS, [])
    with pytest.raises(ConflictError, match="So the A record of mail"):
        forward.create(session, call, INPUTS)
    assert "mail" not in world.forward.read_text()
    overwriting = {**NEXT, "onConflict": "overwrite"}
    forward.check(session, call, {**INPUTS, NEXT_PTRS: [overwriting]})
    assert NEXT_PTRS not in forward.create(session, call, INPUTS).outputs
    assert "mail" in world.forward.read_text()


@pytest.mark.parametrize(
    "given", [None, [UNKNOWN], [{**NEXT, "address": UNKNOWN}], [{**NEXT, "ttl": "no"}]]
)
def test_a_ptr_record_of_which_too_little_is_known_is_not_looked_at(
    session: Session, world: World, heard: Heard, given: object
) -> None:
    world.reverse.write_text(f"{SOA}10 PTR somebody.else.example.net.\n")
    call = replace(previewed(heard), urn="urn::host")
    assert forward.check(session, call, {**INPUTS, NEXT_PTRS: given}) == (INPUTS, [])
    forward.create(session, call, INPUTS)
    assert "mail" in world.forward.read_text()


def test_the_hostname_that_a_replaced_record_had_is_no_strangers(
    session: Session, world: World, heard: Heard
) -> None:
    call = replace(call_of(heard), urn="urn::host")
    olds = forward.create(session, call, INPUTS).outputs
    world.reverse.write_text(f"{SOA}10 PTR mail.example.com.\n")
    news = {**INPUTS, "hostname": "www.example.com"}
    later = world.session()
    forward.check(later, call, {**news, NEXT_PTRS: [{**NEXT, "hostname": "www.example.com"}]})
    assert forward.diff(later, call, "id", olds, news).replaces == ["hostname"]
    forward.create(later, call, news)
    assert "www" in world.forward.read_text()


def test_a_check_finds_a_backend_that_cannot_be_made(session: Session, call: Call) -> None:
    found = forward.check(session, call, {**INPUTS, "backend": "wrong"}).findings
    assert {one.property for one in found} == {"backend"}


@pytest.mark.parametrize(
    ("change", "changes", "replaces"),
    [
        ({}, [], []),
        ({"address": "192.0.2.11"}, ["address"], []),
        ({"address": "2001:db8::10"}, ["address"], ["address"]),
        ({"address": UNKNOWN}, ["address"], ["address"]),
        ({"hostname": "www.example.com"}, ["hostname"], ["hostname"]),
        ({"zone": "example.net"}, ["zone"], ["zone"]),
        ({"onConflict": "add"}, ["onConflict"], []),
    ],
)
def test_a_diff_says_what_replaces(
    session: Session, call: Call, change: dict[str, Any], changes: list[str], replaces: list[str]
) -> None:
    olds = forward.create(session, call, INPUTS).outputs
    found = forward.diff(session, call, "id", olds, {**INPUTS, **change})
    assert found == (changes, replaces, False)


def test_after_a_kill_all_addresses_of_the_rrset_are_looked_at(
    session: Session, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    olds = forward.create(session, call, INPUTS).outputs
    at = ("A", session.backends.identity("files"), "mail.example.com")
    monkeypatch.setattr(session.ledger, "was_interrupted_at", lambda *record: record == at)
    assert forward.diff(session, call, "id", olds, INPUTS) == (["address"], [], False)


def test_a_preview_knows_the_type(session: Session, heard: Heard) -> None:
    found = forward.preview(session, previewed(heard), {**INPUTS, "address": "2001:db8::10"})
    assert found == ({"recordType": "AAAA"}, [])


def test_a_record_is_created_read_updated_and_deleted(
    session: Session, heard: Heard, world: World
) -> None:
    call = call_of(heard, old_inputs=INPUTS)
    made = forward.create(session, call, INPUTS)
    assert made.id.startswith("files/mail.example.com/A/")
    assert made.outputs["writtenAddress"] == "192.0.2.10"
    read = forward.read(session, call, made.id, made.outputs)
    assert read is not None
    assert (read.id, read.outputs, read.inputs) == (made.id, made.outputs, INPUTS)
    made = forward.update(session, call, made.id, made.outputs, {**INPUTS, "address": "192.0.2.11"})
    assert "192.0.2.11" in world.forward.read_text()
    assert "192.0.2.10" not in world.forward.read_text()
    forward.delete(session, call, made.id, made.outputs)
    assert "192.0.2.11" not in world.forward.read_text()
    assert forward.read(session, call, made.id, made.outputs) is None


def test_a_secret_address_is_secret_in_what_is_stored_and_said(
    session: Session, call: Call, world: World
) -> None:
    world.forward.write_text(world.forward.read_text() + "mail A 192.0.2.99\n")
    secret = {**INPUTS, SECRET_INPUTS: ["address"]}
    with pytest.raises(ConflictError) as caught:
        forward.create(session, call, secret)
    assert "192.0.2.99" in str(caught.value)
    assert "192.0.2.10" not in str(caught.value)
    made = forward.create(session, call, {**secret, "onConflict": "add"})
    assert "writtenAddress" in made.secrets
    assert made.outputs[SECRET_INPUTS] == made.inputs[SECRET_INPUTS] == ["address"]


def test_an_address_is_parsed_once_on_its_way(session: Session, heard: Heard) -> None:
    call = call_of(heard, old_inputs=INPUTS)
    with counted() as parsed:
        inputs = forward.check(session, call, INPUTS).inputs
    assert len(parsed) == 1
    with counted() as parsed:
        made = forward.create(session, call, inputs)
        news = {**inputs, "address": "192.0.2.11"}
        forward.diff(session, call, made.id, made.outputs, news)
        forward.read(session, call, made.id, made.outputs)
        made = forward.update(session, call, made.id, made.outputs, news)
        forward.delete(session, call, made.id, made.outputs)
    assert parsed == []
