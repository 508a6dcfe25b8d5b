"""The children of a host: what they are called, and what they are told."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

import pulumi_rdns as rdns
from pulumi_rdns.errors import InvalidInputError
from tests.resources.conftest import order, run_program

PTR = "pulumi-python:dynamic/rdns:PtrRecord"
FORWARD = "pulumi-python:dynamic/rdns:ForwardRecord"


@pytest.mark.parametrize("manages", [True, False])
def test_a_host_says_it_of_each_of_its_ptr_records(manages: bool) -> None:
    def program() -> None:
        rdns.ForwardConfirmedHost(
            "host",
            hostname="mail.example.com",
            addresses=["192.0.2.10"],
            forward_backend="dns",
            manage_forward=manages,
        )

    found = [entry.inputs for entry in run_program(program) if entry.token == PTR]
    assert [inputs["forwardBackend"] for inputs in found] == ["dns"]


def test_children_of_a_host_are_named_by_address_in_any_order_and_spelling() -> None:
    def program(addresses: list[str]) -> None:
        rdns.ForwardConfirmedHost("host", hostname="mail.example.com", addresses=addresses)

    one = run_program(lambda: program(["192.0.2.10", "2001:DB8::10"]))
    two = run_program(lambda: program(["2001:db8:0::10", "::ffff:192.0.2.10"]))
    assert sorted(order(one)) == sorted(order(two))
    assert "host-2001:db8::10" in order(one)


def test_computed_addresses_come_as_a_dict_whose_keys_name_the_children() -> None:
    def program() -> None:
        address = pulumi.Output.from_input("192.0.2.10")
        rdns.ForwardConfirmedHost(
            "host", hostname="mail.example.com", addresses={"public": address}
        )

    assert order(run_program(program))[1:] == ["host-public", "host-public"]


def test_a_host_whose_forward_record_somebody_else_keeps_has_ptr_records_only() -> None:
    def program() -> None:
        rdns.ForwardConfirmedHost(
            "host", hostname="mail.example.com", addresses=["192.0.2.10"], manage_forward=False
        )

    assert [entry.token for entry in run_program(program)][1:] == [PTR]


@pytest.mark.parametrize(
    ("addresses", "reason"),
    [
        ([], "is empty"),
        ("192.0.2.10", "must be a list of addresses"),
        (["192.0.2.10", "::ffff:192.0.2.10"], "192.0.2.10 is there twice"),
        (["192.0.2.300"], "0 to 255"),
        (["computed"], "give a dict instead"),
    ],
)
def test_addresses_that_cannot_be_are_one_sentence(addresses: Any, reason: str) -> None:
    def program() -> None:
        given = addresses
        if given == ["computed"]:
            given = [pulumi.Output.from_input("192.0.2.10")]
        rdns.ForwardConfirmedHost("host", hostname="mail.example.com", addresses=given)

    with pytest.raises(InvalidInputError, match=reason) as caught:
        run_program(program)
    assert isinstance(caught.value, pulumi.RunError)
