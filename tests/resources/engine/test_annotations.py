"""The SDK makes of an output what its annotation says, whose text is evaluated once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi import _types

import pulumi_rdns as rdns
from pulumi_rdns.resources.record import Record
from tests.resources.conftest import run_program

if TYPE_CHECKING:
    from collections.abc import Hashable


def test_whole_numbers_are_whole_and_structures_have_attributes() -> None:
    seen: list[Any] = []

    def program() -> None:
        records = {"192.0.2.10": "a.example.com"}
        many = rdns.PtrRecordSet("many", records=records, ttl=300)
        for output in (many.count, many.forward_confirmed_count, many.ttl):
            output.apply(seen.append)
        one = rdns.PtrRecord("one", address="192.0.2.11", hostname="b.example.com", ttl=300)
        one.ttl.apply(seen.append)
        one.previous.apply(lambda previous: seen.append(previous.ttl))

    previous = {"known": True, "hostnames": [], "ttl": 300.0}
    counts = {"count": 1.0, "forwardConfirmedCount": 1.0, "ttl": 300.0}
    run_program(program, outputs={**counts, "previous": previous})
    assert sorted(map(repr, seen)) == ["1", "1", "300", "300", "300"]


def test_the_sdk_has_no_text_to_evaluate_for_each_resource() -> None:
    for kind in (rdns.PtrRecord, rdns.ForwardRecord, rdns.PtrRecordSet):
        assert not any(isinstance(hint, str) for hint in kind.__annotations__.values())
    assert _types.resource_types(rdns.PtrRecord)["ttl"] is int


def test_a_subclass_may_name_what_only_its_type_checker_knows() -> None:
    class Named(Record):
        #: a hint whose name is not there when the class is made
        key: pulumi.Output[Hashable]

    assert Named.__annotations__ == {"key": "pulumi.Output[Hashable]"}
