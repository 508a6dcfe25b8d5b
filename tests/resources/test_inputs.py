"""What a program cannot give: an Output where plain text is needed, and an import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

import pulumi_rdns as rdns
from pulumi_rdns.errors import InvalidInputError
from tests.resources.conftest import run_program

Arguments = Callable[[pulumi.Output[str]], dict[str, Any]]

IP, NAME = "192.0.2.10", "mail.example.com"
IN_TEXT = "an Output was put into a text, as in an f-string"
ONE_OUTPUT = "give the whole dict as one Output"
CHILDREN = "give a dict instead, whose keys name the children"


@pytest.mark.parametrize(
    ("kind", "arguments", "findings"),
    [
        (
            rdns.PtrRecord,
            lambda ip: {"address": f"{ip}", "hostname": NAME},
            [("address", IN_TEXT)],
        ),
        (
            rdns.PtrRecord,
            lambda ip: {"address": f"{ip}", "hostname": f"{ip}.example.com"},
            [("address", IN_TEXT), ("hostname", IN_TEXT)],
        ),
        (
            rdns.ForwardRecord,
            lambda ip: {"address": IP, "hostname": f"{ip}.example.com"},
            [("hostname", IN_TEXT)],
        ),
        (rdns.PtrRecordSet, lambda ip: {"records": {f"{ip}": NAME}}, [("records", ONE_OUTPUT)]),
        (rdns.PtrRecordSet, lambda ip: {"records": {ip: NAME}}, [("records", ONE_OUTPUT)]),
        (
            rdns.PtrRecordSet,
            lambda ip: {"records": {f"{ip}": f"{ip}.example.com"}, "exclude": [f"{ip}"]},
            [("records", ONE_OUTPUT), ("records", IN_TEXT), ("exclude", IN_TEXT)],
        ),
        (
            rdns.ForwardConfirmedHost,
            lambda ip: {"hostname": f"{ip}.example.com", "addresses": [IP]},
            [("hostname", IN_TEXT)],
        ),
        (
            rdns.ForwardConfirmedHost,
            lambda ip: {"hostname": NAME, "addresses": f"{ip}"},
            [("addresses", IN_TEXT)],
        ),
        (
            rdns.ForwardConfirmedHost,
            lambda ip: {"hostname": NAME, "addresses": [f"{ip}"]},
            [("addresses", CHILDREN)],
        ),
        (
            rdns.ForwardConfirmedHost,
            lambda ip: {"hostname": NAME, "addresses": {"public": f"{ip}"}},
            [("addresses", IN_TEXT)],
        ),
        (
            rdns.ForwardConfirmedHost,
            lambda ip: {"hostname": NAME, "addresses": {f"{ip}": IP}},
            [("addresses", CHILDREN)],
        ),
    ],
)
def test_an_output_in_an_f_string_is_told_with_what_to_do(
    kind: Any, arguments: Arguments, findings: list[tuple[str, str]]
) -> None:
    def program() -> None:
        kind("one", **arguments(pulumi.Output.from_input(IP)))

    with pytest.raises(InvalidInputError) as caught:
        run_program(program)
    found = caught.value.findings
    assert [(one.property, one.reason.startswith("'one': ")) for one in found] == [
        (name, True) for name, _ in findings
    ]
    for one, (_, reason) in zip(found, findings, strict=True):
        assert reason in one.reason
    assert isinstance(caught.value, pulumi.RunError)


def test_an_import_in_the_program_is_one_sentence_that_says_what_does_it() -> None:
    def program() -> None:
        options = pulumi.ResourceOptions(import_=f"corp/{IP}")
        rdns.PtrRecord("one", address=IP, hostname=NAME, opts=options)

    with pytest.raises(InvalidInputError, match="'one': remove it: `pulumi up` adopts") as caught:
        run_program(program)
    assert isinstance(caught.value, pulumi.RunError)
