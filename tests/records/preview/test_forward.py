"""What a preview says of forward records: where they belong, and what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.specs import ForwardSpec, OnForwardConflict
from pulumi_rdns.model.states import ForwardState
from pulumi_rdns.records.holdings import holding_of_forward
from pulumi_rdns.records.preview.foresight import Foresight, Told
from pulumi_rdns.records.preview.forward import ForwardAhead, forward_jobs
from pulumi_rdns.records.session import Session
from tests.records.conftest import name

SPEC = ForwardSpec(
    backend="files", hostname=name("mail.example.com"), address=parse_address("192.0.2.10")
)


def told(session: Session, *specs: ForwardSpec, knows: bool = True, **ahead: Any) -> list[Told]:
    given = {"is_new": True, **ahead}
    aheads = [ForwardAhead(f"urn::{spec.hostname}", spec, **given) for spec in specs]
    sight = Foresight(knows=knows)
    for job in forward_jobs(session, aheads, sight):
        job.run()
    return sight.told()


@pytest.fixture
def zone(folder: Path) -> Path:
    return folder / "example.com.zone"


def put(zone: Path, lines: str) -> None:
    zone.write_text(zone.read_text() + lines)


def state(address: str, **more: Any) -> ForwardState:
    given = parse_address(address)
    return ForwardState(
        **{
            "backend": "files",
            "hostname": SPEC.hostname,
            "address": given,
            "zone": name("example.com"),
            "written": given,
            **more,
        }
    )


def test_nothing_is_in_the_way_of_a_free_name(session: Session, zone: Path) -> None:
    assert told(session, SPEC) == []
    assert "mail" not in zone.read_text()


def test_a_zone_that_is_not_there(session: Session, zone: Path) -> None:
    (one,) = told(session, replace(SPEC, hostname=name("mail.example.net")))
    assert "mail.example.net" in one.text
    assert one.will_fail
    many = [replace(SPEC, hostname=name(f"h{at}.example.net")) for at in range(3)]
    (one,) = told(session, *many)
    assert "3 records cannot be set: h0.example.net, h1.example.net, h2.example.net" in one.text


def test_a_zone_that_does_not_contain_the_name(session: Session, zone: Path) -> None:
    (one,) = told(session, replace(SPEC, zone=name("example.net")))
    assert one.text == "zone: zone example.net does not contain mail.example.com"
    assert one.will_fail


def test_a_backend_without_zones(session: Session) -> None:
    session.settings.backends["plain"] = {"type": "linode", "apiToken": "none"}
    (one,) = told(session, replace(SPEC, backend="plain"))
    assert "has no DNS zones, so no forward records" in one.text
    assert one.will_fail


def test_a_cname_in_the_way(session: Session, zone: Path) -> None:
    put(zone, "mail CNAME www\n")
    (one,) = told(session, SPEC)
    assert "it is a CNAME to www.example.com, beside which no other record can stand" in one.text
    assert one.will_fail


@pytest.mark.parametrize(
    ("policy", "said", "will_fail"),
    [
        (None, "it already has 192.0.2.7, which was not written by this stack", True),
        (OnForwardConflict.ADD, "also has 192.0.2.7, which this program does not declare", False),
        (OnForwardConflict.OVERWRITE, "will take over mail.example.com from 192.0.2.7", False),
    ],
)
def test_an_address_of_somebody_else(
    session: Session,
    zone: Path,
    policy: OnForwardConflict | None,
    said: str,
    will_fail: bool,
) -> None:
    put(zone, "mail A 192.0.2.7\n")
    (one,) = told(session, replace(SPEC, on_conflict=policy))
    assert said in one.text
    assert one.will_fail is will_fail


def test_an_address_that_is_there_is_adopted(session: Session, zone: Path) -> None:
    put(zone, "mail A 192.0.2.10\n")
    (one,) = told(session, SPEC)
    assert one.text == "will adopt mail.example.com \u2192 192.0.2.10"
    assert told(session, SPEC, knows=False) == []


def test_what_this_stack_wrote_is_not_adopted(session: Session, zone: Path) -> None:
    put(zone, "mail A 192.0.2.10\n")
    identity = session.backends.identity("files")
    session.ledger.recall(
        "urn::old", holding_of_forward(identity, state("192.0.2.10")), is_current=True
    )
    assert told(session, SPEC) == []


def test_an_update_takes_out_its_own_address_and_meets_others(session: Session, zone: Path) -> None:
    put(zone, "mail A 192.0.2.7\n")
    old = state("192.0.2.7")
    holding = holding_of_forward(session.backends.identity("files"), old)
    session.ledger.recall("urn::mail.example.com", holding, is_current=True)
    assert told(session, SPEC, is_new=False, old=old) == []
    put(zone, "mail A 192.0.2.8\n")
    (one,) = told(session, SPEC, is_new=False, old=old)
    assert "it already has 192.0.2.8, which was not written by this stack" in one.text


def test_an_update_of_which_the_state_is_not_known_is_not_looked_at(
    session: Session, zone: Path
) -> None:
    put(zone, "mail A 192.0.2.8\n")
    assert told(session, SPEC, is_new=False, knows=False) == []
