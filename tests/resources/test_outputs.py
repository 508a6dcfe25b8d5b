"""The outputs of a resource, as a program, its type checker and `help()` see them."""

from __future__ import annotations

import pydoc
from collections.abc import Iterable
from typing import Any

import pulumi
import pytest
from pulumi import _types

import pulumi_rdns as rdns
from pulumi_rdns.properties.forward import FORWARD
from pulumi_rdns.properties.ptr import PTR
from pulumi_rdns.properties.ptr_set import PTR_SET
from tests.resources.conftest import run_program

#: what a program gives and nobody reads back
POLICIES = {
    "onConflict",
    "onDelete",
    "forwardCheck",
    "forwardBackend",
    "forwardTimeout",
    "ptrTimeout",
    "maxDeletePercent",
}


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


@pytest.mark.parametrize("kind", [rdns.PtrRecord, rdns.ForwardRecord, rdns.PtrRecordSet])
def test_a_record_says_which_types_its_outputs_have(kind: type) -> None:
    types = _types.resource_types(kind)
    assert types["backend"] is str
    assert types["ttl"] is int


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        (rdns.PtrRecord, {*PTR.input_keys, *PTR.output_keys} - POLICIES),
        (rdns.ForwardRecord, {*FORWARD.input_keys, *FORWARD.output_keys} - POLICIES),
        (rdns.PtrRecordSet, {*PTR_SET.input_keys, *PTR_SET.output_keys, "zones"} - POLICIES),
        (
            rdns.ForwardConfirmedHost,
            {"hostname", "addresses", "reverseNames", "forwardConfirmed"},
        ),
    ],
)
def test_help_lists_every_output_with_a_sentence(kind: type, keys: Iterable[str]) -> None:
    shown = pydoc.plain(pydoc.render_doc(kind))
    names = _types.resource_pulumi_to_py_names(kind)
    for key in set(keys) - ({"zone"} if kind is rdns.PtrRecordSet else set()):
        output = getattr(kind, names[key])
        assert isinstance(output, property)
        assert output.__doc__ is not None
        assert output.__doc__.splitlines()[0].rstrip().endswith((".", "?")), key
        assert f" |  {names[key]}\n |      {output.__doc__.splitlines()[0]}" in shown


def test_the_outputs_of_a_host_are_those_of_its_records() -> None:
    seen: list[Any] = []

    def program() -> None:
        host = rdns.ForwardConfirmedHost(
            "host", hostname="Mail.example.com", addresses=["2001:DB8::10"]
        )
        outputs = (host.hostname, host.addresses, host.reverse_names, host.forward_confirmed)
        pulumi.Output.all(*outputs).apply(seen.append)

    run_program(program, outputs={"reverseName": "0.1.example", "forwardConfirmed": True})
    key = "2001:db8::10"
    assert seen == [["Mail.example.com", [key], {key: "0.1.example"}, {key: True}]]
