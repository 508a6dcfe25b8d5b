"""What one write answers of the questions that vendors' documents leave open."""

from __future__ import annotations

import pytest

from pulumi_rdns.backends.changes import NOTHING, LiveRecord
from pulumi_rdns.backends.kit.actions import not_shown_by
from pulumi_rdns.backends.kit.undocumented import (
    before_any_write,
    ipv6_default,
    left_by_delete,
    shown_at_once,
    time_of_a_change,
    unresolved_hostname,
)
from pulumi_rdns.backends.observed import Observed, Point, Step
from pulumi_rdns.errors import RdnsError, RejectedError, UnavailableError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import DnsName

NAMED = LiveRecord(("probe.example.net",))
DEFAULT = LiveRecord(("default.example.net",), is_default=True)
REFUSED = RejectedError("main", "set the PTR of", "192.0.2.10", "no match was found", "HTTP 400")
LOST = UnavailableError("main", "set the PTR of", "192.0.2.10", "no answer")


def step(live: LiveRecord | None = None, error: RdnsError | None = None, *said: str) -> Step:
    return Step(4.2, live, error, said)


def answer(
    point: Point,
    *,
    before: LiveRecord = NOTHING,
    address: str = "192.0.2.10",
    zone: str | None = None,
    is_confirmed: bool | None = None,
    **steps: Step,
) -> str:
    there = None if zone is None else DnsName(zone)
    return point.answer(Observed(parse_address(address), there, is_confirmed, before, steps))


SET, UNSET = step(NAMED), step(NOTHING)


def test_whether_a_write_is_shown_at_once() -> None:
    point = shown_at_once("Is it shown?")
    assert (point.id, point.question) == ("shown-at-once", "Is it shown?")
    late = step(NAMED, None, "locked", not_shown_by("the API"))
    assert answer(point, set=SET) == "the first read after the write had it"
    assert answer(point, set=late) == "it was shown later; the write and its showing took 4 s"
    assert answer(point, set=SET, zone="2.0.192.in-addr.arpa")
    assert answer(point, set=step(None, LOST, *late.said)) == ""
    assert answer(point) == ""


def test_how_long_a_change_takes() -> None:
    point = time_of_a_change("How long?")
    assert answer(point, set=SET, unset=UNSET) == "set 4 s, unset 4 s"
    assert answer(point, set=step(None, LOST)) == ""


@pytest.mark.parametrize("point", [left_by_delete("?"), ipv6_default("?")])
def test_what_a_delete_leaves(point: Point) -> None:
    v6 = "2001:db8::10"
    assert answer(point, address=v6, unset=UNSET) == "after the delete it had none"
    assert "default name" in answer(point, address=v6, unset=step(DEFAULT))
    for unknown in (step(None, LOST), step(NAMED)):
        assert answer(point, address=v6, unset=unknown) == ""
    assert answer(point, address=v6) == ""
    assert answer(point, address=v6, unset=UNSET, zone="example.com") == ""
    assert bool(answer(point, unset=UNSET)) == (point.id == "left-by-delete")


def test_what_an_address_has_that_nobody_named() -> None:
    point = before_any_write("?")
    assert answer(point) == "it had none"
    assert answer(point, before=DEFAULT) == "it had the default name"
    assert answer(point, before=NAMED) == ""


def test_what_becomes_of_a_hostname_that_does_not_resolve() -> None:
    point = unresolved_hostname("?")
    refused = step(None, REFUSED)
    taken = "it was taken, though it does not resolve to the address"
    assert answer(point, is_confirmed=False, set=SET) == taken
    assert answer(point, is_confirmed=False, set=refused) == (
        "it was refused: no match was found (HTTP 400)"
    )
    uncoded = RejectedError("main", "set the PTR of", "192.0.2.10", "no")
    assert answer(point, is_confirmed=False, set=step(None, uncoded)) == "it was refused: no"
    assert answer(point, is_confirmed=False, set=step(None, LOST)) == ""
    for unknown in (True, None):
        assert answer(point, is_confirmed=unknown, set=refused) == ""
    assert answer(point, is_confirmed=False) == ""
    assert answer(point, is_confirmed=False, set=SET, zone="example.com") == ""
