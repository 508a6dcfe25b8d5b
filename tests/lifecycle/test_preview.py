"""The looks at all resources of a program, of each kind, with what the state has of them."""

from __future__ import annotations

from typing import Any

from pulumi_rdns.lifecycle import forward, ptr, ptr_set
from pulumi_rdns.lifecycle.call import Call
from pulumi_rdns.lifecycle.preview import Ahead, foresight_of, jobs_of, warnings_of
from pulumi_rdns.lifecycle.stored_state import stored_records
from pulumi_rdns.properties.forward import FORWARD
from pulumi_rdns.properties.ptr import PTR
from pulumi_rdns.properties.ptr_set import PTR_SET
from pulumi_rdns.properties.schema import SECRET_INPUTS
from pulumi_rdns.records.holdings import StoredRecord
from pulumi_rdns.records.preview.foresight import Told
from pulumi_rdns.records.session import Session
from tests.lifecycle.conftest import World
from tests.lifecycle.test_stored_state import FORWARD as FORWARD_TOKEN
from tests.lifecycle.test_stored_state import PTR as PTR_TOKEN
from tests.lifecycle.test_stored_state import SECRET, exported
from tests.lifecycle.test_stored_state import SET as SET_TOKEN

X, Y, Z = "192.0.2.10", "192.0.2.11", "192.0.2.12"
SINGLE = {"address": X, "hostname": "mail.example.com", "backend": "files", "forwardCheck": "skip"}
MANY = {"backend": "files", "records": f"{Y} y.example.com\n{Z} z.example.com\n"}
ADDRESS = {"backend": "files", "hostname": "mail.example.com", "address": X}


def looked(
    session: Session, *aheads: Ahead, stored: list[StoredRecord] | None = None
) -> list[Told]:
    sight = foresight_of(aheads, stored)
    for job in jobs_of(session, aheads, stored, sight):
        job.run()
    return sight.told()


def test_each_kind_is_looked_at_as_what_it_is(session: Session, world: World) -> None:
    world.reverse.write_text(world.reverse.read_text() + "10 PTR x.example.net.\n11 PTR y.a.net.\n")
    world.forward.write_text(world.forward.read_text() + "mail A 192.0.2.7\n")
    told = looked(
        session,
        Ahead("urn::single", PTR, SINGLE, is_new=True),
        Ahead("urn::many", PTR_SET, MANY, is_new=True),
        Ahead("urn::address", FORWARD, ADDRESS, is_new=True),
        stored=[],
    )
    found = {one.resource: one for one in told}
    assert all(one.will_fail for one in told)
    assert "it already points to x.example.net" in found["urn::single"].text
    assert "2 records: +1, 1 conflict: 192.0.2.11 points to y.a.net" in found["urn::many"].text
    assert "it already has 192.0.2.7" in found["urn::address"].text


def test_what_is_changed_is_compared_with_the_state(
    session: Session, call: Call, world: World
) -> None:
    made = {
        PTR_TOKEN: ptr.create(session, call, SINGLE),
        SET_TOKEN: ptr_set.create(session, call, MANY),
        FORWARD_TOKEN: forward.create(session, call, ADDRESS),
    }
    resources = [exported(token, one) for token, one in made.items()]
    stored = [*stored_records(session, {"resources": resources})]
    single, many, address = (one.urn for one in stored)
    changed: dict[str, Any] = {**MANY, "records": f"{Y} other.example.com\n"}
    told = looked(
        session,
        Ahead(single, PTR, {**SINGLE, "hostname": "www.example.com"}, is_new=False),
        Ahead(many, PTR_SET, changed, is_new=False),
        Ahead(address, FORWARD, {**ADDRESS, "address": Z}, is_new=False),
        stored=stored,
    )
    assert [(one.resource, one.text) for one in told] == [(many, "1 record: ~1 -1")]


def test_a_secret_input_is_in_no_sentence(session: Session, world: World) -> None:
    world.reverse.write_text(world.reverse.read_text() + "10 PTR x.example.net.\n")
    inputs = {**SINGLE, "forwardCheck": "verify", SECRET_INPUTS: ["hostname"]}
    told = looked(session, Ahead("urn::single", PTR, inputs, is_new=True), stored=[])
    assert len(told) == 2
    assert "mail.example.com" not in str(told)


def test_one_resource_alone_gives_its_warnings(session: Session, world: World) -> None:
    world.reverse.write_text(world.reverse.read_text() + "10 PTR x.example.net.\n")
    (warning,) = warnings_of(session, Ahead("", PTR, SINGLE, is_new=True))
    assert "it already points to x.example.net" in warning
    expected = Ahead("", PTR, {**SINGLE, "forwardCheck": "strict"}, True, lambda _name, _ip: True)
    assert len(warnings_of(session, expected)) == 1


def test_a_secret_hostname_of_the_state_is_not_shown_when_it_changes(
    session: Session, call: Call
) -> None:
    made = ptr.create(session, call, SINGLE)
    resource = exported(PTR_TOKEN, made, hostname=SECRET, writtenHostname=SECRET)
    (one,) = stored_records(session, {"resources": [resource]})
    session.ledger.recall(one.urn, one.holding, is_current=True)
    changed = {**SINGLE, "hostname": "www.example.com", SECRET_INPUTS: ["hostname"]}
    for is_new in (False, True):
        assert looked(session, Ahead(one.urn, PTR, changed, is_new), stored=[one]) == []
